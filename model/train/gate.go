package train

import (
	"fmt"
	"math"
	"slices"

	"dasier/ml/metric"
)

// Verdict is what a gate says.
type Verdict string

// The verdicts. Judged by the interval, a gate passes when all of it is on the
// right side, fails when all of it is on the wrong side, and is otherwise
// undecided: more held-out rows would be needed.
const (
	Pass      Verdict = "pass"
	Fail      Verdict = "fail"
	Undecided Verdict = "not enough evidence"
)

// GateReport is a gate with what it found.
type GateReport struct {
	Metric  string   `json:"metric"`
	Min     *float64 `json:"min,omitempty"`
	Max     *float64 `json:"max,omitempty"`
	By      string   `json:"by"`
	Value   float64  `json:"value"`
	Low     float64  `json:"low"`
	High    float64  `json:"high"`
	Verdict Verdict  `json:"verdict"`
	Reason  string   `json:"reason"`
}

// judge holds every gate to the held-out figures; passed when none fails or is
// undecided.
func (u *run) judge() (reports []GateReport, passed bool) {
	figures := u.figures()
	reports, passed = make([]GateReport, len(u.recipe.Gates)), true
	for i, g := range u.recipe.Gates {
		figure, defined := figures[g.Metric]
		report := GateReport{Metric: g.Metric, Min: g.Min, Max: g.Max, By: g.By, Value: figure.Value, Low: figure.Low, High: figure.High}
		if defined {
			report.Verdict, report.Reason = g.verdict(figure)
		} else {
			report.Verdict, report.Reason = Undecided, g.Metric+" is undefined on the held-out rows"
		}
		passed = passed && report.Verdict == Pass
		reports[i] = report
	}
	return reports, passed
}

// figures are what gates may judge. The costs of a model have no interval.
func (u *run) figures() map[string]metric.Estimate {
	best := u.found.Winner()
	figures := map[string]metric.Estimate{}
	for name, v := range map[string]float64{"fit_seconds": best.Seconds, "predict_us": best.Micros, "size": float64(best.Bytes)} {
		figures[name] = metric.Estimate{Name: name, Value: v, Low: v, High: v}
	}
	if c := u.coverage; c != nil {
		figures["coverage"] = metric.Estimate{Name: "coverage", Value: c.Share, Low: c.Low, High: c.High}
	}
	for _, e := range u.metrics {
		figures[e.Name] = e
	}
	return figures
}

// wanted are the metrics of gates that are not among the usual ones.
func (u *run) wanted() []string {
	names := []string{}
	for _, m := range metric.Usual(u.target.Task) {
		names = append(names, m.Name)
	}
	for _, g := range u.recipe.Gates {
		if !slices.Contains(names, g.Metric) && g.Metric != "coverage" && !slices.Contains(costs, g.Metric) {
			names = append(names, g.Metric)
		}
	}
	return names
}

func (g Gate) verdict(figure metric.Estimate) (Verdict, string) {
	low, high, seen := figure.Low, figure.High, fmt.Sprintf("%.6g, interval %.6g to %.6g", figure.Value, figure.Low, figure.High)
	if g.By == "value" || slices.Contains(costs, g.Metric) {
		low, high, seen = figure.Value, figure.Value, fmt.Sprintf("%.6g", figure.Value)
	}
	least, most := math.Inf(-1), math.Inf(1)
	wanted := ""
	if g.Min != nil {
		least, wanted = *g.Min, fmt.Sprintf("at least %.6g", *g.Min)
	}
	if g.Max != nil {
		if most = *g.Max; wanted != "" {
			wanted += " and "
		}
		wanted += fmt.Sprintf("at most %.6g", *g.Max)
	}
	reason := fmt.Sprintf("%s is %s; wanted %s", g.Metric, seen, wanted)
	switch {
	case low >= least && high <= most:
		return Pass, reason
	case high < least || low > most:
		return Fail, reason
	default:
		return Undecided, reason + "; the interval is on both sides: hold out more rows, or judge by value"
	}
}

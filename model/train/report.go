package train

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"dasier/fault"
	"dasier/ml/conformal"
	"dasier/ml/format/mlflow"
	"dasier/ml/learn"
	"dasier/ml/metric"
	"dasier/ml/predict"
	"dasier/ml/prep"
	"dasier/ml/profile"
	"dasier/ml/search"
)

// Result is a trained model with its evidence.
type Result struct {
	Spec      predict.Spec
	Report    Report
	Profile   *profile.Profile // of the training rows
	Reference []mlflow.Reference
}

// Report is the evidence for a model, as report.json keeps it.
type Report struct {
	Version     int      `json:"version"` // of this layout: 1
	Name        string   `json:"name"`
	Title       string   `json:"title"`
	Description string   `json:"description,omitempty"`
	Task        string   `json:"task"`
	Classes     []string `json:"classes,omitempty"`
	Positive    string   `json:"positive,omitempty"` // the class whose probability is told
	// PositiveBecause says why it is that one, where the recipe did not choose.
	PositiveBecause string            `json:"positive_because,omitempty"`
	Target          predict.Target    `json:"target"`
	Data            DataReport        `json:"data"`
	Algorithm       string            `json:"algorithm"` // of the chosen candidate
	Params          map[string]string `json:"params"`
	Features        int               `json:"features"`
	Search          SearchReport      `json:"search"`
	Candidates      []CandidateReport `json:"candidates"`         // the leaderboard, the best first
	Metrics         []MetricReport    `json:"metrics"`            // on the held-out rows
	Versus          []Versus          `json:"versus,omitempty"`   // the model beside others, on the same rows
	Baseline        []MetricReport    `json:"baseline"`           // of always answering the same, on the same rows
	Interval        *IntervalReport   `json:"interval,omitempty"` // or the sets of classes
	Residuals       []Quantile        `json:"residuals"`          // prediction error on the held-out rows: true value minus prediction
	Importance      []Share           `json:"importance"`         // the strongest first
	Gates           []GateReport      `json:"gates"`
	Passed          bool              `json:"passed"` // every gate passes
	Left            []learn.Omission  `json:"left"`   // columns that give no feature
	Form            []string          `json:"form"`   // inputs that the recipe wants shown first
	Evidence        Evidence          `json:"evidence"`
	// Quick is set where the run took shortcuts: the gates then bind nobody.
	Quick    *Shortcuts `json:"quick,omitempty"`
	Warnings []string   `json:"warnings"`
}

// DataReport says which rows were used for what.
type DataReport struct {
	Path        string `json:"path"`
	Digest      string `json:"digest"` // of the file: "sha256:<hex>"
	Rows        int    `json:"rows"`   // in use, of those in the file
	Train       int    `json:"train"`
	Calibration int    `json:"calibration"`
	Holdout     int    `json:"holdout"`
	Split       string `json:"split"` // "random", "grouped" or "time"
	Seed        uint64 `json:"seed"`
}

// SearchReport says how candidates were compared.
type SearchReport struct {
	Metric   string `json:"metric"`
	Strategy string `json:"strategy"`
	Folds    int    `json:"folds"`
	Repeats  int    `json:"repeats,omitempty"` // where it is not once
	Seed     uint64 `json:"seed"`
	Choose   string `json:"choose"`
}

// CandidateReport is a line of the leaderboard: the mean score over the folds
// with its 95 % interval.
type CandidateReport struct {
	Name   string            `json:"name"`
	Params map[string]string `json:"params"`
	Score  *float64          `json:"score,omitempty"` // none: it was not scored
	Low    *float64          `json:"score_low,omitempty"`
	High   *float64          `json:"score_high,omitempty"`
	P      *float64          `json:"p,omitempty"` // of the paired test against the best
	Chosen bool              `json:"chosen"`
	Tied   bool              `json:"tied"`           // the test cannot tell it from the best
	Size   int64             `json:"size,omitempty"` // of its model's data, in bytes
	// Status is "dropped", "skipped" or "failed" for one that is not ranked, with
	// the reason.
	Status string `json:"status,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Seconds is the mean time of a fit, Micros that of a prediction in
	// microseconds. They are the only figures that differ between runs of the same
	// recipe; packages leave them out.
	Seconds float64 `json:"fit_seconds,omitempty"`
	Micros  float64 `json:"predict_us,omitempty"`
}

// MetricReport is a metric with its interval and unit.
type MetricReport struct {
	metric.Estimate
	Unit string `json:"unit,omitempty"`
}

// IntervalReport says how well the prediction interval keeps its promise.
type IntervalReport struct {
	conformal.Coverage
	Method string `json:"method"` // "split conformal", "cross-conformal", "locally weighted" …
	Rows   int    `json:"rows"`   // calibrated on
	// Classes is how many classes a set has on average; 0: it is an interval.
	Classes float64 `json:"classes,omitempty"`
}

// Quantile is a point of a distribution.
type Quantile struct {
	Share float64 `json:"share"`
	Value float64 `json:"value"`
}

// Share is how much of what moves the predictions is due to an input.
type Share struct {
	Input string  `json:"input"`
	Label string  `json:"label,omitempty"`
	Share float64 `json:"share"`
}

// WithoutTimes is the report with nothing in it that differs between runs of
// the same recipe on the same data.
func (r Report) WithoutTimes() Report {
	r.Candidates = slices.Clone(r.Candidates)
	for i := range r.Candidates {
		r.Candidates[i].Seconds, r.Candidates[i].Micros = 0, 0
	}
	r.Gates = slices.Clone(r.Gates)
	for i := range r.Gates {
		if g := &r.Gates[i]; g.Metric == "fit_seconds" || g.Metric == "predict_us" {
			g.Value, g.Low, g.High, g.Reason = 0, 0, 0, "judged by the clock of the machine that trained: "+string(g.Verdict)
		}
	}
	return r
}

// Package gathers what the version's package holds. created, runID and tags are
// the caller's: the run has no clock and knows no commit.
func (r *Result) Package(created time.Time, runID string, tags map[string]string) (*mlflow.Package, error) {
	described, err := json.Marshal(r.Profile)
	if err != nil {
		return nil, fmt.Errorf("writing the profile: %w", err)
	}
	report, err := json.Marshal(r.Report.WithoutTimes())
	if err != nil {
		return nil, fmt.Errorf("writing the report: %w", err)
	}
	p := &mlflow.Package{
		Spec: r.Spec, Algorithm: r.Report.Algorithm, Created: created, RunID: runID,
		Tags: map[string]string{"data_digest": r.Report.Data.Digest}, Reference: r.Reference, Profile: described, Report: report,
	}
	maps.Copy(p.Tags, tags)
	for _, m := range r.Report.Metrics {
		p.Metrics = append(p.Metrics, mlflow.Metric{Name: m.Name, Value: m.Value, Low: m.Low, High: m.High, Level: m.Level, N: m.N, Unit: m.Unit})
	}
	return p, nil
}

func (u *run) report() Report {
	r := u.recipe
	best := u.found.Winner()
	report := Report{
		Version: 1, Name: r.Name, Title: r.Title, Description: r.Description, Target: u.spec.Target,
		Task: u.target.Task, Classes: u.target.Classes, Positive: u.positive(), PositiveBecause: u.table.positive,
		Data: DataReport{
			Path: r.Data.From(), Digest: u.table.digest, Rows: u.table.all.Rows(),
			Train: len(u.parts.train), Calibration: len(u.parts.calibration), Holdout: len(u.parts.holdout),
			Split: splitName(r), Seed: r.Split.Seed,
		},
		Algorithm: best.Name, Params: best.Params,
		Features:   len(u.spec.Features),
		Search:     u.searched(),
		Candidates: u.leaderboard(),
		Metrics:    withUnits(u.metrics, r.Target.Unit), Baseline: withUnits(u.baseline, r.Target.Unit),
		Versus:     u.against,
		Residuals:  u.residuals(),
		Importance: u.importance, Evidence: u.evidence, Quick: u.quick,
		Left: u.model.Left,
		Form: slices.Clone(r.Serve.Inputs),
	}
	report.Interval = u.promiseReport()
	report.Gates, report.Passed = u.judge()
	report.Warnings = u.said()
	return report
}

// positive is the class of two whose probability is told.
func (u *run) positive() string {
	if u.target.Task != predict.TaskBinary {
		return ""
	}
	return u.target.Classes[u.program.Positive()]
}

func splitName(r *Recipe) string {
	switch {
	case r.Data.Time != "":
		return "time"
	case r.Data.Group != "":
		return "grouped"
	}
	return "random"
}

// searched says how the search was done.
func (u *run) searched() SearchReport {
	s := u.recipe.Search
	report := SearchReport{Metric: u.found.Metric, Strategy: string(u.recipe.strategy()), Folds: s.Folds, Seed: s.Seed, Choose: s.Choose}
	if s.Repeats > 1 {
		report.Repeats = s.Repeats
	}
	return report
}

// leaderboard lists the candidates, the best first.
func (u *run) leaderboard() []CandidateReport {
	lines := make([]CandidateReport, len(u.found.Board))
	for i, s := range u.found.Board {
		lines[i] = CandidateReport{
			Name: s.Name, Params: s.Params, Chosen: i == u.found.Chosen, Size: s.Bytes,
			Seconds: s.Seconds, Micros: s.Micros,
		}
		if s.Status == search.Ranked || s.Status == search.Dropped && !math.IsNaN(s.Score) {
			lines[i].Score, lines[i].Low, lines[i].High = &s.Score, finite(s.Low), finite(s.High)
			lines[i].P, lines[i].Tied = finite(s.P), s.Tied
		}
		if s.Status != search.Ranked {
			lines[i].Status, lines[i].Reason = s.Status.String(), s.Reason
		}
	}
	return lines
}

// finite is a number that JSON can hold; nil for others.
func finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

func withUnits(estimates []metric.Estimate, unit string) []MetricReport {
	lines := make([]MetricReport, len(estimates))
	for i, e := range estimates {
		lines[i] = MetricReport{Estimate: e}
		if m, err := metric.Lookup(e.Name); err == nil && m.Unit {
			lines[i].Unit = unit
		}
	}
	return lines
}

// residuals are the quantiles of the held-out errors.
func (u *run) residuals() []Quantile {
	if u.classified() {
		return nil
	}
	errors := make([]float64, len(u.holdout))
	for i, row := range u.parts.holdout {
		errors[i] = u.table.target.Y[row] - u.holdout[i]
	}
	slices.Sort(errors)
	var quantiles []Quantile
	for _, share := range []float64{0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1} {
		position := share * float64(len(errors)-1)
		below := int(math.Floor(position))
		above := min(below+1, len(errors)-1)
		rest := position - float64(below)
		quantiles = append(quantiles, Quantile{Share: share, Value: errors[below]*(1-rest) + errors[above]*rest})
	}
	return quantiles
}

// said is what a person should look at before trusting the model.
func (u *run) said() []string {
	warnings := slices.Clone(u.table.left)
	if warnings == nil {
		warnings = []string{}
	}
	for _, o := range u.model.Left {
		if u.recipe.Features.Columns[o.Column].Treatment != prep.Drop {
			warnings = append(warnings, fmt.Sprintf("the column %q is left out: %s", o.Column, o.Reason))
		}
	}
	warnings = append(append(warnings, u.model.Warnings...), u.warnings...)
	warnings = append(warnings, u.found.Notes...)
	tied, ranked := 0, 0
	for _, s := range u.found.Board {
		if s.Status == search.Ranked {
			ranked++
		}
		if s.Status == search.Ranked && s.Tied {
			tied++
		}
	}
	switch {
	case tied > 1 && ranked == 2:
		warnings = append(warnings, "the folds cannot tell the other candidate from the best: the choice between them is a matter of luck")
	case tied > 1:
		warnings = append(warnings, fmt.Sprintf("the folds cannot tell %d of the other %s from the best: the choice among them is a matter of luck", tied-1, plural(ranked-1, "candidate")))
	}
	// A set of classes may well hold more than it must: it cannot have half a class.
	if c := u.coverage; c != nil && (c.Low > c.Level && !u.classified() || c.High < c.Level) {
		what := map[bool]string{true: "sets of classes", false: "interval"}[u.classified()]
		warnings = append(warnings, fmt.Sprintf("the %g %% %s covered %.1f %% of the held-out rows (95 %% confidence: %.1f to %.1f %%): calibration and held-out rows seem to differ",
			100*c.Level, what, 100*c.Share, 100*c.Low, 100*c.High))
	}
	return warnings
}

// JSON is the report as an indented file.
func (r Report) JSON() ([]byte, error) {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "the report cannot be written: %w", err)
	}
	return append(text, '\n'), nil
}

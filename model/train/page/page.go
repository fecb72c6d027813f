package page

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"dasier/ml/explain"
	"dasier/ml/metric"
	"dasier/model/train"
)

//go:embed page.html
var source string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"number":   number,
	"whole":    whole,
	"percent":  percent,
	"title":    title,
	"about":    about,
	"label":    named,
	"short":    func(s string) string { return s[:min(len(s), 19)] },
	"bytes":    bytesText,
	"seconds":  secondsText,
	"micros":   microsText,
	"settings": settings,
	"whisker":  whisker,
	"gain":     gainWhisker,
	"bar":      bar,
	"add":      func(a, b int) int { return a + b },
	"verdict":  verdict,
	"sentence": func(s string) string { return sentences([]string{s}) },
}).Parse(source))

// view is a report with what the template draws of it.
type view struct {
	train.Report
	Unit    string // of the metric that candidates were compared by
	Charts  []chart
	Small   []chart // of the inputs
	Scale   scale   // of the leaderboard
	Shares  float64 // the largest
	Present []train.Versus
	Plain   []train.Versus
}

// chart is a drawing with what there is to say of it.
type chart struct {
	ID, Title, Note string
	SVG             template.HTML
}

// Write writes a report as a page.
func Write(w io.Writer, r train.Report) error {
	v := &view{Report: r, Scale: boardScale(r.Candidates)}
	if m, err := metric.Lookup(r.Search.Metric); err == nil && m.Unit {
		v.Unit = r.Target.Unit
	}
	for _, s := range r.Importance {
		v.Shares = max(v.Shares, s.Share)
	}
	for _, o := range r.Versus {
		if o.Role == "present" {
			v.Present = append(v.Present, o)
		} else {
			v.Plain = append(v.Plain, o)
		}
	}
	v.draw()
	if err := page.Execute(w, v); err != nil {
		return fmt.Errorf("writing the report's page: %w", err)
	}
	return nil
}

// draw makes the charts that the evidence allows.
func (v *view) draw() {
	e := &v.Evidence
	add := func(c chart) {
		if c.SVG != "" {
			v.Charts = append(v.Charts, c)
		}
	}
	if e.Residuals != nil {
		add(predictedTrue(e.Residuals, v.Target.Unit))
		add(residualsPredicted(e.Residuals, v.Target.Unit))
	}
	for _, r := range e.Calibration {
		add(reliability(r))
	}
	if len(e.Curves) > 0 {
		add(roc(e.Curves))
	}
	if len(e.Precision) > 0 {
		add(precisionRecall(e.Precision))
	}
	if e.Learning != nil {
		add(learning(e.Learning))
	}
	sentences := map[string]string{}
	if e.Effects != nil {
		add(effects(e.Effects, e.Effects.Scale == explain.Log))
		for _, input := range e.Effects.Inputs {
			sentences[input.Input] = input.Sentence
		}
	}
	if e.Dependence != nil {
		for _, c := range e.Dependence.Curves {
			v.Small = append(v.Small, dependence(c, v.Label(c.Input), sentences[c.Input], v.Target.Unit))
		}
	}
}

// Label is what people call an input.
func (v *view) Label(input string) string {
	for _, s := range v.Importance {
		if s.Input == input {
			return named(s.Label, input)
		}
	}
	return input
}

// Facts are what the head of the page says at a glance.
func (v *view) Facts() [][2]string {
	facts := [][2]string{{v.Algorithm, "chosen"}}
	for i, m := range v.Metrics {
		if i < 3 {
			facts = append(facts, [2]string{strings.TrimSpace(number(m.Value) + " " + m.Unit), title(m.Name)})
		}
	}
	if v.Interval != nil {
		facts = append(facts, [2]string{percent(v.Interval.Share), fmt.Sprintf("covered by the %s %s", percent(v.Interval.Level), promised(v.Interval))})
	}
	return append(facts, [2]string{whole(v.Data.Holdout), "held-out rows"})
}

// Always is the baseline's figure of a metric.
func (v *view) Always(name string) string {
	for _, m := range v.Baseline {
		if m.Name == name {
			return number(m.Value)
		}
	}
	return ""
}

// Failing counts the gates that do not pass.
func (v *view) Failing() int {
	n := 0
	for _, g := range v.Gates {
		if g.Verdict != train.Pass {
			n++
		}
	}
	return n
}

// promised is what keeps the promise: an interval, or sets of classes.
func promised(i *train.IntervalReport) string {
	if i.Classes > 0 {
		return "sets"
	}
	return "interval"
}

package train

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"dasier/ml/metric"
)

// Text is the report for a terminal: what was tried, what was chosen, how good
// it is and how sure that is.
func (r Report) Text() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n", r.Title)
	fmt.Fprintf(&text, "%d rows of %s: %d to train on, %d to calibrate the interval, %d held out (%s split, seed %d)\n",
		r.Data.Rows, r.Data.Path, r.Data.Train, r.Data.Calibration, r.Data.Holdout, r.Data.Split, r.Data.Seed)
	r.writeCandidates(&text)
	r.writeMetrics(&text)
	r.writeImportance(&text)
	r.writeGates(&text)
	for _, w := range r.Warnings {
		fmt.Fprintf(&text, "warning: %s\n", w)
	}
	return text.String()
}

func (r Report) writeCandidates(text *strings.Builder) {
	fmt.Fprintf(text, "\nCandidates, by %s over %d folds of the training rows\n", title(r.Search.Metric), r.Search.Folds)
	writeTable(text, func(row func(cells ...string)) {
		row("candidate", title(r.Search.Metric), "95 % interval", "p", "fit", "")
		for _, c := range r.Candidates {
			note := ""
			switch {
			case c.Chosen:
				note = "chosen"
			case c.Tied:
				note = "tied with the best"
			}
			row(label(c.Name, c.Params), shortOr(c.Score), shortOr(c.Low)+" to "+shortOr(c.High), shortOr(c.P), fmt.Sprintf("%.0f ms", 1000*c.Seconds), note)
		}
	})
}

func (r Report) writeMetrics(text *strings.Builder) {
	fmt.Fprintf(text, "\n%s on %d held-out rows (%d features)\n", label(r.Algorithm, r.Params), r.Data.Holdout, r.Features)
	writeTable(text, func(row func(cells ...string)) {
		row("metric", "value", "95 % interval", "always the same", "")
		for i, m := range r.Metrics {
			row(title(m.Name), short(m.Value), short(m.Low)+" to "+short(m.High), short(r.Baseline[i].Value), m.Unit)
		}
	})
	if r.Interval == nil {
		return
	}
	fmt.Fprintf(text, "%g %% interval (%s, %d rows): covered %d of %d, %.1f %% (95 %% confidence: %.1f to %.1f %%)\n",
		100*r.Interval.Level, r.Interval.Method, r.Interval.Rows, r.Interval.Covered, r.Interval.Of,
		100*r.Interval.Share, 100*r.Interval.Low, 100*r.Interval.High)
}

func (r Report) writeImportance(text *strings.Builder) {
	const shown = 12
	text.WriteString("\nWhat moves the predictions\n")
	writeTable(text, func(row func(cells ...string)) {
		for _, s := range r.Importance[:min(shown, len(r.Importance))] {
			name := s.Input
			if s.Label != "" {
				name = s.Label
			}
			row(fmt.Sprintf("%5.1f %%", 100*s.Share), name)
		}
	})
}

func (r Report) writeGates(text *strings.Builder) {
	if len(r.Gates) == 0 {
		return
	}
	text.WriteString("\nGates\n")
	for _, g := range r.Gates {
		fmt.Fprintf(text, "  %s: %s\n", g.Verdict, g.Reason)
	}
}

// writeTable aligns rows in columns.
func writeTable(text *strings.Builder, fill func(row func(cells ...string))) {
	w := tabwriter.NewWriter(text, 0, 0, 2, ' ', 0)
	fill(func(cells ...string) {
		// Writing to a strings.Builder cannot fail.
		_, _ = fmt.Fprintf(w, "  %s\n", strings.TrimRight(strings.Join(cells, "\t"), "\t"))
	})
	_ = w.Flush()
}

func title(name string) string {
	if m, err := metric.Lookup(name); err == nil {
		return m.Title
	}
	return name
}

// label is a candidate with its parameters: "ridge (alpha 10)".
func label(name string, params map[string]string) string {
	if len(params) == 0 {
		return name
	}
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(params)) {
		parts = append(parts, key+" "+params[key])
	}
	return name + " (" + strings.Join(parts, ", ") + ")"
}

// short keeps the digits that people read: four, or all before the point.
func short(v float64) string {
	if v >= 10000 || v <= -10000 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.4g", v)
}

func shortOr(v *float64) string {
	if v == nil {
		return "–"
	}
	return short(*v)
}

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
	calibration := ""
	if r.Data.Calibration > 0 {
		calibration = fmt.Sprintf("%d to calibrate the interval, ", r.Data.Calibration)
	}
	fmt.Fprintf(&text, "%d rows of %s: %d to train on, %s%d held out (%s split, seed %d)\n",
		r.Data.Rows, r.Data.Path, r.Data.Train, calibration, r.Data.Holdout, r.Data.Split, r.Data.Seed)
	if r.PositiveBecause != "" {
		fmt.Fprintln(&text, r.PositiveBecause)
	}
	if r.Quick != nil {
		fmt.Fprintf(&text, "a quick run, not for use: %s\n", strings.Join(r.Quick.Skipped, " "))
	}
	r.writeCandidates(&text)
	r.writeMetrics(&text)
	r.writeVersus(&text)
	r.writeImportance(&text)
	r.writeGates(&text)
	if len(r.Warnings) > 0 {
		text.WriteString("\n")
	}
	for _, w := range r.Warnings {
		fmt.Fprintf(&text, "warning: %s\n", w)
	}
	return text.String()
}

// shownCandidates bounds the leaderboard on a terminal; the report has all.
const shownCandidates = 15

func (r Report) writeCandidates(text *strings.Builder) {
	times := ""
	if r.Search.Repeats > 1 {
		times = fmt.Sprintf(", %d times", r.Search.Repeats)
	}
	fmt.Fprintf(text, "\nCandidates, by %s over %d folds of the training rows%s\n", title(r.Search.Metric), r.Search.Folds, times)
	writeTable(text, func(row func(cells ...string)) {
		row("candidate", title(r.Search.Metric), "95 % interval", "fit", "predict", "size", "")
		for _, c := range r.Candidates[:min(shownCandidates, len(r.Candidates))] {
			note := c.Status
			switch {
			case c.Chosen:
				note = "chosen"
			case c.Tied:
				note = "tied"
			}
			interval := shortOr(c.Low) + " to " + shortOr(c.High)
			if c.Low == nil {
				interval = "–"
			}
			costs := []string{"–", "–", "–"}
			if c.Score != nil {
				costs = []string{spent(c.Seconds), micros(c.Micros), size(c.Size)}
			}
			row(shorten(label(c.Name, c.Params), 40), shortOr(c.Score), interval, costs[0], costs[1], costs[2], note)
		}
	})
	if more := len(r.Candidates) - shownCandidates; more > 0 {
		fmt.Fprintf(text, "  and %d more\n", more)
	}
	for _, c := range r.Candidates {
		if c.Status == "failed" {
			fmt.Fprintf(text, "  %s failed: %s\n", label(c.Name, c.Params), c.Reason)
		}
	}
}

func (r Report) writeMetrics(text *strings.Builder) {
	fmt.Fprintf(text, "\n%s on %d held-out rows\n", label(r.Algorithm, r.Params), r.Data.Holdout)
	writeTable(text, func(row func(cells ...string)) {
		row("metric", "value", "95 % interval", "always the same", "")
		for _, m := range r.Metrics {
			always := "–"
			for _, b := range r.Baseline {
				if b.Name == m.Name {
					always = short(b.Value)
				}
			}
			row(title(m.Name), short(m.Value), short(m.Low)+" to "+short(m.High), always, m.Unit)
		}
	})
	if r.Interval == nil {
		return
	}
	what := fmt.Sprintf("%g %% interval", 100*r.Interval.Level)
	if r.Interval.Classes > 0 {
		what = fmt.Sprintf("%g %% sets of %.2f classes on average", 100*r.Interval.Level, r.Interval.Classes)
	}
	fmt.Fprintf(text, "%s (%s, %d rows): covered %d of %d, %.1f %% (95 %% confidence: %.1f to %.1f %%)\n",
		what, r.Interval.Method, r.Interval.Rows, r.Interval.Covered, r.Interval.Of,
		100*r.Interval.Share, 100*r.Interval.Low, 100*r.Interval.High)
}

// writeVersus says how the model stands beside others on the same rows.
func (r Report) writeVersus(text *strings.Builder) {
	for _, v := range r.Versus {
		fmt.Fprintf(text, "\nBeside %s: %s\n", v.With, v.Sentence)
		if v.Seen {
			text.WriteString("  It was trained on other data, perhaps on some of these rows: that would flatter it.\n")
		}
		for _, c := range v.Metrics {
			if c.Sentence != v.Sentence {
				fmt.Fprintf(text, "  %s\n", c.Sentence)
			}
		}
	}
}

func (r Report) writeImportance(text *strings.Builder) {
	const shown = 12
	if len(r.Importance) == 0 {
		return
	}
	text.WriteString("\nWhat moves the predictions\n")
	said := map[string]string{}
	if r.Evidence.Effects != nil {
		for _, e := range r.Evidence.Effects.Inputs {
			said[e.Input] = string(e.Direction)
		}
	}
	writeTable(text, func(row func(cells ...string)) {
		for _, s := range r.Importance[:min(shown, len(r.Importance))] {
			name := s.Input
			if s.Label != "" {
				name = s.Label
			}
			row(fmt.Sprintf("%5.1f %%", 100*s.Share), name, said[s.Input])
		}
	})
}

func (r Report) writeGates(text *strings.Builder) {
	if len(r.Gates) == 0 {
		return
	}
	text.WriteString("\nGates")
	if r.Quick != nil {
		text.WriteString(" (they bind no quick run)")
	}
	text.WriteString("\n")
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

// spent is a time as people read it.
func spent(seconds float64) string {
	switch {
	case seconds < 1:
		return fmt.Sprintf("%.0f ms", 1000*seconds)
	case seconds < 100:
		return fmt.Sprintf("%.1f s", seconds)
	}
	return fmt.Sprintf("%.0f s", seconds)
}

// micros is the time of a prediction.
func micros(v float64) string {
	if v >= 1000 {
		return fmt.Sprintf("%.1f ms", v/1000)
	}
	return fmt.Sprintf("%.2g µs", v)
}

func size(bytes int64) string {
	switch {
	case bytes < 10_000:
		return fmt.Sprintf("%d B", bytes)
	case bytes < 10_000_000:
		return fmt.Sprintf("%d kB", bytes/1000)
	}
	return fmt.Sprintf("%d MB", bytes/1_000_000)
}

// shorten keeps a line of a table within a terminal.
func shorten(text string, most int) string {
	r := []rune(text)
	if len(r) <= most {
		return text
	}
	return string(r[:most-1]) + "…"
}

package page

import (
	"fmt"
	"html"
	"math"
	"strings"

	"dasier/ml/explain"
	"dasier/ml/inspect"
	"dasier/ml/predict"
	"dasier/model/train"
)

func predictedTrue(r *inspect.ResidualReport, unit string) chart {
	var ends []float64
	for _, p := range r.Points {
		ends = append(ends, p[0], p[1])
	}
	span := around(ends...)
	a := newAxes(plotWidth, plotHeight, span, span, inUnit("predicted", unit), inUnit("true", unit), "true values beside predictions")
	a.line([]float64{span.Low, span.High}, []float64{span.Low, span.High}, "d")
	for _, p := range r.Points {
		a.dot(p[0], p[1], 2.2, "p")
	}
	return chart{ID: "scatter", Title: "Predicted and true", SVG: a.svg(), Note: someOf(len(r.Points), r.Rows) + " On the line a prediction is right."}
}

// residualsPredicted draws single errors, and their tenths: the mean with its
// interval, and between which errors eight of ten lie.
func residualsPredicted(r *inspect.ResidualReport, unit string) chart {
	var xs, errors []float64
	for _, p := range r.Points {
		xs, errors = append(xs, p[0]), append(errors, p[1]-p[0])
	}
	a := newAxes(plotWidth, plotHeight, around(xs...), around(append(errors, 0)...), inUnit("predicted", unit), "true − predicted", "errors over predictions")
	var at, low, high []float64
	for _, t := range r.Tenths {
		at, low, high = append(at, (t.From+t.To)/2), append(low, t.P10), append(high, t.P90)
	}
	a.band(at, low, high, "b")
	a.line([]float64{a.x.Low, a.x.High}, []float64{0, 0}, "d")
	for i := range xs {
		a.dot(xs[i], errors[i], 2.2, "p")
	}
	for i, t := range r.Tenths {
		a.span(at[i], t.Low, t.High, "s h")
		a.dot(at[i], t.Mean, 3.2, "h")
	}
	return chart{ID: "residuals", Title: "Errors over predictions", SVG: a.svg(), Note: sentences(r.Sentences)}
}

func reliability(r inspect.CalibrationReport) chart {
	a := newAxes(plotWidth, plotHeight, scale{Low: 0, High: 1}, scale{Low: 0, High: 1}, "probability told", "share that came true", "calibration of "+r.Class)
	a.line([]float64{0, 1}, []float64{0, 1}, "d")
	var xs, ys []float64
	for _, b := range r.Bins {
		a.span(b.Predicted, b.Low, b.High, "s")
		a.dot(b.Predicted, b.Observed, 3.4, "m")
		xs, ys = append(xs, b.Predicted), append(ys, b.Observed)
	}
	a.line(xs, ys, "l")
	return chart{Title: "Calibration: " + clip(r.Class, 40), SVG: a.svg(), Note: sentences([]string{r.Sentence})}
}

func roc(curves []train.ClassCurve) chart {
	a := newAxes(plotWidth, plotHeight, scale{Low: 0, High: 1}, scale{Low: 0, High: 1}, "share of the others taken", "share found", "ROC curves")
	a.line([]float64{0, 1}, []float64{0, 1}, "d")
	var said []string
	for i, c := range curves {
		var xs, ys []float64
		for _, p := range c.Points {
			xs, ys = append(xs, p.X), append(ys, p.Y)
		}
		a.line(xs, ys, fmt.Sprintf("l k%d", i%6))
		said = append(said, fmt.Sprintf("%s %.3f", clip(c.Class, 30), c.Area))
	}
	return chart{Title: "ROC", SVG: a.svg(), Note: "Area under the curve: " + strings.Join(said, ", ") + "."}
}

// precisionRecall stands where few rows are of the class: there a ROC curve
// flatters.
func precisionRecall(curves []train.ClassCurve) chart {
	a := newAxes(plotWidth, plotHeight, scale{Low: 0, High: 1}, scale{Low: 0, High: 1}, "share found (recall)", "right among the chosen (precision)", "precision-recall curves")
	var said []string
	for i, c := range curves {
		var xs, ys []float64
		for _, p := range c.Points {
			xs, ys = append(xs, p.X), append(ys, p.Y)
		}
		a.line([]float64{0, 1}, []float64{c.Base, c.Base}, "d")
		a.line(xs, ys, fmt.Sprintf("l k%d", i%6))
		said = append(said, fmt.Sprintf("%s %.3f, by guessing %.3f", clip(c.Class, 30), c.Area, c.Base))
	}
	return chart{Title: "Precision and recall", SVG: a.svg(), Note: "Average precision: " + strings.Join(said, "; ") + "."}
}

func learning(l *inspect.LearningReport) chart {
	var xs, ys, low, high, own, all []float64
	for _, p := range l.Points {
		xs, ys, low, high, own = append(xs, float64(p.Rows)), append(ys, p.Test), append(low, p.Low), append(high, p.High), append(own, p.Train)
		all = append(all, p.Test, p.Low, p.High, p.Train)
	}
	a := newAxes(plotWidth, plotHeight, around(xs...), around(all...), "training rows", l.Title, "learning curve")
	a.band(xs, low, high, "b")
	a.line(xs, own, "l faint")
	a.line(xs, ys, "l")
	for i := range xs {
		a.dot(xs[i], ys[i], 3.4, "m")
	}
	return chart{ID: "learning", Title: "Learning curve", SVG: a.svg(), Note: sentences(l.Sentences) + " The thin line is of the rows that were learned from."}
}

// effects draws a row of bars per input: between which contributions nine of ten
// rows of each bin lie, by colour from the input's low values to its high ones.
func effects(o *explain.Overview, factor bool) chart {
	const rowHeight, left = 30.0, 150.0
	var all []float64
	for _, e := range o.Inputs {
		for _, b := range e.Shape {
			all = append(all, b.Quantiles[0], b.Quantiles[4])
		}
	}
	if len(all) == 0 {
		return chart{}
	}
	width, height := 560.0, plotTop+rowHeight*float64(len(o.Inputs))+plotBottom
	span := around(append(all, 0)...)
	span.from, span.to = left, width-plotRight
	a := &axes{x: span}
	fmt.Fprintf(&a.b, `<svg viewBox="0 0 %g %g" role="img" aria-label="contributions of the strongest inputs">`, width, height)
	bottom := height - plotBottom
	for _, t := range span.ticks(5) {
		fmt.Fprintf(&a.b, `<line class="g" x1="%.1f" x2="%.1f" y1="%g" y2="%.1f"/>`, span.at(t), span.at(t), plotTop, bottom)
		text := tick(t)
		if factor {
			text = fmt.Sprintf("×%.3g", math.Round(100*explain.Factor(t))/100)
		}
		a.text(span.at(t), bottom+14, "middle", text)
	}
	fmt.Fprintf(&a.b, `<line class="d" x1="%.1f" x2="%.1f" y1="%g" y2="%.1f"/>`, span.at(0), span.at(0), plotTop, bottom)
	for i, e := range o.Inputs {
		top := plotTop + rowHeight*float64(i) + 3
		a.text(left-8, top+rowHeight/2, "end", clip(named(e.Label, e.Input), 24))
		each := (rowHeight - 6) / float64(len(e.Shape))
		for k, b := range e.Shape {
			y := top + each*float64(k)
			fmt.Fprintf(&a.b, `<rect class="%s" x="%.1f" width="%.1f" y="%.1f" height="%.1f" rx="1"><title>%s</title></rect>`,
				shade(e.Shape, k), span.at(b.Quantiles[0]), max(span.at(b.Quantiles[4])-span.at(b.Quantiles[0]), 1.6), y, max(each*0.86, 0.8), binText(b))
		}
	}
	name := "moves the score by"
	if factor {
		name = "multiplies the prediction by"
	}
	a.text(width-plotRight, bottom+29, "end", name)
	return chart{
		ID: "effects", Title: "What the inputs do", SVG: a.svg(),
		Note: "Each bar holds the contributions of nine in ten rows of a range of the input, from its low values (blue) to its high ones (orange); grey: a category's levels, or missing." + sharedBy[o.By],
	}
}

// sharedBy says what is approximate about contributions that are not exact.
var sharedBy = map[predict.Explanation]string{
	predict.Chained: " Several models are joined: contributions add up exactly, and how they are shared is approximate.",
	predict.Sampled: " The model was asked about mixtures with typical rows: contributions add up exactly, and how they are shared is approximate.",
}

// shade is the colour of a bin: from low values to high ones.
func shade(bins []explain.Bin, k int) string {
	if bins[k].Level != "" || bins[k].Missing || len(bins) < 2 {
		return "e"
	}
	return fmt.Sprintf("e%d", min(5*k/len(bins), 4))
}

func binText(b explain.Bin) string {
	where := number(b.From) + " to " + number(b.To)
	switch {
	case b.Missing:
		where = "missing"
	case b.Level != "":
		where = b.Level
	}
	return html.EscapeString(fmt.Sprintf("%s: %s rows", where, whole(b.Rows)))
}

// dependence draws how the mean answer follows an input.
func dependence(c inspect.Curve, label, sentence, unit string) chart {
	drawn := chart{Title: label, Note: sentences([]string{sentence})}
	if c.Class != "" {
		drawn.Title += ": " + clip(c.Class, 30)
		unit = ""
	}
	var xs, mean, low, high []float64
	var names []string
	for _, p := range c.Points {
		xs, mean, low, high, names = append(xs, p.Value), append(mean, p.Mean), append(low, p.Low), append(high, p.High), append(names, p.Level)
	}
	span := around(append(append(append([]float64{}, mean...), low...), high...)...)
	yName := inUnit("prediction", unit)
	if c.Class != "" {
		yName = "probability"
	}
	if len(names) > 0 && names[0] != "" {
		drawn.SVG = levels(names, mean, low, high, span, yName)
		return drawn
	}
	a := newAxes(smallWidth, smallTall, around(xs...), span, "", yName, "dependence on "+c.Input)
	a.band(xs, low, high, "b")
	a.line(xs, mean, "l")
	drawn.SVG = a.svg()
	return drawn
}

// inUnit names an axis.
func inUnit(name, unit string) string {
	if unit == "" {
		return name
	}
	return name + ", " + unit
}

func someOf(shown, of int) string {
	if shown >= of {
		return fmt.Sprintf("All %s held-out rows.", whole(of))
	}
	return fmt.Sprintf("%s of %s held-out rows.", whole(shown), whole(of))
}

package page

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"slices"
	"strings"
)

// scale maps numbers to places between from and to.
type scale struct {
	Low, High float64
	from, to  float64
}

func (s scale) at(v float64) float64 {
	if !(s.High > s.Low) {
		return (s.from + s.to) / 2
	}
	return s.from + (s.to-s.from)*(min(max(v, s.Low), s.High)-s.Low)/(s.High-s.Low)
}

// ticks are round numbers between the ends, about as many as asked.
func (s scale) ticks(about int) []float64 {
	span := s.High - s.Low
	if !(span > 0) || math.IsInf(span, 0) {
		return []float64{s.Low}
	}
	step := math.Pow(10, math.Floor(math.Log10(span/float64(about))))
	for _, factor := range []float64{5, 2} {
		if span/(step*factor) >= float64(about) {
			step *= factor
			break
		}
	}
	for span/step > 2*float64(about) {
		step *= 2
	}
	var ticks []float64
	for k := math.Ceil(s.Low/step - 1e-9); k*step <= s.High+1e-9*span && len(ticks) < 20; k++ {
		ticks = append(ticks, k*step)
	}
	return ticks
}

// axes has a plot's scales and draws into a text.
type axes struct {
	x, y scale
	b    strings.Builder
}

// The box of a plot.
const (
	plotWidth, plotHeight = 420.0, 280.0
	plotLeft, plotRight   = 62.0, 10.0
	plotTop, plotBottom   = 10.0, 38.0
	smallWidth, smallTall = 300.0, 170.0
)

// newAxes draws the frame, the ticks and the names of a plot.
func newAxes(width, height float64, x, y scale, xName, yName, alt string) *axes {
	x.from, x.to = plotLeft, width-plotRight
	y.from, y.to = height-plotBottom, plotTop
	a := &axes{x: x, y: y}
	fmt.Fprintf(&a.b, `<svg viewBox="0 0 %g %g" role="img" aria-label="%s">`, width, height, html.EscapeString(alt))
	for _, t := range y.ticks(4) {
		fmt.Fprintf(&a.b, `<line class="g" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/><text x="%.1f" y="%.1f" text-anchor="end">%s</text>`,
			x.from, x.to, y.at(t), y.at(t), x.from-5, y.at(t)+3.5, html.EscapeString(tick(t)))
	}
	for _, t := range x.ticks(5) {
		fmt.Fprintf(&a.b, `<text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`, x.at(t), y.from+14, html.EscapeString(tick(t)))
	}
	fmt.Fprintf(&a.b, `<line class="a" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>`, x.from, x.to, y.from, y.from)
	fmt.Fprintf(&a.b, `<text x="%.1f" y="%.1f" text-anchor="end" class="n">%s</text>`, x.to, y.from+29, html.EscapeString(xName))
	fmt.Fprintf(&a.b, `<text x="%.1f" y="%.1f" text-anchor="middle" class="n" transform="rotate(-90 %g %.1f)">%s</text>`, 11.0, (y.from+y.to)/2, 11.0, (y.from+y.to)/2, html.EscapeString(yName))
	return a
}

// tick is a number as short as an axis needs it.
func tick(v float64) string {
	for _, unit := range []struct {
		size float64
		name string
	}{{1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if math.Abs(v) >= 10*unit.size || unit.size > 1e3 && math.Abs(v) >= unit.size {
			return number(v/unit.size) + unit.name
		}
	}
	if v == math.Trunc(v) && math.Abs(v) < 10_000 {
		return fmt.Sprintf("%.0f", v) // a year, as people write it
	}
	return number(math.Round(v*1e9) / 1e9)
}

func (a *axes) dot(x, y, radius float64, class string) {
	fmt.Fprintf(&a.b, `<circle class="%s" cx="%.1f" cy="%.1f" r="%g"/>`, class, a.x.at(x), a.y.at(y), radius)
}

// line joins points; class is of the page's style.
func (a *axes) line(xs, ys []float64, class string) {
	a.b.WriteString(`<path class="` + class + `" d="`)
	for i := range xs {
		fmt.Fprintf(&a.b, "%c%.1f %.1f", map[bool]byte{true: 'M', false: 'L'}[i == 0], a.x.at(xs[i]), a.y.at(ys[i]))
	}
	a.b.WriteString(`"/>`)
}

// band fills between two lines.
func (a *axes) band(xs, low, high []float64, class string) {
	if len(low) != len(xs) || len(high) != len(xs) {
		return
	}
	a.b.WriteString(`<path class="` + class + `" d="`)
	for i := range xs {
		fmt.Fprintf(&a.b, "%c%.1f %.1f", map[bool]byte{true: 'M', false: 'L'}[i == 0], a.x.at(xs[i]), a.y.at(high[i]))
	}
	for i, x := range slices.Backward(xs) {
		fmt.Fprintf(&a.b, "L%.1f %.1f", a.x.at(x), a.y.at(low[i]))
	}
	a.b.WriteString(`Z"/>`)
}

// span is a vertical whisker.
func (a *axes) span(x, low, high float64, class string) {
	fmt.Fprintf(&a.b, `<line class="%s" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>`, class, a.x.at(x), a.x.at(x), a.y.at(low), a.y.at(high))
}

// text writes at a place of the plot.
func (a *axes) text(x, y float64, anchor, text string) {
	fmt.Fprintf(&a.b, `<text x="%.1f" y="%.1f" text-anchor="%s">%s</text>`, x, y, anchor, html.EscapeString(text))
}

// svg is the drawing: numbers, and texts escaped when they were written.
func (a *axes) svg() template.HTML {
	return template.HTML(a.b.String() + "</svg>") //nolint:gosec // see above
}

// around is the least and the greatest of values, with a margin.
func around(values ...float64) scale {
	s := scale{Low: math.Inf(1), High: math.Inf(-1)}
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			s.Low, s.High = min(s.Low, v), max(s.High, v)
		}
	}
	if s.Low > s.High {
		return scale{Low: 0, High: 1}
	}
	margin := 0.04 * (s.High - s.Low)
	if margin == 0 {
		margin = max(math.Abs(s.Low)*0.05, 1e-9)
	}
	return scale{Low: s.Low - margin, High: s.High + margin}
}

// clip shortens a text to so many characters.
func clip(text string, most int) string {
	r := []rune(text)
	if len(r) <= most {
		return text
	}
	return string(r[:most-1]) + "…"
}

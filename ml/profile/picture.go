package profile

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"
)

// drawMatrix draws the lower triangle: the stronger, the more colour; what goes
// against each other has another one.
func drawMatrix(m *Matrix) template.HTML {
	const names = 150.0
	n := float64(len(m.Columns))
	cell := max(17, min(30, math.Floor(600/n)))
	width, height := names+n*cell+6, n*cell+2
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="matrix" viewBox="0 0 %.0f %.0f" style="width:%.0fpx" role="img" aria-label="associations of %d columns">`, width, height, width, len(m.Columns))
	for i, name := range m.Columns {
		y := float64(i) * cell
		text := html.EscapeString(short(name, 22))
		fmt.Fprintf(&b, `<text x="%.0f" y="%.1f" text-anchor="end">%s</text>`, names-6, y+cell/2+4, text)
		fmt.Fprintf(&b, `<rect class="own" x="%.1f" y="%.1f" width="%.0f" height="%.0f"/>`, names+y, y, cell-1, cell-1)
		for j, v := range m.Values[i] {
			if v == nil {
				continue
			}
			class := "up"
			if *v < 0 {
				class = "down"
			}
			strength := math.Abs(float64(*v)) / 100
			fmt.Fprintf(&b, `<rect class="%s" x="%.0f" y="%.0f" width="%.0f" height="%.0f" opacity="%.2f"><title>%s and %s: %.2f</title></rect>`,
				class, names+float64(j)*cell, y, cell-1, cell-1, max(.04, strength), html.EscapeString(clip(m.Columns[j])), html.EscapeString(clip(name)), float64(*v)/100)
		}
	}
	b.WriteString("</svg>")
	return template.HTML(b.String()) //nolint:gosec // numbers, and texts escaped above
}

// short shortens a text to so many characters.
func short(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// drawPoints draws how a column went over time, between its least and greatest
// mean.
func drawPoints(points []*float64) template.HTML {
	const width, height, edge = 160.0, 30.0, 3.0
	low, high := math.Inf(1), math.Inf(-1)
	for _, p := range points {
		if p != nil {
			low, high = min(low, *p), max(high, *p)
		}
	}
	if math.IsInf(low, 0) || len(points) < 2 {
		return ""
	}
	var b, line strings.Builder
	fmt.Fprintf(&b, `<svg class="spark" viewBox="0 0 %g %g" role="img" aria-label="from %s to %s">`, width, height, html.EscapeString(number(low)), html.EscapeString(number(high)))
	third := width / 3
	fmt.Fprintf(&b, `<rect x="0" y="0" width="%.1f" height="%g"/><rect x="%.1f" y="0" width="%.1f" height="%g"/>`, third, height, 2*third, third, height)
	letter := "M"
	for i, p := range points {
		if p == nil {
			continue
		}
		y := height / 2
		if high > low {
			y = edge + (high/2-*p/2)/(high/2-low/2)*(height-2*edge)
		}
		fmt.Fprintf(&line, "%s%.1f %.1f", letter, (float64(i)+.5)*width/float64(len(points)), y)
		letter = "L"
	}
	fmt.Fprintf(&b, `<path class="mean" d="%s"/></svg>`, line.String())
	return template.HTML(b.String()) //nolint:gosec // numbers only
}

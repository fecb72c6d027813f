package profile

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"

	"dasier/ml/frame"
)

// Charts are SVG drawn in a fixed box and scaled by the page. Their colours are
// classes of the page's style, so that they follow light and dark.

const (
	chartWidth  = 360.0
	chartHeight = 96.0
	chartTop    = 6.0 // room for the highest dot
)

// drawHistogram draws bars, and over them the outcome's mean per bin.
func drawHistogram(h *Histogram, kind frame.Kind, v *view) template.HTML {
	if h == nil || len(h.Counts) == 0 {
		return ""
	}
	most := 1
	for _, n := range h.Counts {
		most = max(most, n)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="histogram" viewBox="0 0 %g %g" role="img" aria-label="histogram from %s to %s">`,
		chartWidth, chartHeight, html.EscapeString(value(kind, h.Low)), html.EscapeString(value(kind, h.High)))
	step := chartWidth / float64(len(h.Counts))
	for i, n := range h.Counts {
		if n == 0 {
			continue
		}
		// A bar of one row among millions must still be seen.
		height := max(1.5, float64(n)/float64(most)*(chartHeight-chartTop))
		fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="1.5"><title>%s</title></rect>`,
			float64(i)*step+step*.06, chartHeight-height, step*.88, height, html.EscapeString(binText(h, i, kind, v)))
	}
	drawMeans(&b, h.Target, h.Half, step)
	b.WriteString("</svg>")
	return template.HTML(b.String()) //nolint:gosec // numbers, and texts escaped above
}

func binText(h *Histogram, i int, kind frame.Kind, v *view) string {
	bins := float64(len(h.Counts))
	part := h.High/bins - h.Low/bins // their difference could overflow
	low, high := h.Low+float64(i)*part, min(h.High, h.Low+float64(i+1)*part)
	text := value(kind, low) + " to " + value(kind, high)
	if part == 1 && low != math.Trunc(low) {
		text = value(kind, low+.5) // one bin per whole number
	}
	text += fmt.Sprintf(": %s", rows(h.Counts[i]))
	if i < len(h.Target) && h.Target[i] != nil {
		text += fmt.Sprintf(", mean %s %s", v.Outcome, v.Mean(h.Target[i]))
		if i < len(h.Half) && h.Half[i] != nil {
			text += " ± " + v.Half(h.Half[i])
		}
	}
	return text
}

// drawMeans draws a dot with its interval per bin, and a line through the dots.
// The height is the means'; an interval that leaves it is cut.
func drawMeans(b *strings.Builder, means, halves []*float64, step float64) {
	low, high := math.Inf(1), math.Inf(-1)
	shown := 0
	for _, m := range means {
		if m != nil {
			low, high = min(low, *m), max(high, *m)
			shown++
		}
	}
	if shown < 2 || high <= low {
		return
	}
	y := func(m float64) float64 {
		return chartTop + (high/2-m/2)/(high/2-low/2)*(chartHeight-2*chartTop)
	}
	for i, m := range means {
		if m == nil || i >= len(halves) || halves[i] == nil {
			continue
		}
		x := (float64(i) + .5) * step
		fmt.Fprintf(b, `<path class="interval" d="M%.1f %.1fV%.1f"/>`, x, max(0, y(min(*m+*halves[i], math.MaxFloat64))), min(chartHeight, y(max(*m-*halves[i], -math.MaxFloat64))))
	}
	var line strings.Builder
	joined := false
	for i, m := range means {
		if m == nil {
			continue
		}
		letter := "L"
		if !joined {
			letter = "M"
		}
		joined = true
		fmt.Fprintf(&line, "%s%.1f %.1f", letter, (float64(i)+.5)*step, y(*m))
	}
	fmt.Fprintf(b, `<path class="mean" d="%s"/>`, line.String())
	for i, m := range means {
		if m != nil {
			fmt.Fprintf(b, `<circle class="mean" cx="%.1f" cy="%.1f" r="2.4"/>`, (float64(i)+.5)*step, y(*m))
		}
	}
}

// drawMap draws the points, the higher outcomes over the lower ones.
func drawMap(m *Map) template.HTML {
	const width = 720.0
	height := width * max(.3, min(.8, m.Aspect))
	drawn := width
	if m.Aspect > .8 {
		drawn = height / m.Aspect
	}
	tall := drawn * m.Aspect
	left, top := (width-drawn)/2, (height-tall)/2
	radius := 2.6
	if len(m.Points) < 500 {
		radius = 4
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="map" viewBox="-6 -6 %.0f %.0f" role="img" aria-label="map of %d rows">`, width+12, height+12, len(m.Points))
	for shade := -1; shade < shades; shade++ {
		class := "none"
		if shade >= 0 {
			class = fmt.Sprintf("s%d", spread(shade, len(m.Shades)))
		}
		fmt.Fprintf(&b, `<g class="%s">`, class)
		for _, p := range m.Points {
			if p[2] == shade {
				fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="%g"/>`, left+float64(p[0])*drawn/1000, top+float64(p[1])*tall/1000, radius)
			}
		}
		b.WriteString("</g>")
	}
	b.WriteString("</svg>")
	return template.HTML(b.String()) //nolint:gosec // numbers only
}

// spread uses the ends of the colour scale even when there are few shades.
func spread(shade, n int) int {
	if n <= 1 {
		return 0
	}
	return shade * (shades - 1) / (n - 1)
}

// drawScale is the key of the map's colours.
func drawScale(m *Map, v *view) template.HTML {
	var b strings.Builder
	b.WriteString(`<div class="key">`)
	for i, edge := range m.Shades {
		fmt.Fprintf(&b, `<span><i class="s%d"></i>%s</span>`, spread(i, len(m.Shades)), html.EscapeString(v.Mean(&edge)))
	}
	b.WriteString(`</div>`)
	return template.HTML(b.String()) //nolint:gosec // numbers, escaped
}

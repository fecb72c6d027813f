package page

import (
	"fmt"
	"html/template"
)

// mostLevels is how many levels of a category a chart has rows for.
const mostLevels = 12

// levels draws the mean prediction of each level of a category, as rows.
func levels(names []string, mean, low, high []float64, span scale, name string) template.HTML {
	const rowHeight, left = 17.0, 110.0
	n := min(len(names), mostLevels)
	height := plotTop + rowHeight*float64(n) + plotBottom
	span.from, span.to = left, smallWidth-plotRight
	a := &axes{x: span}
	fmt.Fprintf(&a.b, `<svg viewBox="0 0 %g %g" role="img" aria-label="mean prediction by level">`, smallWidth, height)
	bottom := height - plotBottom
	for _, t := range span.ticks(3) {
		fmt.Fprintf(&a.b, `<line class="g" x1="%.1f" x2="%.1f" y1="%g" y2="%.1f"/>`, span.at(t), span.at(t), plotTop, bottom)
		a.text(span.at(t), bottom+14, "middle", tick(t))
	}
	for i := range n {
		middle := plotTop + rowHeight*(float64(i)+0.5)
		a.text(left-6, middle+3.5, "end", clip(names[i], 17))
		fmt.Fprintf(&a.b, `<line class="s" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>`, span.at(low[i]), span.at(high[i]), middle, middle)
		fmt.Fprintf(&a.b, `<circle class="m" cx="%.1f" cy="%.1f" r="3.2"/>`, span.at(mean[i]), middle)
	}
	a.text(smallWidth-plotRight, bottom+29, "end", name)
	return a.svg()
}

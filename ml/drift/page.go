package drift

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
)

//go:embed page.html
var pageSource string

// page is the parsed template. What comes from the data passes through
// html/template's escaping.
var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"percent": percent,
	"plural":  plural,
	"width":   func(share, most float64) string { return fmt.Sprintf("%.1f%%", 100*min(1, share/most)) },
	"value":   text,
	"tone":    tone,
	"clip":    clip,
	"points":  points,
	"row":     func(r *view, i int, c Column) row { return row{r, i, c} },
}).Parse(pageSource))

// Title names the two versions.
type Title struct{ Before, After string }

// view is what the template shows of a report.
type view struct {
	*Report
	Title  Title
	Counts []verdictCount
}

type verdictCount struct {
	Verdict Verdict
	N       int
}

// shownBins is how many bars a column has; the rest of a category's are the rows
// of the table that its JSON holds.
const shownBins = 12

// WriteHTML writes r as one page that needs nothing else: no script, font or
// image from anywhere, light and dark by the reader's preference.
func WriteHTML(w io.Writer, r *Report, title Title) error {
	v := &view{Report: r, Title: title}
	for _, verdict := range []Verdict{Strong, Moderate, Unclear, Stable} {
		n := 0
		for _, c := range r.Columns {
			if c.Verdict == verdict {
				n++
			}
		}
		v.Counts = append(v.Counts, verdictCount{verdict, n})
	}
	if err := page.Execute(w, v); err != nil {
		return fmt.Errorf("writing the page of a comparison: %w", err)
	}
	return nil
}

// tone is the colour of a verdict.
func tone(v Verdict) string {
	switch v {
	case Strong:
		return "high"
	case Moderate:
		return "medium"
	case Unclear:
		return "low"
	}
	return "calm"
}

// Most is the greatest share of a bar, to which a column's bars are drawn.
func (c Column) Most() float64 {
	most := 1e-9
	for _, b := range c.Bins {
		most = max(most, b.Before, b.After)
	}
	return most
}

// Shown are the bars of the page; Hidden is how many there are besides.
func (c Column) Shown() []Bin { return c.Bins[:min(len(c.Bins), shownBins)] }

// Hidden is how many bars the page leaves out.
func (c Column) Hidden() int { return len(c.Bins) - len(c.Shown()) }

// Open tells whether a reader wants to see the column first.
func (c Column) Open() bool {
	return c.Verdict == Strong || c.Verdict == Moderate || len(c.Words) > 0
}

// At is where a share stands on a line from 0 to 100 %, by its square root, so
// that small effects can be told apart.
func (e Effect) At(share float64) string {
	return fmt.Sprintf("%.1f%%", 100*math.Sqrt(min(1, max(0, share))))
}

// Span is the width between the ends of the interval on that line.
func (e Effect) Span() string {
	return fmt.Sprintf("%.1f%%", 100*(math.Sqrt(min(1, e.High))-math.Sqrt(max(0, e.Low))))
}

// points is by how many hundredths a share moved.
func points(b Bin) string {
	moved := math.Round(1000*(b.After-b.Before)) / 10
	if moved == 0 {
		return "0.0"
	}
	return fmt.Sprintf("%+.1f", moved)
}

// row is what the template of a column's line needs.
type row struct {
	Page *view
	I    int
	Column
}

// Count is how many columns have a verdict.
func (v *view) Count(verdict string) int {
	for _, c := range v.Counts {
		if string(c.Verdict) == verdict {
			return c.N
		}
	}
	return 0
}

func clip(s string) string {
	const most = 80
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

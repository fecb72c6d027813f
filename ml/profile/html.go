package profile

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"strings"

	"dasier/ml/drift"
	"dasier/ml/frame"
)

//go:embed page.html
var pageSource string

// page is the parsed template. Everything of the data passes through
// html/template's escaping; charts are made of numbers, and escape their texts.
var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"number":    number,
	"whole":     whole,
	"value":     value,
	"percent":   percent,
	"share":     func(n, of int) float64 { return float64(n) / float64(max(1, of)) },
	"histogram": drawHistogram,
	"mapped":    drawMap,
	"scale":     drawScale,
	"matrix":    drawMatrix,
	"spark":     drawPoints,
	"shifts":    func(p *view, s []Shift) listing { return listing{p, s} },
	"width":     func(v float64) string { return fmt.Sprintf("%.1f%%", 100*min(1, math.Abs(v))) },
	"signed":    func(v float64) string { return fmt.Sprintf("%.2f", v) },
	"times":     func(a, b int) int { return a * b },
	"short":     func(s string) string { return s[:min(len(s), 19)] },
	"label":     clip,
	"body":      newBody,
}).Parse(pageSource))

// view is what the template shows of a profile.
type view struct {
	*Profile
	TargetVariable *Variable
	Share          bool // target means are shares
	Relations      []Relation
	MoreRelations  int
	Counts         []severityCount
	anchors        map[string]int
	relations      map[string]*Relation
}

type severityCount struct {
	Severity Severity
	N        int
}

const shownRelations = 30

// WriteHTML writes p as one page that needs nothing else: no script, font or
// image from anywhere, light and dark by the reader's preference.
func WriteHTML(w io.Writer, p *Profile) error {
	v := &view{Profile: p, anchors: make(map[string]int), relations: make(map[string]*Relation)}
	for i := range p.Variables {
		v.anchors[p.Variables[i].Name] = i + 1
		if p.Target != "" && p.Variables[i].Name == p.Target {
			v.TargetVariable = &p.Variables[i]
		}
	}
	if t := v.TargetVariable; t != nil {
		v.Share = t.Kind != frame.Number
	}
	for i := range p.Relations {
		v.relations[p.Relations[i].Column] = &p.Relations[i]
	}
	v.Relations = p.Relations[:min(len(p.Relations), shownRelations)]
	v.MoreRelations = len(p.Relations) - len(v.Relations)
	for _, s := range []Severity{High, Medium, Low} {
		n := 0
		for _, warning := range p.Warnings {
			if warning.Severity == s {
				n += len(warning.Items) + warning.More
			}
		}
		v.Counts = append(v.Counts, severityCount{s, n})
	}
	if err := page.Execute(w, v); err != nil {
		return fmt.Errorf("writing profile page: %w", err)
	}
	return nil
}

// body is what the template of one column's figures needs.
type body struct {
	Page     *view
	Variable *Variable
}

// newBody takes a variable by value or by pointer: templates hold both.
func newBody(p *view, v any) body {
	switch v := v.(type) {
	case *Variable:
		return body{p, v}
	case Variable:
		return body{p, &v}
	}
	return body{p, &Variable{}}
}

// Anchor is the id of a column's card; 0 when there is none.
func (v *view) Anchor(column string) int { return v.anchors[column] }

// Relation is a column's relation with the target, or nil.
func (v *view) Relation(column string) *Relation { return v.relations[column] }

// Mean writes a mean of the outcome.
func (v *view) Mean(m *float64) string {
	switch {
	case m == nil:
		return ""
	case v.Share:
		return percent(*m)
	default:
		return number(*m)
	}
}

// Half writes half the width of a mean's interval.
func (v *view) Half(h *float64) string {
	switch {
	case h == nil:
		return ""
	case v.Share:
		return strings.TrimSuffix(percent(*h), "\u202f%")
	default:
		return number(*h)
	}
}

// Drifting tells whether a column's effect is more than chance and trifles.
func (v *view) Drifting(s Shift) bool {
	return s.Verdict == drift.Strong || s.Verdict == drift.Moderate
}

// listing is what the template of a table of shifts needs.
type listing struct {
	Page   *view
	Shifts []Shift
}

// Drifted are the columns that do drift, or that do not.
func (v *view) Drifted(does bool) []Shift {
	var list []Shift
	for _, s := range v.Drift.Shifts {
		if v.Drifting(s) == does {
			list = append(list, s)
		}
	}
	return list
}

// Span tells between which means a line is drawn, so that its steepness does
// not deceive.
func (v *view) Span(means []*float64) string {
	var low, high *float64
	for _, m := range means {
		if m == nil {
			continue
		}
		if low == nil || *m < *low {
			low = m
		}
		if high == nil || *m > *high {
			high = m
		}
	}
	if low == nil || *low == *high {
		return ""
	}
	return fmt.Sprintf(", from %s to %s", v.Mean(low), v.Mean(high))
}

// Top is the count of the most frequent level, to which bars are drawn.
func (v *view) Top(levels []Level) int {
	top := 1
	for _, l := range levels {
		top = max(top, l.Count)
	}
	return top
}

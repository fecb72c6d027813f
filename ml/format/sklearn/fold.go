package sklearn

import (
	"fmt"
	"math"
)

// foldFrom is how many columns of terms a design must have to be worth folding,
// and maxFolded how many numbers that may take.
const (
	foldFrom  = 8
	maxFolded = 20_000_000
)

// fold makes one column per row of weights of all columns that are terms: what a
// linear function makes of ten thousand terms is a sum over those that a text
// has. It gives the design and the weights for it.
func (d *design) fold(p part, w matrix) (*design, matrix, error) {
	if len(d.columns) != w.columns {
		return d, w, nil
	}
	scales, count, size := make([]float64, len(d.columns)), 0, 0
	for j := range d.columns {
		if scales[j] = d.columns[j].scaledTerm(); scales[j] != 0 {
			count++
		}
	}
	for k := range d.builder.readings {
		size += d.builder.readings[k].Size()
	}
	tables := d.wide()
	if size > maxFolded/max(w.rows, 1) {
		count = 0
	}
	if count < foldFrom && len(tables) == 0 {
		return d, w, nil
	}
	out := d.with(nil)
	folded := matrix{rows: w.rows}
	var kept []int
	sums := map[int][]wording{} // per reading, one per row of weights
	var order []int
	for j := range d.columns {
		if l := d.columns[j].links; len(tables) > 0 && len(l) == 1 && l[0].table != nil && tables[l[0].table.keys] {
			continue
		}
		if scales[j] == 0 || count < foldFrom {
			kept = append(kept, j)
			out.columns = append(out.columns, d.columns[j])
			continue
		}
		term := d.columns[j].links[0].words
		if sums[term.reading] == nil {
			each := make([]wording, w.rows)
			for k := range each {
				each[k] = wording{reading: term.reading, weights: make([]float64, d.builder.readings[term.reading].Size())}
			}
			sums[term.reading], order = each, append(order, term.reading)
		}
		for k := range w.rows {
			sums[term.reading][k].weights[term.term] += w.row(k)[j] * scales[j]
		}
	}
	for _, at := range order {
		for k := range w.rows {
			out.columns = append(out.columns, column{
				input: d.builder.readings[at].Input, name: fmt.Sprintf("words %d", k), links: []link{{words: &sums[at][k]}},
			})
		}
	}
	for j := range d.columns {
		if l := d.columns[j].links; len(l) == 1 && l[0].table != nil && tables[l[0].table.keys] {
			tables[l[0].table.keys] = false // once
			out.columns = append(out.columns, d.tablesOf(w, &d.columns[j])...)
		}
	}
	folded.columns = len(out.columns)
	folded.values = make([]float64, folded.rows*folded.columns)
	for k := range w.rows {
		for i, j := range kept {
			folded.row(k)[i] = w.row(k)[j]
		}
		for at := len(kept) + k; at < folded.columns; at += w.rows {
			folded.row(k)[at] = 1
		}
	}
	return out, folded, d.builder.widen(p, folded.columns, 0)
}

// scaledTerm is what a column's term is multiplied by; 0 when the column is not
// a term and a factor.
func (c *column) scaledTerm() float64 {
	if len(c.links) == 0 || c.links[0].words == nil || c.links[0].words.weights != nil {
		return 0
	}
	scale := 1.0
	for _, l := range c.links[1:] {
		switch {
		case l.table != nil || l.fill != nil || l.words != nil:
			return 0
		case l.step.Op == "mul":
			scale *= l.step.A
		case l.step.Op == "div":
			scale /= l.step.A
		default:
			return 0
		}
	}
	if math.IsNaN(scale) || math.IsInf(scale, 0) {
		return 0
	}
	return scale
}

// wideTable is how many numbers the tables of one encoded column may have before
// they are folded.
const wideTable = 1 << 20

// wide are the categories of columns that are encoded into so many that a table
// for each is too much.
func (d *design) wide() map[*categories]bool {
	counts := map[*categories]int{}
	for j := range d.columns {
		if l := d.columns[j].links; d.columns[j].input >= 0 && len(l) == 1 && l[0].table != nil && l[0].table.values == nil {
			counts[l[0].table.keys] += len(l[0].table.keys.labels)
		}
	}
	for keys, n := range counts {
		if n <= wideTable {
			delete(counts, keys)
		}
	}
	wide := make(map[*categories]bool, len(counts))
	for keys := range counts {
		wide[keys] = true
	}
	return wide
}

// tablesOf makes one table per row of weights of all columns that encode the same
// categories as one does.
func (d *design) tablesOf(w matrix, like *column) []column {
	keys := like.links[0].table.keys
	out := make([]column, w.rows)
	for k := range out {
		sum := table{keys: keys, values: make([]float64, len(keys.labels)), refuses: like.links[0].table.refuses, refusesMissing: like.links[0].table.refusesMissing}
		hot := map[int]float64{}
		for j := range d.columns {
			l := d.columns[j].links
			if len(l) != 1 || l[0].table == nil || l[0].table.keys != keys {
				continue
			}
			hot[l[0].table.hot] += w.row(k)[j]
			sum.unknown += w.row(k)[j] * l[0].table.unknown
			sum.missing += w.row(k)[j] * l[0].table.missing
		}
		for c, place := range like.links[0].table.place {
			sum.values[c] = hot[place]
		}
		out[k] = column{input: like.input, name: fmt.Sprintf("%s %d", d.in(like).name, k), links: []link{{table: &sum}}}
	}
	return out
}

package dataset

import (
	"math"

	"dasier/ml/frame"
)

// What Infer takes for a level list, and for an identifier.
const (
	maxInferredLevels = 30
	rowsPerLevel      = 10
	minUniqueRows     = 20
	serialSpread      = 10 // serial numbers leave at most so many out for each in
)

// Infer writes a first contract from data that is thought to be right. It is
// generous, as the next file will not be the same: ranges are half as long
// again on either side (never below 0 for what is never negative), shares of
// missing values are rounded up, half of the rows are asked for. f keeps to it.
func Infer(f *frame.Frame) *Contract {
	c := &Contract{MinRows: int(roundDown(float64(f.Rows()) / 2)), Extra: true}
	for _, column := range f.Columns() {
		c.Columns = append(c.Columns, inferRule(column))
	}
	return c
}

func inferRule(c *frame.Column) Rule {
	rule := Rule{Name: c.Name, Required: true}
	rows := c.Len()
	absent := missing(c)
	if absent == rows {
		return rule // nothing is known of a column without values
	}
	kind := c.Kind
	rule.Kind = &kind
	share := float64(absent) / float64(rows)
	if absent > 0 {
		share = min(1, (math.Floor(share*20)+2)/20) // the next twentieth, and one for luck
	}
	rule.Missing = &share
	switch kind {
	case frame.Category:
		rule.inferLevels(c, rows-absent)
	case frame.Number, frame.Time:
		rule.inferRange(c.Numbers().Floats(), kind)
	}
	return rule
}

func (r *Rule) inferLevels(c *frame.Column, present int) {
	used := make([]int, len(c.Levels))
	for _, code := range c.Codes {
		if code >= 0 {
			used[code]++
		}
	}
	var levels []string
	for i, n := range used {
		if n > 0 {
			levels = append(levels, c.Levels[i])
		}
	}
	if len(levels) <= maxInferredLevels && present >= rowsPerLevel*len(levels) {
		r.Levels = levels
	}
	r.Unique = len(levels) == present && present >= minUniqueRows
}

func (r *Rule) inferRange(values []float64, kind frame.Kind) {
	low, high := math.Inf(1), math.Inf(-1)
	seen := make(map[float64]bool)
	present, whole := 0, true
	for _, v := range values {
		if math.IsNaN(v) {
			continue
		}
		present++
		low, high = min(low, v), max(high, v)
		seen[v] = true
		whole = whole && v == math.Trunc(v)
	}
	span := high - low
	// Numbers that differ by chance, as prices do, are spread wider than serial
	// numbers.
	r.Unique = kind == frame.Number && whole && len(seen) == present && present >= minUniqueRows && span < serialSpread*float64(present)
	if span <= 0 || math.IsInf(span, 0) {
		return // one value tells no range
	}
	if kind == frame.Time {
		return // the next file will be of later days
	}
	unit := math.Pow(10, math.Floor(math.Log10(span))-1)
	from, to := math.Floor((low-span/2)/unit), math.Ceil((high+span/2)/unit)
	// A whole number of units is multiplied or divided by a whole number, so
	// that 1.3 is not written 1.3000000000000003.
	if unit < 1 {
		per := math.Round(1 / unit)
		from, to = from/per, to/per
	} else {
		from, to = from*unit, to*unit
	}
	if low >= 0 {
		from = max(0, from)
	}
	if high <= 0 {
		to = min(0, to)
	}
	if math.IsNaN(from) || math.IsNaN(to) || math.IsInf(from, 0) || math.IsInf(to, 0) || from > low || to < high {
		return // digits are exhausted: the values are all but equal, or huge
	}
	r.Min, r.Max = &from, &to
}

// roundDown keeps two significant digits.
func roundDown(v float64) float64 {
	if v < 100 {
		return math.Floor(v)
	}
	unit := math.Pow(10, math.Floor(math.Log10(v))-1)
	return math.Floor(v/unit) * unit
}

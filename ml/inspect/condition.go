package inspect

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"dasier/ml/frame"
)

// Condition is a test of one column.
type Condition struct {
	Column string `json:"column"`
	// Op is "=", "<=", ">" or "missing".
	Op    string  `json:"op"`
	Value float64 `json:"value"`           // of a number, a bool (0 or 1), a time
	Level string  `json:"level,omitempty"` // of a category

	column *frame.Column
	code   int32
}

// String is the condition for people: Year_Built <= 1940.
func (c Condition) String() string {
	switch {
	case c.Op == "missing":
		return c.Column + " is missing"
	case c.Op == "=" && c.column != nil && c.column.Kind == frame.Bool:
		return fmt.Sprintf("%s = %t", c.Column, c.Value != 0)
	case c.Op == "=" && c.Level != "":
		return fmt.Sprintf("%s = %s", c.Column, c.Level)
	case c.column != nil && c.column.Kind == frame.Time:
		return fmt.Sprintf("%s %s %s", c.Column, c.Op, time.Unix(int64(c.Value), 0).UTC().Format(time.DateOnly))
	}
	return fmt.Sprintf("%s %s %s", c.Column, c.Op, strconv.FormatFloat(c.Value, 'g', -1, 64))
}

// holds tells whether a row meets the condition.
func (c *Condition) holds(row int) bool {
	if c.column.Missing(row) {
		return c.Op == "missing"
	}
	switch c.Op {
	case "missing":
		return false
	case "=":
		if c.column.Kind == frame.Category {
			return c.column.Codes[row] == c.code
		}
		return c.column.Value(row) == c.Value
	case "<=":
		return c.column.Value(row) <= c.Value
	}
	return c.column.Value(row) > c.Value
}

// conditions lists the tests of a column that at least so many of the rows meet,
// and at least so many do not: levels, values of which there are few, thresholds
// at tenths of the rows, and being missing.
func conditions(c *frame.Column, rows []int, least int) []Condition {
	var list []Condition
	missing := 0
	var values []float64
	counts := map[float64]int{}
	for _, row := range rows {
		switch {
		case c.Missing(row):
			missing++
		case c.Kind == frame.Category:
			counts[float64(c.Codes[row])]++
		default:
			values = append(values, c.Value(row))
			if len(counts) <= fewValues {
				counts[c.Value(row)]++
			}
		}
	}
	enough := func(n int) bool { return n >= least && len(rows)-n >= least }
	if enough(missing) {
		list = append(list, Condition{Column: c.Name, Op: "missing", column: c})
	}
	if c.Kind == frame.Category || c.Kind == frame.Bool || len(counts) <= fewValues {
		for _, v := range keys(counts) {
			if !enough(counts[v]) {
				continue
			}
			one := Condition{Column: c.Name, Op: "=", Value: v, column: c}
			if c.Kind == frame.Category {
				one.code = int32(v)
				one.Value, one.Level = 0, c.Levels[one.code]
			}
			list = append(list, one)
		}
	}
	if c.Kind != frame.Number && c.Kind != frame.Time || len(values) == 0 {
		return list
	}
	slices.Sort(values)
	before := math.Inf(-1)
	for k := 1; k < tenths; k++ {
		v := values[k*len(values)/tenths]
		if v == before || v == values[len(values)-1] {
			continue
		}
		before = v
		below, _ := slices.BinarySearchFunc(values, v, func(a, b float64) int {
			if a <= b {
				return -1
			}
			return 1
		})
		if enough(below) {
			list = append(list, Condition{Column: c.Name, Op: "<=", Value: v, column: c})
		}
		if enough(len(values) - below) {
			list = append(list, Condition{Column: c.Name, Op: ">", Value: v, column: c})
		}
	}
	return list
}

const (
	fewValues = 8  // of a number: each may be a condition
	tenths    = 10 // of the rows, at which thresholds stand
)

// keys are a map's keys, the most frequent first, at most 50.
func keys(counts map[float64]int) []float64 {
	list := make([]float64, 0, len(counts))
	for v := range counts {
		list = append(list, v)
	}
	slices.SortFunc(list, func(a, b float64) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) })
	return list[:min(len(list), 50)]
}

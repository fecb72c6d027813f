package profile

import (
	"fmt"
	"math"
	"slices"

	"dasier/ml/frame"
)

// sentinels finds values that are made up to say "unknown": all nines, the ends
// of computers' numbers, days that programs begin or end at, a zero among years.
func sentinels(e *evidence) []Warning {
	var items []Item
	e.inputs(func(v *Variable, c *frame.Column) {
		if v.Numbers == nil || v.Distinct < 10 || c.Kind != frame.Number && c.Kind != frame.Time {
			return
		}
		ends := []float64{v.Numbers.Min}
		if v.Numbers.Max != v.Numbers.Min {
			ends = append(ends, v.Numbers.Max)
		}
		for _, end := range ends {
			if !v.madeUp(c, end) {
				continue
			}
			count := 0
			for _, x := range c.Numbers().All() {
				if x == end {
					count++
				}
			}
			if count >= 2 && (end != -1 || count == v.Numbers.Negative) {
				items = append(items, Item{Column: v.Name, Text: fmt.Sprintf("%s stands in %s rows, far from the rest", value(c.Kind, end), whole(count)), weight: float64(count)})
			}
		}
	})
	return one("sentinel", Medium, "Perhaps missing, written as a number", "If it means unknown, name it as a spelling of missing values: as a number it bends every mean.", items)
}

// madeUp tells whether the least or greatest value of the column looks invented.
func (v *Variable) madeUp(c *frame.Column, end float64) bool {
	q := v.Numbers.Quantiles
	far := 3 * (q.P75 - q.P25)
	apart := far <= 0 || end > q.P75+far || end < q.P25-far
	switch {
	case c.Kind == frame.Time:
		return apart && slices.Contains(programDays, end)
	case end == -1:
		return v.Numbers.Negative > 0
	case end == 0:
		return v.farFromZero(c)
	}
	return apart && (isNines(end) || slices.Contains(programNumbers, end))
}

// farFromZero tells whether the other values lie so far from zero that a zero
// cannot be one of them: twice as far as they lie from each other.
func (v *Variable) farFromZero(c *frame.Column) bool {
	if v.Numbers.Zeros*4 > c.Len()-v.Missing {
		return false
	}
	least := math.Inf(1)
	for _, x := range c.Numbers().All() {
		if x > 0 {
			least = min(least, x)
		}
	}
	return v.Numbers.Negative == 0 && least > 2*(v.Numbers.Quantiles.P99-least)
}

var (
	// programNumbers are the ends of 16 and 32 bits, and their negatives.
	programNumbers = []float64{32767, -32768, 65535, 2147483647, -2147483648, 4294967295}
	// programDays are the days that programs begin or end to count at: 1899-12-30,
	// 1900-01-01, 1970-01-01, 2099-12-31, 2999-12-31 and 9999-12-31.
	programDays = []float64{-2209161600, -2208988800, 0, 4102358400, 32503593600, 253402214400}
)

func isNines(v float64) bool {
	v = math.Abs(v)
	return v == 99 || v == 999 || v == 9999 || v == 99999 || v == 999999 || v == 9999999 || v == 99999999 || v == 999999999
}

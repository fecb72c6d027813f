package drift

import (
	"math"
	"slices"

	"dasier/ml/frame"
)

// Number is how a column of numbers, bools or times differs: its quantiles, and
// the shift of the median in units of the interquartile range.
type Number struct {
	Before Quantiles `json:"before"`
	After  Quantiles `json:"after"`
	Shift  float64   `json:"shift"`  // of the median, over the interquartile range before; 0 where there is none
	Spread float64   `json:"spread"` // the interquartile range after over the one before; 0 where there is none
	// Outside is the share of values after that lie outside of all values before.
	Outside float64 `json:"outside"`
}

// Quantiles describe a distribution.
type Quantiles struct {
	Min    float64 `json:"min"`
	Low    float64 `json:"q25"`
	Median float64 `json:"median"`
	High   float64 `json:"q75"`
	Max    float64 `json:"max"`
	Mean   float64 `json:"mean"`
}

// tenths is how many ranges a number is cut into: enough to see a change of
// shape, few enough for a hundred rows.
const tenths = 10

// ranges cuts at the tenths of both versions together: cuts of one would have
// ranges that are empty in the other. Equal values are never cut apart.
func ranges(a, b *frame.Column) []group {
	both := append(thin(a.Numbers().Present()), thin(b.Numbers().Present())...)
	slices.Sort(both)
	var cuts []float64
	for t := 1; t < tenths && len(both) > 0; t++ {
		cut := both[t*len(both)/tenths]
		if cut > both[0] && (len(cuts) == 0 || cut > cuts[len(cuts)-1]) {
			cuts = append(cuts, cut)
		}
	}
	groups := make([]group, len(cuts)+2)
	place := func(v float64) int {
		if math.IsNaN(v) {
			return len(groups) - 1
		}
		at, found := slices.BinarySearch(cuts, v)
		if found { // a cut begins its range
			at++
		}
		return at
	}
	for _, v := range a.Numbers().All() {
		groups[place(v)].before++
	}
	for _, v := range b.Numbers().All() {
		groups[place(v)].after++
	}
	for i := range groups[:len(groups)-1] {
		groups[i].label = labelOf(a.Kind, cuts, i)
	}
	groups[len(groups)-1].label = missingLabel
	return groups
}

func labelOf(kind frame.Kind, cuts []float64, i int) string {
	switch {
	case len(cuts) == 0:
		return "all values"
	case kind == frame.Bool:
		return text(kind, float64(i))
	case i == 0:
		return "below " + text(kind, cuts[0])
	case i == len(cuts):
		return "from " + text(kind, cuts[i-1])
	}
	return text(kind, cuts[i-1]) + " to " + text(kind, cuts[i])
}

// orderedRows bounds what is sorted. Of more values every so many-th is taken: a
// hundred thousand place quantiles within a third of a percent of the rows.
const orderedRows = 100_000

func thin(values []float64) []float64 {
	step := (len(values) + orderedRows - 1) / orderedRows
	if step <= 1 {
		return values
	}
	thinned := make([]float64, 0, orderedRows)
	for i := 0; i < len(values); i += step {
		thinned = append(thinned, values[i])
	}
	return thinned
}

// numbers describes both versions; nil when one has no values.
func numbers(a, b *frame.Column) *Number {
	before, after := a.Numbers().Present(), b.Numbers().Present()
	if len(before) == 0 || len(after) == 0 {
		return nil
	}
	n := &Number{Before: quantiles(before), After: quantiles(after)}
	if width := n.Before.High - n.Before.Low; width > 0 {
		n.Shift = (n.After.Median - n.Before.Median) / width
		n.Spread = (n.After.High - n.After.Low) / width
	}
	outside := 0
	for _, v := range after {
		if v < n.Before.Min || v > n.Before.Max {
			outside++
		}
	}
	n.Outside = float64(outside) / float64(len(after))
	return n
}

func quantiles(values []float64) Quantiles {
	q := Quantiles{Min: values[0], Max: values[0]}
	for _, v := range values {
		q.Min, q.Max = min(q.Min, v), max(q.Max, v)
		q.Mean += v / float64(len(values))
	}
	ordered := slices.Clone(thin(values))
	slices.Sort(ordered)
	at := func(share float64) float64 { return ordered[int(share*float64(len(ordered)-1))] }
	q.Low, q.Median, q.High = at(0.25), at(0.5), at(0.75)
	return q
}

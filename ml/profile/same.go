package profile

import (
	"fmt"
	"math"

	"dasier/ml/frame"
)

// sameColumns finds columns that are each other's copy: the same cells, the same
// levels by other names, the same numbers on another scale.
func sameColumns(e *evidence) []Warning {
	var items []Item
	parted := make(map[uint64]*frame.Column)
	e.inputs(func(v *Variable, c *frame.Column) {
		if c.Kind != frame.Category || v.Distinct < 2 {
			return
		}
		key := partition(c)
		if first, seen := parted[key]; seen {
			items = append(items, Item{Column: c.Name, weight: 1, Text: sameLevels(first, c)})
			return
		}
		parted[key] = c
	})
	for _, p := range e.profile.Pairs {
		if math.Abs(p.Pearson) < .9999 {
			continue
		}
		a, _ := e.frame.Column(p.A)
		b, _ := e.frame.Column(p.B)
		if text := sameNumbers(a, b); text != "" {
			items = append(items, Item{Column: p.B, weight: 1, Text: text})
		}
	}
	e.copies = make(map[string]bool)
	for _, item := range items {
		e.copies[item.Column] = true
	}
	return one("same", Medium, "Copies of another column", "Keep one of the two: the other adds nothing, and splits importance and coefficients at random.", items)
}

// partition hashes which rows have equal levels, whatever these are called.
func partition(c *frame.Column) uint64 {
	names := make([]uint64, len(c.Levels))
	next, hash := uint64(0), uint64(0)
	for _, code := range c.Codes {
		name := uint64(0) // missing
		if code >= 0 {
			if names[code] == 0 {
				next++
				names[code] = next
			}
			name = names[code]
		}
		hash = mix(hash ^ name)
	}
	return hash
}

func sameLevels(a, b *frame.Column) string {
	for i := range a.Codes {
		x, ok := a.Level(i)
		if y, _ := b.Level(i); ok && x != y {
			return fmt.Sprintf("the levels of %s by other names, such as %q for %q", clip(a.Name), clip(y), clip(x))
		}
	}
	return "the same cells as " + clip(a.Name)
}

// sameNumbers tells b from a when each is the other on a scale of its own, to
// nine digits; "" when it is not.
func sameNumbers(a, b *frame.Column) string {
	low, high := -1, -1
	for i, v := range a.Numbers().All() {
		if math.IsNaN(v) != math.IsNaN(b.Value(i)) || math.IsInf(v, 0) || math.IsInf(b.Value(i), 0) {
			return ""
		}
		if math.IsNaN(v) {
			continue
		}
		if low < 0 || v < a.Value(low) {
			low = i
		}
		if high < 0 || v > a.Value(high) {
			high = i
		}
	}
	if low < 0 || a.Value(low) == a.Value(high) {
		return ""
	}
	factor := (b.Value(high) - b.Value(low)) / (a.Value(high) - a.Value(low))
	offset := b.Value(low) - factor*a.Value(low)
	tolerance := 1e-9 * (math.Abs(b.Value(high)) + math.Abs(b.Value(low)))
	same := true
	for i, v := range a.Numbers().All() {
		same = same && (v == b.Value(i) || math.IsNaN(v))
		if math.Abs(factor*v+offset-b.Value(i)) > tolerance { // false for NaN
			return ""
		}
	}
	if same {
		return "the same cells as " + clip(a.Name)
	}
	text := fmt.Sprintf("%s × %s", number(roundTo(factor, 6)), clip(a.Name))
	if math.Abs(offset) > tolerance {
		text += fmt.Sprintf(" %s %s", sign(offset), number(roundTo(math.Abs(offset), 6)))
	}
	return text
}

func sign(v float64) string {
	if v < 0 {
		return "−"
	}
	return "+"
}

// redundancies are pairs that say nearly the same; copies are named already.
func redundancies(e *evidence) []Warning {
	var items []Item
	for _, p := range e.profile.Pairs {
		if math.Abs(p.Value) >= .98 && !e.copies[p.A] && !e.copies[p.B] {
			items = append(items, Item{Column: p.A, Text: fmt.Sprintf("and %s: %s %.3f", p.B, p.Measure, p.Value), weight: math.Abs(p.Value)})
		}
	}
	return one("redundant", Low, "Columns that say the same", "One of the two will do: importance and coefficients are shared between them at random.", items)
}

// sortedByTarget tells when the rows are in the order of the target: how much of
// it the place of a row predicts.
func sortedByTarget(e *evidence) []Warning {
	_, target := e.target()
	if target == nil || e.frame.Rows() < 100 || e.cfg.Time != "" {
		return nil
	}
	drawn := sampleRows(e.frame.Rows(), absenceRows)
	blocks := min(powerBins, len(drawn)/powerBinRows)
	groups := make([]int32, len(drawn))
	for i := range groups {
		groups[i] = int32(i * blocks / len(drawn)) //nolint:gosec // at most powerBins
	}
	sample := e.frame.Take(drawn)
	column, _ := sample.Column(target.Name)
	power := newTruth(column).power(groups, blocks)
	if power < .3 {
		return nil
	}
	return one("order", Low, "The rows are in an order", "Shuffle before taking the first rows for anything, or, if they are in the order of time, split by time.",
		[]Item{{Column: target.Name, Text: fmt.Sprintf("the place of a row in the table predicts %s of the variation of %s", percent(power), clip(target.Name))}})
}

package profile

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"

	"dasier/ml/frame"
)

// absence is in which rows a column has no value, a bit a row.
type absence struct {
	name  string
	bits  []uint64
	count int
}

func absenceOf(c *frame.Column) absence {
	a := absence{name: c.Name, bits: make([]uint64, (c.Len()+63)/64)}
	for i := range c.Len() {
		if c.Missing(i) {
			a.bits[i/64] |= 1 << (i % 64)
			a.count++
		}
	}
	return a
}

// maxAbsent is how many columns are compared by where they are missing.
const maxAbsent = 100

// missingTogether finds columns that are missing in the same rows, all of them
// or nearly: a correlation of 0.8 between being missing here and there.
func missingTogether(e *evidence) []Warning {
	var all []absence
	e.inputs(func(v *Variable, c *frame.Column) {
		if v.Missing >= 5 && v.Distinct > 0 && len(all) < maxAbsent {
			all = append(all, absenceOf(c))
		}
	})
	var items []Item
	var first []absence // of those missing in exactly the same rows, one
	for len(all) > 0 {
		a, names := all[0], []string{all[0].name}
		rest := all[:0:0]
		for _, b := range all[1:] {
			if b.count == a.count && slices.Equal(a.bits, b.bits) {
				names = append(names, b.name)
			} else {
				rest = append(rest, b)
			}
		}
		if len(names) > 1 {
			items = append(items, Item{Text: fmt.Sprintf("%s: the same %s", listed(names), rows(a.count)), weight: float64(a.count)})
		}
		all, first = rest, append(first, a)
	}
	for i, a := range first {
		for _, b := range first[i+1:] {
			both, r := together(&a, &b, e.frame.Rows())
			if min(a.count, b.count) >= 20 && r >= .8 {
				items = append(items, Item{Text: fmt.Sprintf("%s, %s: both in %s, one alone in %s", clip(a.name), clip(b.name), rows(both), whole(a.count+b.count-2*both)), weight: float64(both)})
			}
		}
	}
	return one("missing_together", Low, "Missing together", "These columns are missing in the same rows, or nearly: one fact lies behind them.", items)
}

// together is the number of rows where both are missing, and the correlation.
func together(a, b *absence, rows int) (both int, r float64) {
	for i, word := range a.bits {
		both += bits.OnesCount64(word & b.bits[i])
	}
	n, x, y := float64(rows), float64(a.count), float64(b.count)
	r = (n*float64(both) - x*y) / math.Sqrt(x*(n-x)*y*(n-y))
	return both, r // NaN where one is missing everywhere: no correlation
}

func listed(names []string) string {
	shown := make([]string, 0, maxLevels)
	for _, name := range names[:min(len(names), maxLevels)] {
		shown = append(shown, clip(name))
	}
	text := strings.Join(shown, ", ")
	if more := len(names) - len(shown); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

const (
	absenceRows = 5000 // a sample is enough for a share of a third
	// absencePower is the share of a column's being missing that another column
	// must predict, on rows it was not fitted on, to be named.
	absencePower = .3
)

// missingWithOthers finds columns whose being missing hangs on what stands in
// another one: "no garage" is behind every missing year of a garage. The target
// is missingWithTarget's.
func missingWithOthers(e *evidence) []Warning {
	sample := e.frame.Take(sampleRows(e.frame.Rows(), absenceRows))
	var causes, effects []*frame.Column
	e.inputs(func(v *Variable, c *frame.Column) {
		column, _ := sample.Column(c.Name)
		if v.Distinct >= 2 && len(causes) < maxPaired && !v.names(e.frame.Rows()) {
			causes = append(causes, column)
		}
		if v.Missing >= 20 && v.Distinct > 0 && len(effects) < maxAbsent {
			effects = append(effects, column)
		}
	})
	if len(effects) == 0 || sample.Rows() < 100 {
		return nil
	}
	groups, sizes := make([][]int32, len(causes)), make([]int, len(causes))
	each(len(causes), func(i int, s *sorter) { groups[i], sizes[i] = group(causes[i], s) })
	found := make([]Item, len(effects))
	each(len(effects), func(k int, _ *sorter) {
		missing := effects[k]
		best, strongest := -1, absencePower
		for i, cause := range causes {
			if cause != missing {
				if power := absencePowerOf(missing, cause, groups[i], sizes[i]); power >= strongest {
					best, strongest = i, power
				}
			}
		}
		if best >= 0 {
			found[k] = Item{Column: missing.Name, weight: strongest, Text: whereMissing(missing, causes[best])}
		}
	})
	found = slices.DeleteFunc(found, func(i Item) bool { return i.Text == "" })
	return one("missing_depends", Medium, "Missing for a reason", "That a value is missing hangs on another column: it may mean \"does not apply\" rather than unknown. Give it a level or an indicator of its own instead of a guess.", found)
}

// absencePowerOf is the share of one column's being missing that the other
// predicts, where that has a value.
func absencePowerOf(missing, cause *frame.Column, groups []int32, n int) float64 {
	t := newTruth(&frame.Column{Kind: frame.Number, Values: make([]float64, missing.Len())})
	count, of := 0, 0
	for i := range t.values {
		switch {
		case cause.Missing(i):
			t.values[i] = math.NaN()
			continue
		case missing.Missing(i):
			t.values[i] = 1
			count++
		}
		of++
	}
	if count < 20 || of-count < 20 {
		return 0
	}
	return t.power(groups, n)
}

// whereMissing says for which values of the cause a column is missing; "" when
// that has no short answer.
func whereMissing(missing, cause *frame.Column) string {
	if cause.Kind == frame.Category || cause.Kind == frame.Bool {
		return missingLevels(missing, cause)
	}
	return missingBeyond(missing, cause)
}

// missingLevels names the levels of which most rows are missing.
func missingLevels(missing, cause *frame.Column) string {
	codes, levels := targetClasses(cause)
	count, of := make([]int, len(levels)), make([]int, len(levels))
	for i, code := range codes {
		if code >= 0 {
			of[code]++
			if missing.Missing(i) {
				count[code]++
			}
		}
	}
	var names []string
	var in, inOf, out, outOf int
	for code, n := range of {
		if n > 0 && 2*count[code] >= n {
			names = append(names, fmt.Sprintf("%q", clip(levels[code])))
			in, inOf = in+count[code], inOf+n
		} else {
			out, outOf = out+count[code], outOf+n
		}
	}
	if inOf == 0 || outOf == 0 {
		return ""
	}
	if more := len(names) - 3; more > 0 {
		names = append(names[:3], fmt.Sprintf("%d more", more))
	}
	return fmt.Sprintf("in %s of the rows where %s is %s, %s elsewhere", percent(float64(in)/float64(inOf)), clip(cause.Name), strings.Join(names, ", "), percent(float64(out)/float64(outOf)))
}

// missingBeyond finds the threshold that parts missing from present best, by the
// difference of their cumulative shares.
func missingBeyond(missing, cause *frame.Column) string {
	values := cause.Numbers().Floats()
	order := (&sorter{}).order(values)
	total := 0
	for _, row := range order {
		if missing.Missing(int(row)) {
			total++
		}
	}
	rest := len(order) - total
	best, at, below := 0.0, 0, 0
	seen := 0
	for k, row := range order {
		if missing.Missing(int(row)) {
			seen++
		}
		if k+1 == len(order) || values[order[k+1]] == values[row] {
			continue
		}
		if d := math.Abs(float64(seen)/float64(total) - float64(k+1-seen)/float64(rest)); d > best {
			best, at, below = d, k+1, seen
		}
	}
	if at == 0 {
		return ""
	}
	low, high := float64(below)/float64(at), float64(total-below)/float64(len(order)-at)
	edge := value(cause.Kind, values[order[at]])
	if low > high {
		return fmt.Sprintf("in %s of the rows where %s is less than %s, %s elsewhere", percent(low), clip(cause.Name), edge, percent(high))
	}
	return fmt.Sprintf("in %s of the rows where %s is %s or more, %s elsewhere", percent(high), clip(cause.Name), edge, percent(low))
}

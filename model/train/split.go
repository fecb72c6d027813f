package train

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/search"
)

// parts are the rows of the three purposes, each ascending.
type parts struct {
	train, calibration, holdout []int
}

// divide gives every row one purpose. Along time the order is training,
// calibration, held-out; otherwise chance decides, group by group when there
// are groups.
func (t *table) divide(r *Recipe) (parts, error) {
	units, err := t.units(r)
	if err != nil {
		return parts{}, err
	}
	rows := t.all.Rows()
	var p parts
	p.holdout, units = takeUnits(units, int(math.Round(r.Split.Holdout*float64(rows))))
	if r.Interval.calibrates(t.target.Classes != nil) {
		p.calibration, units = takeUnits(units, int(math.Round(r.Split.Calibration*float64(rows))))
	}
	p.train, _ = takeUnits(units, rows)
	if len(p.holdout) < 2 || len(p.train) < 2 {
		return parts{}, r.wrong(fault.Invalid, "data.path", "%s are too few: the split leaves %s to train on and %s to measure with; add data",
			plural(rows, "row"), plural(len(p.train), "row"), plural(len(p.holdout), "row"))
	}
	return p, nil
}

// units are the sets of rows that stay together, the first to be held out first.
func (t *table) units(r *Recipe) ([][]int, error) {
	if r.Data.Time != "" {
		return t.byTime(r)
	}
	var units [][]int
	if r.Data.Group != "" {
		units = byCode(groupCodes(t.all, r.Data.Group))
	} else {
		for row := range t.all.Rows() {
			units = append(units, []int{row})
		}
	}
	random := rand.New(rand.NewPCG(r.Split.Seed, 0x73706c6974)) //nolint:gosec // a reproducible split is the point
	random.Shuffle(len(units), func(i, j int) { units[i], units[j] = units[j], units[i] })
	if t.target.Classes != nil && r.Data.Group == "" {
		t.interleave(units)
	}
	return units, nil
}

// interleave orders rows such that every class has its share of each piece of the
// list, and so of the held-out, calibration and training rows: row i of the n of a
// class comes at (i+½)/n of the way.
func (t *table) interleave(units [][]int) {
	seen, counts := make([]float64, len(t.target.Classes)), make([]float64, len(t.target.Classes))
	for _, unit := range units {
		counts[int(t.target.Y[unit[0]])]++
	}
	place := make(map[int]float64, len(units))
	for _, unit := range units {
		class := int(t.target.Y[unit[0]])
		place[unit[0]] = (seen[class] + 0.5) / counts[class]
		seen[class]++
	}
	slices.SortStableFunc(units, func(a, b []int) int { return cmp.Compare(place[a[0]], place[b[0]]) })
}

// byTime are the rows of each moment, the latest first.
func (t *table) byTime(r *Recipe) ([][]int, error) {
	c, _ := t.all.Column(r.Data.Time)
	if c.Kind == frame.Category {
		return nil, r.wrong(fault.Invalid, "data.time", "the time %q is text that cannot be read as dates: write it as 2006-01-31 or as a number", c.Name)
	}
	order := make([]int, c.Len())
	for row := range order {
		order[row] = row
		if c.Missing(row) {
			return nil, r.wrong(fault.Invalid, "data.time", "row %d has no %q: fill it in or take the row out of the file", t.rows[row]+1, c.Name)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(c.Value(b), c.Value(a)) })
	var units [][]int
	for i, row := range order {
		if i > 0 && c.Value(row) == c.Value(order[i-1]) {
			units[len(units)-1] = append(units[len(units)-1], row)
			continue
		}
		units = append(units, []int{row})
	}
	return units, nil
}

// groupCodes numbers the groups of a column; -1 stands alone.
func groupCodes(f *frame.Frame, name string) []int32 {
	c, _ := f.Column(name)
	if c.Kind == frame.Category {
		return c.Codes
	}
	codes := make([]int32, c.Len())
	known := map[float64]int32{}
	for i, v := range c.Numbers().All() {
		if c.Missing(i) {
			codes[i] = -1
			continue
		}
		if _, ok := known[v]; !ok {
			known[v] = int32(len(known)) //nolint:gosec // fewer groups than rows, and rows are bounded
		}
		codes[i] = known[v]
	}
	return codes
}

func byCode(codes []int32) [][]int {
	var units [][]int
	at := map[int32]int{}
	for row, code := range codes {
		place, known := at[code]
		if code < 0 || !known {
			place = len(units)
			units = append(units, nil)
			if code >= 0 {
				at[code] = place
			}
		}
		units[place] = append(units[place], row)
	}
	return units
}

// takeUnits takes whole units until there are at least want rows.
func takeUnits(units [][]int, want int) (rows []int, rest [][]int) {
	taken := 0
	for taken < len(units) && len(rows) < want {
		rows = append(rows, units[taken]...)
		taken++
	}
	slices.Sort(rows)
	return rows, units[taken:]
}

// folds divides the training rows for the search. The rows of a fold count
// within rows, not within the table.
func (t *table) folds(r *Recipe, rows []int) ([]search.Fold, error) {
	f := t.all.Take(rows)
	target := t.target.Take(rows)
	divide := func(seed uint64) ([]search.Fold, error) {
		switch {
		case r.Data.Time != "":
			c, _ := f.Column(r.Data.Time)
			return search.Ordered(c.Numbers().Floats(), r.Search.Folds)
		case r.Data.Group != "" && target.Classes != nil:
			return search.StratifiedGrouped(target, groupCodes(f, r.Data.Group), r.Search.Folds, seed)
		case r.Data.Group != "":
			return search.Grouped(groupCodes(f, r.Data.Group), r.Search.Folds, seed)
		case target.Classes != nil:
			return search.Stratified(target, r.Search.Folds, seed)
		}
		return search.Shuffled(f.Rows(), r.Search.Folds, seed)
	}
	if r.Search.Repeats > 1 && r.Data.Time != "" {
		return nil, r.wrong(fault.Invalid, "search.repeats", "folds along time are the same every time: take search.repeats away")
	}
	var folds []search.Fold
	var err error
	if r.Search.Repeats > 1 {
		folds, err = search.Repeated(r.Search.Repeats, r.Search.Seed, divide)
	} else {
		folds, err = divide(r.Search.Seed)
	}
	if err != nil {
		return nil, r.wrong(fault.Invalid, "search.folds", "the %s for training do not allow %d folds: %s", plural(len(rows), "row"), r.Search.Folds, fault.Message(err))
	}
	return folds, nil
}

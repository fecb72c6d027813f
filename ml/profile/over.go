package profile

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"dasier/ml/drift"
	"dasier/ml/frame"
)

// Drift compares the early third of the rows with the late one, by the column
// that orders them. An effect is drift's: the share of rows that would have to
// change for both to be alike, without what chance adds.
type Drift struct {
	Column string     `json:"column"`
	Kind   frame.Kind `json:"kind"`
	From   float64    `json:"from"`
	Early  float64    `json:"early"` // early rows are up to here
	Late   float64    `json:"late"`  // late rows are from here
	To     float64    `json:"to"`
	Rows   [2]int     `json:"rows"`           // compared: early, late
	Shifts []Shift    `json:"shifts"`         // by column, what drifts most first
	More   int        `json:"more,omitempty"` // columns not listed
	Stable int        `json:"stable"`         // columns of which all of the interval is negligible
	Runs   []string   `json:"runs,omitempty"` // columns that run with time themselves, which are not compared
}

// Shift is how one column drifts.
type Shift struct {
	Column  string        `json:"column"`
	Verdict drift.Verdict `json:"verdict"`
	Effect  float64       `json:"effect"`
	Low     float64       `json:"low"`
	High    float64       `json:"high"`
	Words   []string      `json:"words,omitempty"`
	// Points are means over stretches of time of equal numbers of rows, of a
	// number without its outer 1 % on each side; of a category the shares of the
	// Level that moved most. Null: too few rows.
	Points []*float64 `json:"points"`
	Level  string     `json:"level,omitempty"`
}

const (
	maxShifts = 30
	stretches = 12
	// least is how many rows the early and the late third need each.
	least = 100
	// running is the rank correlation with time from which a column is taken for
	// another clock: a serial number, the year of a date.
	running = .95
)

// newDrift compares rows of a sample of so many; nil without a column of time, or
// with too few.
func newDrift(f *frame.Frame, variables []Variable, rows int, name string) *Drift {
	clock, ok := f.Column(name)
	if !ok || clock.Kind == frame.Category {
		return nil
	}
	s := &sorter{}
	times := clock.Numbers().Floats()
	order := slices.Clone(s.order(times))
	order = slices.DeleteFunc(order, func(row int32) bool { return math.IsInf(times[row], 0) })
	if len(order) < 3*least {
		return nil
	}
	at := func(i int) float64 { return times[order[i]] }
	d := &Drift{
		Column: name, Kind: clock.Kind, Shifts: []Shift{},
		From: at(0), Early: at(len(order) / 3), Late: at(2 * len(order) / 3), To: at(len(order) - 1),
	}
	var early, late []int
	for _, row := range order {
		switch v := times[row]; {
		case d.Early == d.Late: // one moment holds a third of the rows: neither
		case v <= d.Early:
			early = append(early, int(row))
		case v >= d.Late:
			late = append(late, int(row))
		}
	}
	if len(early) < least || len(late) < least {
		return nil
	}
	d.Rows = [2]int{len(early), len(late)}
	compared := d.compared(f, variables, rows, clock, s)
	before, after := compared.Take(early), compared.Take(late)
	r, err := drift.Compare(before, after, drift.Config{})
	if err != nil {
		return nil // it refuses settings and empty tables only, and there are none here
	}
	for _, c := range r.Columns {
		if c.Verdict == drift.Stable {
			d.Stable++
		}
		if len(d.Shifts) == maxShifts {
			d.More++
			continue
		}
		shift := Shift{Column: clip(c.Name), Verdict: c.Verdict, Effect: roundTo(c.Effect.Value, 3), Low: roundTo(c.Effect.Low, 3), High: roundTo(c.Effect.High, 3)}
		if c.Verdict == drift.Moderate || c.Verdict == drift.Strong {
			shift.Words = c.Words
		}
		column, _ := compared.Column(c.Name)
		shift.follow(column, c.Bins, times, order, s)
		d.Shifts = append(d.Shifts, shift)
	}
	return d
}

// compared is the table without what names rows or runs with time.
func (d *Drift) compared(f *frame.Frame, variables []Variable, rows int, clock *frame.Column, s *sorter) *frame.Frame {
	ranks := frame.Doubles(s.ranks(clock.Numbers().Floats()))
	var columns []*frame.Column
	for i, c := range f.Columns() {
		v := &variables[i]
		switch {
		case c.Name == clock.Name || v.Distinct < 1 || v.Numbers != nil && v.Numbers.Infinite > 0:
			continue
		case v.names(rows):
			continue
		case c.Kind == frame.Number || c.Kind == frame.Time:
			if r, _, ok := pearson(frame.Doubles(s.ranks(c.Numbers().Floats())), ranks); ok && math.Abs(r) >= running {
				d.Runs = append(d.Runs, clip(c.Name))
				continue
			}
		}
		columns = append(columns, c)
	}
	kept, err := frame.New(columns...)
	if err != nil {
		return f // columns of one frame are of one length, and their names differ
	}
	return kept
}

// follow says how the column went over time.
func (h *Shift) follow(c *frame.Column, bins []drift.Bin, clock []float64, order []int32, s *sorter) {
	value := func(row int32) float64 { return c.Value(int(row)) }
	switch c.Kind {
	case frame.Category:
		h.Level = moved(c, bins)
		value = func(row int32) float64 {
			level, ok := c.Level(int(row))
			switch {
			case !ok:
				return math.NaN()
			case level == h.Level:
				return 1
			}
			return 0
		}
	case frame.Number, frame.Time:
		low, high := s.middle98(c.Numbers().Floats())
		value = func(row int32) float64 { return max(low, min(high, c.Value(int(row)))) } // NaN stays
	}
	for _, stretch := range cut(clock, order) {
		sum, n := 0.0, 0
		for _, row := range stretch {
			if v := value(row); !math.IsNaN(v) {
				sum += v / float64(len(stretch))
				n++
			}
		}
		if n < enough {
			h.Points = append(h.Points, nil)
			continue
		}
		mean := roundTo(sum/float64(n)*float64(len(stretch)), 4)
		h.Points = append(h.Points, &mean)
	}
	h.Level = clip(h.Level)
}

// moved is the level whose share changed most.
func moved(c *frame.Column, bins []drift.Bin) string {
	level, most := "", -1.0
	for _, b := range bins {
		if d := math.Abs(b.After - b.Before); d > most && slices.Contains(c.Levels, b.Label) {
			level, most = b.Label, d
		}
	}
	return level
}

// middle98 is where the values lie but for the outer 1 % on each side.
func (s *sorter) middle98(values []float64) (low, high float64) {
	order := s.order(values)
	if len(order) == 0 {
		return 0, 0
	}
	return values[order[len(order)/100]], values[order[len(order)-1-len(order)/100]]
}

// cut divides rows in the order of time into stretches of about equal numbers;
// rows of one moment stay together.
func cut(clock []float64, order []int32) [][]int32 {
	var all [][]int32
	start := 0
	for k := 1; k <= stretches; k++ {
		end := k * len(order) / stretches
		for end < len(order) && end > 0 && clock[order[end]] == clock[order[end-1]] {
			end++
		}
		if end > start {
			all = append(all, order[start:end])
			start = end
		}
	}
	return all
}

// names tells whether the column names its row, among so many rows.
func (v *Variable) names(rows int) bool {
	return v.Kind == frame.Category && v.Distinct > 50 && float64(v.Distinct) >= .9*float64(rows-v.Missing)
}

// drifts turns what drifts into warnings.
func drifts(e *evidence) []Warning {
	d := e.profile.Drift
	if d == nil {
		return nil
	}
	var much, some []Item
	for _, s := range d.Shifts {
		if s.Verdict != drift.Strong && s.Verdict != drift.Moderate {
			continue
		}
		item := Item{Column: s.Column, weight: s.Low, Text: fmt.Sprintf("%s of the late rows would have to change to be as the early ones (%s to %s)", percent(s.Effect), percent(s.Low), percent(s.High))}
		if len(s.Words) > 0 {
			item.Text += "; " + strings.Join(s.Words[:min(2, len(s.Words))], "; ")
		}
		if s.Verdict == drift.Strong {
			much = append(much, item)
		} else {
			some = append(some, item)
		}
	}
	byWeight := func(a, b Item) int { return cmp.Compare(b.weight, a.weight) }
	slices.SortStableFunc(much, byWeight)
	slices.SortStableFunc(some, byWeight)
	advice := fmt.Sprintf("The early third of the rows (%s up to %s) is not like the late third (from %s). A random split tests a model on times that it has seen: split by time, and expect it to age.",
		d.Column, value(d.Kind, d.Early), value(d.Kind, d.Late))
	return []Warning{
		{Kind: "drift", Severity: Medium, Title: "Drifts much with time", Advice: advice, Items: much},
		{Kind: "drift", Severity: Low, Title: "Drifts with time", Advice: advice, Items: some},
	}
}

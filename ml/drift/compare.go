package drift

import (
	"cmp"
	"math"
	"slices"

	"dasier/fault"
	"dasier/ml/frame"
)

// Config says how to compare. The zero Config is sensible.
type Config struct {
	// ID is a column that names rows, in both versions. Default: none; rows are not
	// matched.
	ID string
	// Level of the intervals. Default: 0.95
	Level float64
	// Small is the effect below which a change is negligible, Large the one from
	// which it is large. Default: 0.05 and 0.2
	Small, Large float64
	// Importance weighs columns, such as a model's: changes are listed by effect
	// times weight. Default: all the same.
	Importance map[string]float64
	// Seed of the intervals' draws.
	Seed uint64
}

func (c Config) defaults() Config {
	if c.Level == 0 {
		c.Level = 0.95
	}
	if c.Small == 0 {
		c.Small = 0.05
	}
	if c.Large == 0 {
		c.Large = 0.2
	}
	return c
}

// Verdict is what the interval of an effect says.
type Verdict string

// The verdicts.
const (
	Stable   Verdict = "stable"          // all of the interval is negligible
	Unclear  Verdict = "not enough rows" // it is on both sides
	Moderate Verdict = "changed"         // none of it is negligible
	Strong   Verdict = "changed much"    // all of it is large
)

// Report is how two versions of a table differ.
type Report struct {
	Before  Size     `json:"before"`
	After   Size     `json:"after"`
	Added   []string `json:"added"`   // columns
	Removed []string `json:"removed"` // columns
	// Columns are those of both versions, what changed most first.
	Columns []Column `json:"columns"`
	Matched *Matched `json:"matched,omitempty"` // with Config.ID
	Level   float64  `json:"level"`
	Small   float64  `json:"small"`
	Large   float64  `json:"large"`
}

// Size is rows and columns.
type Size struct {
	Rows    int `json:"rows"`
	Columns int `json:"columns"`
}

// Column is how one column differs.
type Column struct {
	Name string `json:"name"`
	// Kind is that of both; when they differ, KindAfter is the other one and nothing
	// else is compared.
	Kind      frame.Kind  `json:"kind"`
	KindAfter *frame.Kind `json:"kind_after,omitempty"`
	Verdict   Verdict     `json:"verdict"`
	// Effect is the share of rows that would have to change, from 0 to 1.
	Effect Effect `json:"effect"`
	// Missing is the share of missing values.
	MissingBefore float64  `json:"missing_before"`
	MissingAfter  float64  `json:"missing_after"`
	Number        *Number  `json:"number,omitempty"` // of a number, bool or time
	Levels        *Levels  `json:"levels,omitempty"` // of a category
	Bins          []Bin    `json:"bins,omitempty"`   // what the effect is measured on
	Words         []string `json:"words"`            // what changed, in sentences
	Importance    float64  `json:"importance,omitempty"`
}

// Effect is a share with its interval.
type Effect struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// Bin is a level, or a range of numbers, with its share in each version.
type Bin struct {
	Label  string  `json:"label"`
	Before float64 `json:"before"`
	After  float64 `json:"after"`
}

// Compare tells how after differs from before.
func Compare(before, after *frame.Frame, cfg Config) (*Report, error) {
	cfg = cfg.defaults()
	if !(cfg.Level > 0 && cfg.Level < 1) || !(cfg.Small > 0 && cfg.Small < cfg.Large && cfg.Large < 1) {
		return nil, fault.Errorf(fault.Invalid, "level %g, small %g, large %g: expected a level between 0 and 1 and 0 < small < large < 1", cfg.Level, cfg.Small, cfg.Large)
	}
	if before.Rows() == 0 || after.Rows() == 0 {
		return nil, fault.Errorf(fault.Invalid, "one version has %d rows and the other %d: both need rows to be compared", before.Rows(), after.Rows())
	}
	r := &Report{
		Before: Size{before.Rows(), len(before.Columns())}, After: Size{after.Rows(), len(after.Columns())},
		Added: []string{}, Removed: []string{}, Level: cfg.Level, Small: cfg.Small, Large: cfg.Large,
	}
	for _, c := range after.Columns() {
		if _, both := before.Column(c.Name); !both {
			r.Added = append(r.Added, c.Name)
		}
	}
	for place, a := range before.Columns() {
		b, both := after.Column(a.Name)
		if !both {
			r.Removed = append(r.Removed, a.Name)
			continue
		}
		if a.Name != cfg.ID {
			r.Columns = append(r.Columns, compareColumn(a, b, cfg, uint64(place))) //nolint:gosec // counts from 0
		}
	}
	slices.SortStableFunc(r.Columns, func(a, b Column) int { return cmp.Compare(weightOf(b), weightOf(a)) })
	if cfg.ID == "" {
		return r, nil
	}
	var err error
	r.Matched, err = match(before, after, cfg.ID)
	return r, err
}

// weightOf orders columns: another kind first, then by effect times importance;
// of effects the lower bound, so that chance does not lead the list.
func weightOf(c Column) float64 {
	if c.KindAfter != nil {
		return math.Inf(1)
	}
	effect := c.Effect.Low + 1e-6*c.Effect.Value
	if c.Importance > 0 {
		effect *= c.Importance
	}
	return effect
}

// Changed counts the columns that changed, kinds included.
func (r *Report) Changed() int {
	n := 0
	for _, c := range r.Columns {
		if c.Verdict == Moderate || c.Verdict == Strong {
			n++
		}
	}
	return n
}

func compareColumn(a, b *frame.Column, cfg Config, place uint64) Column {
	c := Column{Name: a.Name, Kind: a.Kind, MissingBefore: missingShare(a), MissingAfter: missingShare(b), Importance: cfg.Importance[a.Name], Words: []string{}}
	switch {
	case a.Kind == b.Kind:
	case c.MissingBefore == 1 || c.MissingAfter == 1: // a column without values has no kind of its own
		c.Verdict, c.Effect = Strong, Effect{1, 1, 1}
		c.Words = append(c.Words, "one of the versions has no values")
		return c
	default:
		c.KindAfter, c.Verdict, c.Effect = &b.Kind, Strong, Effect{1, 1, 1}
		c.Words = append(c.Words, "was a "+a.Kind.String()+" and is a "+b.Kind.String())
		return c
	}
	var groups []group
	if a.Kind == frame.Category {
		groups, c.Levels = levels(a, b)
	} else {
		groups = ranges(a, b)
		c.Number = numbers(a, b)
	}
	c.Effect = effectOf(groups, cfg, place)
	c.Verdict = cfg.verdict(c.Effect)
	c.Bins = bins(groups, a.Len(), b.Len())
	c.Words = words(&c)
	return c
}

func (c Config) verdict(e Effect) Verdict {
	switch {
	case e.Low >= c.Large:
		return Strong
	case e.Low >= c.Small:
		return Moderate
	case e.High < c.Small:
		return Stable
	}
	return Unclear
}

func missingShare(c *frame.Column) float64 {
	n := 0
	for i := range c.Len() {
		if c.Missing(i) {
			n++
		}
	}
	return float64(n) / float64(max(c.Len(), 1))
}

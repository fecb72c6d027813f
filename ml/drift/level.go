package drift

import (
	"cmp"
	"slices"

	"dasier/ml/frame"
)

// Levels is how the levels of a category differ.
type Levels struct {
	Before  int     `json:"before"` // levels with rows
	After   int     `json:"after"`
	Came    int     `json:"came"`     // levels that the version before did not have
	Went    int     `json:"went"`     // levels that the version after does not have
	New     []Bin   `json:"new"`      // those that came, the most frequent first, of which
	Gone    []Bin   `json:"gone"`     // and those that went there are the first few
	NewRows float64 `json:"new_rows"` // share of the rows after that have a new level
}

// shownLevels bounds the lists of new and gone levels, shownGroups those that an
// effect is measured on: rarer ones are one group.
const (
	shownLevels = 20
	shownGroups = 50
)

const (
	missingLabel = "missing"
	otherLabel   = "other levels"
)

// levels counts each level in both versions. Beyond the most frequent ones levels
// are one group, which understates changes among the rare: a change of names and
// numbers of orders is none of substance.
func levels(a, b *frame.Column) ([]group, *Levels) {
	counts := make(map[string]*group)
	missing := group{label: missingLabel}
	for i := range a.Len() {
		if level, ok := a.Level(i); ok {
			counted(counts, level).before++
		} else {
			missing.before++
		}
	}
	for i := range b.Len() {
		if level, ok := b.Level(i); ok {
			counted(counts, level).after++
		} else {
			missing.after++
		}
	}
	all := make([]group, 0, len(counts))
	for _, g := range counts {
		all = append(all, *g)
	}
	slices.SortFunc(all, func(x, y group) int {
		return cmp.Or(cmp.Compare(y.before+y.after, x.before+x.after), cmp.Compare(x.label, y.label))
	})
	found := &Levels{New: []Bin{}, Gone: []Bin{}}
	newRows := 0
	for _, g := range all {
		bin := Bin{g.label, float64(g.before) / float64(a.Len()), float64(g.after) / float64(b.Len())}
		switch {
		case g.before == 0:
			found.Came, newRows = found.Came+1, newRows+g.after
			if len(found.New) < shownLevels {
				found.New = append(found.New, bin)
			}
		case g.after == 0:
			if found.Went++; len(found.Gone) < shownLevels {
				found.Gone = append(found.Gone, bin)
			}
		}
	}
	found.Before, found.After = len(all)-found.Came, len(all)-found.Went
	found.NewRows = float64(newRows) / float64(b.Len())
	groups := all
	if len(all) > shownGroups {
		other := group{label: otherLabel}
		for _, g := range all[shownGroups:] {
			other.before, other.after = other.before+g.before, other.after+g.after
		}
		groups = append(slices.Clone(all[:shownGroups]), other)
	}
	return append(groups, missing), found
}

func counted(counts map[string]*group, level string) *group {
	g := counts[level]
	if g == nil {
		g = &group{label: level}
		counts[level] = g
	}
	return g
}

// bins are the groups as shares, without those that are empty in both.
func bins(groups []group, before, after int) []Bin {
	var list []Bin
	for _, g := range groups {
		if g.before+g.after > 0 {
			list = append(list, Bin{g.label, float64(g.before) / float64(before), float64(g.after) / float64(after)})
		}
	}
	return list
}

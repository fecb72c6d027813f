package profile

import (
	"cmp"
	"math"
	"slices"
)

// Matrix is how every two columns go together, whatever their kinds: the target
// and those that go most with anything, likes beside likes.
type Matrix struct {
	Columns []string `json:"columns"`
	// Values are in hundredths: row i holds column i with each one before it;
	// null where too few rows have both. Two numbers have a sign.
	Values [][]*int `json:"values"`
	Left   int      `json:"left,omitempty"` // columns that are not in it
}

// maxMatrix is how many columns a picture of them stays readable with.
const maxMatrix = 40

// newMatrix chooses and orders columns; nil when there are fewer than three.
func newMatrix(all *associated, target string, relations []Relation) *Matrix {
	type key struct{ a, b string }
	values := make(map[key]float64)
	most := make(map[string]float64)
	names := slices.Clone(all.names)
	note := func(a, b string, value float64) {
		values[key{a, b}], values[key{b, a}] = value, value
		most[a], most[b] = max(most[a], math.Abs(value)), max(most[b], math.Abs(value))
	}
	for _, pairs := range all.pairs {
		for _, p := range pairs {
			note(p.A, p.B, p.Value)
		}
	}
	targeted := false
	for _, r := range relations {
		if r.Measure != "" && slices.Contains(all.names, r.Column) {
			targeted = true
			note(target, r.Column, r.Value)
		}
	}
	if targeted {
		most[target] = math.Inf(1) // it is always there
		names = append([]string{target}, names...)
	}
	if len(names) < 3 {
		return nil
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(most[b], most[a]) })
	m := &Matrix{Left: max(0, len(names)-maxMatrix)}
	names = names[:min(len(names), maxMatrix)]
	like := func(a, b string) float64 { return math.Abs(values[key{a, b}]) }
	if targeted {
		m.Columns = append([]string{target}, neighbours(names[1:], like)...)
	} else {
		m.Columns = neighbours(names, like)
	}
	m.Values = make([][]*int, len(m.Columns))
	for i, a := range m.Columns {
		m.Values[i] = make([]*int, i)
		for j, b := range m.Columns[:i] {
			if v, ok := values[key{a, b}]; ok {
				hundredths := int(math.Round(100 * v))
				m.Values[i][j] = &hundredths
			}
		}
	}
	return m
}

// neighbours orders names so that likes stand together: clusters are joined by
// average linkage (Sokal and Michener, A statistical method for evaluating
// systematic relationships, University of Kansas Science Bulletin 38, 1958),
// and each time by the ends that are most alike.
func neighbours(names []string, like func(a, b string) float64) []string {
	clusters := make([][]string, len(names))
	for i, name := range names {
		clusters[i] = []string{name}
	}
	for len(clusters) > 1 {
		x, y, best := 0, 1, -1.0
		for i := range clusters {
			for j := i + 1; j < len(clusters); j++ {
				if v := average(clusters[i], clusters[j], like); v > best {
					x, y, best = i, j, v
				}
			}
		}
		a, b := clusters[x], clusters[y]
		first := func(s []string) string { return s[0] }
		last := func(s []string) string { return s[len(s)-1] }
		if max(like(first(a), first(b)), like(first(a), last(b))) > max(like(last(a), first(b)), like(last(a), last(b))) {
			slices.Reverse(a)
		}
		if like(last(a), last(b)) > like(last(a), first(b)) {
			slices.Reverse(b)
		}
		clusters[x] = append(a, b...)
		clusters = slices.Delete(clusters, y, y+1)
	}
	return slices.Concat(clusters...)
}

func average(a, b []string, like func(a, b string) float64) float64 {
	sum := 0.0
	for _, x := range a {
		for _, y := range b {
			sum += like(x, y)
		}
	}
	return sum / float64(len(a)*len(b))
}

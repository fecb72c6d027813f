package sklearn

import (
	"fmt"
	"slices"
	"strings"

	"dasier/ml/pickle"
	"dasier/ml/stage"
)

// expandFamily are the transformers that make more columns of one or several.
func expandFamily(class string) transformer {
	switch class {
	case "PolynomialFeatures":
		return polynomialFeatures
	case "SplineTransformer":
		return splineTransformer
	case "KBinsDiscretizer":
		return kBinsDiscretizer
	}
	return nil
}

// maxTerms bounds a polynomial.
const maxTerms = 200_000

// polynomialFeatures makes the products of columns up to a degree, in the order
// of itertools' combinations. As scikit-learn does, each is computed from the
// product of all its columns but the first.
func polynomialFeatures(p part, d *design) (*design, error) {
	var least, most int
	if low, ok := pickle.Number(p.get("_min_degree")); ok {
		least = int(low)
	}
	if bounds, ok := pickle.Items(p.get("degree")); ok && len(bounds) == 2 {
		low, _ := pickle.Number(bounds[0])
		high, _ := pickle.Number(bounds[1])
		least, most = int(low), int(high)
	} else {
		degree, err := p.number("degree")
		if err != nil {
			return nil, err
		}
		most = int(degree)
	}
	if least < 0 || most < 0 || most > 64 || least > most {
		return nil, p.wrong("its degree goes from %d to %d", least, most)
	}
	do, names, ok := polynomial(d.names(), least, most, p.truth("interaction_only", false), p.truth("include_bias", true))
	if !ok {
		return nil, p.wrong("a polynomial of degree %d of %d columns has more than %d terms", most, len(d.columns), maxTerms)
	}
	sparse := d.sparse
	out, err := d.through(p, do, refusesMissing, names)
	if err != nil {
		return nil, err
	}
	out.sparse = sparse
	return out, nil
}

// polynomial lays the terms out: those of too low a degree are hidden, the
// constant stands before all that are shown.
func polynomial(columns []string, least, most int, interactions, constant bool) (*stage.Products, []string, bool) {
	type term struct{ powers []int } // the columns, ascending
	var all [][]term                 // by degree, from 1
	do := &stage.Products{}
	var names []string
	place := []int{0} // of each degree's first term
	show := func(degree int) bool { return degree >= max(least, 1) }
	biasDone := !constant
	for degree := 1; degree <= most; degree++ {
		if show(degree) && !biasDone {
			do.Terms, names, biasDone = append(do.Terms, stage.Product{Of: -1, Cell: -1}), append(names, "1"), true
		}
		first := len(do.Terms)
		var terms []term
		for c := range columns {
			if degree == 1 {
				terms = append(terms, term{[]int{c}})
				do.Terms = append(do.Terms, stage.Product{Of: -1, Cell: int32(c)}) //nolint:gosec // columns are few
				continue
			}
			for k, before := range all[degree-2] {
				if before.powers[0] < c || interactions && before.powers[0] == c {
					continue
				}
				if len(do.Terms) >= maxTerms {
					return nil, nil, false
				}
				terms = append(terms, term{append([]int{c}, before.powers...)})
				do.Terms = append(do.Terms, stage.Product{Of: int32(place[degree-1] + k), Cell: int32(c)}) //nolint:gosec // bounded above
			}
		}
		if show(degree) {
			for _, t := range terms {
				names = append(names, termName(columns, t.powers))
			}
		} else {
			do.Hidden = len(do.Terms)
		}
		all, place = append(all, terms), append(place, first)
	}
	if !biasDone {
		do.Terms, names = append(do.Terms, stage.Product{Of: -1, Cell: -1}), append(names, "1")
	}
	return do, names, true
}

func termName(columns []string, powers []int) string {
	var parts []string
	for at := 0; at < len(powers); {
		end := at
		for end < len(powers) && powers[end] == powers[at] {
			end++
		}
		name := columns[powers[at]]
		if end-at > 1 {
			name = fmt.Sprintf("%s^%d", name, end-at)
		}
		parts, at = append(parts, name), end
	}
	return strings.Join(parts, " ")
}

// splineTransformer replaces every column by B-splines of it.
func splineTransformer(p part, d *design) (*design, error) {
	items, err := p.items("bsplines_")
	if err != nil {
		return nil, err
	}
	if len(items) != len(d.columns) {
		return nil, p.wrong("it has splines of %d columns, there are %d", len(items), len(d.columns))
	}
	do := &stage.Splines{Beyond: p.text("extrapolation"), Bias: p.truth("include_bias", true), ZeroMissing: p.text("handle_missing") == "zeros"}
	how := refusesMissing
	if do.ZeroMissing {
		how = takesMissing
	}
	if do.Beyond == "error" { // what lies beyond is missing, which estimators refuse
		return nil, p.wrong("it fails on values beyond its knots (extrapolation=\"error\"), which is not read: use \"constant\", \"linear\", \"continue\" or \"periodic\"")
	}
	var names []string
	for j, item := range items {
		o, ok := item.(*pickle.Object)
		if !ok {
			return nil, p.wrong("its spline %d is none", j)
		}
		b := part{o, join(p.path, "bsplines_")}
		s := stage.Spline{}
		knots, weights := "t", "c"
		if b.get(knots) == nil { // SciPy since 1.15
			knots, weights = "_t", "_c"
		}
		if s.Knots, err = b.floats(knots); err != nil {
			return nil, err
		}
		degree, err := b.number("k")
		if err != nil {
			return nil, err
		}
		s.Degree = int(degree)
		if s.Degree <= 1 && do.Beyond == stage.SplineLinear && len(items) > 1 {
			return nil, p.wrong("with splines of degree %d that go on linearly, scikit-learn computes the second column otherwise than the first: use extrapolation=\"constant\", or a degree of 2 and more", s.Degree)
		}
		m, err := b.matrix(weights)
		if err != nil {
			return nil, err
		}
		n := len(s.Knots) - s.Degree - 1
		if n < 1 || m.rows < n {
			return nil, p.wrong("spline %d has %d rows of weights for %d knots", j, m.rows, len(s.Knots))
		}
		s.Splines, s.Weights = m.columns, m.values[:n*m.columns]
		if flat(s.Knots) && do.Beyond != stage.SplinePeriodic {
			s = vanished(s)
		}
		do.Cells = append(do.Cells, s)
		shown := s.Splines
		if !do.Bias {
			shown--
		}
		for k := range shown {
			names = append(names, fmt.Sprintf("%s_sp_%d", d.columns[j].name, k))
		}
	}
	out, err := d.through(p, do, how, names)
	if err != nil {
		return nil, err
	}
	out.sparse = p.truth("sparse_output", false)
	return out, nil
}

// flat tells the knots of a column that was constant when it was fitted.
func flat(knots []float64) bool {
	return len(knots) > 0 && slices.Min(knots) == slices.Max(knots)
}

// vanished is what splines over one point are: 0 everywhere.
func vanished(s stage.Spline) stage.Spline {
	for k := range s.Knots {
		s.Knots[k] = float64(k)
	}
	clear(s.Weights)
	return s
}

// kBinsDiscretizer numbers values by the bins they fall into, or gives an
// indicator per bin.
func kBinsDiscretizer(p part, d *design) (*design, error) {
	lists, err := p.items("bin_edges_")
	if err != nil {
		return nil, err
	}
	if len(lists) != len(d.columns) {
		return nil, p.wrong("it has bins of %d columns, there are %d", len(lists), len(d.columns))
	}
	if g, ok := p.get("dtype").(pickle.Global); ok && g.Name == "float32" {
		return nil, p.wrong("it rounds to float32 before it looks for bins (dtype=numpy.float32), which is not read: leave dtype out")
	}
	do := &stage.Bins{}
	old := p.version() > 0 && p.version() < 102
	if old {
		do.Reach, do.Share = 1e-8, 1e-5
	}
	for j, list := range lists {
		items, ok := pickle.Items(list)
		if !ok || len(items) < 2 {
			return nil, p.wrong("its bins of column %d are none", j)
		}
		var edges []float64
		for _, item := range items[1 : len(items)-1] {
			x, ok := pickle.Number(item)
			if !ok {
				return nil, p.wrong("its bins of column %d have an edge that is no number", j)
			}
			edges = append(edges, x)
		}
		do.Edges = append(do.Edges, edges)
	}
	out, err := d.through(p, do, refusesMissing, d.names())
	if err != nil || p.text("encode") == "ordinal" {
		return out, err
	}
	encoder, ok := p.child("_encoder")
	if !ok {
		return nil, p.wrong("it has no encoder: was it fitted?")
	}
	hot, err := oneHotEncoder(encoder, out)
	if err != nil {
		return nil, err
	}
	hot.sparse = p.text("encode") == "onehot"
	return hot, nil
}

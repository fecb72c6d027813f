package sklearn

import (
	"strings"

	"dasier/ml/pickle"
	"dasier/ml/stage"
)

// pointTree is the tree that an estimator by neighbours keeps of its rows; nil
// where it keeps none, or searches by its metric in a way of its own.
func (p part) pointTree(m *stage.Metric, points matrix) (*stage.PointTree, error) {
	tree, ok := p.child("_tree")
	if !ok || m.Scale != nil {
		return nil, nil //nolint:nilnil // every point is looked at
	}
	t := &stage.PointTree{Later: p.version() > 0 && p.version() < 101}
	switch {
	case strings.Contains(tree.Class.Module, "ball_tree"):
		t.Ball = true
	case m.Kind != stage.Euclidean && m.Kind != stage.Manhattan && m.Kind != stage.Chebyshev && m.Kind != stage.Minkowski:
		return nil, nil //nolint:nilnil // as above
	}
	state, ok := tree.State.(*pickle.Tuple) // data, order, nodes, bounds, and what tells how it was built
	if !ok || len(state.Items) < 4 {
		return nil, nil //nolint:nilnil // as above
	}
	order, ok := state.Items[1].(*pickle.Array)
	nodes, ok2 := state.Items[2].(*pickle.Array)
	bounds, ok3 := state.Items[3].(*pickle.Array)
	if !ok || !ok2 || !ok3 {
		return nil, nil //nolint:nilnil // as above
	}
	places, err := order.Floats()
	if err != nil {
		return nil, tree.wrong("its order: %v", err)
	}
	for _, at := range places {
		t.Order = append(t.Order, whole(at))
	}
	if t.Bounds, err = bounds.Floats(); err != nil {
		return nil, tree.wrong("its bounds: %v", err)
	}
	var from, to, leaf []float64
	for name, into := range map[string]*[]float64{"idx_start": &from, "idx_end": &to, "is_leaf": &leaf, "radius": &t.Radius} {
		if err := field(tree, nodes, name, into); err != nil {
			return nil, err
		}
	}
	for i := range from {
		t.From, t.To, t.Leaf = append(t.From, whole(from[i])), append(t.To, whole(to[i])), append(t.Leaf, leaf[i] != 0)
	}
	if len(t.Order) != points.rows {
		return nil, tree.wrong("it is of %d rows, there are %d", len(t.Order), points.rows)
	}
	return t, nil
}

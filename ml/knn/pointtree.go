package knn

import (
	"cmp"
	"context"
	"math"
	"slices"

	"dasier/ml/prep"
	"dasier/ml/stage"
)

// leafRows is how many points a leaf holds at least, scikit-learn's leaf_size;
// a tree pays up to treeColumns features, and from treeRows points on.
const (
	leafRows    = 30
	treeColumns = 15
	treeRows    = 4 * leafRows
)

// tree is a k-d tree over the points; nil where looking at all is as quick:
// among many columns, hardly any part of a tree is far enough to be left out.
func (n Neighbours) tree(ctx context.Context, points *prep.Matrix) (*stage.PointTree, error) {
	if points.Cols > treeColumns || points.Rows < treeRows || n.Metric == Cosine {
		return nil, nil //nolint:nilnil // every point is looked at
	}
	levels := int(math.Log2(float64(points.Rows-1)/leafRows)) + 1
	nodes := 1<<levels - 1
	t := &stage.PointTree{
		Order: make([]int32, points.Rows), From: make([]int32, nodes), To: make([]int32, nodes), Leaf: make([]bool, nodes),
		Bounds: make([]float64, 2*nodes*points.Cols), Radius: make([]float64, nodes),
	}
	for i := range t.Order {
		t.Order[i] = int32(i) //nolint:gosec // maxNumbers bounds the rows
	}
	b := builder{t: t, points: points, nodes: nodes}
	b.build(ctx, 0, 0, points.Rows)
	return t, ctx.Err()
}

// builder builds a tree as scikit-learn does: halves along the column of the
// widest spread, to a depth that is the same everywhere.
type builder struct {
	t      *stage.PointTree
	points *prep.Matrix
	nodes  int
}

func (b *builder) build(ctx context.Context, node, from, to int) {
	if ctx.Err() != nil {
		return
	}
	t, d := b.t, b.points.Cols
	t.From[node], t.To[node] = int32(from), int32(to) //nolint:gosec // maxNumbers bounds the rows
	low, high := t.Bounds[node*d:(node+1)*d], t.Bounds[(b.nodes+node)*d:(b.nodes+node+1)*d]
	for j := range low {
		low[j], high[j] = math.Inf(1), math.Inf(-1)
	}
	for _, p := range t.Order[from:to] {
		for j, v := range b.points.Row(int(p)) {
			low[j], high[j] = min(low[j], v), max(high[j], v)
		}
	}
	if 2*node+2 >= b.nodes {
		t.Leaf[node] = true
		return
	}
	widest := 0
	for j := range low {
		if high[j]-low[j] > high[widest]-low[widest] {
			widest = j
		}
	}
	slices.SortFunc(t.Order[from:to], func(p, q int32) int {
		if c := cmp.Compare(b.points.Row(int(p))[widest], b.points.Row(int(q))[widest]); c != 0 {
			return c
		}
		return cmp.Compare(p, q) // the same tree every time
	})
	middle := (from + to) / 2
	b.build(ctx, 2*node+1, from, middle)
	b.build(ctx, 2*node+2, middle, to)
}

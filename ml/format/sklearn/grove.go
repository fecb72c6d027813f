package sklearn

import (
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"dasier/ml/forest"
)

// grove collects trees of a spec.
type grove struct {
	trees  *forest.Trees
	width  int  // values that a leaf has
	output bool // each tree adds to one score
}

// add appends a tree; leaf turns a node's values into those of the model.
func (g *grove) add(n nodes, output int32, leaf func(values, into []float64)) {
	if g.output {
		g.trees.Output = append(g.trees.Output, output)
	}
	g.fill(n, g.extend(len(n.left)), leaf)
}

// addAll gives a grove that has none yet its trees, on all processors: those of a
// large forest are some hundred megabytes. None says to which score it adds.
func (g *grove) addAll(of []treeArrays, leaf func(values, into []float64)) error {
	begins, count := make([]int, len(of)), 0
	for k := range of {
		begins[k] = count
		// A file may have one tree in many places: what it may not read, it gets no
		// room for.
		count += of[k].count
		if err := of[k].nodes.Allows(count, nodeBytes+8*of[k].width); err != nil {
			return of[k].wrong("its nodes: %v", err)
		}
	}
	t := g.trees
	t.Feature, t.Left, t.Right = make([]int32, count), make([]int32, count), make([]int32, count)
	t.Threshold, t.Cover, t.MissingLeft = make([]float64, count), make([]float64, count), make([]bool, count)
	t.Value, t.Roots = make([]float64, count*g.width), make([]int32, len(of))
	errs := make([]error, len(of))
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(of)) {
		group.Go(func() {
			for k := int(next.Add(1)) - 1; k < len(of); k = int(next.Add(1)) - 1 {
				n, err := of[k].read()
				if errs[k] = err; err == nil {
					g.fill(n, begins[k], leaf)
				}
				t.Roots[k] = int32(begins[k]) //nolint:gosec // package predict bounds nodes
			}
		})
	}
	group.Wait()
	for _, err := range errs { // the first, whichever came first
		if err != nil {
			return err
		}
	}
	return nil
}

// nodeBytes is what reading a node's fields takes, for a while.
const nodeBytes = 6 * 8

// extend appends a tree of so many nodes, which are to be filled in, and gives
// where it begins.
func (g *grove) extend(nodes int) int {
	t := g.trees
	begin := len(t.Feature)
	t.Roots = append(t.Roots, int32(begin)) //nolint:gosec // package predict bounds nodes
	t.Feature, t.Left, t.Right = longer(t.Feature, nodes), longer(t.Left, nodes), longer(t.Right, nodes)
	t.Threshold, t.Cover, t.MissingLeft = longer(t.Threshold, nodes), longer(t.Cover, nodes), longer(t.MissingLeft, nodes)
	t.Value = longer(t.Value, nodes*g.width)
	return begin
}

// longer is a slice with n zeros more.
func longer[T any](s []T, n int) []T {
	have := len(s)
	s = slices.Grow(s, n)[:have+n]
	clear(s[have:])
	return s
}

// fill writes a tree into its place.
func (g *grove) fill(n nodes, begin int, leaf func(values, into []float64)) {
	t, first := g.trees, int32(begin) //nolint:gosec // package predict bounds nodes
	for i := range n.left {
		at := begin + i
		t.MissingLeft[at], t.Cover[at] = n.missing[i] != 0, n.cover[i]
		if n.left[i] < 0 || math.IsNaN(n.left[i]) {
			t.Feature[at], t.Left[at], t.Right[at] = -1, -1, -1
			leaf(n.values[i*n.width:(i+1)*n.width], t.Value[at*g.width:(at+1)*g.width])
			continue
		}
		f, left, right := whole(n.feature[i]), first+whole(n.left[i]), first+whole(n.right[i])
		if n.left[i] <= float64(i) || n.left[i] >= float64(len(n.left)) || n.right[i] >= float64(len(n.left)) || f < 0 {
			left = first // package predict takes no circle
		}
		t.Feature[at], t.Threshold[at], t.Left[at], t.Right[at] = f, n.threshold[i], left, right
	}
}

// whole is a place as int32; what does not fit becomes one that package predict
// refuses.
func whole(x float64) int32 {
	if !(x >= -1 && x <= math.MaxInt32/2) {
		return math.MaxInt32 / 2
	}
	return int32(x)
}

package forest

import "math"

// What explanations and writers ask of a forest. Nodes have numbers of the
// forest's own.

// Size is how many trees and nodes there are.
func (f *Forest) Size() (trees, nodes int) {
	if f.deep != nil {
		return f.trees, len(f.deep.nodes)
	}
	return f.trees, len(f.source.Feature)
}

// Explained tells whether the leaves are numbers, of which there is a mean over
// the training rows. Of linear leaves there is none.
func (f *Forest) Explained() bool { return f.plain == nil || len(f.plain.lines) == 0 }

// Single tells whether sums and probabilities are float32, as the source's.
func (f *Forest) Single() bool { return f.single }

// Root is the root of a tree.
func (f *Forest) Root(tree int) int32 {
	if f.deep != nil {
		return int32(f.deep.roots[tree]) //nolint:gosec // Check bounds nodes
	}
	return f.source.Roots[tree]
}

// Share is the share that a tree's value has in a score; 0 where it has none.
func (f *Forest) Share(tree, score int) float64 {
	switch {
	case f.width == 1 && int(f.score(tree)) != score:
		return 0
	case f.mean:
		return 1 / float64(f.trees)
	}
	return 1
}

// Node is the feature that a node tests and its children; the feature is -1 at a
// leaf.
func (f *Forest) Node(n int32) (feature, left, right int32) {
	if f.deep == nil {
		return f.source.Feature[n], f.source.Left[n], f.source.Right[n]
	}
	key, child := f.deep.key(n), int32(uint32(f.deep.nodes[n])>>f.deep.shift) //nolint:gosec // Check bounds nodes
	if key == f.deep.dead {
		return -1, -1, -1
	}
	return int32(key / 2), child, child + 1 //nolint:gosec // Check bounds features
}

// GoesLeft tells the way of a value at a node that is no leaf.
func (f *Forest) GoesLeft(n int32, x float64) bool {
	if f.deep == nil {
		return f.source.GoesLeft(n, x)
	}
	key := f.deep.key(n)
	left, right := f.deep.keysOf(key/2, x)
	if key%2 == 1 {
		left = right
	}
	return uint64(left) <= f.deep.nodes[n]>>32
}

// Cover is the training weight that came through a node.
func (f *Forest) Cover(n int32) float64 {
	switch {
	case f.deep == nil:
		return f.source.Cover[n]
	case f.deep.covers != nil:
		return float64(f.deep.covers[n])
	}
	return f.deep.exactCovers[n]
}

// Value is what a leaf adds to a score.
func (f *Forest) Value(n int32, score int) float64 {
	if f.width == 1 {
		score = 0
	}
	if f.deep != nil {
		return f.deep.values[int(f.deep.nodes[n]>>32)*f.width+score] //nolint:gosec // Check bounds nodes
	}
	return f.source.Value[int(n)*f.width+score]
}

// Trees is the ensemble as data. Where the layout has taken the place of the
// data they are written anew, which takes time and memory, with the largest
// float32 at or below it in the place of each threshold that is compared with
// float32: no row goes another way.
func (f *Forest) Trees() *Trees {
	if f.source != nil {
		return f.source
	}
	t := &Trees{Base: f.base, Output: f.output, Rule: f.rule, Mean: f.mean, Single: f.single}
	for k := range f.trees {
		t.Roots = append(t.Roots, int32(len(t.Feature))) //nolint:gosec // Check bounds nodes
		f.write(t, f.Root(k))
	}
	return t
}

// write adds a tree to t, breadth first.
func (f *Forest) write(t *Trees, root int32) {
	begin, from := len(t.Feature), []int32{root}
	for i := 0; i < len(from); i++ {
		n := from[i]
		feature, left, right := f.Node(n)
		t.Feature, t.Cover = append(t.Feature, feature), append(t.Cover, f.Cover(n))
		for w := range f.width {
			value := 0.0
			if feature < 0 {
				value = f.Value(n, w)
			}
			t.Value = append(t.Value, value)
		}
		if feature < 0 {
			t.Left, t.Right = append(t.Left, -1), append(t.Right, -1)
			t.Threshold, t.MissingLeft = append(t.Threshold, 0), append(t.MissingLeft, false)
			continue
		}
		child := int32(begin + len(from)) //nolint:gosec // Check bounds nodes
		t.Left, t.Right = append(t.Left, child), append(t.Right, child+1)
		t.Threshold, t.MissingLeft = append(t.Threshold, f.threshold(n)), append(t.MissingLeft, f.deep.key(n)%2 == 0)
		from = append(from, left, right)
	}
}

// threshold is a node's, as the rule has it.
func (f *Forest) threshold(n int32) float64 {
	number := uint32(f.deep.nodes[n] >> 32) //nolint:gosec // a part
	switch {
	case f.deep.ranks != nil:
		r := f.deep.ranks
		return ofOrdinal(r.limits[r.first[f.deep.key(n)/2]+int32(number)-1]) //nolint:gosec // Check bounds nodes
	case f.rule != SingleBelow:
		return float64(ofKey(number))
	case number == leastKey:
		return math.Inf(-1)
	}
	return float64(math.Nextafter32(ofKey(number), float32(math.Inf(1))))
}

// ofKey undoes keyOf.
func ofKey(k uint32) float32 {
	if k>>31 == 1 {
		return math.Float32frombits(k ^ 1<<31)
	}
	return math.Float32frombits(^k)
}

// ofOrdinal undoes ordinal.
func ofOrdinal(k uint64) float64 {
	if k>>63 == 1 {
		return math.Float64frombits(k ^ 1<<63)
	}
	return math.Float64frombits(^k)
}

package boost

import (
	"math"

	"dasier/ml/forest"
)

// emit writes the kept rounds as trees over values.
func (r *run) emit() *forest.Trees {
	to := &forest.Trees{Base: r.base, Rule: forest.DoubleAtMost}
	for k, scale := range r.kept {
		for class, t := range r.rounds[k].trees {
			if t != nil {
				r.emitTree(to, t, scale)
				to.Output = append(to.Output, int32(class))
			}
		}
	}
	if len(to.Roots) == 0 { // a model of one answer, which is a tree of one leaf
		var weight total
		for i := range r.rows.len() {
			weight.add(r.target.Weight(int(r.rows.at(i))))
		}
		leaf := &tree{}
		leaf.addNode(0, 0, 0, 0, 0)
		leaf.cover[0] = weight.value()
		r.emitTree(to, leaf, 1)
		to.Output = []int32{0}
	}
	if len(to.Sets) == 0 {
		to.Set = nil
	}
	return to
}

func (r *run) emitTree(to *forest.Trees, t *tree, scale float64) {
	first := int32(len(to.Feature))
	to.Roots = append(to.Roots, first)
	for n, left := range t.left {
		to.Feature = append(to.Feature, t.feature[n])
		to.Cover = append(to.Cover, t.cover[n])
		if left < 0 {
			to.Left, to.Right = append(to.Left, -1), append(to.Right, -1)
			to.Value = append(to.Value, bounded(t.value[n]*scale))
			to.Threshold, to.MissingLeft, to.Set = append(to.Threshold, 0), append(to.MissingLeft, false), append(to.Set, -1)
			continue
		}
		to.Left, to.Right = append(to.Left, first+left), append(to.Right, first+t.right[n])
		to.Value = append(to.Value, 0)
		c, way := &r.columns[t.feature[n]], &t.ways[n]
		threshold, set := 0.0, int32(-1)
		if way.bin < 0 {
			set = int32(len(to.Sets))
			to.Sets = append(to.Sets, c.set(way))
		} else {
			threshold = c.threshold(int(way.bin))
		}
		to.Threshold, to.Set = append(to.Threshold, threshold), append(to.Set, set)
		to.MissingLeft = append(to.MissingLeft, way.goesLeft(uint8(c.bins)))
	}
}

// threshold is what the values of a bin and of those below it are at most.
func (c *column) threshold(bin int) float64 {
	if bin < len(c.cuts) {
		return c.cuts[bin]
	}
	return math.MaxFloat64 // all that is not missing
}

// set names the levels that a node names.
func (c *column) set(way *ways) forest.Set {
	set := forest.Set{Others: !way.members}
	for level, bin := range c.binOf {
		if way.goesLeft(bin) != way.members {
			continue
		}
		for len(set.Bits) <= level/32 {
			set.Bits = append(set.Bits, 0)
		}
		set.Bits[level/32] |= 1 << (level % 32)
	}
	return set
}

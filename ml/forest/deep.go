package forest

import (
	"math"
	"math/bits"
	"slices"
)

// deep is trees laid out for walking many at a time: 8 bytes a node, in which a
// threshold is a whole number of 32 bits. A value becomes such a number once per
// row (keys): its own bits where the source compares float32, else its rank among
// the thresholds of its feature. A step is a subtraction and an addition without
// a branch, and a leaf leads to itself, so that several trees of a row, or
// several rows of a tree, go side by side and the processor waits for the
// memory of all of them at once (Asadi, Lin and de Vries 2014, "Runtime
// optimizations for tree-based machine learning models", section 4.2,
// "predication and vectorization").
type deep struct {
	nodes []uint64 // threshold<<32 | left child<<shift | key; of leaves: value<<32 | itself<<shift | dead key
	roots []uint32
	begin []uint32 // per tree, of the nodes below its root
	shift uint     // bits of a key's place
	dead  int      // the key that is less than everything, of leaves
	sure  int      // steps that most walks take
	ranks *ranking // nil where keys are float32
	// Values are kept once: trees repeat them.
	values []float64
	// Covers are float32 where that holds them all, as it does counts.
	covers      []float32
	exactCovers []float64
	tested      []int32 // of a lone tree: the features that it tests
}

// ranking is the distinct thresholds of every feature, ascending.
type ranking struct {
	first  []int32  // per feature, and the end
	limits []uint64 // by feature, as ordinals
}

// Keys at the ends: what goes left everywhere, and right.
const (
	leastKey = 0
	mostKey  = math.MaxUint32
)

// newDeep lays out trees, or gives nil where their nodes are of another kind or
// do not fit.
func newDeep(t *Trees, width int) *deep {
	d := &deep{}
	features := int32(0)
	for n, f := range t.Feature {
		if f >= 0 && (t.testsSet(int32(n)) || t.ZeroMissing != nil && t.ZeroMissing[n]) { //nolint:gosec // Check bounds nodes
			return nil
		}
		features = max(features, f+1)
	}
	d.dead = int(2 * features)
	d.shift = max(narrow, uint(bits.Len(uint(d.dead))))
	if t.Rule == DoubleAtMost {
		d.ranks = rank(t, int(features))
	}
	// The roots come first, then the children, in pairs: where those of a tree
	// stand is known before, and so trees are laid out side by side.
	size := (len(t.Roots) + line - 1) / line * line
	for k, nodes := range t.sizes() {
		d.roots = append(d.roots, uint32(k))    //nolint:gosec // Check bounds nodes
		d.begin = append(d.begin, uint32(size)) //nolint:gosec // Check bounds nodes
		size += nodes - 1
	}
	if !d.fits(size) {
		return nil
	}
	d.nodes = make([]uint64, size)
	if singles(t.Cover) {
		d.covers = make([]float32, size)
	} else {
		d.exactCovers = make([]float64, size)
	}
	leaves, steps := make([]int, len(t.Roots)), make([]int, len(t.Roots))
	inParallel(len(t.Roots), func(k int) { leaves[k], steps[k] = d.add(t, k) })
	d.sure = max(sum(steps)*2/(3*max(sum(leaves), 1)), 1)
	d.keep(t, width, sum(leaves))
	if len(t.Roots) == 1 {
		d.tested = t.features(int(features))
	}
	return d
}

// narrow is how many bits a key's place has where there are few features. It is
// a constant of the fastest loops.
const narrow = 8

// line is how many nodes a line of a processor's cache holds.
const line = 8

func (d *deep) fits(nodes int) bool { return nodes < 1<<(32-d.shift) }

// limit is the threshold of a node of t as a number.
func (d *deep) limit(t *Trees, n int32) uint32 {
	limit := t.limit(n)
	if d.ranks != nil {
		f := t.Feature[n]
		return d.ranks.of(int(f), limit)
	}
	return singleLimit(limit)
}

// singleLimit is a threshold among float32 numbers, as keyOf orders them.
func singleLimit(limit float64) uint32 {
	if limit != limit { //nolint:gocritic // NaN: nothing goes left, but what is missing
		return leastKey
	}
	single := float32(limit)
	if float64(single) > limit {
		single = math.Nextafter32(single, float32(math.Inf(-1)))
	}
	return keyOf(single + 0) // -0 is 0
}

// key is the place of the key that a node compares.
func (d *deep) key(n int32) int { return int(uint32(d.nodes[n]) & (1<<d.shift - 1)) } //nolint:gosec // a part

// keyOf gives float32 numbers the order of whole ones.
func keyOf(x float32) uint32 {
	b := math.Float32bits(x)
	return b ^ (uint32(int32(b)>>31) | 1<<31) //nolint:gosec // the sign, spread
}

// rank collects thresholds.
func rank(t *Trees, features int) *ranking {
	limits := make([][]uint64, features)
	for n, f := range t.Feature {
		if f >= 0 {
			limits[f] = append(limits[f], ordinal(t.limit(int32(n)))) //nolint:gosec // Check bounds nodes
		}
	}
	r := &ranking{first: []int32{0}}
	for _, of := range limits {
		slices.Sort(of)
		r.limits = append(r.limits, slices.Compact(of)...)
		r.first = append(r.first, int32(len(r.limits))) //nolint:gosec // Check bounds nodes
	}
	return r
}

// keys makes numbers of a row: of each feature two, which differ where it is
// missing; and the one of leaves.
func (d *deep) keys(x []float64, keys []uint32) {
	keys[d.dead] = leastKey
	for f := range d.dead / 2 {
		keys[2*f], keys[2*f+1] = d.keysOf(f, x[f])
	}
}

func (d *deep) keysOf(f int, v float64) (left, right uint32) {
	switch {
	case v != v: //nolint:gocritic // NaN
		return leastKey, mostKey
	case d.ranks == nil:
		left = keyOf(float32(v))
	default:
		left = d.ranks.of(f, v)
	}
	return left, left
}

// of is 1 more than how many thresholds are less than a value.
func (r *ranking) of(f int, x float64) uint32 { return r.below(f, ordinal(x)) + 1 }

// below is how many thresholds are less.
func (r *ranking) below(f int, x uint64) uint32 {
	limits := r.limits[r.first[f]:r.first[f+1]]
	at := uint(0)
	for n := uint(len(limits)); n > 0; {
		half := (n + 1) / 2
		_, greater := bits.Sub64(limits[at+half-1], x, 0) // no branch
		at += half & -uint(greater)
		n -= half
	}
	return uint32(at) //nolint:gosec // bounded
}

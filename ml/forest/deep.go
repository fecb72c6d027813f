package forest

import (
	"encoding/binary"
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
	once := &distinct{width: width, ones: map[uint64]uint32{}, many: map[string]uint32{}}
	// The roots come first, then the children, in pairs.
	lines := (len(t.Roots) + line - 1) / line
	if !d.fits(lines*line + len(t.Feature)) {
		return nil
	}
	d.nodes = make([]uint64, lines*line, lines*line+len(t.Feature))
	d.exactCovers = make([]float64, lines*line, lines*line+len(t.Feature))
	for k, root := range t.Roots {
		d.roots = append(d.roots, uint32(k))            //nolint:gosec // Check bounds nodes
		d.begin = append(d.begin, uint32(len(d.nodes))) //nolint:gosec // fits bounds it
		d.add(t, root, k, once)
	}
	d.halveCovers()
	d.sure = max(once.steps*2/(3*max(once.leaves, 1)), 1)
	return d
}

func (d *deep) halveCovers() {
	halves := make([]float32, len(d.exactCovers))
	for n, cover := range d.exactCovers {
		halves[n] = float32(cover)
		if float64(halves[n]) != cover {
			return
		}
	}
	d.covers, d.exactCovers = halves, nil
}

// narrow is how many bits a key's place has where there are few features. It is
// a constant of the fastest loops.
const narrow = 8

// line is how many nodes a line of a processor's cache holds.
const line = 8

func (d *deep) fits(nodes int) bool { return nodes < 1<<(32-d.shift) }

// place is a node of t and where it goes in nodes.
type place struct {
	node  int32
	depth int32
	at    int
}

// add lays out a tree in lines: a line begins with a pair of siblings and goes on
// with their children, those first to which most training rows came. Then a row
// reads fewer lines than nodes.
func (d *deep) add(t *Trees, root int32, at int, once *distinct) {
	later, near := []place{{node: root, at: at}}, make([]place, 0, line)
	for len(later) > 0 {
		begin := later[len(later)-1]
		later = later[:len(later)-1]
		near = append(near[:0], begin)
		for len(near) > 0 {
			// The one of most rows comes next, while the line has room.
			most := 0
			for k := range near {
				if t.Cover[near[k].node] > t.Cover[near[most].node] {
					most = k
				}
			}
			p := near[most]
			d.exactCovers[p.at] = t.Cover[p.node]
			near[most] = near[len(near)-1]
			near = near[:len(near)-1]
			n := p.node
			if t.Feature[n] < 0 {
				once.leaves, once.steps = once.leaves+1, once.steps+int(p.depth)
				d.nodes[p.at] = uint64(once.place(d, t, n))<<32 | uint64(p.at)<<d.shift | uint64(d.dead) //nolint:gosec // places
				continue
			}
			if len(d.nodes)%line == 0 && p != begin {
				later = append(append(later, near...), p)
				break
			}
			key := uint64(2 * t.Feature[n]) //nolint:gosec // a feature
			if !t.MissingLeft[n] {
				key++
			}
			to := len(d.nodes)
			d.nodes[p.at] = uint64(d.limit(t, n))<<32 | uint64(to)<<d.shift | key //nolint:gosec // places
			d.nodes, d.exactCovers = append(d.nodes, 0, 0), append(d.exactCovers, 0, 0)
			near = append(near, place{t.Left[n], p.depth + 1, to}, place{t.Right[n], p.depth + 1, to + 1})
		}
	}
}

// distinct finds values that were kept before.
type distinct struct {
	width int
	ones  map[uint64]uint32 // where a leaf has one value
	many  map[string]uint32
	bytes []byte

	leaves, steps int // seen, and from the roots to them
}

// place is the place of a leaf's values among those kept.
func (u *distinct) place(d *deep, t *Trees, n int32) uint32 {
	of := t.Value[int(n)*u.width : (int(n)+1)*u.width]
	next := uint32(len(d.values) / u.width) //nolint:gosec // Check bounds nodes
	if u.width == 1 {
		if at, ok := u.ones[math.Float64bits(of[0])]; ok {
			return at
		}
		u.ones[math.Float64bits(of[0])] = next
	} else {
		u.bytes = u.bytes[:0]
		for _, v := range of {
			u.bytes = binary.LittleEndian.AppendUint64(u.bytes, math.Float64bits(v))
		}
		if at, ok := u.many[string(u.bytes)]; ok {
			return at
		}
		u.many[string(u.bytes)] = next
	}
	d.values = append(d.values, of...)
	return next
}

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

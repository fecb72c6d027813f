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
	values := map[string]uint32{}
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
		d.add(t, root, k, width, values)
	}
	d.halveCovers()
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
	node int32
	at   int
}

// add lays out a tree in lines: a line begins with a pair of siblings and goes on
// with their children, those first to which most training rows came. Then a row
// reads fewer lines than nodes.
func (d *deep) add(t *Trees, root int32, at, width int, values map[string]uint32) {
	bytes := make([]byte, 0, 8*width)
	later, near := []place{{root, at}}, make([]place, 0, line)
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
				d.nodes[p.at] = uint64(d.value(t, n, width, values, bytes))<<32 | uint64(p.at)<<d.shift | uint64(d.dead) //nolint:gosec // places
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
			near = append(near, place{t.Left[n], to}, place{t.Right[n], to + 1})
		}
	}
}

// value is the place of a leaf's values.
func (d *deep) value(t *Trees, n int32, width int, values map[string]uint32, bytes []byte) uint32 {
	of := t.Value[int(n)*width : (int(n)+1)*width]
	for _, v := range of {
		bytes = binary.LittleEndian.AppendUint64(bytes, math.Float64bits(v))
	}
	at, ok := values[string(bytes)]
	if !ok {
		at = uint32(len(d.values) / width) //nolint:gosec // Check bounds nodes
		values[string(bytes)] = at
		d.values = append(d.values, of...)
	}
	return at
}

// limit is the threshold of a node of t as a number.
func (d *deep) limit(t *Trees, n int32) uint32 {
	limit := t.limit(n)
	if d.ranks != nil {
		f := t.Feature[n]
		return d.ranks.of(int(f), limit)
	}
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

// lanes is how many walks go side by side.
const lanes = 8

// trees adds the values that a row has in each tree to sums.
func (d *deep) trees(f *Forest, keys []uint32, out []float64) {
	var at [lanes]uint32
	for first := 0; first < len(d.roots); first += lanes {
		n := copy(at[:], d.roots[first:])
		switch {
		case len(d.roots) == 1:
			at[0] = d.one(at[0], keys)
		case d.shift == narrow:
			walkTrees(d.nodes, &at, (*[1 << narrow]uint32)(keys))
		default:
			for j := range n {
				at[j] = d.one(at[j], keys)
			}
		}
		for j, v := range at[:n] {
			f.add(first+j, d.values[int(v)*f.width:], out)
		}
	}
}

// one walks one way to a leaf and gives the place of its values.
func (d *deep) one(p uint32, keys []uint32) uint32 {
	for shift, mask := d.shift&31, uint64(1)<<(d.shift&31)-1; ; {
		n := d.nodes[p]
		k := n & mask
		if k == uint64(d.dead) { //nolint:gosec // a place
			return uint32(n >> 32) //nolint:gosec // a part
		}
		p = uint32(n) >> shift //nolint:gosec // a part
		if uint64(keys[k]) > n>>32 {
			p++
		}
	}
}

// step goes from a node to a child of it, from a leaf to itself.
func step(nodes []uint64, keys *[1 << narrow]uint32, p uint32) uint32 {
	n := nodes[p]
	return uint32(n)>>narrow + uint32((n>>32-uint64(keys[uint8(n)]))>>63) //nolint:gosec // parts of a node
}

// walkTrees walks a row through trees side by side: p is a root of each and
// becomes the place of the row's values in it. A round is as many steps as make
// the question whether all have come to a leaf cheap.
func walkTrees(nodes []uint64, p *[lanes]uint32, keys *[1 << narrow]uint32) {
	a, b, c, d, e, f, g, h := p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7]
	for before, now := uint64(0), uint64(1); before != now; {
		a, b, c, d = step(nodes, keys, a), step(nodes, keys, b), step(nodes, keys, c), step(nodes, keys, d)
		e, f, g, h = step(nodes, keys, e), step(nodes, keys, f), step(nodes, keys, g), step(nodes, keys, h)
		a, b, c, d = step(nodes, keys, a), step(nodes, keys, b), step(nodes, keys, c), step(nodes, keys, d)
		e, f, g, h = step(nodes, keys, e), step(nodes, keys, f), step(nodes, keys, g), step(nodes, keys, h)
		a, b, c, d = step(nodes, keys, a), step(nodes, keys, b), step(nodes, keys, c), step(nodes, keys, d)
		e, f, g, h = step(nodes, keys, e), step(nodes, keys, f), step(nodes, keys, g), step(nodes, keys, h)
		// Places only grow on the way down, so equal sums are equal places.
		before = uint64(a) + uint64(b) + uint64(c) + uint64(d) + uint64(e) + uint64(f) + uint64(g) + uint64(h)
		a, b, c, d = step(nodes, keys, a), step(nodes, keys, b), step(nodes, keys, c), step(nodes, keys, d)
		e, f, g, h = step(nodes, keys, e), step(nodes, keys, f), step(nodes, keys, g), step(nodes, keys, h)
		now = uint64(a) + uint64(b) + uint64(c) + uint64(d) + uint64(e) + uint64(f) + uint64(g) + uint64(h)
	}
	p[0], p[1], p[2], p[3] = uint32(nodes[a]>>32), uint32(nodes[b]>>32), uint32(nodes[c]>>32), uint32(nodes[d]>>32) //nolint:gosec // parts
	p[4], p[5], p[6], p[7] = uint32(nodes[e]>>32), uint32(nodes[f]>>32), uint32(nodes[g]>>32), uint32(nodes[h]>>32) //nolint:gosec // parts
}

// stepOf is step for one of several rows, whose keys stand side by side.
func stepOf(nodes []uint64, keys *[lanes << narrow]uint32, p, lane uint32) uint32 {
	n := nodes[p]
	return uint32(n)>>narrow + uint32((n>>32-uint64(keys[uint32(uint8(n))*lanes+lane]))>>63) //nolint:gosec // parts of a node
}

// walkRows walks rows through one tree side by side.
func walkRows(nodes []uint64, root uint32, p *[lanes]uint32, keys *[lanes << narrow]uint32) {
	a, b, c, d, e, f, g, h := root, root, root, root, root, root, root, root
	for before, now := uint64(0), uint64(1); before != now; {
		a, b, c, d = stepOf(nodes, keys, a, 0), stepOf(nodes, keys, b, 1), stepOf(nodes, keys, c, 2), stepOf(nodes, keys, d, 3)
		e, f, g, h = stepOf(nodes, keys, e, 4), stepOf(nodes, keys, f, 5), stepOf(nodes, keys, g, 6), stepOf(nodes, keys, h, 7)
		a, b, c, d = stepOf(nodes, keys, a, 0), stepOf(nodes, keys, b, 1), stepOf(nodes, keys, c, 2), stepOf(nodes, keys, d, 3)
		e, f, g, h = stepOf(nodes, keys, e, 4), stepOf(nodes, keys, f, 5), stepOf(nodes, keys, g, 6), stepOf(nodes, keys, h, 7)
		a, b, c, d = stepOf(nodes, keys, a, 0), stepOf(nodes, keys, b, 1), stepOf(nodes, keys, c, 2), stepOf(nodes, keys, d, 3)
		e, f, g, h = stepOf(nodes, keys, e, 4), stepOf(nodes, keys, f, 5), stepOf(nodes, keys, g, 6), stepOf(nodes, keys, h, 7)
		before = uint64(a) + uint64(b) + uint64(c) + uint64(d) + uint64(e) + uint64(f) + uint64(g) + uint64(h)
		a, b, c, d = stepOf(nodes, keys, a, 0), stepOf(nodes, keys, b, 1), stepOf(nodes, keys, c, 2), stepOf(nodes, keys, d, 3)
		e, f, g, h = stepOf(nodes, keys, e, 4), stepOf(nodes, keys, f, 5), stepOf(nodes, keys, g, 6), stepOf(nodes, keys, h, 7)
		now = uint64(a) + uint64(b) + uint64(c) + uint64(d) + uint64(e) + uint64(f) + uint64(g) + uint64(h)
	}
	p[0], p[1], p[2], p[3] = uint32(nodes[a]>>32), uint32(nodes[b]>>32), uint32(nodes[c]>>32), uint32(nodes[d]>>32) //nolint:gosec // parts
	p[4], p[5], p[6], p[7] = uint32(nodes[e]>>32), uint32(nodes[f]>>32), uint32(nodes[g]>>32), uint32(nodes[h]>>32) //nolint:gosec // parts
}

// rows adds the values of several rows, 8 at a time in every tree, so that a
// tree stays in the processor's cache for all of them. Of each tree the sums go
// on in the order of the trees.
func (d *deep) rows(f *Forest, out []float64, keys []uint32) {
	n, outputs := len(out)/f.outputs, f.outputs
	var at [lanes]uint32
	per := (d.dead + 1) * lanes
	for group := 0; group*lanes < n; group++ {
		of := keys[group*per : (group+1)*per]
		clear(of[d.dead*lanes:]) // leastKey
	}
	for t, root := range d.roots {
		// A tree that is read through in order is there before it is walked in none.
		if begin, end := d.extent(t); n > readThrough && end-begin > readThrough {
			d.read(begin, end)
		}
		for group := 0; group*lanes < n; group++ {
			walkRows(d.nodes, root, &at, (*[lanes << narrow]uint32)(keys[group*per:]))
			first := group * lanes
			if outputs == 1 && !f.single {
				for j, v := range at[:min(lanes, n-first)] {
					out[first+j] += d.values[v]
				}
				continue
			}
			for j, v := range at[:min(lanes, n-first)] {
				f.add(t, d.values[int(v)*f.width:], out[(first+j)*outputs:(first+j+1)*outputs])
			}
		}
	}
}

// columnKeys is keys of one feature of rows of which 8 stand side by side. The
// lanes after the last row keep what was there: any key leads to a leaf.
func (d *deep) columnKeys(f int, x []float64, keys []uint32) {
	per := (d.dead + 1) * lanes
	for group := 0; group*lanes < len(x); group++ {
		values := x[group*lanes : min((group+1)*lanes, len(x))]
		of := (*[2 * lanes]uint32)(keys[group*per+2*f*lanes:])
		if d.ranks != nil {
			for lane, v := range values {
				of[lane], of[lanes+lane] = d.keysOf(f, v)
			}
			continue
		}
		for lane, v := range values {
			k := keyOf(float32(v))
			of[lane&(lanes-1)], of[lanes+lane&(lanes-1)] = k, k
			if v != v { //nolint:gocritic // NaN
				of[lane&(lanes-1)], of[lanes+lane&(lanes-1)] = leastKey, mostKey
			}
		}
	}
}

// readThrough is from how many rows and nodes on reading a tree ahead pays.
const readThrough = 512

// extent is where the nodes of a tree stand, but for the root.
func (d *deep) extent(t int) (begin, end uint32) {
	end = uint32(len(d.nodes)) //nolint:gosec // fits bounds it
	if t+1 < len(d.begin) {
		end = d.begin[t+1]
	}
	return d.begin[t], end
}

// read reads nodes in order, one of each line.
//
//go:noinline
func (d *deep) read(begin, end uint32) (all uint64) {
	for i := begin; i < end; i += line {
		all |= d.nodes[i]
	}
	return all
}

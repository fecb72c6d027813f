package forest

// Column is a feature's values in many rows, before they are cast: of one of the
// two kinds, or of none, where the feature is missing in every row. Infinities are
// missing, as NaN is.
type Column struct {
	Doubles []float64
	Singles []float32
	Stride  int // from a row's value to the next one's
}

// Lone tells whether many rows are best taken from their columns as they are given,
// by ScoresOfColumns: this is one large tree that compares float32. Where there are
// many trees, making features takes little of the time.
func (f *Forest) Lone() bool { return f.byColumns() && f.trees == 1 && f.deep.ranks == nil }

// pitch is how far a row's keys stand from the next one's where a row is a lane:
// not a power of two, as places 4096 bytes apart are one and the same to what
// matches reads with the writes before them.
const pitch = 1<<narrow + 16

// laneKeys are the keys of rows that a walk takes through a lone tree side by side.
type laneKeys [lanes * pitch]uint32

// laneColumn is where the values of a feature begin, how many bytes one row's value
// stands from the next one's, and how many bytes its keys from a row's first.
type laneColumn struct {
	values *float32
	step   uintptr
	at     uintptr
}

// ScoresOfColumns is ScoresOf of rows from first on, of a forest that is Lone.
//
// A walk through one tree is so short that what comes before it counts as much: so
// rows go from their columns to keys to a leaf 8 at a time, in the nearest cache,
// and features that the tree does not test are not read.
//
// What bounds it: a step waits for a node, and then for the key that the node names.
// Of 17 ns a row (8 columns, 20,000 leaves) the walk takes four fifths, keys a tenth.
// Where features were made for thousands of rows first, and Go did the rest, the
// same took 49: 15 for features, 10 for keys, 24 for the walk; rows by lanes in Go
// take 39.
func (f *Forest) ScoresOfColumns(columns []Column, first int, out, work []float64) {
	d, outputs := f.deep, f.outputs
	keys := (*laneKeys)(halves(work))
	for lane := range lanes {
		keys[lane*pitch+d.dead] = leastKey
	}
	var room [1 << narrow / 2]laneColumn
	singles, all := d.laneColumns(columns, room[:0])
	var at [lanes]uint32
	for rows := out; len(rows) > 0; {
		n := min(len(rows)/outputs, lanes)
		if all && n == lanes {
			fillLanes(singles, first, keys)
		} else {
			d.fillLanesInGo(columns, first, n, keys)
		}
		walkLanes(d.nodes, d.roots[0], d.sure, &at, keys)
		if outputs == 1 && !f.single {
			base := f.base[0]
			for lane, v := range at[:n] {
				rows[lane] = base + d.values[v]
			}
		} else {
			for lane, v := range at[:n] {
				to := rows[lane*outputs : (lane+1)*outputs]
				copy(to, f.base)
				f.add(0, d.values[int(v)*f.width:], to)
			}
		}
		rows, first = rows[n*outputs:], first+n
	}
	f.finish(out)
}

// features are those that nodes test, of so many, in order.
func (t *Trees) features(of int) []int32 {
	is, all := make([]bool, of), []int32(nil)
	for _, f := range t.Feature {
		if f >= 0 {
			is[f] = true
		}
	}
	for f := range is {
		if is[f] {
			all = append(all, int32(f)) //nolint:gosec // a feature
		}
	}
	return all
}

// laneColumns are the features that the tree tests; false where one of them is not
// float32.
func (d *deep) laneColumns(columns []Column, to []laneColumn) ([]laneColumn, bool) {
	for _, j := range d.tested {
		c := &columns[j]
		if len(c.Singles) == 0 {
			return nil, false
		}
		to = append(to, laneColumn{&c.Singles[0], uintptr(c.Stride) * 4, uintptr(j) * 8}) //nolint:gosec // counts from 0
	}
	return to, fillsLanes()
}

// fillLanesInGo makes the keys of up to 8 rows from first on. A lane after the last
// row keeps what it has: any key leads to a leaf.
func (d *deep) fillLanesInGo(columns []Column, first, n int, keys *laneKeys) {
	for _, j := range d.tested {
		to := keys[2*j:]
		switch c := &columns[j]; {
		case c.Singles != nil:
			fillColumn(c.Singles[first*c.Stride:], c.Stride, n, to)
		case c.Doubles != nil:
			fillColumn(c.Doubles[first*c.Stride:], c.Stride, n, to)
		default:
			for lane := range n {
				to[lane*pitch], to[lane*pitch+1] = leastKey, mostKey
			}
		}
	}
}

func fillColumn[T float32 | float64](values []T, stride, n int, keys []uint32) {
	for lane := range n {
		v, of := values[lane*stride], (*[2]uint32)(keys[lane*pitch:])
		if finite := v-v == 0; !finite { //nolint:gocritic // only NaN and infinities differ from themselves
			of[0], of[1] = leastKey, mostKey
			continue
		}
		k := keyOf(float32(v))
		of[0], of[1] = k, k
	}
}

// stepLane is step for one of several rows.
func stepLane(nodes []uint64, keys *laneKeys, p, lane uint32) uint32 {
	n := nodes[p]
	return uint32(n)>>narrow + uint32((n>>32-uint64(keys[lane*pitch+uint32(uint8(n))]))>>63) //nolint:gosec // parts of a node
}

// walkLanesInGo walks rows through one tree side by side to the places of their
// values.
func walkLanesInGo(nodes []uint64, root uint32, at *[lanes]uint32, keys *laneKeys) {
	a, b, c, d, e, f, g, h := root, root, root, root, root, root, root, root
	for before, now := uint64(0), uint64(1); before != now; {
		for range 3 {
			a, b, c, d = stepLane(nodes, keys, a, 0), stepLane(nodes, keys, b, 1), stepLane(nodes, keys, c, 2), stepLane(nodes, keys, d, 3)
			e, f, g, h = stepLane(nodes, keys, e, 4), stepLane(nodes, keys, f, 5), stepLane(nodes, keys, g, 6), stepLane(nodes, keys, h, 7)
		}
		before = uint64(a) + uint64(b) + uint64(c) + uint64(d) + uint64(e) + uint64(f) + uint64(g) + uint64(h)
		a, b, c, d = stepLane(nodes, keys, a, 0), stepLane(nodes, keys, b, 1), stepLane(nodes, keys, c, 2), stepLane(nodes, keys, d, 3)
		e, f, g, h = stepLane(nodes, keys, e, 4), stepLane(nodes, keys, f, 5), stepLane(nodes, keys, g, 6), stepLane(nodes, keys, h, 7)
		now = uint64(a) + uint64(b) + uint64(c) + uint64(d) + uint64(e) + uint64(f) + uint64(g) + uint64(h)
	}
	for lane, p := range [lanes]uint32{a, b, c, d, e, f, g, h} {
		at[lane] = uint32(nodes[p] >> 32) //nolint:gosec // a part
	}
}

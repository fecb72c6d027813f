package forest

import (
	"math"
	"unsafe"
)

// scanRow is the memory that a row needs.
type scanRow struct {
	orders [mostViews]int64 // of a row, or of a column of scanRows rows
	keys   [mostViews]uint8
	leaves [side]uint8
}

// scanBlock is the memory that several rows need.
type scanBlock struct {
	orders [mostViews]int64
	keys   [scanRows * mostViews]uint8
	leaves [together][side]uint8
}

const (
	// scanRows is how many rows take turns in a group of trees, which is in the
	// nearest cache then.
	scanRows = 32
	together = 4 // sums go on together, as each addition waits for the one before

	scanRowCells   = int(unsafe.Sizeof(scanRow{}) / 8)
	scanBlockCells = int(unsafe.Sizeof(scanBlock{}) / 8)
)

func (m *scanBlock) keysOf(row int) *[mostViews]uint8 {
	return (*[mostViews]uint8)(m.keys[row*mostViews:])
}

func scanRowOf(cells []float64) *scanRow {
	return (*scanRow)(unsafe.Pointer(&cells[:scanRowCells][0])) //nolint:gosec // numbers, and no pointers
}

func scanBlockOf(cells []float64) *scanBlock {
	return (*scanBlock)(unsafe.Pointer(&cells[:scanBlockCells][0])) //nolint:gosec // numbers, and no pointers
}

// scores adds the values that a row has in each tree.
func (s *scan) scores(f *Forest, x, out, work []float64) {
	m := scanRowOf(work)
	s.keys(x, m)
	for k := range s.groups {
		g := &s.groups[k]
		findLeaves(s.testsOf(g), s.tables, g.trees, &m.keys, &m.leaves)
		s.add(f, k, &m.leaves, out)
	}
}

func (s *scan) testsOf(g *group) []uint8 {
	return s.tests[g.first : g.first+g.places*testBytes*side]
}

// keys makes the keys of a row.
func (s *scan) keys(x []float64, m *scanRow) {
	missing := false
	for i := range s.views {
		v := x[s.views[i].feature]
		missing = missing || v != v //nolint:gocritic // NaN
		m.orders[i&(mostViews-1)] = s.orderOf(v)
	}
	rankKeys(s.ranks, 1, m.orders[:len(s.views)], m.keys[:], 1)
	if !missing {
		return
	}
	for i := range s.views {
		if v := x[s.views[i].feature]; v != v { //nolint:gocritic // NaN
			m.keys[i] = s.views[i].missing
		}
	}
}

// orderOf is order of a row's value, which is cast; -0 is before 0, and no limit.
func (s *scan) orderOf(v float64) int64 {
	if s.cast {
		v = float64(float32(v))
	}
	b := int64(math.Float64bits(v)) //nolint:gosec // the bits
	return b ^ b>>63&math.MaxInt64
}

// add adds the values that a row has in each tree of a group.
func (s *scan) add(f *Forest, at int, leaves *[side]uint8, out []float64) {
	g := &s.groups[at]
	apart, first := g.places+1, 0
	switch {
	case f.outputs > 1:
		for k, leaf := range leaves[:g.trees] {
			s.addTree(f, at*side+k, g.values+(k*apart+int(leaf))*f.width, out)
		}
	case s.singles != nil:
		sum, values := float32(out[0]), s.singles[g.values:]
		for _, leaf := range leaves[:g.trees] {
			sum += values[first+int(leaf)]
			first += apart
		}
		out[0] = float64(sum)
	default:
		sum, values := out[0], s.values[g.values:]
		for _, leaf := range leaves[:g.trees] {
			sum += values[first+int(leaf)]
			first += apart
		}
		out[0] = sum
	}
}

// addTree adds what a tree says to several scores.
func (s *scan) addTree(f *Forest, tree, at int, out []float64) {
	if s.singles != nil {
		value := [1]float64{float64(s.singles[at])}
		f.add(tree, value[:], out)
		return
	}
	f.add(tree, s.values[at:at+f.width], out)
}

// rows is scores of rows kept by columns: x[j*stride+r] is feature j of row r.
func (s *scan) rows(f *Forest, x []float64, stride int, out, work []float64) {
	m, outputs := scanBlockOf(work), f.outputs
	for first := 0; first*outputs < len(out); first += scanRows {
		n := min(scanRows, len(out)/outputs-first)
		s.blockKeys(x[first:], stride, n, m)
		for k := range s.groups {
			g := &s.groups[k]
			tests := s.testsOf(g)
			for r := 0; r < n; r += together {
				few := min(together, n-r)
				for j := range few {
					findLeaves(tests, s.tables, g.trees, m.keysOf(r+j), &m.leaves[j])
				}
				to := out[(first+r)*outputs : (first+r+few)*outputs]
				if few == together && outputs == 1 {
					s.addTogether(g, &m.leaves, (*[together]float64)(to))
					continue
				}
				for j := range few {
					s.add(f, k, &m.leaves[j], to[j*outputs:(j+1)*outputs])
				}
			}
		}
	}
}

// blockKeys makes the keys of up to scanRows rows.
func (s *scan) blockKeys(x []float64, stride, n int, m *scanBlock) {
	for i := range s.views {
		view, missing := &s.views[i], false
		values := x[int(view.feature)*stride:][:n]
		for r, v := range values {
			missing = missing || v != v //nolint:gocritic // NaN
			m.orders[r&(mostViews-1)] = s.orderOf(v)
		}
		rankKeys(s.ranks[i*rankCells:], 0, m.orders[:n], m.keys[i:], mostViews)
		if !missing {
			continue
		}
		for r, v := range values {
			if v != v { //nolint:gocritic // NaN
				m.keys[r*mostViews+i] = view.missing
			}
		}
	}
}

// addTogether is add for several rows and one score.
func (s *scan) addTogether(g *group, leaves *[together][side]uint8, out *[together]float64) {
	apart, first, last := g.places+1, 0, g.trees
	a, b, c, d := leaves[0][:last], leaves[1][:last], leaves[2][:last], leaves[3][:last]
	if s.singles != nil {
		values := s.singles[g.values:]
		w, x, y, z := float32(out[0]), float32(out[1]), float32(out[2]), float32(out[3])
		for k := range a {
			of := values[first : first+apart]
			w, x, y, z = w+of[a[k]], x+of[b[k]], y+of[c[k]], z+of[d[k]]
			first += apart
		}
		out[0], out[1], out[2], out[3] = float64(w), float64(x), float64(y), float64(z)
		return
	}
	values := s.values[g.values:]
	w, x, y, z := out[0], out[1], out[2], out[3]
	for k := range a {
		of := values[first : first+apart]
		w, x, y, z = w+of[a[k]], x+of[b[k]], y+of[c[k]], z+of[d[k]]
		first += apart
	}
	out[0], out[1], out[2], out[3] = w, x, y, z
}

// rankKeysInGo counts, for each order, the limits of a view that are less. The
// views are tables apart, the keys so many bytes.
func rankKeysInGo(ranks []int64, tables int, orders []int64, keys []uint8, apart int) {
	for i, x := range orders {
		table := ranks[i*tables*rankCells:][:rankCells]
		blocks := less(table[:rankBlock], x)
		keys[i*apart] = uint8(blocks*rankBlock + less(table[(1+blocks)*rankBlock:(2+blocks)*rankBlock], x)) //nolint:gosec // up to 255
	}
}

func less(limits []int64, x int64) int {
	n := 0
	for _, limit := range limits {
		if limit < x {
			n++
		}
	}
	return n
}

// findLeavesInGo finds the leaf of each tree of a group.
func findLeavesInGo(tests []uint8, keys *[mostViews]uint8, leaves *[side]uint8) {
	*leaves = [side]uint8{}
	for place := 1; len(tests) > 0; place++ {
		for k, leaf := range leaves {
			if tests[2*side+k] == leaf && keys[tests[k]] > tests[side+k] {
				leaves[k] = uint8(place) //nolint:gosec // up to 255
			}
		}
		tests = tests[testBytes*side:]
	}
}

package tree

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// several makes nodes of a local space of some columns, one of which has no list,
// with so many codes.
func several(t testing.TB, random *rand.Rand, rows, codes int) (*space, *plan) {
	t.Helper()
	p := &plan{columns: make([]column, 5)}
	p.columns[2].counted = true
	p.ids = []uint16{5}
	s := newLocal(p, rows)
	s.weight = 1
	s.measure(-4, 4, 3*float64(rows), 52)
	s.ids = s.listRoom[:rows]
	s.lists[5] = s.ids
	at := rows
	for k := range p.columns {
		if s.starts[k] = -1; p.columns[k].counted {
			continue
		}
		s.starts[k], s.lists[k] = int32(at), s.listRoom[at:at+rows] //nolint:gosec // a few thousand
		at += rows
	}
	for i := range rows {
		s.fixed[i] = s.of(random.NormFloat64(), 1+random.Int64N(3))
		s.masses[i] = mass{float64(s.fixed[i].sum), s.fixed[i].total()}
		s.ids[i] = uint32(i)              //nolint:gosec // below 2^16
		s.side[i] = uint8(random.IntN(2)) //nolint:gosec // 0 or 1
		for k, list := range s.lists {
			if list != nil && k < 5 {
				list[i] = uint32(random.IntN(codes)*(k+1))<<16 | uint32(i) //nolint:gosec // below 2^32
			}
		}
	}
	return s, p
}

// What the vector instructions find is what Go's loops find, to the last bit; and
// neither touches what is outside the node.
func TestListsOfANodeAtOnce(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6)) //nolint:gosec // a reproducible draw is the point
	for trial := range 600 {
		rows := 2 + random.IntN(40)
		if trial%20 == 0 {
			rows += 500
		}
		s, p := several(t, random, rows, []int{1, 2, 5, 10_000}[trial%4])
		lo := random.IntN(rows - 1)
		hi := min(rows, lo+2+random.IntN(rows-lo))
		live := []uint16{4, 0, 2, 1, 3}
		var total cell
		for _, e := range s.lists[0][lo:hi] {
			total = total.plus(s.fixed[uint16(e)]) //nolint:gosec // the low half is the row
		}
		for _, k := range live {
			if s.lists[k] == nil {
				continue
			}
			// The node's rows are the same in all columns.
			for i, e := range s.lists[0][lo:hi] {
				s.lists[k][lo+i] = s.lists[k][lo+i]&^0xffff | e&0xffff
			}
			slices.Sort(s.lists[k][lo:hi])
		}
		for minRows := range 4 {
			at, want := make([]found, len(live)), make([]found, len(live))
			s.scanLists(lo, hi, live, total, minRows+1, at)
			s.scanPlain(lo, hi, live, total, minRows+1, want)
			for i := range at {
				if hi-lo < 2*minRows+2 {
					want[i].score, at[i].score = -1, min(at[i].score, -1)
				}
				if math.Float64bits(at[i].score) != math.Float64bits(want[i].score) || want[i].score >= 0 && at[i].at != want[i].at {
					t.Fatalf("%d rows, at least %d a side, column %d: the best cut is after %d and gains %g, in Go's loop after %d and gains %g",
						hi-lo, minRows+1, live[i], at[i].at, at[i].score, want[i].at, want[i].score)
				}
			}
		}
		for _, keep := range [][2]bool{{true, true}, {true, false}, {false, true}} {
			before := slices.Clone(s.listRoom)
			s.divideLists(lo, hi, live, 1, keep[0], keep[1])
			s.divideLists(lo, hi, p.ids, 1, keep[0], keep[1])
			divided := slices.Clone(s.listRoom)
			for k, start := range s.starts {
				if start < 0 {
					continue
				}
				list := before[start : int(start)+rows]
				want := slices.Clone(list)
				if k != 1 {
					var sides [2][]uint32
					for _, e := range list[lo:hi] {
						side := s.side[uint16(e)] //nolint:gosec // the low half is the row
						sides[side] = append(sides[side], e)
					}
					copy(want[lo:], append(slices.Clone(sides[0]), sides[1]...))
					got := divided[start : int(start)+rows]
					if !keep[0] {
						copy(want[lo:], got[lo:lo+len(sides[0])])
					}
					if !keep[1] {
						copy(want[lo+len(sides[0]):], got[lo+len(sides[0]):hi])
					}
				}
				if got := divided[start : int(start)+rows]; !slices.Equal(got, want) {
					t.Fatalf("rows %d to %d of %d, column %d: divided\n%x\nwant\n%x", lo, hi, rows, k, got, want)
				}
			}
			copy(s.listRoom, before)
		}
	}
}

package frame

import (
	"iter"
	"math"
)

// Numbers is the values of a Number, Bool or Time column as they are read: as
// float64, whichever way the column keeps them. Loops over many values take them
// block by block; what needs all of them in one piece asks for Floats.
type Numbers struct {
	doubles []float64
	singles []float32
}

// Doubles are numbers that are float64.
func Doubles(values []float64) Numbers { return Numbers{doubles: values} }

// Singles are numbers that are float32.
func Singles(values []float32) Numbers { return Numbers{singles: values} }

// Numbers is the column's values; there are none in a Category.
func (c *Column) Numbers() Numbers { return Numbers{doubles: c.Values, singles: c.Singles} }

// Value is the number in row i, which a Category does not have.
func (c *Column) Value(i int) float64 {
	if c.Singles != nil {
		return float64(c.Singles[i])
	}
	return c.Values[i]
}

// Len is how many there are.
func (n Numbers) Len() int { return len(n.doubles) + len(n.singles) }

// At is the i-th.
func (n Numbers) At(i int) float64 {
	if n.singles != nil {
		return float64(n.singles[i])
	}
	return n.doubles[i]
}

// All goes over all of them.
func (n Numbers) All() iter.Seq2[int, float64] {
	return func(yield func(int, float64) bool) {
		for i, v := range n.doubles { // one of the two is empty
			if !yield(i, v) {
				return
			}
		}
		for i, v := range n.singles {
			if !yield(i, float64(v)) {
				return
			}
		}
	}
}

// Blocks goes over all of them, so many at a time as room has places for: the
// place of the first, and the block as Block gives it.
func (n Numbers) Blocks(room []float64) iter.Seq2[int, []float64] {
	return func(yield func(int, []float64) bool) {
		for first := 0; first < n.Len(); first += len(room) {
			if !yield(first, n.Block(first, min(first+len(room), n.Len()), room)) {
				return
			}
		}
	}
}

// Block is those from first to end, end not included: where they are kept as
// float64 that very memory, which is not to be changed, else in room, which has a
// place for each.
func (n Numbers) Block(first, end int, room []float64) []float64 {
	if n.singles == nil {
		return n.doubles[first:end]
	}
	room = room[:end-first]
	widen(room, n.singles[first:end])
	return room
}

// Copy fills to with the numbers from first on.
func (n Numbers) Copy(to []float64, first int) {
	if n.singles == nil {
		copy(to, n.doubles[first:first+len(to)])
		return
	}
	widen(to, n.singles[first:first+len(to)])
}

// Floats is all of them in one piece: where they are kept as float64 that very
// memory, which is not to be changed, else a copy.
func (n Numbers) Floats() []float64 {
	if n.singles == nil {
		return n.doubles
	}
	all := make([]float64, len(n.singles))
	widen(all, n.singles)
	return all
}

// Present copies those that are not missing.
func (n Numbers) Present() []float64 {
	present := make([]float64, 0, n.Len())
	for _, v := range n.All() {
		if !math.IsNaN(v) {
			present = append(present, v)
		}
	}
	return present
}

// Kept is the numbers as they are kept, one of the two nil: for loops that are
// worth having for both.
func (n Numbers) Kept() (doubles []float64, singles []float32) { return n.doubles, n.singles }

// Same tells whether both are the same memory.
func (n Numbers) Same(other Numbers) bool {
	return same(n.doubles, other.doubles) && same(n.singles, other.singles)
}

func same[T any](a, b []T) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// widenPlain is widen as it is on any processor. to is as long as from.
func widenPlain(to []float64, from []float32) {
	to = to[:len(from)]
	for i, v := range from {
		to[i] = float64(v)
	}
}

// exact tells whether every value is a float32, or missing.
func exact(values []float64) bool {
	for _, v := range values {
		if float64(float32(v)) != v && !math.IsNaN(v) {
			return false
		}
	}
	return true
}

// narrow writes values that are exact. to is as long as from.
func narrow(to []float32, from []float64) {
	to = to[:len(from)]
	for i, v := range from {
		to[i] = float32(v)
	}
}

// gathering is numbers that come piece by piece. They are kept as float32 for as
// long as all of them are that exactly.
type gathering struct {
	Numbers
	wide bool
}

// take appends the next values; about so many are expected in all.
func (g *gathering) take(values []float64, expected int) {
	if !g.wide && exact(values) {
		at := len(g.singles)
		g.singles = roomFor(g.singles, len(values), expected)[:at+len(values)]
		narrow(g.singles[at:], values)
		return
	}
	if !g.wide {
		g.wide = true
		if before := len(g.singles); before > 0 {
			g.doubles = make([]float64, before, max(before+len(values), expected))
			widen(g.doubles, g.singles)
		}
		g.singles = nil
	}
	g.doubles = append(roomFor(g.doubles, len(values), expected), values...)
}

// takeMissing appends rows without a value.
func (g *gathering) takeMissing(rows, expected int) {
	if g.wide {
		g.doubles = roomFor(g.doubles, rows, expected)
		for range rows {
			g.doubles = append(g.doubles, math.NaN())
		}
		return
	}
	g.singles = roomFor(g.singles, rows, expected)
	for range rows {
		g.singles = append(g.singles, float32(math.NaN()))
	}
}

// keep makes the column keep what was gathered; of what was read in one piece see
// keepFloats.
func (c *Column) keep(n Numbers) { c.Values, c.Singles = n.doubles, n.singles }

// keepFloats makes the column keep values, as float32 where they are that exactly.
func (c *Column) keepFloats(values []float64) {
	if !exact(values) {
		c.Values, c.Singles = values, nil
		return
	}
	c.Values, c.Singles = nil, make([]float32, len(values))
	narrow(c.Singles, values)
}

package frame

// widenVectors takes a multiple of eight numbers. It uses SSE2 alone, which every
// processor of this kind has.
//
//go:noescape
func widenVectors(to *float64, from *float32, n int)

// widen writes from as float64. to is as long as from. Bound by arithmetic where
// the numbers are near: about a quarter of the time of the loop that the compiler
// makes.
func widen(to []float64, from []float32) {
	whole := len(from) &^ 7
	to = to[:len(from)]
	if whole > 0 {
		widenVectors(&to[0], &from[0], whole)
	}
	widenPlain(to[whole:], from[whole:])
}

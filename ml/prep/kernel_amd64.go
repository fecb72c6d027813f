package prep

import "golang.org/x/sys/cpu"

// vectors tells whether this processor has the instructions of kernel_amd64.s.
var vectors = cpu.X86.HasAVX2 && cpu.X86.HasPOPCNT

//go:noescape
func tallyVectors(t *tally, values *float64, n int, shift float64)

//go:noescape
func gatherVectors(values *float64, n int, low, high float64, to *float64) (inside, below int)

func (t *tally) add(values []float64, shift float64) {
	whole := 0
	if vectors && len(values) >= 8 {
		whole = len(values) &^ 7
		tallyVectors(t, &values[0], whole, shift)
	}
	t.addPlain(values[whole:], shift)
}

func gather(values []float64, low, high float64, to []float64) (inside, below int) {
	whole := 0
	if vectors && len(values) >= 4 {
		to = to[:len(values)]
		whole = len(values) &^ 3
		inside, below = gatherVectors(&values[0], whole, low, high, &to[0])
	}
	more, under := gatherPlain(values[whole:], low, high, to[inside:])
	return inside + more, below + under
}

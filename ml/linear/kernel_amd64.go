package linear

import "golang.org/x/sys/cpu"

// vectors tells whether this processor has the instructions of kernel_amd64.s.
var vectors = cpu.X86.HasAVX2 && cpu.X86.HasFMA

//go:noescape
func tileVectors(a *[4]*[block]float64, b *[3]*[block]float64, sums *[12]float64)

//go:noescape
func add4Vectors(to, a, b, c, d *[block]float64, w *float64)

//go:noescape
func dot4Vectors(v, a, b, c, d *[block]float64, sums *[4]float64)

//go:noescape
func scaleVectors(to, from *float64, n int, impute, center, inverse float64)

//go:noescape
func dotVectors(a, b *float64, n int) float64

//go:noescape
func axpyVectors(c float64, from, to *float64, n int)

func tile(a *[4]*[block]float64, b *[3]*[block]float64, sums *[12]float64) {
	if vectors {
		tileVectors(a, b, sums)
		return
	}
	tilePlain(a, b, sums)
}

func add4(to, a, b, c, d *[block]float64, w []float64) {
	if vectors {
		add4Vectors(to, a, b, c, d, &w[:4][0])
		return
	}
	add4Plain(to, a, b, c, d, w)
}

func dot4(v, a, b, c, d *[block]float64, to []float64) {
	if !vectors {
		dot4Plain(v, a, b, c, d, to)
		return
	}
	var sums [4]float64
	dot4Vectors(v, a, b, c, d, &sums)
	for i, s := range sums {
		to[i] += s
	}
}

// short is the length below which a call costs more than it saves.
const short = 32

func scale(to, from []float64, impute, center, inverse float64) {
	whole := 0
	if vectors && len(to) >= short {
		whole = len(to) &^ 3
		from = from[:len(to)]
		scaleVectors(&to[0], &from[0], whole, impute, center, inverse)
	}
	scalePlain(to[whole:], from[whole:], impute, center, inverse)
}

func dot(a, b []float64) float64 {
	if !vectors || len(a) < short {
		return dotPlain(a, b)
	}
	b = b[:len(a)]
	whole := len(a) &^ 15
	return dotVectors(&a[0], &b[0], whole) + dotPlain(a[whole:], b[whole:])
}

func axpy(c float64, from, to []float64) {
	if !vectors || len(from) < short {
		axpyPlain(c, from, to)
		return
	}
	to = to[:len(from)]
	whole := len(from) &^ 15
	axpyVectors(c, &from[0], &to[0], whole)
	axpyPlain(c, from[whole:], to[whole:])
}

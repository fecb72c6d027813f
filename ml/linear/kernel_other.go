//go:build !amd64

package linear

func tile(a *[4]*[block]float64, b *[3]*[block]float64, sums *[12]float64) { tilePlain(a, b, sums) }

func add4(to, a, b, c, d *[block]float64, w []float64) { add4Plain(to, a, b, c, d, w) }

func dot4(v, a, b, c, d *[block]float64, to []float64) { dot4Plain(v, a, b, c, d, to) }

func scale(to, from []float64, impute, center, inverse float64) {
	scalePlain(to, from, impute, center, inverse)
}

func dot(a, b []float64) float64 { return dotPlain(a, b) }

func axpy(c float64, from, to []float64) { axpyPlain(c, from, to) }

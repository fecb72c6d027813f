package linear

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Both twins of every loop must compute the same up to the order of the sums.
func TestKernelsAgree(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	columns := make([][block]float64, 8)
	for j := range columns {
		for i := range columns[j] {
			columns[j][i] = random.NormFloat64()
		}
	}
	near := func(what string, a, b float64) {
		t.Helper()
		if !(math.Abs(a-b) <= 1e-12*(1+math.Abs(b))) {
			t.Errorf("%s: %g and %g", what, a, b)
		}
	}
	left := [4]*[block]float64{&columns[0], &columns[1], &columns[2], &columns[3]}
	right := [3]*[block]float64{&columns[4], &columns[5], &columns[6]}
	var got, want [12]float64
	tile(&left, &right, &got)
	tilePlain(&left, &right, &want)
	for r, a := range left {
		for c, b := range right {
			sum := 0.0
			for i := range a {
				sum += a[i] * b[i]
			}
			near("tile", got[4*c+r], sum)
			near("tilePlain", want[4*c+r], sum)
		}
	}
	w := []float64{1, -2, 0.5, 3}
	a, b := columns[7], columns[7]
	add4(&a, left[0], left[1], left[2], left[3], w)
	add4Plain(&b, left[0], left[1], left[2], left[3], w)
	sums, plain := make([]float64, 4), make([]float64, 4)
	dot4(right[0], left[0], left[1], left[2], left[3], sums)
	dot4Plain(right[0], left[0], left[1], left[2], left[3], plain)
	for i := range a {
		near("add4", a[i], b[i])
		near("dot4", sums[i%4], plain[i%4])
	}
	for n := range block {
		x, y := columns[0][:n], columns[1][:n]
		near("dot", dot(x, y), dotPlain(x, y))
		a, b := columns[2], columns[2]
		axpy(0.7, x, a[:n])
		axpyPlain(0.7, x, b[:n])
		from := columns[3]
		from[n/2] = math.NaN()
		var to, other [block]float64
		scale(to[:n], from[:n], 0.25, 1, 2)
		scalePlain(other[:n], from[:n], 0.25, 1, 2)
		for i := range a {
			near("axpy", a[i], b[i])
			near("scale", to[i], other[i])
		}
	}
}

func BenchmarkProducts(b *testing.B) {
	columns := make([][block]float64, 30)
	to := make([]float64, 900)
	b.SetBytes(int64(30 * block * 8))
	for b.Loop() {
		products(columns, columns, to, 30)
	}
	b.ReportMetric(float64(b.N)*30*31/2*block/b.Elapsed().Seconds()/1e9, "Gmuladd/s")
}

func BenchmarkTilePlain(b *testing.B) {
	columns := make([][block]float64, 7)
	left := [4]*[block]float64{&columns[0], &columns[1], &columns[2], &columns[3]}
	right := [3]*[block]float64{&columns[4], &columns[5], &columns[6]}
	var sums [12]float64
	for b.Loop() {
		tilePlain(&left, &right, &sums)
	}
	b.ReportMetric(float64(b.N)*12*block/b.Elapsed().Seconds()/1e9, "Gmuladd/s")
}

func BenchmarkDot(b *testing.B) {
	x, y := make([]float64, 256), make([]float64, 256)
	for b.Loop() {
		_ = dot(x, y)
	}
	b.ReportMetric(float64(b.N)*256/b.Elapsed().Seconds()/1e9, "Gmuladd/s")
}

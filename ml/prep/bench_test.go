package prep_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/prep"
)

// million is a million rows of 28 numbers and a category.
func million(b *testing.B) (*frame.Frame, learn.Target) {
	const rows = 1_000_000
	random := rand.New(rand.NewPCG(1, 1))
	var columns []*frame.Column
	for k := range 28 {
		c := number(fmt.Sprint("x", k), make([]float64, rows)...)
		for i := range c.Values {
			c.Values[i] = random.NormFloat64()
		}
		columns = append(columns, c)
	}
	town := &frame.Column{Name: "town", Kind: frame.Category, Codes: make([]int32, rows)}
	for k := range 20 {
		town.Levels = append(town.Levels, fmt.Sprintf("town %02d", k))
	}
	for i := range town.Codes {
		town.Codes[i] = int32(random.IntN(20))
	}
	f, err := frame.New(append(columns, town)...)
	if err != nil {
		b.Fatal(err)
	}
	return f, learn.Regression("y", columns[0].Values)
}

// Bound by memory: 28 columns are read three times to fit (statistics, mean,
// deviation), and once to write 48 features of 8 bytes.
func BenchmarkPrepareMatrix(b *testing.B) {
	f, target := million(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := prep.PrepareMatrix(f, target, prep.Config{}); err != nil {
			b.Fatal(err)
		}
	}
}

// Numbers are shared with the frame: what it costs is their statistics.
func BenchmarkPrepareTable(b *testing.B) {
	f, target := million(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := prep.PrepareTable(f, target, prep.Config{}); err != nil {
			b.Fatal(err)
		}
	}
}

package stage

import "math"

// Tables adds up what a table says of each cell: naive Bayes of categories. A
// cell that no row of its table is for makes every sum missing.
type Tables struct {
	Bias   []float64   // per cell out
	Tables [][]float64 // per cell in: of category k the numbers k*len(Bias) to (k+1)*len(Bias)
}

// Check wants a table per cell.
func (t *Tables) Check(in int) (int, error) {
	if len(t.Tables) != in || len(t.Bias) == 0 {
		return 0, wrong("there are %d tables for %d cells, and %d sums", len(t.Tables), in, len(t.Bias))
	}
	for j := range t.Tables {
		if len(t.Tables[j])%len(t.Bias) != 0 {
			return 0, wrong("table %d has %d numbers, which are no rows of %d", j, len(t.Tables[j]), len(t.Bias))
		}
	}
	return len(t.Bias), nil
}

// Work is nothing.
func (t *Tables) Work(int) int { return 0 }

// Apply looks up.
func (t *Tables) Apply(in, out, _ []float64) {
	copy(out, t.Bias)
	for j, x := range in {
		at := math.Trunc(x)
		if !(at >= 0 && at < float64(len(t.Tables[j])/len(out))) {
			for k := range out {
				out[k] = math.NaN()
			}
			return
		}
		for k, v := range t.Tables[j][int(at)*len(out) : (int(at)+1)*len(out)] {
			out[k] += v
		}
	}
}

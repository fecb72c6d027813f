//go:build !amd64

package prep

func (t *tally) add(values []float64, shift float64) { t.addPlain(values, shift) }

func gather(values []float64, low, high float64, to []float64) (inside, below int) {
	return gatherPlain(values, low, high, to)
}

package stage

import (
	"math"
	"slices"
)

// Metric is how far two vectors are from each other.
type Metric struct {
	Kind  string    // one of the kinds
	P     float64   // minkowski
	Scale []float64 // minkowski: a weight per number; seuclidean: its variance
	Form  []float64 // mahalanobis: the rows of A
}

// The kinds of metrics, by scikit-learn's names.
const (
	Euclidean    = "euclidean"
	SqEuclidean  = "sqeuclidean"
	SEuclidean   = "seuclidean"    // sqrt(Σ (x-y)²/Scale)
	Mahalanobis  = "mahalanobis"   // sqrt((x-y)'A(x-y))
	NaNEuclidean = "nan_euclidean" // of the numbers that both have, times all over those
	Manhattan    = "manhattan"
	Chebyshev    = "chebyshev"
	Minkowski    = "minkowski"  // (Σ Scale |x-y|^P)^(1/P)
	Cosine       = "cosine"     // 1 - x·y over both lengths
	Canberra     = "canberra"   // Σ |x-y|/(|x|+|y|)
	BrayCurtis   = "braycurtis" // Σ |x-y| / Σ (|x|+|y|)
	Hamming      = "hamming"    // the share of numbers that differ
	Haversine    = "haversine"  // of (latitude, longitude) in radians, on a sphere of radius 1
)

var metricKinds = []string{
	Euclidean, SqEuclidean, SEuclidean, Mahalanobis, NaNEuclidean, Manhattan, Chebyshev, Minkowski, Cosine, Canberra, BrayCurtis, Hamming, Haversine,
}

// IsMetric tells whether there is a metric of that kind.
func IsMetric(kind string) bool { return slices.Contains(metricKinds, kind) }

func (m *Metric) check(in int) error {
	switch {
	case !IsMetric(m.Kind):
		return wrong("there is no metric %q", m.Kind)
	case m.Kind == Minkowski && !(m.P > 0):
		return wrong("the metric's p is %v", m.P)
	case m.Kind == SEuclidean && m.Scale == nil, m.Scale != nil && len(m.Scale) != in:
		return wrong("the metric has %d weights for %d cells", len(m.Scale), in)
	case m.Kind == Mahalanobis && len(m.Form) != in*in:
		return wrong("the metric's matrix has %d numbers for %d cells", len(m.Form), in)
	case m.Kind == Haversine && in != 2:
		return wrong("haversine is of latitude and longitude, there are %d cells", in)
	}
	return nil
}

// rank is a number that grows with the distance and is cheaper: the square of
// the Euclidean one. It may stop early above limit.
func (m *Metric) rank(x, y []float64, limit float64) float64 {
	switch m.Kind {
	case Euclidean, SqEuclidean:
		return squaresUpTo(x, y, limit)
	case SEuclidean:
		sum := 0.0
		for j, v := range y {
			sum += (x[j] - v) * (x[j] - v) / m.Scale[j]
		}
		return sum
	case NaNEuclidean:
		return nanSquares(x, y)
	case Manhattan:
		return absolutes(x, y)
	case Chebyshev:
		most := 0.0
		for j, v := range y {
			most = max(most, math.Abs(x[j]-v))
		}
		return most
	case Minkowski:
		return m.minkowski(x, y)
	}
	return m.special(x, y)
}

// distance is what a rank stands for.
func (m *Metric) distance(rank float64) float64 {
	switch m.Kind {
	case Euclidean, SEuclidean, Mahalanobis, NaNEuclidean:
		return math.Sqrt(rank)
	case Minkowski:
		return math.Pow(rank, 1/m.P)
	case Haversine:
		return 2 * math.Asin(math.Sqrt(rank))
	}
	return rank
}

// ranked is the rank that a distance has.
func (m *Metric) ranked(distance float64) float64 {
	switch m.Kind {
	case Euclidean, SEuclidean, Mahalanobis, NaNEuclidean:
		return distance * distance
	case Minkowski:
		return math.Pow(distance, m.P)
	case Haversine:
		s := math.Sin(distance / 2)
		return s * s
	}
	return distance
}

// squaresUpTo looks every 16 numbers whether it is far enough already.
func squaresUpTo(x, y []float64, limit float64) float64 {
	sum := 0.0
	for len(y) > 16 {
		if sum += squares(x[:16], y[:16]); sum > limit {
			return sum
		}
		x, y = x[16:], y[16:]
	}
	return sum + squares(x, y)
}

func nanSquares(x, y []float64) float64 {
	sum, present := 0.0, 0
	for j, v := range y {
		if d := x[j] - v; !math.IsNaN(d) {
			sum += d * d
			present++
		}
	}
	if present == 0 {
		return math.NaN()
	}
	return sum / float64(present) * float64(len(y))
}

func absolutes(x, y []float64) float64 {
	sum := 0.0
	for j, v := range y {
		sum += math.Abs(x[j] - v)
	}
	return sum
}

func (m *Metric) minkowski(x, y []float64) float64 {
	sum := 0.0
	for j, v := range y {
		d := power(math.Abs(x[j]-v), m.P)
		if m.Scale != nil {
			d *= m.Scale[j]
		}
		sum += d
	}
	return sum
}

// special is the metrics that few ask for.
func (m *Metric) special(x, y []float64) float64 {
	var sum, whole float64
	switch m.Kind {
	case Cosine:
		lengths := math.Sqrt(dot(x, x)) * math.Sqrt(dot(y, y))
		if lengths == 0 {
			return 1
		}
		return min(max(1-dot(x, y)/lengths, 0), 2)
	case Canberra:
		for j, v := range y {
			if both := math.Abs(x[j]) + math.Abs(v); both > 0 {
				sum += math.Abs(x[j]-v) / both
			}
		}
	case BrayCurtis:
		for j, v := range y {
			sum += math.Abs(x[j] - v)
			whole += math.Abs(x[j]) + math.Abs(v)
		}
		if whole > 0 {
			sum /= whole
		}
	case Mahalanobis:
		for i, v := range y {
			for j, a := range m.Form[i*len(y) : (i+1)*len(y)] {
				sum += (x[i] - v) * a * (x[j] - y[j])
			}
		}
	case Hamming:
		for j, v := range y {
			if x[j] != v {
				sum++
			}
		}
		sum /= float64(len(y))
	case Haversine:
		a, b := math.Sin((x[0]-y[0])/2), math.Sin((x[1]-y[1])/2)
		sum = a*a + math.Cos(x[0])*math.Cos(y[0])*b*b
	}
	return sum
}

// Distances is how far a vector is from each of many.
type Distances struct {
	Metric Metric
	Points []float64 // row by row, each as wide as the cells
}

// Check wants points as wide as the cells.
func (d *Distances) Check(in int) (int, error) {
	if err := d.Metric.check(in); err != nil {
		return 0, err
	}
	return rows("points", d.Points, in)
}

// Work is nothing.
func (d *Distances) Work(int) int { return 0 }

// Apply measures.
func (d *Distances) Apply(in, out, _ []float64) {
	for i := range out {
		out[i] = d.Metric.distance(d.Metric.rank(in, d.Points[i*len(in):(i+1)*len(in)], math.Inf(1)))
	}
}

// Smallest is the place of the smallest cell, the first of equals.
type Smallest struct{}

// Check wants a cell.
func (Smallest) Check(in int) (int, error) {
	_, err := some(in)
	return 1, err
}

// Work is nothing.
func (Smallest) Work(int) int { return 0 }

// Apply looks.
func (Smallest) Apply(in, out, _ []float64) {
	at := 0
	for k, v := range in {
		if v < in[at] {
			at = k
		}
	}
	out[0] = float64(at)
}

package stage

import (
	"math"
	"sort"
)

// The ways of going on beyond the first and the last knot.
const (
	SplineContinue = "continue"
	SplineConstant = "constant"
	SplineLinear   = "linear"
	SplinePeriodic = "periodic"
)

// Spline is the B-splines of one cell: the value of each at x. Basis functions
// follow de Boor's recursion (A Practical Guide to Splines, chapter X).
type Spline struct {
	Knots  []float64
	Degree int
	// Weights mix the basis functions: a row of Splines numbers per function.
	Weights []float64
	Splines int
}

// Splines replaces every cell by the values of its splines (scikit-learn,
// SplineTransformer).
type Splines struct {
	Cells  []Spline
	Beyond string
	Bias   bool // the last spline of each cell is given too
	// ZeroMissing gives zeros for a missing value, which otherwise is missing.
	ZeroMissing bool
}

const maxDegree = 20

// Check holds knots, degree and weights to each other.
func (s *Splines) Check(in int) (int, error) {
	if len(s.Cells) != in {
		return 0, wrong("there are splines for %d cells of %d", len(s.Cells), in)
	}
	switch s.Beyond {
	case SplineContinue, SplineConstant, SplineLinear, SplinePeriodic:
	default:
		return 0, wrong("there is no way %q of going on", s.Beyond)
	}
	out := 0
	for j := range s.Cells {
		c := &s.Cells[j]
		n := len(c.Knots) - c.Degree - 1
		switch {
		case c.Degree < 0 || c.Degree > maxDegree || n < c.Degree+1:
			return 0, wrong("cell %d has splines of degree %d over %d knots", j, c.Degree, len(c.Knots))
		case c.Splines < c.Degree || c.Splines < 1 || c.Splines > len(c.Weights) || len(c.Weights) != n*c.Splines:
			return 0, wrong("cell %d has %d weights for %d splines", j, len(c.Weights), c.Splines)
		case !sort.Float64sAreSorted(c.Knots) || !(c.Knots[c.Degree] < c.Knots[n]):
			return 0, wrong("the knots of cell %d are out of order", j)
		}
		out += s.width(c)
	}
	return out, nil
}

func (s *Splines) width(c *Spline) int {
	if s.Bias {
		return c.Splines
	}
	return c.Splines - 1
}

// Width is how many splines a cell becomes.
func (s *Splines) Width(cell int) int { return s.width(&s.Cells[cell]) }

// Work is room for the basis functions, and the splines and slopes of one cell.
func (s *Splines) Work(int) int {
	most := 0
	for j := range s.Cells {
		most = max(most, s.Cells[j].Splines)
	}
	return 3*most + 2*(maxDegree+1)
}

// Apply computes the splines of every cell.
func (s *Splines) Apply(in, out, work []float64) {
	at := 0
	for j, x := range in {
		c := &s.Cells[j]
		values, rest := work[:c.Splines], work[c.Splines:]
		s.one(c, x, values, rest)
		at += copy(out[at:at+s.width(c)], values)
	}
}

func (s *Splines) one(c *Spline, x float64, values, work []float64) {
	first, last := c.Knots[c.Degree], c.Knots[len(c.Knots)-c.Degree-1]
	clear(values)
	switch {
	case math.IsNaN(x):
		if !s.ZeroMissing {
			for k := range values {
				values[k] = x
			}
		}
		return
	case s.Beyond == SplinePeriodic:
		period := last - first
		over := math.Mod(x-first, period)
		if over < 0 {
			over += period
		}
		c.at(first+over, 0, values, work)
		return
	case s.Beyond == SplineContinue || first <= x && x <= last:
		c.at(x, 0, values, work)
		return
	}
	edge := last
	if x < first {
		edge = first
	}
	reach := c.Degree // how many splines at that end go on
	ends, slopes, rest := work[:c.Splines], work[c.Splines:2*c.Splines], work[2*c.Splines:]
	c.at(edge, 0, ends, rest)
	clear(slopes)
	if s.Beyond == SplineLinear {
		c.at(edge, 1, slopes, rest)
		if c.Degree <= 1 { // the slope of a line is of two splines
			reach++
		}
	}
	for j := range min(reach, c.Splines) {
		k := j
		if edge == last {
			k = c.Splines - 1 - j
		}
		values[k] = ends[k] + (x-edge)*slopes[k]
	}
}

// at computes all splines at x, or their slopes (derivative 1).
func (c *Spline) at(x float64, derivative int, values, work []float64) {
	clear(values)
	n := len(c.Knots) - c.Degree - 1
	// The interval of x: the last one also holds the last knot, and what lies
	// beyond is continued from the outermost ones.
	t := sort.Search(n, func(i int) bool { return c.Knots[i] > x }) - 1
	t = min(max(t, c.Degree), n-1)
	for t > c.Degree && c.Knots[t] == c.Knots[t+1] {
		t--
	}
	basis := work[:c.Degree+1]
	c.basis(x, t, derivative, basis)
	for i, b := range basis {
		row := c.Weights[(t-c.Degree+i)*c.Splines:][:c.Splines]
		for k, w := range row {
			values[k] += b * w
		}
	}
}

// basis computes the Degree+1 functions that are not 0 in interval t.
func (c *Spline) basis(x float64, t, derivative int, h []float64) {
	degree := c.Degree
	clear(h)
	if degree == 0 && derivative > 0 {
		return
	}
	h[0] = 1
	var before [maxDegree + 1]float64
	for j := 1; j <= degree; j++ {
		copy(before[:j], h[:j])
		h[0] = 0
		for k := 1; k <= j; k++ {
			right, left := c.Knots[t+k], c.Knots[t+k-j]
			if right == left {
				h[k] = 0
				continue
			}
			share := before[k-1] / (right - left)
			if derivative > 0 && j == degree { // the last step is differentiated
				h[k-1] -= float64(j) * share
				h[k] = float64(j) * share
				continue
			}
			h[k-1] += share * (right - x)
			h[k] = share * (x - left)
		}
	}
}

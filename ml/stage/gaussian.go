package stage

import "math"

// Covariance is a kernel of Gaussian processes, as an expression (Rasmussen &
// Williams, Gaussian Processes for Machine Learning, section 4.2).
type Covariance struct {
	Kind   string       // one of the kinds
	Of     []Covariance // what a sum, a product or a power is made of
	Length []float64    // the scale of all numbers, or of each
	A, B   float64
}

// The kinds of covariances. r is |x-y| in units of Length.
const (
	CovarianceSum       = "sum"
	CovarianceProduct   = "product"
	CovariancePower     = "power"    // Of[0]^A
	CovarianceConstant  = "constant" // A
	CovarianceRBF       = "rbf"      // exp(-r²/2)
	CovarianceMatern    = "matern"   // of smoothness A: 0.5, 1.5, 2.5
	CovarianceRational  = "rational" // (1 + r²/2A)^-A
	CovariancePeriodic  = "periodic" // exp(-2 (sin(π|x-y|/A)/B)²)
	CovarianceInner     = "inner"    // x·y + A²
	CovarianceNothing   = "nothing"  // 0: white noise between different rows
	maxCovarianceNested = 50         // expressions within expressions
)

func (c *Covariance) check(in, depth int) error {
	arguments := 0
	switch c.Kind {
	case CovarianceSum, CovarianceProduct:
		arguments = 2
	case CovariancePower:
		arguments = 1
	case CovarianceRBF, CovarianceRational, CovarianceMatern:
		if len(c.Length) != 1 && len(c.Length) != in {
			return wrong("the kernel %s has %d scales for %d cells", c.Kind, len(c.Length), in)
		}
		if c.Kind == CovarianceMatern && c.A != 0.5 && c.A != 1.5 && c.A != 2.5 {
			return wrong("a Matérn kernel of smoothness %v has no closed form", c.A)
		}
	case CovarianceConstant, CovariancePeriodic, CovarianceInner, CovarianceNothing:
	default:
		return wrong("there is no kernel %q", c.Kind)
	}
	if len(c.Of) != arguments || depth > maxCovarianceNested {
		return wrong("the kernel %s is made of %d others, %d deep", c.Kind, len(c.Of), depth)
	}
	for k := range c.Of {
		if err := c.Of[k].check(in, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (c *Covariance) of(x, y []float64) float64 {
	switch c.Kind {
	case CovarianceSum:
		return c.Of[0].of(x, y) + c.Of[1].of(x, y)
	case CovarianceProduct:
		return c.Of[0].of(x, y) * c.Of[1].of(x, y)
	case CovariancePower:
		return math.Pow(c.Of[0].of(x, y), c.A)
	case CovarianceConstant:
		return c.A
	case CovarianceRBF:
		return math.Exp(-0.5 * c.scaled(x, y))
	case CovarianceRational:
		return math.Pow(1+c.scaled(x, y)/(2*c.A), -c.A)
	case CovarianceMatern:
		return matern(c.A, math.Sqrt(c.scaled(x, y)))
	case CovariancePeriodic:
		s := math.Sin(math.Pi/c.A*math.Sqrt(squares(x, y))) / c.B
		return math.Exp(-2 * s * s)
	case CovarianceInner:
		return dot(x, y) + c.A*c.A
	}
	return 0
}

// scaled is r².
func (c *Covariance) scaled(x, y []float64) float64 {
	if len(c.Length) == 1 {
		return squares(x, y) / (c.Length[0] * c.Length[0])
	}
	sum := 0.0
	for j, l := range c.Length {
		d := (x[j] - y[j]) / l
		sum += d * d
	}
	return sum
}

func matern(smoothness, r float64) float64 {
	switch smoothness {
	case 1.5:
		r *= math.Sqrt(3)
		return (1 + r) * math.Exp(-r)
	case 2.5:
		r *= math.Sqrt(5)
		return (1 + r + r*r/3) * math.Exp(-r)
	}
	return math.Exp(-r)
}

// GaussianProcess is the mean of a Gaussian process at a vector: per cell out,
// the sum over all points of their weights times their covariances with it.
type GaussianProcess struct {
	Covariance Covariance
	Points     []float64 // row by row, each as wide as the cells
	Weights    []float64 // a row of points per cell out
	Outputs    int
}

// Check holds weights to points.
func (g *GaussianProcess) Check(in int) (int, error) {
	n, err := rows("points", g.Points, in)
	if err != nil {
		return 0, err
	}
	if g.Outputs < 1 || len(g.Weights) != g.Outputs*n {
		return 0, wrong("there are %d weights for %d points and %d cells out", len(g.Weights), n, g.Outputs)
	}
	return g.Outputs, g.Covariance.check(in, 0)
}

// Work is room for the covariances.
func (g *GaussianProcess) Work(in int) int { return len(g.Points) / max(in, 1) }

// Apply computes every covariance once.
func (g *GaussianProcess) Apply(in, out, work []float64) {
	d := len(in)
	n := len(g.Points) / d
	k := work[:n]
	for i := range k {
		k[i] = g.Covariance.of(in, g.Points[i*d:(i+1)*d])
	}
	for t := range out {
		out[t] = dot(g.Weights[t*n:(t+1)*n], k)
	}
}

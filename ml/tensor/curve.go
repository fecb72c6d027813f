package tensor

// curve is a rational function of x, odd over even, with which the runtime
// computes tanh and the logistic function of float32 (the coefficients are
// Eigen's). It is exact to a few units in the last place; having the same ones
// matters for sums that cancel.
type curve struct {
	bound float32 // beyond, x counts as this
	above []float32
	below []float32
	shift float32
	least float32 // the result is no less, and no more than 1
}

var tanhCurve = curve{
	bound: 9,
	above: []float32{
		-2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-08,
		1.48572235717979e-05, 6.37261928875436e-04, 4.89352455891786e-03,
	},
	below: []float32{1.19825839466702e-06, 1.18534705686654e-04, 2.26843463243900e-03, 4.89352518554385e-03},
	least: -1,
}

var logisticCurve = curve{
	bound: 18,
	above: []float32{4.37031012579801e-11, 1.15627324459942e-07, 6.08574864600143e-05, 8.51377133304701e-03, 2.48287947061529e-01},
	below: []float32{6.10247389755681e-13, 5.76102136993427e-09, 6.29106785017040e-06, 1.70198817374094e-03, 1.16817656904453e-01, 9.93151921023180e-01},
	shift: 0.5,
}

func (c *curve) at(x float32) float32 {
	switch { // NaN passes
	case x > c.bound:
		x = c.bound
	case x < -c.bound:
		x = -c.bound
	}
	square := x * x
	p, q := c.above[0], c.below[0]
	for _, a := range c.above[1:] {
		p = scaled(p, square, a)
	}
	for _, b := range c.below[1:] {
		q = scaled(q, square, b)
	}
	y := x*p/q + c.shift
	switch { // NaN passes
	case y > 1:
		return 1
	case y < c.least:
		return c.least
	}
	return y
}

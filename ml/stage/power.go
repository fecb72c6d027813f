package stage

import "math"

// nearPower is how near a power has to be to the one that is a logarithm.
const nearPower = 2.220446049250313e-16

// yeoJohnson is Yeo and Johnson's transform: A new family of power
// transformations to improve normality or symmetry, Biometrika 87 (2000).
func yeoJohnson(x, power float64) float64 {
	switch {
	case x >= 0 && math.Abs(power) < nearPower:
		return math.Log1p(x)
	case x >= 0:
		return (math.Pow(x+1, power) - 1) / power
	case x < 0 && math.Abs(power-2) > nearPower:
		return -(math.Pow(1-x, 2-power) - 1) / (2 - power)
	case x < 0:
		return -math.Log1p(-x)
	}
	return x // missing
}

// boxCox is Box and Cox's: An analysis of transformations, Journal of the Royal
// Statistical Society B 26 (1964).
func boxCox(x, power float64) float64 {
	if math.Abs(power) < 1e-19 {
		return math.Log(x)
	}
	return math.Expm1(power*math.Log(x)) / power
}

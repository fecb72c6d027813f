package stage_test

import (
	"math"
	"testing"

	"dasier/ml/stage"
)

// TestCurve: IsotonicRegression(out_of_bounds="clip").fit(range(6), [.1, 0, .4, .6, .5, 1]).
func TestCurve(t *testing.T) {
	c := &stage.Curve{X: []float64{0, 1, 2, 3, 4, 5}, Y: []float64{.05, .05, .4, .55, .55, 1}}
	want := []float64{.05, .05, .05, .1375, .47500000000000003, .55, .9550000000000002, 1, 1}
	for k, x := range []float64{-3, 0, .5, 1.25, 2.5, 3.5, 4.9, 5, 8} {
		sameNumbers(t, "isotonic", answerOf(t, c, x), want[k:k+1])
	}
	sameNumbers(t, "isotonic of nothing", answerOf(t, c, math.NaN()), []float64{math.NaN()})
	sameNumbers(t, "one point", answerOf(t, &stage.Curve{X: []float64{2}, Y: []float64{.7}}, 1), []float64{.7})
	sameNumbers(t, "float32", answerOf(t, &stage.Curve{X: []float64{0, 1}, Y: []float64{0, 1}, Single: true}, .1), []float64{float64(float32(.1))})
	sameNumbers(t, "a step", answerOf(t, &stage.Curve{X: []float64{0, 1, 1, 2}, Y: []float64{0, 1, 5, 6}}, 1), []float64{5}) // np.interp
}

// TestInverses holds PowerTransformer's and QuantileTransformer's
// inverse_transform.
func TestInverses(t *testing.T) {
	yeo := []float64{-1.2, -.3, 0, .2, .6}
	for lambda, want := range map[float64][]float64{
		0:    {-0.8439088914585775, -0.26491106406735176, 0, 0.22140275816016985, 0.8221188003905089},
		.5:   {-0.9865767767585372, -0.28108712980276174, 0, 0.2100000000000002, 0.69},
		-1.5: {-0.6016675761609263, -0.22764424349363854, 0, 0.2684342882037152, 3.6415888336127757},
		2:    {-2.3201169227365472, -0.3498588075760032, 0, 0.18321595661992296, 0.48323969741913264},
		3:    {6.000000000000001, -0.4285714285714288, 0, 0.16960709528514628, 0.40945974641297833},
	} {
		sameNumbers(t, "Yeo-Johnson", answerOf(t, &stage.Unpower{Lambdas: []float64{lambda, lambda, lambda, lambda, lambda}}, yeo...), want)
	}
	box := []float64{-.5, 0, .2, .6}
	for lambda, want := range map[float64][]float64{
		0:    {0.6065306597126334, 1, 1.2214027581601699, 1.8221188003905089},
		.5:   {0.5625, 1, 1.21, 1.69},
		-1.5: {0.6886120754786371, 1, 1.2684342882037152, 4.641588833612776},
	} {
		sameNumbers(t, "Box-Cox", answerOf(t, &stage.Unpower{Lambdas: []float64{lambda, lambda, lambda, lambda}, BoxCox: true}, box...), want)
	}
	shares, values := []float64{0, .2, .4, .6000000000000001, .8, 1}, []float64{1, 2, 4, 8.000000000000004, 16, 32}
	at := []float64{-9, 0, .1, .33, .5, 1, 2.5, 6}
	for k, want := range []float64{1, 1, 1.5, 3.3, 6, 32, 32, 32} {
		sameNumbers(t, "quantiles", answerOf(t, &stage.Unspread{Shares: shares, Values: values}, at[k]), []float64{want})
	}
	for k, want := range []float64{1, 6, 6.796556745540581, 9.172000757626142, 11.658498450960524, 19.307579685483432, 31.503226773937907, 32} {
		sameNumbers(t, "normal quantiles", answerOf(t, &stage.Unspread{Shares: shares, Values: values, Normal: true}, at[k]), []float64{want})
	}
}

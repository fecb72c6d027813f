package linear

import (
	"math"
	"slices"

	"dasier/fault"
	"dasier/ml/prep"
)

// Model is score = Bias + Σ Weights[j]·x[j].
type Model struct {
	Bias    float64
	Weights []float64
	// Base is the mean of each column over the training rows: the point from
	// which contributions are measured.
	Base []float64
	// Rank is the number of independent directions the columns have; the model
	// is unique without regard to norm when it equals len(Weights).
	Rank int

	unfinished float64 // the share of the slope that is left where a solver gave up
}

// LeastSquares minimises ‖y - Xw - b‖², and among the minimisers takes the w of
// least norm: Golub and Van Loan, section 5.5.2.
func (d *Decomposition) LeastSquares() *Model {
	return d.model(func(s float64) float64 { return 1 / s })
}

// Ridge minimises ‖y - Xw - b‖² + alpha‖w‖² (scikit-learn's Ridge has the same
// objective): Hoerl and Kennard, "Ridge Regression: Biased Estimation for
// Nonorthogonal Problems", Technometrics 12(1), 1970. alpha 0 is LeastSquares.
func (d *Decomposition) Ridge(alpha float64) (*Model, error) {
	if err := checkPenalty(alpha); err != nil {
		return nil, err
	}
	return d.model(func(s float64) float64 { return s / (s*s + alpha) }), nil
}

// model weighs each kept direction. Directions beyond the rank are rounding
// error, under a penalty too: it would only make them small noise.
func (d *Decomposition) model(filter func(singular float64) float64) *Model {
	m := &Model{Weights: make([]float64, d.cols), Base: slices.Clone(d.means), Rank: d.rank, Bias: d.targetMean}
	for c := range d.rank {
		share := filter(d.singular[c]) * d.projected[c]
		for j := range m.Weights {
			m.Weights[j] += share * d.right.At(j, c)
		}
	}
	for j, w := range m.Weights {
		m.Bias -= w * m.Base[j]
	}
	return m
}

func checkPenalty(alpha float64) error {
	if !(alpha >= 0) || math.IsInf(alpha, 1) {
		return fault.Errorf(fault.Invalid, "the penalty alpha is %g: it must be a number of at least 0", alpha)
	}
	return nil
}

// Predict scores every row of a design with the columns of the training one.
func (m *Model) Predict(x *prep.Matrix) []float64 {
	scores := make([]float64, x.Rows)
	for i := range scores {
		score := m.Bias
		for j, v := range x.Row(i) {
			score += m.Weights[j] * v
		}
		scores[i] = score
	}
	return scores
}

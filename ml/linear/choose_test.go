package linear_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/linear"
)

// Without a penalty one is chosen that predicts other rows hardly worse than the
// best of a path does, in any unit of the target, whatever the share of noise.
func TestChosenPenalty(t *testing.T) {
	const rows, columns, meaningful = 400, 60, 5
	random := rand.New(rand.NewPCG(3, 4))
	draw := func(noise, unit float64) (*frame.Frame, []float64) {
		all, y := make([]*frame.Column, columns), make([]float64, rows)
		for j := range all {
			values := make([]float64, rows)
			for i := range values {
				values[i] = random.NormFloat64()
				if j < meaningful {
					y[i] += unit * values[i]
				}
			}
			all[j] = &frame.Column{Name: fmt.Sprint("x", j), Kind: frame.Number, Values: values}
		}
		for i := range y {
			y[i] += unit * noise * random.NormFloat64()
		}
		f, err := frame.New(all...)
		if err != nil {
			t.Fatal(err)
		}
		return f, y
	}
	for _, unit := range []float64{1e-6, 1, 1e6} {
		for _, noise := range []float64{0.1, 1, 5} {
			train, y := draw(noise, unit)
			test, truth := draw(noise, unit)
			alphas := []float64{0}
			for k := range 25 {
				alphas = append(alphas, 3*unit*math.Pow(0.6, float64(k)))
			}
			for name, path := range map[string]func() ([]*learn.Model, error){
				"lasso": func() ([]*learn.Model, error) {
					return linear.Lasso{}.Path(t.Context(), train, learn.Regression("y", y), alphas)
				},
				"elastic net": func() ([]*learn.Model, error) {
					return linear.ElasticNet{L1Ratio: 0.9}.Path(t.Context(), train, learn.Regression("y", y), alphas)
				},
			} {
				models, err := path()
				if err != nil {
					t.Fatal(err)
				}
				errors := make([]float64, len(models))
				for k, m := range models {
					program, err := m.Compile()
					if err != nil {
						t.Fatal(err)
					}
					answers, err := learn.Predictions(program, test)
					if err != nil {
						t.Fatal(err)
					}
					for i, v := range answers {
						errors[k] += (v - truth[i]) * (v - truth[i]) / rows
					}
				}
				if best := slices.Min(errors[1:]); math.Sqrt(errors[0]/best) > 1.05 {
					t.Errorf("%s of noise %g in a unit of %g: RMSE %g, the best of the path has %g", name, noise, unit, math.Sqrt(errors[0]), math.Sqrt(best))
				}
			}
		}
	}
}

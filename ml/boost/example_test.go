package boost_test

import (
	"context"
	"fmt"
	"math"

	"dasier/ml/boost"
	"dasier/ml/frame"
	"dasier/ml/learn"
)

// rooms is 200 flats: their rooms, their town and their rent.
func rooms() (*frame.Frame, []float64) {
	rooms, town, rent := make([]float64, 200), make([]int32, 200), make([]float64, 200)
	for i := range rooms {
		rooms[i], town[i] = float64(1+i%5), int32(i/5%2) //nolint:gosec // 0 or 1
		rent[i] = 300*rooms[i] + 200*float64(town[i])
	}
	f, err := frame.New(
		&frame.Column{Name: "rooms", Kind: frame.Number, Values: rooms},
		&frame.Column{Name: "town", Kind: frame.Category, Codes: town, Levels: []string{"Ames", "Boone"}},
	)
	if err != nil {
		panic(err)
	}
	return f, rent
}

// The zero Boosting learns; what it gives is data that compiles to a program.
func ExampleBoosting() {
	features, rent := rooms()
	model, err := boost.Boosting{}.Fit(context.Background(), features, learn.Regression("rent", rent))
	if err != nil {
		fmt.Println(err)
		return
	}
	program, err := model.Compile()
	if err != nil {
		fmt.Println(err)
		return
	}
	answers, err := learn.Predictions(program, features)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("a flat of 1 room in Ames: %.0f\n", answers[0])
	fmt.Printf("a flat of 3 rooms in Boone: %.0f\n", answers[7])
	// Output:
	// a flat of 1 room in Ames: 300
	// a flat of 3 rooms in Boone: 1100
}

// The 0.9 quantile instead of the mean; more rooms never cost less.
func ExampleBoosting_quantile() {
	features, rent := rooms()
	learner := boost.Boosting{
		Loss:     boost.Quantile{Alpha: 0.9},
		Monotone: map[string]int{"rooms": 1},
	}
	model, err := learner.Fit(context.Background(), features, learn.Regression("rent", rent))
	if err != nil {
		fmt.Println(err)
		return
	}
	program, err := model.Compile()
	if err != nil {
		fmt.Println(err)
		return
	}
	answers, err := learn.Predictions(program, features)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("5 rooms cost more than 1:", answers[4] > answers[0])
	// Output:
	// 5 rooms cost more than 1: true
}

// cosh is a loss of one's own: the logarithm of the hyperbolic cosine, squared near
// the target and absolute far from it.
type cosh struct{}

func (cosh) Check([]float64) error             { return nil }
func (cosh) Base(y, weights []float64) float64 { return boost.Squared{}.Base(y, weights) }
func (cosh) Value(y, score float64) float64 {
	d := math.Abs(score - y)
	return d + math.Log1p(math.Exp(-2*d)) - math.Ln2
}

func (cosh) Slope(y, score float64) (first, second float64) {
	d := score - y
	if d == 0 {
		return 0, 1
	}
	return math.Tanh(d), math.Tanh(d) / d // of a parabola that touches the loss and stays above it
}

// A loss of one's own, with early stopping on a tenth of the rows.
func ExampleLoss() {
	features, rent := rooms()
	for i := range rent {
		rent[i] /= 100
	}
	learner := boost.Boosting{Loss: cosh{}, Trees: 2000, Patience: 10}
	model, err := learner.Fit(context.Background(), features, learn.Regression("rent", rent))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("stopped early:", len(model.Rounds) < 2000)
	fmt.Println("better than at first:", model.Rounds[model.Best-1] < model.Rounds[0]/10)
	// Output:
	// stopped early: true
	// better than at first: true
}

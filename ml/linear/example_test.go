package linear_test

import (
	"context"
	"fmt"
	"strings"

	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/linear"
)

// flats are rents that are 300 and 10 a square metre, and 100 more by the lake;
// one was noted down wrongly.
const flats = `area,place,balcony,rent,guests
20,town,no,500,2
30,lake,no,700,4
40,town,yes,700,1
50,lake,no,900,5
60,town,yes,900,2
70,lake,yes,1100,6
80,town,no,1100,1
90,lake,yes,1300,7
100,town,yes,9999,3
110,lake,no,1500,9
`

// rents fits a learner and answers a flat of 65 square metres by the lake.
func rents(learner learn.Learner, target string) string {
	all, err := frame.ReadCSV(strings.NewReader(flats), frame.CSVConfig{})
	if err != nil {
		return err.Error()
	}
	features, y, err := learn.Of(all, target)
	if err != nil {
		return err.Error()
	}
	if features, err = features.Select("area", "place"); err != nil {
		return err.Error()
	}
	m, err := learner.Fit(context.Background(), features, y)
	if err != nil {
		return err.Error()
	}
	p, err := m.Compile()
	if err != nil {
		return err.Error()
	}
	asked, err := frame.ReadCSV(strings.NewReader("area,place\n65,lake\n95,town\n"), frame.CSVConfig{})
	if err != nil {
		return err.Error()
	}
	answers, err := learn.Predictions(p, asked)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%.2f %.2f", answers[0], answers[1])
}

func ExampleLeastSquares() {
	fmt.Println(rents(linear.LeastSquares{}, "rent"))
	// Output: 832.53 4512.12
}

func ExampleRidge() {
	fmt.Println(rents(linear.Ridge{Alpha: 10}, "rent"))
	// Output: 1572.42 2902.54
}

func ExampleLasso() {
	fmt.Println(rents(linear.Lasso{Alpha: 100}, "rent"))
	// Output: 1056.73 4142.71
}

func ExampleElasticNet() {
	fmt.Println(rents(linear.ElasticNet{Alpha: 1, L1Ratio: 0.9}, "rent"))
	// Output: 1031.88 4133.07
}

// The wrong rent hardly matters.
func ExampleHuber() {
	fmt.Println(rents(linear.Huber{}, "rent"))
	// Output: 1050.00 1250.00
}

// Nor does it to the median.
func ExampleQuantile() {
	fmt.Println(rents(linear.Quantile{Quantile: 0.5}, "rent"))
	// Output: 1050.00 1250.00
}

func ExampleLogistic() {
	fmt.Println(rents(linear.Logistic{C: 10}, "balcony"))
	// Output: 0.38 0.75
}

func ExamplePoisson() {
	fmt.Println(rents(linear.Poisson{}, "guests"))
	// Output: 5.75 2.38
}

func ExampleGamma() {
	fmt.Println(rents(linear.Gamma{Alpha: 0.1}, "rent"))
	// Output: 1064.51 3363.75
}

func ExampleTweedie() {
	fmt.Println(rents(linear.Tweedie{Power: 1.2}, "guests"))
	// Output: 5.76 2.37
}

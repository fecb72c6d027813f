package metric_test

import (
	"fmt"

	"dasier/ml/metric"
)

// Measure figures of a classifier, with what these rows cannot tell.
func ExampleMeasure() {
	y := []float64{0, 0, 1, 1, 0, 1, 1, 0}
	p := []float64{0.1, 0.4, 0.35, 0.8, 0.2, 0.7, 0.9, 0.3}
	m, err := metric.Measure(y, p, metric.Config{Task: metric.Binary, Metrics: []string{"auc", "accuracy"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range m.Estimates {
		fmt.Printf("%s %.3f (%.3f to %.3f, %s)\n", e.Name, e.Value, e.Low, e.High, e.Method)
	}
	// Output:
	// auc 0.938 (0.438 to 0.997, DeLong)
	// accuracy 0.875 (0.529 to 0.978, Wilson)
}

// Compare a candidate with the model in production.
func ExampleCompare() {
	y := []float64{10, 12, 9, 15, 20, 7, 11, 13, 16, 18}
	current := []float64{12, 9, 11, 12, 24, 9, 14, 10, 19, 15}
	candidate := []float64{11, 11, 10, 14, 21, 8, 12, 12, 17, 17}
	comparisons, err := metric.Compare(y, current, candidate, metric.Config{Metrics: []string{"mae"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(comparisons[0].Sentence)
	// Output: MAE is better by 64 % (60 % to 69 %), on 10 rows
}

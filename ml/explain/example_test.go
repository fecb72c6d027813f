package explain_test

import (
	"context"
	"fmt"

	"dasier/ml/explain"
	"dasier/ml/frame"
	"dasier/ml/predict"
)

// Say what moves a model's answers, and which way.
func ExampleSurvey() {
	p, err := predict.Compile(predict.Spec{
		Version: 1, Task: predict.TaskRegression, Target: predict.Target{Name: "price", Unit: "EUR"},
		Inputs:   []predict.Input{{Name: "area", Kind: frame.Number, Unit: "m²"}, {Name: "age", Kind: frame.Number}},
		Features: []predict.Feature{{Name: "area", Input: 0, Op: "value", Scale: 1}, {Name: "age", Input: 1, Op: "value", Scale: 1}},
		Linear:   &predict.Linear{Bias: 50_000, Weights: []float64{2_000, -500}, Base: []float64{100, 30}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	area, age := make([]float64, 200), make([]float64, 200)
	for i := range area {
		area[i], age[i] = 50+float64(i)/2, float64((7*i)%60)
	}
	f, err := frame.New(&frame.Column{Name: "area", Kind: frame.Number, Values: area}, &frame.Column{Name: "age", Kind: frame.Number, Values: age})
	if err != nil {
		fmt.Println(err)
		return
	}
	o, err := explain.Survey(context.Background(), p, f, explain.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range o.Inputs {
		fmt.Printf("%.0f %% %s\n", 100*e.Share, e.Sentence)
	}
	// Output:
	// 87 % price rises with area: -94,500 EUR at the lowest values, +95,500 EUR at the highest
	// 13 % price falls with age: +14,250 EUR at the lowest values, -13,750 EUR at the highest
}

package stack_test

import (
	"context"
	"fmt"
	"log"
	"math"

	"dasier/ml/knn"
	"dasier/ml/learn"
	"dasier/ml/linear"
	"dasier/ml/stack"
	"dasier/ml/tree"
)

// A final learner learns from what a line, a forest and neighbours predict of
// rows that they had not seen.
func ExampleStacking() {
	features, target := steps(300, 1)
	model, err := stack.Stacking{
		Base: []stack.Named{
			{Name: "ridge", Learner: linear.Ridge{}},
			{Name: "forest", Learner: tree.Forest{Trees: 20, Depth: 5}},
			{Name: "knn", Learner: knn.Neighbours{}},
		},
		Final: linear.Ridge{},
	}.Fit(context.Background(), features, target)
	if err != nil {
		log.Fatal(err)
	}
	program, err := model.Compile()
	if err != nil {
		log.Fatal(err)
	}
	others, truth := steps(300, 2)
	predictions, err := learn.Predictions(program, others)
	if err != nil {
		log.Fatal(err)
	}
	sum := 0.0
	for i, p := range predictions {
		sum += (p - truth.Y[i]) * (p - truth.Y[i])
	}
	fmt.Println("an error below 0.8:", math.Sqrt(sum/300) < 0.8)
	// Output: an error below 0.8: true
}

// The weights of a blend say how much each learner counts.
func ExampleBlending() {
	features, target := steps(300, 1)
	base := []stack.Named{
		{Name: "ridge", Learner: linear.Ridge{}},
		{Name: "forest", Learner: tree.Forest{Trees: 20, Depth: 5}},
	}
	model, err := stack.Blending{Base: base}.Fit(context.Background(), features, target)
	if err != nil {
		log.Fatal(err)
	}
	ridge, forest := model.Spec.Linear.Weights[0], model.Spec.Linear.Weights[1]
	fmt.Printf("%s and %s weigh %.0f together; the %s more: %t\n", model.Spec.Outputs[0].Name, model.Spec.Outputs[1].Name, ridge+forest, base[1].Name, forest > ridge)
	// Output: ridge and forest weigh 1 together; the forest more: true
}

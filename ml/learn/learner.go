package learn

import (
	"context"

	"dasier/ml/frame"
	"dasier/ml/predict"
)

// Learner fits models. It is a struct of settings: copy it to change one.
type Learner interface {
	// Fit learns to predict the target from the columns of features. Rows of the
	// two correspond. It changes neither.
	Fit(ctx context.Context, features *frame.Frame, target Target) (*Model, error)
}

// Model is what a fit gives. Do not change it.
type Model struct {
	// Spec predicts: regression gives the number, a binary choice the probability
	// of the second class, a choice among more a probability per class.
	Spec predict.Spec
	// Warnings are findings about data or fit that a person should read, as whole
	// sentences: collinear columns, a limit of iterations that was reached.
	Warnings []string
	// Left lists the columns that give no feature, with the reason.
	Left []Omission
	// Rounds is, for learners that improve step by step, the loss on the rows
	// held back for early stopping (without such rows: on those learned from)
	// after each step; the kept step is the one that Best names, from 1.
	Rounds []float64
	Best   int
}

// Omission is a column that gives no feature, and why.
type Omission struct {
	Column string `json:"column"`
	Reason string `json:"reason"`
}

// Compile makes the model predict.
func (m *Model) Compile() (*predict.Program, error) { return predict.Compile(m.Spec) }

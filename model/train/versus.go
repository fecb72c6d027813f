package train

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"dasier/fault"
	"dasier/ml/format/mlflow"
	"dasier/ml/learn"
	"dasier/ml/metric"
	"dasier/ml/predict"
	"dasier/ml/search"
)

// Versus compares the model with another one on the held-out rows.
type Versus struct {
	With     string              `json:"with"` // "linear", "version 3 in production"
	Role     string              `json:"role"` // "plain" for the plain candidate, "present" for a model in use
	Rows     int                 `json:"rows"`
	Metrics  []metric.Comparison `json:"metrics,omitempty"`
	Verdict  metric.Verdict      `json:"verdict,omitempty"` // by the metric that candidates were chosen by
	Sentence string              `json:"sentence"`
	// Seen is true when the other model may have been trained on some of the
	// rows: the comparison then flatters it.
	Seen bool `json:"seen,omitempty"`
}

// Present is a model to compare with: the version in use.
type Present struct {
	Name    string // for people: "version 3 in production"
	Package *mlflow.Package
}

// plainNames are the candidates that others must beat to be worth their trouble.
var plainNames = []string{"linear", "logistic"}

// againstPlain compares the chosen candidate with the plain one of the board,
// fitted to the same rows; nil where there is none, or it was chosen.
func (u *run) againstPlain(ctx context.Context) (*Versus, error) {
	at := slices.IndexFunc(u.found.Board, func(s search.Standing) bool {
		return slices.Contains(plainNames, s.Name) && s.Status == search.Ranked
	})
	if at < 0 || at == u.found.Chosen || slices.Contains(plainNames, u.found.Winner().Name) {
		return nil, nil //nolint:nilnil // no comparison is an answer
	}
	plain := u.found.Board[at]
	model, err := u.found.Entries[plain.Family].Learner.Fit(ctx, u.inputs, u.target)
	if err != nil {
		return nil, err
	}
	program, err := model.Compile()
	if err != nil {
		return nil, err
	}
	predictions, err := learn.Predictions(program, u.table.inputs.Take(u.parts.holdout))
	if err != nil {
		return nil, err
	}
	v := &Versus{With: label(plain.Name, plain.Params), Role: "plain"}
	return v, u.versus(v, predictions)
}

// againstPresent compares with the version in use. A version that cannot answer
// these rows is no failure of the training: the report says why.
func (u *run) againstPresent(present *Present) (*Versus, error) {
	v := &Versus{With: present.Name, Role: "present", Rows: len(u.parts.holdout), Verdict: metric.Undecided}
	predictions, err := u.presentPredictions(present.Package)
	if err != nil {
		v.Sentence = fmt.Sprintf("It cannot be compared with %s: %s.", present.Name, fault.Message(err))
		return v, nil
	}
	if err := u.versus(v, predictions); err != nil {
		return nil, err
	}
	v.Seen = present.Package.Tags["data_digest"] != u.table.digest
	return v, nil
}

func (u *run) presentPredictions(p *mlflow.Package) ([]float64, error) {
	spec := u.inOurWords(p.Spec)
	switch {
	case spec.Task != u.target.Task:
		return nil, fmt.Errorf("its task is %s, and here it is %s", spec.Task, u.target.Task)
	case !slices.Equal(spec.Classes, u.target.Classes) && u.classified() && !u.turned(spec):
		return nil, errors.New("it tells other classes apart")
	case spec.Link == predict.Decision:
		return nil, errors.New("it gives no probabilities")
	case !u.classified() && spec.Target.Unit != u.recipe.Target.Unit:
		return nil, fmt.Errorf("it predicts %q, and here the unit is %q", spec.Target.Unit, u.recipe.Target.Unit)
	}
	program, err := p.Program()
	if err != nil {
		return nil, err
	}
	predictions, err := learn.Predictions(program, u.table.all.Take(u.parts.holdout))
	if err != nil {
		return nil, err
	}
	if at := learn.Finite(predictions); at >= 0 {
		return nil, errors.New("it has no number for some of the rows")
	}
	if u.turned(spec) {
		for i, p := range predictions {
			predictions[i] = 1 - p
		}
	}
	return predictions, nil
}

// inOurWords is a model with classes as ours are called, where those are true and
// false by other words: packages of earlier versions called yes and no so.
func (u *run) inOurWords(theirs predict.Spec) *predict.Spec {
	classes := slices.Clone(theirs.Classes)
	for k, class := range classes {
		for _, ours := range u.target.Classes {
			if sameTruth(class, ours) {
				classes[k] = ours
			}
		}
	}
	theirs.Classes = classes
	return &theirs
}

// turned tells whether a model has our two classes the other way round.
func (u *run) turned(spec *predict.Spec) bool {
	ours := u.target.Classes
	return len(ours) == 2 && slices.Equal(spec.Classes, []string{ours[1], ours[0]})
}

// versus fills in the figures, and the sentence of the metric that matters.
func (u *run) versus(v *Versus, predictions []float64) error {
	v.Rows = len(u.parts.holdout)
	cfg := u.measuring()
	if !slices.Contains(cfg.Metrics, u.found.Metric) {
		cfg.Metrics = append(cfg.Metrics, u.found.Metric)
	}
	var err error
	if v.Metrics, err = metric.Compare(pick(u.table.target.Y, u.parts.holdout), predictions, u.holdout, cfg); err != nil {
		return err
	}
	v.Verdict, v.Sentence = metric.Undecided, "No metric is defined for both on the held-out rows."
	for _, c := range v.Metrics {
		if c.Name == u.found.Metric {
			v.Verdict, v.Sentence = c.Verdict, c.Sentence
		}
	}
	return nil
}

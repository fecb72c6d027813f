// Package foreign reads a model file of another system, whichever it is, into a
// compiled model: scikit-learn's pickles and joblib files, and XGBoost's models.
// What a file is, is told by its content and never by its name. Nothing of it is
// run.
//
// The package knows what neither the reader of a file nor the model alone does:
// how rows of its own data describe its inputs (describe.go).
package foreign

import (
	"bytes"
	"fmt"
	"strings"

	"dasier/fault"
	"dasier/ml/format/sklearn"
	"dasier/ml/format/xgboost"
	"dasier/ml/pickle"
	"dasier/ml/predict"
)

// Hint is what a file itself may not say.
type Hint struct {
	Target   string   // the name of what is predicted
	Columns  []string // the inputs, for files that know them by place only
	Object   string   // where in the file the model is: "model", "0"; empty: it is found
	Positive string   // binary: the class whose probability is wanted; default the second
}

// Model is a file read.
type Model struct {
	Spec      predict.Spec
	Flavor    string   // MLflow's name of the system: "sklearn" or "xgboost"
	Writer    string   // "scikit-learn 1.2.1"
	Algorithm string   // "RandomForestClassifier"
	Parts     []string // from the data to the estimator
	Columns   []string // all that it was fitted on, in order; nil: its inputs
	Single    bool     // it computes in float32
	Raw       bool     // of a classifier, the source's "predict" is a probability
	Notes     []string // what a person should know of the file
}

// Read reads a model file. The spec it gives compiles.
func Read(data []byte, hint Hint) (Model, error) {
	m, err := read(data, hint)
	if err != nil {
		return Model{}, err
	}
	m.Spec.Positive = hint.Positive
	if m.Spec.Task != predict.TaskBinary && hint.Positive != "" {
		return Model{}, fault.Errorf(fault.Invalid, "a positive class is named, and the model is no choice between two classes").At("positive")
	}
	if _, err := predict.Compile(m.Spec); err != nil {
		return Model{}, fmt.Errorf("the model that was read does not hold together: %w", err)
	}
	return m, nil
}

func read(data []byte, hint Hint) (Model, error) {
	switch {
	case xgboost.Is(data):
		m, err := xgboost.Read(data, xgboost.Options{})
		if err != nil {
			return Model{}, err
		}
		target := hint.Target
		if target == "" {
			target = "prediction"
		}
		spec, err := m.Spec(target, hint.Columns)
		if err != nil {
			return Model{}, err
		}
		return Model{Spec: spec, Flavor: "xgboost", Writer: "XGBoost " + m.Version, Algorithm: m.Objective, Parts: []string{"Booster"}, Single: true, Raw: true}, nil
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return Model{}, fault.Errorf(fault.Invalid, "the file is a zip archive: a model package is unpacked first, and skops files are not read. Save the pipeline with joblib or pickle")
	case bytes.HasPrefix(data, []byte("tree\n")):
		return Model{}, fault.Errorf(fault.Invalid, "the file is a LightGBM model, which is not read. XGBoost's and scikit-learn's are")
	}
	value, err := pickle.Read(data, pickle.Limits{})
	if err != nil {
		return Model{}, err
	}
	spec, facts, err := sklearn.Read(value, sklearn.Hint{Target: hint.Target, Columns: hint.Columns})
	if err != nil {
		return Model{}, err
	}
	return Model{Spec: spec, Flavor: "sklearn", Writer: facts.Writer, Algorithm: facts.Estimator, Parts: facts.Parts, Columns: facts.Columns, Single: strings.HasPrefix(facts.Estimator, "XGB")}, nil
}

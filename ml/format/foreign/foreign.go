// Package foreign reads a model file of another system, whichever it is, into a
// compiled model: scikit-learn's pickles, joblib and skops files, XGBoost's and
// LightGBM's models, and ONNX. What a file is, is told by its content and never
// by its name, and a file that was compressed as a whole is looked into. Nothing
// of it is run.
//
// The package knows what neither the reader of a file nor the model alone does:
// what files of other systems look like (other.go), and how rows of its own data
// describe its inputs (describe.go).
package foreign

import (
	"fmt"
	"strings"

	"dasier/fault"
	"dasier/ml/format/lightgbm"
	"dasier/ml/format/onnx"
	"dasier/ml/format/sklearn"
	"dasier/ml/format/skops"
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
	// Memory that the model may take: a file that is read in more than Reading of
	// it is refused with a MemoryError, before that is taken. 0: any number.
	Memory int64
}

// Model is a file read.
type Model struct {
	Spec      predict.Spec
	Flavor    string   // MLflow's name of the system: "sklearn", "xgboost", "lightgbm" or "onnx"
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
	if err := predict.Check(&m.Spec); err != nil {
		return Model{}, fmt.Errorf("the model that was read does not hold together: %w", err)
	}
	return m, nil
}

// read asks the formats one after the other: those that their first bytes tell
// come before pickles, which may begin with nearly anything.
func read(data []byte, hint Hint) (Model, error) {
	limits := pickle.Limits{Memory: Reading(hint.Memory)}
	if err := other(data); err != nil {
		return Model{}, err
	}
	plain, err := pickle.Inflate(data, limits)
	if err != nil {
		return Model{}, err
	}
	if len(plain) != len(data) {
		if err := other(plain); err != nil {
			return Model{}, err
		}
	}
	switch {
	case skops.Is(plain):
		value, err := skops.Read(plain, limits)
		if err != nil {
			return Model{}, err
		}
		return readObjects(value, hint)
	case isZip(plain):
		return Model{}, archive(plain)
	case xgboost.Is(plain):
		return readXGBoost(plain, hint)
	case lightgbm.Is(plain):
		return readLightGBM(plain, hint)
	case onnx.Is(plain):
		return readONNX(plain, hint)
	case isJSON(plain):
		return Model{}, noModelInJSON(plain)
	}
	value, err := pickle.Read(plain, limits)
	if err != nil {
		if text := noModel(plain); text != nil {
			return Model{}, text
		}
		return Model{}, err
	}
	return readObjects(value, hint)
}

// readObjects says the value of a pickle or of a skops file.
func readObjects(value any, hint Hint) (Model, error) {
	spec, facts, err := sklearn.Read(value, sklearn.Hint{Target: hint.Target, Columns: hint.Columns, Object: hint.Object})
	if err != nil {
		return Model{}, err
	}
	m := Model{
		Spec: spec, Flavor: "sklearn", Writer: facts.Writer, Algorithm: facts.Estimator, Parts: facts.Parts, Columns: facts.Columns, Notes: facts.Notes,
	}
	if facts.Object != "" && hint.Object == "" {
		m.Notes = append([]string{fmt.Sprintf("the model stands at %q in the file", facts.Object)}, m.Notes...)
	}
	m.Single, m.Raw = facts.Single, facts.Estimator == "Booster"
	return m, nil
}

func readXGBoost(data []byte, hint Hint) (Model, error) {
	if err := alone(hint); err != nil {
		return Model{}, err
	}
	m, err := xgboost.Read(data, xgboost.Options{})
	if err != nil {
		return Model{}, err
	}
	spec, err := m.Spec(target(hint), hint.Columns)
	if err != nil {
		return Model{}, err
	}
	return Model{Spec: spec, Flavor: "xgboost", Writer: "XGBoost " + m.Version, Algorithm: m.Objective, Parts: []string{"Booster"}, Columns: namesOf(spec.Inputs), Single: true, Raw: true}, nil
}

func readLightGBM(data []byte, hint Hint) (Model, error) {
	if err := alone(hint); err != nil {
		return Model{}, err
	}
	m, err := lightgbm.Read(data, lightgbm.Options{})
	if err != nil {
		return Model{}, err
	}
	spec, err := m.Spec(target(hint), hint.Columns)
	if err != nil {
		return Model{}, err
	}
	algorithm, _, _ := strings.Cut(m.Objective, " ")
	return Model{Spec: spec, Flavor: "lightgbm", Writer: "LightGBM, layout " + m.Version, Algorithm: algorithm, Parts: []string{"Booster"}, Columns: namesOf(spec.Inputs), Raw: true}, nil
}

func namesOf(inputs []predict.Input) []string {
	names := make([]string, len(inputs))
	for i := range inputs {
		names[i] = inputs[i].Name
	}
	return names
}

func readONNX(data []byte, hint Hint) (Model, error) {
	if err := alone(hint); err != nil {
		return Model{}, err
	}
	if err := constants(data, hint); err != nil {
		return Model{}, err
	}
	m, err := onnx.Read(data, onnx.Hint{Target: target(hint), Columns: hint.Columns})
	if err != nil {
		return Model{}, err
	}
	return Model{Spec: m.Spec, Flavor: "onnx", Writer: m.Writer, Algorithm: m.Algorithm, Parts: m.Parts, Columns: m.Columns, Single: m.Single}, nil
}

// alone refuses a place in a file that is one model.
func alone(hint Hint) error {
	if hint.Object != "" {
		return fault.Errorf(fault.Invalid, "the file is one model: there is no %q in it", hint.Object).At("object")
	}
	return nil
}

func target(hint Hint) string {
	if hint.Target == "" {
		return "prediction"
	}
	return hint.Target
}

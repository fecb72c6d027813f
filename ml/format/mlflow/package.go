package mlflow

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/valyala/fastjson"

	"dasier/fault"
	"dasier/ml/predict"
	"dasier/ml/rowjson"
)

// tolerance is how far a replayed prediction may be from the recorded one,
// relative: enough for another processor's rounding, not for another model.
const tolerance = 1e-9

// Package is what a model directory holds.
type Package struct {
	Spec      predict.Spec
	Algorithm string    // "ridge"
	Metrics   []Metric  // held-out
	Created   time.Time // UTC
	RunID     string    // of the tracked run; empty when there is none
	// Tags are free facts about the origin: commit, data digest, job.
	Tags      map[string]string
	Reference []Reference
	Profile   json.RawMessage // nil: none
	Report    json.RawMessage // nil: none
}

// Metric is a figure with its confidence interval.
type Metric struct {
	Name  string  `json:"name" yaml:"name"`
	Value float64 `json:"value" yaml:"value"`
	Low   float64 `json:"low" yaml:"low"`
	High  float64 `json:"high" yaml:"high"`
	Level float64 `json:"level" yaml:"level"` // of the interval, 0.95
	N     int     `json:"n" yaml:"n"`         // rows it was measured on
	Unit  string  `json:"unit,omitempty" yaml:"unit,omitempty"`
}

// Reference is a row as a client would send it, with the prediction that the
// model gave when it was trained.
type Reference struct {
	Row        json.RawMessage `json:"row"`
	Prediction float64         `json:"prediction"`
}

// Program compiles the package's model.
func (p *Package) Program() (*predict.Program, error) { return predict.Compile(p.Spec) }

// Verify replays the reference rows. A package without any is refused: nothing
// would prove that it still answers as it did.
func (p *Package) Verify() error {
	program, err := p.Program()
	if err != nil {
		return err
	}
	if len(p.Reference) == 0 {
		return fault.Errorf(fault.Invalid, "%s has no rows: nothing proves that the model answers as it did when it was trained", referenceFile).At(referenceFile)
	}
	var parser fastjson.Parser
	row := program.NewRow()
	for i, reference := range p.Reference {
		field := fmt.Sprintf("%s: rows[%d]", referenceFile, i)
		value, err := parser.ParseBytes(reference.Row)
		if err != nil {
			return fault.Errorf(fault.Invalid, "%s: row %d is not JSON: %w", referenceFile, i+1, err).At(field)
		}
		if err := rowjson.Decode(value, program, row, nil); err != nil {
			return fault.Errorf(fault.Invalid, "%s: row %d: %w", referenceFile, i+1, err).At(field)
		}
		got, want := program.Predict(row), reference.Prediction
		if !near(got, want) {
			return fault.Errorf(fault.Invalid, "%s: row %d: the model answers %v, at training it answered %v: this package must not serve", referenceFile, i+1, got, want).At(field)
		}
	}
	return nil
}

func near(a, b float64) bool {
	return math.Abs(a-b) <= tolerance*max(math.Abs(a), math.Abs(b), math.SmallestNonzeroFloat64)
}

// NewReference makes reference rows from rows as clients send them, with the
// answers that the program gives now.
func NewReference(program *predict.Program, rows []json.RawMessage) ([]Reference, error) {
	var parser fastjson.Parser
	row, references := program.NewRow(), make([]Reference, len(rows))
	for i, text := range rows {
		value, err := parser.ParseBytes(text)
		if err != nil {
			return nil, fault.Errorf(fault.Invalid, "reference row %d is not JSON: %w", i+1, err)
		}
		if err := rowjson.Decode(value, program, row, nil); err != nil {
			return nil, fault.Errorf(fault.Invalid, "reference row %d: %w", i+1, err)
		}
		references[i] = Reference{Row: text, Prediction: program.Predict(row)}
	}
	return references, nil
}

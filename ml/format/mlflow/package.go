package mlflow

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/valyala/fastjson"

	"dasier/fault"
	"dasier/ml/predict"
	"dasier/ml/rowjson"
)

// tolerance is how far a replayed prediction may be from the recorded one,
// relative: enough for another processor's rounding, not for another model.
const tolerance = 1e-9

// replayTime bounds the replay of the reference rows, which a server does while
// somebody waits: a model that is large enough takes a second for each.
const replayTime = time.Minute

// Package is what a model directory holds.
type Package struct {
	Spec      predict.Spec
	Source    *Source   // nil: the model is ours, and Spec is all of it
	Algorithm string    // "ridge"
	Metrics   []Metric  // held-out
	Created   time.Time // UTC
	RunID     string    // of the tracked run; empty when there is none
	// Tags are free facts about the origin: commit, data digest, job.
	Tags      map[string]string
	Parity    *Parity // nil: it was compared with no other system's answers
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

// Parity is what a comparison with the answers of the system that wrote the model
// found.
type Parity struct {
	System     string  `json:"system" yaml:"system"` // "scikit-learn 1.2.1"
	Rows       int     `json:"rows" yaml:"rows"`
	Difference float64 `json:"difference" yaml:"difference"` // the largest, relative; of probabilities, the plain one
}

// Within is the power of ten that bounds the difference: 1e-12 is the least that
// is claimed.
func (p *Parity) Within() float64 {
	return math.Pow(10, math.Ceil(math.Log10(max(p.Difference, 1e-12))-1e-9))
}

// Reference is a row as a client would send it, with the prediction that the
// model gave when it was trained.
type Reference struct {
	Row        json.RawMessage `json:"row"`
	Prediction float64         `json:"prediction"`
	// Of a classifier: the class chosen, and the probabilities in the order of
	// Spec.Classes.
	Label         string    `json:"label,omitempty"`
	Probabilities []float64 `json:"probabilities,omitempty"`
	// Of a model of several numbers: all of them.
	Values []float64 `json:"values,omitempty"`
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
	return p.Replay(program)
}

// Replay is Verify with the program that the package compiles to.
func (p *Package) Replay(program *predict.Program) error {
	if len(p.Reference) == 0 {
		return fault.Errorf(fault.Invalid, "%s has no rows: nothing proves that the model answers as it did when it was trained", referenceFile).At(referenceFile)
	}
	var parser fastjson.Parser
	row, began := program.NewRow(), time.Now()
	for i, reference := range p.Reference {
		if time.Since(began) > replayTime {
			return fault.Errorf(fault.Limited, "%s: after %d of its %d rows a minute is over: the model is too slow for so many", referenceFile, i, len(p.Reference)).At(referenceFile)
		}
		field := fmt.Sprintf("%s: rows[%d]", referenceFile, i)
		value, err := parser.ParseBytes(reference.Row)
		if err != nil {
			return fault.Errorf(fault.Invalid, "%s: row %d is not JSON: %w", referenceFile, i+1, err).At(field)
		}
		if err := rowjson.Decode(value, program, row, nil); err != nil {
			return fault.Errorf(fault.Invalid, "%s: row %d: %w", referenceFile, i+1, err).At(field)
		}
		if err := reference.Compare(program, program.Outcome(row), p.Single()); err != nil {
			return fault.Errorf(fault.Invalid, "%s: row %d: %w: this package must not serve", referenceFile, i+1, err).At(field)
		}
	}
	return nil
}

// Single tells models that compute in float32.
func (p *Package) Single() bool {
	return p.Spec.Trees != nil && p.Spec.Trees.Single || p.Source != nil && p.Source.Single
}

// Compare holds an answer to what was recorded: 1e-9 relative, or a few units
// in the last place of models that compute in float32.
func (r *Reference) Compare(program *predict.Program, got predict.Outcome, single bool) error {
	within := near
	if single {
		within = nearSingle
	}
	if len(r.Values) != len(got.Values) && r.Values != nil {
		return fmt.Errorf("the model gives %d numbers, %d were recorded", len(got.Values), len(r.Values))
	}
	for k, want := range r.Values {
		if !within(got.Values[k], want) {
			return fmt.Errorf("the model answers %v for %s, at training it answered %v", got.Values[k], program.Spec().Targets[k], want)
		}
	}
	if !within(got.Prediction, r.Prediction) {
		return fmt.Errorf("the model answers %v, at training it answered %v", got.Prediction, r.Prediction)
	}
	if r.Probabilities == nil {
		return r.compareLabel(program, got, math.Abs(got.Score) < tolerance)
	}
	if len(r.Probabilities) != len(got.Probabilities) {
		return fmt.Errorf("the model gives %d probabilities, %d were recorded", len(got.Probabilities), len(r.Probabilities))
	}
	for k, want := range r.Probabilities {
		if !within(got.Probabilities[k], want) {
			return fmt.Errorf("the model gives the class %q the probability %v, at training it was %v", program.Classes()[k], got.Probabilities[k], want)
		}
	}
	return r.compareLabel(program, got, tie(r.Probabilities))
}

func (r *Reference) compareLabel(program *predict.Program, got predict.Outcome, tie bool) error {
	if r.Label == "" || got.Class < 0 || tie {
		return nil
	}
	if label := program.Classes()[got.Class]; label != r.Label {
		return fmt.Errorf("the model chooses %q, at training it chose %q", label, r.Label)
	}
	return nil
}

// tie tells whether the two likeliest classes are so close that rounding
// decides between them.
func tie(probabilities []float64) bool {
	first, second := 0.0, 0.0
	for _, p := range probabilities {
		if p > first {
			first, second = p, first
		} else if p > second {
			second = p
		}
	}
	return first-second < 1e-6
}

func near(a, b float64) bool {
	return math.Abs(a-b) <= tolerance*max(math.Abs(a), math.Abs(b), math.SmallestNonzeroFloat64)
}

// nearSingle is near for models that compute in float32, of which one unit in
// the last place is 6e-8: libraries round exponentials differently.
func nearSingle(a, b float64) bool {
	return math.Abs(a-b) <= 2e-6*max(math.Abs(a), math.Abs(b), 1e-2)
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
		outcome := program.Outcome(row)
		references[i] = Reference{Row: text, Prediction: outcome.Prediction, Values: slices.Clone(outcome.Values)}
		if program.Classifies() {
			references[i].Label = program.Classes()[outcome.Class]
			references[i].Probabilities = slices.Clone(outcome.Probabilities)
		}
	}
	return references, nil
}

package serve

import (
	"github.com/valyala/fastjson"

	"dasier/fault"
	"dasier/ml/explain"
	"dasier/ml/predict"
	"dasier/ml/rowjson"
)

// Scratch is the memory that one request needs per row. It is borrowed from an
// endpoint and given back; what an Answer points to lives in it.
type Scratch struct {
	Row           *predict.Row
	notices       []rowjson.Notice
	contributions []explain.Contribution
	set           []int
}

// Borrow takes scratch memory for this endpoint's model.
func (e *Endpoint) Borrow() *Scratch {
	if s, ok := e.model.pool.Get().(*Scratch); ok {
		return s
	}
	inputs := len(e.model.program.Inputs())
	return &Scratch{
		Row:           e.model.program.NewRow(),
		notices:       make([]rowjson.Notice, 0, inputs),
		contributions: make([]explain.Contribution, 0, inputs),
	}
}

// Return gives scratch memory back. The caller must not use it, nor an Answer
// made with it, afterwards.
func (e *Endpoint) Return(s *Scratch) { e.model.pool.Put(s) }

// Want is what an answer should hold besides the prediction.
type Want struct {
	Level   float64 // of the interval; 0 means the model's own, if it promises one
	Explain bool
}

// Check tells whether the model can give what is wanted: a fault.Invalid that
// says why not.
func (e *Endpoint) Check(want Want) error {
	if want.Level == 0 {
		return nil
	}
	if !(want.Level > 0 && want.Level < 1) {
		return fault.Errorf(fault.Invalid, "expected a level between 0 and 1, such as 0.9, got %v", want.Level).At("level")
	}
	n := e.model.program.Calibrated()
	if n == 0 {
		return fault.Errorf(fault.Invalid, "model %s version %d promises no interval: leave the level out", e.Model, e.Version).At("level")
	}
	if !e.model.program.Promises(want.Level) {
		return fault.Errorf(fault.Invalid, "the interval rests on %d calibration rows, which allow a level up to %.6g, got %v",
			n, float64(n)/float64(n+1), want.Level).At("level")
	}
	return nil
}

// Answer is what a model says about one row.
type Answer struct {
	Prediction  float64
	Score       float64 // the prediction on the estimator's scale
	HasInterval bool
	Low, High   float64
	Level       float64
	Notices     []rowjson.Notice

	// Of a classifier: the class chosen and, unless it only decides, the
	// probabilities, in the order of the program's classes. Class is -1 for
	// what is no classifier.
	Class         int
	Probabilities []float64
	// Set is the classes that hold the true one with the probability Level, the
	// likeliest first; nil when the model promises none. It lives in the scratch
	// memory.
	Set []int

	// Of a vector: its numbers, in the order of Spec.Targets. Prediction is the
	// first of them.
	Values []float64

	// Only when reasons were wanted: Base plus all effects is Score. Words are
	// parts of the effects of inputs that are free text.
	Base          float64
	Contributions []explain.Contribution
	Words         []explain.Words
}

// Decode reads one JSON object into the scratch row. The error is
// rowjson.Problems when the row is wrong.
func (e *Endpoint) Decode(v *fastjson.Value, s *Scratch) error {
	s.notices = s.notices[:0]
	if err := rowjson.Decode(v, e.model.program, s.Row, &s.notices); err != nil {
		e.counts.refused.Add(1)
		return err
	}
	return nil
}

// Quick is Decode for the text of an object that is written plainly, as programs
// do it. False says nothing of the row: it is to be parsed and decoded.
func (e *Endpoint) Quick(text []byte, s *Scratch) bool {
	return rowjson.Quick(text, e.model.program, s.Row, &s.notices)
}

// Answer predicts the scratch row. It does not fail: what cannot be answered
// was refused by Check or Decode.
func (e *Endpoint) Answer(s *Scratch, want Want) Answer {
	program := e.model.program
	e.counts.rows.Add(1)
	outcome := program.Outcome(s.Row)
	answer := Answer{
		Score: outcome.Score, Prediction: outcome.Prediction, Class: outcome.Class, Probabilities: outcome.Probabilities,
		Values: outcome.Values, Level: want.Level, Notices: s.notices,
	}
	if set := program.Spec().Set; answer.Level == 0 && set != nil {
		answer.Level = set.Level
	} else if answer.Level == 0 {
		answer.Level = program.DefaultLevel()
	}
	if set, ok := program.Set(s.set[:0], outcome.Probabilities, answer.Level); ok {
		s.set, answer.Set = set, set
	}
	answer.Low, answer.High, answer.HasInterval = program.Interval(s.Row, outcome.Score, answer.Level)
	if want.Explain {
		s.contributions = explain.Contributions(program, s.Row, s.contributions)
		answer.Base, answer.Contributions = program.BaseOf(max(outcome.Class, 0)), s.contributions
		answer.Words = explain.InWords(program, s.Row)
	}
	return answer
}

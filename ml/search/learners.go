package search

import (
	"context"
	"time"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/learn"
)

// Entry is a learner with the settings that people know it by.
type Entry struct {
	Name    string            // "boosting"
	Params  map[string]string // {"trees": "300"}
	Learner learn.Learner
}

// Learners makes a family of learners that learn the same target from the same
// columns. Each is fitted on the rows of a fold alone, and what predicts is its
// model compiled: in the search as on a server. A learner that fails is broken on
// its own; the others go on.
func Learners(features *frame.Frame, target learn.Target, entries []Entry) Family {
	return &learners{features: features, target: target, entries: entries}
}

type learners struct {
	features *frame.Frame
	target   learn.Target
	entries  []Entry
}

// Candidates lists the entries.
func (l *learners) Candidates() []Candidate {
	list := make([]Candidate, len(l.entries))
	for i, e := range l.entries {
		list[i] = Candidate{Name: e.Name, Params: e.Params}
	}
	return list
}

// Fit fits one learner after the other: each uses all processors itself.
func (l *learners) Fit(ctx context.Context, train, test []int) ([]Outcome, error) {
	features, target := l.features.Take(train), l.target.Take(train)
	asked := l.features.Take(test)
	outcomes := make([]Outcome, len(l.entries))
	for i, e := range l.entries {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		outcomes[i] = try(ctx, e.Learner, features, target, asked)
		if fault.Is(outcomes[i].Err, fault.Invalid) {
			// A fold's rows are numbered anew: tell what is wrong by the rows of the table.
			if flaw := learn.CheckFeatures(l.features); flaw != nil {
				outcomes[i].Err = flaw
			}
		}
	}
	return outcomes, nil
}

func try(ctx context.Context, learner learn.Learner, features *frame.Frame, target learn.Target, asked *frame.Frame) Outcome {
	start := time.Now()
	model, err := learner.Fit(ctx, features, target)
	if err != nil {
		return Outcome{Err: err}
	}
	program, err := model.Compile()
	if err != nil {
		return Outcome{Err: err}
	}
	seconds := time.Since(start).Seconds()
	start = time.Now()
	predictions, err := learn.Predictions(program, asked)
	if err != nil {
		return Outcome{Err: err}
	}
	return Outcome{
		Predictions: predictions,
		Seconds:     seconds,
		Micros:      float64(time.Since(start).Nanoseconds()) / 1e3 / float64(asked.Rows()),
		Bytes:       size(&model.Spec),
		Warnings:    model.Warnings,
	}
}

// rowBytes is what a copy of a row takes.
func (l *learners) rowBytes() int64 {
	bytes := int64(8) // the target
	for _, c := range l.features.Columns() {
		if c.Kind == frame.Category {
			bytes += 4
		} else {
			bytes += 8
		}
	}
	return bytes
}

package train

import (
	"context"
	"math"
	"strconv"
	"time"

	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/linear"
	"dasier/ml/prep"
	"dasier/ml/search"
)

// linearFamily is all candidates that one decomposition of the design serves.
type linearFamily struct {
	inputs     *frame.Frame // of the training rows
	score      []float64    // what is learned, by row
	log        bool
	prep       prep.Config
	candidates []linearCandidate
}

type linearCandidate struct {
	algorithm string
	alpha     float64
}

// linearCandidates lists one candidate per penalty.
func linearCandidates(r *Recipe) []linearCandidate {
	var list []linearCandidate
	for _, c := range r.Candidates {
		if c.Algorithm == "linear" {
			list = append(list, linearCandidate{algorithm: "linear"})
			continue
		}
		for _, alpha := range c.Alpha {
			list = append(list, linearCandidate{algorithm: "ridge", alpha: alpha})
		}
	}
	return list
}

func (c linearCandidate) describe() search.Candidate {
	described := search.Candidate{Name: c.algorithm, Params: map[string]string{}}
	if c.algorithm == "ridge" {
		described.Params["alpha"] = strconv.FormatFloat(c.alpha, 'g', -1, 64)
	}
	return described
}

func (c linearCandidate) fit(d *linear.Decomposition) (*linear.Model, error) {
	if c.algorithm == "linear" {
		return d.LeastSquares(), nil
	}
	return d.Ridge(c.alpha)
}

// Candidates lists the candidates in the order of the recipe.
func (f *linearFamily) Candidates() []search.Candidate {
	described := make([]search.Candidate, len(f.candidates))
	for i, c := range f.candidates {
		described[i] = c.describe()
	}
	return described
}

// Fit prepares and decomposes the training rows once and fits every candidate.
func (f *linearFamily) Fit(ctx context.Context, train, test []int) ([]search.Outcome, error) {
	start := time.Now()
	p, d, err := f.decompose(train)
	if err != nil {
		return nil, err
	}
	design, err := p.Design(f.inputs.Take(test))
	if err != nil {
		return nil, err
	}
	shared := time.Since(start).Seconds() / float64(len(f.candidates))
	outcomes := make([]search.Outcome, len(f.candidates))
	for i, c := range f.candidates {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		start := time.Now()
		m, err := c.fit(d)
		if err != nil {
			return nil, err
		}
		outcomes[i] = search.Outcome{
			Seconds:     shared + time.Since(start).Seconds(),
			Predictions: answers(m.Predict(design), f.log),
		}
	}
	return outcomes, nil
}

// decompose learns the preparation from the given rows alone.
func (f *linearFamily) decompose(rows []int) (*prep.Preparation, *linear.Decomposition, error) {
	taken := f.inputs.Take(rows)
	p, err := prep.Fit(taken, learn.Target{}, f.prep)
	if err != nil {
		return nil, nil, err
	}
	design, err := p.Design(taken)
	if err != nil {
		return nil, nil, err
	}
	d, err := linear.Decompose(design, pick(f.score, rows))
	return p, d, err
}

// answers turns scores into predictions in the target's unit, as
// predict.Program does.
func answers(scores []float64, log bool) []float64 {
	if !log {
		return scores
	}
	predictions := make([]float64, len(scores))
	for i, s := range scores {
		predictions[i] = min(math.Exp(s), math.MaxFloat64)
	}
	return predictions
}

func pick(values []float64, rows []int) []float64 {
	picked := make([]float64, len(rows))
	for i, row := range rows {
		picked[i] = values[row]
	}
	return picked
}

package predict

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"dasier/ml/frame"
)

// Background is what explanations of a model are measured from that is no sum
// over features and no ensemble of trees: a stack, or nearest neighbours. It has
// no part in any prediction.
type Background struct {
	// Means are the mean of every feature over the training rows.
	Means Numbers `json:"means,omitempty"`
	// Rows are training rows, as features, that stand for all of them where the
	// model can only be asked: the nearest to equidistant quantiles of its answers.
	Rows []Numbers `json:"rows,omitempty"`
}

// Limits of a background: an explanation asks the model twice per row and input.
const (
	maxBackground   = 64
	backgroundAsked = 512 // rows times inputs, of those that AddBackground keeps
	backgroundSeen  = 256 // rows whose answers are looked at
)

// AddBackground gives a spec the background that its explanations need, from its
// training rows, whose columns are matched as Program.PredictFrame does. A spec
// that is explained without one is left as it is.
func AddBackground(s *Spec, rows *frame.Frame) error {
	s.Background = nil
	p, err := Compile(*s)
	if err != nil || p.Explained() || rows.Rows() == 0 || s.Task == TaskVector {
		return err
	}
	if chainable(s, true) {
		s.Background = &Background{}
		s.Background.Means, err = p.means(rows)
		return err
	}
	typical, err := p.typical(rows)
	s.Background = &Background{Rows: typical}
	return err
}

// means averages every feature over the rows that have it.
func (p *Program) means(rows *frame.Frame) (Numbers, error) {
	means, counts := make(Numbers, len(p.spec.Features)), make([]float64, len(p.spec.Features))
	err := p.EachRow(rows, func(row *Row) {
		for j, v := range p.FeatureCells(row) {
			if !math.IsNaN(v) {
				counts[j]++
				means[j] += (v - means[j]) / counts[j]
			}
		}
	})
	return means, err
}

// typical picks rows by their answers.
func (p *Program) typical(rows *frame.Frame) ([]Numbers, error) {
	type answered struct {
		score    float64
		features Numbers
	}
	seen := make([]int, min(rows.Rows(), backgroundSeen))
	for i := range seen {
		seen[i] = i * rows.Rows() / len(seen)
	}
	all := make([]answered, 0, len(seen))
	err := p.EachRow(rows.Take(seen), func(row *Row) {
		score := p.Scores(row)[0]
		all = append(all, answered{score, slices.Clone(Numbers(row.cells[:len(p.spec.Features)]))})
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(a, b answered) int { return cmp.Compare(a.score, b.score) })
	keep := min(max(backgroundAsked/len(p.spec.Inputs), 4), 16, len(all))
	typical := make([]Numbers, keep)
	for k := range typical {
		typical[k] = all[(2*k+1)*len(all)/(2*keep)].features
	}
	return typical, nil
}

// checkBackground holds a background to the features.
func checkBackground(s *Spec) error {
	if s.Background == nil {
		return nil
	}
	b := s.Background
	if len(b.Rows) > maxBackground {
		return wrong("background.rows", "there are %d, at most %d are allowed", len(b.Rows), maxBackground)
	}
	if b.Means != nil {
		if err := checkBackgroundRow("background.means", b.Means, len(s.Features)); err != nil {
			return err
		}
	}
	for k, row := range b.Rows {
		if err := checkBackgroundRow(fmt.Sprintf("background.rows[%d]", k), row, len(s.Features)); err != nil {
			return err
		}
	}
	return nil
}

func checkBackgroundRow(field string, row Numbers, features int) error {
	if len(row) != features {
		return wrong(field, "there are %d numbers for %d features", len(row), features)
	}
	for j, v := range row {
		if math.Abs(v) > largestSlope {
			return wrong(fmt.Sprintf("%s[%d]", field, j), "must be a finite number or nothing, it is %v", v)
		}
	}
	return nil
}

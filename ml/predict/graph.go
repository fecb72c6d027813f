package predict

import (
	"slices"

	"dasier/ml/forest"
	"dasier/ml/stage"
)

// What explanations of models are made of whose estimator sees numbers that are
// computed from several inputs (package explain).

// Explanation is how a program's answers are explained.
type Explanation string

// The ways, the best first. All of them add up to the score.
const (
	// Exact: every effect is the Shapley value of one sum, of trees, or of sums of
	// those, which are the sums of their parts' (linearity: Shapley, "A value for
	// n-person games", 1953, axiom 3).
	Exact Explanation = "exact"
	// Chained: parts' effects are passed on through what is no sum.
	Chained Explanation = "chained"
	// Sampled: the model is asked about mixtures of the row with background rows.
	Sampled Explanation = "sampled"
)

// Explanation is how the program's answers are explained; "" where they are not.
func (p *Program) Explanation() Explanation { return p.explanation }

// StageTrees are an ensemble, in the middle of a program or at its end.
type StageTrees struct {
	Forest   *forest.Forest
	Depth    int       // of the deepest tree
	Features []Feature // that it sees
}

// graph is what a program keeps to explain its stages.
type graph struct {
	needed []bool // per stage: the estimator depends on it
	trees  []StageTrees
	base   []float64 // the cells of the mean training row, and of trees their mean
}

// compileGraph finds out how a program is explained, and from where.
func (p *Program) compileGraph() {
	if p.explained {
		p.explanation = Exact
		return
	}
	if p.spec.Task == TaskVector || p.trees != nil && !p.trees.Explained() {
		return
	}
	p.graph.needed = needed(&p.spec)
	switch {
	case p.trees == nil && chainable(&p.spec, p.spec.Background != nil && p.spec.Background.Means != nil):
		p.explanation = Chained
		if linearGraph(&p.spec, p.graph.needed) {
			p.explanation = Exact
		}
		p.chainBase()
	case p.spec.Background != nil && len(p.spec.Background.Rows) > 0:
		p.explanation = Sampled
		p.sampleBase()
	}
	p.base = p.bases[0]
}

// Chained tells whether effects go from cell to cell.
func (p *Program) Chained() bool { return p.graph.base != nil }

// chainBase computes every cell of the base, and the scores there.
func (p *Program) chainBase() {
	features := len(p.spec.Features)
	base := make([]float64, p.stages.cells)
	if b := p.spec.Background; b != nil && b.Means != nil {
		copy(base, b.Means)
	}
	p.graph.base, p.graph.trees = base, make([]StageTrees, len(p.spec.Stages))
	row := p.NewRow()
	row.cells = base
	at := features
	for k := range p.stages.steps {
		step := &p.stages.steps[k]
		out := base[at : at+step.out]
		at += step.out
		if !p.graph.needed[k] {
			continue
		}
		if trees, ok := step.do.(*stage.Trees); ok {
			data := trees.Forest().Trees()
			copy(out, data.Expectation(step.out))
			p.graph.trees[k] = StageTrees{Forest: trees.Forest(), Depth: data.Depth()}
			for _, c := range step.from {
				p.graph.trees[k].Features = append(p.graph.trees[k].Features, p.spec.Features[c])
			}
			continue
		}
		for j, c := range step.from {
			row.gathered[j] = base[c]
		}
		step.do.Apply(row.gathered[:len(step.from)], out, row.work)
	}
	row.scores = make([]float64, p.spec.outputs())
	p.estimate(row)
	p.bases = row.scores
}

// sampleBase is the mean of the scores of the background.
func (p *Program) sampleBase() {
	row, rows := p.NewRow(), p.spec.Background.Rows
	p.bases = make([]float64, p.spec.outputs())
	for _, one := range rows {
		copy(row.cells, one)
		for k, v := range p.ScoresOfCells(row) {
			p.bases[k] += v / float64(len(rows))
		}
	}
}

// FeatureCells computes the features of a row of a program that is not fused, and
// gives them to be changed.
func (p *Program) FeatureCells(row *Row) []float64 {
	p.matrix.fill(row, row.cells)
	return row.cells[:len(p.spec.Features):len(p.spec.Features)]
}

// ScoresOfCells is the estimator's scores (Scores) of the features that
// FeatureCells gave, as they are now.
func (p *Program) ScoresOfCells(row *Row) []float64 {
	p.stages.run(row)
	p.estimate(row)
	return row.scores
}

// Cells computes every cell of a row: its features, and what stages give.
func (p *Program) Cells(row *Row) []float64 {
	p.matrix.fill(row, row.cells)
	p.stages.run(row)
	return row.cells
}

// BaseCells are the cells from which effects are measured that go from cell to
// cell.
func (p *Program) BaseCells() []float64 { return p.graph.base }

// Needs tells whether the estimator depends on a stage.
func (p *Program) Needs(stage int) bool { return p.graph.needed[stage] }

// StageTrees are the trees of a stage.
func (p *Program) StageTrees(stage int) StageTrees { return p.graph.trees[stage] }

// estimated are the cells that the estimator sees.
func estimated(s *Spec) []int32 {
	switch {
	case s.Answer != nil:
		return s.Answer.Scores
	case s.Takes != nil:
		return s.Takes
	}
	all := make([]int32, len(s.Features))
	for j := range all {
		all[j] = int32(j) //nolint:gosec // checkSpec bounds them
	}
	return all
}

// needed goes back from the estimator to the stages that it depends on.
func needed(s *Spec) []bool {
	stages := make([]bool, len(s.Stages))
	cells := make([]bool, len(s.Features), len(s.Features)+len(s.Stages))
	from := make([]int, len(s.Stages))
	for k := range s.Stages {
		from[k] = len(cells)
		out, _ := s.Stages[k].Do.Check(len(s.Stages[k].From)) // checkSpec has seen that there is no error
		cells = append(cells, make([]bool, out)...)
	}
	for _, c := range estimated(s) {
		cells[c] = true
	}
	end := len(cells)
	for k := len(s.Stages) - 1; k >= 0; k-- {
		if slices.Contains(cells[from[k]:end], true) {
			stages[k] = true
			for _, c := range s.Stages[k].From {
				cells[c] = true
			}
		}
		end = from[k]
	}
	return stages
}

// chainable tells whether effects can go from cell to cell: trees see features,
// and everything else that is needed has a rule. Without the features' means,
// only trees may see features, but for those of texts, which are measured from the
// empty one.
func chainable(s *Spec, means bool) bool {
	if s.Trees != nil || len(s.Stages) == 0 {
		return false
	}
	onlyFeatures := func(cells []int32) bool {
		return !slices.ContainsFunc(cells, func(c int32) bool { return int(c) >= len(s.Features) })
	}
	measured := func(cells []int32) bool {
		return means || !slices.ContainsFunc(cells, func(c int32) bool { return int(c) < len(s.Features) && !s.Features[c].ofReading() })
	}
	if !measured(estimated(s)) && !besideText(s) {
		return false
	}
	for k, is := range needed(s) {
		if !is {
			continue
		}
		switch do := s.Stages[k].Do.(type) {
		case *stage.Trees:
			if !do.Forest().Explained() || !onlyFeatures(s.Stages[k].From) {
				return false
			}
			continue
		case *stage.Affine, *stage.Average, *stage.Elementwise, *stage.Curve, *stage.Products, *stage.Splines,
			*stage.Scatter, stage.Cap, stage.Complement, stage.Softmax, stage.OneVsAll, stage.Shares:
		default:
			return false
		}
		if !measured(s.Stages[k].From) {
			return false
		}
	}
	return true
}

// besideText tells a linear estimator that stands behind what was made of texts, and
// sees other columns as they are: those are measured from 0, as where it sees
// nothing else and its file tells no mean.
func besideText(s *Spec) bool {
	if len(s.Readings) == 0 || s.Answer != nil {
		return false
	}
	linears := s.Classwise
	if s.Linear != nil {
		linears = []Linear{*s.Linear}
	}
	return !slices.ContainsFunc(linears, func(l Linear) bool {
		return slices.ContainsFunc(l.Base, func(v float64) bool { return v != 0 })
	})
}

// linearGraph tells whether all that is needed is linear in trees and features.
func linearGraph(s *Spec, needed []bool) bool {
	for k, is := range needed {
		if !is {
			continue
		}
		switch do := s.Stages[k].Do.(type) {
		case *stage.Trees, *stage.Affine, *stage.Average, *stage.Scatter, stage.Complement:
		case *stage.Splines: // of a feature they are one input's, too
			if slices.ContainsFunc(s.Stages[k].From, func(c int32) bool { return int(c) >= len(s.Features) }) {
				return false
			}
		case *stage.Elementwise:
			for _, steps := range do.Steps() {
				if _, linear := affineTerm(steps, 1); !linear {
					return false
				}
			}
		default:
			return false
		}
	}
	return true
}

package graft

import (
	"fmt"
	"math"
	"slices"

	"dasier/fault"
	"dasier/ml/predict"
	"dasier/ml/stage"
)

// Builder puts several specs into one. Cells are numbered at the end, because a
// spec counts features first and what stages compute after them.
type Builder struct {
	inputs   []predict.Input
	places   map[string]int // of inputs, by name
	features []predict.Feature
	known    map[string]int // features by what they are: learners share them
	stages   []step
	computed int32 // cells of stages so far
}

// Cell is a number that a feature or a stage computes.
type Cell struct {
	computed bool
	at       int32
}

// step is a stage whose cells have no numbers yet.
type step struct {
	from []Cell
	do   stage.Operation
}

// New merges the inputs of all specs by name. Where one knows levels that
// another does not, the merged input has all of them, and what the other makes of
// an unknown one stays.
func New(specs []*predict.Spec) (*Builder, error) {
	b := &Builder{places: map[string]int{}, known: map[string]int{}}
	for _, s := range specs {
		for _, in := range s.Inputs {
			if err := b.input(in); err != nil {
				return nil, err
			}
		}
	}
	return b, nil
}

func (b *Builder) input(in predict.Input) error {
	at, known := b.places[in.Name]
	if !known {
		b.places[in.Name] = len(b.inputs)
		in.Levels = slices.Clone(in.Levels)
		b.inputs = append(b.inputs, in)
		return nil
	}
	have := &b.inputs[at]
	if have.Kind != in.Kind || have.Text != in.Text {
		return fault.Errorf(fault.Invalid, "column %q is a %s to one of the learners that are joined and something else to another: prepare it the same way for all", in.Name, have.Kind)
	}
	if have.Hashing != nil && in.Hashing != nil && *have.Hashing != *in.Hashing {
		return fault.Errorf(fault.Invalid, "column %q is hashed in one way for one of the learners that are joined and in another for the next: prepare it the same way for all", in.Name)
	}
	if have.Hashing == nil {
		have.Hashing = in.Hashing
	}
	have.Required = have.Required || in.Required
	if in.Unknown != predict.UnknownIgnore {
		have.Unknown = in.Unknown
	}
	if !slices.Equal(have.Levels, in.Levels) {
		have.Levels = slices.Concat(have.Levels, in.Levels)
		slices.Sort(have.Levels)
		have.Levels = slices.Compact(have.Levels)
	}
	return nil
}

// Add computes the features and stages of a spec and gives the cells of its own.
// Inputs in given are cells that stand already: what other specs have answered.
func (b *Builder) Add(s *predict.Spec, given map[string]Cell) ([]Cell, error) {
	var cells []Cell
	for _, f := range s.Features {
		in := s.Inputs[f.Input]
		if from, stands := given[in.Name]; stands {
			one, err := b.instead(f, from)
			if err != nil {
				return nil, err
			}
			cells = append(cells, one)
			continue
		}
		cells = append(cells, b.feature(f, in))
	}
	for _, st := range s.Stages {
		out, err := b.Stage(st.Do, chosen(cells, st.From))
		if err != nil {
			return nil, err
		}
		cells = append(cells, out...)
	}
	return cells, nil
}

// feature is a column of the merged inputs; one that stands already is shared.
func (b *Builder) feature(f predict.Feature, in predict.Input) Cell {
	f.Input = b.places[in.Name]
	merged := b.inputs[f.Input].Levels
	if f.Op == "table" && !slices.Equal(merged, in.Levels) {
		table := make([]float64, 0, len(merged)+2)
		unknown, missing := f.Table[len(in.Levels)], f.Table[len(in.Levels)+1]
		for _, level := range merged {
			v := unknown
			if k := slices.Index(in.Levels, level); k >= 0 {
				v = f.Table[k]
			}
			table = append(table, v)
		}
		table = append(table, unknown, missing)
		f.Table = table
	}
	key := fmt.Sprintf("%#v", f)
	at, known := b.known[key]
	if !known {
		at = len(b.features)
		b.known[key] = at
		b.features = append(b.features, f)
	}
	return Cell{at: int32(at)} //nolint:gosec // specs bound their features
}

// instead is a feature of a cell in place of an input: as package predict
// computes it of a number.
func (b *Builder) instead(f predict.Feature, from Cell) (Cell, error) {
	var steps []stage.Step
	switch f.Op {
	case "steps":
		steps = f.Steps
	case "missing":
		steps = append(steps, stage.Step{Op: "missing"})
	case "value":
		if f.Log {
			steps = append(steps, stage.Step{Op: "clip", A: math.Nextafter(-1, 0), B: math.MaxFloat64}, stage.Step{Op: "log1p"})
		}
	default:
		return Cell{}, fault.Errorf(fault.Invalid, "the final learner makes %q of what the others answer, which a stack cannot hold: prepare its columns plainly", f.Op)
	}
	if f.Op != "steps" {
		if f.Center != 0 {
			steps = append(steps, stage.Step{Op: "sub", A: f.Center})
		}
		if f.Scale != 1 {
			steps = append(steps, stage.Step{Op: "div", A: f.Scale})
		}
	}
	if len(steps) == 0 {
		return from, nil
	}
	cells, err := b.Steps(from, steps)
	return cells, err
}

// Steps does steps to a cell.
func (b *Builder) Steps(from Cell, steps []stage.Step) (Cell, error) {
	do, err := stage.NewElementwise([][]stage.Step{steps})
	if err != nil {
		return Cell{}, err
	}
	out, err := b.Stage(do, []Cell{from})
	if err != nil {
		return Cell{}, err
	}
	return out[0], nil
}

// Stage computes cells of cells.
func (b *Builder) Stage(do stage.Operation, from []Cell) ([]Cell, error) {
	n, err := do.Check(len(from))
	if err != nil {
		return nil, err
	}
	out := make([]Cell, n)
	for j := range out {
		out[j] = Cell{computed: true, at: b.computed}
		b.computed++
	}
	b.stages = append(b.stages, step{from, do})
	return out, nil
}

// Number gives cells the numbers that they have in the spec.
func (b *Builder) Number(cells []Cell) []int32 {
	numbers := make([]int32, len(cells))
	for j, c := range cells {
		numbers[j] = c.at
		if c.computed {
			numbers[j] += int32(len(b.features)) //nolint:gosec // specs bound their features
		}
	}
	return numbers
}

// Finish puts inputs, features and stages into a spec.
func (b *Builder) Finish(s *predict.Spec) {
	s.Inputs, s.Features = b.inputs, b.features
	for _, st := range b.stages {
		s.Stages = append(s.Stages, predict.Stage{From: b.Number(st.from), Do: st.do})
	}
}

// Estimate gives a spec the estimator of another, whose cells Add has given, and
// its ways of answering: it stays what it is, and is explained as before.
func (b *Builder) Estimate(s *predict.Spec, of *predict.Spec, cells []Cell) {
	s.Linear, s.Classwise, s.Trees, s.Answer, s.Takes, s.Link = of.Linear, of.Classwise, of.Trees, nil, nil, of.Link
	if of.Answer == nil {
		s.Takes = b.Number(taken(of, cells))
		return
	}
	s.Answer = &predict.Answer{Scores: b.Number(chosen(cells, of.Answer.Scores))}
	if of.Answer.Chosen != 0 {
		s.Answer.Chosen = b.Number([]Cell{cells[of.Answer.Chosen]})[0]
	}
}

// background is a model's, for the features in their new places. What others see
// besides has no part in what it explains.
func (b *Builder) background(of *predict.Background, own []Cell) *predict.Background {
	if of == nil {
		return nil
	}
	placed := func(row predict.Numbers) predict.Numbers {
		if row == nil {
			return nil
		}
		wide := make(predict.Numbers, len(b.features))
		for j, c := range own {
			wide[c.at] = row[j]
		}
		return wide
	}
	background := &predict.Background{Means: placed(of.Means)}
	for _, row := range of.Rows {
		background.Rows = append(background.Rows, placed(row))
	}
	return background
}

func chosen(cells []Cell, numbers []int32) []Cell {
	list := make([]Cell, len(numbers))
	for k, n := range numbers {
		list[k] = cells[n]
	}
	return list
}

// taken are the cells that a spec's estimator sees.
func taken(s *predict.Spec, cells []Cell) []Cell {
	if s.Takes == nil {
		return cells[:len(s.Features)]
	}
	return chosen(cells, s.Takes)
}

// Scores computes what a spec's estimator says, before any link: one score of a
// regression and of two classes, else one per class.
func (b *Builder) Scores(s *predict.Spec) ([]Cell, error) {
	cells, err := b.Add(s, nil)
	if err != nil {
		return nil, err
	}
	scores, err := b.scores(s, cells)
	return slices.Clone(scores), err
}

// Answer computes what a spec answers: the number, the probability of the second
// class, or the probabilities of all.
func (b *Builder) Answer(s *predict.Spec) ([]Cell, error) {
	cells, err := b.Add(s, nil)
	if err != nil {
		return nil, err
	}
	scores, err := b.scores(s, cells)
	if err != nil {
		return nil, err
	}
	switch {
	case s.Target.Log:
		steps := []stage.Step{{Op: "exp"}}
		if factor := s.Target.Answer(0); factor != 1 {
			steps = append(steps, stage.Step{Op: "mul", A: factor})
		}
		one, err := b.Steps(scores[0], append(steps, stage.Step{Op: "clip", B: math.MaxFloat64}))
		return []Cell{one}, err
	case s.Target.Transformed():
		return nil, fault.Errorf(fault.Invalid, "it learns a transformed target, which a stack cannot undo for one learner: transform the target of the whole stack instead")
	}
	switch s.Link {
	case predict.Logistic:
		one, err := b.Steps(scores[0], []stage.Step{{Op: "logistic"}})
		return []Cell{one}, err
	case predict.Softmax:
		return b.Stage(stage.Softmax{}, scores)
	case predict.OneVsAll:
		return b.Stage(stage.OneVsAll{}, scores)
	case predict.Decision:
		return nil, fault.Errorf(fault.Invalid, "it gives no probabilities, and a stack of classifiers joins probabilities")
	}
	return scores, nil
}

// scores computes a spec's estimator.
func (b *Builder) scores(s *predict.Spec, cells []Cell) ([]Cell, error) {
	from := taken(s, cells)
	switch {
	case s.Answer != nil:
		return chosen(cells, s.Answer.Scores), nil
	case s.Trees != nil:
		trees, err := stage.NewTrees(s.Trees, len(from))
		if err != nil {
			return nil, err
		}
		return b.Stage(trees, from)
	case s.Linear != nil:
		return b.Stage(&stage.Affine{Weights: s.Linear.Weights, Bias: []float64{s.Linear.Bias}}, from)
	}
	all := &stage.Affine{}
	for _, l := range s.Classwise {
		all.Weights, all.Bias = append(all.Weights, l.Weights...), append(all.Bias, l.Bias)
	}
	return b.Stage(all, from)
}

package stack

import (
	"fmt"
	"math"
	"slices"

	"dasier/fault"
	"dasier/ml/predict"
	"dasier/ml/stage"
)

// builder puts several specs into one. Cells are numbered at the end, because a
// spec counts features first and what stages compute after them.
type builder struct {
	inputs   []predict.Input
	places   map[string]int // of inputs, by name
	features []predict.Feature
	known    map[string]int // features by what they are: learners share them
	stages   []step
	computed int32 // cells of stages so far
}

// cell is a number that a feature or a stage computes.
type cell struct {
	computed bool
	at       int32
}

// step is a stage whose cells have no numbers yet.
type step struct {
	from []cell
	do   stage.Operation
}

// newBuilder merges the inputs of all specs by name. Where one knows levels that
// another does not, the merged input has all of them, and what the other makes of
// an unknown one stays.
func newBuilder(specs []*predict.Spec) (*builder, error) {
	b := &builder{places: map[string]int{}, known: map[string]int{}}
	for _, s := range specs {
		for _, in := range s.Inputs {
			if err := b.input(in); err != nil {
				return nil, err
			}
		}
	}
	return b, nil
}

func (b *builder) input(in predict.Input) error {
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

// add computes the features and stages of a spec and gives the cells of its own.
// Inputs in given are cells that stand already: what other specs have answered.
func (b *builder) add(s *predict.Spec, given map[string]cell) ([]cell, error) {
	var cells []cell
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
		from := make([]cell, len(st.From))
		for j, c := range st.From {
			from[j] = cells[c]
		}
		out, err := b.stage(st.Do, from)
		if err != nil {
			return nil, err
		}
		cells = append(cells, out...)
	}
	return cells, nil
}

// feature is a column of the merged inputs; one that stands already is shared.
func (b *builder) feature(f predict.Feature, in predict.Input) cell {
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
	return cell{at: int32(at)} //nolint:gosec // specs bound their features
}

// instead is a feature of a cell in place of an input: as package predict
// computes it of a number.
func (b *builder) instead(f predict.Feature, from cell) (cell, error) {
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
		return cell{}, fault.Errorf(fault.Invalid, "the final learner makes %q of what the others answer, which a stack cannot hold: prepare its columns plainly", f.Op)
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
	cells, err := b.steps(from, steps)
	return cells, err
}

// steps does steps to a cell.
func (b *builder) steps(from cell, steps []stage.Step) (cell, error) {
	do, err := stage.NewElementwise([][]stage.Step{steps})
	if err != nil {
		return cell{}, err
	}
	out, err := b.stage(do, []cell{from})
	if err != nil {
		return cell{}, err
	}
	return out[0], nil
}

// stage computes cells of cells.
func (b *builder) stage(do stage.Operation, from []cell) ([]cell, error) {
	n, err := do.Check(len(from))
	if err != nil {
		return nil, err
	}
	out := make([]cell, n)
	for j := range out {
		out[j] = cell{computed: true, at: b.computed}
		b.computed++
	}
	b.stages = append(b.stages, step{from, do})
	return out, nil
}

// number gives cells the numbers that they have in the spec.
func (b *builder) number(cells []cell) []int32 {
	numbers := make([]int32, len(cells))
	for j, c := range cells {
		numbers[j] = c.at
		if c.computed {
			numbers[j] += int32(len(b.features)) //nolint:gosec // specs bound their features
		}
	}
	return numbers
}

// finish puts inputs, features and stages into a spec.
func (b *builder) finish(s *predict.Spec) {
	s.Inputs, s.Features = b.inputs, b.features
	for _, st := range b.stages {
		s.Stages = append(s.Stages, predict.Stage{From: b.number(st.from), Do: st.do})
	}
}

// taken are the cells that a spec's estimator sees.
func taken(s *predict.Spec, cells []cell) []cell {
	if s.Takes == nil {
		return cells[:len(s.Features)]
	}
	list := make([]cell, len(s.Takes))
	for j, c := range s.Takes {
		list[j] = cells[c]
	}
	return list
}

// answer computes what a spec answers: the number, the probability of the second
// class, or the probabilities of all.
func (b *builder) answer(s *predict.Spec) ([]cell, error) {
	cells, err := b.add(s, nil)
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
		one, err := b.steps(scores[0], append(steps, stage.Step{Op: "clip", B: math.MaxFloat64}))
		return []cell{one}, err
	case s.Target.Transformed():
		return nil, fault.Errorf(fault.Invalid, "it learns a transformed target, which a stack cannot undo for one learner: transform the target of the whole stack instead")
	}
	switch s.Link {
	case predict.Logistic:
		one, err := b.steps(scores[0], []stage.Step{{Op: "logistic"}})
		return []cell{one}, err
	case predict.Softmax:
		return b.stage(stage.Softmax{}, scores)
	case predict.OneVsAll:
		return b.stage(stage.OneVsAll{}, scores)
	case predict.Decision:
		return nil, fault.Errorf(fault.Invalid, "it gives no probabilities, and a stack of classifiers joins probabilities")
	}
	return scores, nil
}

// scores computes a spec's estimator.
func (b *builder) scores(s *predict.Spec, cells []cell) ([]cell, error) {
	from := taken(s, cells)
	switch {
	case s.Answer != nil:
		list := make([]cell, len(s.Answer.Scores))
		for k, c := range s.Answer.Scores {
			list[k] = cells[c]
		}
		return list, nil
	case s.Trees != nil:
		trees, err := stage.NewTrees(s.Trees, len(from))
		if err != nil {
			return nil, err
		}
		return b.stage(trees, from)
	case s.Linear != nil:
		return b.stage(&stage.Affine{Weights: s.Linear.Weights, Bias: []float64{s.Linear.Bias}}, from)
	}
	all := &stage.Affine{}
	for _, l := range s.Classwise {
		all.Weights, all.Bias = append(all.Weights, l.Weights...), append(all.Bias, l.Bias)
	}
	return b.stage(all, from)
}

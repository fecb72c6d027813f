package predict

import (
	"slices"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/stage"
)

// Embed adds the work of a guest to a host, which goes on to answer as before,
// and gives the cells that have the guest's scores: one of a regression or of a
// binary choice, else one per class or number. Inputs of both are one where they
// have the same name, and must be of the same kind then; the host's statistics and
// labels of it stay. The guest may be a model of stages itself. Neither is
// changed.
//
// It is how several models become one: a stack of estimators, or a model with a
// second one for the width of its interval.
func Embed(host, guest Spec) (joined Spec, scores []int32, err error) {
	host, guest = cloneSpec(host), cloneSpec(guest)
	host.Takes, host.Stages, host.Outputs = slices.Clone(host.Takes), slices.Clone(host.Stages), slices.Clone(host.Outputs)
	j := joining{host: &host, guest: &guest}
	if err := j.inputs(); err != nil {
		return Spec{}, nil, err
	}
	j.features()
	if err := j.stages(); err != nil {
		return Spec{}, nil, err
	}
	scores, err = j.estimator()
	return host, scores, err
}

// EmbedAnswer is Embed that gives the answers: a regression's number in its unit,
// the probability of the second class, or the probabilities of all classes.
func EmbedAnswer(host, guest Spec) (joined Spec, answers []int32, err error) {
	joined, scores, err := Embed(host, guest)
	if err != nil {
		return Spec{}, nil, err
	}
	j := joining{host: &joined, cells: len(joined.Features)}
	for _, s := range joined.Stages {
		n, err := s.Do.Check(len(s.From))
		if err != nil {
			return Spec{}, nil, err
		}
		j.cells += n
	}
	switch {
	case guest.Target.Power != nil:
		return Spec{}, nil, fault.Errorf(fault.Invalid, "a model of a power of the target cannot be part of another: transform the target of the whole, or take its logarithm")
	case guest.Target.Log:
		do, err := stage.NewElementwise([][]stage.Step{{{Op: "exp"}, {Op: "mul", A: guest.Target.Answer(0)}}})
		if err != nil {
			return Spec{}, nil, err
		}
		scores, err = j.add(scores, do)
		return joined, scores, err
	case guest.Link == Logistic:
		do, err := stage.NewElementwise([][]stage.Step{{{Op: "logistic"}}})
		if err != nil {
			return Spec{}, nil, err
		}
		scores, err = j.add(scores, do)
		return joined, scores, err
	case guest.Link == Softmax:
		scores, err = j.add(scores, stage.Softmax{})
	case guest.Link == OneVsAll:
		scores, err = j.add(scores, stage.OneVsAll{})
	case guest.Link == Decision:
		return Spec{}, nil, fault.Errorf(fault.Invalid, "a model whose scores are decisions has no probabilities")
	}
	return joined, scores, err
}

// joining is a guest on its way into a host.
type joining struct {
	host, guest *Spec
	input       []int // per input of the guest: its place in the host
	before      int   // features that the host had
	moved       int32 // places that cells of the host's stages move by
	cells       int   // that the host has
}

// inputs finds or adds the guest's inputs.
func (j *joining) inputs() error {
	place := make(map[string]int, len(j.host.Inputs))
	for i, in := range j.host.Inputs {
		place[in.Name] = i
	}
	j.input = make([]int, len(j.guest.Inputs))
	for i, in := range j.guest.Inputs {
		at, known := place[in.Name]
		if !known {
			j.input[i] = len(j.host.Inputs)
			j.host.Inputs = append(j.host.Inputs, in)
			continue
		}
		j.input[i] = at
		mine := &j.host.Inputs[at]
		if mine.Kind != in.Kind {
			return fault.Errorf(fault.Invalid, "input %q is a %s in one model and a %s in the other", in.Name, mine.Kind, in.Kind)
		}
		if mine.Text != in.Text || mine.Hashing != nil && in.Hashing != nil && *mine.Hashing != *in.Hashing {
			return fault.Errorf(fault.Invalid, "input %q is a text whose words are counted one way in one model and another way in the other", in.Name)
		}
		if mine.Hashing == nil {
			mine.Hashing = in.Hashing
		}
		mine.Required = mine.Required || in.Required
		if in.Kind == frame.Category {
			j.levels(i, at)
		}
	}
	return nil
}

// levels gives an input the levels of both. A table is by the place of a level:
// one that its model did not know stands where unknown ones do.
func (j *joining) levels(guest, host int) {
	mine, theirs := j.host.Inputs[host].Levels, j.guest.Inputs[guest].Levels
	all := slices.Clone(mine)
	for _, level := range theirs {
		if !slices.Contains(mine, level) {
			all = append(all, level)
		}
	}
	widen(j.host.Features, host, mine, all)
	widen(j.guest.Features, guest, theirs, all)
	j.host.Inputs[host].Levels = all
}

func widen(features []Feature, input int, from, to []string) {
	place := make(map[string]int, len(from))
	for k, level := range from {
		place[level] = k
	}
	for k := range features {
		f := &features[k]
		if f.Input != input || f.Op != opTable {
			continue
		}
		table := make(Numbers, 0, len(to)+2)
		unknown, missing := f.Table[len(from)], f.Table[len(from)+1]
		for _, level := range to {
			if at, known := place[level]; known {
				table = append(table, f.Table[at])
			} else {
				table = append(table, unknown)
			}
		}
		table = append(table, unknown, missing)
		f.Table = table
	}
}

// features adds the guest's features behind the host's; what the host's stages
// compute moves behind them.
func (j *joining) features() {
	j.before, j.moved = len(j.host.Features), int32(len(j.guest.Features)) //nolint:gosec // checkSpec bounds features
	h := j.host
	if h.Takes == nil && h.Answer == nil {
		h.Takes = make([]int32, j.before)
		for k := range h.Takes {
			h.Takes[k] = int32(k) //nolint:gosec // checkSpec bounds features
		}
	}
	for _, f := range j.guest.Features {
		f.Input = j.input[f.Input]
		h.Features = append(h.Features, f)
	}
	j.move(h.Takes)
	for k := range h.Stages {
		h.Stages[k].From = slices.Clone(h.Stages[k].From)
		j.move(h.Stages[k].From)
	}
	for k := range h.Outputs {
		h.Outputs[k].Cells = slices.Clone(h.Outputs[k].Cells)
		j.move(h.Outputs[k].Cells)
	}
	if h.Answer != nil {
		answer := Answer{Scores: slices.Clone(h.Answer.Scores), Chosen: h.Answer.Chosen}
		j.move(answer.Scores)
		if chosen := []int32{answer.Chosen}; answer.Chosen != 0 {
			j.move(chosen)
			answer.Chosen = chosen[0]
		}
		h.Answer = &answer
	}
	if h.Interval != nil {
		j.move(h.Interval.Cells)
	}
}

func (j *joining) move(cells []int32) {
	for k, c := range cells {
		if int(c) >= j.before {
			cells[k] += j.moved
		}
	}
}

// stages adds the guest's stages.
func (j *joining) stages() error {
	j.cells = len(j.host.Features)
	for k, s := range j.host.Stages {
		n, err := s.Do.Check(len(s.From))
		if err != nil {
			return wrong("stages", "%d: %v", k, err)
		}
		j.cells += n
	}
	behind := int32(j.cells) //nolint:gosec // checkSpec bounds cells
	for _, s := range j.guest.Stages {
		if _, err := j.add(j.cellsOf(s.From, behind), s.Do); err != nil {
			return err
		}
	}
	return nil
}

// cellsOf is where cells of the guest are in the host.
func (j *joining) cellsOf(cells []int32, behind int32) []int32 {
	places := make([]int32, len(cells))
	features := int32(len(j.guest.Features)) //nolint:gosec // checkSpec bounds features
	for k, c := range cells {
		if c < features {
			places[k] = int32(j.before) + c //nolint:gosec // as above
		} else {
			places[k] = behind + c - features
		}
	}
	return places
}

// add appends a stage and gives its cells.
func (j *joining) add(from []int32, do stage.Operation) ([]int32, error) {
	n, err := do.Check(len(from))
	if err != nil {
		return nil, err
	}
	j.host.Stages = append(j.host.Stages, Stage{From: from, Do: do})
	cells := make([]int32, n)
	for k := range cells {
		cells[k] = int32(j.cells + k) //nolint:gosec // checkSpec bounds cells
	}
	j.cells += n
	return cells, nil
}

// estimator makes a stage of the guest's.
func (j *joining) estimator() ([]int32, error) {
	g := j.guest
	behind := int32(j.cells) //nolint:gosec // checkSpec bounds cells
	for _, s := range g.Stages {
		n, err := s.Do.Check(len(s.From))
		if err != nil {
			return nil, err
		}
		behind -= int32(n) //nolint:gosec // as above
	}
	if g.Answer != nil {
		return j.cellsOf(g.Answer.Scores, behind), nil
	}
	takes := g.Takes
	if takes == nil {
		takes = make([]int32, len(g.Features))
		for k := range takes {
			takes[k] = int32(k) //nolint:gosec // as above
		}
	}
	from := j.cellsOf(takes, behind)
	linears := g.Classwise
	switch {
	case g.Trees != nil:
		trees, err := stage.NewTrees(g.Trees, len(from))
		if err != nil {
			return nil, err
		}
		return j.add(from, trees)
	case g.Linear != nil:
		linears = []Linear{*g.Linear}
	}
	affine := &stage.Affine{}
	for _, l := range linears {
		affine.Bias, affine.Weights = append(affine.Bias, l.Bias), append(affine.Weights, l.Weights...)
	}
	return j.add(from, affine)
}

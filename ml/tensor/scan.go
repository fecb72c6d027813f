package tensor

import (
	"slices"

	"dasier/fault"
)

// makeScan runs a body once for every piece of its scanned inputs along an axis:
// states go from one round to the next, further outputs of the rounds are
// stacked. (Version 9; version 8 had a batch axis.)
func makeScan(n *node) (kernel, error) {
	body, ok := n.setting("body", AttributeGraph)
	if !ok || body.Graph == nil {
		return nil, fault.Errorf(fault.Invalid, "it has no body")
	}
	inner, err := n.compiler.scope(body.Graph)
	if err != nil {
		return nil, err
	}
	s := &scan{program: inner.program}
	scanned := n.int("num_scan_inputs", 0)
	s.states = len(n.types) - int(min(max(scanned, 0), maxNodes))
	if scanned < 1 || s.states < 0 || len(inner.graph.Inputs) != len(n.types) || len(inner.outputs) < s.states {
		return nil, fault.Errorf(fault.Invalid, "its body has %d inputs and %d outputs for %d inputs, %d of them scanned",
			len(inner.graph.Inputs), len(inner.outputs), len(n.types), scanned)
	}
	for i, at := range inner.inputs {
		if inner.types[at] != n.is(i) {
			return nil, fault.Errorf(fault.Invalid, "its body takes %s where it is given %s", inner.types[at], n.is(i))
		}
	}
	for i, at := range inner.outputs {
		if i < s.states && inner.types[at] != n.is(i) {
			return nil, fault.Errorf(fault.Invalid, "its body turns a state of type %s into %s", n.is(i), inner.types[at])
		}
		n.gives = append(n.gives, inner.types[at])
	}
	stacked := len(inner.outputs) - s.states
	s.backward, s.axes = n.ints("scan_input_directions"), n.ints("scan_input_axes")
	s.backwardOut, s.axesOut = n.ints("scan_output_directions"), n.ints("scan_output_axes")
	if wrongLength(s.backward, int(scanned)) || wrongLength(s.axes, int(scanned)) || wrongLength(s.backwardOut, stacked) || wrongLength(s.axesOut, stacked) {
		return nil, fault.Errorf(fault.Invalid, "its axes and directions do not fit %d inputs and %d outputs", scanned, stacked)
	}
	if slices.ContainsFunc(s.axesOut, func(a int64) bool { return a != 0 }) {
		return nil, fault.Errorf(fault.Invalid, "its outputs are stacked along axes %v; only the first is supported", s.axesOut)
	}
	n.dynamic = true
	for _, name := range inner.captured {
		at, _ := n.compiler.find(name)
		n.more = append(n.more, at)
	}
	return s.run, nil
}

func wrongLength(list []int64, want int) bool { return len(list) > 0 && len(list) != want }

type scan struct {
	*program
	states                int
	axes, axesOut         []int64
	backward, backwardOut []int64 // 1: from the end
}

func at(list []int64, i int) int64 {
	if i < len(list) {
		return list[i]
	}
	return 0
}

func (s *scan) run(r *run, in, out []*Tensor) error {
	declared := len(s.inputs)
	rounds := -1
	for i, t := range in[s.states:declared] {
		if t == nil {
			return fault.Errorf(fault.Invalid, "an input is left out")
		}
		a, err := axis(at(s.axes, i), len(t.Shape))
		if err != nil {
			return err
		}
		if rounds >= 0 && rounds != t.Shape[a] {
			return fault.Errorf(fault.Invalid, "its inputs have %d and %d rounds", rounds, t.Shape[a])
		}
		rounds = t.Shape[a]
	}
	if rounds > maxScan {
		return fault.Errorf(fault.Limited, "it goes %d rounds, at most %d are allowed", rounds, maxScan)
	}
	f := r.bodies[s.body]
	for i, place := range s.captures {
		*f.values[place] = *in[declared+i]
	}
	states := make([]Tensor, s.states)
	for i := range states {
		states[i] = *in[i]
	}
	for round := range rounds {
		if err := s.round(r, f, in, out, states, round, rounds); err != nil {
			return err
		}
	}
	for i := range states {
		*out[i] = states[i]
	}
	for i := s.states; i < len(s.outputs) && rounds == 0; i++ {
		// What the body would have made is unknown: nothing, of no width.
		if err := r.make(out[i], s.types[s.outputs[i]], []int{0}); err != nil {
			return err
		}
	}
	return nil
}

// round runs the body once and puts its results away.
func (s *scan) round(r *run, f *frame, in, out []*Tensor, states []Tensor, round, rounds int) error {
	before := r.mark()
	for i := range states {
		*f.values[s.inputs[i]] = states[i]
	}
	for i, t := range in[s.states:len(s.inputs)] {
		which := round
		if at(s.backward, i) == 1 {
			which = rounds - 1 - round
		}
		if err := piece(r, t, f.values[s.inputs[s.states+i]], at(s.axes, i), which); err != nil {
			return err
		}
	}
	if err := s.execute(r, f); err != nil {
		return err
	}
	moved := false
	for i := range states {
		next := f.values[s.outputs[i]]
		if !shares(next, &states[i]) || !slices.Equal(next.Shape, states[i].Shape) {
			moved, states[i] = true, *next
		}
	}
	for i, place := range s.outputs[s.states:] {
		result := f.values[place]
		to := out[s.states+i]
		if round == 0 {
			// The first round says the shape; memory for all comes now, and is
			// not taken back with the round's.
			shape := append(append(make([]int, 0, maxRank+1), rounds), result.Shape...)
			if err := r.make(to, result.Type, shape); err != nil {
				return err
			}
			moved = true
		}
		width := result.held()
		if !slices.Equal(to.Shape[1:], result.Shape) {
			return fault.Errorf(fault.Invalid, "its rounds give tensors of shapes %v and %v", slices.Clone(to.Shape[1:]), slices.Clone(result.Shape))
		}
		which := round
		if at(s.backwardOut, i) == 1 {
			which = rounds - 1 - round
		}
		copyCells(to, which*width, result, 0, width)
	}
	if !moved { // nothing that this round made lives on
		r.release(&before)
	}
	return nil
}

// shares tells that two tensors have the same cells, as states that a body hands
// on do.
func shares(a, b *Tensor) bool {
	if a.Type != b.Type || a.held() != b.held() || a.held() == 0 {
		return false
	}
	switch a.Type {
	case Float:
		return &a.Float[0] == &b.Float[0]
	case Double:
		return &a.Double[0] == &b.Double[0]
	case Int64:
		return &a.Int64[0] == &b.Int64[0]
	default:
		return false
	}
}

// piece cuts one place out of an axis, which disappears.
func piece(r *run, t, out *Tensor, which int64, i int) error {
	a, err := axis(which, len(t.Shape))
	if err != nil {
		return err
	}
	l := along(t.Shape, a)
	var shape [maxRank]int
	copy(shape[:], t.Shape[:a])
	copy(shape[a:], t.Shape[a+1:])
	if err := r.make(out, t.Type, shape[:len(t.Shape)-1]); err != nil {
		return err
	}
	for o := range l.outer {
		copyCells(out, o*l.inner, t, (o*l.length+i)*l.inner, l.inner)
	}
	return nil
}

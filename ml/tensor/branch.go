package tensor

import (
	"slices"

	"dasier/fault"
)

// branch is one side of an If.
type branch struct {
	*program
	first int // where its captures begin among the step's inputs
}

// makeIf runs one of two bodies. If the condition is known, only that one is
// compiled: exporters leave branches behind that fit no shape.
func makeIf(n *node) (kernel, error) {
	n.need(0, Bool)
	if n.problem != nil {
		return nil, n.problem
	}
	names := []string{"else_branch", "then_branch"}
	var sides [2]*branch
	fixed := n.known(0)
	if fixed != nil && fixed.held() != 1 {
		return nil, fault.Errorf(fault.Invalid, "its condition has %d cells", fixed.held())
	}
	for k, name := range names {
		if fixed != nil && fixed.Bool[0] != (k == 1) {
			continue
		}
		body, ok := n.setting(name, AttributeGraph)
		if !ok || body.Graph == nil || len(body.Graph.Inputs) > 0 {
			return nil, fault.Errorf(fault.Invalid, "its %s is no body without inputs", name)
		}
		inner, err := n.compiler.scope(body.Graph)
		if err != nil {
			return nil, err
		}
		gives := make([]Type, len(inner.outputs))
		for i, at := range inner.outputs {
			gives[i] = inner.types[at]
		}
		if n.gives != nil && !slices.Equal(gives, n.gives) {
			return nil, fault.Errorf(fault.Invalid, "its two bodies give different types")
		}
		n.gives = gives
		sides[k] = &branch{inner.program, len(n.types) + len(n.more)}
		for _, captured := range inner.captured {
			at, _ := n.compiler.find(captured)
			n.more = append(n.more, at)
		}
	}
	n.dynamic = true
	return func(r *run, in, out []*Tensor) error {
		if in[0].held() != 1 {
			return fault.Errorf(fault.Invalid, "its condition has %d cells", in[0].held())
		}
		side := sides[0]
		if in[0].Bool[0] {
			side = sides[1]
		}
		f := r.bodies[side.body]
		for i, place := range side.captures {
			*f.values[place] = *in[side.first+i]
		}
		if err := side.execute(r, f); err != nil {
			return err
		}
		for i, place := range side.outputs {
			*out[i] = *f.values[place]
		}
		return nil
	}, nil
}

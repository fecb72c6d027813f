package tensor

import (
	"sync"

	"dasier/fault"
)

// Machine is a compiled graph. It is immutable: any number of goroutines may
// run it.
type Machine struct {
	main    *program
	bodies  []*program
	inputs  []Port
	outputs []Port
	size    int       // Graph.Size
	pool    sync.Pool // of *run
}

// Inputs are what Run takes, in this order.
func (m *Machine) Inputs() []Port { return m.inputs }

// Outputs are what Run gives, in this order. Their shapes are not known before
// a run.
func (m *Machine) Outputs() []Port { return m.outputs }

// Steps is how many operations a run executes, those of bodies not counted.
func (m *Machine) Steps() int { return len(m.main.steps) }

// frame is where a program finds its tensors during a run.
type frame struct {
	own     []Tensor
	values  []*Tensor // per place: own, or a constant
	in, out [][]*Tensor
}

func newFrame(p *program) *frame {
	f := &frame{own: make([]Tensor, len(p.types)), values: make([]*Tensor, len(p.types))}
	for at, fixed := range p.fixed {
		f.values[at] = fixed
		if fixed == nil {
			f.values[at] = &f.own[at]
		}
	}
	operands := func(places []int) []*Tensor {
		list := make([]*Tensor, len(places))
		for i, at := range places {
			if at >= 0 {
				list[i] = f.values[at]
			}
		}
		return list
	}
	for i := range p.steps {
		f.in, f.out = append(f.in, operands(p.steps[i].in)), append(f.out, operands(p.steps[i].out))
	}
	return f
}

// forget drops what the frame refers to: a pooled run must not keep a
// request's texts alive.
func (f *frame) forget() { clear(f.own) }

func (m *Machine) newRun() *run {
	r := &run{main: newFrame(m.main), room: roomOf(m.size)}
	for _, body := range m.bodies {
		r.bodies = append(r.bodies, newFrame(body))
	}
	return r
}

// execute runs all steps of a program in its frame.
func (p *program) execute(r *run, f *frame) error {
	for i := range p.steps {
		if err := p.steps[i].do(r, f.in[i], f.out[i]); err != nil {
			return wrongAt(p.steps[i].node, p.steps[i].version, err)
		}
	}
	return r.charge(len(p.steps))
}

// Run computes the outputs of a batch. It copies them into out, whose memory it
// uses where that suffices: a caller that keeps out for the next run saves the
// allocations.
func (m *Machine) Run(in, out []Tensor) error {
	if len(in) != len(m.inputs) || len(out) != len(m.outputs) {
		return fault.Errorf(fault.Invalid, "the graph has %d inputs and %d outputs, not %d and %d", len(m.inputs), len(m.outputs), len(in), len(out))
	}
	for i := range in {
		if err := m.inputs[i].takes(&in[i]); err != nil {
			return err
		}
	}
	r := m.pool.Get().(*run) //nolint:errcheck,forcetypeassert // the pool makes them
	defer func() {
		r.main.forget()
		for _, body := range r.bodies {
			body.forget()
		}
		r.reset()
		m.pool.Put(r)
	}()
	r.most = workOf(m.size)
	if len(in) > 0 && len(in[0].Shape) > 0 {
		r.most += maxRowWork * in[0].Shape[0]
	}
	for i, at := range m.main.inputs {
		*r.main.values[at] = in[i] //nolint:gosec // Run has checked how many there are
	}
	if err := m.main.execute(r, r.main); err != nil {
		return err
	}
	for i, at := range m.main.outputs {
		out[i].set(r.main.values[at]) //nolint:gosec // as above
	}
	return nil
}

// takes checks a tensor for an input, as strictly as ONNX Runtime: the declared
// lengths are binding.
func (p *Port) takes(t *Tensor) error {
	if t.Type != p.Type {
		return fault.Errorf(fault.Invalid, "the input %q is of type %s, not %s", p.Name, p.Type, t.Type)
	}
	if n := t.Count(); n < 0 || n != t.held() || len(t.Shape) > maxRank {
		return fault.Errorf(fault.Invalid, "the input %q of shape %v has %d cells", p.Name, t.Shape, t.held())
	}
	if p.Shape == nil {
		return nil
	}
	fits := len(p.Shape) == len(t.Shape)
	for i := 0; fits && i < len(p.Shape); i++ {
		fits = p.Shape[i] < 0 || p.Shape[i] == t.Shape[i]
	}
	if !fits {
		return fault.Errorf(fault.Invalid, "the input %q has the shape %v, not %v", p.Name, p.Shape, t.Shape)
	}
	return nil
}

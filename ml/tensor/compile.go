package tensor

import (
	"errors"
	"slices"

	"dasier/fault"
)

// kernel computes an operator's outputs from its inputs, which are nil where
// an optional one is left out. It writes inputs never.
type kernel func(r *run, in, out []*Tensor) error

// step is a kernel with the places of its operands; -1 is an operand left out.
type step struct {
	do      kernel
	in, out []int
	node    *Node
	version int
}

// program is a compiled graph, or the compiled body of a node.
type program struct {
	steps    []step
	fixed    []*Tensor // per place: what is known at compile time, or nil
	types    []Type    // per place
	keys     [][]string
	inputs   []int // places
	captures []int // places that a body takes from outside, after its inputs
	outputs  []int
	body     int // its number among the machine's bodies
}

// compiler compiles one graph; those of bodies know the one outside.
type compiler struct {
	*program
	machine  *Machine
	graph    *Graph
	outside  *compiler
	names    map[string]int
	captured []string // names, as captures
	depth    int
	run      *run // for what is computed at compile time
}

// Compile checks a graph and makes it ready to run.
func Compile(g *Graph) (*Machine, error) {
	m := &Machine{size: g.Size}
	c := &compiler{program: &program{}, machine: m, graph: g, names: make(map[string]int), run: &run{most: maxFold, room: roomOf(g.Size)}}
	if err := c.compile(); err != nil {
		return nil, err
	}
	m.main = c.program
	m.inputs = g.Inputs
	for i, name := range g.Outputs {
		at := c.outputs[i]
		m.outputs = append(m.outputs, Port{Name: name, Type: c.types[at], Keys: c.keys[at]})
	}
	m.pool.New = func() any { return m.newRun() }
	return m, nil
}

func (c *compiler) compile() error {
	if len(c.graph.Nodes) > maxNodes {
		return fault.Errorf(fault.Limited, "the graph has %d nodes, at most %d are allowed", len(c.graph.Nodes), maxNodes)
	}
	if c.depth > maxDepth {
		return fault.Errorf(fault.Limited, "bodies are nested deeper than %d", maxDepth)
	}
	for i := range c.graph.Inputs {
		in := &c.graph.Inputs[i]
		if in.Type == None || in.Type > String {
			return fault.Errorf(fault.Invalid, "the input %q has no type that is known", in.Name)
		}
		if len(in.Shape) > maxRank {
			return fault.Errorf(fault.Limited, "the input %q has %d axes, at most %d are allowed", in.Name, len(in.Shape), maxRank)
		}
		at, err := c.name(in.Name, in.Type, nil)
		if err != nil {
			return err
		}
		c.inputs = append(c.inputs, at)
	}
	for name, t := range c.graph.Constants {
		if n := t.Count(); n < 0 || n != t.held() || len(t.Shape) > maxRank {
			return fault.Errorf(fault.Invalid, "the constant %q of shape %v has %d cells", name, t.Shape, t.held())
		}
		if _, err := c.name(name, t.Type, t); err != nil {
			return err
		}
	}
	for i := range c.graph.Nodes {
		if err := c.node(&c.graph.Nodes[i]); err != nil {
			return err
		}
	}
	for _, name := range c.graph.Outputs {
		at, ok := c.find(name)
		if !ok {
			return fault.Errorf(fault.Invalid, "no node makes the output %q", name)
		}
		c.outputs = append(c.outputs, at)
	}
	c.prune()
	return nil
}

// name gives a tensor a place.
func (c *compiler) name(name string, kind Type, fixed *Tensor) (int, error) {
	if _, taken := c.names[name]; taken && name != "" {
		return 0, fault.Errorf(fault.Invalid, "two tensors are called %q", name)
	}
	at := len(c.types)
	c.types, c.fixed, c.keys = append(c.types, kind), append(c.fixed, fixed), append(c.keys, nil)
	if name != "" {
		c.names[name] = at
	}
	return at, nil
}

// find is the place of a tensor. A body may use what is known outside: a
// constant is taken over, anything else comes in with the inputs.
func (c *compiler) find(name string) (int, bool) {
	if at, ok := c.names[name]; ok {
		return at, true
	}
	if c.outside == nil {
		return 0, false
	}
	outer, ok := c.outside.find(name)
	if !ok {
		return 0, false
	}
	at, err := c.name(name, c.outside.types[outer], c.outside.fixed[outer])
	if err != nil {
		return 0, false
	}
	if c.fixed[at] == nil {
		c.captures, c.captured = append(c.captures, at), append(c.captured, name)
	}
	return at, true
}

func (c *compiler) node(from *Node) error {
	n := &node{Node: from, compiler: c, version: from.Version}
	if n.version == 0 {
		n.version = c.graph.Opsets[from.Domain]
	}
	op, ok := lookup(from.Domain, from.Op)
	if !ok {
		return n.wrong(fault.Errorf(fault.Invalid, "the operator is not known here; export the model with operators of %s", known(from.Domain)))
	}
	switch {
	case n.version == 0:
		return n.wrong(fault.Errorf(fault.Invalid, "the file imports no operator set of the domain %q", from.Domain))
	case n.version < op.since:
		return n.wrong(fault.Errorf(fault.Invalid, "the operator is known from operator set %d on; export with a newer one", op.since))
	}
	s := step{node: from, version: n.version}
	for _, name := range from.Inputs {
		if name == "" {
			s.in = append(s.in, -1)
			n.types, n.fixed = append(n.types, None), append(n.fixed, nil)
			continue
		}
		at, ok := c.find(name)
		if !ok {
			return n.wrong(fault.Errorf(fault.Invalid, "no tensor is called %q where it is needed", name))
		}
		if c.keys[at] != nil && from.Op != "Identity" {
			return n.wrong(fault.Errorf(fault.Invalid, "the maps of ZipMap are understood at the end of a graph only"))
		}
		s.in = append(s.in, at)
		n.types, n.fixed = append(n.types, c.types[at]), append(n.fixed, c.fixed[at])
	}
	if err := n.fits(&op); err != nil {
		return n.wrong(err)
	}
	do, err := op.make(n)
	if n.problem != nil {
		err = n.problem
	}
	if err != nil {
		return n.wrong(err)
	}
	s.do, s.in = do, append(s.in, n.more...)
	results, err := c.fold(n, &s)
	if err != nil {
		return n.wrong(err)
	}
	if len(from.Outputs) > len(n.gives) {
		return n.wrong(fault.Errorf(fault.Invalid, "it has %d outputs, the operator gives %d", len(from.Outputs), len(n.gives)))
	}
	for i, kind := range n.gives {
		name := ""
		if i < len(from.Outputs) {
			name = from.Outputs[i]
		}
		var fixed *Tensor
		if results != nil {
			fixed = results[i]
		}
		at, err := c.name(name, kind, fixed)
		if err != nil {
			return n.wrong(err)
		}
		c.keys[at] = n.keys
		s.out = append(s.out, at)
	}
	if results == nil {
		c.steps = append(c.steps, s)
	}
	return nil
}

// fold computes a node whose inputs are all known. What takes long is left to
// the run, for it may never be needed.
func (c *compiler) fold(n *node, s *step) ([]*Tensor, error) {
	if n.dynamic || n.keys != nil || slices.ContainsFunc(s.in, func(at int) bool { return at >= 0 && c.fixed[at] == nil }) {
		return nil, nil
	}
	in, out := make([]*Tensor, len(s.in)), make([]*Tensor, len(n.gives))
	for i, at := range s.in {
		if at >= 0 {
			in[i] = c.fixed[at]
		}
	}
	for i := range out {
		out[i] = new(Tensor)
	}
	defer c.run.reset()
	if err := s.do(c.run, in, out); err != nil {
		var known *fault.Error
		if errors.As(err, &known) && known.Kind == fault.Limited {
			return nil, nil //nolint:nilerr // it is tried again when the machine runs, with more memory
		}
		return nil, err
	}
	for i := range out {
		out[i] = out[i].clone()
	}
	return out, nil
}

// prune drops the steps that no output needs.
func (c *compiler) prune() {
	needed := make([]bool, len(c.types))
	for _, at := range c.outputs {
		needed[at] = true
	}
	kept := len(c.steps)
	for _, s := range slices.Backward(c.steps) {

		if !slices.ContainsFunc(s.out, func(at int) bool { return needed[at] }) {
			continue
		}
		for _, at := range s.in {
			if at >= 0 {
				needed[at] = true
			}
		}
		kept--
		c.steps[kept] = s
	}
	c.steps = slices.Clone(c.steps[kept:])
}

// scope compiles a body of a node.
func (c *compiler) scope(g *Graph) (*compiler, error) {
	inner := &compiler{
		program: &program{}, machine: c.machine, graph: g, outside: c, names: make(map[string]int), depth: c.depth + 1, run: c.run,
	}
	if g.Opsets == nil {
		copied := *g
		copied.Opsets = c.graph.Opsets
		inner.graph = &copied
	}
	if err := inner.compile(); err != nil {
		return nil, err
	}
	inner.body = len(c.machine.bodies)
	c.machine.bodies = append(c.machine.bodies, inner.program)
	return inner, nil
}

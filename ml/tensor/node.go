package tensor

import (
	"errors"
	"slices"
	"strings"

	"dasier/fault"
)

// operator is what is known of an operation: from which version of its set on,
// how many inputs it takes (most -1: any number), and how it is compiled.
type operator struct {
	since       int
	least, most int
	make        func(n *node) (kernel, error)
}

// node is an operation being compiled. A maker reads its settings, checks its
// types, says what it gives and returns the kernel.
type node struct {
	*Node
	compiler *compiler
	version  int
	types    []Type    // of the inputs; None where one is left out
	fixed    []*Tensor // inputs that are known, or nil
	problem  error     // the first wrong setting

	gives   []Type   // the maker says: types of the outputs
	keys    []string // the maker says: this is a ZipMap
	more    []int    // the maker says: further places that are inputs
	dynamic bool     // the maker says: not to be computed at compile time
}

// wrong names the node in an error.
func (n *node) wrong(err error) error { return wrongAt(n.Node, n.version, err) }

func wrongAt(n *Node, version int, err error) error {
	kind := fault.Internal
	if known, ok := errors.AsType[*fault.Error](err); ok {
		kind = known.Kind
	}
	domain := ""
	if n.Domain != "" {
		domain = n.Domain + "."
	}
	return fault.Errorf(kind, "node %q (%s%s, operator set %d): %w", n.Name, domain, n.Op, version, err)
}

func (n *node) fits(op *operator) error {
	have := len(n.types)
	for have > 0 && n.types[have-1] == None {
		have--
	}
	if have < op.least || op.most >= 0 && have > op.most {
		return fault.Errorf(fault.Invalid, "it has %d inputs, the operator takes %d to %d", have, op.least, op.most)
	}
	for i := range op.least {
		if n.types[i] == None {
			return fault.Errorf(fault.Invalid, "its input %d is left out, which this operator needs", i)
		}
	}
	return nil
}

// is the type of an input, None for one that is not there.
func (n *node) is(i int) Type {
	if i < len(n.types) {
		return n.types[i]
	}
	return None
}

// known is an input's value if it is known at compile time.
func (n *node) known(i int) *Tensor {
	if i < len(n.fixed) {
		return n.fixed[i]
	}
	return nil
}

// has tells that an input is there.
func (n *node) has(i int) bool { return n.is(i) != None }

// refuse says that the type of an input is not taken.
func (n *node) refuse(i int) error {
	return fault.Errorf(fault.Invalid, "its input %d is of type %s, which is not supported", i, n.is(i))
}

// need records that an input must have one of some types.
func (n *node) need(i int, types ...Type) {
	if n.problem == nil && !slices.Contains(types, n.is(i)) {
		n.problem = n.refuse(i)
	}
}

// same records that two inputs must have one type.
func (n *node) same(i, j int) {
	if n.problem == nil && n.is(i) != n.is(j) {
		n.problem = fault.Errorf(fault.Invalid, "its inputs %d and %d differ in type: %s and %s", i, j, n.is(i), n.is(j))
	}
}

func (n *node) setting(name string, kind Kind) (Attribute, bool) {
	a, ok := n.Attributes[name]
	if ok && a.Kind != kind {
		if n.problem == nil {
			n.problem = fault.Errorf(fault.Invalid, "its attribute %q is of a wrong kind", name)
		}
		return Attribute{}, false
	}
	return a, ok
}

func (n *node) int(name string, otherwise int64) int64 {
	if a, ok := n.setting(name, AttributeInt); ok {
		return a.Int
	}
	return otherwise
}

func (n *node) float(name string, otherwise float32) float32 {
	if a, ok := n.setting(name, AttributeFloat); ok {
		return a.Float
	}
	return otherwise
}

func (n *node) text(name, otherwise string) string {
	if a, ok := n.setting(name, AttributeText); ok {
		return a.Text
	}
	return otherwise
}

// list is an attribute that is a list. An empty one says nothing of what it is a
// list of.
func (n *node) list(name string, kind Kind) Attribute {
	a := n.Attributes[name]
	if len(a.Ints)+len(a.Floats)+len(a.Texts) == 0 && a.Kind >= AttributeFloats && a.Kind <= AttributeTexts {
		return Attribute{}
	}
	a, _ = n.setting(name, kind)
	return a
}

func (n *node) ints(name string) []int64 {
	return n.list(name, AttributeInts).Ints
}

func (n *node) floats(name string) []float32 {
	return n.list(name, AttributeFloats).Floats
}

func (n *node) texts(name string) []string {
	return n.list(name, AttributeTexts).Texts
}

func (n *node) tensor(name string) *Tensor {
	a, _ := n.setting(name, AttributeTensor)
	if a.Tensor != nil && a.Tensor.Count() != a.Tensor.held() {
		if n.problem == nil {
			n.problem = fault.Errorf(fault.Invalid, "its attribute %q of shape %v has %d cells", name, a.Tensor.Shape, a.Tensor.held())
		}
		return nil
	}
	return a.Tensor
}

// axis brings an axis that may count from the end into 0..rank-1.
func axis(a int64, rank int) (int, error) {
	if a < 0 {
		a += int64(rank)
	}
	if a < 0 || a >= int64(rank) {
		return 0, fault.Errorf(fault.Invalid, "there is no axis %d among %d", a, rank)
	}
	return int(a), nil
}

// lookup finds an operator.
func lookup(domain, name string) (operator, bool) {
	if domain == "" { // the makers of these compile bodies, and so come here again
		switch name {
		case "Scan":
			return operator{9, 1, -1, makeScan}, true
		case "If":
			return operator{1, 1, 1, makeIf}, true
		}
	}
	for _, table := range tables[domain] {
		if op, ok := table[name]; ok {
			return op, true
		}
	}
	return operator{}, false
}

// known says what may be used instead of an unknown operator.
func known(domain string) string {
	if _, ok := tables[domain]; ok {
		return "arithmetic, comparison, reduction and indexing, or ai.onnx.ml's of models of tables"
	}
	return `the domains "ai.onnx" and "ai.onnx.ml" (this one's is "` + strings.ToValidUTF8(domain, "?") + `")`
}

// tables are the operators, one table a file.
var tables = map[string][]map[string]operator{
	"": {
		unaryOperators, arithmeticOperators, logicOperators, productOperators, reduceOperators, orderOperators,
		formOperators, selectOperators, makeOperators, normalOperators, castOperators,
	},
	"ai.onnx.ml":    {tableOperators, encodeOperators, linearOperators, treeOperators, svmOperators},
	"com.microsoft": {contribOperators},
}

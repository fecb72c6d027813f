package pickle

import (
	"slices"
	"strings"

	"dasier/fault"
)

// Maker makes the values that a file describes, for the pickle machine and for
// readers of other containers of the same objects: names are held against the
// closed list, and nothing is made but data. It serves one file and one
// goroutine. What is not on the list is waited with: Finish refuses it, unless
// it stands only where no prediction looks.
type Maker struct {
	limits   Limits
	where    func() string
	builders map[Global]builder
	foreign  []*foreign
	refused  bool  // by name already
	size     int   // of the file
	beside   int   // bytes of arrays that are not in it
	left     int64 // bytes of memory that copies may take yet
}

// NewMaker makes a maker for a file of so many bytes. where begins a refusal, as
// "at byte 7".
func NewMaker(limits Limits, size int, where func() string) *Maker {
	return &Maker{limits: limits.orDefault(), where: where, builders: constructors(), size: size, left: copies*int64(size) + smallest}
}

// Beside says that a container has so many bytes of arrays besides what describes
// them.
func (k *Maker) Beside(bytes int64) { k.beside = int(bytes) }

// copies is how many bytes of memory constructors may copy for one of the file.
// A value is in the file once and may be given to constructors as often as the
// file likes: what copies it is counted.
const copies = 32

// Bytes of memory that a copy takes, about.
const (
	itemBytes  = 24
	entryBytes = 96
)

// charge counts what a constructor is about to copy.
func (k *Maker) charge(bytes int64) error {
	if k.left -= bytes; k.left < 0 {
		return fault.Errorf(fault.Limited, "the file copies its values more often than any model does")
	}
	return nil
}

// sizeOf is how many elements a value has.
func sizeOf(v any) int64 {
	switch v := v.(type) {
	case *List:
		return int64(len(v.Items))
	case *Tuple:
		return int64(len(v.Items))
	case *Set:
		return int64(len(v.Items))
	case *Dict:
		return int64(v.Len())
	case *Array:
		return int64(v.Len())
	case *Object:
		return 1 + int64(len(v.List)) + sizeOfList(v)
	}
	return 1
}

// sizeOfList is how many elements an object has that wraps a list.
func sizeOfList(o *Object) int64 {
	n := int64(0)
	if data, ok := o.Attribute("data"); ok {
		if list, ok := data.(*List); ok {
			n = int64(len(list.Items))
		}
	}
	if len(o.Args) == 1 {
		if list, ok := o.Args[0].(*List); ok {
			n += int64(len(list.Items))
		}
	}
	return n
}

// Constructors that are looked at by name.
var (
	dtypeClass    = Global{"numpy", "dtype"}
	treeClass     = Global{"sklearn.tree._tree", "Tree"}
	wrapperClass  = Global{"joblib.numpy_pickle", "NumpyArrayWrapper"}
	reconstructor = Global{"copyreg", "_reconstructor"}
)

// Global gives what a name stands for: a Global of the list, by its canonical
// address, or a mark of what Finish will judge.
func (k *Maker) Global(g Global) (any, error) {
	if strings.ContainsRune(g.Name, '.') {
		return nil, fault.Errorf(fault.Invalid, "%s: the file names %s of %s: names with dots are refused", k.where(), clip(g.Name), clip(g.Module))
	}
	known := Canonical(g)
	if _, ok := k.builders[known]; ok && (known != methodName || k.drawn()) {
		return known, nil
	}
	if _, ok := globals[known]; ok {
		return known, nil
	}
	if isStandard(known.Module) || g.Module == "" {
		k.refused = true
		return nil, refusal(g, k.where())
	}
	return k.mark(g, refusal(g, k.where()))
}

// mark notes what is not on the list.
func (k *Maker) mark(g Global, err error) (*foreign, error) {
	if len(k.foreign) >= maxForeign {
		return nil, k.foreign[0].err
	}
	f := &foreign{name: g, err: err}
	k.foreign = append(k.foreign, f)
	return f, nil
}

// Make gives the value of a constructor or an instance of a class. callee is
// what Global gave.
func (k *Maker) Make(callee any, args []any) (any, error) {
	switch callee := callee.(type) {
	case *foreign:
		return &Object{Class: callee.name, Args: args, foreign: callee}, nil
	case Global:
		return k.make(callee, args)
	}
	return nil, fault.Errorf(fault.Invalid, "what is no class or function is called")
}

func (k *Maker) make(g Global, args []any) (any, error) {
	if build, ok := k.builders[g]; ok {
		return build(k, args)
	}
	switch use := globals[g]; {
	case g == treeClass && len(args) != 3:
		return nil, fault.Errorf(fault.Invalid, "a tree is made of %d arguments in place of three", len(args))
	case use == class, use == inert:
		return &Object{Class: g, Args: args}, nil
	}
	return nil, fault.Errorf(fault.Invalid, "the file calls %s, which models only name", g)
}

// reconstruct makes an instance of a class in protocols 0 and 1: of (class,
// object, None).
func reconstruct(k *Maker, args []any) (any, error) {
	if len(args) != 3 {
		return nil, fault.Errorf(fault.Invalid, "an object is made of %d arguments in place of three", len(args))
	}
	g, isClass := args[0].(Global)
	if _, isForeign := args[0].(*foreign); !isForeign && (!isClass || globals[g] == named) {
		return nil, fault.Errorf(fault.Invalid, "an object is made of %s, which is no class of a model", describe(args[0]))
	}
	v, err := k.Make(args[0], nil)
	if o, ok := v.(*Object); ok && args[2] != nil { // a subclass of list or dict
		if list, ok := args[2].(*List); ok {
			if err := k.charge(itemBytes * sizeOf(list)); err != nil {
				return nil, err
			}
			o.List = slices.Clone(list.Items)
		}
	}
	return v, err
}

// Build gives an object its state.
func (k *Maker) Build(v, state any) error {
	switch v := v.(type) {
	case *DType, *Array:
		return k.buildArray(v, state)
	case *Dict, *List, *Set: // of a class with attributes of its own
		return nil
	case *Object:
		state, err := k.slots(state)
		if err != nil {
			return err
		}
		if v.Class == treeClass && v.foreign == nil {
			if err := checkTree(state); err != nil {
				return err
			}
		}
		v.State = state
		return nil
	case *foreign:
		return nil
	}
	return fault.Errorf(fault.Invalid, "a state is given to %s, which takes none", describe(v))
}

// buildArray gives an array or its type the state of one, which may be copied.
func (k *Maker) buildArray(v, state any) error {
	if t, ok := state.(*Tuple); ok {
		for _, item := range t.Items {
			weight := itemBytes * sizeOf(item)
			switch item := item.(type) {
			case string:
				weight = int64(len(item))
			case *Tuple:
				weight = entryBytes * sizeOf(item)
			}
			if err := k.charge(weight); err != nil {
				return err
			}
		}
	}
	if a, ok := v.(*Array); ok {
		return a.build(state)
	}
	d, _ := v.(*DType)
	return d.build(state)
}

// slots joins the two dicts that the state of a class with slots is made of:
// (attributes or None, slots or None).
func (k *Maker) slots(state any) (any, error) {
	pair, ok := state.(*Tuple)
	if !ok || len(pair.Items) != 2 {
		return state, nil
	}
	attributes, isDict := pair.Items[0].(*Dict)
	slots, isDict2 := pair.Items[1].(*Dict)
	switch {
	case isDict && pair.Items[1] == nil:
		return attributes, nil
	case isDict2 && pair.Items[0] == nil:
		return slots, nil
	case isDict && isDict2:
		if err := k.charge(entryBytes * sizeOf(slots)); err != nil {
			return nil, err
		}
		for key, value := range slots.All {
			attributes.Set(key, value)
		}
		return attributes, nil
	case pair.Items[0] == nil && pair.Items[1] == nil:
		return nil, nil
	}
	return state, nil
}

// checkTree holds a tree's state to what every reader expects of it.
func checkTree(state any) error {
	fields, ok := state.(*Dict)
	if !ok {
		return fault.Errorf(fault.Invalid, "a tree has a state that is none")
	}
	nodes, _ := fields.Get("nodes")
	values, _ := fields.Get("values")
	n, isArray := nodes.(*Array)
	v, isArray2 := values.(*Array)
	if !isArray || !isArray2 || n.DType.Fields == nil || len(n.Shape) != 1 || len(v.Shape) == 0 || v.Shape[0] != n.Shape[0] {
		return fault.Errorf(fault.Invalid, "a tree has no nodes, or values that do not go with them")
	}
	return nil
}

// Unlisted marks what a file holds and the list cannot, such as a method of an
// object: Finish refuses it as it does an unlisted name.
func (k *Maker) Unlisted(g Global) (any, error) { return k.mark(g, refusal(g, k.where())) }

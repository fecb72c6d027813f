package pickle

import (
	"strings"

	"dasier/fault"
)

// Finish judges a whole value: how deep it nests, whether it contains itself,
// and what of it is not on the closed list. Such things are refused by name,
// but for those that stand only where no prediction looks: they give way to an
// Opaque, with all that they hold. Those places are what a search tried and how
// it scored, attributes that only training uses, pandas' tables, what changes the
// rows of training, and entries of a bundle beside the model.
func (k *Maker) Finish(root any) (any, error) {
	j := &judge{limits: k.limits, most: 8*k.size + smallest/64, seen: map[any]int{}, meter: newMeter(k.size+k.beside, k.limits.Memory)}
	top := place{value: root, put: func(o *Opaque) { root = o }, unit: true}
	if isContainer(root) {
		j.bundle = true
		if err := j.walk(top); err != nil {
			return nil, err
		}
		if j.found != nil { // as a key
			return nil, j.found.err
		}
	} else {
		j.places = []place{top}
	}
	models, first := 0, (*foreign)(nil)
	for len(j.places) > 0 {
		p := j.places[len(j.places)-1]
		j.places = j.places[:len(j.places)-1]
		found, err := j.inspect(p)
		switch {
		case err != nil:
			return nil, err
		case found != nil && p.unit && first == nil:
			first = found
		case found == nil && p.unit && isModel(p.value):
			models++
		}
	}
	if first != nil && models == 0 {
		return nil, first.err
	}
	for _, f := range k.foreign {
		if !f.excused { // made, and thrown away before the end
			return nil, f.err
		}
	}
	return root, nil
}

// blame prefers a name that is not on the list to what went wrong after it: its
// own ways of being saved may be what could not be read.
func (k *Maker) blame(err error) error {
	if fault.Is(err, fault.Limited) {
		return err
	}
	for _, f := range k.foreign {
		if f.name != dtypeClass && (!k.refused || isCode(f.name)) {
			return f.err
		}
	}
	return err
}

// place is a value that is judged by itself, and how to take it out.
type place struct {
	value any
	put   func(*Opaque)
	depth int
	unit  bool // an entry of a bundle, and no place that predictions pass by
}

// judge walks values without recursion.
type judge struct {
	limits Limits
	seen   map[any]int // height, or visiting
	fresh  []any       // seen since the place at hand was begun
	places []place
	steps  int
	most   int  // steps: a file has a byte or more for each, and places are walked again
	bundle bool // the walk is in the lists and dicts around models
	loose  bool // the walk is where no prediction looks
	found  *foreign
	deep   bool
	meter  *meter // that all arrays get
}

// visiting marks what the walk is inside of.
const visiting = -1

// frame is a value on the walk's way down.
type frame struct {
	value    any
	children []any
	next     int
	height   int
}

// inspect judges one place and takes it out if it must be.
func (j *judge) inspect(p place) (*foreign, error) {
	j.bundle, j.loose, j.found, j.deep, j.fresh = false, !p.unit, nil, false, j.fresh[:0]
	pending := len(j.places)
	if err := j.walk(p); err != nil {
		return nil, err
	}
	found := j.found
	if found == nil && !j.deep {
		return nil, nil
	}
	// What was seen on the way is not clean, and what it has is excused.
	for _, v := range j.fresh {
		delete(j.seen, v)
	}
	j.fresh, j.places = j.fresh[:0], j.places[:pending]
	if !j.loose {
		j.loose, j.found = true, nil
		if err := j.walk(p); err != nil {
			return nil, err
		}
		for _, v := range j.fresh {
			delete(j.seen, v)
		}
	}
	if found == nil {
		found = &foreign{name: Global{"builtins", "object"}, err: j.tooDeep()}
	}
	p.put(&Opaque{Class: found.name, Reason: found.err})
	return found, nil
}

func (j *judge) tooDeep() error {
	return fault.Errorf(fault.Limited, "the file holds values that nest deeper than %d", j.limits.Depth)
}

// walk goes through a value in depth, every part once.
func (j *judge) walk(p place) error {
	frames := []frame{{children: []any{p.value}}}
	for len(frames) > 0 {
		f := &frames[len(frames)-1]
		if f.next == len(f.children) {
			if f.value != nil {
				j.seen[f.value] = f.height
			}
			height := f.height + 1
			if frames = frames[:len(frames)-1]; len(frames) > 0 {
				f = &frames[len(frames)-1]
				f.height = max(f.height, height)
			}
			continue
		}
		child := f.children[f.next]
		f.next++
		if j.steps++; j.steps > j.most {
			return fault.Errorf(fault.Limited, "the file refers to its %d parts too often", len(j.seen))
		}
		if !j.meet(child) {
			if j.found != nil && !j.loose {
				return nil
			}
			continue
		}
		height, known := j.seen[child]
		switch {
		case known && height == visiting && !j.loose:
			return fault.Errorf(fault.Invalid, "the file holds %s that contains itself: no model does", describe(child))
		case known && height == visiting:
			continue
		case known:
			f.height = max(f.height, height+1)
		}
		if p.depth+len(frames)+max(height, 0) > j.limits.Depth {
			if !j.loose {
				return j.tooDeep()
			}
			j.deep = true
			continue
		}
		if known {
			continue
		}
		j.seen[child] = visiting
		j.fresh = append(j.fresh, child)
		frames = append(frames, frame{value: child, children: j.children(child, p.depth+len(frames))})
	}
	return nil
}

// meet tells whether a value is to be gone into. Of what is not on the list it
// takes note.
func (j *judge) meet(v any) bool {
	var f *foreign
	inside := true
	switch v := v.(type) {
	case *foreign:
		f, inside = v, false
	case *DType:
		f, inside = v.foreign, false
	case *Object:
		f = v.foreign
	case *Array:
		f, inside, v.meter = v.DType.foreign, v.DType.Kind == 'O', j.meter
	case *List:
		inside = len(v.Items) > 0
	case *Tuple:
		inside = len(v.Items) > 0
	case *Set:
		inside = len(v.Items) > 0
	case *Dict:
		inside = v.Len() > 0
	default:
		return false
	}
	if f == nil {
		return inside
	}
	if j.found == nil {
		j.found = f
	}
	if j.loose {
		f.excused = true
	}
	return j.loose && inside
}

// children are the parts of a value that belong to the walk; the others become
// places of their own.
func (j *judge) children(v any, depth int) []any {
	switch v := v.(type) {
	case *List:
		return j.entries(v.Items, v.Items, depth)
	case *Tuple:
		return j.entries(v.Items, v.Items, depth)
	case *Set:
		return v.Items
	case *Array:
		return v.Objects
	case *Dict:
		return j.entries(v.withKeys(), v.values, depth)
	case *Object:
		if j.loose {
			return v.parts(nil)
		}
		return v.parts(func(value any, put func(*Opaque)) {
			j.places = append(j.places, place{value: value, put: put, depth: depth})
		})
	}
	return nil
}

// entries are the parts of a container. Around models, what is no container is
// judged by itself.
func (j *judge) entries(all, replaceable []any, depth int) []any {
	if !j.bundle {
		return all
	}
	inline := append([]any(nil), all[:len(all)-len(replaceable)]...)
	for i, v := range replaceable {
		if isContainer(v) {
			inline = append(inline, v)
		} else if isNode(v) {
			j.places = append(j.places, place{value: v, put: func(o *Opaque) { replaceable[i] = o }, depth: depth, unit: true})
		}
	}
	return inline
}

// withKeys are the keys that are more than texts and numbers, and the values.
func (d *Dict) withKeys() []any {
	var keys []any
	for _, key := range d.keys {
		if isNode(key) {
			keys = append(keys, key)
		}
	}
	if keys == nil {
		return d.values
	}
	return append(keys, d.values...)
}

// parts are what an object holds, without what no prediction looks at: that is
// passed to aside, if there is one.
func (o *Object) parts(aside func(any, func(*Opaque))) []any {
	if aside != nil && (o.Class.Module == "pandas" || strings.HasPrefix(o.Class.Module, "pandas.") || IsSampler(o.Class.Module)) {
		all := o.parts(nil)
		aside(&Tuple{Items: all}, func(x *Opaque) { o.State, o.Args, o.Items, o.List = x, nil, nil, nil })
		return nil
	}
	all := append([]any(nil), o.Args...)
	all = append(all, o.List...)
	if o.Items != nil {
		all = append(all, o.Items)
	}
	fields, ok := o.State.(*Dict)
	if !ok {
		return append(all, o.State)
	}
	search := isSearch(o.Class.Module)
	for i, key := range fields.keys {
		name, _ := key.(string)
		value := fields.values[i]
		if aside != nil && isNode(value) && (search && name != "best_estimator_" || trainingOnly[name] || o.passesBy(name)) {
			aside(value, func(x *Opaque) { fields.values[i] = x })
			continue
		}
		if isNode(key) {
			all = append(all, key)
		}
		all = append(all, value)
	}
	return all
}

// trainingOnly are attributes that no prediction reads, whatever the estimator.
var trainingOnly = set("_evals_result _metadata_request _optimizer _random _random_state _rng _sklearn_auto_wrap_output_keys callbacks cv cv_results_ eval_metric " +
	"evals_result_ feature_names_out fit_params importance_getter kwargs memory param_distributions param_grid random_state refit score_func scorer_ scorers_ scoring")

// passesBy tells attributes of some classes that their predictions do not read.
func (o *Object) passesBy(name string) bool {
	switch o.Class.Name {
	case "Birch": // its tree, whose leaves know their neighbours: the centres are used alone
		return name == "dummy_leaf_" || name == "root_"
	case "ColumnTransformer": // what was to be fitted, with functions that chose columns
		_, fitted := o.Attribute("transformers_")
		return fitted && name == "transformers"
	case "XGBClassifier", "XGBRegressor": // an own loss: the booster says what it answers
		return name == "objective"
	}
	return false
}

// isNode tells what can hold other values, or is not on the list.
func isNode(v any) bool {
	switch v := v.(type) {
	case *List, *Tuple, *Set, *Dict, *Object, *foreign:
		return true
	case *Array:
		return v.DType.Kind == 'O' || v.DType.foreign != nil
	case *DType:
		return v.foreign != nil
	}
	return false
}

// isContainer tells what bundles are made of.
func isContainer(v any) bool {
	switch v.(type) {
	case *List, *Tuple, *Dict:
		return true
	}
	return false
}

// isModel tells an object that some reader may know as a model.
func isModel(v any) bool {
	o, ok := v.(*Object)
	if !ok || globals[o.Class] != class {
		return false
	}
	top, _, _ := strings.Cut(o.Class.Module, ".")
	return top == "sklearn" || top == "xgboost" || top == "lightgbm" || top == "imblearn" && !IsSampler(o.Class.Module) || isSearch(o.Class.Module)
}

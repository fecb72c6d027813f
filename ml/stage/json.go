package stage

import (
	"bytes"
	"encoding/json"
	"reflect"

	"dasier/fault"
	"dasier/ml/forest"
)

// kept are the operations that have a JSON form, by the name in it: what our own
// learners emit. Those that only readers of files make are kept as the file that
// they were read from.
var kept = map[string]Operation{
	"affine":      &Affine{},
	"average":     &Average{},
	"ballot":      &Ballot{},
	"complement":  Complement{},
	"curve":       &Curve{},
	"elementwise": &Elementwise{},
	"largest":     Largest{},
	"logsum":      LogSum{},
	"lookup":      &Lookup{},
	"median":      &Median{},
	"neighbours":  &Neighbours{},
	"normalize":   Normalize{},
	"one-vs-all":  OneVsAll{},
	"products":    &Products{},
	"scatter":     &Scatter{},
	"shares":      Shares{},
	"smallest":    Smallest{},
	"softmax":     Softmax{},
	"splines":     &Splines{},
	"trees":       &Trees{},
}

// names gives the name of an operation's type.
var names = func() map[reflect.Type]string {
	byType := make(map[reflect.Type]string, len(kept))
	for name, op := range kept {
		byType[reflect.TypeOf(op)] = name
	}
	return byType
}()

// Encode gives the name and the JSON form of an operation.
func Encode(op Operation) (name string, fields []byte, err error) {
	name, ok := names[reflect.TypeOf(op)]
	if !ok {
		return "", nil, fault.Errorf(fault.Invalid, "a model with the operation %T has no JSON form: keep the file that it was read from", op)
	}
	if fields, err = json.Marshal(op); err != nil {
		return "", nil, fault.Errorf(fault.Invalid, "the operation %q cannot be written as JSON: %w", name, err)
	}
	return name, fields, nil
}

// Decode reads what Encode gives. The operation is still to be checked.
func Decode(name string, fields []byte) (Operation, error) {
	op, ok := kept[name]
	if !ok {
		return nil, fault.Errorf(fault.Invalid, "there is no operation %q: the model is of a newer version, or damaged", name)
	}
	kind := reflect.TypeOf(op)
	byPointer := kind.Kind() == reflect.Pointer
	if byPointer {
		kind = kind.Elem()
	}
	read := reflect.New(kind)
	decoder := json.NewDecoder(bytes.NewReader(fields))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(read.Interface()); err != nil {
		return nil, fault.Errorf(fault.Invalid, "the operation %q: %w", name, err)
	}
	if !byPointer {
		read = read.Elem()
	}
	op, _ = reflect.TypeAssert[Operation](read) // it is of the type of one
	return op, nil
}

// MarshalJSON writes the steps.
func (e *Elementwise) MarshalJSON() ([]byte, error) { return json.Marshal(e.Steps()) }

// UnmarshalJSON reads the steps.
func (e *Elementwise) UnmarshalJSON(text []byte) error {
	var steps [][]Step
	if err := json.Unmarshal(text, &steps); err != nil {
		return err
	}
	read, err := NewElementwise(steps)
	if err != nil {
		return err
	}
	*e = *read
	return nil
}

// keptTrees is the JSON form of Trees.
type keptTrees struct {
	Features int           `json:"features"`
	Trees    *forest.Trees `json:"trees"`
}

// MarshalJSON writes the ensemble as data.
func (t *Trees) MarshalJSON() ([]byte, error) {
	return json.Marshal(keptTrees{t.features, t.forest.Trees()})
}

// UnmarshalJSON reads, checks and lays out the ensemble.
func (t *Trees) UnmarshalJSON(text []byte) error {
	var kept keptTrees
	if err := json.Unmarshal(text, &kept); err != nil {
		return err
	}
	if kept.Trees == nil {
		return fault.Errorf(fault.Invalid, "it has no trees")
	}
	read, err := NewTrees(kept.Trees, kept.Features)
	if err != nil {
		return err
	}
	*t = *read
	return nil
}

package skops

import (
	"bytes"
	"encoding/binary"

	"dasier/fault"
	"dasier/ml/pickle"
)

// readArray reads an array as numpy.save writes it (numpy's "NEP 1", versions 1
// to 3 of the format): a magic word, a version, the length of a header, the
// header as a Python literal, and the bytes.
func readArray(maker *pickle.Maker, raw []byte) (*pickle.Array, error) {
	const magic = "\x93NUMPY"
	if !bytes.HasPrefix(raw, []byte(magic)) || len(raw) < 12 {
		return nil, fault.Errorf(fault.Invalid, "an array does not begin with numpy's magic word")
	}
	version, at, n := raw[6], 10, int(binary.LittleEndian.Uint16(raw[8:]))
	switch version {
	case 1:
	case 2, 3:
		at, n = 12, int(binary.LittleEndian.Uint32(raw[8:]))
	default:
		return nil, fault.Errorf(fault.Invalid, "an array is in version %d of numpy's format: 1 to 3 are known", version)
	}
	if n > len(raw)-at {
		return nil, fault.Errorf(fault.Invalid, "an array's header has %d bytes, %d are left", n, len(raw)-at)
	}
	header, err := parseLiteral(string(raw[at : at+n]))
	if err != nil {
		return nil, err
	}
	fields, ok := header.(*pickle.Dict)
	if !ok {
		return nil, fault.Errorf(fault.Invalid, "an array's header is no dict")
	}
	descr, _ := fields.Get("descr")
	order, _ := fields.Get("fortran_order")
	sides, _ := fields.Get("shape")
	fortran, isBool := order.(bool)
	list, isTuple := sides.(*pickle.Tuple)
	if !isBool || !isTuple || len(list.Items) > 32 {
		return nil, fault.Errorf(fault.Invalid, "an array's header has no shape or order")
	}
	shape := make([]int, len(list.Items))
	for i, side := range list.Items {
		n, ok := side.(int64)
		if !ok || n < 0 || n > 1<<40 {
			return nil, fault.Errorf(fault.Invalid, "an array has a side that is no number")
		}
		shape[i] = int(n)
	}
	d, err := dtypeOf(maker, descr)
	if err != nil {
		return nil, err
	}
	if d.Kind == 'O' {
		return nil, fault.Errorf(fault.Invalid, "a member is an array of objects, which is a pickle: it is refused")
	}
	return pickle.NewArray(d, shape, fortran, raw[at+n:])
}

// dtypeOf reads a data type: a code, or a list of (name, code) for structures,
// whose fields lie side by side.
func dtypeOf(maker *pickle.Maker, descr any) (*pickle.DType, error) {
	if code, ok := descr.(string); ok {
		made, err := maker.Make(pickle.Global{Module: "numpy", Name: "dtype"}, []any{code})
		if err != nil {
			return nil, err
		}
		d, ok := made.(*pickle.DType)
		if !ok {
			return nil, fault.Errorf(fault.Invalid, "an array's type %.60q is none", code)
		}
		return d, nil
	}
	list, ok := descr.(*pickle.List)
	if !ok || len(list.Items) == 0 {
		return nil, fault.Errorf(fault.Invalid, "an array's header has no type")
	}
	d := &pickle.DType{Kind: 'V'}
	for _, item := range list.Items {
		pair, isTuple := item.(*pickle.Tuple)
		if !isTuple || len(pair.Items) != 2 {
			return nil, fault.Errorf(fault.Invalid, "an array's type has a field that is none, or is an array itself")
		}
		name, isText := pair.Items[0].(string)
		code, isText2 := pair.Items[1].(string)
		if !isText || !isText2 {
			return nil, fault.Errorf(fault.Invalid, "an array's type has a field that is none, or is a structure itself")
		}
		member, err := pickle.ParseDType(code)
		if err != nil {
			return nil, err
		}
		if member.Kind == 'O' || d.Size > 1<<20 {
			return nil, fault.Errorf(fault.Invalid, "an array's type has a field of objects, or too many")
		}
		if name != "" || member.Kind != 'V' { // not mere padding
			d.Fields = append(d.Fields, pickle.Field{Name: name, Offset: d.Size, Type: member})
		}
		d.Size += member.Size
	}
	return d, nil
}

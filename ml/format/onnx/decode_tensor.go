package onnx

import (
	"encoding/binary"
	"math"

	"dasier/fault"
	"dasier/ml/tensor"
)

// tensorProto is what of a TensorProto has to be put together.
type tensorProto struct {
	name     string
	kind     int64
	dims     []int64
	raw      []byte
	hasRaw   bool
	floats   []float32
	doubles  []float64
	ints     []int64 // int32_data and int64_data
	texts    []string
	external bool
}

func decodeTensor(message []byte) (string, *tensor.Tensor, error) {
	var p tensorProto
	err := fields(message, func(f field) error {
		var err error
		switch f.number {
		case 1:
			p.dims, err = f.ints(p.dims)
		case 2:
			p.kind = f.int()
		case 4:
			p.floats, err = f.floats(p.floats)
		case 5, 7:
			p.ints, err = f.ints(p.ints)
		case 6:
			p.texts = append(p.texts, f.text())
		case 8:
			p.name = f.text()
		case 9:
			p.raw, p.hasRaw = f.bytes, true
		case 10:
			p.doubles, err = f.doubles(p.doubles)
		case 13:
			p.external = true
		case 14:
			p.external = p.external || f.int() == 1
		}
		return err
	})
	if err != nil {
		return "", nil, err
	}
	t, err := p.tensor()
	return p.name, t, err
}

func (p *tensorProto) tensor() (*tensor.Tensor, error) {
	if p.external {
		return nil, fault.Errorf(fault.Invalid, "the constant %q lies in another file; save the model with its data inside (onnx.save with save_as_external_data=False)", p.name)
	}
	kind, ok := elementTypes[p.kind]
	if !ok {
		what := otherTypes[p.kind]
		if what == "" {
			what = "a type that is not known"
		}
		return nil, fault.Errorf(fault.Invalid, "the constant %q is of %s; export the model in float32 or float64", p.name, what)
	}
	t := &tensor.Tensor{Type: kind, Shape: make([]int, len(p.dims))}
	for i, d := range p.dims {
		if d < 0 || d > math.MaxInt32 {
			return nil, fault.Errorf(fault.Invalid, "the constant %q has the shape %v", p.name, p.dims)
		}
		t.Shape[i] = int(d)
	}
	n := t.Count()
	if n < 0 || len(t.Shape) > 8 {
		return nil, fault.Errorf(fault.Limited, "the constant %q of shape %v is too large", p.name, p.dims)
	}
	if p.hasRaw && kind != tensor.String {
		return t, p.fromRaw(t, n)
	}
	var have int
	switch kind {
	case tensor.Float:
		t.Float, have = p.floats, len(p.floats)
	case tensor.Double:
		t.Double, have = p.doubles, len(p.doubles)
	case tensor.Int64:
		t.Int64, have = p.ints, len(p.ints)
	case tensor.String:
		t.String, have = p.texts, len(p.texts)
	default:
		have = len(p.ints)
		for _, v := range p.ints {
			switch kind {
			case tensor.Int32:
				t.Int32 = append(t.Int32, int32(v)) //nolint:gosec // the field holds int32s
			case tensor.Bool:
				t.Bool = append(t.Bool, v != 0)
			default:
				t.Uint8 = append(t.Uint8, uint8(v)) //nolint:gosec // the field holds bytes
			}
		}
	}
	if have != n {
		return nil, fault.Errorf(fault.Invalid, "the constant %q of shape %v has %d cells", p.name, p.dims, have)
	}
	return t, nil
}

// fromRaw reads little-endian cells.
func (p *tensorProto) fromRaw(t *tensor.Tensor, n int) error {
	size := map[tensor.Type]int{tensor.Float: 4, tensor.Double: 8, tensor.Int64: 8, tensor.Int32: 4, tensor.Bool: 1, tensor.Uint8: 1}[t.Type]
	if len(p.raw) != n*size {
		return fault.Errorf(fault.Invalid, "the constant %q of shape %v has %d bytes", p.name, p.dims, len(p.raw))
	}
	for i := 0; i < len(p.raw); i += size {
		b := p.raw[i : i+size]
		switch t.Type {
		case tensor.Float:
			t.Float = append(t.Float, math.Float32frombits(binary.LittleEndian.Uint32(b)))
		case tensor.Double:
			t.Double = append(t.Double, math.Float64frombits(binary.LittleEndian.Uint64(b)))
		case tensor.Int64:
			t.Int64 = append(t.Int64, int64(binary.LittleEndian.Uint64(b))) //nolint:gosec // bits are kept
		case tensor.Int32:
			t.Int32 = append(t.Int32, int32(binary.LittleEndian.Uint32(b))) //nolint:gosec // bits are kept
		case tensor.Bool:
			t.Bool = append(t.Bool, b[0] != 0)
		default:
			t.Uint8 = append(t.Uint8, b[0])
		}
	}
	return nil
}

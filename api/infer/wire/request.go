package wire

import (
	"encoding/binary"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"dasier/api/infer/oip"
	"dasier/fault"
)

// InferRequest is a ModelInferRequest. It borrows the bytes it was read from.
type InferRequest struct {
	Model, Version, ID string
	Parameters         Parameters
	Inputs             []Input
	Outputs            []Requested
	Raw                [][]byte // raw_input_contents: one per input, or none
}

// Input is an InferInputTensor.
type Input struct {
	Name, Datatype string
	Shape          []int
	Parameters     Parameters
	contents       []byte // an InferTensorContents
	merged         bool   // contents came in parts, and is a copy of ours
}

// Requested is an InferRequestedOutputTensor.
type Requested struct {
	Name       string
	Parameters Parameters
}

// maxParts bounds the lists of a message: inputs, outputs, dimensions.
const maxParts = 1 << 16

// ReadInferRequest reads a ModelInferRequest.
func ReadInferRequest(data []byte) (*InferRequest, error) {
	q := &InferRequest{}
	return q, eachField(data, func(f *field) error {
		switch f.number {
		case 1:
			q.Model = string(f.bytes)
		case 2:
			q.Version = string(f.bytes)
		case 3:
			q.ID = string(f.bytes)
		case 4:
			return q.Parameters.read(f.bytes)
		case 5:
			if len(q.Inputs) == maxParts {
				return fault.Errorf(fault.Limited, "the request has more than %d inputs", maxParts)
			}
			q.Inputs = append(q.Inputs, Input{})
			return q.Inputs[len(q.Inputs)-1].read(f.bytes)
		case 6:
			if len(q.Outputs) == maxParts {
				return fault.Errorf(fault.Limited, "the request wants more than %d outputs", maxParts)
			}
			q.Outputs = append(q.Outputs, Requested{})
			return q.Outputs[len(q.Outputs)-1].read(f.bytes)
		case 7:
			if len(q.Raw) == maxParts {
				return fault.Errorf(fault.Limited, "the request has more than %d raw contents", maxParts)
			}
			q.Raw = append(q.Raw, f.bytes)
		}
		return nil
	})
}

func (in *Input) read(data []byte) error {
	return eachField(data, func(f *field) error {
		switch f.number {
		case 1:
			in.Name = string(f.bytes)
		case 2:
			in.Datatype = string(f.bytes)
		case 3:
			return f.numbers(protowire.VarintType, func(bits uint64) {
				if len(in.Shape) < maxParts {
					in.Shape = append(in.Shape, int(int64(bits))) //nolint:gosec // a negative dimension is refused later
				}
			})
		case 4:
			return in.Parameters.read(f.bytes)
		case 5: // messages that come in parts are one message
			switch {
			case in.contents == nil:
				in.contents = f.bytes
			case !in.merged:
				in.contents, in.merged = append(slices.Clone(in.contents), f.bytes...), true
			default:
				in.contents = append(in.contents, f.bytes...)
			}
		}
		return nil
	})
}

func (r *Requested) read(data []byte) error {
	return eachField(data, func(f *field) error {
		switch f.number {
		case 1:
			r.Name = string(f.bytes)
		case 2:
			return r.Parameters.read(f.bytes)
		}
		return nil
	})
}

// Tensors are the inputs with their values, raw or typed.
func (q *InferRequest) Tensors() ([]*oip.Tensor, error) {
	if len(q.Raw) > 0 && len(q.Raw) != len(q.Inputs) {
		return nil, fault.Errorf(fault.Invalid, "raw_input_contents has %d parts, there are %d inputs: either all inputs are raw, or none", len(q.Raw), len(q.Inputs)).At("raw_input_contents")
	}
	tensors := make([]*oip.Tensor, 0, len(q.Inputs))
	for i := range q.Inputs {
		in := &q.Inputs[i]
		datatype, ok := oip.Parse(in.Datatype)
		if !ok {
			return nil, in.wrong("datatype %q: expected %s", in.Datatype, oip.Names)
		}
		var t *oip.Tensor
		var err error
		if len(q.Raw) > 0 {
			if len(in.contents) > 0 {
				return nil, in.wrong("has contents and raw_input_contents: send one of them")
			}
			t, err = oip.FromRaw(in.Name, datatype, in.Shape, q.Raw[i])
		} else {
			t, err = in.typed(datatype)
		}
		if err != nil {
			return nil, err
		}
		t.Content, _ = in.Parameters["content_type"].(string) // another type is no content type
		tensors = append(tensors, t)
	}
	return tensors, nil
}

func (in *Input) wrong(format string, args ...any) error {
	name := in.Name[:min(len(in.Name), 80)]
	return fault.Errorf(fault.Invalid, "input "+name+": "+format, args...).At(name)
}

// contentsOf is where InferTensorContents keeps the values of each datatype.
// Numbers of 16 bits and less have no field of their own width; FP16 has none
// at all.
var contentsOf = map[oip.Datatype]struct {
	number protowire.Number
	kind   protowire.Type
}{
	oip.Bool:   {1, protowire.VarintType},
	oip.Int8:   {2, protowire.VarintType},
	oip.Int16:  {2, protowire.VarintType},
	oip.Int32:  {2, protowire.VarintType},
	oip.Int64:  {3, protowire.VarintType},
	oip.Uint8:  {4, protowire.VarintType},
	oip.Uint16: {4, protowire.VarintType},
	oip.Uint32: {4, protowire.VarintType},
	oip.Uint64: {5, protowire.VarintType},
	oip.FP32:   {6, protowire.Fixed32Type},
	oip.FP64:   {7, protowire.Fixed64Type},
	oip.Bytes:  {8, protowire.BytesType},
}

// typed reads contents into raw bytes, which is what tensors hold.
func (in *Input) typed(datatype oip.Datatype) (*oip.Tensor, error) {
	at, ok := contentsOf[datatype]
	if !ok {
		return nil, in.wrong("%s has no typed contents in this protocol: send raw_input_contents", datatype)
	}
	var raw []byte
	var texts [][]byte
	fits := true
	err := eachField(in.contents, func(f *field) error {
		switch {
		case f.number != at.number:
			return in.wrong("%s values belong into field %d of the contents, the message has field %d", datatype, at.number, f.number)
		case datatype == oip.Bytes && f.kind == protowire.BytesType:
			texts = append(texts, f.bytes)
			return nil
		case datatype == oip.Bytes:
			return broken()
		}
		return f.numbers(at.kind, func(bits uint64) {
			var inside bool
			raw, inside = appendValue(raw, datatype, bits)
			fits = fits && inside
		})
	})
	switch {
	case err != nil:
		return nil, err
	case !fits:
		return nil, in.wrong("a value is beyond what %s holds", datatype)
	case datatype == oip.Bytes:
		return oip.FromTexts(in.Name, in.Shape, texts)
	}
	return oip.FromRaw(in.Name, datatype, in.Shape, raw)
}

// appendValue appends a number at its datatype's width; false when it is
// beyond it.
func appendValue(dst []byte, datatype oip.Datatype, bits uint64) (_ []byte, inside bool) {
	signed := int64(bits) //nolint:gosec // the bits are an int64's
	switch datatype {
	case oip.Bool:
		return append(dst, byte(min(bits, 1))), true
	case oip.Uint8:
		return append(dst, byte(bits)), bits <= math.MaxUint8 //nolint:gosec // told when cut
	case oip.Int8:
		return append(dst, byte(bits)), signed >= math.MinInt8 && signed <= math.MaxInt8 //nolint:gosec // told when cut
	case oip.Uint16:
		return binary.LittleEndian.AppendUint16(dst, uint16(bits)), bits <= math.MaxUint16 //nolint:gosec // told when cut
	case oip.Int16:
		return binary.LittleEndian.AppendUint16(dst, uint16(bits)), signed >= math.MinInt16 && signed <= math.MaxInt16 //nolint:gosec // told when cut
	case oip.Uint32:
		return binary.LittleEndian.AppendUint32(dst, uint32(bits)), bits <= math.MaxUint32 //nolint:gosec // told when cut
	case oip.Int32:
		return binary.LittleEndian.AppendUint32(dst, uint32(bits)), signed >= math.MinInt32 && signed <= math.MaxInt32 //nolint:gosec // told when cut
	case oip.FP32:
		return binary.LittleEndian.AppendUint32(dst, uint32(bits)), true //nolint:gosec // 32 bits came
	}
	return binary.LittleEndian.AppendUint64(dst, bits), true
}

package predict

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strconv"

	"dasier/fault"
	"dasier/ml/stage"
)

// maxSpecBytes is the largest spec that ParseSpec reads.
const maxSpecBytes = 256 << 20

// MarshalSpec writes a spec as JSON: the same spec, the same bytes. It
// refuses what Compile refuses, so that nothing unreadable is ever kept.
func MarshalSpec(spec Spec) ([]byte, error) {
	if err := checkSpec(&spec); err != nil {
		return nil, err
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(spec); err != nil {
		return nil, fault.Errorf(fault.Invalid, "the model cannot be written as JSON: %w", err)
	}
	return text.Bytes(), nil
}

// ParseSpec reads what MarshalSpec writes. Unknown fields, anything after the
// object and anything Compile refuses are errors.
func ParseSpec(text []byte) (Spec, error) {
	if len(text) > maxSpecBytes {
		return Spec{}, fault.Errorf(fault.Limited, "the model has %d bytes, at most %d are allowed", len(text), maxSpecBytes)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var spec Spec
	if err := decoder.Decode(&spec); err != nil {
		return Spec{}, fault.Errorf(fault.Invalid, "the model is not readable: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Spec{}, fault.Errorf(fault.Invalid, "the model has something after its end")
	}
	if err := checkSpec(&spec); err != nil {
		return Spec{}, err
	}
	return spec, nil
}

// keptStage is the JSON form of a Stage.
type keptStage struct {
	From []int32         `json:"from"`
	Op   string          `json:"op"`
	Do   json.RawMessage `json:"do"`
}

// MarshalJSON refuses the operations that only readers of files make: they are
// kept as the file that they were read from.
func (s Stage) MarshalJSON() ([]byte, error) {
	name, fields, err := stage.Encode(s.Do)
	if err != nil {
		return nil, err
	}
	return json.Marshal(keptStage{s.From, name, fields})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (s *Stage) UnmarshalJSON(text []byte) error {
	var kept keptStage
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&kept); err != nil {
		return err
	}
	s.From = kept.From
	var err error
	s.Do, err = stage.Decode(kept.Op, kept.Do)
	return err
}

// Numbers is numbers of which some may be missing (NaN), which JSON has as null.
type Numbers []float64

// MarshalJSON writes null for NaN.
func (n Numbers) MarshalJSON() ([]byte, error) {
	text := []byte{'['}
	for i, v := range n {
		if i > 0 {
			text = append(text, ',')
		}
		switch {
		case math.IsNaN(v):
			text = append(text, "null"...)
		case math.IsInf(v, 0):
			return nil, fault.Errorf(fault.Invalid, "number %d of a table is infinite", i+1)
		default:
			text = strconv.AppendFloat(text, v, 'g', -1, 64)
		}
	}
	return append(text, ']'), nil
}

// UnmarshalJSON reads null as NaN.
func (n *Numbers) UnmarshalJSON(text []byte) error {
	var read []*float64
	if err := json.Unmarshal(text, &read); err != nil {
		return err
	}
	*n = make(Numbers, len(read))
	for i, v := range read {
		if (*n)[i] = math.NaN(); v != nil {
			(*n)[i] = *v
		}
	}
	return nil
}

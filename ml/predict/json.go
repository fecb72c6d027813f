package predict

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"dasier/fault"
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

package wire

import (
	"maps"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"dasier/api/infer/oip"
)

// InferResponse is a ModelInferResponse.
type InferResponse struct {
	Model, Version, ID string
	Parameters         Parameters
	Outputs            []oip.Output
	Raw                bool // the values travel as raw_output_contents
}

// Append appends the message.
func (r *InferResponse) Append(dst []byte) []byte {
	dst = appendText(dst, 1, r.Model)
	dst = appendText(dst, 2, r.Version)
	dst = appendText(dst, 3, r.ID)
	for _, key := range slices.Sorted(maps.Keys(r.Parameters)) {
		dst = appendParameter(dst, 4, key, r.Parameters[key])
	}
	for i := range r.Outputs {
		out := &r.Outputs[i]
		message := appendShape(appendText(appendText(nil, 1, out.Name), 2, out.Type.String()), 3, out.Shape)
		if out.Content != "" {
			message = appendParameter(message, 4, "content_type", out.Content)
		}
		if !r.Raw {
			message = appendMessage(message, 5, contents(out))
		}
		dst = appendMessage(dst, 5, message)
	}
	if r.Raw {
		for i := range r.Outputs {
			dst = protowire.AppendVarint(protowire.AppendTag(dst, 6, protowire.BytesType), uint64(r.Outputs[i].RawLen())) //nolint:gosec // a length
			dst = r.Outputs[i].AppendRaw(dst)
		}
	}
	return dst
}

// contents are an output's values as InferTensorContents.
func contents(out *oip.Output) []byte {
	at := contentsOf[out.Type]
	if out.Type == oip.Bytes {
		var message []byte
		for _, text := range out.Texts {
			message = protowire.AppendString(protowire.AppendTag(message, at.number, protowire.BytesType), text)
		}
		return message
	}
	packed := make([]byte, 0, 8*len(out.Floats)+2*len(out.Ints))
	for _, v := range out.Floats {
		packed = protowire.AppendFixed64(packed, math.Float64bits(v))
	}
	for _, v := range out.Ints {
		packed = protowire.AppendVarint(packed, uint64(v)) //nolint:gosec // the bits are kept
	}
	if len(packed) == 0 {
		return nil
	}
	return appendMessage(nil, at.number, packed)
}

// Named is a request about a model: ModelReadyRequest, ModelMetadataRequest and
// ModelStatisticsRequest are the same on the wire.
type Named struct {
	Name, Version string
}

// ReadNamed reads such a request.
func ReadNamed(data []byte) (n Named, err error) {
	err = eachField(data, func(f *field) error {
		switch f.number {
		case 1:
			n.Name = string(f.bytes)
		case 2:
			n.Version = string(f.bytes)
		}
		return nil
	})
	return n, err
}

// ReadIndexRequest reads whether a RepositoryIndexRequest wants only models
// that are ready.
func ReadIndexRequest(data []byte) (ready bool, err error) {
	err = eachField(data, func(f *field) error {
		if f.number == 2 {
			ready = f.bits != 0
		}
		return nil
	})
	return ready, err
}

// Flag is a message with one truth value: ServerLiveResponse and the like.
func Flag(v bool) []byte { return appendBool(nil, 1, v) }

// ServerMetadata is a ServerMetadataResponse.
func ServerMetadata(name, version string, extensions []string) []byte {
	message := appendText(appendText(nil, 1, name), 2, version)
	for _, extension := range extensions {
		message = appendText(message, 3, extension)
	}
	return message
}

// TensorMetadata describes an input or output of a model.
type TensorMetadata struct {
	Name     string
	Datatype string
	Shape    []int
}

// ModelMetadata is a ModelMetadataResponse.
func ModelMetadata(name string, versions []string, platform string, inputs, outputs []TensorMetadata) []byte {
	message := appendText(nil, 1, name)
	for _, version := range versions {
		message = appendText(message, 2, version)
	}
	message = appendText(message, 3, platform)
	for number, list := range [][]TensorMetadata{inputs, outputs} {
		for _, t := range list {
			inner := appendShape(appendText(appendText(nil, 1, t.Name), 2, t.Datatype), 3, t.Shape)
			message = appendMessage(message, protowire.Number(4+number), inner) //nolint:gosec // 4 or 5
		}
	}
	return message
}

// IndexEntry is a model in a RepositoryIndexResponse.
type IndexEntry struct {
	Name, Version, State, Reason string
}

// Index is a RepositoryIndexResponse.
func Index(models []IndexEntry) []byte {
	var message []byte
	for _, m := range models {
		message = appendMessage(message, 1, appendText(appendText(appendText(appendText(nil, 1, m.Name), 2, m.Version), 3, m.State), 4, m.Reason))
	}
	return message
}

// Duration is a count and the nanoseconds it took.
type Duration struct {
	Count uint64 `json:"count"`
	Ns    uint64 `json:"ns"`
}

// Statistics are a model version's.
type Statistics struct {
	Name, Version                                       string
	LastInference, Inferences, Executions               uint64 // milliseconds since 1970, rows, requests
	Success, Fail, Queue, Input, Infer, Output, NoCache Duration
}

// ModelStatistics is a ModelStatisticsResponse.
func ModelStatistics(models []Statistics) []byte {
	var message []byte
	for i := range models {
		m := &models[i]
		var durations []byte
		for number, d := range []Duration{m.Success, m.Fail, m.Queue, m.Input, m.Infer, m.Output, m.NoCache, m.NoCache} {
			durations = appendMessage(durations, protowire.Number(1+number), appendUint(appendUint(nil, 1, d.Count), 2, d.Ns)) //nolint:gosec // 1 to 8
		}
		inner := appendText(appendText(nil, 1, m.Name), 2, m.Version)
		inner = appendUint(appendUint(appendUint(inner, 3, m.LastInference), 4, m.Inferences), 5, m.Executions)
		message = appendMessage(message, 1, appendMessage(inner, 6, durations))
	}
	return message
}

// ReadModelName reads the model of a RepositoryModelLoadRequest or
// RepositoryModelUnloadRequest.
func ReadModelName(data []byte) (name string, err error) {
	err = eachField(data, func(f *field) error {
		if f.number == 2 {
			name = string(f.bytes)
		}
		return nil
	})
	return name, err
}

// StreamAnswer is a ModelStreamInferResponse: an error's text, or a
// ModelInferResponse.
func StreamAnswer(failure string, answer []byte) []byte {
	message := appendText(nil, 1, failure)
	if failure == "" {
		message = appendMessage(message, 2, answer)
	}
	return message
}

// Health is a HealthCheckResponse.
func Health(serving bool) []byte {
	if serving {
		return HealthState(IsServing)
	}
	return HealthState(NotServing)
}

// Serving is the state of a service in gRPC's health checking.
type Serving int

// The states.
const (
	IsServing      Serving = 1
	NotServing     Serving = 2
	ServiceUnknown Serving = 3 // Watch alone has it
)

// HealthState is a HealthCheckResponse of any state.
func HealthState(state Serving) []byte { return appendUint(nil, 1, uint64(state)) } //nolint:gosec // 1 to 3

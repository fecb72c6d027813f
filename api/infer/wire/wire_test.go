package wire_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"dasier/api/infer/oip"
	"dasier/api/infer/wire"
)

// message makes a message of the schema from its text: protobuf's own library
// writes and reads it, so the tests hold our reading and writing to that.
func message(t testing.TB, name, text string) *dynamicpb.Message {
	t.Helper()
	file, err := protodesc.NewFile(wire.Descriptor(), nil)
	if err != nil {
		t.Fatal(err)
	}
	m := dynamicpb.NewMessage(file.Messages().ByName(protoreflect.Name(name)))
	if err := prototext.Unmarshal([]byte(text), m); err != nil {
		t.Fatal(err)
	}
	return m
}

func encode(t testing.TB, name, text string) []byte {
	t.Helper()
	out, err := proto.Marshal(message(t, name, text))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// holds checks that bytes of ours are the message of the text.
func holds(t *testing.T, name string, got []byte, want string) {
	t.Helper()
	wanted := message(t, name, want)
	m := wanted.New().Interface()
	if err := proto.Unmarshal(got, m); err != nil {
		t.Fatal(err)
	}
	if len(m.ProtoReflect().GetUnknown()) > 0 || !proto.Equal(m, wanted) {
		t.Errorf("%s is %s, want %s", name, prototext.Format(m), want)
	}
}

func TestReadTypedContents(t *testing.T) {
	q, err := wire.ReadInferRequest(encode(t, "ModelInferRequest", `
		model_name: "m" model_version: "3" id: "x"
		parameters { key: "level" value { double_param: 0.5 } }
		parameters { key: "timeout" value { int64_param: 1000 } }
		parameters { key: "content_type" value { string_param: "pd" } }
		inputs { name: "a" datatype: "FP64" shape: [2] contents { fp64_contents: [1.5, -2] } }
		inputs { name: "b" datatype: "INT8" shape: [2, 1] contents { int_contents: [-128, 127] } }
		inputs { name: "c" datatype: "BYTES" shape: [2] parameters { key: "content_type" value { string_param: "str" } } contents { bytes_contents: ["é", ""] } }
		inputs { name: "d" datatype: "BOOL" shape: [2] contents { bool_contents: [true, false] } }
		inputs { name: "e" datatype: "UINT64" shape: [2] contents { uint64_contents: [1, 18446744073709551615] } }
		inputs { name: "f" datatype: "FP32" shape: [2] contents { fp32_contents: [0.1, 3] } }
		outputs { name: "prediction" }`))
	if err != nil {
		t.Fatal(err)
	}
	want := wire.Parameters{"level": 0.5, "timeout": int64(1000), "content_type": "pd"}
	if q.Model != "m" || q.Version != "3" || q.ID != "x" || len(q.Outputs) != 1 || q.Outputs[0].Name != "prediction" || cmp.Diff(want, q.Parameters) != "" {
		t.Errorf("got %+v", q)
	}
	tensors, err := q.Tensors()
	if err != nil {
		t.Fatal(err)
	}
	var got []any
	for _, v := range tensors {
		for n := range 2 {
			cell := v.Cell(n)
			switch x, isNumber := cell.Number(); {
			case isNumber:
				got = append(got, x)
			case cell.Kind == oip.Truth:
				got = append(got, cell.True())
			default:
				got = append(got, string(cell.Text))
			}
		}
	}
	if diff := cmp.Diff([]any{1.5, -2.0, -128.0, 127.0, "é", "", true, false, 1.0, float64(math.MaxUint64), float64(float32(0.1)), 3.0}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if tensors[2].Content != "str" {
		t.Errorf("content type %q", tensors[2].Content)
	}
}

func TestRefusedContents(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"beyond its type":    {`inputs { name: "a" datatype: "INT8" shape: [1] contents { int_contents: 128 } }`, "beyond what INT8"},
		"negative unsigned":  {`inputs { name: "a" datatype: "UINT8" shape: [1] contents { uint_contents: 256 } }`, "beyond what UINT8"},
		"another field":      {`inputs { name: "a" datatype: "FP64" shape: [1] contents { fp32_contents: 1 } }`, "field 7"},
		"typed FP16":         {`inputs { name: "a" datatype: "FP16" shape: [1] }`, "raw_input_contents"},
		"too few":            {`inputs { name: "a" datatype: "FP64" shape: [2] contents { fp64_contents: 1 } }`, "says 2 values"},
		"too few texts":      {`inputs { name: "a" datatype: "BYTES" shape: [2] contents { bytes_contents: "x" } }`, "1 texts"},
		"a negative shape":   {`inputs { name: "a" datatype: "FP64" shape: [-1] }`, "not possible"},
		"raw and typed":      {`inputs { name: "a" datatype: "INT8" shape: [1] contents { int_contents: 1 } } raw_input_contents: "x"`, "one of them"},
		"raw of some":        {`inputs { name: "a" datatype: "INT8" shape: [1] } inputs { name: "b" datatype: "INT8" shape: [1] } raw_input_contents: "x"`, "1 parts"},
		"an unknown type":    {`inputs { name: "a" datatype: "BF16" shape: [1] }`, "BF16"},
		"a raw text too far": {`inputs { name: "a" datatype: "BYTES" shape: [1] } raw_input_contents: "\377\377\377\377x"`, "ends before"},
	} {
		q, err := wire.ReadInferRequest(encode(t, "ModelInferRequest", c.text))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := q.Tensors(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func TestAnswers(t *testing.T) {
	response := wire.InferResponse{
		Model: "m", Version: "3", ID: "x", Parameters: wire.Parameters{"level": 0.9, "content_type": "pd"},
		Outputs: []oip.Output{
			{Name: "prediction", Type: oip.FP64, Shape: []int{2, 1}, Floats: []float64{1.5, 2}, Content: "np"},
			{Name: "predict", Type: oip.Int64, Shape: []int{2}, Ints: []int64{-1, 2}},
			{Name: "label", Type: oip.Bytes, Shape: []int{2}, Texts: []string{"yes", ""}},
		},
	}
	head := `model_name: "m" model_version: "3" id: "x" parameters { key: "level" value { double_param: 0.9 } } parameters { key: "content_type" value { string_param: "pd" } } `
	holds(t, "ModelInferResponse", response.Append(nil), head+`
		outputs { name: "prediction" datatype: "FP64" shape: [2, 1] parameters { key: "content_type" value { string_param: "np" } } contents { fp64_contents: [1.5, 2] } }
		outputs { name: "predict" datatype: "INT64" shape: [2] contents { int64_contents: [-1, 2] } }
		outputs { name: "label" datatype: "BYTES" shape: [2] contents { bytes_contents: ["yes", ""] } }`)
	response.Raw = true
	holds(t, "ModelInferResponse", response.Append(nil), head+`
		outputs { name: "prediction" datatype: "FP64" shape: [2, 1] parameters { key: "content_type" value { string_param: "np" } } }
		outputs { name: "predict" datatype: "INT64" shape: [2] }
		outputs { name: "label" datatype: "BYTES" shape: [2] }
		raw_output_contents: ["\000\000\000\000\000\000\370\077\000\000\000\000\000\000\000\100", "\377\377\377\377\377\377\377\377\002\000\000\000\000\000\000\000", "\003\000\000\000yes\000\000\000\000"]`)

	holds(t, "ServerReadyResponse", wire.Flag(true), "ready: true")
	holds(t, "ServerMetadataResponse", wire.ServerMetadata("d", "1", []string{"a", "b"}), `name: "d" version: "1" extensions: ["a", "b"]`)
	holds(t, "ModelMetadataResponse", wire.ModelMetadata("m", []string{"3"}, "p", []wire.TensorMetadata{{Name: "a", Datatype: "FP64", Shape: []int{-1}}}, []wire.TensorMetadata{{Name: "b", Datatype: "BYTES", Shape: []int{-1, 3}}}),
		`name: "m" versions: "3" platform: "p" inputs { name: "a" datatype: "FP64" shape: -1 } outputs { name: "b" datatype: "BYTES" shape: [-1, 3] }`)
	holds(t, "RepositoryIndexResponse", wire.Index([]wire.IndexEntry{{"m", "3", "READY", ""}, {"n", "4", "UNAVAILABLE", "why"}}),
		`models { name: "m" version: "3" state: "READY" } models { name: "n" version: "4" state: "UNAVAILABLE" reason: "why" }`)
	holds(t, "ModelStatisticsResponse", wire.ModelStatistics([]wire.Statistics{{Name: "m", Version: "3", LastInference: 7, Inferences: 5, Executions: 4, Success: wire.Duration{Count: 4, Ns: 400}, Output: wire.Duration{Count: 4, Ns: 1}}}),
		`model_stats { name: "m" version: "3" last_inference: 7 inference_count: 5 execution_count: 4 inference_stats { success { count: 4 ns: 400 } fail {} queue {} compute_input {} compute_infer {} compute_output { count: 4 ns: 1 } cache_hit {} cache_miss {} } }`)
	holds(t, "ModelStreamInferResponse", wire.StreamAnswer("why", nil), `error_message: "why"`)

	named, err := wire.ReadNamed(encode(t, "ModelReadyRequest", `name: "m" version: "3"`))
	if err != nil || named != (wire.Named{Name: "m", Version: "3"}) {
		t.Errorf("got %+v, %v", named, err)
	}
	if name, err := wire.ReadModelName(encode(t, "RepositoryModelLoadRequest", `repository_name: "r" model_name: "m" parameters { key: "x" value { bytes_param: "y" } }`)); err != nil || name != "m" {
		t.Errorf("got %q, %v", name, err)
	}
}

func TestReflectionGivesTheSchema(t *testing.T) {
	const symbol, list = 4, 7
	ask := func(field byte, about string) []byte {
		out, err := wire.Reflect(append([]byte{field<<3 | 2, byte(len(about))}, about...))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if !strings.Contains(string(ask(list, "")), wire.Service) {
		t.Error("the service is not listed")
	}
	text, err := proto.Marshal(wire.Descriptor())
	if err != nil {
		t.Fatal(err)
	}
	got := ask(symbol, wire.Service)
	at := strings.Index(string(got), "grpc_service.proto")
	if at < 0 {
		t.Fatal("no schema is given")
	}
	var file descriptorpb.FileDescriptorProto
	if err := proto.Unmarshal(got[len(got)-len(text):], &file); err != nil || !proto.Equal(&file, wire.Descriptor()) {
		t.Errorf("another schema is given: %v", err)
	}
	if !strings.Contains(string(ask(symbol, "other.Service")), "no such thing") {
		t.Error("what is not there is given")
	}
	var methods []string
	for _, m := range wire.Descriptor().GetService()[0].GetMethod() {
		methods = append(methods, m.GetName())
	}
	if !slices.Contains(methods, "ModelStreamInfer") || len(methods) != len(wire.Methods)+1 {
		t.Errorf("methods %v", methods)
	}
}

func FuzzInferRequest(f *testing.F) {
	for _, text := range []string{
		`model_name: "m" inputs { name: "a" datatype: "FP64" shape: [2] contents { fp64_contents: [1.5, -2] } }`,
		`inputs { name: "c" datatype: "BYTES" shape: [1] } raw_input_contents: "\001\000\000\000x" parameters { key: "a" value { bool_param: true } }`,
		`inputs { name: "d" datatype: "BOOL" shape: [2] contents { bool_contents: [true, false] } } outputs { name: "x" parameters { key: "a" value { uint64_param: 3 } } }`,
	} {
		f.Add(encode(f, "ModelInferRequest", text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		q, err := wire.ReadInferRequest(data)
		if err != nil {
			return
		}
		tensors, err := q.Tensors()
		if err != nil {
			return
		}
		for _, v := range tensors {
			n, ok := oip.Len(v.Shape)
			if !ok || n > len(data) {
				t.Fatalf("%d bytes hold a tensor of shape %v", len(data), v.Shape)
			}
			for k := range n {
				v.Cell(k)
			}
		}
	})
}

// TestContentsInParts: protobuf's readers join a message that comes in parts.
func TestContentsInParts(t *testing.T) {
	input := []byte{0x0a, 1, 'a', 0x12, 4, 'B', 'O', 'O', 'L', 0x1a, 1, 3}
	for _, truth := range []byte{1, 0, 1} {
		input = append(input, 0x2a, 2, 0x08, truth)
	}
	q, err := wire.ReadInferRequest(append([]byte{0x2a, byte(len(input))}, input...))
	if err != nil {
		t.Fatal(err)
	}
	tensors, err := q.Tensors()
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range []bool{true, false, true} {
		if cell := tensors[0].Cell(n); cell.True() != want {
			t.Errorf("value %d is %v, want %v", n, cell.True(), want)
		}
	}
}

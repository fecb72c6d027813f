package infer_test

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"dasier/api/infer"
	"dasier/api/infer/wire"
	"dasier/delivery/serve/servetest"
)

// dialed is a client of gRPC at a real connection without TLS.
type dialed struct {
	t      testing.TB
	url    string
	client *http.Client
	file   protoreflect.FileDescriptor
}

// spoken are the versions of HTTP that servers of ours speak.
func spoken() *http.Protocols {
	p := &http.Protocols{}
	p.SetHTTP1(true)
	p.SetUnencryptedHTTP2(true)
	return p
}

func listen(t testing.TB, handler http.Handler) string {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.Protocols = spoken()
	server.Start()
	t.Cleanup(server.Close)
	return server.URL
}

func dial(t testing.TB, handler http.Handler) *dialed {
	t.Helper()
	p := &http.Protocols{}
	p.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: p, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS13}}
	t.Cleanup(transport.CloseIdleConnections)
	file, err := protodesc.NewFile(wire.Descriptor(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return &dialed{t: t, url: listen(t, handler), client: &http.Client{Transport: transport}, file: file}
}

func (d *dialed) message(name, text string) *dynamicpb.Message {
	d.t.Helper()
	m := dynamicpb.NewMessage(d.file.Messages().ByName(protoreflect.Name(name)))
	if err := prototext.Unmarshal([]byte(text), m); err != nil {
		d.t.Fatal(err)
	}
	return m
}

// call calls a method with messages of protobuf's own library.
func (d *dialed) call(ctx context.Context, method, text string, headers ...string) (*dynamicpb.Message, error) {
	d.t.Helper()
	data, err := proto.Marshal(d.message(method+"Request", text))
	if err != nil {
		d.t.Fatal(err)
	}
	client := connect.NewClient[wire.Frame, wire.Frame](d.client, d.url+"/"+wire.Service+"/"+method, connect.WithGRPC(), connect.WithCodec(wire.Codec{}))
	request := connect.NewRequest(&wire.Frame{Data: data})
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header().Set(name, value)
	}
	answer, err := client.CallUnary(ctx, request)
	if err != nil {
		return nil, err
	}
	m := d.message(method+"Response", "")
	if err := proto.Unmarshal(answer.Msg.Data, m); err != nil {
		d.t.Fatal(err)
	}
	return m, nil
}

// holds calls a method and compares the answer.
func (d *dialed) holds(method, text, want string, headers ...string) {
	d.t.Helper()
	m, err := d.call(d.t.Context(), method, text, headers...)
	if err != nil {
		d.t.Errorf("%s: %v", method, err)
		return
	}
	if !proto.Equal(m, d.message(method+"Response", want)) {
		d.t.Errorf("%s answers %s, want %s", method, prototext.Format(m), want)
	}
}

const typedRow = `inputs { name: "Gr_Liv_Area" datatype: "FP64" shape: [1] contents { fp64_contents: 1500 } }
	inputs { name: "Lot_Area" datatype: "INT32" shape: [1] contents { int_contents: 9000 } }
	inputs { name: "Neighborhood" datatype: "BYTES" shape: [1] contents { bytes_contents: "Old_Town" } }
	inputs { name: "Kitchen" datatype: "BYTES" shape: [1, 1] contents { bytes_contents: "Good" } }
	inputs { name: "Central_Air" datatype: "BOOL" shape: [1] contents { bool_contents: true } }
	inputs { name: "Sold" datatype: "BYTES" shape: [1] contents { bytes_contents: "2010-05-31" } }`

func TestGRPC(t *testing.T) {
	s := open(t, infer.Config{Version: "1.2"})
	d := dial(t, s)
	d.holds("ServerLive", "", "live: true")
	d.holds("ServerReady", "", "ready: true")
	d.holds("ServerMetadata", "", `name: "dasier" version: "1.2" extensions: ["binary_tensor_data", "model_repository", "statistics", "parameters"]`)
	d.holds("ModelReady", `name: "`+public+`" version: "3"`, "ready: true")
	d.holds("ModelReady", `name: "`+private+`"`, "ready: true", "Authorization: Bearer member")
	d.holds("ModelMetadata", `name: "`+public+`"`, `name: "`+public+`" versions: "3" platform: "dasier"
		inputs { name: "Gr_Liv_Area" datatype: "FP64" shape: -1 } inputs { name: "Lot_Area" datatype: "FP64" shape: -1 }
		inputs { name: "Neighborhood" datatype: "BYTES" shape: -1 } inputs { name: "Kitchen" datatype: "BYTES" shape: -1 }
		inputs { name: "Central_Air" datatype: "BOOL" shape: -1 } inputs { name: "Sold" datatype: "BYTES" shape: -1 }
		outputs { name: "prediction" datatype: "FP64" shape: -1 } outputs { name: "low" datatype: "FP64" shape: -1 } outputs { name: "high" datatype: "FP64" shape: -1 }`)
	head := `model_name: "` + public + `" model_version: "3" id: "7" `
	d.holds("ModelInfer", head+typedRow, head+`outputs { name: "prediction" datatype: "FP64" shape: 1 contents { fp64_contents: 3191000 } }`)
	d.holds("ModelInfer", head+`parameters { key: "level" value { double_param: 0.5 } } outputs { name: "low" } `+typedRow,
		head+`parameters { key: "level" value { double_param: 0.5 } } outputs { name: "low" datatype: "FP64" shape: 1 contents { fp64_contents: 3186000 } }`)
	d.holds("RepositoryIndex", "", `models { name: "`+public+`" version: "3" state: "READY" }`)
	d.holds("RepositoryIndex", "ready: true", `models { name: "`+public+`" version: "3" state: "READY" } models { name: "`+private+`" version: "4" state: "READY" }`, "Authorization: Bearer member")
	d.holds("RepositoryModelLoad", `model_name: "`+public+`"`, "")

	stats, err := d.call(t.Context(), "ModelStatistics", `name: "`+public+`"`)
	if err != nil {
		t.Fatal(err)
	}
	if text := prototext.Format(stats); !strings.Contains(strings.ReplaceAll(text, "  ", " "), "inference_count: 2") {
		t.Errorf("statistics %s", text)
	}
}

// TestGRPCRaw asks as NVIDIA's client does: all values as raw bytes.
func TestGRPCRaw(t *testing.T) {
	s := open(t, infer.Config{})
	d := dial(t, s)
	q := d.message("ModelInferRequest", `model_name: "`+public+`"
		inputs { name: "Gr_Liv_Area" datatype: "FP32" shape: [2, 1] } inputs { name: "Kitchen" datatype: "BYTES" shape: [2, 1] }`)
	list := q.Mutable(q.Descriptor().Fields().ByName("raw_input_contents")).List()
	list.Append(protoreflect.ValueOfBytes(raw(float32(1500), float32(1000.5))))
	list.Append(protoreflect.ValueOfBytes(raw("Good", "Fair")))
	text, err := prototext.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	m, err := d.call(t.Context(), "ModelInfer", string(text))
	if err != nil {
		t.Fatal(err)
	}
	contents := m.Get(m.Descriptor().Fields().ByName("raw_output_contents")).List()
	base := 3e6 + 2*9436 - 3000 + 8000.0
	want := []float64{base + 150000 + 10000, base + 100050}
	got := contents.Get(0).Bytes()
	for n, v := range want {
		if bits := binary.LittleEndian.Uint64(got[8*n:]); math.Float64frombits(bits) != v {
			t.Errorf("row %d is %v, want %v", n, math.Float64frombits(bits), v)
		}
	}
}

func TestGRPCRefuses(t *testing.T) {
	s := open(t, infer.Config{MaxRows: 3, MaxBody: 2000})
	d := dial(t, s)
	for name, c := range map[string]struct {
		method, text, token string
		code                connect.Code
		want                string
	}{
		"absent":           {"ModelInfer", `model_name: "absent" ` + typedRow, "", connect.CodeNotFound, "no endpoint"},
		"hidden":           {"ModelInfer", `model_name: "` + private + `" ` + typedRow, "", connect.CodeNotFound, "no endpoint"},
		"a wrong token":    {"ModelInfer", `model_name: "` + private + `" ` + typedRow, "Bearer wrong", connect.CodeUnauthenticated, "not known"},
		"a narrow token":   {"ModelInfer", `model_name: "` + private + `" ` + typedRow, "Bearer narrow", connect.CodePermissionDenied, "refused"},
		"a broken server":  {"ModelReady", `name: "` + private + `"`, "Bearer broken", connect.CodeInternal, ""},
		"another version":  {"ModelInfer", `model_name: "` + public + `" model_version: "9" ` + typedRow, "", connect.CodeNotFound, "serves version 3"},
		"no inputs":        {"ModelInfer", `model_name: "` + public + `"`, "", connect.CodeInvalidArgument, "inputs"},
		"a wrong row":      {"ModelInfer", `model_name: "` + public + `" inputs { name: "Kitchen" datatype: "BYTES" shape: 1 contents { bytes_contents: "Bad" } }`, "", connect.CodeInvalidArgument, "[0].Kitchen: expected one of"},
		"a wrong datatype": {"ModelInfer", `model_name: "` + public + `" inputs { name: "Kitchen" datatype: "TEXT" shape: 1 }`, "", connect.CodeInvalidArgument, "TEXT"},
		"too many rows":    {"ModelInfer", `model_name: "` + public + `" inputs { name: "Gr_Liv_Area" datatype: "FP64" shape: 4 contents { fp64_contents: [1, 2, 3, 4] } }`, "", connect.CodeResourceExhausted, "at most 3"},
		"too many bytes":   {"ModelInfer", `model_name: "` + strings.Repeat("x", 2001) + `"`, "", connect.CodeResourceExhausted, ""},
		"an unload":        {"RepositoryModelUnload", `model_name: "` + public + `"`, "", connect.CodeFailedPrecondition, "cannot be unloaded"},
		"a hidden unload":  {"RepositoryModelUnload", `model_name: "` + private + `"`, "", connect.CodeNotFound, "no endpoint"},
		"hidden counters":  {"ModelStatistics", `name: "` + private + `"`, "", connect.CodeNotFound, "no endpoint"},
	} {
		t.Run(name, func(t *testing.T) {
			headers := []string{"X-Nothing: 1"}
			if c.token != "" {
				headers = append(headers, "Authorization: "+c.token)
			}
			_, err := d.call(t.Context(), c.method, c.text, headers...)
			if err == nil || connect.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "unexpected EOF") {
				t.Errorf("got %v, want %v and %q", err, c.code, c.want)
			}
		})
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	if _, err := d.call(ctx, "ModelInfer", `model_name: "`+public+`" `+typedRow); connect.CodeOf(err) != connect.CodeDeadlineExceeded {
		t.Errorf("after its deadline: %v", err)
	}
}

func TestGRPCStreams(t *testing.T) {
	s := open(t, infer.Config{})
	d := dial(t, s)
	client := connect.NewClient[wire.Frame, wire.Frame](d.client, d.url+"/"+wire.Service+"/ModelStreamInfer", connect.WithGRPC(), connect.WithCodec(wire.Codec{}))
	stream := client.CallBidiStream(t.Context())
	for n, text := range []string{`model_name: "` + public + `" id: "1" ` + typedRow, `model_name: "absent"`, `model_name: "` + public + `" id: "3" ` + typedRow} {
		data, err := proto.Marshal(d.message("ModelInferRequest", text))
		if err != nil {
			t.Fatal(err)
		}
		if err := stream.Send(&wire.Frame{Data: data}); err != nil {
			t.Fatal(err)
		}
		answer, err := stream.Receive()
		if err != nil {
			t.Fatal(err)
		}
		m := d.message("ModelStreamInferResponse", "")
		if err := proto.Unmarshal(answer.Data, m); err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf(`id:"%d"`, n+1)
		if n == 1 {
			want = "no endpoint"
		}
		if text := strings.ReplaceAll(prototext.MarshalOptions{}.Format(m), `id: "`, `id:"`); !strings.Contains(strings.Join(strings.Fields(text), " "), want) {
			t.Errorf("message %d: got %s, want %s", n, text, want)
		}
	}
	if err := errors.Join(stream.CloseRequest(), stream.CloseResponse()); err != nil {
		t.Error(err)
	}

	reflection := connect.NewClient[wire.Frame, wire.Frame](d.client, d.url+"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", connect.WithGRPC(), connect.WithCodec(wire.Codec{}))
	asking := reflection.CallBidiStream(t.Context())
	const listServices = 7<<3 | 2
	if err := asking.Send(&wire.Frame{Data: []byte{listServices, 0}}); err != nil {
		t.Fatal(err)
	}
	listed, err := asking.Receive()
	if err != nil || !strings.Contains(string(listed.Data), wire.Service) {
		t.Errorf("got %q, %v", listed, err)
	}
	if err := errors.Join(asking.CloseRequest(), asking.CloseResponse()); err != nil {
		t.Error(err)
	}
	health := connect.NewClient[wire.Frame, wire.Frame](d.client, d.url+"/grpc.health.v1.Health/Check", connect.WithGRPC(), connect.WithCodec(wire.Codec{}))
	if answer, err := health.CallUnary(t.Context(), connect.NewRequest(&wire.Frame{})); err != nil || string(answer.Msg.Data) != "\x08\x01" {
		t.Errorf("health: %v", err)
	}
}

// TestOneAddress asks in HTTP/1.1 and gRPC at one port.
func TestOneAddress(t *testing.T) {
	d := dial(t, open(t, infer.Config{}))
	d.holds("ServerLive", "", "live: true")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.url+predURL, strings.NewReader(servetest.Row))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil || answer.StatusCode != http.StatusOK || answer.ProtoMajor != 1 {
		t.Errorf("got %d in HTTP/%d, %v", answer.StatusCode, answer.ProtoMajor, err)
	}
	http.DefaultClient.CloseIdleConnections()
}

// TestGRPCRemote asks an endpoint whose model answers in another process.
func TestGRPCRemote(t *testing.T) {
	f := openFar(t)
	d := dial(t, f)
	head := `model_name: "far" model_version: "3" id: "7" `
	d.holds("ModelReady", `name: "far"`, "ready: true")
	d.holds("ModelInfer", head+typedRow, head+`outputs { name: "prediction" datatype: "FP64" shape: 1 contents { fp64_contents: 3191000 } }`)
	for text, code := range map[string]connect.Code{
		`model_name: "closed" ` + typedRow:                  connect.CodeNotFound,
		`model_name: "far" model_version: "8" ` + typedRow:  connect.CodeNotFound,
		`model_name: "far"`:                                 connect.CodeInvalidArgument,
		`model_name: "far" inputs { name: "x" shape: [1] }`: connect.CodeInvalidArgument,
	} {
		if _, err := d.call(t.Context(), "ModelInfer", text); connect.CodeOf(err) != code {
			t.Errorf("%s: got %v, want %v", text, err, code)
		}
	}
	if got := f.release.Load(); got != 6 {
		t.Errorf("%d holds were released, want 6", got)
	}
}

package infer_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	"dasier/api/infer"
	"dasier/api/infer/wire"
	"dasier/delivery/serve/servetest"
)

// TestAStartedFrameTakesNoWindow: of zstd, a few bytes ask for a window of 8 MiB,
// which a client that then stops must not hold.
func TestAStartedFrameTakesNoWindow(t *testing.T) {
	s := open(t, infer.Config{})
	const block = "\x08\x00\x00 " // of one byte, as it is
	frame := "\x28\xb5\x2f\xfd\x00\x68" + block + block + block[:3]
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	const clients = 8
	ended := make(chan int, clients)
	for range clients {
		body, line := io.Pipe()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, predURL, body)
		r.ContentLength = -1
		r.Header.Set("Content-Encoding", "zstd")
		go func() {
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			ended <- w.Code
		}()
		if _, err := io.WriteString(line, frame); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = line.Close() }) // a pipe's cannot fail
	}
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; taken > clients<<20 {
		t.Errorf("%d frames of %d bytes took %d MiB", clients, len(frame), taken>>20)
	}
	for range clients { // the lines close when the test ends
		select {
		case code := <-ended:
			t.Errorf("answered %d before the body was whole", code)
		default:
		}
	}
}

// trickle sends a byte now and then.
type trickle struct {
	sent  int
	begin string
	pause time.Duration
}

func (b *trickle) Read(p []byte) (int, error) {
	if b.sent < len(b.begin) {
		n := copy(p, b.begin[b.sent:])
		b.sent += n
		return n, nil
	}
	time.Sleep(b.pause)
	b.sent++
	p[0] = ' '
	return 1, nil
}

// TestABodyThatTakesMemoryHasToArrive: one that sends a byte now and then is
// never late for a single byte.
func TestABodyThatTakesMemoryHasToArrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, infer.Config{})
		begin := "[" + strings.Repeat(" ", 70<<10)
		for encoding, size := range map[string]int64{"": 1 << 20, "identity": -1, "gzip": -1} {
			from := time.Now()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, predURL, &trickle{begin: begin, pause: time.Second})
			r.ContentLength = size
			if encoding != "" {
				r.Header.Set("Content-Encoding", encoding)
			}
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if w.Code != http.StatusRequestTimeout || w.Header().Get("Connection") != "close" {
				t.Errorf("%q: got %d %s after %v", encoding, w.Code, w.Body, time.Since(from))
			}
		}
		prefix := string(binary.BigEndian.AppendUint32([]byte{0}, 1<<20))
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/"+wire.Service+"/ModelInfer", &trickle{begin: prefix + begin, pause: time.Second})
		r.ProtoMajor = 2
		r.Header.Set("Content-Type", "application/grpc")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if state := w.Header().Get(http.TrailerPrefix + "Grpc-Status"); state != "4" {
			t.Errorf("gRPC: got %d %v", w.Code, w.Header())
		}
	})
}

// halt is a meter that halts requests of clients with limits.
type halt struct{ came, on chan struct{} }

func (h halt) Take(context.Context, infer.Client, bool) error {
	h.came <- struct{}{}
	<-h.on
	return nil
}

func (halt) Used(int64, int64) {}

// TestAMessageTakesMemoryUntilItIsAnswered: also a small one that was compressed,
// as it may have become a large one.
func TestAMessageTakesMemoryUntilItIsAnswered(t *testing.T) {
	const large = 200 << 10
	meter := halt{make(chan struct{}), make(chan struct{})}
	s := open(t, infer.Config{MaxBody: 300 << 10, MaxBodies: 1, MaxWait: time.Millisecond, Meter: meter})
	d := dial(t, s)
	question, err := proto.Marshal(d.message("ModelInferRequest", `model_name: "`+private+`" id: "`+strings.Repeat(" ", large)+`" inputs {name: "Gr_Liv_Area" datatype: "FP64" shape: 1 contents {fp64_contents: 1500}} inputs {name: "Kitchen" datatype: "BYTES" shape: 1 contents {bytes_contents: "Good"}}`))
	if err != nil {
		t.Fatal(err)
	}
	list := "[" + strings.Repeat(" ", large) + servetest.Row + "]"
	for name, options := range map[string][]connect.ClientOption{
		"as it is": {connect.WithGRPC()}, "compressed": {connect.WithGRPC(), connect.WithSendGzip()}, "without a prefix": {connect.WithSendGzip()},
	} {
		client := connect.NewClient[wire.Frame, wire.Frame](d.client, d.url+"/"+wire.Service+"/ModelInfer", append(options, connect.WithCodec(wire.Codec{}))...)
		ended := make(chan error, 1)
		go func() {
			request := connect.NewRequest(&wire.Frame{Data: bytes.Clone(question)}) // its memory is used again
			request.Header().Set("Authorization", "Bearer agency")
			_, err := client.CallUnary(t.Context(), request)
			ended <- err
		}()
		select {
		case <-meter.came:
		case err := <-ended:
			t.Fatalf("%s: %v", name, err)
		}
		if w := s.ask("POST", predURL, list); w.Code != http.StatusServiceUnavailable {
			t.Errorf("%s: a large body beside it: got %d", name, w.Code)
		}
		meter.on <- struct{}{}
		if err := <-ended; err != nil {
			t.Errorf("%s: %v", name, err)
		}
		wait(t, func() bool { return s.ask("POST", predURL, list).Code == http.StatusOK })
	}
}

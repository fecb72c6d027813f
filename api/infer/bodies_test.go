package infer_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"dasier/api/infer"
	"dasier/api/infer/wire"
	"dasier/delivery/serve/servetest"
)

// packed compresses a text in each of the ways that HTTP has names for.
func packed(t testing.TB, text string) map[string]string {
	t.Helper()
	var deflate, gz, zs bytes.Buffer
	z, err := zstd.NewWriter(&zs)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []io.WriteCloser{zlib.NewWriter(&deflate), gzip.NewWriter(&gz), z} {
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return map[string]string{"deflate": deflate.String(), "gzip": gz.String(), "X-GZIP": gz.String(), "zstd": zs.String(), "identity": text}
}

func TestACompressedBodyIsTheSameQuestion(t *testing.T) {
	s := open(t, infer.Config{})
	for path, body := range map[string]string{
		predURL: servetest.Row,
		v2URL:   `{"inputs":[` + tensorOf("Gr_Liv_Area", "FP64", "1", "1500") + `,` + tensorOf("Kitchen", "BYTES", "1", `"Good"`) + `]}`,
		"/api/v1/endpoints/" + public + "/invocations": `{"dataframe_records":[` + servetest.Row + `]}`,
	} {
		want := s.ask("POST", path, body).Body.String()
		for name, text := range packed(t, body) {
			for range 3 { // with an unpacker that was used before
				if w := s.ask("POST", path, text, "Content-Encoding: "+name); w.Code != http.StatusOK || w.Body.String() != want {
					t.Errorf("%s %s: got %d %s, want %s", path, name, w.Code, w.Body, want)
				}
			}
			if name == "identity" {
				continue
			}
			if w := s.ask("POST", path, "", "Content-Encoding: "+name); w.Code != http.StatusBadRequest {
				t.Errorf("%s %s empty: got %d %s", path, name, w.Code, w.Body)
			}
			for _, wrong := range []string{text[:len(text)-5], "x" + text} {
				if w := s.ask("POST", path, wrong, "Content-Encoding: "+name); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "Content-Encoding: "+name) {
					t.Errorf("%s %s broken: got %d %s", path, name, w.Code, w.Body)
				}
			}
		}
	}
}

func TestACompressedBodyDoesNotGrowBeyondTheLimit(t *testing.T) {
	s := open(t, infer.Config{MaxBody: 100 << 10})
	for name, text := range packed(t, "["+strings.Repeat(" ", 64<<20)+"]") {
		if w := s.ask("POST", predURL, text, "Content-Encoding: "+name); w.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: got %d %s", name, w.Code, w.Body)
		}
	}
	for name, text := range packed(t, "["+strings.Repeat(" ", 90<<10)+servetest.Row+"]") {
		if w := s.ask("POST", predURL, text, "Content-Encoding: "+name); w.Code != http.StatusOK {
			t.Errorf("below the limit, %s: got %d %s", name, w.Code, w.Body)
		}
	}
}

// TestLargeBodiesAreBoundedBeforeTheyAreRead has one that is still on its way
// take all the memory that there is for them: large ones are refused, in every
// protocol, and small ones answered.
func TestLargeBodiesAreBoundedBeforeTheyAreRead(t *testing.T) {
	const large = 200 << 10
	s := open(t, infer.Config{MaxBody: 300 << 10, MaxBodies: 1, MaxWait: time.Millisecond})
	d := dial(t, s)
	var slow *io.PipeWriter
	var ended chan error
	begin := func() {
		var body *io.PipeReader
		body, slow = io.Pipe()
		over := make(chan error, 1)
		ended = over
		go func() {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.url+"/"+wire.Service+"/ModelInfer", body)
			if err != nil {
				over <- err
				return
			}
			r.Header.Set("Content-Type", "application/grpc")
			r.Header.Set("Te", "trailers")
			w, err := d.client.Do(r)
			if err == nil {
				_, _ = io.Copy(io.Discard, w.Body) // what it says of half a message is not asked here
				err = w.Body.Close()
			}
			over <- err
		}()
		prefix := binary.BigEndian.AppendUint32([]byte{1}, large) // compressed: it may become MaxBody
		if _, err := slow.Write(prefix); err != nil {
			t.Fatal(err)
		}
	}
	begin()
	list := "[" + strings.Repeat(" ", large) + servetest.Row + "]"
	wait(t, func() bool {
		select {
		case err := <-ended: // it came while the list had the memory, and was refused
			if err != nil {
				t.Fatal(err)
			}
			begin()
		default:
		}
		return s.ask("POST", predURL, list).Code == http.StatusServiceUnavailable
	})
	w := s.ask("POST", predURL, list)
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "1" || !strings.Contains(w.Body.String(), "as many large requests") {
		t.Errorf("a large body: got %d %v %s", w.Code, w.Header(), w.Body)
	}
	question := func(blanks int) string {
		return `model_name: "` + public + `" id: "` + strings.Repeat(" ", blanks) + `" inputs {name: "Gr_Liv_Area" datatype: "FP64" shape: 1 contents {fp64_contents: 1500}} inputs {name: "Kitchen" datatype: "BYTES" shape: 1 contents {bytes_contents: "Good"}}`
	}
	if _, err := d.call(t.Context(), "ModelInfer", question(large)); connect.CodeOf(err) != connect.CodeUnavailable {
		t.Errorf("a large message: %v", err)
	}
	if w := s.ask("POST", predURL, servetest.Row); w.Code != http.StatusOK {
		t.Errorf("a small body: got %d %s", w.Code, w.Body)
	}
	if _, err := d.call(t.Context(), "ModelInfer", question(0)); err != nil {
		t.Errorf("a small message: %v", err)
	}
	if err := slow.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	wait(t, func() bool { return s.ask("POST", predURL, list).Code == http.StatusOK })
	if _, err := d.call(t.Context(), "ModelInfer", question(large)); err != nil {
		t.Errorf("a large message afterwards: %v", err)
	}
}

// wait asks until something holds.
func wait(t *testing.T, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	for !holds() {
		if ctx.Err() != nil {
			t.Fatal("it does not come to hold")
		}
		time.Sleep(5 * time.Millisecond) // what is waited for needs the processor, too
	}
}

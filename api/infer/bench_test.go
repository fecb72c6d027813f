package infer_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"dasier/api/infer"
	"dasier/delivery/serve/servetest"
)

// nowhere is a client that reads nothing.
type nowhere struct{ header http.Header }

func (n nowhere) Header() http.Header         { return n.header }
func (n nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (n nowhere) WriteHeader(int)             {}

// BenchmarkPredict is a request of one row to a public endpoint, without the
// network and net/http's part.
func BenchmarkPredict(b *testing.B) {
	s := open(b, infer.Config{})
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		body := bytes.NewReader([]byte(servetest.Row))
		r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, predURL, http.NoBody)
		r.Header.Set("Content-Type", "application/json")
		w := nowhere{http.Header{}}
		for pb.Next() {
			body.Reset([]byte(servetest.Row))
			r.Body = io.NopCloser(body)
			s.ServeHTTP(w, r)
		}
	})
}

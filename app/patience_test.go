package app

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

// impatient serves a handler with very little patience.
func impatient(t *testing.T, serve http.HandlerFunc) *httptest.Server {
	t.Helper()
	const limit = 100 * time.Millisecond
	server := httptest.NewUnstartedServer(patientBodies(limit)(serve))
	server.Listener = patientListener{server.Listener, limit}
	server.Start()
	t.Cleanup(server.Close)
	return server
}

func begin(t *testing.T, server *httptest.Server, request string) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestAClientThatStopsSendingIsGivenUp(t *testing.T) {
	ended := make(chan error, 1)
	server := impatient(t, func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		ended <- err
	})
	begin(t, server, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
	if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("reading ended with %v", err)
	}
}

func TestAClientThatTakesNothingIsGivenUp(t *testing.T) {
	ended := make(chan error, 1)
	server := impatient(t, func(w http.ResponseWriter, _ *http.Request) {
		piece := make([]byte, 1<<20)
		for range 1 << 10 { // more than any socket holds
			if _, err := w.Write(piece); err != nil {
				ended <- err
				return
			}
		}
		ended <- nil
	})
	begin(t, server, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("writing ended with %v", err)
	}
}

func TestPatienceDoesNotBoundTheAnswer(t *testing.T) {
	server := impatient(t, func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("reading: %v", err)
		}
		// A client that has sent all waits in silence for as long as it takes.
		select {
		case <-r.Context().Done():
			t.Error("the request ended before its answer")
		case <-time.After(300 * time.Millisecond):
		}
		_, _ = w.Write(text)
	})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(strings.Repeat("x", 300<<10)))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil || len(text) != 300<<10 {
		t.Errorf("the answer has %d bytes, %v", len(text), err)
	}
}

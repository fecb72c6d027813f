package app

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// impatient serves a handler with no more patience than limit.
func impatient(t *testing.T, limit time.Duration, serve http.HandlerFunc) *httptest.Server {
	t.Helper()
	server, p := unhurried(t, limit, serve)
	ctx, stop := context.WithCancel(context.Background())
	var looking sync.WaitGroup
	looking.Go(func() { p.Run(ctx) })
	t.Cleanup(func() {
		stop()
		looking.Wait()
	})
	return server
}

// unhurried serves a handler with a patience that looks only when it is told to.
func unhurried(t *testing.T, limit time.Duration, serve http.HandlerFunc) (*httptest.Server, *patience) {
	t.Helper()
	server, p := httptest.NewUnstartedServer(serve), newPatience(limit)
	p.lingers = time.Hour // the client is a goroutine of this process, and may pause for long
	server.Config.Protocols = spoken()
	server.Listener = p.guard(server.Config, server.Listener)
	server.Start()
	t.Cleanup(func() {
		server.Close()
		// A stream's handler may end a moment after its connection.
		for deadline := time.Now().Add(5 * time.Minute); p.watched() > 0; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Errorf("%d connections or streams are still looked at", p.watched())
				return
			}
		}
	})
	return server, p
}

// watched is how many connections and streams are looked at.
func (p *patience) watched() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.lines)
}

// writing tells whether some connection is being written to.
func (p *patience) writing() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.lines {
		if c, ok := l.(*patientConn); ok && c.writing.since.Load() != 0 {
			return true
		}
	}
	return false
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
	server := impatient(t, 100*time.Millisecond, func(_ http.ResponseWriter, r *http.Request) {
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
	server := impatient(t, 100*time.Millisecond, func(w http.ResponseWriter, _ *http.Request) {
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

func TestAnAnswerReachesWhoStillSends(t *testing.T) {
	server := impatient(t, time.Minute, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/begun" {
			_, _ = io.ReadFull(r.Body, make([]byte, 1<<20))
		}
		w.Header().Set("Connection", "close")
		http.Error(w, "too much", http.StatusRequestEntityTooLarge)
	})
	const size = 64 << 20 // more than any socket holds
	for _, head := range []string{
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 67108864\r\n\r\n",
		"POST /begun HTTP/1.1\r\nHost: x\r\nContent-Length: 67108864\r\n\r\n",
		"POST /begun HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4000000\r\n",
	} {
		// A client that sees the answer only after it has sent everything.
		conn := begin(t, server, head)
		if _, err := conn.Write(make([]byte, size)); err != nil {
			t.Errorf("%.20q: the body is not taken: %v", head, err)
			continue
		}
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || answer.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("%.20q: the answer is %v, %v", head, answer, err)
		}
	}
}

// TestWhoReadsAtTheEndIsTold: a server that stops closes connections on which it
// waits for the next request. One that comes then is not served.
func TestWhoReadsAtTheEndIsTold(t *testing.T) {
	p := newPatience(time.Minute)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	client, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := patientListener{listener, p}.Accept()
	if err != nil {
		t.Fatal(err)
	}
	conn := accepted.(*patientConn)
	conn.asked.Store(true) // the server itself has read what its handler left of a body
	type read struct {
		n   int
		err error
	}
	said := make(chan read, 1)
	go func() {
		n, err := conn.Read(make([]byte, 10))
		said <- read{n, err}
	}()
	for conn.readers.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := errors.Join(conn.Close(), listener.Close()); err != nil {
		t.Fatal(err)
	}
	_, _ = client.Write([]byte("more")) // it may find the connection gone
	if got := <-said; got.n != 0 || got.err == nil {
		t.Errorf("%d bytes were read after the end, %v", got.n, got.err)
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestPatienceDoesNotBoundTheAnswer(t *testing.T) {
	its := make(chan *patience, 1)
	server, p := unhurried(t, time.Minute, func(w http.ResponseWriter, r *http.Request) {
		p := <-its
		text, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("reading: %v", err)
		}
		// A client that has sent all waits in silence for as long as it takes.
		for range 2 * looks {
			p.look()
		}
		select {
		case <-r.Context().Done():
			t.Error("the request ended before its answer")
		case <-time.After(100 * time.Millisecond): // not a proof, only a chance to fail
		}
		_, _ = w.Write(text)
	})
	its <- p
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

// TestABodyThatNobodyReadsIsGivenUp: the server reads what a handler has left of a
// body, be it before the answer or after.
func TestABodyThatNobodyReadsIsGivenUp(t *testing.T) {
	for _, size := range []int{10, 100 << 10} { // a large answer begins within the handler
		server := impatient(t, 100*time.Millisecond, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(make([]byte, size))
		})
		conn := begin(t, server, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")
		if _, err := io.Copy(io.Discard, conn); err != nil { // ends when the server closes
			t.Errorf("an answer of %d bytes: %v", size, err)
		}
	}
}

// TestAStreamThatIsNotTakenIsGivenUp has a client that goes on with its
// connection, and takes nothing of an answer on it.
func TestAStreamThatIsNotTakenIsGivenUp(t *testing.T) {
	ended := make(chan error, 1)
	server, p := unhurried(t, time.Minute, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/other" {
			return
		}
		piece := make([]byte, 1<<20)
		for range 1 << 10 {
			if _, err := w.Write(piece); err != nil {
				ended <- err
				return
			}
		}
		ended <- nil
	})
	var plain http.Protocols
	plain.SetUnencryptedHTTP2(true)
	client := &http.Client{Transport: &http.Transport{Protocols: &plain}}
	defer client.CloseIdleConnections()
	ask := func(path string) *http.Response {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
	stuck := ask("/")
	// Between two looks no connection is being written to for a moment: so what is
	// given up is the stream, however slow this machine is.
	var err error
	for waiting := true; waiting; {
		for p.writing() {
			time.Sleep(time.Millisecond)
		}
		p.look()
		select {
		case err = <-ended:
			waiting = false
		case <-time.After(20 * time.Millisecond):
		}
	}
	if err == nil {
		t.Error("all was written")
	}
	if err := errors.Join(ask("/other").Body.Close(), stuck.Body.Close()); err != nil {
		t.Error(err)
	}
}

package app

import (
	"io"
	"net"
	"net/http"
	"time"
)

// patience is how long a client may neither send nor take anything while the
// server waits for it. A whole request has no limit (a clone takes as long as it
// takes), so without this whoever stops in the middle would hold a connection,
// and a place in git's queue, for good.
const patience = 2 * time.Minute

// patientBodies bounds the wait for each piece of a request's body.
func patientBodies(limit time.Duration) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Body != nil && r.Body != http.NoBody {
				r.Body = &patientBody{
					ReadCloser: r.Body, control: http.NewResponseController(w), limit: limit,
					small: r.ContentLength >= 0 && r.ContentLength <= pieceBytes,
				}
			}
			next.ServeHTTP(w, r)
		})
	}
}

type patientBody struct {
	io.ReadCloser

	control *http.ResponseController
	limit   time.Duration
	small   bool // one wait is for all of it: moving the deadline costs
	waiting bool // the deadline is set
}

// Read waits for the next bytes. The deadline holds for this wait only: left
// standing, it would end the request while its answer is on the way.
func (b *patientBody) Read(p []byte) (int, error) {
	if !b.waiting {
		// A connection without deadlines is one that a test made: it has patience.
		_ = b.control.SetReadDeadline(time.Now().Add(b.limit))
		b.waiting = true
	}
	n, err := b.ReadCloser.Read(p)
	if err != nil || !b.small {
		b.rest()
	}
	return n, err
}

// Close implements io.Closer.
func (b *patientBody) Close() error {
	b.rest()
	return b.ReadCloser.Close()
}

func (b *patientBody) rest() {
	if b.waiting {
		_ = b.control.SetReadDeadline(time.Time{})
		b.waiting = false
	}
}

// patientListener bounds the wait for each piece of an answer to be taken.
type patientListener struct {
	net.Listener

	limit time.Duration
}

// Accept implements net.Listener.
func (l patientListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return patientConn{conn, l.limit}, nil
}

type patientConn struct {
	net.Conn

	limit time.Duration
}

// pieceBytes is what even a slow line takes within the limit.
const pieceBytes = 64 << 10

// Write sends p in pieces.
func (c patientConn) Write(p []byte) (int, error) {
	sent := 0
	for {
		if err := c.SetWriteDeadline(time.Now().Add(c.limit)); err != nil {
			return sent, err
		}
		n, err := c.Conn.Write(p[sent:min(len(p), sent+pieceBytes)])
		if sent += n; err != nil || sent == len(p) {
			return sent, err
		}
	}
}

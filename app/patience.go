package app

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// patienceLimit is how long a client may neither send nor take anything while
// the server waits for it. A whole request has no limit (a clone takes as long
// as it takes), so without this whoever stops in the middle would hold a
// connection, and a place in git's queue, for good.
const patienceLimit = 2 * time.Minute

// patience gives up clients that have stopped in the middle, after limit or an
// eighth more. A connection notes when a wait began, and Run looks through all of
// them now and then: a deadline of the operating system for each wait would cost
// small requests several per cent of their time.
type patience struct {
	limit time.Duration
	now   atomic.Int64 // counts the looks, from 1

	mu    sync.Mutex
	conns map[*patientConn]struct{}
}

// looks is how many there are within the limit.
const looks = 8

func newPatience(limit time.Duration) *patience {
	p := &patience{limit: limit, conns: map[*patientConn]struct{}{}}
	p.now.Store(1)
	return p
}

// Run looks until ctx ends.
func (p *patience) Run(ctx context.Context) {
	ticker := time.NewTicker(p.limit / looks)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			p.look()
		}
	}
}

func (p *patience) look() {
	now := p.now.Add(1)
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		// A wait that ends in this moment has lasted too long all the same. Deadlines
		// of a closed connection are refused, and it needs none.
		if since := c.reading.Load(); since != 0 && now-since > looks && c.reading.CompareAndSwap(since, 0) {
			_ = c.SetReadDeadline(time.Unix(1, 0))
		}
		if since := c.writing.Load(); since != 0 && now-since > looks && c.writing.CompareAndSwap(since, 0) {
			_ = c.SetWriteDeadline(time.Unix(1, 0))
		}
	}
}

// guard makes a server have the patience with its clients. The listener is to
// be its own.
func (p *patience) guard(server *http.Server, listener net.Listener) net.Listener {
	server.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		return context.WithValue(ctx, patientKey{}, c)
	}
	server.Handler = p.bodies(server.Handler)
	return patientListener{listener, p}
}

type patientKey struct{}

// bodies bounds the wait for each piece of a request's body.
func (p *patience) bodies(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != nil && r.Body != http.NoBody {
			// Streams of HTTP/2 share a connection: each has deadlines of its own.
			if conn, ok := r.Context().Value(patientKey{}).(*patientConn); ok && r.ProtoMajor == 1 {
				r.Body = &patientBody{r.Body, conn}
			} else {
				r.Body = &patientStream{r.Body, http.NewResponseController(w), p.limit}
			}
		}
		next.ServeHTTP(w, r)
	})
}

// patientBody is a request's body on a connection of its own. Only what waits
// for the body counts: a connection is read as well while an answer is on its
// way, for as long as that takes, to see whether the client is still there.
type patientBody struct {
	io.ReadCloser

	conn *patientConn
}

// Read waits for the next bytes.
func (b *patientBody) Read(p []byte) (int, error) {
	b.conn.reading.Store(b.conn.patience.now.Load())
	n, err := b.ReadCloser.Read(p)
	b.conn.reading.Store(0)
	return n, err
}

// patientStream is a request's body on a connection that others share.
type patientStream struct {
	io.ReadCloser

	control *http.ResponseController
	limit   time.Duration
}

// Read waits for the next bytes. The deadline holds for this wait only: left
// standing, it would end the request while its answer is on the way.
func (b *patientStream) Read(p []byte) (int, error) {
	// A connection without deadlines is one that a test made: it has patience.
	_ = b.control.SetReadDeadline(time.Now().Add(b.limit))
	n, err := b.ReadCloser.Read(p)
	_ = b.control.SetReadDeadline(time.Time{})
	return n, err
}

// patientListener bounds the wait for each piece of an answer to be taken.
type patientListener struct {
	net.Listener

	patience *patience
}

// Accept implements net.Listener.
func (l patientListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &patientConn{Conn: conn, patience: l.patience}
	l.patience.mu.Lock()
	defer l.patience.mu.Unlock()
	l.patience.conns[c] = struct{}{}
	return c, nil
}

// patientConn notes since which look its client is waited for; 0 when it is not.
type patientConn struct {
	net.Conn

	patience         *patience
	reading, writing atomic.Int64
}

// pieceBytes is what even a slow line takes within the limit.
const pieceBytes = 64 << 10

// Write sends p in pieces.
func (c *patientConn) Write(p []byte) (int, error) {
	defer c.writing.Store(0)
	sent := 0
	for {
		c.writing.Store(c.patience.now.Load())
		n, err := c.Conn.Write(p[sent:min(len(p), sent+pieceBytes)])
		if sent += n; err != nil || sent == len(p) {
			return sent, err
		}
	}
}

// Close implements net.Conn.
func (c *patientConn) Close() error {
	c.patience.mu.Lock()
	delete(c.patience.conns, c)
	c.patience.mu.Unlock()
	return c.Conn.Close()
}

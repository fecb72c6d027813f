package app

import (
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
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
// eighth more. A wait notes when it began, and Run looks through all of them now
// and then: a deadline of the operating system for each wait would cost small
// requests several per cent of their time.
type patience struct {
	limit   time.Duration
	lingers time.Duration
	now     atomic.Int64 // counts the looks, from 1

	mu    sync.Mutex
	lines map[line]struct{}
}

// line is what a client may be waited for at: a connection, or a stream of one.
type line interface {
	// giveUp ends the waits that began more than looks before now.
	giveUp(now int64)
}

// looks is how many there are within the limit.
const looks = 8

func newPatience(limit time.Duration) *patience {
	p := &patience{limit: limit, lingers: lingers, lines: map[line]struct{}{}}
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
	lines := slices.Collect(maps.Keys(p.lines))
	p.mu.Unlock()
	for _, l := range lines {
		l.giveUp(now)
	}
}

func (p *patience) add(l line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines[l] = struct{}{}
}

func (p *patience) remove(l line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.lines, l)
}

// waiting is since which look a client is waited for; 0 when it is not.
type waiting struct{ since atomic.Int64 }

func (w *waiting) begin(p *patience) { w.since.Store(p.now.Load()) }
func (w *waiting) end()              { w.since.Store(0) }

// tooLong tells, once, that a wait is to end. One that ends by itself in this
// moment has lasted too long all the same.
func (w *waiting) tooLong(now int64) bool {
	since := w.since.Load()
	return since != 0 && now-since > looks && w.since.CompareAndSwap(since, 0)
}

// past is a deadline that ends what waits.
func past() time.Time { return time.Unix(1, 0) }

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

// bodies bounds the wait for each piece of a request's body, and of what streams
// of HTTP/2 answer: they share a connection, so each has waits of its own.
func (p *patience) bodies(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, ok := r.Context().Value(patientKey{}).(*patientConn)
		hasBody := r.Body != nil && r.Body != http.NoBody
		switch {
		case !ok: // a test's
		case r.ProtoMajor == 1:
			conn.asked.Store(hasBody)
			if hasBody {
				r.Body = &patientBody{r.Body, conn}
			}
		default:
			s := &patientStream{ResponseWriter: w, control: http.NewResponseController(w), patience: p}
			p.add(s)
			defer s.end()
			if w = s; hasBody {
				r.Body = &patientStreamBody{r.Body, s}
			}
		}
		next.ServeHTTP(w, r)
	})
}

// patientBody is a request's body on a connection of its own. It tells the
// connection when it is whole: from then on that is read for as long as the answer
// takes, to see whether the client is still there. Before, the server reads it
// also when nobody else does, to find the next request.
type patientBody struct {
	io.ReadCloser

	conn *patientConn
}

// Read waits for the next bytes.
func (b *patientBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.conn.asked.Store(false)
		b.conn.reading.end()
	}
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
	l.patience.add(c)
	return c, nil
}

// patientConn notes how long its client is waited for.
type patientConn struct {
	net.Conn

	patience         *patience
	asked            atomic.Bool // a request is under way whose body is not whole
	closed           atomic.Bool
	readers          atomic.Int32
	reading, writing waiting
}

func (c *patientConn) giveUp(now int64) {
	// Deadlines of a closed connection are refused, and it needs none.
	if c.reading.tooLong(now) {
		_ = c.SetReadDeadline(past())
	}
	if c.writing.tooLong(now) {
		_ = c.SetWriteDeadline(past())
	}
}

// Read waits for a body's next bytes no longer than patience lasts, and for all
// else as long as the server does.
func (c *patientConn) Read(p []byte) (int, error) {
	c.readers.Add(1)
	defer c.readers.Add(-1)
	if c.closed.Load() { // what comes now is thrown away: see Close
		return 0, net.ErrClosed
	}
	if !c.asked.Load() {
		return c.Conn.Read(p)
	}
	c.reading.begin(c.patience)
	defer c.reading.end()
	if !c.asked.Load() { // the body has become whole in this moment: see patientBody
		c.reading.end()
	}
	return c.Conn.Read(p)
}

// pieceBytes is what even a slow line takes within the limit.
const pieceBytes = 64 << 10

// Write sends p in pieces.
func (c *patientConn) Write(p []byte) (int, error) {
	defer c.writing.end()
	sent := 0
	for {
		c.writing.begin(c.patience)
		n, err := c.Conn.Write(p[sent:min(len(p), sent+pieceBytes)])
		if sent += n; err != nil || sent == len(p) {
			return sent, err
		}
	}
}

// Close implements net.Conn. When a request was answered before its body was
// whole (413, 403), the client still sends: a connection closed now would be
// reset, and the answer lost with it. So its end is sent, and what comes is
// thrown away for a while (RFC 9112, section 9.6). Who reads just now, such as a
// server that waits for the next request and stops, is told at once: it must not
// go on to serve what nobody is answered any more.
func (c *patientConn) Close() error {
	c.patience.remove(c)
	half, ok := c.Conn.(interface{ CloseWrite() error })
	lingering := ok && c.asked.Swap(false)
	if c.closed.Swap(true) || c.readers.Load() > 0 || !lingering || half.CloseWrite() != nil {
		return c.Conn.Close()
	}
	go c.linger()
	return nil
}

// lingers is how long a client may go on to send what nobody reads.
const lingers = 5 * time.Second

func (c *patientConn) linger() {
	_ = c.SetReadDeadline(time.Now().Add(c.patience.lingers)) // a connection that is gone ends the reading too
	_, _ = io.Copy(io.Discard, c.Conn)
	_ = c.Conn.Close()
}

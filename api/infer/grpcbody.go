package infer

import (
	"encoding/binary"
	"io"
	"net/http"
	"strings"
	"time"

	"connectrpc.com/connect"
)

// messages is the body of a request of gRPC: messages, each after five bytes
// that say how it is packed and how long it is. What a large one takes of the
// memory is asked for before any of it is read (see bodies), because many streams
// share a connection, and each may have one under way.
type messages struct {
	io.ReadCloser

	h *Handler
	r *http.Request
	// stream tells that many messages are to come. What one takes is given back
	// when the next is waited for, as it was answered then; the end of a body with
	// one message is looked for before it is answered.
	stream bool
	prefix [5]byte
	filled int   // of prefix
	left   int64 // of the message
	held   int64
	until  time.Time // the message has to be here, if it holds memory
}

// Read implements io.Reader.
func (m *messages) Read(p []byte) (int, error) {
	if m.left > 0 {
		n, err := m.ReadCloser.Read(p[:min(int64(len(p)), m.left)])
		if m.left -= int64(n); m.left > 0 && m.held > 0 && time.Now().After(m.until) {
			return 0, m.h.grpcError(m.r, refuse(http.StatusRequestTimeout, "the message arrives too slowly for its size: send fewer rows at once"))
		}
		return n, err
	}
	if m.filled == 0 && m.stream {
		m.letGo()
	}
	n, err := m.ReadCloser.Read(p[:min(len(p), len(m.prefix)-m.filled)])
	m.filled += copy(m.prefix[m.filled:], p[:n])
	if m.filled < len(m.prefix) {
		return n, err
	}
	m.filled, m.left = 0, int64(binary.BigEndian.Uint32(m.prefix[1:]))
	size := min(m.left, m.h.cfg.MaxBody) // a longer one is refused unread
	if m.prefix[0]&1 == 1 && size > 0 {  // compressed, and be it little
		size = m.h.cfg.MaxBody
	}
	if size <= largeBody {
		return n, err
	}
	if !m.h.bodies.take(m.r.Context(), size) {
		return 0, m.h.grpcError(m.r, tooManyBodies())
	}
	m.held, m.until = m.held+size, time.Now().Add(arrival(size))
	return n, err
}

func (m *messages) letGo() {
	if m.held > 0 {
		m.h.bodies.free.Release(m.held)
		m.held = 0
	}
}

// measured bounds the memory of what a handler of gRPC reads: one message, or a
// stream of them.
func (h *Handler) measured(next http.Handler, stream bool) http.Handler {
	refused := connect.NewErrorWriter()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind := r.Header.Get("Content-Type")
		if strings.HasPrefix(kind, "application/grpc") || strings.HasPrefix(kind, "application/connect+") {
			body := &messages{ReadCloser: r.Body, h: h, r: r, stream: stream}
			defer body.letGo()
			r.Body = body
		} else if packed := r.Header.Get("Content-Encoding") != ""; packed || r.ContentLength < 0 || r.ContentLength > largeBody { // one message without a prefix
			size := h.cfg.MaxBody
			if r.ContentLength > 0 && !packed {
				size = min(r.ContentLength, size)
			}
			if !h.bodies.take(r.Context(), size) {
				_ = refused.Write(w, r, h.grpcError(r, tooManyBodies())) // the client is gone when this fails
				return
			}
			defer h.bodies.free.Release(size)
		}
		next.ServeHTTP(w, r)
	})
}

package infer

import (
	"encoding/binary"
	"io"
	"net/http"
	"strings"

	"connectrpc.com/connect"
)

// messages is the body of a request of gRPC: messages, each after five bytes
// that say how it is packed and how long it is. What a large one takes of the
// memory is asked for before any of it is read (see bodies), because many streams
// share a connection, and each may have one under way. It is given back when the
// next one begins, as the one before was answered then.
type messages struct {
	io.ReadCloser

	h      *Handler
	r      *http.Request
	prefix [5]byte
	filled int   // of prefix
	left   int64 // of the message
	held   int64
}

// Read implements io.Reader.
func (m *messages) Read(p []byte) (int, error) {
	if m.left > 0 {
		n, err := m.ReadCloser.Read(p[:min(int64(len(p)), m.left)])
		m.left -= int64(n)
		return n, err
	}
	if m.filled == 0 {
		m.letGo()
	}
	n, err := m.ReadCloser.Read(p[:min(len(p), len(m.prefix)-m.filled)])
	m.filled += copy(m.prefix[m.filled:], p[:n])
	if m.filled < len(m.prefix) {
		return n, err
	}
	m.filled, m.left = 0, int64(binary.BigEndian.Uint32(m.prefix[1:]))
	if m.left <= largeBody {
		return n, err
	}
	size := min(m.left, m.h.cfg.MaxBody) // a longer one is refused unread
	if m.prefix[0]&1 == 1 {              // compressed
		size = m.h.cfg.MaxBody
	}
	if !m.h.bodies.take(m.r.Context(), size) {
		return 0, m.h.grpcError(m.r, tooManyBodies())
	}
	m.held = size
	return n, err
}

func (m *messages) letGo() {
	if m.held > 0 {
		m.h.bodies.free.Release(m.held)
		m.held = 0
	}
}

// measured bounds the memory of what a handler of gRPC reads.
func (h *Handler) measured(next http.Handler) http.Handler {
	refused := connect.NewErrorWriter()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind := r.Header.Get("Content-Type")
		if strings.HasPrefix(kind, "application/grpc") || strings.HasPrefix(kind, "application/connect+") {
			body := &messages{ReadCloser: r.Body, h: h, r: r}
			defer body.letGo()
			r.Body = body
		} else if r.ContentLength < 0 || r.ContentLength > largeBody { // one message without a prefix
			size := h.cfg.MaxBody
			if r.ContentLength > 0 && r.Header.Get("Content-Encoding") == "" {
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

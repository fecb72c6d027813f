package infer

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/sync/semaphore"

	"dasier/fault"
)

// bodies bounds what the bodies of large requests take of the memory together,
// those that still arrive too: a gate is passed only when a body is there. Small
// bodies are not held up; the connections bound them.
type bodies struct {
	free *semaphore.Weighted
	wait time.Duration
	// unpackers keep what reading compressed bodies needs of memory: 40 KiB each,
	// and 8 MiB of zstd, as few bytes of a client can ask for. Therefore as many
	// bodies are unpacked at once as there are processors, and none of them waits
	// for its client.
	unpackers [ways]sync.Pool // of *unpacked
	unpacking chan struct{}
}

func newBodies(c *Config) *bodies {
	return &bodies{
		free: semaphore.NewWeighted(max(c.MaxBodies, c.MaxBody)), wait: c.MaxWait * longer,
		unpacking: make(chan struct{}, runtime.GOMAXPROCS(0)),
	}
}

// arrival is how long a body that takes memory may arrive: who sends a byte now
// and then would keep the memory from others for good.
func arrival(size int64) time.Duration {
	const start, perSecond = 15 * time.Second, 32 << 10
	return start + time.Duration(size)*time.Second/perSecond
}

// take waits for memory, as long as large requests wait for a place.
func (b *bodies) take(ctx context.Context, size int64) bool {
	if b.free.TryAcquire(size) {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, b.wait)
	defer cancel()
	return b.free.Acquire(ctx, size) == nil
}

// hold takes the memory of a large body for a call.
func (h *Handler) hold(ctx context.Context, c *call, size int64) error {
	if !h.bodies.take(ctx, size) {
		c.shed = true
		return tooManyBodies()
	}
	c.held += size
	return nil
}

func tooManyBodies() error {
	return shed{fault.Errorf(fault.Unavailable, "the server reads as many large requests as it can hold: ask again in a second, or send fewer rows at once")}
}

// letGo gives the memory back, if there is any.
func (h *Handler) letGo(c *call) {
	if c.held > 0 {
		h.bodies.free.Release(c.held)
		c.held = 0
	}
}

// readBody reads the body into c.body, as it was before the client compressed
// it. The clock of the work starts at its end: before, the client's line is what
// takes time.
func (h *Handler) readBody(w http.ResponseWriter, r *http.Request, c *call) error {
	encoding := r.Header.Get("Content-Encoding")
	if encoding == "" {
		return h.fill(w, r, c, r.Body, r.ContentLength)
	}
	kind, known := encodings[strings.ToLower(encoding)]
	switch {
	case !known:
		return refuse(http.StatusUnsupportedMediaType, "the body is compressed as %q: expected gzip, deflate or zstd, or a body as it is", clip(encoding))
	case kind == plain:
		return h.fill(w, r, c, r.Body, r.ContentLength)
	case r.ContentLength > h.cfg.MaxBody:
		return h.tooLarge(w)
	}
	// It may become as large as it may be.
	if err := h.fill(w, r, c, r.Body, -1); err != nil {
		return err
	}
	c.packed, c.body = c.body, c.packed
	err := h.unpack(w, r, c, kind)
	if _, told := errors.AsType[refusal](err); err == nil || told || isLimit(err) || errors.As(err, &shed{}) {
		return err
	}
	return refuse(http.StatusBadRequest, "the body is not what Content-Encoding: %s says, or it ended early", encoding)
}

// unpack makes c.body of c.packed.
func (h *Handler) unpack(w http.ResponseWriter, r *http.Request, c *call, kind encoding) error {
	select {
	case h.bodies.unpacking <- struct{}{}:
		defer func() { <-h.bodies.unpacking }()
	case <-r.Context().Done():
		return c.overdue(r.Context())
	}
	packed, err := h.bodies.unpack(kind, bytes.NewReader(c.packed))
	if err != nil {
		return err
	}
	err = h.fill(w, r, c, packed, -1)
	h.bodies.unpackers[kind].Put(packed) // the next use makes one right that failed
	return err
}

// errEarly is a body that is not whole.
var errEarly = errors.New("the body ended early")

// fill reads all of a body of a size, which is -1 when it is not known, into
// c.body.
func (h *Handler) fill(w http.ResponseWriter, r *http.Request, c *call, from io.Reader, size int64) error {
	if size > h.cfg.MaxBody {
		return h.tooLarge(w)
	}
	c.body = c.body[:0]
	begun, most := time.Duration(0), time.Duration(0) // of what takes memory while it arrives
	if cap(c.body) == 0 {
		c.body = make([]byte, 0, min(max(size, 0), largeBody)+1)
	}
	for {
		if len(c.body) > largeBody && c.held == 0 {
			if size < 0 {
				size = h.cfg.MaxBody
			}
			if err := h.hold(r.Context(), c, size); err != nil {
				w.Header().Set("Connection", "close") // rather than read the rest
				return err
			}
			begun, most = c.now(), arrival(size)
		}
		if len(c.body) == cap(c.body) {
			c.body = append(c.body, 0)[:len(c.body)]
		}
		n, err := from.Read(c.body[len(c.body):cap(c.body)])
		c.body = c.body[:len(c.body)+n]
		if int64(len(c.body)) > h.cfg.MaxBody {
			return h.tooLarge(w)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if most > 0 && c.now()-begun > most {
			w.Header().Set("Connection", "close")
			return refuse(http.StatusRequestTimeout, "the body arrives too slowly for its size: send fewer rows at once")
		}
		if err != nil && from == io.Reader(r.Body) {
			return refuse(http.StatusBadRequest, "%s", errEarly)
		}
		if err != nil {
			return errEarly
		}
	}
	if len(c.body) > keptBytes {
		c.large = true
	}
	c.lapped = c.now()
	return nil
}

func (h *Handler) tooLarge(w http.ResponseWriter) error {
	// Without this the server would read the rest to keep the connection.
	w.Header().Set("Connection", "close")
	return refuse(http.StatusRequestEntityTooLarge, "the body has more than %d bytes: send fewer rows at once", h.cfg.MaxBody)
}

// encoding is a way to compress a body.
type encoding int

const (
	plain encoding = iota
	gzipped
	deflated // what HTTP calls deflate is the format of zlib (RFC 9110, 8.4.1.2)
	zstandard
	ways
)

var encodings = map[string]encoding{"identity": plain, "gzip": gzipped, "x-gzip": gzipped, "deflate": deflated, "zstd": zstandard}

// unpacked is what a compressed body is read through.
type unpacked struct{ io.Reader }

func (b *bodies) unpack(kind encoding, body io.Reader) (*unpacked, error) {
	if kept := b.unpackers[kind].Get(); kept != nil {
		u := kept.(*unpacked) //nolint:forcetypeassert // nothing else is stored
		if err := u.reset(body); err != nil {
			return nil, err
		}
		return u, nil
	}
	u := &unpacked{}
	var err error
	switch kind {
	case gzipped:
		u.Reader, err = gzip.NewReader(body)
	case deflated:
		u.Reader, err = zlib.NewReader(body)
	default: // zstd; a window larger than a body may be is refused
		const window = 8 << 20
		u.Reader, err = zstd.NewReader(body, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(window))
	}
	return u, err
}

func (u *unpacked) reset(body io.Reader) error {
	switch packed := u.Reader.(type) {
	case *gzip.Reader:
		return packed.Reset(body)
	case zlib.Resetter:
		return packed.Reset(body, nil)
	case *zstd.Decoder:
		return packed.Reset(body)
	}
	return errors.New("no such encoding")
}

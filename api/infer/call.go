package infer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/valyala/fastjson"

	"dasier/fault"
)

// call is the memory of one request, used again for the next.
type call struct {
	body   []byte
	out    []byte
	parser fastjson.Parser
	arena  fastjson.Arena
	large  bool // has grown beyond what is worth keeping
}

// keptBytes is the largest body whose memory is kept: many idle megabytes per
// connection would be a leak by another name.
const keptBytes = 256 << 10

func (h *Handler) borrow() *call {
	if c, ok := h.pool.Get().(*call); ok {
		return c
	}
	return &call{body: make([]byte, 0, 4<<10), out: make([]byte, 0, 1<<10)}
}

func (h *Handler) giveBack(c *call) {
	if !c.large && cap(c.body) <= keptBytes && cap(c.out) <= keptBytes {
		h.pool.Put(c)
	}
}

// refusal is a fault with a status of HTTP that no kind stands for.
type refusal struct {
	status int
	error
}

func (r refusal) Unwrap() error { return r.error }

func refuse(status int, format string, args ...any) error {
	return refusal{status, fault.Errorf(fault.Invalid, format, args...)}
}

// read checks the request's form, reads its body and parses it.
func (h *Handler) read(w http.ResponseWriter, r *http.Request, c *call) (*fastjson.Value, error) {
	if err := checkType(r); err != nil {
		return nil, err
	}
	tooLarge := func() error {
		// Without this the server would read the rest to keep the connection.
		w.Header().Set("Connection", "close")
		return refuse(http.StatusRequestEntityTooLarge, "the body has more than %d bytes: send fewer rows at once", h.cfg.MaxBody)
	}
	if r.ContentLength > h.cfg.MaxBody {
		return nil, tooLarge()
	}
	c.body = c.body[:0]
	for {
		if len(c.body) == cap(c.body) {
			c.body = append(c.body, 0)[:len(c.body)]
		}
		n, err := r.Body.Read(c.body[len(c.body):cap(c.body)])
		c.body = c.body[:len(c.body)+n]
		if int64(len(c.body)) > h.cfg.MaxBody {
			return nil, tooLarge()
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, refuse(http.StatusBadRequest, "the body ended early")
		}
	}
	if len(c.body) > keptBytes {
		c.large = true
	}
	v, err := c.parser.ParseBytes(c.body)
	if err != nil {
		return nil, notJSON(c.body)
	}
	return v, nil
}

func checkType(r *http.Request) error {
	switch r.Header.Get("Content-Encoding") {
	case "", "identity":
	default:
		return refuse(http.StatusUnsupportedMediaType, "the body is compressed: send it as it is")
	}
	switch contentType := r.Header.Get("Content-Type"); contentType {
	case "application/json", "":
		return nil
	default:
		media, _, err := mime.ParseMediaType(contentType)
		if err == nil && (media == "application/json" || strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json")) {
			return nil
		}
		return refuse(http.StatusUnsupportedMediaType, "expected a body of Content-Type application/json, got %q", clip(contentType))
	}
}

// notJSON says where a body stops being JSON. The fast parser does not know;
// the standard library's does, and its time counts only here.
func notJSON(body []byte) error {
	if len(strings.TrimSpace(string(body[:min(len(body), 1024)]))) == 0 {
		return refuse(http.StatusBadRequest, "the body is empty: expected a JSON object of inputs, or a list of them")
	}
	var syntax *json.SyntaxError
	var raw json.RawMessage
	if err := json.Unmarshal(body, &raw); !errors.As(err, &syntax) {
		return refuse(http.StatusBadRequest, "the body is not JSON that can be read here: is it nested deeply?")
	}
	line, column := 1, 1
	for _, b := range body[:min(max(syntax.Offset-1, 0), int64(len(body)))] {
		if b == '\n' {
			line, column = line+1, 0
		}
		column++
	}
	return refuse(http.StatusBadRequest, "the body is not JSON: %s", fmt.Sprintf("line %d, column %d: %s", line, column, syntax.Error()))
}

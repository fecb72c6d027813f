package infer

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fastjson"

	"dasier/fault"
)

// call is the memory of one request, used again for the next.
type call struct {
	body   []byte
	packed []byte // the body as it came, if it was compressed
	out    []byte
	parser fastjson.Parser
	// The gates that were passed and not left yet: the one of requests of the size,
	// and the model's own.
	gate, ownGate *gate
	own           *gate // of the model that is asked; nil for most
	held          int64 // of the memory for large bodies
	large         bool  // has grown beyond what is worth keeping

	// Of protocols that are not rows as JSON objects.
	row       []byte
	rowParser fastjson.Parser
	results   results

	// The clock: times since made, of the monotonic clock alone, which costs half
	// of what time.Now does.
	made                      time.Time
	started, lapped, deadline time.Duration
	lane                      uint32 // where it counts
	spent                     [stages]time.Duration
	queued                    time.Duration
	shed, explained           bool
}

// keptBytes is the largest body whose memory is kept: many idle megabytes per
// connection would be a leak by another name.
const keptBytes = 256 << 10

func (h *Handler) borrow() *call {
	if c, ok := h.pool.Get().(*call); ok {
		return c
	}
	c := h.newCall()
	c.body, c.out = make([]byte, 0, 4<<10), make([]byte, 0, 1<<10)
	return c
}

// newCall is one without memory.
func (h *Handler) newCall() *call {
	return &call{made: h.made, lane: h.lanes.Add(1) % h.most}
}

func (h *Handler) giveBack(c *call) {
	if !c.large && cap(c.body) <= keptBytes && cap(c.packed) <= keptBytes && cap(c.out) <= keptBytes && cap(c.results.reasons) <= keptBytes {
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
	if err := h.open(w, r, c); err != nil {
		return nil, err
	}
	return h.parse(c, c.body)
}

// open checks the request's form and reads its body.
func (h *Handler) open(w http.ResponseWriter, r *http.Request, c *call) error {
	if err := checkType(r); err != nil {
		return err
	}
	return h.receive(w, r, c)
}

// receive reads the body of a request for predictions, and takes a place.
func (h *Handler) receive(w http.ResponseWriter, r *http.Request, c *call) error {
	if err := h.readBody(w, r, c); err != nil {
		return err
	}
	return h.enter(r.Context(), c, len(c.body))
}

// send writes the whole answer. The place is given back before: a client's
// line takes its time.
func (c *call) send(w http.ResponseWriter) {
	c.leave()
	_, _ = w.Write(c.out) // the client is gone when this fails
}

// parse reads JSON, and checks what the parser does not: how long texts are.
func (h *Handler) parse(c *call, text []byte) (*fastjson.Value, error) {
	v, err := c.parser.ParseBytes(text)
	if err != nil {
		return nil, notJSON(text)
	}
	if len(text) > h.cfg.MaxText {
		return v, checkTexts(v, h.cfg.MaxText)
	}
	return v, nil
}

// checkTexts refuses a text that is longer than any value of a row. The parser
// has bounded the depth.
func checkTexts(v *fastjson.Value, most int) (err error) {
	tooLong := func(n int) error {
		return refuse(http.StatusRequestEntityTooLarge, "a text in the body has %d bytes: at most %d are allowed", n, most)
	}
	switch v.Type() {
	case fastjson.TypeString:
		if n := len(v.GetStringBytes()); n > most {
			return tooLong(n)
		}
	case fastjson.TypeArray:
		for _, element := range v.GetArray() {
			if err := checkTexts(element, most); err != nil {
				return err
			}
		}
	case fastjson.TypeObject:
		v.GetObject().Visit(func(key []byte, value *fastjson.Value) {
			switch {
			case err != nil:
			case len(key) > most:
				err = tooLong(len(key))
			default:
				err = checkTexts(value, most)
			}
		})
	}
	return err
}

func checkType(r *http.Request) error {
	switch contentType := r.Header.Get("Content-Type"); contentType {
	case "application/json", "":
		return nil
	default:
		if isJSON(contentType) {
			return nil
		}
		return refuse(http.StatusUnsupportedMediaType, "expected a body of Content-Type application/json, got %q", clip(contentType))
	}
}

func isJSON(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && (media == "application/json" || strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json"))
}

// headerLength is where the header Inference-Header-Content-Length says that
// JSON ends and binary data begins; -1 without it.
func headerLength(r *http.Request) (int, error) {
	text := r.Header.Get("Inference-Header-Content-Length")
	if text == "" {
		return -1, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, refuse(http.StatusBadRequest, "Inference-Header-Content-Length: expected the length of the JSON before the binary data, got %q", clip(text))
	}
	return n, nil
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

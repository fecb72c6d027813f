package infer

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"dasier/fault"
)

// question is one protocol's way to ask an endpoint for predictions.
type question struct {
	protocol protocol
	// answer reads the request, writes the answer and gives the number of rows
	// that were answered. After an error nothing was written, and the number
	// means nothing.
	answer func(w http.ResponseWriter, r *http.Request, f *endpointFace, c *call) (int, error)
	// refuse writes an error in the protocol's form and tells the status.
	refuse func(w http.ResponseWriter, r *http.Request, err error) int
}

// asks answers a question at an address of the router.
func (h *Handler) asks(q question) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h.ask(w, r, &q, chi.URLParam(r, "endpoint"), chi.URLParam(r, "version"))
	}
}

// Front answers the requests for predictions that clients send most before a
// router has looked at them, which takes its time: those of our own protocol and
// of Open Inference's REST that ask for no certain version. All else is next's,
// which has Routes.
func (h *Handler) Front(next http.Handler) http.Handler {
	own, open := question{console, h.predict, h.writeProblem}, question{openInference, h.infer, h.writeError}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.RawPath == "" {
			if name, ok := between(r.URL.Path, "/api/v1/endpoints/", "/predict"); ok {
				h.ask(w, r, &own, name, "")
				return
			}
			if name, ok := between(r.URL.Path, "/v2/models/", "/infer"); ok {
				h.ask(w, r, &open, name, "")
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// between is the one part of a path between two others.
func between(path, before, after string) (string, bool) {
	if len(path) <= len(before)+len(after) || path[:len(before)] != before || path[len(path)-len(after):] != after {
		return "", false
	}
	part := path[len(before) : len(path)-len(after)]
	return part, strings.IndexByte(part, '/') < 0
}

// ask answers a question with the process that has the endpoint.
func (h *Handler) ask(w http.ResponseWriter, r *http.Request, q *question, name, version string) {
	if h.cfg.Remote != nil {
		if remote, ok := h.cfg.Remote(name); ok {
			defer remote.release()
			h.pass(w, r, &remote, name, q.protocol, q.refuse)
			return
		}
	}
	c := h.borrow()
	defer h.giveBack(c)
	defer h.letGo(c)
	c.begin(h.cfg.MaxTime)
	f, client, err := h.findFor(predicting, w.Header(), r, name, version)
	met := f.metersOrNil()
	met.enter(c)
	defer met.leave(c)
	status, rows := http.StatusOK, 0
	if err == nil {
		defer c.leave()
		c.own = f.gate
		rows, err = q.answer(w, r, f, c)
	}
	if err != nil {
		status, rows = q.refuse(w, r, err), 0
	}
	h.charge(client, rows)
	h.meters.observe(met, q.protocol, status, rows, c)
}

// stage is a part of the work for a request.
type stage int

const (
	reading   stage = iota // from the body to rows
	computing              // from rows to predictions
	writing                // from predictions to the answer
	stages
)

// now is the time since the handler was made.
func (c *call) now() time.Duration { return time.Since(c.made) }

// begin starts the clock.
func (c *call) begin(most time.Duration) {
	c.started = c.now()
	c.lapped, c.deadline = c.started, c.started+most
	c.spent, c.queued = [stages]time.Duration{}, 0
	c.shed, c.explained, c.own = false, false, nil
}

// lap counts the time since the last lap for a stage.
func (c *call) lap(s stage) {
	now := c.now()
	c.spent[s] += now - c.lapped
	c.lapped = now
}

// hurry brings the deadline forward.
func (c *call) hurry(most time.Duration) {
	c.deadline = min(c.deadline, c.started+most)
}

// overdue tells whether there is no point in going on.
func (c *call) overdue(ctx context.Context) error {
	err := ctx.Err()
	switch {
	case errors.Is(err, context.Canceled):
		return fault.Errorf(fault.Unavailable, "the request was given up")
	case err != nil || c.now() > c.deadline:
		return refusal{http.StatusGatewayTimeout, fault.Errorf(fault.Unavailable, "the request took longer than it may: send fewer rows at once, or allow more time")}
	}
	return nil
}

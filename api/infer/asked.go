package infer

import (
	"context"
	"errors"
	"net/http"
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

// here answers a question with the engine's endpoints.
func (h *Handler) here(q question) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := h.borrow()
		defer h.giveBack(c)
		c.begin(h.cfg.MaxTime)
		f, client, err := h.findFor(predicting, w.Header(), r, chi.URLParam(r, "endpoint"), chi.URLParam(r, "version"))
		met := f.metersOrNil()
		met.enter()
		defer met.leave()
		status, rows := http.StatusOK, 0
		if err == nil {
			defer c.leave()
			rows, err = q.answer(w, r, f, c)
		}
		if err != nil {
			status, rows = q.refuse(w, r, err), 0
		}
		h.charge(client, rows)
		h.meters.observe(met, q.protocol, status, rows, c)
	}
}

// there is here for endpoints of other processes.
func (h *Handler) there(q question) func(http.ResponseWriter, *http.Request, *Remote) {
	return func(w http.ResponseWriter, r *http.Request, remote *Remote) {
		h.pass(w, r, remote, q.protocol, q.refuse)
	}
}

// asks is the pair of both.
func (h *Handler) asks(q question) http.HandlerFunc { return h.route(h.here(q), h.there(q)) }

// stage is a part of the work for a request.
type stage int

const (
	reading   stage = iota // from the body to rows
	computing              // from rows to predictions
	writing                // from predictions to the answer
	stages
)

// begin starts the clock.
func (c *call) begin(most time.Duration) {
	c.started = time.Now()
	c.lapped, c.deadline = c.started, c.started.Add(most)
	c.spent, c.queued = [stages]time.Duration{}, 0
	c.shed, c.explained = false, false
}

// lap counts the time since the last lap for a stage.
func (c *call) lap(s stage) {
	now := time.Now()
	c.spent[s] += now.Sub(c.lapped)
	c.lapped = now
}

// hurry brings the deadline forward.
func (c *call) hurry(most time.Duration) {
	if sooner := c.started.Add(most); sooner.Before(c.deadline) {
		c.deadline = sooner
	}
}

// overdue tells whether there is no point in going on.
func (c *call) overdue(ctx context.Context) error {
	err := ctx.Err()
	switch {
	case errors.Is(err, context.Canceled):
		return fault.Errorf(fault.Unavailable, "the request was given up")
	case err != nil || time.Now().After(c.deadline):
		return refusal{http.StatusGatewayTimeout, fault.Errorf(fault.Unavailable, "the request took longer than it may: send fewer rows at once, or allow more time")}
	}
	return nil
}

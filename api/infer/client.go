package infer

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"dasier/delivery/serve"
	"dasier/fault"
)

// Authorize decides whether a request may ask an endpoint that is not public,
// and says who asks. It answers a fault; without a meta the endpoint does not
// exist, and the answer should be the same as for a project that the caller
// may not see.
type Authorize func(r *http.Request, meta *serve.Meta) (Client, error)

// Client is who asks, as far as that is counted. The zero value is somebody
// who is neither limited nor counted.
type Client struct {
	Token     int64   // the project's own token that asks; 0 for everybody else
	PerSecond float64 // requests; 0 is any number
	PerDay    int64   // predictions; 0 is any number
}

func (c Client) limited() bool { return c.PerSecond > 0 || c.PerDay > 0 }

// Meter holds clients to their limits. Its methods are called by any number of
// goroutines.
type Meter interface {
	// Take asks for one request, and refuses it when a limit is used up: with a
	// fault.Limited that has a method RetryAfter. What is no prediction counts as
	// a request, but is not refused for the day's predictions.
	Take(ctx context.Context, c Client, predicts bool) error
	// Used counts predictions that were answered.
	Used(token, predictions int64)
}

// purpose is what a request asks an endpoint for.
type purpose bool

const (
	knowing    purpose = false // what the endpoint is, whether it is there
	predicting purpose = true
)

// take charges a request to its client.
func (h *Handler) take(r *http.Request, c Client, p purpose) error {
	if h.cfg.Meter == nil || !c.limited() {
		return nil
	}
	return h.cfg.Meter.Take(r.Context(), c, bool(p))
}

// charge counts the rows that a client was answered.
func (h *Handler) charge(c Client, rows int) {
	if h.cfg.Meter != nil && c.Token != 0 && rows > 0 {
		h.cfg.Meter.Used(c.Token, int64(rows))
	}
}

// later is a refusal that says when to come again: a limit, or a server that
// has enough to do.
type later interface {
	error
	RetryAfter() time.Duration
}

// retryAfter is the header's value, in whole seconds; false for errors that do
// not pass with time.
func retryAfter(err error) (string, bool) {
	refused, ok := errors.AsType[later](err)
	if !ok {
		return "", false
	}
	seconds := max(int64(math.Ceil(refused.RetryAfter().Seconds())), 1)
	return strconv.FormatInt(seconds, 10), true
}

// isLimit tells a client's limit from what is too large for anyone.
func isLimit(err error) bool {
	_, ok := errors.AsType[later](err)
	return ok && fault.Is(err, fault.Limited)
}

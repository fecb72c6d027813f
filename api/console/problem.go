package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"dasier/fault"
	"dasier/forge/merge"
)

// statuses maps each kind of fault to HTTP, once for every face of ours that
// speaks problem+json.
var statuses = map[fault.Kind]int{
	fault.Internal:        http.StatusInternalServerError,
	fault.Invalid:         http.StatusUnprocessableEntity,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Denied:          http.StatusForbidden,
	fault.Missing:         http.StatusNotFound,
	fault.Conflict:        http.StatusConflict,
	fault.Limited:         http.StatusTooManyRequests,
	fault.Unavailable:     http.StatusServiceUnavailable,
}

// problem turns an error into its answer. What is no fault is logged here, and
// the client learns nothing of it.
func (a *API) problem(ctx context.Context, err error) *huma.ErrorModel {
	if errors.Is(err, context.Canceled) {
		err = fault.Errorf(fault.Unavailable, "the request was given up")
	}
	kind := fault.KindOf(err)
	if kind == fault.Internal {
		a.Logger.ErrorContext(ctx, "a request failed", "error", err)
	}
	status := statuses[kind]
	model := &huma.ErrorModel{Status: status, Title: http.StatusText(status), Detail: fault.Message(err)}
	var f *fault.Error
	if errors.As(err, &f) && f.Field != "" {
		model.Errors = []*huma.ErrorDetail{{Message: f.Message, Location: f.Field}}
	}
	if blocked, ok := errors.AsType[*merge.BlockedError](err); ok {
		// Each reason stands by itself below, with its way out.
		model.Detail = "this request cannot be merged yet"
		for _, b := range blocked.Blockers {
			model.Errors = append(model.Errors, &huma.ErrorDetail{Message: b.Message + ": " + b.Unblock, Location: string(b.Kind)})
		}
	}
	return model
}

// sayWhatIsWrong puts the first thing that is wrong into the detail, where huma
// says no more than "validation failed", and takes the values that were sent out
// of the answer: a password would come back in it, and into somebody's log.
func sayWhatIsWrong(_ huma.Context, _ string, v any) (any, error) {
	model, ok := v.(*huma.ErrorModel)
	if !ok || len(model.Errors) == 0 {
		return v, nil
	}
	for _, detail := range model.Errors {
		detail.Value = nil
	}
	if model.Detail == "validation failed" {
		first := model.Errors[0]
		model.Detail = first.Location + ": " + first.Message
		if more := len(model.Errors) - 1; more > 0 {
			model.Detail += fmt.Sprintf(" (and %d more)", more)
		}
	}
	if model.Status == http.StatusUnsupportedMediaType {
		model.Detail += "; send JSON with the header Content-Type: application/json"
	}
	return model, nil
}

// refuse answers a plain handler's error.
func (a *API) refuse(w http.ResponseWriter, r *http.Request, err error) {
	model := a.problem(r.Context(), err)
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(model.Status)
	if err := json.NewEncoder(w).Encode(model); err != nil {
		a.Logger.DebugContext(r.Context(), "an answer was not taken", "error", err)
	}
}

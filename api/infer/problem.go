package infer

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"dasier/fault"
	"dasier/ml/rowjson"
)

var statuses = map[fault.Kind]int{
	fault.Internal:        http.StatusInternalServerError,
	fault.Invalid:         http.StatusUnprocessableEntity,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Denied:          http.StatusForbidden,
	fault.Missing:         http.StatusNotFound,
	fault.Conflict:        http.StatusConflict,
	fault.Limited:         http.StatusRequestEntityTooLarge,
	fault.Unavailable:     http.StatusServiceUnavailable,
}

func statusOf(err error) int {
	if r, ok := errors.AsType[refusal](err); ok {
		return r.status
	}
	if isLimit(err) {
		return http.StatusTooManyRequests
	}
	return statuses[fault.KindOf(err)]
}

// located is one wrong input of one row.
type located struct {
	Message  string `json:"message"`
	Location string `json:"location"` // "Gr_Liv_Area", or "[3].Gr_Liv_Area" in a list
}

// wrongRows is everything wrong with the rows of a request, up to maxProblems.
type wrongRows struct {
	problems []located
	more     bool // there are more problems than are told
}

const maxProblems = 100

func (e *wrongRows) Error() string {
	first := e.problems[0]
	text := first.Message
	if first.Location != "" {
		text = first.Location + ": " + text
	}
	switch {
	case e.more:
		return fmt.Sprintf("more than %d problems with the input; the first: %s", len(e.problems), text)
	case len(e.problems) > 1:
		return fmt.Sprintf("%d problems with the input; the first: %s", len(e.problems), text)
	}
	return text
}

// Unwrap makes it wrong input to whoever asks for the kind.
func (e *wrongRows) Unwrap() error { return fault.Errorf(fault.Invalid, "%s", e.Error()) }

// add notes the problems of one row; index is -1 when the request is one row.
// It tells whether another row's problems would still be heard.
func (e *wrongRows) add(index int, err error) bool {
	var problems rowjson.Problems
	if !errors.As(err, &problems) {
		problems = rowjson.Problems{{Message: fault.Message(err)}}
	}
	for _, p := range problems {
		if len(e.problems) == maxProblems {
			e.more = true
			return false
		}
		location := p.Field
		if index >= 0 {
			location = fmt.Sprintf("[%d]", index)
			if p.Field != "" {
				location += "." + p.Field
			}
		}
		e.problems = append(e.problems, located{Message: p.Message, Location: location})
	}
	return true
}

// problem is RFC 9457's form of an error.
type problem struct {
	Status int       `json:"status"`
	Title  string    `json:"title"`
	Detail string    `json:"detail"`
	Errors []located `json:"errors,omitempty"`
}

// writeProblem answers an error and tells the status. Only what is no fault is
// logged: the client learns nothing of it.
func (h *Handler) writeProblem(w http.ResponseWriter, r *http.Request, err error) int {
	status := h.refused(w, r, err)
	body := problem{Status: status, Title: http.StatusText(status), Detail: fault.Message(err), Errors: locate(err)}
	h.writeJSON(w, r, status, "application/problem+json", body)
	return status
}

// locate finds which fields an error is about.
func locate(err error) []located {
	var rows *wrongRows
	var tensors *wrongTensors
	var field *fault.Error
	switch {
	case errors.As(err, &rows):
		return rows.problems
	case errors.As(err, &tensors):
		return tensors.problems
	case errors.As(err, &field) && field.Field != "":
		return []located{{Message: field.Message, Location: field.Field}}
	}
	return nil
}

// refused logs an error, tells the client when to come again, and gives the
// status.
func (h *Handler) refused(w http.ResponseWriter, r *http.Request, err error) (status int) {
	if seconds, ok := retryAfter(err); ok {
		w.Header().Set("Retry-After", seconds)
	}
	return h.log(r, err)
}

func (h *Handler) log(r *http.Request, err error) (status int) {
	status = statusOf(err)
	if status == http.StatusInternalServerError {
		h.cfg.Log.ErrorContext(r.Context(), "a prediction request failed", "path", r.URL.Path, "error", err)
	}
	return status
}

// writeJSON answers what is not worth writing by append.
func (h *Handler) writeJSON(w http.ResponseWriter, r *http.Request, status int, contentType string, body any) {
	header := w.Header()
	header.Set("Content-Type", contentType)
	if header.Get("Cache-Control") == "" {
		header["Cache-Control"] = h.meters.noStore
	}
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		h.cfg.Log.DebugContext(r.Context(), "an answer was not taken", "error", err)
	}
}

package gitlab

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"dasier/ci"
	"dasier/fault"
)

// Config has the settings of the face; the zero value works.
type Config struct {
	// Poll is how long a request for a job is held when there is none. Default
	// 50 s. Runners keep one of their slots busy meanwhile.
	Poll time.Duration
	// Look is how often a held request looks for a job by itself, for jobs that
	// another server queued. Default 2 s.
	Look time.Duration
	// Interval is how often runners are to send their log. Default 3 s, at most
	// 30 s, from which the server would take a silent runner for lost.
	Interval time.Duration
	// Log is for errors that are nobody's doing. Default slog.Default().
	Log *slog.Logger
}

// Face is the handlers.
type Face struct {
	ci  *ci.Service
	cfg Config
}

// New makes the face.
func New(service *ci.Service, cfg Config) *Face {
	if cfg.Poll <= 0 {
		cfg.Poll = 50 * time.Second
	}
	if cfg.Look <= 0 {
		cfg.Look = 2 * time.Second
	}
	if cfg.Interval <= 0 {
		cfg.Interval = 3 * time.Second
	}
	cfg.Interval = min(cfg.Interval, 30*time.Second)
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	return &Face{ci: service, cfg: cfg}
}

// Routes adds the runner protocol to a router that is mounted at /api/v4.
func (f *Face) Routes(r chi.Router) {
	r.Post("/runners", f.handle(f.legacyRegister))
	r.Post("/runners/verify", f.handle(f.verify))
	r.Delete("/runners", f.handle(f.unregister))
	r.Delete("/runners/managers", f.handle(f.unregisterManager))
	r.Post("/runners/reset_authentication_token", f.handle(f.rotate))
	r.Post("/jobs/request", f.request)
	r.Put("/jobs/{id}", f.handle(f.update))
	r.Patch("/jobs/{id}/trace", f.handle(f.trace))
	r.Post("/jobs/{id}/artifacts", f.handle(f.upload))
	r.Get("/jobs/{id}/artifacts", f.handle(f.download))
}

// statuses maps kinds of faults to HTTP.
var statuses = map[fault.Kind]int{
	fault.Invalid: http.StatusBadRequest, fault.Unauthenticated: http.StatusUnauthorized, fault.Denied: http.StatusForbidden,
	fault.Missing: http.StatusNotFound, fault.Conflict: http.StatusConflict, fault.Limited: http.StatusRequestEntityTooLarge,
	fault.Unavailable: http.StatusServiceUnavailable, fault.Internal: http.StatusInternalServerError,
}

// handle gives an error the form that GitLab gives it.
func (f *Face) handle(serve func(w http.ResponseWriter, r *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := serve(w, r); err != nil {
			f.refuse(w, r, err)
		}
	}
}

func (f *Face) refuse(w http.ResponseWriter, r *http.Request, err error) {
	status := statuses[fault.KindOf(err)]
	if status == http.StatusInternalServerError && r.Context().Err() == nil {
		f.cfg.Log.ErrorContext(r.Context(), "runner's call failed", "method", r.Method, "path", r.URL.Path, "error", err)
	}
	answer(w, status, map[string]string{"message": strconv.Itoa(status) + " " + fault.Message(err)})
}

// answer writes JSON. Runners insist on its media type.
func answer(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil { // our own structs always encode
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	_, _ = w.Write(text) // a client that is gone needs no answer
}

// bodyLimit bounds the JSON that runners send.
const bodyLimit = 1 << 20

// read decodes a JSON body, and takes the token from it or from the header, of
// which new runners send both and old ones the first.
func read(r *http.Request, header string, body interface{ tokenOf() string }) (string, error) {
	text, err := io.ReadAll(io.LimitReader(r.Body, bodyLimit+1))
	if err != nil {
		return "", fault.Errorf(fault.Invalid, "the body broke off: %w", err)
	}
	if len(text) > bodyLimit {
		return "", fault.Errorf(fault.Limited, "the body is larger than %d bytes", bodyLimit)
	}
	if len(text) > 0 {
		if err := json.Unmarshal(text, body); err != nil {
			return "", fault.Errorf(fault.Invalid, "the body is not the JSON of this call: %w", err)
		}
	}
	inBody, inHeader := body.tokenOf(), r.Header.Get(header)
	switch {
	case inBody == "":
		return inHeader, nil
	case inHeader == "" || inHeader == inBody:
		return inBody, nil
	default:
		return "", fault.Errorf(fault.Denied, "forbidden: header and body carry different tokens")
	}
}

// credentials is what every body of the protocol begins with.
type credentials struct {
	Token string  `json:"token"`
	Info  ci.Info `json:"info"`
}

func (c *credentials) tokenOf() string { return c.Token }

func jobID(r *http.Request) (ci.JobID, error) {
	n, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil {
		return 0, fault.Errorf(fault.Denied, "forbidden: %q is no job", chi.URLParam(r, "id"))
	}
	return ci.JobID(n), nil
}

// forbidden answers a job's runner and tells it the job's state, on which it
// stops.
func forbidden(w http.ResponseWriter, status ci.Status) {
	w.Header().Set("Job-Status", string(status))
	answer(w, http.StatusForbidden, map[string]string{"message": "403 Forbidden - the job is " + string(status)})
}

func (f *Face) interval(w http.ResponseWriter) {
	w.Header().Set("X-GitLab-Trace-Update-Interval", strconv.Itoa(max(1, int(f.cfg.Interval/time.Second))))
}

// gone tells whether an error is only the client's going away.
func gone(ctx context.Context, err error) bool {
	return ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, ctx.Err()))
}

// contentRange reads "start-end", with the end inclusive and without a unit.
func contentRange(header string) (start int64, err error) {
	first, last, ok := strings.Cut(header, "-")
	if !ok {
		return 0, fault.Errorf(fault.Invalid, "Content-Range %q: expected start-end", header).At("Content-Range")
	}
	start, err = strconv.ParseInt(first, 10, 64)
	if err != nil || start < 0 {
		return 0, fault.Errorf(fault.Invalid, "Content-Range %q: the start is no offset", header).At("Content-Range")
	}
	if _, err := strconv.ParseInt(last, 10, 64); err != nil {
		return 0, fault.Errorf(fault.Invalid, "Content-Range %q: the end is no offset", header).At("Content-Range")
	}
	return start, nil
}

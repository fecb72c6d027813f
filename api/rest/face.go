package rest

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"dasier/ci"
	"dasier/delivery/deploy"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/discuss"
	"dasier/forge/group"
	"dasier/forge/hook"
	"dasier/forge/merge"
	"dasier/forge/project"
	"dasier/forge/repo"
	"dasier/forge/variable"
)

// Base is where the API lives.
const Base = "/api/v4"

// Parts are the services that the face speaks for.
type Parts struct {
	// Authenticate tells who sent a request (identity.Identity).
	Authenticate func(r *http.Request) (auth.Actor, error)
	Auth         *auth.Service
	Projects     *project.Service
	Groups       *group.Service
	Repos        *repo.Service
	Merges       *merge.Service
	Discuss      *discuss.Service
	CI           *ci.Service
	Variables    *variable.Service
	Hooks        *hook.Service
	Deploy       *deploy.Service
}

// Config has the settings of the face.
type Config struct {
	// URL is where people reach the server, without a final slash. Default
	// http://127.0.0.1:8080.
	URL string
	// Version of the server. Default "dev".
	Version string
	// Log is for errors that are nobody's doing. Default slog.Default().
	Log *slog.Logger
}

// Face is the handlers.
type Face struct {
	Parts
	cfg Config
}

// New makes the face.
func New(parts Parts, cfg Config) *Face {
	if cfg.URL == "" {
		cfg.URL = "http://127.0.0.1:8080"
	}
	if cfg.Version == "" {
		cfg.Version = "dev"
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	return &Face{Parts: parts, cfg: cfg}
}

// Routes adds the operations to a router that is mounted at Base.
func (f *Face) Routes(r chi.Router) {
	for _, o := range Operations() {
		r.Method(o.Method, o.Path, f.handle(o))
	}
	r.NotFound(func(w http.ResponseWriter, _ *http.Request) {
		write(w, http.StatusNotFound, said{Error: "404 Not Found"})
	})
	r.MethodNotAllowed(func(w http.ResponseWriter, _ *http.Request) {
		write(w, http.StatusMethodNotAllowed, said{Error: "405 Method Not Allowed"})
	})
}

// handle answers one operation.
func (f *Face) handle(o Operation) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := &call{Face: f, w: w, r: r, ctx: r.Context(), namespaces: map[string]namespaceView{}}
		if err := c.serve(o); err != nil {
			f.refuse(w, r, err)
		}
	}
}

func (c *call) serve(o Operation) error {
	actor, err := c.Authenticate(c.r)
	if err != nil {
		return refusedSignIn(err)
	}
	if !actor.SignedIn() || actor.Via == auth.ViaSession || actor.Via == auth.ViaPassword {
		return fault.Errorf(fault.Unauthenticated, "a token is needed")
	}
	c.actor = actor
	if err := c.parameters(); err != nil {
		return err
	}
	return o.serve(c)
}

// refusedSignIn marks too many guesses, which HTTP tells from too many bytes.
func refusedSignIn(err error) error {
	if fault.Is(err, fault.Limited) {
		return &refusal{http.StatusTooManyRequests, said{Message: "429 Too Many Requests - " + fault.Message(err)}}
	}
	return err
}

// said is the body of a refusal. GitLab has two forms: message is about what was
// asked for, error about how.
type said struct {
	Message any    `json:"message,omitempty"`
	Error   string `json:"error,omitempty"`
}

// refusal is an answer with a status and a body of its own.
type refusal struct {
	status int
	body   said
}

func (r *refusal) Error() string {
	text, err := json.Marshal(r.body)
	if err != nil {
		return http.StatusText(r.status)
	}
	return string(text)
}

// missing names what is not there, as GitLab does: "404 Branch Not Found".
func missing(noun string, err error) error {
	if fault.Is(err, fault.Missing) {
		return &refusal{http.StatusNotFound, said{Message: "404 " + noun + " Not Found"}}
	}
	return err
}

// invalid refuses a parameter.
func invalid(name, why string) error {
	return &refusal{http.StatusBadRequest, said{Error: name + " " + why}}
}

// taken refuses what is there already.
func taken(what string) error {
	return &refusal{http.StatusConflict, said{Message: what}}
}

// statuses maps kinds of faults to HTTP.
var statuses = map[fault.Kind]int{
	fault.Internal:        http.StatusInternalServerError,
	fault.Invalid:         http.StatusBadRequest,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Denied:          http.StatusForbidden,
	fault.Missing:         http.StatusNotFound,
	fault.Conflict:        http.StatusConflict,
	fault.Limited:         http.StatusRequestEntityTooLarge,
	fault.Unavailable:     http.StatusServiceUnavailable,
}

// refuse gives an error the form that GitLab gives it. What is no fault is
// logged here, and the client learns nothing of it.
func (f *Face) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if own, ok := errors.AsType[*refusal](err); ok {
		write(w, own.status, own.body)
		return
	}
	if blocked, ok := errors.AsType[*merge.BlockedError](err); ok && !fault.Is(err, fault.Denied) {
		write(w, http.StatusMethodNotAllowed, said{Message: "405 Method Not Allowed - " + blockersText(blocked.Blockers)})
		return
	}
	if errors.Is(err, context.Canceled) {
		err = fault.Errorf(fault.Unavailable, "the request was given up")
	}
	kind := fault.KindOf(err)
	status, message := statuses[kind], fault.Message(err)
	switch kind {
	case fault.Internal:
		f.cfg.Log.ErrorContext(r.Context(), "a call of the GitLab API failed", "method", r.Method, "path", r.URL.Path, "error", err)
		message = "500 Internal Server Error"
	case fault.Unauthenticated:
		message = "401 Unauthorized"
	case fault.Denied:
		message = "403 Forbidden - " + message
	case fault.Missing:
		message = "404 Not Found - " + message
	}
	write(w, status, said{Message: message})
}

func blockersText(blockers []merge.Blocker) string {
	lines := make([]string, len(blockers))
	for i, b := range blockers {
		lines[i] = b.Message + ": " + b.Unblock
	}
	return strings.Join(lines, "; ")
}

package githttp

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/forge/repo"
	"dasier/git"
)

// Projects finds the project of an address.
type Projects interface {
	ByPath(ctx context.Context, actor auth.Actor, namespace, name string) (project.Project, error)
}

// Config is what may be changed; its zero value works.
type Config struct {
	// Realm names the server where it asks who someone is. "" is "dasier".
	Realm string
	// Concurrent is how many requests run git at the same time; more wait.
	// 0 is 32.
	Concurrent int
	// Notice gives lines to show a person whose push moved a ref, such as the
	// address of its pipelines. Nil shows none.
	Notice func(ctx context.Context, actor auth.Actor, p project.Project, moved git.RefUpdate) string
	// Log gets the failures that are the server's own. Nil is slog.Default().
	Log *slog.Logger
}

// Handler answers git's requests.
type Handler struct {
	repos        *repo.Service
	projects     Projects
	authenticate func(*http.Request) (auth.Actor, error)
	cfg          Config
	places       chan struct{}
}

// New makes the handler. authenticate says who asks; anonymous is no error.
func New(repos *repo.Service, projects Projects, authenticate func(*http.Request) (auth.Actor, error), cfg Config) *Handler {
	if cfg.Realm == "" {
		cfg.Realm = "dasier"
	}
	if cfg.Concurrent <= 0 {
		cfg.Concurrent = 32
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	return &Handler{repos: repos, projects: projects, authenticate: authenticate, cfg: cfg, places: make(chan struct{}, cfg.Concurrent)}
}

// Routes adds git's addresses: /{namespace}/{name}.git/..., and the same
// without ".git", as people type it.
func (h *Handler) Routes(r chi.Router) {
	const base = "/{namespace}/{name}"
	r.Get(base+"/info/refs", h.infoRefs)
	r.Post(base+"/git-upload-pack", h.uploadPack)
	r.Post(base+"/git-receive-pack", h.receivePack)
}

// request is a request whose sender and project are known.
type request struct {
	*http.Request

	w       http.ResponseWriter
	actor   auth.Actor
	project project.Project
	service git.Service
}

// admit finds out who asks for what, and waits for a place. When it answers
// false the response is written.
func (h *Handler) admit(w http.ResponseWriter, r *http.Request, service git.Service) (*request, func(), bool) {
	actor, err := h.authenticate(r)
	if err != nil {
		h.refuse(w, r, actor, err)
		return nil, nil, false
	}
	p, err := h.projects.ByPath(r.Context(), actor, chi.URLParam(r, "namespace"), strings.TrimSuffix(chi.URLParam(r, "name"), ".git"))
	if err != nil {
		h.refuse(w, r, actor, err)
		return nil, nil, false
	}
	select {
	case h.places <- struct{}{}:
	case <-r.Context().Done():
		return nil, nil, false
	}
	// A clone or push takes as long as it takes: the server's limits for
	// ordinary requests do not hold. Neither can fail in a way that matters:
	// a connection without deadlines is what is wanted.
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{})
	_ = control.SetWriteDeadline(time.Time{})
	return &request{Request: r, w: w, actor: actor, project: p, service: service}, func() { <-h.places }, true
}

// infoRefs answers the first request of a clone, fetch or push.
func (h *Handler) infoRefs(w http.ResponseWriter, r *http.Request) {
	service := git.Service(r.URL.Query().Get("service"))
	if service != git.UploadPack && service != git.ReceivePack {
		http.Error(w, "this server speaks git's smart HTTP protocol only: use git 1.6.6 or newer", http.StatusForbidden)
		return
	}
	req, leave, ok := h.admit(w, r, service)
	if !ok {
		return
	}
	defer leave()
	noCache(w, "application/x-"+string(service)+"-advertisement")
	out := &answer{w: w}
	err := h.repos.Advertise(r.Context(), req.actor, req.project.ID, service, r.Header.Get("Git-Protocol"), out)
	h.finish(req, out, err)
}

// uploadPack answers a request of a clone or fetch.
func (h *Handler) uploadPack(w http.ResponseWriter, r *http.Request) {
	req, leave, ok := h.begin(w, r, git.UploadPack)
	if !ok {
		return
	}
	defer leave()
	body, err := plainBody(r)
	if err != nil {
		h.refuse(w, r, req.actor, err)
		return
	}
	out := &answer{w: w}
	err = h.repos.Upload(r.Context(), req.actor, req.project.ID, r.Header.Get("Git-Protocol"), io.LimitReader(body, mostWanted), out)
	h.finish(req, out, err)
}

// mostWanted bounds what a fetch may send: the names of what it wants and has.
const mostWanted = 64 << 20

// begin is admit for the requests that carry a body.
func (h *Handler) begin(w http.ResponseWriter, r *http.Request, service git.Service) (*request, func(), bool) {
	if got, want := r.Header.Get("Content-Type"), "application/x-"+string(service)+"-request"; got != want {
		http.Error(w, fmt.Sprintf("content type %q: expected %q", got, want), http.StatusUnsupportedMediaType)
		return nil, nil, false
	}
	req, leave, ok := h.admit(w, r, service)
	if ok {
		noCache(w, "application/x-"+string(service)+"-result")
	}
	return req, leave, ok
}

// plainBody is the request's body, unpacked if git packed it.
func plainBody(r *http.Request) (io.Reader, error) {
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
		return r.Body, nil
	case "gzip", "x-gzip":
		body, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, fault.Errorf(fault.Invalid, "the request says it is gzip, and is not")
		}
		return body, nil
	default:
		return nil, fault.Errorf(fault.Invalid, "content encoding %q is not understood: expected gzip or none", encoding)
	}
}

func noCache(w http.ResponseWriter, contentType string) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate")
}

// finish ends an exchange. Once bytes are out only the log can be told.
func (h *Handler) finish(req *request, out *answer, err error) {
	switch {
	case err == nil:
	case errors.Is(err, git.ErrBroken), req.Context().Err() != nil:
		// The client hung up: git does that when it has what it wants.
	case !out.begun:
		h.refuse(req.w, req.Request, req.actor, err)
	default:
		h.cfg.Log.WarnContext(req.Context(), "git request broke off", "service", req.service, "project", req.project.Path(), "error", err)
	}
}

// answer is the response, sent on as it comes.
type answer struct {
	w     http.ResponseWriter
	begun bool
}

// Write sends p.
func (a *answer) Write(p []byte) (int, error) {
	a.begun = true
	n, err := a.w.Write(p)
	if err == nil {
		err = http.NewResponseController(a.w).Flush()
	}
	if err != nil {
		return n, fmt.Errorf("sending to the client: %w", err)
	}
	return n, nil
}

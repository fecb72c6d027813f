package app

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/klauspost/compress/gzhttp"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"dasier/api/console"
	"dasier/api/infer"
	"dasier/api/rest"
	"dasier/web"
)

// handler joins all faces under one address.
func (s *Server) handler() http.Handler {
	r := chi.NewRouter()
	for _, path := range alivePaths {
		r.Get(path, func(w http.ResponseWriter, _ *http.Request) { sayPlain(w, http.StatusOK, "ok") })
	}
	r.Get("/readyz", s.readyz)
	r.Handle("/metrics", promhttp.HandlerFor(s.metrics, promhttp.HandlerOpts{}))
	r.Group(s.infer.Routes)
	r.Route(rest.Base, func(r chi.Router) {
		s.runners.Routes(r)
		r.Group(func(r chi.Router) {
			r.Use(s.logRequests)
			s.rest().Routes(r)
		})
	})
	r.Group(s.git.Routes)
	r.Group(func(r chi.Router) {
		r.Use(s.logRequests, middleware.Maybe(compress, compressible))
		r.Use(s.identity.Middleware(http.HandlerFunc(s.denyCrossOrigin)))
		s.console = console.Mount(r, console.Parts{
			Identity: s.identity, Auth: s.auth, Projects: s.projects, Repos: s.repos, CI: s.ci, Registry: s.registry, Track: s.track, Meter: s.meter,
			Deploy: s.deploy, Bundles: s.bundles, Ticket: s.gateway.Ticket, Groups: s.groups, Invitations: s.invites, Variables: s.variables, Audit: s.audit, Hooks: s.hooks, Discuss: s.discuss, Merges: s.merges, PackageLimit: s.config.ModelLimit, Scratch: s.path("uploads"), Logger: s.logger,
		}, console.Server{Version: s.version, URL: s.config.URL, Started: s.started})
	})
	pages := web.Handler()
	r.NotFound(func(w http.ResponseWriter, r *http.Request) {
		if forPrograms(r.URL.Path) {
			sayProblem(w, http.StatusNotFound, "the API has nothing at "+r.URL.Path+": /api/v1/openapi.json lists what it has (a project is named by its number, or by its path with %2F for the slash)")
			return
		}
		pages.ServeHTTP(w, r)
	})
	r.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
		sayProblem(w, http.StatusMethodNotAllowed, r.URL.Path+" does not take "+r.Method+": /api/v1/openapi.json says what it takes")
	})
	// Most requests for predictions are answered before the router. Hosts of
	// services and sites are theirs alone.
	all := s.recoverer(s.endStreams(s.gateway.Handler(s.infer.Front(r))))
	if len(s.config.Proxies) > 0 {
		all = behindProxies(s.config.Proxies)(all)
	}
	return all
}

// forPrograms tells an address of an API from one of a page: a program that
// mistyped it must not get a page with status 200.
func forPrograms(path string) bool {
	for _, prefix := range []string{"/api/", "/v2/", "/v1/models", "/inference.", "/grpc."} {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}

// OpenAPI is the console's API as a document.
func (s *Server) OpenAPI() ([]byte, error) {
	s.handler()
	return s.console.OpenAPI().MarshalJSON()
}

// readyz answers whether a request would be served: the database answers and
// start-up is over.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	if !s.ready.Load() {
		sayPlain(w, http.StatusServiceUnavailable, "starting or stopping")
		return
	}
	if err := s.store.Ping(r.Context()); err != nil {
		s.logger.ErrorContext(r.Context(), "the database does not answer", "error", err)
		sayPlain(w, http.StatusServiceUnavailable, "the database does not answer")
		return
	}
	sayPlain(w, http.StatusOK, "ready")
}

func sayPlain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n"))
}

func (s *Server) denyCrossOrigin(w http.ResponseWriter, _ *http.Request) {
	sayProblem(w, http.StatusForbidden, "a page of another site asked for a change: this is refused to protect you")
}

// sayProblem answers a refusal as the API does.
func sayProblem(w http.ResponseWriter, status int, detail string) {
	text, err := json.Marshal(map[string]any{"status": status, "title": http.StatusText(status), "detail": detail})
	if err != nil { // cannot be: a number and two texts
		text = nil
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

func compress(next http.Handler) http.Handler { return gzhttp.GzipHandler(next) }

// compressible tells what gains from compression: not streams, which must
// arrive as they are written, and not archives.
func compressible(r *http.Request) bool {
	return r.Header.Get("Accept") != "text/event-stream" && r.Header.Get("Range") == ""
}

// endStreams ends what by itself never ends (event streams, a runner's wait for
// a job) when the server is told to stop. All other requests are drained.
func (s *Server) endStreams(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept") == "text/event-stream" || r.URL.Path == "/api/v4/jobs/request" || infer.IsStream(r) {
			ctx, cancel := context.WithCancel(r.Context())
			defer cancel()
			defer context.AfterFunc(s.stopping, cancel)()
			r = r.WithContext(ctx)
		}
		next.ServeHTTP(w, r)
	})
}

// recoverer turns a panic into an internal error of one request.
func (s *Server) recoverer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if cause := recover(); cause != nil {
				if cause == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so, too
					panic(cause)
				}
				s.logger.ErrorContext(r.Context(), "a request panicked", "method", r.Method, "path", r.URL.Path, "panic", cause, "stack", string(debug.Stack()))
				w.WriteHeader(http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// logRequests logs the API's requests, at debug level: what matters is logged
// where it happens.
func (s *Server) logRequests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.logger.Enabled(r.Context(), slog.LevelDebug) {
			next.ServeHTTP(w, r)
			return
		}
		start := time.Now()
		seen := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		next.ServeHTTP(seen, r)
		s.logger.DebugContext(r.Context(), "request", "method", r.Method, "path", r.URL.Path, "status", seen.Status(), "bytes", seen.BytesWritten(), "took", time.Since(start))
	})
}

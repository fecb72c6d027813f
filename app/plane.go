package app

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"dasier/api/infer"
	"dasier/delivery/serve"
	"dasier/fault"
)

// Plane is the data plane alone: one model package behind the prediction API,
// without users, projects or a database.
type Plane struct {
	Package  fs.FS
	Endpoint string
	Meta     serve.Meta
	// Token, where there is one, has to come with every prediction request: then
	// a server stands in front, which knows who may ask.
	Token string
	// MaxMemory bounds what the model may take; 0 is any number of bytes.
	MaxMemory int64
	Version   string
	Log       *slog.Logger
}

// alivePaths say that the process answers, under the names that Kubernetes and
// BentoML's tools ask for.
var alivePaths = []string{"/healthz", "/livez"}

// spoken are the versions of HTTP at our port. Clients of gRPC begin with HTTP/2
// at once, with TLS or without.
func spoken() *http.Protocols {
	p := &http.Protocols{}
	p.SetHTTP1(true)
	p.SetHTTP2(true)
	p.SetUnencryptedHTTP2(true)
	return p
}

// streams bounds how many requests of HTTP/2 a connection has under way: the
// bodies of all of them may be in memory at once.
func streams() *http.HTTP2Config { return &http.HTTP2Config{MaxConcurrentStreams: 64} }

// drainPlane is how long requests that run may take when the plane is told to
// stop.
const drainPlane = 10 * time.Second

// Serve answers at the listener until ctx ends, and lets running requests end.
// A package that does not answer its reference rows as it did in training is
// refused before anything is answered.
func (p Plane) Serve(ctx context.Context, listener net.Listener) error {
	defer lateGarbage()()
	engine, metrics := serve.New(), prometheus.NewRegistry()
	engine.Limit(p.MaxMemory)
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	p.Meta.Public = p.Token == ""
	if err := engine.Load(ctx, p.Endpoint, p.Package, p.Meta); err != nil {
		return errors.Join(err, listener.Close())
	}
	var ready atomic.Bool
	face := infer.New(engine, p.authorize, infer.Config{
		Registerer: metrics, Log: p.Log, Version: p.Version, Ready: ready.Load, TellRows: p.Token != "",
	})
	defer face.Close()
	r := chi.NewRouter()
	for _, path := range alivePaths {
		r.Get(path, func(w http.ResponseWriter, _ *http.Request) { sayPlain(w, http.StatusOK, "ok") })
	}
	r.Get("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !ready.Load() {
			sayPlain(w, http.StatusServiceUnavailable, "stopping")
			return
		}
		sayPlain(w, http.StatusOK, "ready")
	})
	r.Handle("/metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
	r.Group(face.Routes)
	face.Single(r, p.Endpoint)
	server := &http.Server{
		Handler: face.Front(r), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog:  slog.NewLogLogger(p.Log.Handler(), slog.LevelDebug),
		Protocols: spoken(), HTTP2: streams(),
	}
	giveBack()
	ready.Store(true)
	return serveUntil(ctx, server, listener, func() { ready.Store(false) })
}

// serveUntil serves until ctx ends, and then drains. It has patience with
// clients, but not for ever.
func serveUntil(ctx context.Context, server *http.Server, listener net.Listener, stopping func()) error {
	looking, enough := context.WithCancel(context.WithoutCancel(ctx))
	var watch sync.WaitGroup
	defer watch.Wait()
	defer enough()
	p := newPatience(patienceLimit)
	listener = p.guard(server, listener)
	watch.Go(func() { p.Run(looking) })
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		stopping()
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainPlane)
		defer cancel()
		stopped <- server.Shutdown(drain)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving: %w", err)
	}
	if err := <-stopped; err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("draining requests: %w", err)
	}
	return nil
}

// authorize is for a plane behind a server: whoever has the token may ask.
func (p Plane) authorize(r *http.Request, _ *serve.Meta) (infer.Client, error) {
	given := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if p.Token != "" && subtle.ConstantTimeCompare([]byte(given), []byte(p.Token)) == 1 {
		return infer.Client{}, nil
	}
	return infer.Client{}, fault.Errorf(fault.Unauthenticated, "this model answers only the server that placed it here")
}

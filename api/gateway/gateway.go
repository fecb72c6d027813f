package gateway

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"dasier/delivery/deploy"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// Routes is what the gateway wants of deployments: deploy.Service.
type Routes interface {
	Route(label string) (deploy.Route, bool)
	RouteOf(site deploy.Route, to string) (deploy.Route, error)
	Backend(endpoint string) (deploy.Backend, error)
}

// Sites opens what answers at a site's endpoint, and holds it: site.Target.
type Sites interface {
	Open(endpoint string) (handler http.Handler, release func(), err error)
}

// Access is who may ask.
type Access struct {
	// Authenticate tells who sent a request that has a token of ours; the
	// gateway calls it for no other.
	Authenticate func(r *http.Request) (auth.Actor, error)
	// May is nil when the actor has the permission predict in the project.
	May func(ctx context.Context, actor auth.Actor, id project.ID) error
	// User is the actor that a ticket was given to, as they are now; an error
	// when they may not sign in any more.
	User func(ctx context.Context, id auth.UserID) (auth.Actor, error)
}

// Config adjusts a Gateway.
type Config struct {
	// AppsURL is the address whose sub-domains are passed on, such as
	// https://apps.example.com. Empty: none.
	AppsURL string
	// ConsoleURL is where people sign in, for the pages that refuse them.
	ConsoleURL string
	// BodyLimit bounds a request's body; default 100 MiB.
	BodyLimit int64
	// TicketLife is how long a person stays let in; default 12 h.
	TicketLife time.Duration
	// Key signs tickets; made anew at each start when it is nil, so that people
	// open a private site again after a restart.
	Key []byte
	// Now is the clock; time.Now by default.
	Now func() time.Time
	// Log is for what no client can be told; slog.Default() by default.
	Log *slog.Logger
}

// Gateway is the handler of all hosts below the apps host.
type Gateway struct {
	routes Routes
	sites  Sites
	access Access
	cfg    Config
	suffix string // ".apps.example.com", without port
	secure bool

	transport *http.Transport

	mu      sync.Mutex
	granted map[grant]time.Time // until when it needs no asking again
}

// grant is that someone may see a project's deployments.
type grant struct {
	user    auth.UserID
	project project.ID
}

// New makes the gateway.
func New(routes Routes, sites Sites, access Access, cfg Config) *Gateway {
	if cfg.BodyLimit == 0 {
		cfg.BodyLimit = 100 << 20
	}
	if cfg.TicketLife == 0 {
		cfg.TicketLife = 12 * time.Hour
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Key == nil {
		cfg.Key = make([]byte, 32)
		_, _ = rand.Read(cfg.Key) // never fails: crypto/rand.Read ends the program instead
	}
	g := &Gateway{routes: routes, sites: sites, access: access, cfg: cfg, granted: map[grant]time.Time{}}
	if at, err := url.Parse(cfg.AppsURL); err == nil && cfg.AppsURL != "" {
		g.suffix, g.secure = "."+strings.ToLower(at.Hostname()), at.Scheme == "https"
	}
	g.transport = &http.Transport{
		DialContext:           (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		MaxIdleConnsPerHost:   64,
		IdleConnTimeout:       30 * time.Second,
		ResponseHeaderTimeout: 5 * time.Minute,
		DisableCompression:    true, // what the service sends is passed on as it is
	}
	return g
}

// Handler passes requests of the apps host's sub-domains on, and all others to
// next.
func (g *Gateway) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		label, ok := g.label(r.Host)
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		g.serve(w, r, label)
	})
}

// label is the first part of a host below the apps host. The apps host itself
// is the console's.
func (g *Gateway) label(host string) (string, bool) {
	if g.suffix == "" {
		return "", false
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	label, ok := strings.CutSuffix(strings.ToLower(strings.TrimSuffix(host, ".")), g.suffix)
	return label, ok && label != ""
}

func (g *Gateway) serve(w http.ResponseWriter, r *http.Request, label string) {
	route, ok := g.routes.Route(label)
	if r.URL.Path == ticketPath {
		g.admit(w, r, label, route, ok)
		return
	}
	if !ok || strings.HasPrefix(r.URL.Path, ownPaths) {
		g.refuse(w, r, fault.Errorf(fault.Missing, "nothing is deployed at this address"))
		return
	}
	if err := g.mayAsk(r, route); err != nil {
		g.refuse(w, r, err)
		return
	}
	strip(r)
	if r.ContentLength > g.cfg.BodyLimit {
		g.refuse(w, r, fault.Errorf(fault.Limited, "the request's body has more than %d MiB", g.cfg.BodyLimit>>20))
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, g.cfg.BodyLimit)
	if route.Kind == deploy.KindService {
		g.pass(w, r, route, r.URL.Path)
		return
	}
	g.serveSite(w, r, route)
}

func (g *Gateway) serveSite(w http.ResponseWriter, r *http.Request, route deploy.Route) {
	for _, prefix := range route.Site.Prefixes() {
		rest, ok := strings.CutPrefix(r.URL.Path, prefix)
		if !ok {
			continue
		}
		to, err := g.routes.RouteOf(route, route.Site.Proxy[prefix])
		if err != nil {
			g.refuse(w, r, err)
			return
		}
		if raw, ok := strings.CutPrefix(r.URL.EscapedPath(), prefix); ok {
			r.URL.RawPath = "/" + raw
		}
		r.Header.Set("X-Forwarded-Prefix", strings.TrimSuffix(prefix, "/"))
		g.pass(w, r, to, "/"+rest)
		return
	}
	handler, release, err := g.sites.Open(route.Endpoint)
	if err != nil {
		g.refuse(w, r, err)
		return
	}
	defer release()
	protect(w.Header(), g.secure)
	if !route.Public {
		w = &private{ResponseWriter: w}
	}
	handler.ServeHTTP(w, r)
}

// private keeps what not everyone may see out of shared caches.
type private struct {
	http.ResponseWriter
	begun bool
}

// WriteHeader implements http.ResponseWriter.
func (p *private) WriteHeader(status int) {
	if header := p.Header(); !p.begun {
		p.begun = true
		header.Set("Cache-Control", strings.Replace(header.Get("Cache-Control"), "public", "private", 1))
	}
	p.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (p *private) Write(b []byte) (int, error) {
	if !p.begun {
		p.WriteHeader(http.StatusOK)
	}
	return p.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController through.
func (p *private) Unwrap() http.ResponseWriter { return p.ResponseWriter }

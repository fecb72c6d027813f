package infer

import (
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"

	"dasier/delivery/serve"
	"dasier/fault"
)

// Config adjusts a Handler. The zero value works.
type Config struct {
	MaxBody      int64 // bytes of a request's body; 4 MiB by default
	MaxRows      int   // rows of a request; 10,000 by default
	MaxExplained int   // rows of a request that wants reasons; 1,000 by default
	MaxText      int   // bytes of a text in a row; 64 KiB by default
	// MaxTime is how long the rows of a request may take; 60 s by default. Requests
	// of protocols that say how long they want to wait may wait shorter.
	MaxTime time.Duration
	// MaxRunning is how many requests are computed at once, and how many more may
	// wait for that; 64 per processor by default. MaxLarge is the same for those
	// with a body above 64 KiB, of which four times as many may wait; 4 per
	// processor by default. MaxRemote is the same for the requests that are passed
	// on to one remote endpoint; 64 by default. What is beyond is answered 503.
	MaxRunning, MaxLarge, MaxRemote int
	// MaxBodies is how many bytes of bodies above 64 KiB are held at once, whether
	// they are worked on or still arrive; 256 MiB by default, and no less than
	// MaxBody. What is beyond waits as large requests do.
	MaxBodies int64
	// MaxWait is how long a request may wait for its turn; 250 ms by default, and
	// eight times as long for large ones.
	MaxWait time.Duration
	// Meter holds clients to their limits; by default nobody has any.
	Meter Meter
	// Registerer gets the metrics; by default they are kept to ourselves.
	Registerer prometheus.Registerer
	// Log gets the causes of internal errors; slog.Default() by default.
	Log *slog.Logger
	// Version is the server's, told to Open Inference clients; "dev" by default.
	Version string
	// Ready tells whether the server is up; always, by default.
	Ready func() bool
	// Remote finds the endpoints whose models answer in other processes; by
	// default there are none. It is asked before the engine.
	Remote func(endpoint string) (Remote, bool)
	// Remotes lists those endpoints; by default there are none.
	Remotes func() []string
	// RemoteTimeout is how long such a process may take; 60 s by default.
	RemoteTimeout time.Duration
	// TellRows puts the number of answered rows into the header Dasier-Rows, for
	// the server that passed the request on.
	TellRows bool
}

func (c Config) withDefaults() Config {
	if c.MaxBody == 0 {
		c.MaxBody = 4 << 20
	}
	if c.MaxRows == 0 {
		c.MaxRows = 10_000
	}
	if c.MaxExplained == 0 {
		c.MaxExplained = 1_000
	}
	if c.MaxText == 0 {
		c.MaxText = 64 << 10
	}
	if c.MaxTime == 0 {
		c.MaxTime = time.Minute
	}
	if c.MaxRunning == 0 {
		c.MaxRunning = places(smallPlaces)
	}
	if c.MaxLarge == 0 {
		c.MaxLarge = places(largePlaces)
	}
	if c.MaxRemote == 0 {
		c.MaxRemote = 64
	}
	if c.MaxBodies == 0 {
		c.MaxBodies = 256 << 20
	}
	if c.MaxWait == 0 {
		c.MaxWait = 250 * time.Millisecond
	}
	if c.Registerer == nil {
		c.Registerer = prometheus.NewRegistry()
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Version == "" {
		c.Version = "dev"
	}
	if c.Ready == nil {
		c.Ready = func() bool { return true }
	}
	if c.Remotes == nil {
		c.Remotes = func() []string { return nil }
	}
	if c.RemoteTimeout == 0 {
		c.RemoteTimeout = time.Minute
	}
	return c
}

// Handler answers prediction requests with an engine's endpoints.
type Handler struct {
	engine    *serve.Engine
	authorize Authorize
	cfg       Config
	meters    *meters

	pool  sync.Pool // of *call
	lanes atomic.Uint32
	most  uint32    // tallies that calls count in
	made  time.Time // from when on calls count time

	gates   gates
	bodies  *bodies
	remotes sync.Map // *gate by the remote endpoint's name

	passing  *http.Client // to remote endpoints
	streamed *http.Client // the same, for gRPC
}

// New makes the handler.
func New(engine *serve.Engine, authorize Authorize, cfg Config) *Handler {
	cfg = cfg.withDefaults()
	h := &Handler{engine: engine, authorize: authorize, cfg: cfg, meters: newMeters(cfg.Registerer, engine), gates: newGates(&cfg), bodies: newBodies(&cfg), made: time.Now(), most: tallies()}
	h.passing = &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	var plain http.Protocols
	plain.SetUnencryptedHTTP2(true)
	h.streamed = &http.Client{
		Transport:     &http.Transport{Protocols: &plain, IdleConnTimeout: time.Minute, DisableCompression: true},
		CheckRedirect: h.passing.CheckRedirect,
	}
	return h
}

// Close lets go of the connections to remote endpoints.
func (h *Handler) Close() {
	h.passing.CloseIdleConnections()
	h.streamed.CloseIdleConnections()
}

// find looks an endpoint up and checks that the request may ask it.
//
// Whoever may not even know of the project learns the same of an endpoint that
// exists and of one that does not.
func (h *Handler) find(header http.Header, r *http.Request) (*endpointFace, error) {
	return h.findNamed(header, r, chi.URLParam(r, "endpoint"))
}

func (h *Handler) findNamed(header http.Header, r *http.Request, name string) (*endpointFace, error) {
	f, _, err := h.findFor(knowing, header, r, name, "")
	return f, err
}

// findFor is find that says who is to be charged. A client that has used up
// its limit is told so with the endpoint's face, which counts it.
func (h *Handler) findFor(p purpose, header http.Header, r *http.Request, name, version string) (*endpointFace, Client, error) {
	endpoint, ok := h.engine.Endpoint(name)
	var meta *serve.Meta
	if ok {
		meta = &endpoint.Meta
	}
	client, err := h.admit(p, header, r, name, meta)
	if err != nil && (!ok || !isLimit(err)) {
		return nil, client, err
	}
	f := h.face(endpoint)
	if err == nil {
		err = f.isVersion(version)
	}
	return f, client, err
}

// admit checks that the request may ask the endpoint that meta is of, and takes
// it from its client's limits; nil is an endpoint that does not exist.
//
// Every request of every protocol comes by here before its body is read. A
// public endpoint asks nobody who they are: a token that comes along is not
// looked at, and its client not charged for what anyone gets.
func (h *Handler) admit(p purpose, header http.Header, r *http.Request, name string, meta *serve.Meta) (Client, error) {
	if meta != nil && meta.Public {
		header["Access-Control-Allow-Origin"] = h.meters.anyOrigin
		return Client{}, nil
	}
	client, err := h.authorize(r, meta)
	switch {
	case err == nil && meta != nil:
		return client, h.take(r, client, p)
	case fault.Is(err, fault.Unauthenticated) && presentsToken(r):
		return Client{}, err // a token that is wrong or expired: say so
	case meta == nil || fault.Is(err, fault.Missing) || fault.Is(err, fault.Unauthenticated):
		return Client{}, hidden(name)
	}
	return Client{}, err
}

func presentsToken(r *http.Request) bool {
	return r.Header.Get("Authorization") != "" || r.Header.Get("Private-Token") != "" || r.Header.Get("Job-Token") != ""
}

func hidden(name string) error {
	return fault.Errorf(fault.Missing, "no endpoint %q that you may ask: either nothing is deployed there, or it is not public and the request carries no session or token with the permission predict", clip(name))
}

// preflight answers a browser's question whether another origin may ask.
func (h *Handler) preflight(w http.ResponseWriter, r *http.Request) {
	if h.isPublic(chi.URLParam(r, "endpoint")) {
		header := w.Header()
		header["Access-Control-Allow-Origin"] = h.meters.anyOrigin
		header.Set("Access-Control-Allow-Methods", "GET, POST")
		header.Set("Access-Control-Allow-Headers", "Content-Type")
		header.Set("Access-Control-Max-Age", "86400")
	}
	w.WriteHeader(http.StatusNoContent)
}

func (h *Handler) isPublic(name string) bool {
	if h.cfg.Remote != nil {
		if remote, ok := h.cfg.Remote(name); ok {
			remote.release()
			return remote.Public
		}
	}
	endpoint, ok := h.engine.Endpoint(name)
	return ok && endpoint.Public
}

// clip cuts a text of the client to what a sentence can carry.
func clip(text string) string {
	const most = 80
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}

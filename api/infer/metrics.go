package infer

import (
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// protocol tells in which language a request came.
type protocol int

const (
	console       protocol = iota // our own
	openInference                 // REST
	openGRPC
	kserve
	mlflow
	protocols
)

// label is the protocol's value of the label "protocol".
func (p protocol) label() string {
	return [protocols]string{"v1", "v2", "grpc", "kserve", "mlflow"}[p]
}

// meters are the metrics of all endpoints.
type meters struct {
	requests *prometheus.CounterVec   // endpoint, version, protocol, code
	duration *prometheus.HistogramVec // endpoint, version, protocol
	rows     *prometheus.CounterVec   // endpoint, version
	shed     *prometheus.CounterVec   // endpoint, version
	all      sync.Map                 // *endpointMeters by meterKey

	// Header values that are the same for every answer, made once.
	anyOrigin, jsonType, noStore []string
}

type meterKey struct {
	endpoint string
	version  int
}

func newMeters(registerer prometheus.Registerer) *meters {
	m := &meters{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dasier_inference_requests_total", Help: "Prediction requests by endpoint, model version, protocol and HTTP status.",
		}, []string{"endpoint", "version", "protocol", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "dasier_inference_duration_seconds", Help: "Time from the first byte of a prediction request to its answer.",
			Buckets: bounds[:],
		}, []string{"endpoint", "version", "protocol"}),
		rows: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dasier_inference_rows_total", Help: "Rows answered by endpoint and model version.",
		}, []string{"endpoint", "version"}),
		shed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dasier_inference_shed_total", Help: "Prediction requests that were refused because too many were under way, by endpoint and model version.",
		}, []string{"endpoint", "version"}),
		anyOrigin: []string{"*"}, jsonType: []string{"application/json"}, noStore: []string{"no-store"},
	}
	registerer.MustRegister(m.requests, m.duration, m.rows, m.shed, familiar{m})
	return m
}

// endpointMeters are one endpoint version's metrics, looked up once so that a
// request that succeeds touches no map. They are kept for as long as the server
// runs, as Prometheus wants counters to be.
type endpointMeters struct {
	endpoint, version string
	rows              prometheus.Counter
	ways              [protocols]atomic.Pointer[way] // made with the first request

	// What the statistics of the Open Inference protocol tell.
	succeeded, failed counted
	refused, canceled atomic.Uint64 // of failed: the client's fault, or too many at once; nobody waits
	inferences        atomic.Uint64 // rows
	queued            atomic.Uint64 // nanoseconds that requests waited for a place
	last              atomic.Int64  // milliseconds since 1970
	pending           atomic.Int64
	stages            [stages]histogram
	explained         histogram // computing, where reasons were wanted
}

// way is one protocol's part.
type way struct {
	succeeded prometheus.Counter
	duration  prometheus.Observer
}

// counted is how often something happened and how long it took.
type counted struct {
	n, ns atomic.Uint64
}

func (c *counted) add(took time.Duration) {
	c.n.Add(1)
	c.ns.Add(uint64(max(took, 0)))
}

// of gives the meters of an endpoint's version.
func (m *meters) of(endpoint string, version int) *endpointMeters {
	key := meterKey{endpoint, version}
	if kept, ok := m.all.Load(key); ok {
		return kept.(*endpointMeters) //nolint:forcetypeassert // nothing else is stored
	}
	e := &endpointMeters{endpoint: endpoint, version: strconv.Itoa(version)}
	e.rows = m.rows.WithLabelValues(endpoint, e.version)
	kept, _ := m.all.LoadOrStore(key, e)
	return kept.(*endpointMeters) //nolint:forcetypeassert // nothing else is stored
}

func (m *meters) way(e *endpointMeters, p protocol) *way {
	if w := e.ways[p].Load(); w != nil {
		return w
	}
	w := &way{
		succeeded: m.requests.WithLabelValues(e.endpoint, e.version, p.label(), "200"),
		duration:  m.duration.WithLabelValues(e.endpoint, e.version, p.label()),
	}
	e.ways[p].Store(w)
	return w
}

func (e *endpointMeters) enter() {
	if e != nil {
		e.pending.Add(1)
	}
}

func (e *endpointMeters) leave() {
	if e != nil {
		e.pending.Add(-1)
	}
}

// observe counts one request. Without meters it is one whose endpoint was not
// found or not allowed: its name is the client's and no label.
func (m *meters) observe(e *endpointMeters, p protocol, status, rows int, c *call) {
	if e == nil {
		m.requests.WithLabelValues("", "", p.label(), strconv.Itoa(status)).Inc()
		return
	}
	took := time.Since(c.started)
	w := m.way(e, p)
	w.duration.Observe(took.Seconds())
	e.rows.Add(float64(rows))
	if c.queued > 0 {
		e.queued.Add(uint64(c.queued))
	}
	if c.shed {
		m.shed.WithLabelValues(e.endpoint, e.version).Inc()
	}
	if status != http.StatusOK {
		m.requests.WithLabelValues(e.endpoint, e.version, p.label(), strconv.Itoa(status)).Inc()
		e.failed.add(took)
		switch {
		case c.shed:
			e.refused.Add(1)
		case status == http.StatusGatewayTimeout || status == http.StatusServiceUnavailable:
			e.canceled.Add(1)
		case status < http.StatusInternalServerError:
			e.refused.Add(1)
		}
		return
	}
	w.succeeded.Inc()
	e.succeeded.add(took)
	e.inferences.Add(uint64(max(rows, 0)))
	e.last.Store(c.started.Add(took).UnixMilli())
	if c.explained {
		e.explained.observe(c.spent[computing])
	}
	for s := range c.spent {
		e.stages[s].observe(c.spent[s])
	}
}

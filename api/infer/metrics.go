package infer

import (
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"dasier/delivery/serve"
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
	unusual *prometheus.CounterVec // requests that were not answered: endpoint, version, protocol, code
	shed    *prometheus.CounterVec // endpoint, version
	all     sync.Map               // *endpointMeters by meterKey
	rest    sync.Map               // *atomic.Uint64 by status: failures over REST, of any endpoint

	// Header values that are the same for every answer, made once.
	anyOrigin, jsonType, noStore []string
}

const (
	requestsName = "dasier_inference_requests_total"
	requestsHelp = "Prediction requests by endpoint, model version, protocol and HTTP status."
)

type meterKey struct {
	endpoint string
	version  int
}

func newMeters(registerer prometheus.Registerer, engine *serve.Engine) *meters {
	m := &meters{
		unusual: prometheus.NewCounterVec(prometheus.CounterOpts{Name: requestsName, Help: requestsHelp}, byRequest),
		shed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dasier_inference_shed_total", Help: "Prediction requests that were refused because too many were under way, by endpoint and model version.",
		}, byEndpoint),
		anyOrigin: []string{"*"}, jsonType: []string{"application/json"}, noStore: []string{"no-store"},
	}
	registerer.MustRegister(m.shed, familiar{m}, memory{engine})
	return m
}

// restFailures adds the failures over REST by status.
func (m *meters) restFailures(by map[int]uint64) {
	m.rest.Range(func(status, n any) bool {
		by[status.(int)] += n.(*atomic.Uint64).Load() //nolint:forcetypeassert // nothing else is stored
		return true
	})
}

// endpointMeters are one endpoint version's metrics, looked up once so that a
// request that succeeds touches no map. They are kept for as long as the server
// runs, as Prometheus wants counters to be.
//
// What every request counts stands in tallies, of which there are several: two
// processors that add to the same number wait for each other each time. A call
// keeps to one of them, and calls stay with their processor as a rule.
type endpointMeters struct {
	endpoint, version string
	tallies           [mostTallies]atomic.Pointer[tally] // made with the first request
	queued            atomic.Uint64                      // nanoseconds that requests waited for a place
}

// mostTallies bounds the memory of many endpoints on many processors.
const mostTallies = 8

// tallies is how many are used: calls that were not made for a processor find
// another's as seldom as two are the same.
func tallies() uint32 { return uint32(min(2*runtime.GOMAXPROCS(0), mostTallies)) } //nolint:gosec // 1 to 8

// tally is a part of what was counted.
type tally struct {
	pending           atomic.Int64
	rows              atomic.Uint64
	failed            counted
	refused, canceled atomic.Uint64                       // of failed: the client's fault, or too many at once; nobody waits
	last              atomic.Int64                        // when the last was answered, since the handler was made; 0 is never
	ways              [protocols]atomic.Pointer[wayTally] // made with the first request
	stages            [stages]histogram
	explained         histogram // computing, where reasons were wanted
	_                 [64]byte  // what comes next in memory is another's
}

// wayTally is one protocol's part.
type wayTally struct {
	succeeded counted
	duration  histogram
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
	kept, _ := m.all.LoadOrStore(key, &endpointMeters{endpoint: endpoint, version: strconv.Itoa(version)})
	return kept.(*endpointMeters) //nolint:forcetypeassert // nothing else is stored
}

// tally is the part that a call counts in.
func (e *endpointMeters) tally(c *call) *tally { return made(&e.tallies[c.lane]) }

// made is what a pointer points to, which is made if there is nothing yet.
func made[T any](p *atomic.Pointer[T]) *T {
	if v := p.Load(); v != nil {
		return v
	}
	p.CompareAndSwap(nil, new(T))
	return p.Load()
}

func (e *endpointMeters) enter(c *call) {
	if e != nil {
		e.tally(c).pending.Add(1)
	}
}

func (e *endpointMeters) leave(c *call) {
	if e != nil {
		e.tally(c).pending.Add(-1)
	}
}

// observe counts one request. Without meters it is one whose endpoint was not
// found or not allowed: its name is the client's and no label.
func (m *meters) observe(e *endpointMeters, p protocol, status, rows int, c *call) {
	if p == openInference && status != http.StatusOK {
		n, _ := m.rest.LoadOrStore(status, new(atomic.Uint64))
		n.(*atomic.Uint64).Add(1) //nolint:forcetypeassert // nothing else is stored
	}
	if e == nil {
		m.unusual.WithLabelValues("", "", p.label(), strconv.Itoa(status)).Inc()
		return
	}
	now := c.now()
	took := now - c.started
	t := e.tally(c)
	w := made(&t.ways[p])
	w.duration.observe(took)
	if c.queued > 0 {
		e.queued.Add(uint64(c.queued))
	}
	if c.shed {
		m.shed.WithLabelValues(e.endpoint, e.version).Inc()
	}
	if status != http.StatusOK {
		m.unusual.WithLabelValues(e.endpoint, e.version, p.label(), strconv.Itoa(status)).Inc()
		t.failed.add(took)
		switch {
		case c.shed:
			t.refused.Add(1)
		case status == http.StatusGatewayTimeout || status == http.StatusServiceUnavailable:
			t.canceled.Add(1)
		case status < http.StatusInternalServerError:
			t.refused.Add(1)
		}
		return
	}
	w.succeeded.add(took)
	t.rows.Add(uint64(max(rows, 0)))
	t.last.Store(int64(now))
	if c.explained {
		t.explained.observe(c.spent[computing])
	}
	for s := range c.spent {
		t.stages[s].observe(c.spent[s])
	}
}

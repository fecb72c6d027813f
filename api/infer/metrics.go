package infer

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// protocol is the label that tells our addresses from Open Inference's.
type protocol string

const (
	console       protocol = "v1"
	openInference protocol = "v2"
)

// meters are the metrics of all endpoints.
type meters struct {
	requests *prometheus.CounterVec   // endpoint, version, protocol, code
	duration *prometheus.HistogramVec // endpoint, version, protocol
	rows     *prometheus.CounterVec   // endpoint, version
	remotes  sync.Map                 // of *endpointMeters by endpoint: the last version's

	// Header values that are the same for every answer, made once.
	anyOrigin, jsonType, noStore []string
}

func newMeters(registerer prometheus.Registerer) *meters {
	m := &meters{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dasier_inference_requests_total", Help: "Prediction requests by endpoint, model version, protocol and HTTP status.",
		}, []string{"endpoint", "version", "protocol", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "dasier_inference_duration_seconds", Help: "Time from the first byte of a prediction request to its answer.",
			Buckets: []float64{.000025, .00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"endpoint", "version", "protocol"}),
		rows: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dasier_inference_rows_total", Help: "Rows answered by endpoint and model version.",
		}, []string{"endpoint", "version"}),
		anyOrigin: []string{"*"}, jsonType: []string{"application/json"}, noStore: []string{"no-store"},
	}
	registerer.MustRegister(m.requests, m.duration, m.rows)
	return m
}

// endpointMeters are one endpoint version's metrics, looked up once so that a
// request that succeeds touches no map.
type endpointMeters struct {
	endpoint, version string
	rows              prometheus.Counter
	succeeded         map[protocol]prometheus.Counter
	duration          map[protocol]prometheus.Observer
}

func (m *meters) of(endpoint string, version int) *endpointMeters {
	e := &endpointMeters{
		endpoint: endpoint, version: strconv.Itoa(version),
		succeeded: map[protocol]prometheus.Counter{}, duration: map[protocol]prometheus.Observer{},
	}
	e.rows = m.rows.WithLabelValues(endpoint, e.version)
	for _, p := range []protocol{console, openInference} {
		e.succeeded[p] = m.requests.WithLabelValues(endpoint, e.version, string(p), "200")
		e.duration[p] = m.duration.WithLabelValues(endpoint, e.version, string(p))
	}
	return e
}

// remote is of for endpoints that have no face to keep it in.
func (m *meters) remote(endpoint string, version int) *endpointMeters {
	if kept, ok := m.remotes.Load(endpoint); ok {
		if e, ok := kept.(*endpointMeters); ok && e.version == strconv.Itoa(version) {
			return e
		}
	}
	e := m.of(endpoint, version)
	m.remotes.Store(endpoint, e)
	return e
}

// observe counts one request. A nil receiver is a request whose endpoint was
// not found or not allowed: its name is the client's and no label.
func (m *meters) observe(e *endpointMeters, p protocol, status, rows int, started time.Time) {
	if e == nil {
		m.requests.WithLabelValues("", "", string(p), strconv.Itoa(status)).Inc()
		return
	}
	if status == http.StatusOK {
		e.succeeded[p].Inc()
	} else {
		m.requests.WithLabelValues(e.endpoint, e.version, string(p), strconv.Itoa(status)).Inc()
	}
	e.rows.Add(float64(rows))
	e.duration[p].Observe(time.Since(started).Seconds())
}

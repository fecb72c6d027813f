package infer

import (
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// bounds are the buckets of our histograms, in seconds.
var bounds = [...]float64{.000025, .00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}

// boundsNs are bounds in nanoseconds.
var boundsNs = func() (ns [len(bounds)]int64) {
	for k, seconds := range bounds {
		ns[k] = int64(math.Round(seconds * 1e9))
	}
	return ns
}()

// histogram counts durations. It is Prometheus' own at a tenth of the cost: a
// request has four of them.
type histogram struct {
	buckets [len(bounds) + 1]atomic.Uint64
	ns      atomic.Uint64
}

func (h *histogram) observe(d time.Duration) {
	k := 0
	for k < len(boundsNs) && int64(d) > boundsNs[k] {
		k++
	}
	h.buckets[k].Add(1)
	h.ns.Add(uint64(max(d, 0)))
}

// totals is what several histograms hold together.
type totals struct {
	count   uint64
	ns      uint64
	buckets map[float64]uint64 // cumulative
}

func (t *totals) add(h *histogram) {
	if t.buckets == nil {
		t.buckets = make(map[float64]uint64, len(bounds))
	}
	sum := uint64(0)
	for k, bound := range bounds {
		sum += h.buckets[k].Load()
		t.buckets[bound] += sum
	}
	t.count += sum + h.buckets[len(bounds)].Load()
	t.ns += h.ns.Load()
}

func (t *totals) seconds() float64 { return float64(t.ns) / 1e9 }

// join adds what others hold.
func (t *totals) join(other *totals) {
	if t.buckets == nil {
		t.buckets = make(map[float64]uint64, len(bounds))
	}
	for bound, n := range other.buckets {
		t.buckets[bound] += n
	}
	t.count += other.count
	t.ns += other.ns
}

// familiar tells our counts once more, under the names that dashboards and
// scalers made for other servers look for: Triton's, KServe's and MLServer's.
// Labels are endpoints and their versions, never anything of a request.
type familiar struct {
	meters *meters
}

var (
	byModel     = []string{"model", "version"}
	byEndpoint  = []string{"endpoint", "version"}
	byRequest   = []string{"endpoint", "version", "protocol", "code"}
	answered    = describe(requestsName, requestsHelp, byRequest...)
	duration    = describe("dasier_inference_duration_seconds", "Time from the first byte of a prediction request to its answer.", "endpoint", "version", "protocol")
	rowsTotal   = describe("dasier_inference_rows_total", "Rows answered by endpoint and model version.", byEndpoint...)
	tritonCount = map[string]*prometheus.Desc{
		"request_success":            describe("nv_inference_request_success", "Triton's name: requests that were answered.", byModel...),
		"count":                      describe("nv_inference_count", "Triton's name: rows that were answered.", byModel...),
		"exec_count":                 describe("nv_inference_exec_count", "Triton's name: requests that the model computed.", byModel...),
		"request_duration_us":        describe("nv_inference_request_duration_us", "Triton's name: microseconds of all requests together.", byModel...),
		"queue_duration_us":          describe("nv_inference_queue_duration_us", "Triton's name: microseconds that requests waited for their turn.", byModel...),
		"compute_input_duration_us":  describe("nv_inference_compute_input_duration_us", "Triton's name: microseconds spent reading rows.", byModel...),
		"compute_infer_duration_us":  describe("nv_inference_compute_infer_duration_us", "Triton's name: microseconds spent computing.", byModel...),
		"compute_output_duration_us": describe("nv_inference_compute_output_duration_us", "Triton's name: microseconds spent writing answers.", byModel...),
	}
	tritonFailures  = describe("nv_inference_request_failure", "Triton's name: requests that were not answered, by reason.", "model", "version", "reason")
	tritonPending   = describe("nv_inference_pending_request_count", "Triton's name: requests under way.", byModel...)
	inFlight        = describe("dasier_inference_in_flight", "Prediction requests under way, by endpoint and model version.", byEndpoint...)
	stageSeconds    = describe("dasier_inference_stage_seconds", "Time that a request's stages took: read, compute, write.", "endpoint", "version", "stage")
	mlserverSuccess = describe("model_infer_request_success_total", "MLServer's name: requests that were answered.", "model_name", "model_version")
	mlserverFailure = describe("model_infer_request_failure_total", "MLServer's name: requests that were not answered.", "model_name", "model_version")
	mlserverREST    = describe("rest_server_requests_total", "MLServer's name: requests of the Open Inference protocol over REST, by status.", "method", "path", "status_code", "app_name")
	kserveStages    = [stages]*prometheus.Desc{
		reading:   describe("request_preprocess_seconds", "KServe's name: time to read rows.", "model_name"),
		computing: describe("request_predict_seconds", "KServe's name: time to compute.", "model_name"),
		writing:   describe("request_postprocess_seconds", "KServe's name: time to write an answer.", "model_name"),
	}
	kserveExplained = describe("request_explain_seconds", "KServe's name: time to compute predictions and their reasons.", "model_name")
	stageNames      = [stages]string{"read", "compute", "write"}
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// Describe implements prometheus.Collector.
func (f familiar) Describe(to chan<- *prometheus.Desc) {
	f.meters.unusual.Describe(to)
	for _, d := range tritonCount {
		to <- d
	}
	for _, d := range kserveStages {
		to <- d
	}
	for _, d := range []*prometheus.Desc{duration, rowsTotal, mlserverREST, tritonFailures, tritonPending, inFlight, stageSeconds, kserveExplained, mlserverSuccess, mlserverFailure} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (f familiar) Collect(to chan<- prometheus.Metric) {
	f.meters.unusual.Collect(to)
	rest := map[int]uint64{}
	perModel, explained := map[string]*[stages]totals{}, map[string]*totals{}
	for _, e := range f.meters.list() {
		sum := e.sum()
		e.collect(to, sum)
		sums := perModel[e.endpoint]
		if sums == nil {
			sums = &[stages]totals{}
			perModel[e.endpoint], explained[e.endpoint] = sums, &totals{}
		}
		for s := range sum.stages {
			sums[s].join(&sum.stages[s])
		}
		explained[e.endpoint].join(&sum.explained)
		rest[http.StatusOK] += sum.ways[openInference].succeeded.Count
	}
	f.meters.restFailures(rest)
	for status, n := range rest {
		to <- prometheus.MustNewConstMetric(mlserverREST, prometheus.CounterValue, float64(n), http.MethodPost, "/v2/models/{model_name}/infer", strconv.Itoa(status), "dasier")
	}
	for _, model := range slices.Sorted(maps.Keys(perModel)) {
		for s, t := range perModel[model] {
			to <- prometheus.MustNewConstHistogram(kserveStages[s], t.count, t.seconds(), t.buckets, model)
		}
		t := explained[model]
		to <- prometheus.MustNewConstHistogram(kserveExplained, t.count, t.seconds(), t.buckets, model)
	}
}

// list is all endpoints' meters in the order of their names.
func (m *meters) list() []*endpointMeters {
	var list []*endpointMeters
	m.all.Range(func(_, kept any) bool {
		list = append(list, kept.(*endpointMeters)) //nolint:forcetypeassert // nothing else is stored
		return true
	})
	slices.SortFunc(list, func(a, b *endpointMeters) int {
		if order := strings.Compare(a.endpoint, b.endpoint); order != 0 {
			return order
		}
		return strings.Compare(a.version, b.version)
	})
	return list
}

func (e *endpointMeters) collect(to chan<- prometheus.Metric, sum *summary) {
	count := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, append([]string{e.endpoint, e.version}, labels...)...)
	}
	us := func(ns uint64) float64 { return float64(ns / 1000) }
	for p := range sum.ways {
		w, label := &sum.ways[p], protocol(p).label()
		if w.duration.count > 0 {
			to <- prometheus.MustNewConstHistogram(duration, w.duration.count, w.duration.seconds(), w.duration.buckets, e.endpoint, e.version, label)
		}
		if w.succeeded.Count > 0 {
			count(answered, float64(w.succeeded.Count), label, "200")
		}
	}
	count(rowsTotal, float64(sum.rows))
	succeeded := sum.succeeded()
	for name, v := range map[string]float64{
		"request_success": float64(succeeded.Count), "exec_count": float64(succeeded.Count), "count": float64(sum.rows),
		"request_duration_us": us(succeeded.Ns), "queue_duration_us": us(sum.queued),
		"compute_input_duration_us": us(sum.stages[reading].ns), "compute_infer_duration_us": us(sum.stages[computing].ns),
		"compute_output_duration_us": us(sum.stages[writing].ns),
	} {
		count(tritonCount[name], v)
	}
	failed := sum.failed.Count
	count(tritonFailures, float64(sum.refused), "REJECTED")
	count(tritonFailures, float64(sum.canceled), "CANCELED")
	count(tritonFailures, float64(failed-min(sum.refused+sum.canceled, failed)), "OTHER")
	count(mlserverSuccess, float64(succeeded.Count))
	count(mlserverFailure, float64(failed))
	pending := float64(sum.pending)
	to <- prometheus.MustNewConstMetric(tritonPending, prometheus.GaugeValue, pending, e.endpoint, e.version)
	to <- prometheus.MustNewConstMetric(inFlight, prometheus.GaugeValue, pending, e.endpoint, e.version)
	for s := range sum.stages {
		t := &sum.stages[s]
		to <- prometheus.MustNewConstHistogram(stageSeconds, t.count, t.seconds(), t.buckets, e.endpoint, e.version, stageNames[s])
	}
}

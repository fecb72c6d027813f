package infer

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"dasier/api/infer/wire"
	"dasier/delivery/serve"
	"dasier/fault"
)

// seen is an endpoint that the caller may ask.
type seen struct {
	name    string
	meta    serve.Meta
	problem error // why it does not answer just now
}

// place is where permissions differ: a token may be for one environment.
type place struct {
	project     int64
	environment string
}

// visible lists the endpoints that the caller may ask: the public ones and
// those of projects where predict is permitted.
func (h *Handler) visible(r *http.Request) ([]seen, error) {
	var all []seen
	for _, endpoint := range h.engine.Endpoints() {
		all = append(all, seen{name: endpoint.Name, meta: endpoint.Meta})
	}
	for _, name := range h.cfg.Remotes() {
		if remote, ok := h.cfg.Remote(name); ok {
			all = append(all, seen{name, remote.Meta, remote.Problem})
			remote.release()
		}
	}
	slices.SortFunc(all, func(a, b seen) int { return strings.Compare(a.name, b.name) })
	allowed := map[place]bool{}
	charged := false
	var list []seen
	for _, one := range all {
		at := place{int64(one.meta.Project), one.meta.Environment}
		may, asked := allowed[at]
		if !one.meta.Public && !asked {
			var client Client
			var err error
			if client, may, err = h.may(r, &one.meta); err != nil {
				return nil, err
			}
			if client.limited() && !charged { // the list is one request
				charged = true
				if err := h.take(r, client, knowing); err != nil {
					return nil, err
				}
			}
			allowed[at] = may
		}
		if one.meta.Public || may {
			list = append(list, one)
		}
	}
	return list, nil
}

// may tells whether the request may ask an endpoint, and who asks. A token that is
// wrong is an error, as everywhere.
func (h *Handler) may(r *http.Request, meta *serve.Meta) (Client, bool, error) {
	client, err := h.authorize(r, meta)
	switch {
	case err == nil:
		return client, true, nil
	case fault.Is(err, fault.Unauthenticated) && presentsToken(r):
		return Client{}, false, err
	case fault.Is(err, fault.Missing), fault.Is(err, fault.Unauthenticated), fault.Is(err, fault.Denied):
		return Client{}, false, nil
	}
	return Client{}, false, err
}

// indexEntry is a model in the repository index.
type indexEntry struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	State   string `json:"state"`
	Reason  string `json:"reason"`
}

// index lists the models; with onlyReady those that answer.
func (h *Handler) index(r *http.Request, onlyReady bool) ([]indexEntry, error) {
	visible, err := h.visible(r)
	if err != nil {
		return nil, err
	}
	list := []indexEntry{}
	for _, one := range visible {
		entry := indexEntry{Name: one.name, Version: strconv.Itoa(one.meta.Version), State: "READY"}
		if one.problem != nil {
			entry.State, entry.Reason = "UNAVAILABLE", fault.Message(one.problem)
		}
		if !onlyReady || one.problem == nil {
			list = append(list, entry)
		}
	}
	return list, nil
}

func (h *Handler) repositoryIndex(w http.ResponseWriter, r *http.Request) {
	c := h.borrow()
	defer h.giveBack(c)
	if err := h.readBody(w, r, c); err != nil {
		h.writeError(w, r, err)
		return
	}
	onlyReady := false
	if len(c.body) > 0 {
		body, err := h.parse(c, c.body)
		if err != nil {
			h.writeError(w, r, err)
			return
		}
		onlyReady = body.GetBool("ready")
	}
	list, err := h.index(r, onlyReady)
	if err != nil {
		h.writeError(w, r, err)
		return
	}
	h.writeJSON(w, r, http.StatusOK, "application/json", list)
}

// known is admit for those who want nothing but to know that an endpoint is
// there and theirs to ask.
func (h *Handler) known(header http.Header, r *http.Request, name string) error {
	if h.cfg.Remote != nil {
		if remote, ok := h.cfg.Remote(name); ok {
			defer remote.release()
			_, err := h.admit(knowing, header, r, name, &remote.Meta)
			return err
		}
	}
	_, err := h.findNamed(header, r, name)
	return err
}

// load has nothing to do for an endpoint that answers: it is loaded. What is
// not there is deployed, not loaded.
func (h *Handler) load(w http.ResponseWriter, r *http.Request) {
	if err := h.known(w.Header(), r, chi.URLParam(r, "endpoint")); err != nil {
		h.writeError(w, r, err)
		return
	}
	h.writeJSON(w, r, http.StatusOK, "application/json", struct{}{})
}

func (h *Handler) unload(w http.ResponseWriter, r *http.Request) {
	name := chi.URLParam(r, "endpoint")
	err := h.known(w.Header(), r, name)
	if err == nil {
		err = notUnloaded(name)
	}
	h.writeError(w, r, err)
}

func notUnloaded(name string) error {
	return refuse(http.StatusBadRequest, "endpoint %s cannot be unloaded here: it answers for as long as its environment has a deployment (deploy another version, roll back, or stop the environment)", clip(name))
}

// modelStatistics is a model version's statistics in REST's form.
type modelStatistics struct {
	Name           string                   `json:"name"`
	Version        string                   `json:"version"`
	LastInference  uint64                   `json:"last_inference"`
	InferenceCount uint64                   `json:"inference_count"`
	ExecutionCount uint64                   `json:"execution_count"`
	InferenceStats map[string]wire.Duration `json:"inference_stats"`
	ResponseStats  struct{}                 `json:"response_stats"`
	BatchStats     []struct{}               `json:"batch_stats"`
	MemoryUsage    []struct{}               `json:"memory_usage"`
}

// statistics are the counters of an endpoint's versions since the server
// started; those of one version, if it is said.
func (h *Handler) statistics(name, version string) []wire.Statistics {
	var list []wire.Statistics
	for _, e := range h.meters.list() {
		if e.endpoint == name && (version == "" || e.version == version) {
			list = append(list, h.statisticsOfOne(e))
		}
	}
	return list
}

func (h *Handler) statisticsOfOne(e *endpointMeters) wire.Statistics {
	sum := e.sum()
	succeeded := sum.succeeded()
	s := wire.Statistics{
		Name: e.endpoint, Version: e.version, Inferences: sum.rows, Executions: succeeded.Count, Success: succeeded, Fail: sum.failed,
		Queue: wire.Duration{Count: succeeded.Count, Ns: sum.queued},
	}
	if sum.last > 0 {
		s.LastInference = uint64(max(time.Now().Add(time.Duration(sum.last)-time.Since(h.made)).UnixMilli(), 0))
	}
	for at, d := range map[stage]*wire.Duration{reading: &s.Input, computing: &s.Infer, writing: &s.Output} {
		*d = wire.Duration{Count: succeeded.Count, Ns: sum.stages[at].ns}
	}
	return s
}

func (h *Handler) modelStatistics(w http.ResponseWriter, r *http.Request) {
	name, version := chi.URLParam(r, "endpoint"), chi.URLParam(r, "version")
	list, err := h.statisticsOf(w.Header(), r, name, version)
	if err != nil {
		h.writeError(w, r, err)
		return
	}
	h.writeStatistics(w, r, list)
}

func (h *Handler) allStatistics(w http.ResponseWriter, r *http.Request) {
	list, err := h.statisticsOf(w.Header(), r, "", "")
	if err != nil {
		h.writeError(w, r, err)
		return
	}
	h.writeStatistics(w, r, list)
}

// statisticsOf is what may be told to the caller; without a name, of all.
func (h *Handler) statisticsOf(header http.Header, r *http.Request, name, version string) ([]wire.Statistics, error) {
	if name == "" {
		visible, err := h.visible(r)
		if err != nil {
			return nil, err
		}
		var list []wire.Statistics
		for _, one := range visible {
			list = append(list, h.statisticsNow(one.name, strconv.Itoa(one.meta.Version))...)
		}
		return list, nil
	}
	if err := h.known(header, r, name); err != nil {
		return nil, err
	}
	list := h.statistics(name, version)
	if len(list) > 0 {
		return list, nil
	}
	f, err := h.findNamed(header, r, name)
	if err == nil { // an endpoint that nobody has asked yet has statistics, too
		if err := f.isVersion(version); err != nil {
			return nil, err
		}
		list = h.statistics(name, version)
	}
	return list, nil
}

// statisticsNow are the current version's, be they empty.
func (h *Handler) statisticsNow(name, version string) []wire.Statistics {
	if list := h.statistics(name, version); len(list) > 0 {
		return list
	}
	return []wire.Statistics{{Name: name, Version: version}}
}

func (h *Handler) writeStatistics(w http.ResponseWriter, r *http.Request, list []wire.Statistics) {
	models := make([]modelStatistics, len(list))
	for i := range list {
		s := &list[i]
		models[i] = modelStatistics{
			Name: s.Name, Version: s.Version, LastInference: s.LastInference, InferenceCount: s.Inferences, ExecutionCount: s.Executions,
			InferenceStats: map[string]wire.Duration{
				"success": s.Success, "fail": s.Fail, "queue": s.Queue, "compute_input": s.Input, "compute_infer": s.Infer, "compute_output": s.Output,
				"cache_hit": s.NoCache, "cache_miss": s.NoCache,
			},
			BatchStats: []struct{}{}, MemoryUsage: []struct{}{},
		}
	}
	h.writeJSON(w, r, http.StatusOK, "application/json", map[string]any{"model_stats": models})
}

package infer

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"
)

// Routes mounts the handler at its addresses.
func (h *Handler) Routes(r chi.Router) {
	const endpoint = "/api/v1/endpoints/{endpoint}"
	r.Get(endpoint, h.route(h.describe, h.describeRemote))
	r.Options(endpoint, h.preflight)
	h.post(r, endpoint+"/predict", question{console, h.predict, h.writeProblem})
	h.scoring(r, endpoint)

	r.Get("/v2", h.serverMetadata)
	r.Get("/v2/", h.serverMetadata)
	r.Get("/v2/health/live", h.live)
	r.Get("/v2/health/ready", h.ready)
	for _, model := range []string{"/v2/models/{endpoint}", "/v2/models/{endpoint}/versions/{version}"} {
		r.Get(model, h.passed(h.modelMetadata, openInference, h.writeError))
		r.Options(model, h.preflight)
		r.Get(model+"/ready", h.passed(h.modelReady, openInference, h.writeError))
		h.post(r, model+"/infer", question{openInference, h.infer, h.writeError})
		r.Get(model+"/stats", h.modelStatistics)
		r.Get(model+"/docs", h.docsPage)
		r.Get(model+"/docs/dataplane.json", h.docsOpenAPI)
	}
	r.Get("/v2/docs/{file}", h.docsFile)
	r.Get("/v2/models/stats", h.allStatistics)
	r.Post("/v2/repository/index", h.repositoryIndex)
	r.Post("/v2/repository/models/{endpoint}/load", h.load)
	r.Post("/v2/repository/models/{endpoint}/unload", h.unload)
	h.grpcRoutes(r)

	r.Get("/v1/models", h.kserveModels)
	r.Get("/v1/models/{endpoint}", h.passed(h.kserveModel, kserve, h.writeError))
	h.post(r, "/v1/models/{endpoint}:predict", question{kserve, h.kservePredict, h.writeError})
	h.post(r, "/v1/models/{endpoint}:explain", question{kserve, h.kserveExplain, h.writeError})
}

// post mounts a question, and what browsers of other origins ask before it.
func (h *Handler) post(r chi.Router, path string, q question) {
	r.Post(path, h.asks(q))
	r.Options(path, h.preflight)
}

// scoring mounts MLflow's scoring protocol below a path, so that its clients
// take the path as the server's address.
func (h *Handler) scoring(r chi.Router, base string) {
	h.post(r, base+"/invocations", question{mlflow, h.invocations, h.writeScoringError})
	r.Get(base+"/ping", h.passed(h.scoringPing, mlflow, h.writeScoringError))
	r.Get(base+"/health", h.passed(h.scoringPing, mlflow, h.writeScoringError))
	r.Get(base+"/version", h.passed(h.scoringVersion, mlflow, h.writeScoringError))
}

// Single mounts what servers of one model have at their root: MLflow's scoring
// protocol for this endpoint, and its names for health, which probes ask without
// a token. These are no addresses of a server with many models.
func (h *Handler) Single(r chi.Router, endpoint string) {
	q := question{mlflow, h.invocations, h.writeScoringError}
	r.Post("/invocations", func(w http.ResponseWriter, r *http.Request) { h.ask(w, r, &q, endpoint, "") })
	for _, path := range []string{"/ping", "/health"} {
		r.Get(path, func(w http.ResponseWriter, _ *http.Request) {
			if !h.cfg.Ready() {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			h.writePlain(w, "")
		})
	}
	r.Get("/version", func(w http.ResponseWriter, _ *http.Request) { h.writePlain(w, h.cfg.Version) })
}

// IsStream tells requests that go on for as long as the client likes: a server
// that stops has to end them.
func IsStream(r *http.Request) bool {
	return strings.HasSuffix(r.URL.Path, "/ModelStreamInfer") || strings.HasSuffix(r.URL.Path, "/ServerReflectionInfo") || strings.HasSuffix(r.URL.Path, "/grpc.health.v1.Health/Watch")
}

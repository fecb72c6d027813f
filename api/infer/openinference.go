package infer

import (
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"dasier/fault"
	"dasier/ml/frame"
)

// extensions are what we have of the protocol's.
var extensions = []string{"binary_tensor_data", "model_repository", "statistics", "parameters"}

type serverMetadata struct {
	Name       string   `json:"name"`
	Version    string   `json:"version"`
	Extensions []string `json:"extensions"`
}

func (h *Handler) serverMetadata(w http.ResponseWriter, r *http.Request) {
	h.writeJSON(w, r, http.StatusOK, "application/json", serverMetadata{Name: "dasier", Version: h.cfg.Version, Extensions: extensions})
}

func (h *Handler) live(w http.ResponseWriter, r *http.Request) {
	h.writeJSON(w, r, http.StatusOK, "application/json", map[string]bool{"live": true})
}

// ready tells both names: the protocol's text prints "live" here, its clients
// look at the status.
func (h *Handler) ready(w http.ResponseWriter, r *http.Request) {
	status, ready := http.StatusOK, h.cfg.Ready()
	if !ready {
		status = http.StatusServiceUnavailable
	}
	h.writeJSON(w, r, status, "application/json", map[string]bool{"live": true, "ready": ready})
}

type tensorMetadata struct {
	Name     string `json:"name"`
	Datatype string `json:"datatype"`
	Shape    []int  `json:"shape"`
}

type modelMetadata struct {
	Name     string           `json:"name"`
	Versions []string         `json:"versions"`
	Platform string           `json:"platform"`
	Inputs   []tensorMetadata `json:"inputs"`
	Outputs  []tensorMetadata `json:"outputs"`
}

func (h *Handler) modelMetadata(w http.ResponseWriter, r *http.Request) {
	f, err := h.findVersion(w.Header(), r)
	if err != nil {
		h.writeError(w, r, err)
		return
	}
	h.writeJSON(w, r, http.StatusOK, "application/json", f.metadata())
}

// platform is what runs models here.
const platform = "dasier"

func (f *endpointFace) metadata() modelMetadata {
	program := f.endpoint.Program()
	meta := modelMetadata{Name: f.endpoint.Name, Versions: []string{strconv.Itoa(f.endpoint.Version)}, Platform: platform}
	for i := range program.Inputs() {
		in := &program.Inputs()[i]
		meta.Inputs = append(meta.Inputs, tensorMetadata{Name: in.Name, Datatype: datatypeOf(in.Kind), Shape: []int{-1}})
	}
	meta.Outputs = f.outputMetadata()
	return meta
}

// datatypeOf is the tensor type that suits an input best; infer takes others
// as well. Times travel as text, as they do in our own protocol.
func datatypeOf(kind frame.Kind) string {
	switch kind {
	case frame.Category, frame.Time:
		return "BYTES"
	case frame.Bool:
		return "BOOL"
	default:
		return "FP64"
	}
}

func (h *Handler) modelReady(w http.ResponseWriter, r *http.Request) {
	f, err := h.findVersion(w.Header(), r)
	if err != nil {
		h.writeError(w, r, err)
		return
	}
	h.writeJSON(w, r, http.StatusOK, "application/json", map[string]any{"name": f.endpoint.Name, "ready": true})
}

// findVersion is find for addresses that may name a version: only the one that
// serves can be asked.
func (h *Handler) findVersion(header http.Header, r *http.Request) (*endpointFace, error) {
	f, _, err := h.findFor(knowing, header, r, chi.URLParam(r, "endpoint"), chi.URLParam(r, "version"))
	return f, err
}

func (f *endpointFace) isVersion(asked string) error {
	if asked != "" && asked != strconv.Itoa(f.endpoint.Version) {
		return fault.Errorf(fault.Missing, "endpoint %s serves version %d, not %q", f.endpoint.Name, f.endpoint.Version, clip(asked))
	}
	return nil
}

// writeError answers in the protocol's form, and tells the status. The
// protocol knows no 422: wrong input is 400.
func (h *Handler) writeError(w http.ResponseWriter, r *http.Request, err error) int {
	status := h.refused(w, r, err)
	if status == http.StatusUnprocessableEntity {
		status = http.StatusBadRequest
	}
	h.writeJSON(w, r, status, "application/json", map[string]string{"error": fault.Message(err)})
	return status
}

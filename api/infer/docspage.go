package infer

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"dasier/api/infer/docs"
	"dasier/fault"
)

// docsPage is the page of a model, for programmers.
func (h *Handler) docsPage(w http.ResponseWriter, r *http.Request) {
	m, ok := h.documented(w, r)
	if !ok {
		return
	}
	page, err := m.Page(baseOf(r))
	if err != nil {
		h.writeError(w, r, err)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", docs.Policy)
	header.Set("Referrer-Policy", "same-origin")
	header.Set("X-Content-Type-Options", "nosniff")
	header["Cache-Control"] = h.meters.noStore
	_, _ = w.Write(page) // the client is gone when this fails
}

func (h *Handler) docsOpenAPI(w http.ResponseWriter, r *http.Request) {
	m, ok := h.documented(w, r)
	if !ok {
		return
	}
	document, err := m.OpenAPI(baseOf(r))
	if err != nil {
		h.writeError(w, r, err)
		return
	}
	header := w.Header()
	header["Content-Type"], header["Cache-Control"] = h.meters.jsonType, h.meters.noStore
	_, _ = w.Write(document) // the client is gone when this fails
}

// docsFile hands out the page's style and script.
func (h *Handler) docsFile(w http.ResponseWriter, r *http.Request) {
	content, contentType, ok := docs.File(chi.URLParam(r, "file"))
	if !ok {
		h.writeError(w, r, fault.Errorf(fault.Missing, "there is no such file"))
		return
	}
	header := w.Header()
	header.Set("Content-Type", contentType)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "public, max-age=300")
	_, _ = w.Write(content) // the client is gone when this fails
}

// documented finds what the documentation is made from; false after an error
// was answered.
func (h *Handler) documented(w http.ResponseWriter, r *http.Request) (*docs.Model, bool) {
	info, err := h.infoOf(w, r)
	var m *docs.Model
	if err == nil {
		m, err = docs.Read(info)
	}
	if err != nil {
		h.writeError(w, r, err)
		return nil, false
	}
	return m, true
}

// infoOf is what the endpoint says of itself, here or in another process.
func (h *Handler) infoOf(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	name := chi.URLParam(r, "endpoint")
	if h.cfg.Remote != nil {
		if remote, ok := h.cfg.Remote(name); ok {
			defer remote.release()
			if _, err := h.admit(knowing, w.Header(), r, name, &remote.Meta); err != nil {
				return nil, err
			}
			return h.remoteInfo(w, r, &remote)
		}
	}
	f, err := h.findVersion(w.Header(), r)
	if err != nil {
		return nil, err
	}
	return f.info, nil
}

// baseOf is the address that the request came to. A proxy that ends TLS says
// so, or the page tells an address without.
func baseOf(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

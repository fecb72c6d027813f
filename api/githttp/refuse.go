package githttp

import (
	"errors"
	"net/http"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/git"
)

var statusOf = map[fault.Kind]int{
	fault.Invalid: http.StatusBadRequest, fault.Unauthenticated: http.StatusUnauthorized, fault.Denied: http.StatusForbidden,
	fault.Missing: http.StatusNotFound, fault.Conflict: http.StatusConflict, fault.Limited: http.StatusTooManyRequests,
	fault.Unavailable: http.StatusServiceUnavailable,
}

// refuse answers with an error, in plain text, which git shows to the person
// after "remote: ".
//
// Nobody in particular is always asked who they are, whether the project exists
// or not: that is how git comes to send a name and password, and what an
// outsider cannot tell from a project that does not exist.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, actor auth.Actor, err error) {
	if errors.Is(err, git.ErrProtocol) || errors.Is(err, git.ErrTooLarge) {
		err = fault.Errorf(fault.Invalid, "%s", err.Error())
	}
	kind := fault.KindOf(err)
	if !actor.SignedIn() && (kind == fault.Missing || kind == fault.Denied) {
		kind = fault.Unauthenticated
		err = actor.RequireSignedIn()
	}
	status, known := statusOf[kind]
	if !known {
		status = http.StatusInternalServerError
		h.cfg.Log.ErrorContext(r.Context(), "git request failed", "path", r.URL.Path, "error", err)
	}
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="`+h.cfg.Realm+`", charset="UTF-8"`)
	}
	w.Header().Del("Cache-Control")
	http.Error(w, fault.Message(err), status)
}

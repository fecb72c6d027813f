package gitlab

import (
	"context"
	"net/http"
	"time"

	"dasier/ci"
	"dasier/fault"
)

type requestBody struct {
	credentials

	SystemID   string `json:"system_id"`
	LastUpdate string `json:"last_update"`
}

// request gives a runner a job, or holds the request until there may be one. A
// runner that has not told which state of the queue it knows is answered at once
// with that state, and is held the next time.
func (f *Face) request(w http.ResponseWriter, r *http.Request) {
	var body requestBody
	token, err := read(r, "Runner-Token", &body)
	if err != nil {
		f.refuseRequest(w, r, err)
		return
	}
	// The queue's version is taken before looking into it: a job queued in
	// between changes the version, and is found the next time.
	version := f.ci.QueueVersion()
	hold := body.LastUpdate == version
	deadline := time.Now().Add(f.cfg.Poll)
	for {
		assignment, err := f.ci.RequestJob(r.Context(), token, body.Info)
		if err != nil {
			f.refuseRequest(w, r, err)
			return
		}
		if assignment != nil {
			f.hand(w, r, assignment)
			return
		}
		left := time.Until(deadline)
		if !hold || left <= 0 || r.Context().Err() != nil {
			w.Header().Set("X-GitLab-Last-Update", version)
			w.WriteHeader(http.StatusNoContent)
			return
		}
		f.ci.Wait(r.Context(), version, min(left, f.cfg.Look))
		version = f.ci.QueueVersion()
	}
}

// hand answers with the job, or gives it back when the runner went away while
// it was being chosen. If the answer itself gets lost, the sweeper gives it back.
func (f *Face) hand(w http.ResponseWriter, r *http.Request, a *ci.Assignment) {
	if r.Context().Err() != nil {
		if err := f.ci.GiveBack(context.WithoutCancel(r.Context()), a); err != nil {
			f.cfg.Log.ErrorContext(r.Context(), "job not given back", "job", a.Job.ID, "error", err)
		}
		return
	}
	w.Header().Set("X-GitLab-Last-Update", f.ci.QueueVersion())
	answer(w, http.StatusCreated, payloadOf(a))
}

// refuseRequest keeps 403 for dead tokens; whatever else is wrong passes, and
// the runner is to come again.
func (f *Face) refuseRequest(w http.ResponseWriter, r *http.Request, err error) {
	switch fault.KindOf(err) {
	case fault.Denied, fault.Invalid, fault.Limited:
		f.refuse(w, r, err)
	case fault.Conflict:
		answer(w, http.StatusConflict, map[string]string{"message": "409 Conflict"})
	default:
		if !gone(r.Context(), err) {
			f.cfg.Log.ErrorContext(r.Context(), "no job could be given", "error", err)
		}
		w.Header().Set("Retry-After", "5")
		answer(w, http.StatusServiceUnavailable, map[string]string{"message": "503 Service Unavailable"})
	}
}

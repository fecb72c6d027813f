package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"dasier/ci"
	"dasier/delivery/deploy"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// stream writes server-sent events (WHATWG HTML, section 9.2).
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func newStream(w http.ResponseWriter) *stream {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	return &stream{w, http.NewResponseController(w)}
}

func (s *stream) send(event, id string, data any) error {
	encoded, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("encoding an event: %w", err)
	}
	if id != "" {
		id = "id: " + id + "\n"
	}
	if _, err := fmt.Fprintf(s.w, "event: %s\n%sdata: %s\n\n", event, id, encoded); err != nil {
		return err
	}
	return s.control.Flush()
}

func (s *stream) beat() error {
	if _, err := fmt.Fprint(s.w, ": still here\n\n"); err != nil {
		return err
	}
	return s.control.Flush()
}

type changeView struct {
	Kind       string        `json:"kind"`
	ProjectID  project.ID    `json:"project_id"`
	PipelineID ci.PipelineID `json:"pipeline_id,omitempty"`
	JobID      ci.JobID      `json:"job_id,omitempty"`
	Status     ci.Status     `json:"status,omitempty"`
	Number     int           `json:"number,omitempty"`

	Environment string    `json:"environment,omitempty"`
	Deployment  deploy.ID `json:"deployment_id,omitempty"`
}

func (a *API) liveRoutes() {
	a.plain(foreign{
		method: http.MethodGet, path: "/events", summary: "Changes as they happen, for live pages", gives: "text/event-stream",
	}, func(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
		if err := actor.RequireSignedIn(); err != nil {
			return err
		}
		a.changes(w, r, actor)
		return nil
	})
	a.raw(foreign{
		method: http.MethodGet, path: "/projects/{project}/jobs/{id}/log/stream", summary: "A job's log as it grows", gives: "text/event-stream",
		query: []asked{{name: "offset", about: "where to begin; Last-Event-ID goes before it"}},
	}, a.logStream)
}

// changes streams what happens in the projects that the actor may see.
func (a *API) changes(w http.ResponseWriter, r *http.Request, actor auth.Actor) {
	sub := a.CI.Subscribe()
	defer sub.Close()
	deployments := a.Deploy.Subscribe()
	defer deployments.Close()
	s := newStream(w)
	beats := time.NewTicker(a.Heartbeat)
	defer beats.Stop()
	visible := map[project.ID]bool{}
	mayRead := func(id project.ID) bool {
		may, known := visible[id]
		if !known {
			may = a.Projects.May(r.Context(), actor, id, auth.ReadPipeline) == nil
			visible[id] = may
		}
		return may
	}
	err := s.beat()
	for err == nil {
		select {
		case <-r.Context().Done():
			return
		case <-beats.C:
			clear(visible) // roles change
			if actor, err = a.still(r); err == nil {
				err = s.beat()
			}
		case c := <-sub.C:
			if c.Kind != "log" && mayRead(c.Project) {
				err = s.send(c.Kind, "", changeView{Kind: c.Kind, ProjectID: c.Project, PipelineID: c.Pipeline, JobID: c.Job, Status: c.Status, Number: c.Number})
			}
		case d := <-deployments.C:
			if mayRead(d.Project) {
				err = s.send("deployment", "", changeView{Kind: "deployment", ProjectID: d.Project, Environment: d.Environment, Deployment: d.Deployment, Status: ci.Status(d.State)})
			}
		}
	}
}

// logStream streams a log from the wanted offset until the job is over.
func (a *API) logStream(w http.ResponseWriter, r *http.Request, actor auth.Actor, p project.Project) error {
	job, err := number(r, "id")
	if err != nil {
		return err
	}
	offset := startOffset(r)
	sub := a.CI.Subscribe()
	defer sub.Close()
	part, err := a.CI.Log(r.Context(), actor, p.ID, ci.JobID(job), offset)
	if err != nil {
		return err
	}
	s := newStream(w)
	beats := time.NewTicker(a.Heartbeat)
	defer beats.Stop()
	for {
		view := viewLog(part)
		if view.Text != "" {
			if s.send("log", strconv.FormatInt(view.NextOffset, 10), view) != nil {
				return nil // the reader went away
			}
		}
		if part.Complete {
			_ = s.send("end", "", map[string]any{"status": part.Status})
			return nil
		}
		if part.Next == view.NextOffset && len(part.Text) > 0 {
			// There may be more at once.
		} else if !a.awaitLog(r, s, sub, beats, ci.JobID(job), &actor) {
			return nil
		}
		if part, err = a.CI.Log(r.Context(), actor, p.ID, ci.JobID(job), view.NextOffset); err != nil {
			a.Logger.DebugContext(r.Context(), "a log stream ended", "error", err)
			return nil
		}
	}
}

// still tells who reads a stream, if they still may be someone here. What they
// may see is asked with every change.
func (a *API) still(r *http.Request) (auth.Actor, error) {
	actor, err := a.Identity.Again(r)
	if err == nil {
		err = actor.RequireSignedIn()
	}
	return actor, err
}

// awaitLog returns when the job has news or a heartbeat is due, which also looks
// who the reader is by now; false when they have gone.
func (a *API) awaitLog(r *http.Request, s *stream, sub *ci.Subscription, beats *time.Ticker, job ci.JobID, reader *auth.Actor) bool {
	for {
		select {
		case <-r.Context().Done():
			return false
		case <-beats.C:
			var err error
			*reader, err = a.still(r)
			return err == nil && s.beat() == nil
		case c := <-sub.C:
			if c.Job == job {
				return true
			}
		}
	}
}

// startOffset is where a reader left off: what it asks for, or what it had
// before its connection broke.
func startOffset(r *http.Request) int64 {
	for _, text := range []string{r.Header.Get("Last-Event-ID"), r.URL.Query().Get("offset")} {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= 0 {
			return n
		}
	}
	return 0
}

package console

import (
	"context"
	"net/http"
	"time"

	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/ml/format/mlflow"
	"dasier/model/track"
)

type runModelView struct {
	Name    string `json:"name"`
	Version int    `json:"version"`
}

type runView struct {
	ID         int64             `json:"id"`
	Name       string            `json:"name"`
	Status     track.Status      `json:"status" enum:"finished,failed"`
	Commit     string            `json:"commit"`
	JobID      *int64            `json:"job_id"`
	User       string            `json:"user"`
	CreatedAt  time.Time         `json:"created_at"`
	FinishedAt *time.Time        `json:"finished_at"`
	Params     map[string]string `json:"params"`
	Metrics    []mlflow.Metric   `json:"metrics"`
	Candidates []track.Candidate `json:"candidates"`
	Model      *runModelView     `json:"model,omitempty"`
}

func viewRun(r track.Run) runView {
	view := runView{
		ID: r.ID, Name: r.Name, Status: r.Status, Commit: r.Commit, JobID: some(r.Job), User: r.Username, CreatedAt: r.CreatedAt, FinishedAt: moment(r.FinishedAt),
		Params: words(r.Params), Metrics: append([]mlflow.Metric{}, r.Metrics...), Candidates: append([]track.Candidate{}, r.Candidates...),
	}
	for i := range view.Candidates {
		view.Candidates[i].Params = words(view.Candidates[i].Params)
	}
	if r.Model != "" {
		view.Model = &runModelView{r.Model, r.ModelVersion}
	}
	return view
}

// words is a map that encodes as {} when it is empty.
func words(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

type recordRunInput struct {
	InProject
	Body struct {
		Name       string            `json:"name"`
		Status     string            `json:"status" enum:"finished,failed"`
		Commit     string            `json:"commit" required:"false"`
		StartedAt  *time.Time        `json:"started_at" required:"false"`
		Params     map[string]string `json:"params" required:"false"`
		Metrics    []mlflow.Metric   `json:"metrics" required:"false"`
		Candidates []track.Candidate `json:"candidates" required:"false"`
		Model      *runModelView     `json:"model" required:"false"`
	}
}

func (a *API) runRoutes() {
	const base = "/projects/{project}/runs"
	route(a, http.MethodGet, base, "Training runs, newest first", func(ctx context.Context, actor auth.Actor, q *struct {
		InProject
		Paging
	},
	) (list[runView], error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (list[runView], error) {
			runs, total, err := a.Track.Runs(ctx, actor, p.ID, q.offset(), q.PerPage)
			return list[runView]{mapped(runs, viewRun), total}, err
		})
	})
	route(a, http.MethodGet, base+"/{id}", "A training run", func(ctx context.Context, actor auth.Actor, q *struct {
		InProject
		ID int64 `path:"id"`
	},
	) (runView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (runView, error) {
			r, err := a.Track.Run(ctx, actor, p.ID, q.ID)
			return viewRun(r), err
		})
	})
	route(a, http.MethodPost, base, "Record a training run that has ended", func(ctx context.Context, actor auth.Actor, q *recordRunInput) (runView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (runView, error) {
			b := q.Body
			r := track.Run{Project: p.ID, Name: b.Name, Status: track.Status(b.Status), Commit: b.Commit, Params: b.Params, Metrics: b.Metrics, Candidates: b.Candidates}
			if b.StartedAt != nil {
				r.CreatedAt = b.StartedAt.UTC()
			}
			if b.Model != nil {
				r.Model, r.ModelVersion = b.Model.Name, b.Model.Version
			}
			r, err := a.Track.Record(ctx, actor, r)
			return viewRun(r), err
		})
	}, http.StatusCreated)
}

package console

import (
	"context"
	"net/http"
	"time"

	"dasier/ci"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// PipelineSummary is a pipeline in a list.
type PipelineSummary struct {
	ID         ci.PipelineID `json:"id"`
	Status     ci.Status     `json:"status" enum:"created,pending,running,canceling,success,failed,canceled,skipped,manual"`
	Ref        string        `json:"ref"`
	SHA        string        `json:"sha"`
	Title      string        `json:"title" doc:"of the commit"`
	Source     ci.Source     `json:"source" enum:"push,merge,api"`
	User       string        `json:"user"`
	CreatedAt  time.Time     `json:"created_at"`
	StartedAt  *time.Time    `json:"started_at"`
	FinishedAt *time.Time    `json:"finished_at"`
	Duration   *float64      `json:"duration" doc:"seconds"`
	Error      string        `json:"error,omitempty" doc:"why it failed before it had jobs"`
}

func (a *API) viewPipelineSummary(p *ci.Pipeline) PipelineSummary {
	return PipelineSummary{
		ID: p.ID, Status: p.Status, Ref: p.Ref, SHA: p.SHA, Title: p.Commit.Title, Source: p.Source, User: p.Username,
		CreatedAt: p.Created, StartedAt: moment(p.Started), FinishedAt: moment(p.Finished),
		Duration: seconds(p.Started, p.Duration(time.Now())), Error: p.Error(),
	}
}

type pipelineView struct {
	PipelineSummary
	ProjectID project.ID   `json:"project_id"`
	Name      string       `json:"name,omitempty"`
	Errors    []ci.Problem `json:"errors"`
	Stages    []string     `json:"stages"`
	Jobs      []JobSummary `json:"jobs" doc:"the newest attempt of each"`
}

// JobSummary is a job in a list.
type JobSummary struct {
	ID            ci.JobID   `json:"id"`
	Name          string     `json:"name"`
	Stage         string     `json:"stage"`
	Status        ci.Status  `json:"status" enum:"created,pending,running,canceling,success,failed,canceled,skipped,manual"`
	AllowFailure  bool       `json:"allow_failure"`
	When          string     `json:"when"`
	Needs         []string   `json:"needs"`
	StartedAt     *time.Time `json:"started_at"`
	FinishedAt    *time.Time `json:"finished_at"`
	Duration      *float64   `json:"duration" doc:"seconds"`
	FailureReason string     `json:"failure_reason,omitempty"`
	Environment   string     `json:"environment,omitempty"`
}

func viewJobSummary(j ci.Job) JobSummary {
	return JobSummary{
		ID: j.ID, Name: j.Name, Stage: j.Stage, Status: j.Status, AllowFailure: j.AllowFailure, When: j.When,
		Needs:     mapped(j.Needs, func(n ci.Need) string { return n.Job }),
		StartedAt: moment(j.Started), FinishedAt: moment(j.Finished), Duration: seconds(j.Started, j.Duration(time.Now())),
		FailureReason: string(j.Failure), Environment: j.Environment,
	}
}

func viewPipeline(a *API, state ci.State) pipelineView {
	view := pipelineView{
		PipelineSummary: a.viewPipelineSummary(&state.Pipeline), ProjectID: state.Pipeline.Project, Name: state.Pipeline.Name,
		Errors: append([]ci.Problem{}, state.Pipeline.Problems...), Stages: append([]string{}, state.Pipeline.Stages...), Jobs: []JobSummary{},
	}
	for _, j := range state.Jobs {
		if !j.Retried {
			view.Jobs = append(view.Jobs, viewJobSummary(j))
		}
	}
	return view
}

// InPipeline names a pipeline in a path.
type InPipeline struct {
	InProject
	ID ci.PipelineID `path:"id"`
}

type variableInputView struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

func variables(given []variableInputView) []ci.Variable {
	return mapped(given, func(v variableInputView) ci.Variable { return ci.Variable{Key: v.Key, Value: v.Value} })
}

type createPipelineInput struct {
	InProject
	Body struct {
		Ref       string              `json:"ref" doc:"branch or tag"`
		Variables []variableInputView `json:"variables" required:"false"`
	}
}

func (a *API) pipelineRoutes() {
	const path = "/projects/{project}/pipelines"
	route(a, http.MethodGet, path, "Pipelines, newest first", func(ctx context.Context, actor auth.Actor, q *struct {
		InProject
		Paging
		Ref    string `query:"ref"`
		SHA    string `query:"sha"`
		Status string `query:"status"`
	},
	) (list[PipelineSummary], error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (list[PipelineSummary], error) {
			filter := ci.Filter{Ref: q.Ref, SHA: q.SHA, Status: ci.Status(q.Status), Offset: q.offset(), Limit: q.PerPage}
			pipelines, total, err := a.CI.List(ctx, actor, p.ID, filter)
			return list[PipelineSummary]{mapped(pipelines, func(p ci.Pipeline) PipelineSummary { return a.viewPipelineSummary(&p) }), total}, err
		})
	})
	route(a, http.MethodPost, path, "Start a pipeline", func(ctx context.Context, actor auth.Actor, q *createPipelineInput) (pipelineView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (pipelineView, error) {
			created, err := a.CI.Create(ctx, actor, p.ID, q.Body.Ref, variables(q.Body.Variables))
			if err != nil {
				return pipelineView{}, err
			}
			return a.pipeline(ctx, actor, p.ID, created.ID)
		})
	}, http.StatusCreated)
	route(a, http.MethodGet, path+"/{id}", "A pipeline with its jobs", func(ctx context.Context, actor auth.Actor, q *InPipeline) (pipelineView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (pipelineView, error) {
			return a.pipeline(ctx, actor, p.ID, q.ID)
		})
	})
	for verb, do := range map[string]func(context.Context, auth.Actor, project.ID, ci.PipelineID) (ci.Pipeline, error){
		"cancel": a.CI.Cancel, "retry": a.CI.Retry,
	} {
		route(a, http.MethodPost, path+"/{id}/"+verb, verbs[verb]+" a pipeline", func(ctx context.Context, actor auth.Actor, q *InPipeline) (pipelineView, error) {
			return in(ctx, a, actor, q.Project, func(p project.Project) (pipelineView, error) {
				if _, err := do(ctx, actor, p.ID, q.ID); err != nil {
					return pipelineView{}, err
				}
				return a.pipeline(ctx, actor, p.ID, q.ID)
			})
		})
	}
}

var verbs = map[string]string{"cancel": "Cancel", "retry": "Retry", "play": "Play"}

func (a *API) pipeline(ctx context.Context, actor auth.Actor, p project.ID, id ci.PipelineID) (pipelineView, error) {
	state, err := a.CI.Get(ctx, actor, p, id)
	if err != nil {
		return pipelineView{}, err
	}
	return viewPipeline(a, state), nil
}

// moment is a time that may not have come yet.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	u := t.UTC()
	return &u
}

func seconds(started time.Time, d time.Duration) *float64 {
	if started.IsZero() {
		return nil
	}
	s := d.Seconds()
	return &s
}

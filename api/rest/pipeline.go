package rest

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"dasier/ci"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// pipelineBrief is a pipeline in a list.
type pipelineBrief struct {
	ID        ci.PipelineID `json:"id"`
	IID       ci.PipelineID `json:"iid"`
	ProjectID project.ID    `json:"project_id"`
	Status    ci.Status     `json:"status"`
	Source    string        `json:"source"`
	Ref       string        `json:"ref"`
	SHA       string        `json:"sha"`
	Name      string        `json:"name"`
	WebURL    string        `json:"web_url"`
	CreatedAt *time.Time    `json:"created_at"`
	UpdatedAt *time.Time    `json:"updated_at"`
}

type pipelineView struct {
	pipelineBrief
	BeforeSHA      string     `json:"before_sha"`
	Tag            bool       `json:"tag"`
	YAMLErrors     *string    `json:"yaml_errors"`
	User           personView `json:"user"`
	StartedAt      *time.Time `json:"started_at"`
	FinishedAt     *time.Time `json:"finished_at"`
	CommittedAt    *time.Time `json:"committed_at"`
	Duration       *int64     `json:"duration"`
	QueuedDuration *int64     `json:"queued_duration"`
	Coverage       *string    `json:"coverage"`
}

// sources are GitLab's words for what starts a pipeline. It has none for a merge
// that the server makes: to it that is a push.
var sources = map[ci.Source]string{ci.SourcePush: "push", ci.SourceMerge: "push", ci.SourceAPI: "api"}

func (c *call) viewPipelineBrief(p project.Project, l *ci.Pipeline) pipelineBrief {
	updated := l.Created
	for _, t := range []time.Time{l.Started, l.Finished} {
		if t.After(updated) {
			updated = t
		}
	}
	return pipelineBrief{
		ID: l.ID, IID: l.ID, ProjectID: l.Project, Status: l.Status, Source: sources[l.Source], Ref: l.Ref, SHA: l.SHA, Name: l.Name,
		WebURL: fmt.Sprintf("%s/pipelines/%d", c.projectAddress(p), l.ID), CreatedAt: moment(l.Created), UpdatedAt: moment(updated),
	}
}

func (c *call) viewPipeline(p project.Project, l *ci.Pipeline) pipelineView {
	view := pipelineView{
		pipelineBrief: c.viewPipelineBrief(p, l), BeforeSHA: l.Before, Tag: l.Tag, User: c.viewPerson(l.User, l.Username, ""),
		StartedAt: moment(l.Started), FinishedAt: moment(l.Finished), CommittedAt: moment(l.Commit.Authored),
	}
	if text := l.Error(); text != "" {
		view.YAMLErrors = &text
	}
	if !l.Started.IsZero() {
		took, waited := int64(l.Duration(time.Now())/time.Second), int64(l.Started.Sub(l.Created)/time.Second)
		view.Duration, view.QueuedDuration = &took, &waited
	}
	return view
}

func (c *call) answerPipeline(status int, p project.Project, id ci.PipelineID) error {
	state, err := c.CI.Get(c.ctx, c.actor, p.ID, id)
	if err != nil {
		return missing("Pipeline", err)
	}
	return c.answer(status, c.viewPipeline(p, &state.Pipeline))
}

func (c *call) inPipeline() (project.Project, ci.PipelineID, error) {
	p, err := c.project()
	if err != nil {
		return p, 0, err
	}
	id, err := c.number("pipeline")
	return p, ci.PipelineID(id), err
}

func (c *call) listPipelines() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	q := c.read()
	q.unsupported("scope", "source", "username", "name", "yaml_errors", "updated_after", "updated_before", "created_after", "created_before")
	at := c.page()
	filter := ci.Filter{Ref: q.text("ref"), SHA: q.text("sha"), Status: ci.Status(q.text("status")), Offset: at.Offset, Limit: at.Limit}
	if filter.Status != "" && !slices.Contains(ci.Statuses, filter.Status) {
		q.fail("status", "does not have a valid value")
	}
	if q.err != nil {
		return q.err
	}
	pipelines, total, err := c.CI.List(c.ctx, c.actor, p.ID, filter)
	if err != nil {
		return err
	}
	return listed(c, mapped(pipelines, func(l ci.Pipeline) pipelineBrief { return c.viewPipelineBrief(p, &l) }), total)
}

func (c *call) getPipeline() error {
	p, id, err := c.inPipeline()
	if err != nil {
		return err
	}
	return c.answerPipeline(http.StatusOK, p, id)
}

func (c *call) latestPipeline() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	ref := c.read().text("ref")
	if ref == "" {
		ref = p.DefaultBranch
	}
	pipelines, _, err := c.CI.List(c.ctx, c.actor, p.ID, ci.Filter{Ref: ref, Limit: 1})
	if err != nil {
		return err
	}
	if len(pipelines) == 0 {
		return missing("Pipeline", fault.Errorf(fault.Missing, "no pipeline on %s", ref))
	}
	return c.answer(http.StatusOK, c.viewPipeline(p, &pipelines[0]))
}

func (c *call) createPipeline() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	q := c.read()
	q.unsupported("inputs")
	ref, given := q.needed("ref"), q.jobVariables("variables")
	if q.err != nil {
		return q.err
	}
	made, err := c.CI.Create(c.ctx, c.actor, p.ID, ref, given)
	if fault.Is(err, fault.Missing) {
		return &refusal{http.StatusBadRequest, said{Message: map[string][]string{"base": {fault.Message(err)}}}}
	}
	if err != nil {
		return err
	}
	return c.answerPipeline(http.StatusCreated, p, made.ID)
}

// jobVariables reads variables that go to jobs.
func (r *reader) jobVariables(name string) []ci.Variable {
	var out []ci.Variable
	for _, entry := range r.objects(name) {
		v := ci.Variable{Key: entry.needed("key"), Value: entry.text("value"), File: entry.text("variable_type") == "file"}
		r.also(entry)
		out = append(out, v)
	}
	return out
}

// onPipeline makes a handler of what changes a pipeline.
func onPipeline(verb func(c *call, p project.ID, id ci.PipelineID) error, status int) func(*call) error {
	return func(c *call) error {
		p, id, err := c.inPipeline()
		if err != nil {
			return err
		}
		if err := verb(c, p.ID, id); err != nil {
			return missing("Pipeline", err)
		}
		return c.answerPipeline(status, p, id)
	}
}

func cancelPipeline(c *call, p project.ID, id ci.PipelineID) error {
	_, err := c.CI.Cancel(c.ctx, c.actor, p, id)
	return err
}

func retryPipeline(c *call, p project.ID, id ci.PipelineID) error {
	_, err := c.CI.Retry(c.ctx, c.actor, p, id)
	return err
}

type pipelineVariableView struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	Type  string `json:"variable_type"`
}

// pipelineVariables are those that somebody started the pipeline with: for them,
// and for whoever may see the project's.
func (c *call) pipelineVariables() error {
	p, id, err := c.inPipeline()
	if err != nil {
		return err
	}
	state, err := c.CI.Get(c.ctx, c.actor, p.ID, id)
	if err != nil {
		return missing("Pipeline", err)
	}
	if !c.actor.Person() || state.Pipeline.User != c.actor.User {
		if err := c.may(p.ID, auth.ManageVariables); err != nil {
			return err
		}
	}
	return whole(c, mapped(state.Pipeline.Variables, func(v ci.Variable) pipelineVariableView {
		return pipelineVariableView{v.Key, v.Value, variableType(v.File)}
	}))
}

package rest

import (
	"net/http"
	"slices"
	"time"

	"dasier/fault"
	"dasier/forge/hook"
	"dasier/forge/project"
)

type hookView struct {
	ID            hook.ID    `json:"id"`
	Name          string     `json:"name"`
	URL           string     `json:"url"`
	ProjectID     project.ID `json:"project_id"`
	CreatedAt     *time.Time `json:"created_at"`
	Push          bool       `json:"push_events"`
	TagPush       bool       `json:"tag_push_events"`
	MergeRequests bool       `json:"merge_requests_events"`
	Note          bool       `json:"note_events"`
	Pipeline      bool       `json:"pipeline_events"`
	Job           bool       `json:"job_events"`
	Deployment    bool       `json:"deployment_events"`
	Releases      bool       `json:"releases_events"`
	VerifyTLS     bool       `json:"enable_ssl_verification"`
	AlertStatus   string     `json:"alert_status"`
}

// hookEvents are GitLab's words for what a hook is told of.
var hookEvents = []struct {
	field string
	event hook.Event
}{
	{"push_events", hook.PushEvent},
	{"tag_push_events", hook.TagPushEvent},
	{"merge_requests_events", hook.MergeEvent},
	{"note_events", hook.NoteEvent},
	{"pipeline_events", hook.PipelineEvent},
	{"job_events", hook.JobEvent},
	{"deployment_events", hook.DeploymentEvent},
	{"releases_events", hook.ReleaseEvent},
}

func viewHook(h hook.Hook) hookView {
	has := func(e hook.Event) bool { return slices.Contains(h.Events, e) }
	view := hookView{
		ID: h.ID, Name: h.Name, URL: h.URL, ProjectID: h.Project, CreatedAt: moment(h.Created), Push: has(hook.PushEvent), TagPush: has(hook.TagPushEvent),
		MergeRequests: has(hook.MergeEvent), Note: has(hook.NoteEvent), Pipeline: has(hook.PipelineEvent), Job: has(hook.JobEvent),
		Deployment: has(hook.DeploymentEvent), Releases: has(hook.ReleaseEvent), VerifyTLS: true, AlertStatus: "executable",
	}
	if !h.Active {
		view.AlertStatus = "disabled"
	}
	return view
}

func (c *call) hooks() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	hooks, err := c.Hooks.List(c.ctx, c.actor, p.ID)
	if err != nil {
		return err
	}
	return whole(c, mapped(hooks, viewHook))
}

func (c *call) hook() (project.Project, hook.Hook, error) {
	p, err := c.project()
	if err != nil {
		return p, hook.Hook{}, err
	}
	id, err := c.number("hook")
	if err != nil {
		return p, hook.Hook{}, err
	}
	hooks, err := c.Hooks.List(c.ctx, c.actor, p.ID)
	if err != nil {
		return p, hook.Hook{}, err
	}
	for _, h := range hooks {
		if int64(h.ID) == id {
			return p, h, nil
		}
	}
	return p, hook.Hook{}, missing("Hook", fault.Errorf(fault.Missing, "no hook %d", id))
}

func (c *call) getHook() error {
	_, h, err := c.hook()
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, viewHook(h))
}

// noSuchHooks are what GitLab's hooks can be told of, or sent with, and ours not.
var noSuchHooks = []string{
	"issues_events", "confidential_issues_events", "confidential_note_events", "wiki_page_events", "feature_flag_events", "emoji_events",
	"resource_access_token_events", "vulnerability_events", "milestone_events", "push_events_branch_filter", "custom_webhook_template", "custom_headers", "url_variables",
}

// hookChange reads what was given of a hook.
func (r *reader) hookChange(events []hook.Event) (hook.Change, []hook.Event) {
	r.unsupported(noSuchHooks...)
	if verify := r.flag("enable_ssl_verification"); verify != nil && !*verify {
		r.fail("enable_ssl_verification", "cannot be switched off on this server")
	}
	events = slices.Clone(events)
	for _, e := range hookEvents {
		if on := r.flag(e.field); on != nil {
			events = slices.DeleteFunc(events, func(have hook.Event) bool { return have == e.event })
			if *on {
				events = append(events, e.event)
			}
		}
	}
	return hook.Change{Name: r.someText("name"), URL: r.someText("url"), Secret: r.someText("token")}, events
}

func (c *call) createHook() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	q := c.read()
	given, events := q.hookChange([]hook.Event{hook.PushEvent}) // pushes unless said otherwise
	h := hook.Hook{Project: p.ID, Name: q.text("name"), URL: q.needed("url"), Events: events, Active: true}
	if q.err != nil {
		return q.err
	}
	secret := ""
	if given.Secret != nil {
		secret = *given.Secret
	}
	if h, err = c.Hooks.Add(c.ctx, c.actor, h, secret); err != nil {
		return err
	}
	return c.answer(http.StatusCreated, viewHook(h))
}

func (c *call) editHook() error {
	p, h, err := c.hook()
	if err != nil {
		return err
	}
	q := c.read()
	change, events := q.hookChange(h.Events)
	if q.err != nil {
		return q.err
	}
	change.Events = events
	if h, err = c.Hooks.Update(c.ctx, c.actor, p.ID, h.ID, change); err != nil {
		return err
	}
	return c.answer(http.StatusOK, viewHook(h))
}

func (c *call) deleteHook() error {
	p, h, err := c.hook()
	if err != nil {
		return err
	}
	if err := c.Hooks.Remove(c.ctx, c.actor, p.ID, h.ID); err != nil {
		return err
	}
	return c.gone()
}

func (c *call) testHook() error {
	p, h, err := c.hook()
	if err != nil {
		return err
	}
	for _, e := range hookEvents {
		if e.field != c.element("trigger") {
			continue
		}
		about := hook.Project{ID: p.ID, Namespace: p.Namespace, Name: p.Name, Description: p.Description, DefaultBranch: p.DefaultBranch, Server: c.cfg.URL}
		d, err := c.Hooks.Test(c.ctx, c.actor, about, h.ID, e.event)
		if err != nil {
			return err
		}
		if d.Failed() {
			return &refusal{http.StatusUnprocessableEntity, said{Message: d.Error}}
		}
		return c.answer(http.StatusCreated, said{Message: "201 Created"})
	}
	return invalid("trigger", "does not have a valid value")
}

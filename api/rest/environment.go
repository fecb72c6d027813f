package rest

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"dasier/delivery/deploy"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

type environmentView struct {
	ID             deploy.EnvironmentID `json:"id"`
	Name           string               `json:"name"`
	Slug           string               `json:"slug"`
	Description    string               `json:"description"`
	State          string               `json:"state"`
	Tier           deploy.Tier          `json:"tier"`
	ExternalURL    string               `json:"external_url"`
	CreatedAt      *time.Time           `json:"created_at"`
	UpdatedAt      *time.Time           `json:"updated_at"`
	AutoStopAt     *time.Time           `json:"auto_stop_at"`
	LastDeployment *deploymentView      `json:"last_deployment,omitempty"`
}

func (c *call) viewEnvironment(e deploy.Environment) environmentView {
	view := environmentView{
		ID: e.ID, Name: e.Name, Slug: strings.ToLower(strings.ReplaceAll(e.Name, "/", "-")), Description: e.Description, State: "available", Tier: e.Tier,
		ExternalURL: e.Address, CreatedAt: moment(e.CreatedAt), UpdatedAt: moment(e.CreatedAt), AutoStopAt: moment(e.AutoStopAt),
	}
	if e.Stopped {
		view.State = "stopped"
	}
	if view.ExternalURL == "" && e.Endpoint != "" {
		view.ExternalURL = c.cfg.URL + "/estimate/" + e.Endpoint
	}
	return view
}

func (c *call) environments() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	all, err := c.Deploy.Environments(c.ctx, c.actor, p.ID)
	if err != nil {
		return err
	}
	q := c.read()
	name, search, states, views := q.text("name"), q.text("search"), q.text("states"), []environmentView{}
	for _, e := range all {
		view := c.viewEnvironment(e)
		if name != "" && e.Name != name || !strings.Contains(e.Name, search) || states != "" && states != view.State {
			continue
		}
		views = append(views, view)
	}
	return whole(c, views)
}

// environment is the one whose number the path has; the house names them by name.
func (c *call) environment() (project.Project, deploy.Environment, error) {
	p, err := c.project()
	if err != nil {
		return p, deploy.Environment{}, err
	}
	id, err := c.number("environment")
	if err != nil {
		return p, deploy.Environment{}, err
	}
	all, err := c.Deploy.Environments(c.ctx, c.actor, p.ID)
	if err != nil {
		return p, deploy.Environment{}, err
	}
	for _, e := range all {
		if int64(e.ID) == id {
			return p, e, nil
		}
	}
	return p, deploy.Environment{}, missing("Environment", fault.Errorf(fault.Missing, "no environment %d", id))
}

func (c *call) getEnvironment() error {
	p, e, err := c.environment()
	if err != nil {
		return err
	}
	view := c.viewEnvironment(e)
	last, _, err := c.Deploy.Deployments(c.ctx, c.actor, p.ID, e.Name, project.Page{Limit: 1})
	if err != nil {
		return err
	}
	if len(last) > 0 {
		d := c.viewDeployment(last[0], nil)
		view.LastDeployment = &d
	}
	return c.answer(http.StatusOK, view)
}

// noSuchEnvironments are fields of GitLab's environments that follow from what is
// deployed here, or that there are none of.
var noSuchEnvironments = []string{"external_url", "tier", "cluster_agent_id", "kubernetes_namespace", "flux_resource_path", "auto_stop_setting"}

func (c *call) createEnvironment() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	q := c.read()
	q.unsupported(noSuchEnvironments...)
	name, settings := q.needed("name"), deploy.Settings{Description: q.someText("description")}
	if q.err != nil {
		return q.err
	}
	e, err := c.Deploy.CreateEnvironment(c.ctx, c.actor, p.ID, name, settings)
	if err != nil {
		return err
	}
	return c.answer(http.StatusCreated, c.viewEnvironment(e))
}

func (c *call) editEnvironment() error {
	p, e, err := c.environment()
	if err != nil {
		return err
	}
	q := c.read()
	q.unsupported(noSuchEnvironments...)
	settings := deploy.Settings{Description: q.someText("description")}
	if q.err != nil {
		return q.err
	}
	if e, err = c.Deploy.SetEnvironment(c.ctx, c.actor, p.ID, e.Name, settings); err != nil {
		return err
	}
	return c.answer(http.StatusOK, c.viewEnvironment(e))
}

func (c *call) stopEnvironment() error {
	p, e, err := c.environment()
	if err != nil {
		return err
	}
	if err := c.Deploy.Stop(c.ctx, c.actor, p.ID, e.Name); err != nil {
		return err
	}
	if e, err = c.Deploy.Environment(c.ctx, c.actor, p.ID, e.Name); err != nil {
		return err
	}
	return c.answer(http.StatusOK, c.viewEnvironment(e))
}

func (c *call) deleteEnvironment() error {
	p, e, err := c.environment()
	if err != nil {
		return err
	}
	if err := c.Deploy.Delete(c.ctx, c.actor, p.ID, e.Name); err != nil {
		return err
	}
	return c.gone()
}

type approvalRuleView struct {
	levelView
	Required int `json:"required_approvals"`
}

type protectedView struct {
	Name          string             `json:"name"`
	Deploy        []levelView        `json:"deploy_access_levels"`
	Required      int                `json:"required_approval_count"`
	ApprovalRules []approvalRuleView `json:"approval_rules"`
}

func viewProtected(e deploy.Environment) protectedView {
	view := protectedView{Name: e.Name, Deploy: levels(e.DeployRole), Required: e.Approvals, ApprovalRules: []approvalRuleView{}}
	if e.Approvals > 0 {
		view.ApprovalRules = append(view.ApprovalRules, approvalRuleView{levels(e.ApprovalRole)[0], e.Approvals})
	}
	return view
}

func (c *call) protectedEnvironments() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	all, err := c.Deploy.Environments(c.ctx, c.actor, p.ID)
	if err != nil {
		return err
	}
	views := []protectedView{}
	for _, e := range all {
		if e.Protected {
			views = append(views, viewProtected(e))
		}
	}
	return whole(c, views)
}

func (c *call) protectedEnvironment() (project.Project, deploy.Environment, error) {
	p, err := c.project()
	if err != nil {
		return p, deploy.Environment{}, err
	}
	e, err := c.Deploy.Environment(c.ctx, c.actor, p.ID, c.element("name"))
	if err == nil && !e.Protected {
		err = fault.Errorf(fault.Missing, "environment %s is not protected", e.Name)
	}
	return p, e, missing("Protected Environment", err)
}

func (c *call) getProtectedEnvironment() error {
	_, e, err := c.protectedEnvironment()
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, viewProtected(e))
}

// protection reads who may deploy and how many must approve. GitLab takes lists
// of them; here it is one lowest role each.
func (r *reader) protection() deploy.Settings {
	var s deploy.Settings
	if allowed := r.objects("deploy_access_levels"); len(allowed) > 0 {
		role := r.oneLevel("deploy_access_levels", allowed)
		s.DeployRole = &role
	}
	if r.number("required_approval_count") != nil {
		n := r.count("required_approval_count")
		s.Approvals = &n
	}
	if rules := r.objects("approval_rules"); len(rules) > 0 {
		role := r.oneLevel("approval_rules", rules)
		n := max(1, rules[0].count("required_approvals"))
		s.ApprovalRole, s.Approvals = &role, &n
		r.also(rules[0])
	}
	return s
}

func (r *reader) oneLevel(name string, entries []*reader) auth.Role {
	if len(entries) > 1 {
		r.fail(name, "can hold one entry on this server: the lowest role that may")
	}
	entry := entries[0]
	entry.unsupported("user_id", "group_id", "_destroy")
	role := entry.level("access_level")
	if role != auth.None && role != auth.Developer && role != auth.Maintainer {
		entry.fail("access_level", "does not have a valid value")
	}
	r.also(entry)
	return role
}

func (c *call) protectEnvironment() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	q := c.read()
	name, settings, on := q.needed("name"), q.protection(), true
	settings.Protected = &on
	if q.err == nil && settings.DeployRole == nil {
		q.fail("deploy_access_levels", "is missing")
	}
	if q.err != nil {
		return q.err
	}
	e, err := c.Deploy.Environment(c.ctx, c.actor, p.ID, name)
	switch {
	case fault.Is(err, fault.Missing):
		e, err = c.Deploy.CreateEnvironment(c.ctx, c.actor, p.ID, name, settings)
	case err == nil && e.Protected:
		return taken("Protected environment '" + name + "' already exists")
	case err == nil:
		e, err = c.Deploy.SetEnvironment(c.ctx, c.actor, p.ID, name, settings)
	}
	if err != nil {
		return err
	}
	return c.answer(http.StatusCreated, viewProtected(e))
}

func (c *call) editProtectedEnvironment() error {
	p, e, err := c.protectedEnvironment()
	if err != nil {
		return err
	}
	q := c.read()
	settings := q.protection()
	if q.err != nil {
		return q.err
	}
	if e, err = c.Deploy.SetEnvironment(c.ctx, c.actor, p.ID, e.Name, settings); err != nil {
		return err
	}
	return c.answer(http.StatusOK, viewProtected(e))
}

func (c *call) unprotectEnvironment() error {
	p, e, err := c.protectedEnvironment()
	if err != nil {
		return err
	}
	off := false
	if _, err := c.Deploy.SetEnvironment(c.ctx, c.actor, p.ID, e.Name, deploy.Settings{Protected: &off}); err != nil {
		return err
	}
	return c.gone()
}

type deploymentView struct {
	ID          deploy.ID           `json:"id"`
	IID         deploy.ID           `json:"iid"`
	Ref         string              `json:"ref"`
	SHA         string              `json:"sha"`
	Status      string              `json:"status"`
	CreatedAt   *time.Time          `json:"created_at"`
	UpdatedAt   *time.Time          `json:"updated_at"`
	User        personView          `json:"user"`
	Environment *environmentView    `json:"environment,omitempty"`
	Pending     int                 `json:"pending_approval_count"`
	Approvals   []deploymentVerdict `json:"approvals"`
	Deployable  *deployableView     `json:"deployable,omitempty"`
}

type deployableView struct {
	ID int64 `json:"id"`
}

type deploymentVerdict struct {
	User      personView `json:"user"`
	Status    string     `json:"status"`
	CreatedAt *time.Time `json:"created_at"`
	Comment   string     `json:"comment"`
}

// deploymentStates are GitLab's words for the states of a deployment.
var deploymentStates = map[deploy.State]string{
	deploy.Blocked: "blocked", deploy.Pending: "created", deploy.Running: "running", deploy.Success: "success", deploy.Failed: "failed",
	deploy.Rejected: "canceled", deploy.Superseded: "canceled", deploy.Skipped: "skipped",
}

var verdicts = map[deploy.Verdict]string{deploy.Approves: "approved", deploy.Rejects: "rejected"}

func (c *call) viewDeployment(d deploy.Deployment, e *deploy.Environment) deploymentView {
	view := deploymentView{
		ID: d.ID, IID: d.ID, Ref: d.Origin.Ref, SHA: d.Commit, Status: deploymentStates[d.State], CreatedAt: moment(d.CreatedAt), UpdatedAt: moment(d.CreatedAt),
		User: c.viewPerson(d.User, d.Username, ""), Approvals: []deploymentVerdict{},
	}
	for _, t := range []time.Time{d.StartedAt, d.FinishedAt} {
		if !t.IsZero() {
			view.UpdatedAt = moment(t)
		}
	}
	given := 0
	for _, a := range d.Approvals {
		view.Approvals = append(view.Approvals, deploymentVerdict{c.viewPerson(a.User, a.Username, ""), verdicts[a.Verdict], moment(a.At), a.Comment})
		if a.Verdict == deploy.Approves {
			given++
		}
	}
	if d.State == deploy.Blocked {
		view.Pending = max(0, d.Needed-given)
	}
	if d.Job != 0 {
		view.Deployable = &deployableView{d.Job}
	}
	if e != nil {
		of := c.viewEnvironment(*e)
		view.Environment = &of
	}
	return view
}

// mostDeployments bounds a list over all of a project's environments.
const mostDeployments = 1000

func (c *call) deployments() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	q := c.read()
	q.unsupported("updated_after", "updated_before", "finished_after", "finished_before")
	named, status := q.text("environment"), q.text("status")
	if q.err != nil {
		return q.err
	}
	all, err := c.Deploy.Environments(c.ctx, c.actor, p.ID)
	if err != nil {
		return err
	}
	views := []deploymentView{}
	for i := range all {
		if named != "" && all[i].Name != named {
			continue
		}
		found, _, err := c.Deploy.Deployments(c.ctx, c.actor, p.ID, all[i].Name, project.Page{Limit: mostDeployments})
		if err != nil {
			return err
		}
		for _, d := range found {
			if view := c.viewDeployment(d, &all[i]); status == "" || status == view.Status {
				views = append(views, view)
			}
		}
	}
	slices.SortFunc(views, func(a, b deploymentView) int { return cmp.Compare(a.ID, b.ID) })
	if q.text("sort") == "desc" {
		slices.Reverse(views)
	}
	return whole(c, views)
}

func (c *call) deployment() (project.Project, deploy.Deployment, error) {
	p, err := c.project()
	if err != nil {
		return p, deploy.Deployment{}, err
	}
	id, err := c.number("deployment")
	if err != nil {
		return p, deploy.Deployment{}, err
	}
	d, err := c.Deploy.Deployment(c.ctx, c.actor, p.ID, deploy.ID(id))
	return p, d, missing("Deployment", err)
}

func (c *call) getDeployment() error {
	p, d, err := c.deployment()
	if err != nil {
		return err
	}
	e, err := c.Deploy.Environment(c.ctx, c.actor, p.ID, d.EnvironmentName)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, c.viewDeployment(d, &e))
}

func (c *call) approveDeployment() error {
	_, d, err := c.deployment()
	if err != nil {
		return err
	}
	q := c.read()
	q.unsupported("represented_as")
	status, comment := q.needed("status"), q.text("comment")
	if q.err == nil && status != "approved" && status != "rejected" {
		q.fail("status", "does not have a valid value")
	}
	if q.err != nil {
		return q.err
	}
	verb := c.Deploy.Approve
	if status == "rejected" {
		verb = c.Deploy.Reject
	}
	if d, err = verb(c.ctx, c.actor, d.Project, d.ID, comment); err != nil {
		return err
	}
	verdict := deploymentVerdict{Status: status, Comment: comment}
	for _, a := range d.Approvals {
		if a.User == c.actor.User {
			verdict = deploymentVerdict{c.viewPerson(a.User, a.Username, ""), verdicts[a.Verdict], moment(a.At), a.Comment}
		}
	}
	return c.answer(http.StatusCreated, verdict)
}

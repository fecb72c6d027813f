package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"

	"dasier/delivery/deploy"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

type environmentView struct {
	ID           deploy.EnvironmentID `json:"id"`
	Name         string               `json:"name"`
	Tier         deploy.Tier          `json:"tier" enum:"production,staging,testing,development,other"`
	Description  string               `json:"description"`
	Public       bool                 `json:"public" doc:"its endpoint answers everyone"`
	Protected    bool                 `json:"protected"`
	Endpoint     string               `json:"endpoint"`
	URL          string               `json:"url" doc:"the clients' page"`
	Current      *deploymentView      `json:"current,omitempty"`
	Health       deploy.Health        `json:"health" enum:"empty,ready,failed"`
	Problem      string               `json:"problem,omitempty"`
	CreatedAt    time.Time            `json:"created_at"`
	Kind         deploy.Kind          `json:"kind" enum:"model,service,site," doc:"of what was deployed last"`
	DeployRole   string               `json:"deploy_role" enum:"developer,maintainer" doc:"who may deploy here, when it is protected"`
	Approvals    int                  `json:"approvals" doc:"how many others must approve a deployment, when it is protected"`
	ApprovalRole string               `json:"approval_role" enum:"developer,maintainer"`
	Address      string               `json:"address" doc:"of a service or site; empty for models"`
	Target       string               `json:"target" enum:"embedded,docker"`
	Stopped      bool                 `json:"stopped"`
	Branch       string               `json:"branch" doc:"whose job deployed last"`
	AutoStopAt   *time.Time           `json:"auto_stop_at"`
	OnStopJob    *int64               `json:"on_stop_job"`
}

type deploymentView struct {
	ID          deploy.ID    `json:"id"`
	Environment string       `json:"environment"`
	Kind        deploy.Kind  `json:"kind" enum:"model,service,site"`
	Title       string       `json:"title" doc:"what is deployed, for people"`
	Model       string       `json:"model"`
	Version     int          `json:"version"`
	Bundle      string       `json:"bundle" doc:"digest of a service's or site's archive"`
	Size        int64        `json:"size"`
	Status      deploy.State `json:"status" enum:"blocked,pending,running,success,failed,rejected,superseded,skipped"`
	Reason      string       `json:"reason"`
	Error       string       `json:"error,omitempty" doc:"why it failed, was rejected, superseded or skipped"`
	User        string       `json:"user"`
	Commit      string       `json:"commit"`
	Ref         string       `json:"ref" doc:"branch or tag of the job that asked"`
	JobID       *int64       `json:"job_id"`
	CreatedAt   time.Time    `json:"created_at"`
	FinishedAt  *time.Time   `json:"finished_at"`
	Current     bool         `json:"current"`
	Restores    deploy.ID    `json:"restores,omitempty" doc:"the deployment that this roll-back brings back"`

	Approvals       []approvalView     `json:"approvals"`
	ApprovalsNeeded int                `json:"approvals_needed"`
	MayApprove      bool               `json:"may_approve" doc:"for the caller"`
	ApproveRefusal  string             `json:"approve_refusal,omitempty"`
	BreakGlass      bool               `json:"break_glass"`
	Comparison      *deploy.Comparison `json:"comparison,omitempty" doc:"how only_if_better was decided"`
}

type approvalView struct {
	User    string         `json:"user"`
	At      time.Time      `json:"at"`
	Comment string         `json:"comment"`
	Verdict deploy.Verdict `json:"verdict" enum:"approve,reject"`
}

func viewApproval(a deploy.Approval) approvalView {
	return approvalView{a.Username, a.At, a.Comment, a.Verdict}
}

func viewDeployment(d deploy.Deployment) deploymentView {
	view := deploymentView{
		ID: d.ID, Environment: d.EnvironmentName, Kind: d.Kind, Title: d.Title(), Model: d.Model, Version: d.ModelVersion, Size: d.Size,
		Status: d.State, Reason: d.Reason, Error: d.Error, User: d.Username, Commit: d.Commit, Ref: d.Origin.Ref, JobID: some(d.Job),
		CreatedAt: d.CreatedAt, FinishedAt: moment(d.FinishedAt), Current: d.Current, Restores: d.Restores,
		Approvals: mapped(d.Approvals, viewApproval), ApprovalsNeeded: d.Needed, BreakGlass: d.BreakGlass, Comparison: d.Comparison,
	}
	if d.Kind != deploy.KindModel {
		view.Bundle = d.Digest
	}
	return view
}

// viewDeploymentFor adds whether the caller may approve it.
func (a *API) viewDeploymentFor(ctx context.Context, actor auth.Actor, d deploy.Deployment, e deploy.Environment) deploymentView {
	view := viewDeployment(d)
	if d.State != deploy.Blocked {
		return view
	}
	if err := a.Deploy.MayApprove(ctx, actor, d, e); err != nil {
		view.ApproveRefusal = fault.Message(err)
	} else {
		view.MayApprove = true
	}
	return view
}

// deployment is viewDeploymentFor of what a verb answered.
func (a *API) deployment(ctx context.Context, actor auth.Actor, d deploy.Deployment, err error) (deploymentView, error) {
	if err != nil || d.State != deploy.Blocked {
		return viewDeployment(d), err
	}
	e, err := a.Deploy.Environment(ctx, actor, d.Project, d.EnvironmentName)
	return a.viewDeploymentFor(ctx, actor, d, e), err
}

func (a *API) viewEnvironment(ctx context.Context, actor auth.Actor, e deploy.Environment) (environmentView, error) {
	view := environmentView{
		ID: e.ID, Name: e.Name, Tier: e.Tier, Description: e.Description, Public: e.Public, Protected: e.Protected, Endpoint: e.Endpoint,
		URL: a.server.URL + "/estimate/" + e.Endpoint, Health: e.Health, Problem: e.Problem, CreatedAt: e.CreatedAt,
		Kind: e.Kind, DeployRole: e.DeployRole.String(), Approvals: e.Approvals, ApprovalRole: e.ApprovalRole.String(),
		Address: e.Address, Target: e.Target, Stopped: e.Stopped, Branch: e.Branch, AutoStopAt: moment(e.AutoStopAt), OnStopJob: some(e.OnStopJob),
	}
	if e.Current == 0 {
		return view, nil
	}
	d, err := a.Deploy.Deployment(ctx, actor, e.Project, e.Current)
	if err != nil {
		return view, err
	}
	current := viewDeployment(d)
	view.Current = &current
	return view, nil
}

// InEnvironment names an environment in a path.
type InEnvironment struct {
	InProject
	Name string `path:"name"`
}

// OfDeployment names a deployment in a path.
type OfDeployment struct {
	InProject
	ID deploy.ID `path:"id"`
}

type environmentInput struct {
	InEnvironment
	Body struct {
		Public       *bool   `json:"public" required:"false"`
		Protected    *bool   `json:"protected" required:"false"`
		Description  *string `json:"description" required:"false"`
		DeployRole   *string `json:"deploy_role" required:"false" enum:"developer,maintainer"`
		Approvals    *int    `json:"approvals" required:"false" minimum:"0" maximum:"10"`
		ApprovalRole *string `json:"approval_role" required:"false" enum:"developer,maintainer"`
		Target       *string `json:"target" required:"false" enum:"embedded,docker"`
	}
}

type deployInput struct {
	InProject
	Body struct {
		Environment string `json:"environment"`
		Kind        string `json:"kind" required:"false" enum:"model,service,site" doc:"model when absent"`
		Reason      string `json:"reason" required:"false"`

		Model   string `json:"model" required:"false"`
		Version int    `json:"version" required:"false" minimum:"0" doc:"or alias, or commit; the latest when all are absent"`
		Alias   string `json:"alias" required:"false"`
		Commit  string `json:"commit" required:"false" doc:"the newest version that came from this commit or its history"`

		OnlyIfBetter *struct {
			Metric string `json:"metric" minLength:"1"`
		} `json:"only_if_better" required:"false" doc:"a model that is not better than the deployed one by its held-out metric is skipped"`

		Bundle   string         `json:"bundle" required:"false" doc:"digest of an uploaded archive"`
		Manifest map[string]any `json:"manifest" required:"false" doc:"service.yaml or site.yaml as an object"`

		BreakGlassReason string `json:"break_glass_reason" required:"false" doc:"passes over the approvals"`
	}
}

type rollbackInput struct {
	InEnvironment
	Body struct {
		Reason     string    `json:"reason"`
		Deployment deploy.ID `json:"deployment" required:"false" minimum:"0" doc:"the one to bring back; the one before when absent"`
	}
}

type commentInput struct {
	OfDeployment
	Body struct {
		Comment string `json:"comment" required:"false" maxLength:"2000"`
	}
}

type breakGlassInput struct {
	OfDeployment
	Body struct {
		Reason string `json:"reason" maxLength:"2000"`
	}
}

type addressView struct {
	URL string `json:"url" doc:"works for a minute"`
}

type serviceLogView struct {
	Text string `json:"text"`
}

type bundleView struct {
	Digest string `json:"digest"`
	Size   int64  `json:"size"`
	Files  int    `json:"files"`
}

func (a *API) deliveryRoutes() {
	a.environmentRoutes()
	a.deploymentRoutes()
	a.serviceRoutes()
}

func (a *API) environmentRoutes() {
	const base = "/projects/{project}/environments"
	route(a, http.MethodGet, base, "A project's environments", func(ctx context.Context, actor auth.Actor, q *InProject) (list[environmentView], error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (list[environmentView], error) {
			if err := a.Projects.May(ctx, actor, p.ID, auth.ReadEnvironment); err != nil {
				return list[environmentView]{}, err
			}
			views, err := a.environments(ctx, actor, p.ID)
			return list[environmentView]{views, len(views)}, err
		})
	})
	route(a, http.MethodGet, base+"/{name}", "An environment", func(ctx context.Context, actor auth.Actor, q *InEnvironment) (environmentView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (environmentView, error) {
			e, err := a.Deploy.Environment(ctx, actor, p.ID, unescape(q.Name))
			if err != nil {
				return environmentView{}, err
			}
			return a.viewEnvironment(ctx, actor, e)
		})
	})
	route(a, http.MethodPatch, base+"/{name}", "Change an environment, or make it before its first deployment", func(ctx context.Context, actor auth.Actor, q *environmentInput) (environmentView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (environmentView, error) {
			e, err := a.changeEnvironment(ctx, actor, p.ID, q)
			if err != nil {
				return environmentView{}, err
			}
			return a.viewEnvironment(ctx, actor, e)
		})
	})
	route(a, http.MethodPost, base+"/{name}/stop", "Stop an environment: it serves nothing until the next deployment", func(ctx context.Context, actor auth.Actor, q *InEnvironment) (none, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (none, error) {
			return none{}, a.Deploy.Stop(ctx, actor, p.ID, unescape(q.Name))
		})
	})
	route(a, http.MethodDelete, base+"/{name}", "Forget a stopped environment and its history", func(ctx context.Context, actor auth.Actor, q *InEnvironment) (none, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (none, error) {
			return none{}, a.Deploy.Delete(ctx, actor, p.ID, unescape(q.Name))
		})
	})
	route(a, http.MethodGet, base+"/{name}/deployments", "An environment's deployments, newest first", func(ctx context.Context, actor auth.Actor, q *struct {
		InEnvironment
		Paging
	},
	) (list[deploymentView], error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (list[deploymentView], error) {
			e, err := a.Deploy.Environment(ctx, actor, p.ID, unescape(q.Name))
			if err != nil {
				return list[deploymentView]{}, err
			}
			deployments, total, err := a.Deploy.Deployments(ctx, actor, p.ID, e.Name, project.Page{Offset: q.offset(), Limit: q.PerPage})
			return list[deploymentView]{mapped(deployments, func(d deploy.Deployment) deploymentView { return a.viewDeploymentFor(ctx, actor, d, e) }), total}, err
		})
	})
	route(a, http.MethodPost, base+"/{name}/rollback", "Bring back what ran before", func(ctx context.Context, actor auth.Actor, q *rollbackInput) (deploymentView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (deploymentView, error) {
			d, err := a.Deploy.Rollback(ctx, actor, p.ID, unescape(q.Name), q.Body.Reason, q.Body.Deployment)
			return viewDeployment(d), err
		})
	}, http.StatusCreated)
}

func (a *API) deploymentRoutes() {
	const base = "/projects/{project}/deployments"
	route(a, http.MethodPost, base, "Deploy a model's version, a service or a site to an environment", func(ctx context.Context, actor auth.Actor, q *deployInput) (deploymentView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (deploymentView, error) {
			request, err := deployRequest(q)
			if err != nil {
				return deploymentView{}, err
			}
			d, err := a.Deploy.Deploy(ctx, actor, p.ID, request)
			return a.deployment(ctx, actor, d, err)
		})
	}, http.StatusCreated)
	route(a, http.MethodGet, base+"/{id}", "A deployment", func(ctx context.Context, actor auth.Actor, q *OfDeployment) (deploymentView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (deploymentView, error) {
			d, err := a.Deploy.Deployment(ctx, actor, p.ID, q.ID)
			return a.deployment(ctx, actor, d, err)
		})
	})
	route(a, http.MethodPost, base+"/{id}/approve", "Approve a deployment that someone else asked for", func(ctx context.Context, actor auth.Actor, q *commentInput) (deploymentView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (deploymentView, error) {
			d, err := a.Deploy.Approve(ctx, actor, p.ID, q.ID, q.Body.Comment)
			return a.deployment(ctx, actor, d, err)
		})
	})
	route(a, http.MethodPost, base+"/{id}/reject", "Reject a deployment, with the reason as comment", func(ctx context.Context, actor auth.Actor, q *commentInput) (deploymentView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (deploymentView, error) {
			d, err := a.Deploy.Reject(ctx, actor, p.ID, q.ID, q.Body.Comment)
			return a.deployment(ctx, actor, d, err)
		})
	})
	route(a, http.MethodPost, base+"/{id}/break-glass", "Let a deployment go on without its approvals; the audit log gets an alarm", func(ctx context.Context, actor auth.Actor, q *breakGlassInput) (deploymentView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (deploymentView, error) {
			d, err := a.Deploy.BreakGlass(ctx, actor, p.ID, q.ID, q.Body.Reason)
			return a.deployment(ctx, actor, d, err)
		})
	})
}

func deployRequest(q *deployInput) (deploy.Request, error) {
	b := q.Body
	request := deploy.Request{
		Environment: b.Environment, Kind: deploy.Kind(b.Kind), Reason: b.Reason, Commit: b.Commit,
		Ref:    deploy.VersionRef{Model: b.Model, Number: b.Version, Alias: b.Alias, Commit: b.Commit},
		Bundle: b.Bundle, BreakGlass: b.BreakGlassReason,
	}
	if b.OnlyIfBetter != nil {
		request.OnlyIfBetter = b.OnlyIfBetter.Metric
	}
	if b.Manifest != nil {
		var err error
		if request.Manifest, err = json.Marshal(b.Manifest); err != nil {
			return request, fmt.Errorf("encoding a manifest: %w", err)
		}
	}
	return request, nil
}

// serviceRoutes are what only services and sites have.
func (a *API) serviceRoutes() {
	const environment = "/projects/{project}/environments/{name}"
	route(a, http.MethodPost, environment+"/open", "An address that opens a service or site for the caller", func(ctx context.Context, actor auth.Actor, q *InEnvironment) (addressView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (addressView, error) {
			e, route, err := a.Deploy.Open(ctx, actor, p.ID, unescape(q.Name))
			if err != nil {
				return addressView{}, err
			}
			if e.Public || a.Ticket == nil {
				return addressView{e.Address}, nil
			}
			if actor.User == 0 {
				return addressView{}, fault.Errorf(fault.Denied, "only people open a private environment in a browser: programs send their token with each request")
			}
			return addressView{a.Ticket(e.Address, route.Label, actor.User)}, nil
		})
	})
	route(a, http.MethodGet, environment+"/logs", "The end of what a service wrote", func(ctx context.Context, actor auth.Actor, q *struct {
		InEnvironment
		Lines int `query:"lines" minimum:"1" maximum:"10000" default:"500"`
	},
	) (serviceLogView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (serviceLogView, error) {
			r, err := a.Deploy.Logs(ctx, actor, p.ID, unescape(q.Name), q.Lines, false)
			if err != nil {
				return serviceLogView{}, err
			}
			text, err := io.ReadAll(io.LimitReader(r, 8<<20))
			return serviceLogView{strings.ToValidUTF8(string(text), "?")}, errors.Join(err, r.Close())
		})
	})
	a.raw(foreign{
		method: http.MethodGet, path: environment + "/logs/stream", summary: "A service's log as it grows", gives: "text/event-stream",
		query: []asked{{name: "lines", about: "how many lines to begin with; 100 when absent"}},
	}, a.serviceLogStream)
	a.raw(foreign{
		method: http.MethodPost, path: "/projects/{project}/bundles", summary: "Upload the files of a service or site: the body is a tar.gz archive",
		takes: "application/gzip", gives: "application/json", view: bundleView{},
	}, func(w http.ResponseWriter, r *http.Request, actor auth.Actor, p project.Project) error {
		if a.Bundles == nil {
			return fault.Errorf(fault.Unavailable, "this server keeps no bundles")
		}
		b, err := a.Bundles.Upload(r.Context(), actor, p.ID, r.Body)
		if err != nil {
			return err
		}
		return writeJSON(w, http.StatusCreated, bundleView{string(b.Digest), b.Size, b.Files})
	})
}

// serviceLogStream sends the log's text as it comes, until the reader goes.
func (a *API) serviceLogStream(w http.ResponseWriter, r *http.Request, actor auth.Actor, p project.Project) error {
	lines := 100
	if text := r.URL.Query().Get("lines"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > 10_000 {
			return fault.Errorf(fault.Invalid, "lines %q: expected a number from 0 to 10000", text).At("query.lines")
		}
		lines = n
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	log, err := a.Deploy.Logs(ctx, actor, p.ID, unescape(chi.URLParam(r, "name")), lines, true)
	if err != nil {
		return err
	}
	parts := make(chan string)
	var reading sync.WaitGroup
	reading.Go(func() {
		defer close(parts)
		block := make([]byte, 32<<10)
		for {
			n, err := log.Read(block)
			if n > 0 {
				select {
				case parts <- strings.ToValidUTF8(string(block[:n]), "?"):
				case <-ctx.Done():
					return
				}
			}
			if err != nil {
				return
			}
		}
	})
	defer func() { _ = log.Close() }() // it is only read
	defer reading.Wait()
	defer cancel()
	s := newStream(w)
	beats := time.NewTicker(a.Heartbeat)
	defer beats.Stop()
	for err := s.beat(); err == nil; {
		select {
		case text, ok := <-parts:
			if !ok {
				_ = s.send("end", "", map[string]any{})
				return nil
			}
			err = s.send("log", "", serviceLogView{text})
		case <-beats.C:
			if actor, err = a.still(r); err == nil {
				err = a.Projects.May(ctx, actor, p.ID, auth.ReadLogs)
			}
			if err == nil {
				err = s.beat()
			}
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

// changeEnvironment applies settings to an environment, which comes to be with
// them when it is new.
func (a *API) changeEnvironment(ctx context.Context, actor auth.Actor, id project.ID, q *environmentInput) (deploy.Environment, error) {
	change := deploy.Settings{
		Public: q.Body.Public, Protected: q.Body.Protected, Description: q.Body.Description,
		Approvals: q.Body.Approvals, Target: q.Body.Target,
	}
	for _, role := range []struct {
		name *string
		to   **auth.Role
	}{{q.Body.DeployRole, &change.DeployRole}, {q.Body.ApprovalRole, &change.ApprovalRole}} {
		if role.name == nil {
			continue
		}
		r, err := auth.ParseRole(*role.name)
		if err != nil {
			return deploy.Environment{}, err
		}
		*role.to = &r
	}
	name := unescape(q.Name)
	if _, err := a.Deploy.Environment(ctx, actor, id, name); err != nil {
		if tolerate(err) == nil {
			return a.Deploy.CreateEnvironment(ctx, actor, id, name, change)
		}
		return deploy.Environment{}, err
	}
	return a.Deploy.SetEnvironment(ctx, actor, id, name, change)
}

func writeJSON(w http.ResponseWriter, status int, body any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encoding an answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(encoded) // a client that has gone needs no answer
	return nil
}

// viewProject adds to a project what a list of them shows: the last pipeline
// and what is in production, as far as the actor may see them.
func (a *API) viewProject(ctx context.Context, actor auth.Actor, p project.Project) (projectView, error) {
	role, err := a.Projects.Role(ctx, actor, p.ID)
	if err != nil {
		return projectView{}, err
	}
	view := projectView{
		ID: p.ID, Namespace: p.Namespace, Name: p.Name, Path: p.Path(), Description: p.Description, DefaultBranch: p.DefaultBranch, CreatedAt: p.CreatedAt,
		CloneURL: a.server.URL + "/" + p.Path() + ".git", Role: role.String(),
	}
	if view.Empty, err = a.Repos.Empty(ctx, actor, p.ID); tolerate(err) != nil {
		return view, err
	}
	if view.LastPipeline, err = a.lastPipeline(ctx, actor, p.ID); err != nil {
		return view, err
	}
	if view.Production, err = a.inProduction(ctx, actor, p.ID); err != nil {
		return view, err
	}
	return view, a.addMerges(ctx, actor, p.ID, &view)
}

package console

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"dasier/delivery/deploy"
	"dasier/forge/auth"
	"dasier/forge/project"
)

type environmentView struct {
	ID          deploy.EnvironmentID `json:"id"`
	Name        string               `json:"name"`
	Tier        deploy.Tier          `json:"tier" enum:"production,staging,testing,development,other"`
	Description string               `json:"description"`
	Public      bool                 `json:"public" doc:"its endpoint answers everyone"`
	Protected   bool                 `json:"protected"`
	Endpoint    string               `json:"endpoint"`
	URL         string               `json:"url" doc:"the clients' page"`
	Current     *deploymentView      `json:"current,omitempty"`
	Health      deploy.Health        `json:"health" enum:"empty,ready,failed"`
	Problem     string               `json:"problem,omitempty"`
	CreatedAt   time.Time            `json:"created_at"`
}

type deploymentView struct {
	ID          deploy.ID    `json:"id"`
	Environment string       `json:"environment"`
	Model       string       `json:"model"`
	Version     int          `json:"version"`
	Status      deploy.State `json:"status" enum:"pending,running,success,failed"`
	Reason      string       `json:"reason"`
	Error       string       `json:"error,omitempty"`
	User        string       `json:"user"`
	Commit      string       `json:"commit"`
	JobID       *int64       `json:"job_id"`
	CreatedAt   time.Time    `json:"created_at"`
	FinishedAt  *time.Time   `json:"finished_at"`
	Current     bool         `json:"current"`
	Restores    deploy.ID    `json:"restores,omitempty" doc:"the deployment that this roll-back brings back"`
}

func viewDeployment(d deploy.Deployment) deploymentView {
	return deploymentView{
		d.ID, d.EnvironmentName, d.Model, d.ModelVersion, d.State, d.Reason, d.Error, d.Username, d.Commit, some(d.Job),
		d.CreatedAt, moment(d.FinishedAt), d.Current, d.Restores,
	}
}

func (a *API) viewEnvironment(ctx context.Context, actor auth.Actor, e deploy.Environment) (environmentView, error) {
	view := environmentView{
		ID: e.ID, Name: e.Name, Tier: e.Tier, Description: e.Description, Public: e.Public, Protected: e.Protected, Endpoint: e.Endpoint,
		URL: a.server.URL + "/estimate/" + e.Endpoint, Health: e.Health, Problem: e.Problem, CreatedAt: e.CreatedAt,
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

type environmentInput struct {
	InEnvironment
	Body struct {
		Public      *bool   `json:"public" required:"false"`
		Protected   *bool   `json:"protected" required:"false"`
		Description *string `json:"description" required:"false"`
	}
}

type deployInput struct {
	InProject
	Body struct {
		Environment string `json:"environment"`
		Model       string `json:"model"`
		Version     int    `json:"version" required:"false" minimum:"0" doc:"or alias, or commit; the latest when all are absent"`
		Alias       string `json:"alias" required:"false"`
		Commit      string `json:"commit" required:"false" doc:"the newest version that came from this commit or its history"`
		Reason      string `json:"reason" required:"false"`
	}
}

type rollbackInput struct {
	InEnvironment
	Body struct {
		Reason string `json:"reason"`
	}
}

func (a *API) deliveryRoutes() {
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
	route(a, http.MethodGet, base+"/{name}/deployments", "An environment's deployments, newest first", func(ctx context.Context, actor auth.Actor, q *struct {
		InEnvironment
		Paging
	},
	) (list[deploymentView], error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (list[deploymentView], error) {
			deployments, total, err := a.Deploy.Deployments(ctx, actor, p.ID, unescape(q.Name), project.Page{Offset: q.offset(), Limit: q.PerPage})
			return list[deploymentView]{mapped(deployments, viewDeployment), total}, err
		})
	})
	route(a, http.MethodPost, base+"/{name}/rollback", "Bring back what ran before", func(ctx context.Context, actor auth.Actor, q *rollbackInput) (deploymentView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (deploymentView, error) {
			d, err := a.Deploy.Rollback(ctx, actor, p.ID, unescape(q.Name), q.Body.Reason)
			return viewDeployment(d), err
		})
	}, http.StatusCreated)
	route(a, http.MethodPost, "/projects/{project}/deployments", "Deploy a version to an environment", func(ctx context.Context, actor auth.Actor, q *deployInput) (deploymentView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (deploymentView, error) {
			b := q.Body
			d, err := a.Deploy.Deploy(ctx, actor, p.ID, deploy.Request{
				Environment: b.Environment, Reason: b.Reason, Commit: b.Commit,
				Ref: deploy.VersionRef{Model: b.Model, Number: b.Version, Alias: b.Alias, Commit: b.Commit},
			})
			return viewDeployment(d), err
		})
	}, http.StatusCreated)
	route(a, http.MethodGet, "/projects/{project}/deployments/{id}", "A deployment", func(ctx context.Context, actor auth.Actor, q *struct {
		InProject
		ID deploy.ID `path:"id"`
	},
	) (deploymentView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (deploymentView, error) {
			d, err := a.Deploy.Deployment(ctx, actor, p.ID, q.ID)
			return viewDeployment(d), err
		})
	})
}

// changeEnvironment applies settings to an environment, which comes to be with
// them when it is new.
func (a *API) changeEnvironment(ctx context.Context, actor auth.Actor, id project.ID, q *environmentInput) (deploy.Environment, error) {
	change := deploy.Settings{Public: q.Body.Public, Protected: q.Body.Protected, Description: q.Body.Description}
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
	view.Production, err = a.inProduction(ctx, actor, p.ID)
	return view, err
}

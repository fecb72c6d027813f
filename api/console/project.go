package console

import (
	"context"
	"net/http"
	"time"

	"dasier/ci"
	"dasier/delivery/deploy"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/forge/repo"
)

type projectView struct {
	ID            project.ID `json:"id"`
	Namespace     string     `json:"namespace"`
	Name          string     `json:"name"`
	Path          string     `json:"path"`
	Description   string     `json:"description"`
	DefaultBranch string     `json:"default_branch"`
	CreatedAt     time.Time  `json:"created_at"`
	CloneURL      string     `json:"clone_url"`
	Empty         bool       `json:"empty" doc:"nothing has been pushed yet"`
	Role          string     `json:"role" doc:"the caller's role" enum:"none,guest,reporter,developer,maintainer,owner"`

	LastPipeline *PipelineSummary `json:"last_pipeline,omitempty"`
	Production   *productionView  `json:"production,omitempty"`

	MergeMethod  repo.Method `json:"merge_method" enum:"merge,squash,rebase,ff"`
	RemoveSource bool        `json:"remove_source_branch" doc:"what new merge requests begin with"`
	OpenRequests int         `json:"open_merge_requests"`
}

type productionView struct {
	Environment string      `json:"environment"`
	Kind        deploy.Kind `json:"kind" enum:"model,service,site"`
	Title       string      `json:"title" doc:"what is deployed, for people"`
	Endpoint    string      `json:"endpoint"`
	Model       string      `json:"model" doc:"of a model; empty otherwise"`
	Version     int         `json:"version"`
	URL         string      `json:"url" doc:"the clients' page of a model"`
	Address     string      `json:"address" doc:"of a service or a site; empty for a model"`
	Public      bool        `json:"public"`
}

type createProjectInput struct {
	Body struct {
		Namespace     string `json:"namespace"`
		Name          string `json:"name"`
		Description   string `json:"description" required:"false"`
		DefaultBranch string `json:"default_branch" required:"false" doc:"main when absent"`
	}
}

type updateProjectInput struct {
	InProject
	Body struct {
		Description   *string      `json:"description" required:"false"`
		DefaultBranch *string      `json:"default_branch" required:"false"`
		MergeMethod   *repo.Method `json:"merge_method" required:"false" enum:"merge,squash,rebase,ff"`
		RemoveSource  *bool        `json:"remove_source_branch" required:"false"`
	}
}

func (a *API) projectRoutes() {
	route(a, http.MethodGet, "/projects", "My projects", func(ctx context.Context, actor auth.Actor, in *struct {
		Paging
		Search string `query:"search" doc:"a part of the path"`
	},
	) (list[projectView], error) {
		projects, total, err := a.Projects.List(ctx, actor, in.Search, project.Page{Offset: in.offset(), Limit: in.PerPage})
		if err != nil {
			return list[projectView]{}, err
		}
		views := list[projectView]{Items: make([]projectView, len(projects)), Total: total}
		for i, p := range projects {
			if views.Items[i], err = a.viewProject(ctx, actor, p); err != nil {
				return list[projectView]{}, err
			}
		}
		return views, nil
	})
	route(a, http.MethodPost, "/projects", "Create a project", func(ctx context.Context, actor auth.Actor, in *createProjectInput) (projectView, error) {
		b := in.Body
		p, err := a.Projects.Create(ctx, actor, project.Project{Namespace: b.Namespace, Name: b.Name, Description: b.Description, DefaultBranch: b.DefaultBranch})
		if err != nil {
			return projectView{}, err
		}
		// The reaction to project.created makes the repository too; making it
		// here as well lets the caller push at once.
		if err := a.Repos.Ensure(ctx, p.ID); err != nil {
			return projectView{}, err
		}
		return a.viewProject(ctx, actor, p)
	}, http.StatusCreated)
	route(a, http.MethodGet, "/projects/{project}", "A project", func(ctx context.Context, actor auth.Actor, in *InProject) (projectView, error) {
		p, err := a.project(ctx, actor, in.Project)
		if err != nil {
			return projectView{}, err
		}
		// A token of narrow scope may find the project, and not read it.
		if err := a.Projects.May(ctx, actor, p.ID, auth.ReadProject); err != nil {
			return projectView{}, err
		}
		return a.viewProject(ctx, actor, p)
	})
	route(a, http.MethodPatch, "/projects/{project}", "Change a project", func(ctx context.Context, actor auth.Actor, in *updateProjectInput) (projectView, error) {
		p, err := a.project(ctx, actor, in.Project)
		if err != nil {
			return projectView{}, err
		}
		// The repository first: it knows whether there is such a branch.
		if branch := in.Body.DefaultBranch; branch != nil && *branch != p.DefaultBranch {
			if err := a.Repos.SetDefaultBranch(ctx, actor, p.ID, *branch); err != nil {
				return projectView{}, err
			}
		}
		if in.Body.MergeMethod != nil || in.Body.RemoveSource != nil {
			if _, err := a.Merges.Configure(ctx, actor, p.ID, in.Body.MergeMethod, in.Body.RemoveSource); err != nil {
				return projectView{}, err
			}
		}
		if p, err = a.Projects.Update(ctx, actor, p.ID, in.Body.Description, in.Body.DefaultBranch); err != nil {
			return projectView{}, err
		}
		return a.viewProject(ctx, actor, p)
	})
	route(a, http.MethodDelete, "/projects/{project}", "Delete a project with all it holds", func(ctx context.Context, actor auth.Actor, in *InProject) (none, error) {
		p, err := a.project(ctx, actor, in.Project)
		if err != nil {
			return none{}, err
		}
		return none{}, a.Projects.Delete(ctx, actor, p.ID)
	})
	a.memberRoutes()
	a.projectTokenRoutes()
}

func (a *API) lastPipeline(ctx context.Context, actor auth.Actor, id project.ID) (*PipelineSummary, error) {
	pipelines, _, err := a.CI.List(ctx, actor, id, ci.Filter{Limit: 1})
	if err = tolerate(err); err != nil || len(pipelines) == 0 {
		return nil, err
	}
	summary := a.viewPipelineSummary(&pipelines[0])
	return &summary, nil
}

func (a *API) inProduction(ctx context.Context, actor auth.Actor, id project.ID) (*productionView, error) {
	environments, err := a.environments(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	for _, e := range environments {
		if e.Tier == deploy.Production && e.Current != nil {
			d := e.Current
			return &productionView{e.Name, d.Kind, d.Title, e.Endpoint, d.Model, d.Version, e.URL, e.Address, e.Public}, nil
		}
	}
	return nil, nil //nolint:nilnil // nothing is in production, and that is no error
}

package console

import (
	"context"
	"net/http"
	"time"

	"dasier/ci"
	"dasier/delivery/deploy"
	"dasier/forge/auth"
	"dasier/forge/project"
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
}

type productionView struct {
	Endpoint string `json:"endpoint"`
	Model    string `json:"model"`
	Version  int    `json:"version"`
	URL      string `json:"url" doc:"the clients' page"`
}

type memberView struct {
	User  userView  `json:"user"`
	Role  string    `json:"role" enum:"guest,reporter,developer,maintainer,owner"`
	Since time.Time `json:"since"`
}

type variableView struct {
	Key       string `json:"key"`
	Value     string `json:"value" doc:"empty when masked"`
	Masked    bool   `json:"masked"`
	Protected bool   `json:"protected"`
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
		Description   *string `json:"description" required:"false"`
		DefaultBranch *string `json:"default_branch" required:"false"`
	}
}

// InMember names a member in a path.
type InMember struct {
	InProject
	Username string `path:"username"`
}

type setMemberInput struct {
	InMember
	Body struct {
		Role string `json:"role" enum:"guest,reporter,developer,maintainer,owner"`
	}
}

// InVariable names a variable in a path.
type InVariable struct {
	InProject
	Key string `path:"key"`
}

type setVariableInput struct {
	InVariable
	Body struct {
		Value     string `json:"value"`
		Masked    bool   `json:"masked" required:"false"`
		Protected bool   `json:"protected" required:"false"`
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
	a.variableRoutes()
}

func (a *API) memberRoutes() {
	const path = "/projects/{project}/members"
	route(a, http.MethodGet, path, "A project's members", func(ctx context.Context, actor auth.Actor, in *InProject) (list[memberView], error) {
		p, err := a.project(ctx, actor, in.Project)
		if err != nil {
			return list[memberView]{}, err
		}
		members, err := a.Projects.Members(ctx, actor, p.ID)
		return list[memberView]{mapped(members, func(m project.Member) memberView {
			return memberView{userView{ID: m.User, Username: m.Username, Name: m.Name}, m.Role.String(), m.Since}
		}), len(members)}, err
	})
	route(a, http.MethodPut, path+"/{username}", "Add a member or change their role", func(ctx context.Context, actor auth.Actor, in *setMemberInput) (none, error) {
		p, user, err := a.member(ctx, actor, in.InMember)
		if err != nil {
			return none{}, err
		}
		role, err := auth.ParseRole(in.Body.Role)
		if err != nil {
			return none{}, err
		}
		return none{}, a.Projects.SetMember(ctx, actor, p.ID, user.ID, role)
	})
	route(a, http.MethodDelete, path+"/{username}", "Remove a member", func(ctx context.Context, actor auth.Actor, in *InMember) (none, error) {
		p, user, err := a.member(ctx, actor, *in)
		if err != nil {
			return none{}, err
		}
		return none{}, a.Projects.RemoveMember(ctx, actor, p.ID, user.ID)
	})
}

func (a *API) member(ctx context.Context, actor auth.Actor, in InMember) (project.Project, auth.User, error) {
	p, err := a.project(ctx, actor, in.Project)
	if err != nil {
		return p, auth.User{}, err
	}
	user, err := a.Auth.UserByName(ctx, actor, in.Username)
	return p, user, err
}

func (a *API) variableRoutes() {
	const path = "/projects/{project}/variables"
	route(a, http.MethodGet, path, "A project's CI variables", func(ctx context.Context, actor auth.Actor, in *InProject) (list[variableView], error) {
		p, err := a.project(ctx, actor, in.Project)
		if err != nil {
			return list[variableView]{}, err
		}
		variables, err := a.Projects.Variables(ctx, actor, p.ID)
		return list[variableView]{mapped(variables, func(v project.Variable) variableView { return variableView(v) }), len(variables)}, err
	})
	route(a, http.MethodPut, path+"/{key}", "Set a CI variable", func(ctx context.Context, actor auth.Actor, in *setVariableInput) (none, error) {
		p, err := a.project(ctx, actor, in.Project)
		if err != nil {
			return none{}, err
		}
		return none{}, a.Projects.SetVariable(ctx, actor, p.ID, project.Variable{Key: in.Key, Value: in.Body.Value, Masked: in.Body.Masked, Protected: in.Body.Protected})
	})
	route(a, http.MethodDelete, path+"/{key}", "Remove a CI variable", func(ctx context.Context, actor auth.Actor, in *InVariable) (none, error) {
		p, err := a.project(ctx, actor, in.Project)
		if err != nil {
			return none{}, err
		}
		return none{}, a.Projects.RemoveVariable(ctx, actor, p.ID, in.Key)
	})
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
			return &productionView{e.Endpoint, e.Current.Model, e.Current.Version, e.URL}, nil
		}
	}
	return nil, nil //nolint:nilnil // nothing is in production, and that is no error
}

package console

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// ProjectTokenView is a project's own token without its secret.
type ProjectTokenView struct {
	ID         int64        `json:"id"`
	Name       string       `json:"name"`
	Role       string       `json:"role" enum:"guest,reporter,developer,maintainer"`
	Scopes     []auth.Scope `json:"scopes"`
	CreatedBy  string       `json:"created_by"`
	CreatedAt  time.Time    `json:"created_at"`
	ExpiresAt  *time.Time   `json:"expires_at"`
	LastUsedAt *time.Time   `json:"last_used_at"`
	Limits     *auth.Limits `json:"limits,omitempty" doc:"what it may use of the project's endpoints; none: as much as there is"`
	UsedToday  int64        `json:"used_today" doc:"predictions that it got since midnight, UTC"`
}

func viewProjectToken(t auth.ProjectToken) ProjectTokenView {
	v := ProjectTokenView{
		ID: t.ID, Name: t.Name, Role: t.Role.String(), Scopes: t.Scopes, CreatedBy: t.CreatedBy,
		CreatedAt: t.CreatedAt, ExpiresAt: t.ExpiresAt, LastUsedAt: t.LastUsedAt,
	}
	if t.Limits != (auth.Limits{}) {
		v.Limits = &t.Limits
	}
	return v
}

// viewProjectTokens also tells what each of them used today.
func (a *API) viewProjectTokens(ctx context.Context, tokens []auth.ProjectToken) (list[ProjectTokenView], error) {
	ids := mapped(tokens, func(t auth.ProjectToken) int64 { return t.ID })
	used, err := a.Meter.Today(ctx, ids)
	views := mapped(tokens, viewProjectToken)
	for i := range views {
		views[i].UsedToday = used[views[i].ID]
	}
	return list[ProjectTokenView]{views, len(views)}, err
}

type projectTokenCreatedView struct {
	ProjectTokenView
	Token string `json:"token" doc:"the secret: it is not shown again"`
}

type createProjectTokenInput struct {
	InProject
	Body struct {
		Name      string       `json:"name"`
		Role      string       `json:"role" enum:"guest,reporter,developer,maintainer"`
		Scopes    []auth.Scope `json:"scopes" enum:"api,read_api,read_repository,write_repository,predict"`
		ExpiresAt *time.Time   `json:"expires_at" required:"false"`
		Limits    *auth.Limits `json:"limits" required:"false" doc:"of a token that only predicts: what it may use"`
	}
}

// InProjectToken names a project's own token in a path.
type InProjectToken struct {
	InProject
	ID int64 `path:"id"`
}

func (a *API) projectTokenRoutes() {
	const path = "/projects/{project}/tokens"
	route(a, http.MethodGet, path, "The project's own tokens", func(ctx context.Context, actor auth.Actor, named *InProject) (list[ProjectTokenView], error) {
		return in(ctx, a, actor, named.Project, func(p project.Project) (list[ProjectTokenView], error) {
			tokens, err := a.Projects.Tokens(ctx, actor, p.ID)
			if err != nil {
				return list[ProjectTokenView]{}, err
			}
			return a.viewProjectTokens(ctx, tokens)
		})
	})
	route(a, http.MethodPost, path, "Make a token of the project's own; its secret is shown this once", func(ctx context.Context, actor auth.Actor, b *createProjectTokenInput) (projectTokenCreatedView, error) {
		return in(ctx, a, actor, b.Project, func(p project.Project) (projectTokenCreatedView, error) {
			role, err := auth.ParseRole(b.Body.Role)
			if err != nil {
				return projectTokenCreatedView{}, err
			}
			wanted := auth.ProjectToken{Name: b.Body.Name, Role: role, Scopes: b.Body.Scopes, ExpiresAt: b.Body.ExpiresAt}
			if b.Body.Limits != nil {
				wanted.Limits = *b.Body.Limits
			}
			t, secret, err := a.Projects.CreateToken(ctx, actor, p.ID, wanted)
			return projectTokenCreatedView{viewProjectToken(t), secret}, err
		})
	}, http.StatusCreated)
	route(a, http.MethodDelete, path+"/{id}", "Revoke one of the project's own tokens", func(ctx context.Context, actor auth.Actor, named *InProjectToken) (none, error) {
		return in(ctx, a, actor, named.Project, func(p project.Project) (none, error) {
			return none{}, a.Projects.RevokeToken(ctx, actor, p.ID, named.ID)
		})
	})
	a.jobAccessRoutes()
}

type sourceView struct {
	ID   project.ID `json:"id"`
	Path string     `json:"path"`
}

// InJobAccess names a project whose jobs may reach another.
type InJobAccess struct {
	InProject
	Source string `path:"source" doc:"the project's number, or its path with %2F for the slash"`
}

func (a *API) jobAccessRoutes() {
	const path = "/projects/{project}/job-access"
	route(a, http.MethodGet, path, "The projects whose jobs may read here, where their users may", func(ctx context.Context, actor auth.Actor, named *InProject) (list[sourceView], error) {
		return in(ctx, a, actor, named.Project, func(p project.Project) (list[sourceView], error) {
			sources, err := a.Projects.JobAccess(ctx, actor, p.ID)
			return list[sourceView]{mapped(sources, func(p project.Project) sourceView { return sourceView{p.ID, p.Path()} }), len(sources)}, err
		})
	})
	route(a, http.MethodPut, path+"/{source}", "Let another project's jobs read here, where their users may", func(ctx context.Context, actor auth.Actor, named *InJobAccess) (none, error) {
		return in(ctx, a, actor, named.Project, func(p project.Project) (none, error) {
			if err := a.Projects.May(ctx, actor, p.ID, auth.ManageTokens); err != nil {
				return none{}, err
			}
			source, err := a.project(ctx, actor, named.Source)
			if err != nil {
				return none{}, err
			}
			return none{}, a.Projects.AllowJobs(ctx, actor, p.ID, source.ID)
		})
	})
	route(a, http.MethodDelete, path+"/{source}", "Let another project's jobs no longer read here", func(ctx context.Context, actor auth.Actor, named *InJobAccess) (none, error) {
		return in(ctx, a, actor, named.Project, func(p project.Project) (none, error) {
			// By what the list says: the caller need not see the project itself.
			sources, err := a.Projects.JobAccess(ctx, actor, p.ID)
			if err != nil {
				return none{}, err
			}
			wanted, err := url.PathUnescape(named.Source)
			if err != nil {
				return none{}, fault.Errorf(fault.Invalid, "project %q is not properly encoded", named.Source).At("source")
			}
			for _, s := range sources {
				if strings.EqualFold(s.Path(), wanted) || strconv.FormatInt(int64(s.ID), 10) == wanted {
					return none{}, a.Projects.ForbidJobs(ctx, actor, p.ID, s.ID)
				}
			}
			return none{}, fault.Errorf(fault.Missing, "project %s is not listed", wanted)
		})
	})
}

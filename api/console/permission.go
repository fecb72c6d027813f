package console

import (
	"context"
	"net/http"

	"dasier/forge/auth"
	"dasier/forge/project"
)

type ruleView struct {
	Permission string       `json:"permission"`
	Role       string       `json:"role" doc:"the lowest role that may"`
	About      string       `json:"about"`
	Job        bool         `json:"job" doc:"a job's token may, too"`
	Scopes     []auth.Scope `json:"scopes" doc:"the token scopes that suffice"`
}

type rolesView struct {
	Rules []ruleView `json:"rules"`
	Roles []string   `json:"roles" doc:"from the lowest to the highest"`
}

type verdictView struct {
	Permission string `json:"permission"`
	Allowed    bool   `json:"allowed"`
	Refusal    string `json:"refusal,omitempty" doc:"why not"`
}

type permissionsView struct {
	Role          string        `json:"role" enum:"none,guest,reporter,developer,maintainer,owner"`
	InheritedFrom string        `json:"inherited_from,omitempty" doc:"the path of the group that the role comes from"`
	Permissions   []verdictView `json:"permissions"`
}

func (a *API) permissionRoutes() {
	route(a, http.MethodGet, "/roles", "Who may do what: the one table", func(context.Context, auth.Actor, *none) (rolesView, error) {
		view := rolesView{Rules: mapped(auth.Rules, func(r auth.Rule) ruleView {
			return ruleView{string(r.Permission), r.Role.String(), r.About, r.Job, append([]auth.Scope{auth.ScopeAPI}, r.Scopes...)}
		})}
		for _, role := range []auth.Role{auth.Guest, auth.Reporter, auth.Developer, auth.Maintainer, auth.Owner} {
			view.Roles = append(view.Roles, role.String())
		}
		return view, nil
	})
	route(a, http.MethodGet, "/projects/{project}/permissions", "What I may do here, and why not more", func(ctx context.Context, actor auth.Actor, named *InProject) (permissionsView, error) {
		return in(ctx, a, actor, named.Project, func(p project.Project) (permissionsView, error) {
			role, standing, verdicts, err := a.Projects.Permissions(ctx, actor, p.ID)
			return permissionsView{role.String(), standing.Inherited(), mapped(verdicts, func(v project.Verdict) verdictView {
				return verdictView{string(v.Permission), v.Refusal == "", v.Refusal}
			})}, err
		})
	})
}

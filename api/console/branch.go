package console

import (
	"context"
	"net/http"
	"net/url"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/forge/repo"
)

// ProtectionRule is what a protected branch asks for.
type ProtectionRule struct {
	PushRole        string `json:"push_role" enum:"none,developer,maintainer"`
	MergeRole       string `json:"merge_role" enum:"none,developer,maintainer"`
	Approvals       int    `json:"approvals" required:"false" minimum:"0" maximum:"100" doc:"how many people must approve; with any of these five, push_role is none"`
	ApprovalRole    string `json:"approval_role" required:"false" enum:"developer,maintainer" default:"developer" doc:"the lowest role whose approval counts"`
	RequirePipeline bool   `json:"require_pipeline" required:"false" doc:"the newest pipeline must be green"`
	RequireResolved bool   `json:"require_resolved" required:"false" doc:"all threads must be resolved"`
	RequireOwners   bool   `json:"require_owners" required:"false" doc:"the owners that CODEOWNERS names must approve"`
}

// protectionView says every field, where ProtectionRule lets most be left out.
type protectionView struct {
	Pattern         string `json:"pattern" doc:"a branch name, or a pattern with *"`
	PushRole        string `json:"push_role" enum:"none,developer,maintainer"`
	MergeRole       string `json:"merge_role" enum:"none,developer,maintainer"`
	Approvals       int    `json:"approvals" doc:"how many people must approve"`
	ApprovalRole    string `json:"approval_role" enum:"developer,maintainer" doc:"the lowest role whose approval counts"`
	RequirePipeline bool   `json:"require_pipeline"`
	RequireResolved bool   `json:"require_resolved"`
	RequireOwners   bool   `json:"require_owners"`
}

type protectInput struct {
	InProject
	Pattern string `path:"pattern"`
	Body    ProtectionRule
}

func viewProtection(r repo.Protection) protectionView {
	return protectionView{
		r.Pattern, r.PushRole.String(), r.MergeRole.String(), r.Approvals, r.ApprovalRole.String(), r.RequirePipeline, r.RequireResolved, r.RequireOwners,
	}
}

type mergeInput struct {
	InProject
	Body struct {
		Source  string `json:"source" doc:"the branch to take from"`
		Target  string `json:"target" doc:"the branch to merge into"`
		Message string `json:"message" required:"false"`
	}
}

type mergeView struct {
	SHA     string `json:"sha" doc:"what the target branch is now"`
	Already bool   `json:"already" doc:"there was nothing to merge"`
}

func (a *API) branchRoutes() {
	const path = "/projects/{project}/protected-branches"
	route(a, http.MethodGet, path, "Protected branches", func(ctx context.Context, actor auth.Actor, q *InProject) (list[protectionView], error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (list[protectionView], error) {
			rules, err := a.Repos.Protections(ctx, actor, p.ID)
			return list[protectionView]{mapped(rules, viewProtection), len(rules)}, err
		})
	})
	route(a, http.MethodPut, path+"/{pattern}", "Protect branches", func(ctx context.Context, actor auth.Actor, q *protectInput) (none, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (none, error) {
			b := q.Body
			rule := repo.Protection{
				Pattern: unescape(q.Pattern), Approvals: b.Approvals, RequirePipeline: b.RequirePipeline, RequireResolved: b.RequireResolved, RequireOwners: b.RequireOwners,
			}
			var err error
			if rule.PushRole, err = protectionRole(q.Body.PushRole); err != nil {
				return none{}, err
			}
			if rule.MergeRole, err = protectionRole(q.Body.MergeRole); err != nil {
				return none{}, err
			}
			if b.ApprovalRole != "" {
				if rule.ApprovalRole, err = auth.ParseRole(b.ApprovalRole); err != nil {
					return none{}, err
				}
			}
			return none{}, a.Repos.Protect(ctx, actor, p.ID, rule)
		})
	})
	route(a, http.MethodDelete, path+"/{pattern}", "Unprotect branches", func(ctx context.Context, actor auth.Actor, q *struct {
		InProject
		Pattern string `path:"pattern"`
	},
	) (none, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (none, error) {
			return none{}, a.Repos.Unprotect(ctx, actor, p.ID, unescape(q.Pattern))
		})
	})
	route(a, http.MethodPost, "/projects/{project}/merges", "Merge one branch into another", func(ctx context.Context, actor auth.Actor, q *mergeInput) (mergeView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (mergeView, error) {
			result, err := a.Repos.Merge(ctx, actor, p.ID, q.Body.Source, q.Body.Target, q.Body.Message)
			return mergeView{result.SHA, result.Already}, err
		})
	})
}

func protectionRole(name string) (auth.Role, error) {
	if name == "none" {
		return auth.None, nil
	}
	return auth.ParseRole(name)
}

// unescape undoes the encoding of a path element; the router leaves it as it
// came so that an encoded slash can be part of one.
func unescape(element string) string {
	if plain, err := url.PathUnescape(element); err == nil {
		return plain
	}
	return element
}

func urlEscape(name string) string { return url.PathEscape(name) }

// tolerate gives the zero value where the actor may see the project but not
// this part of it.
func tolerate(err error) error {
	if fault.Is(err, fault.Denied) || fault.Is(err, fault.Missing) {
		return nil
	}
	return err
}

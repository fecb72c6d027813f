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

type protectionView struct {
	Pattern   string `json:"pattern" doc:"a branch name, or a pattern with *"`
	PushRole  string `json:"push_role" enum:"none,developer,maintainer"`
	MergeRole string `json:"merge_role" enum:"none,developer,maintainer"`
}

type protectInput struct {
	InProject
	Pattern string `path:"pattern"`
	Body    struct {
		PushRole  string `json:"push_role" enum:"none,developer,maintainer"`
		MergeRole string `json:"merge_role" enum:"none,developer,maintainer"`
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
			return list[protectionView]{mapped(rules, func(r repo.Protection) protectionView {
				return protectionView{r.Pattern, r.PushRole.String(), r.MergeRole.String()}
			}), len(rules)}, err
		})
	})
	route(a, http.MethodPut, path+"/{pattern}", "Protect branches", func(ctx context.Context, actor auth.Actor, q *protectInput) (none, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (none, error) {
			rule := repo.Protection{Pattern: unescape(q.Pattern)}
			var err error
			if rule.PushRole, err = protectionRole(q.Body.PushRole); err != nil {
				return none{}, err
			}
			if rule.MergeRole, err = protectionRole(q.Body.MergeRole); err != nil {
				return none{}, err
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

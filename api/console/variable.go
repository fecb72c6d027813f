package console

import (
	"context"
	"net/http"
	"time"

	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/forge/variable"
)

type variableView struct {
	Key         string    `json:"key"`
	Environment string    `json:"environment" doc:"a pattern of environment names; * is everywhere"`
	Value       string    `json:"value" doc:"empty when hidden or inherited"`
	Masked      bool      `json:"masked"`
	Hidden      bool      `json:"hidden"`
	Protected   bool      `json:"protected"`
	File        bool      `json:"file"`
	Raw         bool      `json:"raw"`
	Description string    `json:"description"`
	Inherited   string    `json:"inherited" doc:"the group that it comes from; empty for its own"`
	UpdatedAt   time.Time `json:"updated_at"`
}

func viewVariable(v variable.Variable) variableView {
	return variableView{v.Key, v.Environment, v.Value, v.Masked, v.Hidden, v.Protected, v.File, v.Raw, v.Description, v.Inherited, v.Updated}
}

// VariableGroup names a group in a path.
type VariableGroup struct {
	Path string `path:"path" doc:"the group's path"`
}

// VariableKey names a variable in a path and its scope in the query.
type VariableKey struct {
	Key         string `path:"key"`
	Environment string `query:"environment" default:"*" doc:"the scope: an environment's name, or a pattern with *"`
}

// VariableBody is what a variable is set to.
type VariableBody struct {
	Body struct {
		Value       *string `json:"value" required:"false" doc:"absent: the value stays, and only the rest changes"`
		Masked      bool    `json:"masked" required:"false" doc:"job logs do not show the value"`
		Hidden      bool    `json:"hidden" required:"false" doc:"masked, and the value is never shown again"`
		Protected   bool    `json:"protected" required:"false" doc:"only for jobs on protected branches"`
		File        bool    `json:"file" required:"false" doc:"the variable names a file that holds the value"`
		Raw         bool    `json:"raw" required:"false" doc:"references to other variables are not expanded"`
		Description string  `json:"description" required:"false"`
	}
}

func (b VariableBody) variable(k VariableKey) variable.Variable {
	return variable.Variable{
		Key: k.Key, Environment: k.Environment, Masked: b.Body.Masked, Hidden: b.Body.Hidden, Protected: b.Body.Protected,
		File: b.Body.File, Raw: b.Body.Raw, Description: b.Body.Description,
	}
}

func (a *API) variableRoutes() {
	const path = "/projects/{project}/variables"
	route(a, http.MethodGet, path, "A project's CI variables", func(ctx context.Context, actor auth.Actor, q *InProject) (list[variableView], error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (list[variableView], error) {
			return a.listVariables(ctx, actor, variable.OfProject(p.ID))
		})
	})
	route(a, http.MethodPut, path+"/{key}", "Set a CI variable", func(ctx context.Context, actor auth.Actor, q *struct {
		InProject
		VariableKey
		VariableBody
	},
	) (none, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (none, error) {
			return none{}, a.Variables.Set(ctx, actor, variable.OfProject(p.ID), q.variable(q.VariableKey), q.Body.Value)
		})
	})
	route(a, http.MethodDelete, path+"/{key}", "Remove a CI variable", func(ctx context.Context, actor auth.Actor, q *struct {
		InProject
		VariableKey
	},
	) (none, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (none, error) {
			return none{}, a.Variables.Remove(ctx, actor, variable.OfProject(p.ID), q.Key, q.Environment)
		})
	})
	a.groupVariableRoutes()
}

func (a *API) groupVariableRoutes() {
	const path = "/groups/{path}/variables"
	route(a, http.MethodGet, path, "A group's CI variables, which its projects inherit", func(ctx context.Context, actor auth.Actor, q *VariableGroup) (list[variableView], error) {
		return a.listVariables(ctx, actor, q.owner())
	})
	route(a, http.MethodPut, path+"/{key}", "Set a group's CI variable", func(ctx context.Context, actor auth.Actor, q *struct {
		VariableGroup
		VariableKey
		VariableBody
	},
	) (none, error) {
		return none{}, a.Variables.Set(ctx, actor, q.owner(), q.variable(q.VariableKey), q.Body.Value)
	})
	route(a, http.MethodDelete, path+"/{key}", "Remove a group's CI variable", func(ctx context.Context, actor auth.Actor, q *struct {
		VariableGroup
		VariableKey
	},
	) (none, error) {
		return none{}, a.Variables.Remove(ctx, actor, q.owner(), q.Key, q.Environment)
	})
}

func (g VariableGroup) owner() variable.Owner { return variable.OfGroup(unescape(g.Path)) }

func (a *API) listVariables(ctx context.Context, actor auth.Actor, o variable.Owner) (list[variableView], error) {
	variables, err := a.Variables.List(ctx, actor, o)
	return list[variableView]{mapped(variables, viewVariable), len(variables)}, err
}

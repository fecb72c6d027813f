package rest

import (
	"net/http"

	"dasier/fault"
	"dasier/forge/variable"
)

type variableView struct {
	Key         string  `json:"key"`
	Value       *string `json:"value"`
	Type        string  `json:"variable_type"`
	Protected   bool    `json:"protected"`
	Masked      bool    `json:"masked"`
	Hidden      bool    `json:"hidden"`
	Raw         bool    `json:"raw"`
	Environment string  `json:"environment_scope"`
	Description string  `json:"description"`
}

func variableType(file bool) string {
	if file {
		return "file"
	}
	return "env_var"
}

func viewVariable(v variable.Variable) variableView {
	view := variableView{
		Key: v.Key, Type: variableType(v.File), Protected: v.Protected, Masked: v.Masked, Hidden: v.Hidden, Raw: v.Raw, Environment: v.Environment, Description: v.Description,
	}
	if !v.Hidden {
		view.Value = &v.Value
	}
	return view
}

func (c *call) projectVariables() (variable.Owner, error) {
	p, err := c.project()
	return variable.OfProject(p.ID), err
}

func (c *call) groupVariables() (variable.Owner, error) {
	g, err := c.group()
	return variable.OfGroup(g.Path), err
}

// onVariables makes a handler of the variables of a project or group.
func onVariables(whose func(*call) (variable.Owner, error), do func(*call, variable.Owner) error) func(*call) error {
	return func(c *call) error {
		o, err := whose(c)
		if err != nil {
			return err
		}
		return do(c, o)
	}
}

// ownVariables leaves out what a project has from its group, as GitLab does.
func (c *call) ownVariables(o variable.Owner) ([]variable.Variable, error) {
	all, err := c.Variables.List(c.ctx, c.actor, o)
	own := []variable.Variable{}
	for _, v := range all {
		if v.Inherited == "" {
			own = append(own, v)
		}
	}
	return own, err
}

func listVariables(c *call, o variable.Owner) error {
	own, err := c.ownVariables(o)
	if err != nil {
		return err
	}
	return whole(c, mapped(own, viewVariable))
}

// variable is the one that the path names, with the scope of the filter. Without
// a filter, a key of several scopes is refused, as GitLab does.
func (c *call) variable(o variable.Owner) (variable.Variable, error) {
	own, err := c.ownVariables(o)
	if err != nil {
		return variable.Variable{}, err
	}
	q := c.read()
	scope := ""
	if filter := q.object("filter"); filter != nil {
		scope = filter.text("environment_scope")
		q.also(filter)
	}
	if q.err != nil {
		return variable.Variable{}, q.err
	}
	var found []variable.Variable
	for _, v := range own {
		if v.Key == c.element("key") && (scope == "" || v.Environment == scope) {
			found = append(found, v)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return variable.Variable{}, missing("Variable", fault.Errorf(fault.Missing, "no such variable"))
	default:
		return variable.Variable{}, taken("There are multiple variables with provided parameters. Please use 'filter[environment_scope]'")
	}
}

func getVariable(c *call, o variable.Owner) error {
	v, err := c.variable(o)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, viewVariable(v))
}

// flags sets what was given of a variable.
func (r *reader) flags(v *variable.Variable) {
	for name, field := range map[string]*bool{"masked": &v.Masked, "protected": &v.Protected, "raw": &v.Raw} {
		if given := r.flag(name); given != nil {
			*field = *given
		}
	}
	switch kind := r.text("variable_type"); kind {
	case "":
	case "env_var", "file":
		v.File = kind == "file"
	default:
		r.fail("variable_type", "does not have a valid value")
	}
	if about := r.someText("description"); about != nil {
		v.Description = *about
	}
}

func createVariable(c *call, o variable.Owner) error {
	q := c.read()
	v := variable.Variable{Key: q.needed("key"), Environment: q.text("environment_scope"), Hidden: q.on("masked_and_hidden")}
	value := q.someText("value")
	if value == nil {
		q.fail("value", "is missing")
	}
	q.flags(&v)
	v.Masked = v.Masked || v.Hidden
	if v.Environment == "" {
		v.Environment = variable.Everywhere
	}
	if q.err != nil {
		return q.err
	}
	own, err := c.ownVariables(o)
	if err != nil {
		return err
	}
	for _, other := range own {
		if other.Key == v.Key && other.Environment == v.Environment {
			return &refusal{http.StatusBadRequest, said{Message: map[string][]string{"key": {"(" + v.Key + ") has already been taken"}}}}
		}
	}
	return c.setVariable(o, v, value, http.StatusCreated)
}

func updateVariable(c *call, o variable.Owner) error {
	v, err := c.variable(o)
	if err != nil {
		return err
	}
	q := c.read()
	q.flags(&v)
	value, scope := q.someText("value"), q.text("environment_scope")
	if scope != "" && scope != v.Environment {
		q.fail("environment_scope", "cannot be changed: make a variable of that scope, and remove this one")
	}
	if q.err != nil {
		return q.err
	}
	return c.setVariable(o, v, value, http.StatusOK)
}

func (c *call) setVariable(o variable.Owner, v variable.Variable, value *string, status int) error {
	if err := c.Variables.Set(c.ctx, c.actor, o, v, value); err != nil {
		return err
	}
	if value != nil {
		v.Value = *value
	}
	return c.answer(status, viewVariable(v))
}

func removeVariable(c *call, o variable.Owner) error {
	v, err := c.variable(o)
	if err != nil {
		return err
	}
	if err := c.Variables.Remove(c.ctx, c.actor, o, v.Key, v.Environment); err != nil {
		return err
	}
	return c.gone()
}

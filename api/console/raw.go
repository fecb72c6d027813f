package console

import (
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// foreign is an operation that answers what JSON cannot carry: files, archives,
// streams. Its handler is plain, and its description is made by hand.
type foreign struct {
	method, path, summary string
	takes                 string // media type of the request's body; empty: none
	gives                 string // media type of the answer
	view                  any    // what the answer is, when gives is JSON of ours
	query                 []asked
}

// asked is a parameter of the query.
type asked struct {
	name, about string
	required    bool
}

// raw registers an operation on a project.
func (a *API) raw(f foreign, do func(w http.ResponseWriter, r *http.Request, actor auth.Actor, p project.Project) error) {
	a.plain(f, func(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
		p, err := a.project(r.Context(), actor, chi.URLParam(r, "project"))
		if err != nil {
			return err
		}
		return do(w, r, actor, p)
	})
}

// plain registers an operation.
func (a *API) plain(f foreign, do func(w http.ResponseWriter, r *http.Request, actor auth.Actor) error) {
	a.router.Method(f.method, Base+f.path, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		actor, err := a.Identity.Authenticate(r)
		if err == nil {
			err = f.check(r)
		}
		if err == nil {
			err = do(w, r, actor)
		}
		if err != nil {
			a.refuse(w, r, err)
		}
	}))
	a.describe(f)
}

// check holds a query to the description, as huma does elsewhere.
func (f foreign) check(r *http.Request) error {
	query := r.URL.Query()
	for name := range query {
		if !slices.ContainsFunc(f.query, func(q asked) bool { return q.name == name }) {
			return fault.Errorf(fault.Invalid, "unknown query parameter %q", name).At("query." + name)
		}
	}
	for _, q := range f.query {
		if q.required && query.Get(q.name) == "" {
			return fault.Errorf(fault.Invalid, "required query parameter is missing: %s, %s", q.name, q.about).At("query." + q.name)
		}
	}
	return nil
}

func (a *API) describe(f foreign) {
	document := a.huma.OpenAPI()
	schemas := document.Components.Schemas
	answers := &huma.MediaType{}
	if f.view != nil {
		answers.Schema = schemas.Schema(reflect.TypeOf(f.view), true, "")
	}
	status := http.StatusOK
	operation := &huma.Operation{
		OperationID: operationID(f.method, f.path), Method: f.method, Path: Base + f.path, Summary: f.summary, Tags: []string{tag(f.path)}, Security: signedIn,
	}
	if f.takes != "" {
		status = http.StatusCreated
		operation.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{f.takes: {}}}
	}
	problem := &huma.MediaType{Schema: schemas.Schema(reflect.TypeFor[huma.ErrorModel](), true, "")}
	operation.Responses = map[string]*huma.Response{
		strconv.Itoa(status): {Description: http.StatusText(status), Content: map[string]*huma.MediaType{f.gives: answers}},
		"default":            {Description: "Error", Content: map[string]*huma.MediaType{"application/problem+json": problem}},
	}
	for part := range strings.SplitSeq(f.path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			operation.Parameters = append(operation.Parameters, &huma.Param{Name: strings.TrimSuffix(name, "}"), In: "path", Required: true, Schema: &huma.Schema{Type: "string"}})
		}
	}
	for _, q := range f.query {
		operation.Parameters = append(operation.Parameters, &huma.Param{Name: q.name, In: "query", Description: q.about, Required: q.required, Schema: &huma.Schema{Type: "string"}})
	}
	document.AddOperation(operation)
}

package console_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"dasier/api/console"
	"dasier/ci"
	"dasier/forge/auth"
)

// What operations ask for that belong to no project.
const (
	nothing auth.Permission = "nothing: everyone may"
	signIn  auth.Permission = "to be signed in"
	admin   auth.Permission = "to be an administrator"
)

// operation is one of the document's, with a request that is right in all but,
// perhaps, who sends it.
type operation struct {
	needs  auth.Permission
	method string
	path   string // below /projects/{project} when needs is a permission
	send   string // path elements and query to ask with, as in "id=7 ?path=a"
	body   string // $who stands for the user
	status int    // of the first who may; 0: any 2xx
}

// operations is every operation of the document, in an order in which each can
// be done. One that is missing here fails the test.
var operations = []operation{
	{needs: nothing, method: "GET", path: "/setup"},
	{needs: nothing, method: "POST", path: "/setup", body: `{"token":"x","username":"eve","email":"eve@example.org","password":"correct horse"}`, status: 409},
	{needs: nothing, method: "POST", path: "/session", body: `{"login":"guest","password":"correct horse"}`},
	{needs: nothing, method: "DELETE", path: "/session"},
	{needs: nothing, method: "GET", path: "/roles"},
	{needs: nothing, method: "GET", path: "/server"},
	{needs: signIn, method: "GET", path: "/me"},
	{needs: signIn, method: "GET", path: "/me/tokens"},
	{needs: signIn, method: "POST", path: "/me/tokens", body: `{"name":"x","scopes":["read_api"]}`},
	{needs: signIn, method: "DELETE", path: "/me/tokens/{id}", send: "id=4711", status: 404},
	{needs: signIn, method: "GET", path: "/users"},
	{needs: admin, method: "POST", path: "/users", body: `{"username":"fay","email":"fay@example.org","password":"correct horse"}`},
	{needs: signIn, method: "GET", path: "/events"},
	{needs: signIn, method: "GET", path: "/projects"},
	{needs: signIn, method: "POST", path: "/projects", body: `{"namespace":"$who","name":"own"}`},

	{needs: auth.ReadProject, method: "GET", path: ""},
	{needs: auth.EditProject, method: "PATCH", path: "", body: `{"description":"by $who"}`},
	{needs: auth.ReadProject, method: "GET", path: "/members"},
	{needs: auth.ManageMembers, method: "PUT", path: "/members/{username}", send: "username=victim", body: `{"role":"guest"}`},
	{needs: auth.ManageMembers, method: "DELETE", path: "/members/{username}", send: "username=victim"},
	{needs: auth.ManageVariables, method: "GET", path: "/variables"},
	{needs: auth.ManageVariables, method: "PUT", path: "/variables/{key}", send: "key=KEY", body: `{"value":"$who"}`},
	{needs: auth.ManageVariables, method: "DELETE", path: "/variables/{key}", send: "key=KEY"},

	{needs: auth.ReadCode, method: "GET", path: "/branches"},
	{needs: auth.ReadCode, method: "GET", path: "/tree"},
	{needs: auth.ReadCode, method: "GET", path: "/file", send: "?path=README.md"},
	{needs: auth.ReadCode, method: "GET", path: "/raw", send: "?path=README.md"},
	{needs: auth.ReadCode, method: "GET", path: "/blame", send: "?path=README.md"},
	{needs: auth.ReadCode, method: "GET", path: "/commits"},
	{needs: auth.ReadCode, method: "GET", path: "/commits/{sha}", send: "sha=main"},
	{needs: auth.ReadCode, method: "GET", path: "/compare", send: "?from=main&to=feature"},
	{needs: auth.PushProtected, method: "POST", path: "/merges", body: `{"source":"feature","target":"main"}`},
	{needs: auth.ReadCode, method: "GET", path: "/protected-branches"},
	{needs: auth.ManageBranches, method: "PUT", path: "/protected-branches/{pattern}", send: "pattern=wip", body: `{"push_role":"none","merge_role":"none"}`},
	{needs: auth.ManageBranches, method: "DELETE", path: "/protected-branches/{pattern}", send: "pattern=wip"},

	{needs: auth.ReadPipeline, method: "GET", path: "/pipelines"},
	{needs: auth.ReadPipeline, method: "GET", path: "/pipelines/{id}", send: "id=1"},
	{needs: auth.ReadPipeline, method: "GET", path: "/jobs/{id}", send: "id=1"},
	{needs: auth.ReadPipeline, method: "GET", path: "/jobs/{id}/log", send: "id=1"},
	{needs: auth.ReadPipeline, method: "GET", path: "/jobs/{id}/log/stream", send: "id=1"},
	{needs: auth.ReadPipeline, method: "GET", path: "/jobs/{id}/artifacts", send: "id=1"},
	{needs: auth.ReadPipeline, method: "GET", path: "/jobs/{id}/artifacts/file", send: "id=1 ?path=out/a.txt"},
	{needs: auth.ReadPipeline, method: "GET", path: "/jobs/{id}/artifacts/archive", send: "id=1"},
	{needs: auth.RunPipeline, method: "POST", path: "/pipelines", body: `{"ref":"feature"}`},
	{needs: auth.RunPipeline, method: "POST", path: "/jobs/{id}/play", send: "id=6"},
	{needs: auth.CancelJob, method: "POST", path: "/jobs/{id}/cancel", send: "id=5"},
	{needs: auth.RunPipeline, method: "POST", path: "/jobs/{id}/retry", send: "id=5"},
	{needs: auth.CancelJob, method: "POST", path: "/pipelines/{id}/cancel", send: "id=3"},
	{needs: auth.RunPipeline, method: "POST", path: "/pipelines/{id}/retry", send: "id=3"},

	{needs: auth.RegisterModel, method: "POST", path: "/models/{name}/versions", send: "name=price", body: "package"},
	{needs: auth.ReadModel, method: "GET", path: "/models"},
	{needs: auth.ReadModel, method: "GET", path: "/models/{name}", send: "name=price"},
	{needs: auth.ReadModel, method: "GET", path: "/models/{name}/versions", send: "name=price"},
	{needs: auth.ReadModel, method: "GET", path: "/models/{name}/versions/{version}", send: "name=price version=1"},
	{needs: auth.ReadModel, method: "GET", path: "/models/{name}/versions/{version}/files", send: "name=price version=1"},
	{needs: auth.ReadModel, method: "GET", path: "/models/{name}/versions/{version}/file", send: "name=price version=1 ?path=MLmodel"},
	{needs: auth.ReadModel, method: "GET", path: "/models/{name}/versions/{version}/profile", send: "name=price version=1"},
	{needs: auth.ReadModel, method: "GET", path: "/models/{name}/versions/{version}/report", send: "name=price version=1"},
	{needs: auth.ReadModel, method: "GET", path: "/models/{name}/versions/{version}/archive", send: "name=price version=1"},
	{needs: auth.ManageModel, method: "PUT", path: "/models/{name}/aliases/{alias}", send: "name=price alias=champion", body: `{"version":1}`},
	{needs: auth.ManageModel, method: "DELETE", path: "/models/{name}/aliases/{alias}", send: "name=price alias=champion"},
	{needs: auth.RegisterModel, method: "POST", path: "/runs", body: `{"name":"ames","status":"finished"}`},
	{needs: auth.ReadModel, method: "GET", path: "/runs"},
	{needs: auth.ReadModel, method: "GET", path: "/runs/{id}", send: "id=1"},

	{needs: auth.ManageEnvironment, method: "PATCH", path: "/environments/{name}", send: "name=staging", body: `{"public":true}`},
	{needs: auth.ReadEnvironment, method: "GET", path: "/environments"},
	{needs: auth.ReadEnvironment, method: "GET", path: "/environments/{name}", send: "name=staging"},
	{needs: auth.Deploy, method: "POST", path: "/deployments", body: `{"environment":"staging","model":"price","version":1}`},
	{needs: auth.ReadEnvironment, method: "GET", path: "/deployments/{id}", send: "id=1"},
	{needs: auth.ReadEnvironment, method: "GET", path: "/environments/{name}/deployments", send: "name=staging"},
	{needs: auth.Deploy, method: "POST", path: "/environments/{name}/rollback", send: "name=staging", body: `{"reason":"by $who"}`, status: 409},

	{needs: auth.DeleteProject, method: "DELETE", path: ""},
}

func (o operation) ofProject() bool {
	return o.needs != nothing && o.needs != signIn && o.needs != admin
}

// template is the operation's path in the document.
func (o operation) template() string {
	if o.ofProject() {
		return console.Base + "/projects/{project}" + o.path
	}
	return console.Base + o.path
}

func TestOperationsAreAllInTheTable(t *testing.T) {
	var documented, tabled []string
	for path, item := range newServer(t).api.OpenAPI().Paths {
		for method, o := range map[string]*huma.Operation{"GET": item.Get, "PUT": item.Put, "POST": item.Post, "PATCH": item.Patch, "DELETE": item.Delete} {
			if o != nil {
				documented = append(documented, method+" "+path)
			}
		}
	}
	for _, o := range operations {
		tabled = append(tabled, o.method+" "+o.template())
	}
	slices.Sort(documented)
	slices.Sort(tabled)
	for _, o := range documented {
		if !slices.Contains(tabled, o) {
			t.Errorf("%s has no line: say what it asks for", o)
		}
	}
	for i, o := range tabled {
		if !slices.Contains(documented, o) || i > 0 && tabled[i-1] == o {
			t.Errorf("%s is no operation of the document, or has two lines", o)
		}
	}
}

// caller is someone who tries everything.
type caller struct {
	name   string
	header string
	token  string
	role   auth.Role
	scopes []auth.Scope // nil: all
	job    bool
}

// may says what the table of permissions says.
func (c caller) may(o operation) bool {
	switch o.needs {
	case nothing:
		return true
	case signIn:
		return c.token != ""
	case admin:
		return false
	}
	rule := auth.RuleOf(o.needs)
	scoped := c.scopes == nil || slices.ContainsFunc(rule.Scopes, func(s auth.Scope) bool { return slices.Contains(c.scopes, s) })
	return c.role >= rule.Role && scoped && (!c.job || rule.Job)
}

// TestEveryOperationAsksForItsPermission: everyone tries everything, and gets
// what auth.Rules say, no more and no less.
func TestEveryOperationAsksForItsPermission(t *testing.T) {
	s := newHouse(t)
	callers := append([]caller{{name: "anonymous"}}, s.furnish())
	for _, name := range []string{"outsider", "guest", "reporter", "developer", "maintainer", "owner"} {
		role, _ := auth.ParseRole(name) // the outsider has none
		callers = append(callers, caller{name: name, header: "Private-Token", token: s.secrets[name], role: role})
	}
	reader := caller{name: "the owner's reader", header: "Private-Token", token: s.issue("owner", auth.ScopeReadAPI), role: auth.Owner, scopes: []auth.Scope{auth.ScopeReadAPI}}
	callers = slices.Insert(callers, 2, reader)
	for _, o := range operations {
		done := o.needs == admin
		for _, c := range callers {
			if (c.job || c.scopes != nil) && !o.ofProject() {
				continue
			}
			status, text := s.try(o, c)
			what := fmt.Sprintf("%s for %s: %d %s", o.method+" "+o.template(), c.name, status, text)
			if !c.may(o) {
				checkRefusal(t, what, o, c, status, text)
				continue
			}
			if status == 401 || status == 403 || status >= 500 {
				t.Errorf("refused: %s", what)
			}
			if !done && status != o.status && (o.status != 0 || status >= 300) {
				t.Errorf("the first who may: %s", what)
			}
			done = true
		}
		if !done {
			t.Errorf("nobody may %s %s", o.method, o.template())
		}
		s.react()
	}
	s.quiet()
}

func checkRefusal(t *testing.T, what string, o operation, c caller, status int, text string) {
	t.Helper()
	want, says := http.StatusForbidden, "permission "+string(o.needs)
	switch {
	case c.token == "":
		want, says = http.StatusUnauthorized, ""
	case o.needs == admin:
		says = "administrators"
	case c.role == auth.None:
		want, says = http.StatusNotFound, "no project house-prices/model"
	case o.needs == auth.PushProtected:
		says = "permission push_" // of code at all, or into this branch
	}
	if status != want || !strings.Contains(text, says) {
		t.Errorf("want %d with %q: %s", want, says, what)
	}
}

// furnish gives the project what the operations are about. It answers a job of
// the owner's that runs.
func (s *server) furnish() caller {
	s.t.Helper()
	s.person("victim")
	must(s.t, s.auth.SetPassword(s.t.Context(), auth.System("test"), s.users["guest"].ID, "correct horse"))
	runner := s.runner()
	file := strings.Replace(pipelineFile, "when: manual", "when: manual\n  needs: []", 1)
	s.push("owner", "main", map[string]string{"README.md": "# Prices\n", ".gitlab-ci.yml": file})
	a := s.take(runner)
	s.trace(a, 0, "done\n")
	must(s.t, s.ci.UploadArtifact(s.t.Context(), a.Job.ID, a.Token, ci.Upload{Filename: "a.zip"}, bytes.NewReader(zipOf(s.t, map[string]string{"out/a.txt": "a"}))))
	s.finish(a, ci.Update{State: ci.Success})
	s.push("owner", "running", nil)
	running := s.take(runner)
	// A developer's, so that all who may start pipelines may go on with it.
	s.push("developer", "feature", map[string]string{"feature": "new"})
	return caller{name: "the owner's job", header: "Job-Token", token: running.Token, role: auth.Owner, job: true}
}

// try sends the operation's request and answers the status and, of a refusal,
// the text: streams have no end.
func (s *server) try(o operation, c caller) (int, string) {
	s.t.Helper()
	path := strings.Replace(o.template(), "{project}", "house-prices%2Fmodel", 1)
	for part := range strings.FieldsSeq(o.send) {
		if strings.HasPrefix(part, "?") {
			path += part
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		path = strings.Replace(path, "{"+name+"}", value, 1)
	}
	var body io.Reader
	kind := "application/json"
	switch o.body {
	case "":
	case "package":
		body, kind = bytes.NewReader(packageOf(s.t, 1, map[string]string{"profile.json": "{}", "report.json": "{}"})), "application/zip"
	default:
		body = strings.NewReader(strings.ReplaceAll(o.body, "$who", c.name))
	}
	r, err := http.NewRequestWithContext(s.t.Context(), o.method, s.address+path, body)
	must(s.t, err)
	r.Header.Set("Content-Type", kind)
	if c.token != "" {
		r.Header.Set(c.header, c.token)
	}
	answer, err := http.DefaultClient.Do(r)
	must(s.t, err)
	defer func() { must(s.t, answer.Body.Close()) }()
	if answer.StatusCode < 300 {
		return answer.StatusCode, ""
	}
	text, err := io.ReadAll(answer.Body)
	must(s.t, err)
	return answer.StatusCode, string(text)
}

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
	"dasier/forge/group"
	"dasier/forge/invite"
	"dasier/forge/project"
)

func (o operation) ofGroup() bool { return o.asks() && strings.HasPrefix(o.path, "/groups/") }

func (o operation) ofProject() bool { return o.asks() && !o.ofGroup() }

// asks tells whether the operation asks for a permission of the table.
func (o operation) asks() bool {
	return !slices.Contains([]auth.Permission{nothing, signIn, person, admin}, o.needs)
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
	name    string
	header  string
	token   string
	role    auth.Role    // in the project
	inGroup auth.Role    // in the group
	scopes  []auth.Scope // nil: all
	admin   bool
	job     bool // a job's token
	visits  bool // of a project that this one lists
	strange bool // of a project that this one does not list
	deploy  bool // a project's own token
}

func (c caller) script() bool { return c.job || c.deploy }

// may says what the table of permissions says.
func (c caller) may(o operation) bool {
	switch o.needs {
	case nothing:
		return true
	case signIn:
		return c.token != ""
	case person:
		return c.token != "" && !c.script()
	case admin:
		return c.admin
	}
	rule, role := auth.RuleOf(o.needs), c.role
	if o.ofGroup() {
		if role = c.inGroup; c.script() {
			return false
		}
	}
	scoped := c.scopes == nil || slices.ContainsFunc(rule.Scopes, func(s auth.Scope) bool { return slices.Contains(c.scopes, s) })
	return scoped && (c.admin || role >= rule.Role) &&
		(!c.job || rule.Job) && (!c.visits || auth.ForNeighbours(o.needs)) && !c.strange && (!c.deploy || !auth.ForPeople(o.needs))
}

// TestEveryOperationAsksForItsPermission: everyone tries everything, and gets
// what auth.Rules say, no more and no less.
func TestEveryOperationAsksForItsPermission(t *testing.T) {
	s := newHouse(t)
	callers := s.callers()
	for _, o := range operations {
		done := false
		for _, c := range callers {
			if c.scopes != nil && !o.asks() {
				continue // what scopes mean there is the services' to test
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
	case o.needs == person:
		says = ""
	case o.needs == admin:
		says = "administrators"
	case o.ofGroup() && c.script():
		says = "does not reach groups"
	case o.ofGroup() && c.inGroup == auth.None:
		want, says = http.StatusNotFound, "no group crew"
	case o.ofGroup():
	case c.role == auth.None:
		want, says = http.StatusNotFound, "no project house-prices/model"
	case o.needs == auth.PushProtected, c.strange, strings.Contains(o.path, "/notes/{id}"), strings.Contains(o.path, "/threads/{id}"):
		says = "permission " // of pushing at all or into this branch; of seeing the project; of talking at all or for others
	}
	if status != want || !strings.Contains(text, says) {
		t.Errorf("want %d with %q: %s", want, says, what)
	}
}

// callers are all who try: nobody, scripts, and people of every role.
func (s *server) callers() []caller {
	s.t.Helper()
	callers := append([]caller{{name: "anonymous"}}, s.furnish())
	callers = append(callers, s.neighbours()...)
	callers = append(callers,
		caller{name: "the project's token", header: "Private-Token", token: s.projectToken(s.projectID("owner", base), auth.Maintainer), role: auth.Maintainer, deploy: true},
		caller{name: "a guest's token of the project", header: "Private-Token", token: s.projectToken(s.projectID("owner", base), auth.Guest), role: auth.Guest, deploy: true},
		caller{name: "another project's token", header: "Private-Token", token: s.projectToken(s.projectID("owner", "/projects/owner%2Flisted"), auth.Maintainer), deploy: true},
		caller{name: "the owner's reader", header: "Private-Token", token: s.issue("owner", auth.ScopeReadAPI), role: auth.Owner, inGroup: auth.Owner, scopes: []auth.Scope{auth.ScopeReadAPI}},
	)
	for _, name := range []string{"outsider", "guest", "reporter", "developer", "maintainer", "owner"} {
		role, _ := auth.ParseRole(name) // the outsider has none
		callers = append(callers, caller{name: name, header: "Private-Token", token: s.secrets[name], role: role, inGroup: role})
	}
	return append(callers, caller{name: "admin", header: "Private-Token", token: s.secrets["admin"], role: auth.Owner, inGroup: auth.Owner, admin: true})
}

func (s *server) projectID(as, path string) project.ID {
	s.t.Helper()
	id, _ := s.call(as, "GET", path, nil).want(200).at("id").(float64)
	return project.ID(id)
}

func (s *server) projectToken(id project.ID, role auth.Role) string {
	s.t.Helper()
	owner := s.users["owner"].Actor(auth.ViaSession)
	_, secret, err := s.projects.CreateToken(s.t.Context(), owner, id, auth.ProjectToken{Name: role.String(), Role: role, Scopes: []auth.Scope{auth.ScopeAPI}})
	must(s.t, err)
	return secret
}

// neighbours are running jobs of other projects: of one that the project lists,
// one that it does not, and one that it lists and whose user is no member.
func (s *server) neighbours() []caller {
	s.t.Helper()
	_, runner, err := s.ci.AddRunner(s.t.Context(), auth.System("test"), "next door", []string{"next-door"}, false)
	must(s.t, err)
	house, owner := s.projectID("owner", base), s.users["owner"].Actor(auth.ViaSession)
	job := func(as, name string) string {
		s.call(as, "POST", "/projects", js{"namespace": as, "name": name}).want(201)
		s.pushTo(as, as+"/"+name, "main", map[string]string{".gitlab-ci.yml": "run: {tags: [next-door], script: ['true']}\n"})
		return s.take(runner).Token
	}
	listed, other, strangers := job("owner", "listed"), job("owner", "other"), job("outsider", "listed")
	must(s.t, s.projects.AllowJobs(s.t.Context(), owner, house, s.projectID("owner", "/projects/owner%2Flisted")))
	admin := s.users["admin"].Actor(auth.ViaSession)
	must(s.t, s.projects.AllowJobs(s.t.Context(), admin, house, s.projectID("outsider", "/projects/outsider%2Flisted")))
	return []caller{
		{name: "a listed project's job", header: "Job-Token", token: listed, role: auth.Owner, job: true, visits: true},
		{name: "another project's job", header: "Job-Token", token: other, role: auth.Owner, job: true, strange: true},
		{name: "a listed project's job, of an outsider", header: "Job-Token", token: strangers, job: true, visits: true},
	}
}

// furnish gives the project and the group crew what the operations are about. It
// answers a job of the owner's that runs.
func (s *server) furnish() caller {
	s.t.Helper()
	s.person("victim")
	must(s.t, s.auth.SetPassword(s.t.Context(), auth.System("test"), s.users["guest"].ID, "correct horse"))
	owner := s.users["owner"].Actor(auth.ViaSession)
	_, err := s.groups.Create(s.t.Context(), owner, group.Group{Path: "crew"})
	must(s.t, err)
	for _, role := range []auth.Role{auth.Guest, auth.Reporter, auth.Developer, auth.Maintainer} {
		must(s.t, s.groups.SetMember(s.t.Context(), owner, "crew", s.users[role.String()].ID, role, nil))
	}
	_, err = s.groups.Create(s.t.Context(), owner, group.Group{Path: "club"})
	must(s.t, err)
	_, s.link, err = s.invitations.ToGroup(s.t.Context(), owner, "club", invite.Wish{Role: auth.Guest, Uses: 100})
	must(s.t, err)
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
	s.discussed()
	return caller{name: "the owner's job", header: "Job-Token", token: running.Token, role: auth.Owner, job: true}
}

// try sends the operation's request and answers the status and the text; but for
// streams, which have no end.
func (s *server) try(o operation, c caller) (int, string) {
	s.t.Helper()
	path := strings.Replace(o.template(), "{project}", "house-prices%2Fmodel", 1)
	for part := range strings.FieldsSeq(o.send) {
		if strings.HasPrefix(part, "?") {
			path += part
			continue
		}
		name, value, _ := strings.Cut(strings.Replace(part, "$link", s.link, 1), "=")
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
	if strings.HasPrefix(answer.Header.Get("Content-Type"), "text/event-stream") {
		return answer.StatusCode, ""
	}
	text, err := io.ReadAll(answer.Body)
	must(s.t, err)
	return answer.StatusCode, string(text)
}

package rest_test

import (
	"fmt"
	"net/url"
	"testing"

	gitlab "gitlab.com/gitlab-org/api/client-go"

	"dasier/forge/auth"
)

// TestPaging walks a list by the headers, as clients do.
func TestPaging(t *testing.T) {
	h := newHouse(t, "ada", "bob", "cleo", "gus")
	h.team()
	ada := h.as("ada")
	for i := range 6 {
		got[*gitlab.Project](t)(ada.Projects.CreateProject(&gitlab.CreateProjectOptions{Name: new(fmt.Sprint("p", i))}))
	}
	var names []string
	options := &gitlab.ListProjectsOptions{ListOptions: gitlab.ListOptions{PerPage: 3}}
	for {
		found, response, err := ada.Projects.ListProjects(options)
		must(t, err)
		for _, p := range found {
			names = append(names, p.Path)
		}
		if response.TotalItems != 7 || response.TotalPages != 3 || response.ItemsPerPage != 3 {
			t.Errorf("the page is of %+v", response)
		}
		if response.NextPage == 0 {
			break
		}
		options.Page = response.NextPage
	}
	if fmt.Sprint(names) != "[p0 p1 p2 p3 p4 p5 model]" {
		t.Errorf("the pages hold %v", names)
	}
	token := []string{"PRIVATE-TOKEN", h.secrets["ada"]}
	second := h.send("GET", "/projects?page=2&per_page=3&search=p", "", "", token...).want(200)
	for name, want := range map[string]string{
		"X-Total": "7", "X-Total-Pages": "3", "X-Page": "2", "X-Per-Page": "3", "X-Next-Page": "3", "X-Prev-Page": "1",
	} {
		if second.header.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, second.header.Get(name), want)
		}
	}
	at := h.address + "/api/v4/projects?page="
	if want := `<` + at + `1&per_page=3&search=p>; rel="prev", <` + at + `3&per_page=3&search=p>; rel="next", <` + at + `1&per_page=3&search=p>; rel="first", <` + at + `3&per_page=3&search=p>; rel="last"`; second.header.Get("Link") != want {
		t.Errorf("the links are %s", second.header.Get("Link"))
	}
	for _, odd := range []string{"page=0", "page=-1", "page=x", "per_page=0", "per_page=100000", "page=99999999999999999999"} {
		h.send("GET", "/projects?"+odd, "", "", token...).want(200)
	}
	if far := h.send("GET", "/projects?page=999999999", "", "", token...).want(200); far.body != "[]" {
		t.Errorf("far away is %s", far.body)
	}
	h.quiet()
}

// TestRefusals have GitLab's words and forms.
func TestRefusals(t *testing.T) {
	h := newHouse(t, "ada", "bob", "cleo", "gus")
	h.team()
	const project = "/projects/house-prices%2Fmodel"
	bob := []string{"PRIVATE-TOKEN", h.secrets["bob"]}
	const form, js = "application/x-www-form-urlencoded", "application/json"
	for _, c := range []struct {
		method, path, kind, body string
		status                   int
		text                     string
	}{
		{"GET", "/nothing", "", "", 404, `{"error":"404 Not Found"}`},
		{"PATCH", "/projects", "", "", 405, `{"error":"405 Method Not Allowed"}`},
		{"GET", "/projects/house-prices%2Fother", "", "", 404, `{"message":"404 Project Not Found"}`},
		{"GET", "/projects/model", "", "", 404, `{"message":"404 Project Not Found"}`},
		{"GET", "/projects/4711", "", "", 404, `{"message":"404 Project Not Found"}`},
		{"GET", "/groups/other", "", "", 404, `{"message":"404 Group Not Found"}`},
		{"GET", "/groups/4711", "", "", 404, `{"message":"404 Group Not Found"}`},
		{"GET", project + "/repository/commits/nowhere", "", "", 404, `{"message":"404 Commit Not Found"}`},
		{"GET", project + "/repository/files/no%2Ffile?ref=main", "", "", 404, `{"message":"404 File Not Found"}`},
		{"GET", project + "/repository/files/..%2F..%2Fsecret.key/raw?ref=main", "", "", 400, "message"},
		{"GET", project + "/repository/tree?path=..%2F..", "", "", 400, "message"},
		{"GET", project + "/merge_requests/9", "", "", 404, `{"message":"404 Merge Request Not Found"}`},
		{"GET", project + "/merge_requests/x", "", "", 400, `{"error":"iid is invalid"}`},
		{"GET", project + "/merge_requests?labels=bug", "", "", 400, `{"error":"labels is not supported by this server"}`},
		{"GET", project + "/merge_requests?state=odd", "", "", 400, `{"error":"state does not have a valid value"}`},
		{"GET", project + "/pipelines/1", "", "", 404, `{"message":"404 Pipeline Not Found"}`},
		{"GET", project + "/jobs/1", "", "", 404, `{"message":"404 Job Not Found"}`},
		{"GET", project + "/jobs/1/trace", "", "", 404, `{"message":"404 Job Not Found"}`},
		{"POST", project + "/repository/branches", js, `{"branch":"x"}`, 400, `{"error":"ref is missing"}`},
		{"POST", project + "/repository/branches", js, `{"branch":7,"ref":"main"}`, 400, `{"error":"branch is invalid"}`},
		{"POST", project + "/repository/branches", js, `{"branch":`, 400, `{"error":"body is not a JSON object"}`},
		{"POST", project + "/repository/branches", js, `[]`, 400, `{"error":"body is not a JSON object"}`},
		{"POST", project + "/repository/branches", "text/xml", `<a/>`, 415, "text/xml"},
		{"POST", project + "/repository/branches", js, `{"branch":"x","ref":"nowhere"}`, 400, `{"message":"Invalid reference name: nowhere"}`},
		{"POST", project + "/repository/branches", js, `{"branch":"a..b","ref":"main"}`, 400, "name"},
		{"POST", project + "/repository/branches", form, "branch=by-form&ref=main", 201, `"name":"by-form"`},
		{"POST", project + "/repository/branches?branch=by-query&ref=main", "", "", 201, `"name":"by-query"`},
		{"POST", project + "/repository/branches", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"branch\"\r\n\r\nby-parts\r\n--b\r\nContent-Disposition: form-data; name=\"ref\"\r\n\r\nmain\r\n--b--\r\n", 201, `"name":"by-parts"`},
		{"POST", project + "/repository/branches", "multipart/form-data", "x", 400, `{"error":"body is not a form"}`},
		{"POST", project + "/members", form, "user_id=x&access_level=30", 400, `{"error":"user_id is invalid"}`},
		{"POST", project + "/members", form, "username=nobody&access_level=30", 404, `{"message":"404 User Not Found"}`},
		{"POST", project + "/repository/commits", js, `{"branch":"by-form","commit_message":"m","actions":[{"action":"chmod","file_path":"README.md"}]}`, 400, "chmod"},
		{"POST", project + "/repository/commits", js, `{"branch":"by-form","commit_message":"m","actions":["x"]}`, 400, `{"error":"actions is invalid"}`},
		{"POST", project + "/repository/commits", js, `{"branch":"by-form","commit_message":"m","actions":[{"action":"create","file_path":".git/hooks/x","content":"x"}]}`, 400, "message"},
		{"POST", project + "/repository/commits", js, `{"branch":"by-form","commit_message":"m","actions":[{"action":"move","file_path":"ABOUT.md","previous_path":"README.md"}]}`, 201, `"title":"m"`},
		{"POST", project + "/hooks", js, `{"url":"file:///etc/passwd"}`, 400, "the address must be http"},
		{"PUT", project + "/merge_requests/1/merge", js, `{}`, 404, `{"message":"404 Merge Request Not Found"}`},
	} {
		h.send(c.method, c.path, c.kind, c.body, bob...).want(c.status, c.text)
	}
	h.quiet()
}

// TestAttacker tries what is not theirs.
func TestAttacker(t *testing.T) {
	h := newHouse(t, "ada", "bob", "cleo", "gus", "mallory")
	p := h.team()
	mallory, gus := h.as("mallory"), h.as("gus")
	own := got[*gitlab.Project](t)(mallory.Projects.CreateProject(&gitlab.CreateProjectOptions{Name: new("trap"), InitializeWithReadme: new(true)}))

	// A token of another project is nobody here.
	made := got[*gitlab.ProjectAccessToken](t)(mallory.ProjectAccessTokens.CreateProjectAccessToken(own.ID, &gitlab.CreateProjectAccessTokenOptions{
		Name: new("key"), Scopes: &[]string{"api"}, AccessLevel: new(gitlab.MaintainerPermissions),
	}))
	machine := h.with(made.Token)
	for _, call := range []func() (*gitlab.Response, error){
		func() (*gitlab.Response, error) { _, r, err := machine.Projects.GetProject(p.ID, nil); return r, err },
		func() (*gitlab.Response, error) {
			_, r, err := machine.ProjectVariables.ListVariables(p.ID, nil)
			return r, err
		},
		func() (*gitlab.Response, error) {
			_, r, err := machine.RepositoryFiles.GetFile(p.ID, "README.md", &gitlab.GetFileOptions{Ref: new("main")})
			return r, err
		},
		func() (*gitlab.Response, error) {
			_, r, err := mallory.Projects.CreateProject(&gitlab.CreateProjectOptions{Name: new("inside"), NamespaceID: new(p.Namespace.ID)})
			return r, err
		},
	} {
		response, err := call()
		refused(t, response, err, 404, "Not Found")
	}
	_, response, err := machine.Users.ListUsers(nil)
	refused(t, response, err, 403, "403 Forbidden")

	// A guest sees the project and its members, and no more.
	got[*gitlab.Project](t)(gus.Projects.GetProject(p.ID, nil))
	const project = "/projects/house-prices%2Fmodel"
	for _, path := range []string{
		"/repository/tree", "/repository/branches", "/repository/tags", "/repository/commits", "/repository/files/README%2Emd?ref=main", "/repository/files/README%2Emd/raw",
		"/repository/compare?from=main&to=main", "/merge_requests", "/pipelines", "/jobs", "/variables", "/hooks", "/environments", "/protected_environments",
		"/deployments", "/access_tokens", "/protected_branches",
	} {
		h.send("GET", project+path, "", "", "PRIVATE-TOKEN", h.secrets["gus"]).want(403, "403 Forbidden")
	}
	for path, body := range map[string]string{
		"/repository/files/x": `{"branch":"main","content":"x","commit_message":"m"}`, "/repository/branches": `{"branch":"x","ref":"main"}`, "/repository/tags": `{"tag_name":"x","ref":"main"}`,
		"/members": fmt.Sprintf(`{"user_id":%d,"access_level":50}`, h.ids["mallory"]), "/pipeline": `{"ref":"main"}`, "/hooks": `{"url":"https://example.com"}`,
		"/merge_requests": `{"source_branch":"x","target_branch":"main","title":"t"}`, "/variables": `{"key":"A","value":"b"}`,
		"/protected_branches": `{"name":"x"}`, "/environments": `{"name":"x"}`, "/access_tokens": `{"name":"x","scopes":["api"],"access_level":10}`,
	} {
		h.send("POST", project+path, "application/json", body, "PRIVATE-TOKEN", h.secrets["gus"]).want(403, "403 Forbidden")
	}

	// A token of narrow scope stays narrow.
	narrow := []string{"PRIVATE-TOKEN", h.issue("ada", auth.ScopeReadAPI)}
	h.send("GET", project, "", "", narrow...).want(200)
	h.send("PUT", project, "application/json", `{"description":"mine"}`, narrow...).want(403)
	h.send("POST", "/groups", "application/json", `{"path":"mine","name":"mine"}`, narrow...).want(403)

	// Neither a cookie nor a password counts here.
	h.send("GET", "/user", "", "", "Cookie", "dasier_session="+url.QueryEscape("x")).want(401)

	// The number of somebody else's note, hook or token opens nothing.
	h.send("DELETE", "/personal_access_tokens/1", "", "", "PRIVATE-TOKEN", h.secrets["mallory"]).want(404)
	h.quiet()
}

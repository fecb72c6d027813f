package console_test

import (
	"fmt"
	"strings"
	"testing"

	"dasier/forge/auth"
)

func TestProjects(t *testing.T) {
	s := newHouse(t)
	made := s.call("developer", "POST", "/projects", js{"namespace": "developer", "name": "site", "description": "React", "default_branch": "development"}).want(201)
	if made.at("path") != "developer/site" || made.at("clone_url") != s.address+"/developer/site.git" || made.at("empty") != true || made.at("role") != "owner" || made.at("default_branch") != "development" {
		t.Errorf("made %s", made.body)
	}
	id := fmt.Sprint(made.at("id"))
	for _, named := range []string{id, "developer%2Fsite", "Developer%2FSITE"} {
		if got := s.call("developer", "GET", "/projects/"+named, nil).want(200); got.at("id") != made.at("id") {
			t.Errorf("%s is %s", named, got.body)
		}
	}
	s.call("developer", "GET", "/projects/nothing", nil).wrongAt(422, "project")
	s.call("developer", "GET", "/projects/developer%2Fnothing", nil).refused(404, "no project developer/nothing")
	s.call("owner", "GET", "/projects/developer%2Fsite", nil).refused(404, "no project developer/site")
	s.call("owner", "GET", "/projects/"+id, nil).refused(404)

	s.call("developer", "POST", "/projects", js{"namespace": "developer", "name": "SITE"}).wrongAt(409, "name")
	s.call("developer", "POST", "/projects", js{"namespace": "api", "name": "x"}).wrongAt(422, "namespace")
	s.call("developer", "POST", "/projects", js{"namespace": "developer", "name": "x", "default_branch": "a..b"}).wrongAt(422, "default_branch")
	s.call("developer", "POST", "/projects", js{"namespace": "house-prices", "name": "x"}).wrongAt(403, "namespace")
	s.call("developer", "POST", "/projects", js{"name": "x"}).refused(422, "namespace", "body")
	s.call("developer", "POST", "/projects", js{"namespace": "developer", "name": "x", "colour": "red"}).wrongAt(422, "body.colour")
	s.call("developer", "POST", "/projects", `{"namespace": "developer", "name": `).refused(400)
	s.call("developer", "POST", "/projects", `{"namespace": "developer", "name": "x", "description": "a\u0000b"}`).refused(400, "NUL")

	if list := s.call("developer", "GET", "/projects?search=PRICES", nil).want(200); list.at("total") != 1.0 || list.at("items.0.role") != "developer" {
		t.Errorf("found %s", list.body)
	}
	if list := s.call("developer", "GET", "/projects?page=2&per_page=1", nil).want(200); list.at("total") != 2.0 || list.at("items.0.path") != "house-prices/model" {
		t.Errorf("the second page is %s", list.body)
	}
	if list := s.call("outsider", "GET", "/projects", nil).want(200); string(list.body) != `{"items":[],"total":0}`+"\n" {
		t.Errorf("an outsider has %s", list.body)
	}
	for query, location := range map[string]string{"page=0": "query.page", "per_page=201": "query.per_page", "page=x": "query.page", "serch=x": "query.serch"} {
		s.call("developer", "GET", "/projects?"+query, nil).wrongAt(422, location)
	}
	s.call("developer", "GET", "/projects?search=%00", nil).refused(422, "UTF-8")
	s.call("developer", "GET", "/projects?search=%ff", nil).refused(422, "UTF-8")
	s.call("developer", "GET", "/projects/developer%2F%00", nil).refused(422, "UTF-8")

	if changed := s.call("developer", "PATCH", "/projects/"+id, js{"description": ""}).want(200); changed.at("description") != "" || changed.at("default_branch") != "development" {
		t.Errorf("changed to %s", changed.body)
	}
	s.call("developer", "DELETE", "/projects/"+id, nil).want(204)
	s.call("developer", "GET", "/projects/"+id, nil).refused(404)
	s.quiet()
}

// TestTheDefaultBranchIsTheRepositorysToo: what clones check out follows.
func TestTheDefaultBranchIsTheRepositorysToo(t *testing.T) {
	s := newHouse(t)
	s.push("owner", "main", map[string]string{"a.txt": "a"})
	s.call("owner", "PATCH", base, js{"default_branch": "production"}).wrongAt(404, "default_branch")
	s.push("developer", "production", map[string]string{"b.txt": "b"})
	s.call("developer", "PATCH", base, js{"default_branch": "production"}).refused(403, "edit_project")
	if p := s.call("maintainer", "PATCH", base, js{"default_branch": "production"}).want(200); p.at("default_branch") != "production" {
		t.Errorf("changed to %s", p.body)
	}
	branches := s.call("guest", "GET", base+"/branches", nil)
	branches.refused(403, "read_code")
	branches = s.call("reporter", "GET", base+"/branches", nil).want(200)
	if branches.at("items.1.name") != "production" || branches.at("items.1.default") != true || branches.at("items.1.protected") != true || branches.at("items.0.default") != false {
		t.Errorf("the branches are %s", branches.body)
	}
	if tree := s.call("reporter", "GET", base+"/tree", nil).want(200); tree.at("ref") != "production" {
		t.Errorf("without a ref it is %s", tree.body)
	}
}

// TestNarrowTokens: a token does what its scopes say, whoever's it is.
func TestNarrowTokens(t *testing.T) {
	s := newHouse(t)
	bearer := func(scopes ...auth.Scope) []string {
		return []string{"Authorization", "Bearer " + s.issue("owner", scopes...)}
	}
	reader, predictor := bearer(auth.ScopeReadAPI), bearer(auth.ScopePredict)
	s.send("GET", base, nil, reader...).want(200)
	s.send("GET", base+"/members", nil, reader...).want(200)
	s.send("PATCH", base, js{"description": "x"}, reader...).refused(403, "scope api")
	s.send("POST", "/projects", js{"namespace": "owner", "name": "x"}, reader...).refused(403, "scope api")
	s.send("DELETE", base+"/members/owner", nil, reader...).refused(403, "scope api")
	for _, path := range []string{base, "/projects/1", base + "/members", base + "/branches", "/projects", "/users", "/me/tokens"} {
		s.send("GET", path, nil, predictor...).refused(403, "scope")
	}
}

func TestMembers(t *testing.T) {
	s := newHouse(t)
	members := s.call("guest", "GET", base+"/members", nil).want(200)
	if members.at("total") != 5.0 || members.at("items.0.user.username") != "owner" || members.at("items.4.role") != "guest" {
		t.Errorf("the members are %s", members.body)
	}
	if strings.Contains(string(members.body), "@") {
		t.Errorf("members are shown with their addresses: %s", members.body)
	}
	s.call("maintainer", "PUT", base+"/members/outsider", js{"role": "owner"}).refused(403, "up to maintainer")
	s.call("maintainer", "PUT", base+"/members/outsider", js{"role": "king"}).wrongAt(422, "body.role")
	s.call("maintainer", "PUT", base+"/members/nobody", js{"role": "guest"}).refused(404, "nobody")
	s.call("owner", "DELETE", base+"/members/owner", nil).refused(409, "through the group house-prices")
	s.call("owner", "DELETE", "/groups/house-prices/members/owner", nil).refused(409, "without an owner")
	s.call("guest", "DELETE", base+"/members/guest", nil).want(204)
	s.call("guest", "GET", base, nil).refused(404)
	s.quiet()
}

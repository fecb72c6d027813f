package console_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"dasier/forge/auth"
)

// TestFromSetupToToken is how a person begins: the link, the cookie, a token.
func TestFromSetupToToken(t *testing.T) {
	s := newServer(t)
	secret, err := s.auth.StartSetup(t.Context())
	must(t, err)
	if s.call("", "GET", "/setup", nil).want(200).at("needed") != true {
		t.Error("an empty server needs no set-up")
	}
	person := js{"token": "wrong", "username": "ada", "email": "ada@example.org", "password": "correct horse"}
	s.call("", "POST", "/setup", person).wrongAt(403, "token")
	person["token"], person["email"] = secret, "ada"
	s.call("", "POST", "/setup", person).wrongAt(422, "email")
	person["email"] = "ada@example.org"
	made := s.call("", "POST", "/setup", person).want(200)
	if made.at("user.username") != "ada" || made.at("user.admin") != true || made.at("setup_needed") != false {
		t.Errorf("the administrator is %s", made.body)
	}
	cookie := cookieOf(t, made)
	s.call("", "POST", "/setup", person).refused(409, "sign in")
	if s.call("", "GET", "/setup", nil).want(200).at("needed") != false {
		t.Error("set-up is still needed")
	}
	s.call("", "GET", "/me", nil).refused(401, "sign in first")
	if me := s.send("GET", "/me", nil, "Cookie", cookie).want(200); me.at("user.email") != "ada@example.org" {
		t.Errorf("I am %s", me.body)
	}

	token := s.send("POST", "/me/tokens", js{"name": "ci", "scopes": []string{"api"}, "expires_at": nil}, "Cookie", cookie).want(200)
	value, _ := token.at("token").(string)
	if !strings.HasPrefix(value, auth.PersonalPrefix) || token.at("expires_at") != nil || token.at("last_used_at") != nil {
		t.Errorf("the token is %s", token.body)
	}
	for name, headers := range map[string][]string{
		"bearer":        {"Authorization", "Bearer " + value},
		"lower case":    {"Authorization", "bearer " + value},
		"private token": {"PRIVATE-TOKEN", value},
	} {
		if me := s.send("GET", "/me", nil, headers...); me.status != 200 {
			t.Errorf("by %s: %d %s", name, me.status, me.body)
		}
	}
	list := s.send("GET", "/me/tokens", nil, "Cookie", cookie).want(200)
	if list.at("total") != 1.0 || list.at("items.0.name") != "ci" || list.at("items.0.last_used_at") == nil || strings.Contains(string(list.body), value) {
		t.Errorf("my tokens are %s", list.body)
	}
	s.send("GET", "/me", nil, "Authorization", "Bearer dsr_pat_wrong", "Cookie", cookie).refused(401, "unknown")
	s.send("DELETE", "/me/tokens/1", nil, "Cookie", cookie).want(204)
	s.send("DELETE", "/me/tokens/1", nil, "Cookie", cookie).refused(404)
	s.send("GET", "/me", nil, "PRIVATE-TOKEN", value).refused(401, "revoked")

	s.send("DELETE", "/session", nil, "Cookie", cookie).want(204)
	s.send("GET", "/me", nil, "Cookie", cookie).refused(401)
	s.call("", "POST", "/session", js{"login": "ada", "password": "wrong horse"}).refused(401, "user name or password is wrong")
	again := s.call("", "POST", "/session", js{"login": "ADA@example.org", "password": "correct horse"}).want(200)
	if fresh := cookieOf(t, again); fresh == cookie {
		t.Error("the session's name was not renewed")
	}
	s.quiet()
}

// cookieOf is the answer's session cookie, whose flags are checked.
func cookieOf(t *testing.T, r *reply) string {
	t.Helper()
	answer := http.Response{Header: r.header}
	for _, c := range answer.Cookies() {
		if c.Name == "dasier_session" {
			if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Secure || len(c.Value) < 32 || time.Until(c.Expires) > 8*24*time.Hour {
				t.Errorf("the cookie is %+v", c)
			}
			return c.Name + "=" + c.Value
		}
	}
	t.Fatalf("%s set no session cookie: %v", r.what, r.header)
	return ""
}

func TestAnotherSitesPageChangesNothing(t *testing.T) {
	s := newHouse(t)
	cookie := s.session("owner")
	project := js{"namespace": "owner", "name": "planted"}
	for name, headers := range map[string][]string{
		"fetch metadata": {"Sec-Fetch-Site", "cross-site"},
		"same site":      {"Sec-Fetch-Site", "same-site"},
		"origin":         {"Origin", "https://evil.example"},
	} {
		r := s.send("POST", "/projects", project, append(headers, "Cookie", cookie)...)
		if r.status != 403 {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	s.send("POST", "/projects", project, "Cookie", cookie, "Sec-Fetch-Site", "same-origin", "Origin", s.address).want(201)
	s.send("GET", "/me", nil, "Cookie", cookie, "Sec-Fetch-Site", "cross-site").want(200) // reading changes nothing
}

// session signs a user in, and answers the cookie.
func (s *server) session(name string) string {
	s.t.Helper()
	must(s.t, s.auth.SetPassword(s.t.Context(), auth.System("test"), s.users[name].ID, "correct horse"))
	return cookieOf(s.t, s.call("", "POST", "/session", js{"login": name, "password": "correct horse"}).want(200))
}

func TestGuessesAreAnsweredTooMany(t *testing.T) {
	s := newHouse(t)
	for range 10 {
		s.call("", "POST", "/session", js{"login": "nobody", "password": "wrong horse"}).refused(401)
	}
	s.call("", "POST", "/session", js{"login": "nobody", "password": "wrong horse"}).refused(429, "try again in")
	s.call("owner", "GET", "/me", nil).want(200)
}

func TestPeople(t *testing.T) {
	s := newHouse(t)
	found := s.call("guest", "GET", "/users?search=GUE", nil).want(200)
	if found.at("total") != 1.0 || found.at("items.0.username") != "guest" || found.at("items.0.email") != "guest@example.org" {
		t.Errorf("a guest finds %s", found.body)
	}
	page := s.call("guest", "GET", "/users?per_page=2&page=2", nil).want(200)
	if page.at("total") != 7.0 || page.at("items.0.username") != "guest" || page.at("items.1.username") != "maintainer" {
		t.Errorf("the second page is %s", page.body)
	}
	if others := s.call("guest", "GET", "/users", nil).want(200); strings.Contains(string(others.body), "owner@example.org") {
		t.Errorf("a guest sees addresses: %s", others.body)
	}
	eve := js{"username": "eve", "email": "eve@example.org", "password": "correct horse"}
	s.call("owner", "POST", "/users", eve).refused(403, "administrators")
	if made := s.call("admin", "POST", "/users", eve).want(200); made.at("admin") != false || made.at("name") != "eve" || strings.Contains(string(made.body), "horse") {
		t.Errorf("made %s", made.body)
	}
	s.call("admin", "POST", "/users", eve).refused(409, "taken")
	eve["username"], eve["password"] = "eve2", "short"
	s.call("admin", "POST", "/users", eve).wrongAt(422, "password")

	rules := s.call("", "GET", "/roles", nil).want(200).json()["rules"].([]any)
	if len(rules) != len(auth.Rules) {
		t.Errorf("%d rules are shown, of %d", len(rules), len(auth.Rules))
	}
	if about := s.call("", "GET", "/server", nil).want(200); about.at("version") != "1.2.3" || about.at("url") != s.address {
		t.Errorf("the server is %s", about.body)
	}
	s.quiet()
}

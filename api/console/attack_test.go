package console_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dasier/ci"
	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
)

// tryGit runs git as somebody with a secret, and answers what it said.
func (s *server) tryGit(secret, path string, args ...string) (string, error) {
	s.t.Helper()
	address := strings.Replace(s.address, "://", "://whoever:"+secret+"@", 1) + "/" + path + ".git"
	for i := range args {
		args[i] = strings.Replace(args[i], "URL", address, 1)
	}
	cmd := exec.CommandContext(s.t.Context(), "git", args...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "HOME="+s.t.TempDir(), "GIT_TERMINAL_PROMPT=0")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestProjectTokensAndGit: a project's token clones and pushes what its role and
// scopes let it, in its own project; the pipeline of its push runs as the token.
func TestProjectTokensAndGit(t *testing.T) {
	s := newHouse(t)
	runner := s.runner()
	s.push("owner", "main", map[string]string{"README.md": "# Prices\n"})
	s.call("owner", "POST", "/projects", js{"namespace": "owner", "name": "other"}).want(201)
	s.pushTo("owner", "owner/other", "main", map[string]string{"README.md": "# Other\n"})
	token := func(name, role string, scopes ...string) string {
		made := s.call("maintainer", "POST", base+"/tokens", js{"name": name, "role": role, "scopes": scopes}).want(201)
		secret, _ := made.at("token").(string)
		if !strings.HasPrefix(secret, auth.DeployPrefix) || made.at("role") != role || made.at("created_by") != "maintainer" || made.at("last_used_at") != nil {
			t.Errorf("made %s", made.body)
		}
		return secret
	}
	reader, writer := token("reader", "developer", "read_repository"), token("writer", "developer", "write_repository")
	guest, predict := token("guest", "guest", "api"), token("predict", "maintainer", "predict")

	work := filepath.Join(t.TempDir(), "work")
	if out, err := s.tryGit(reader, "house-prices/model", "clone", "-q", "URL", work); err != nil {
		t.Fatalf("a token to read does not clone: %s", out)
	}
	for name, c := range map[string]struct{ secret, path string }{
		"a guest's":            {guest, "house-prices/model"},
		"one to predict":       {predict, "house-prices/model"},
		"on another project":   {reader, "owner/other"},
		"writer elsewhere":     {writer, "owner/other"},
		"one that is not":      {auth.NewSecret(auth.DeployPrefix), "house-prices/model"},
		"a personal one, half": {auth.PersonalPrefix + writer[len(auth.DeployPrefix):], "house-prices/model"},
	} {
		if out, err := s.tryGit(c.secret, c.path, "ls-remote", "URL"); err == nil {
			t.Errorf("%s token clones: %s", name, out)
		}
	}
	must(t, os.WriteFile(filepath.Join(work, ".gitlab-ci.yml"), []byte("run: {script: ['true']}\n"), 0o600))
	s.git(work, "checkout", "-q", "-b", "robot")
	s.git(work, "add", "-A")
	s.git(work, "commit", "-q", "-m", "By a robot")
	if out, err := s.tryGit(reader, "house-prices/model", "-C", work, "push", "URL", "robot"); err == nil {
		t.Errorf("a token to read pushes: %s", out)
	}
	if out, err := s.tryGit(writer, "house-prices/model", "-C", work, "push", "URL", "robot:main"); err == nil {
		t.Errorf("a developer's token pushes to a protected branch: %s", out)
	}
	if out, err := s.tryGit(writer, "house-prices/model", "-C", work, "push", "URL", "robot"); err != nil {
		t.Fatalf("a token to write does not push: %s", out)
	}
	s.react()
	a := s.take(runner)
	if a.Pipeline.Username != "token:writer" || a.Pipeline.User != 0 {
		t.Errorf("its pipeline is of %s", a.Pipeline.Username)
	}
	job := []string{"Job-Token", a.Token}
	s.send("GET", base+"/branches", nil, job...).want(200)
	s.send("GET", "/projects/owner%2Fother", nil, job...).refused(404)
	s.send("PUT", base+"/members/outsider", js{"role": "owner"}, job...).refused(403)
	if out, err := s.tryGit(a.Token, "house-prices/model", "ls-remote", "URL"); err != nil {
		t.Errorf("its job does not clone: %s", out)
	}
	if me := s.send("GET", "/me", nil, "Private-Token", guest).want(200); me.at("user.username") != "token:guest" || me.at("user.id") != 0.0 {
		t.Errorf("it is %s", me.body)
	}
	for _, path := range []string{"/me/tokens", "/users", "/groups/house-prices"} {
		s.send("GET", path, nil, "Private-Token", guest).refused(403)
	}

	list := s.call("maintainer", "GET", base+"/tokens", nil).want(200)
	if list.at("total") != 4.0 || strings.Contains(string(list.body), auth.DeployPrefix) || list.at("items.2.name") != "writer" {
		t.Errorf("the tokens are %s", list.body)
	}
	id, _ := json.Marshal(list.at("items.2.id"))
	s.call("developer", "DELETE", base+"/tokens/"+string(id), nil).refused(403, "manage_project_tokens")
	s.call("owner", "DELETE", "/projects/owner%2Fother/tokens/"+string(id), nil).refused(404)
	s.call("maintainer", "DELETE", base+"/tokens/"+string(id), nil).want(204)
	if out, err := s.tryGit(writer, "house-prices/model", "ls-remote", "URL"); err == nil {
		t.Errorf("a revoked token clones: %s", out)
	}
	s.send("GET", base+"/branches", nil, job...).refused(401, "revoked") // and so do its jobs
	s.call("maintainer", "POST", base+"/tokens", js{"name": "x", "role": "maintainer", "scopes": []string{"sudo"}}).refused(422)
	s.call("maintainer", "POST", base+"/tokens", js{"name": "x", "role": "owner", "scopes": []string{"api"}}).refused(422)
	s.quiet()
}

// TestABlockedUserIsOut of everything at once: session, tokens, git, and the jobs
// they started.
func TestABlockedUserIsOut(t *testing.T) {
	s := newHouse(t)
	runner := s.runner()
	s.push("developer", "main", map[string]string{".gitlab-ci.yml": "run: {script: ['true']}\nlater: {stage: deploy, script: ['true']}\n"})
	running := s.take(runner)
	cookie := s.session("developer")
	job := []string{"Job-Token", running.Token}
	s.send("GET", base, nil, "Cookie", cookie).want(200)
	s.send("GET", base, nil, job...).want(200)
	if out, err := s.tryGit(running.Token, "house-prices/model", "ls-remote", "URL"); err != nil {
		t.Fatalf("the job does not clone: %s", out)
	}

	s.call("owner", "PATCH", "/users/developer", js{"blocked": true}).refused(403, "administrators")
	if u := s.call("admin", "PATCH", "/users/developer", js{"blocked": true}).want(200); u.at("blocked") != true {
		t.Errorf("blocked is %s", u.body)
	}
	s.send("GET", base, nil, "Cookie", cookie).refused(401)
	s.send("GET", base, nil, job...).refused(401, "blocked")
	s.call("developer", "GET", "/me", nil).refused(401, "blocked")
	s.call("", "POST", "/session", js{"login": "developer", "password": "correct horse"}).refused(401, "wrong")
	for _, secret := range []string{running.Token, s.secrets["developer"], "correct horse"} {
		if out, err := s.tryGit(secret, "house-prices/model", "ls-remote", "URL"); err == nil {
			t.Errorf("a blocked user clones: %s", out)
		}
	}
	s.react()
	if got, err := s.ci.UpdateJob(t.Context(), running.Job.ID, running.Token, ci.Update{State: ci.Running}); err == nil && got == ci.Running {
		t.Errorf("the job goes on as %s", got)
	}
	if next, err := s.ci.RequestJob(t.Context(), runner, ci.Info{}); err != nil || next != nil {
		t.Errorf("the pipeline goes on: %+v, %v", next, err)
	}
	for _, who := range []string{"owner", "admin"} {
		sees := strings.Contains(string(s.call(who, "GET", "/users?search=developer", nil).want(200).body), `"blocked":true`)
		if sees != (who == "admin") {
			t.Errorf("that they are blocked, %s sees: %v", who, sees)
		}
	}
	s.call("admin", "PATCH", "/users/admin", js{"blocked": true}).refused(409, "yourself")
	s.call("admin", "PATCH", "/users/developer", js{"blocked": false}).want(200)
	s.send("GET", base, nil, "Cookie", cookie).refused(401) // an old session stays ended
	s.call("developer", "GET", base, nil).want(200)
}

// TestInvitationsByLink: the whole story over the API, with its attacks.
func TestInvitationsByLink(t *testing.T) {
	s := newHouse(t)
	s.call("maintainer", "POST", base+"/invitations", js{"role": "owner"}).refused(403, "up to the role maintainer")
	s.call("developer", "POST", base+"/invitations", js{"role": "guest"}).refused(403, "manage_members")
	s.call("maintainer", "POST", base+"/invitations", js{"role": "guest", "uses": 1000}).refused(422)
	made := s.call("maintainer", "POST", base+"/invitations", js{"role": "reporter", "uses": 2}).want(201)
	link, _ := made.at("link").(string)
	secret, ok := strings.CutPrefix(link, s.address+"/invitations/")
	if !ok || made.at("uses_left") != 2.0 || made.at("created_by") != "maintainer" || made.at("email") != "" {
		t.Errorf("made %s", made.body)
	}
	if list := s.call("owner", "GET", base+"/invitations", nil).want(200); list.at("total") != 1.0 || strings.Contains(string(list.body), secret) {
		t.Errorf("the list is %s", list.body)
	}
	path := "/invitations/" + secret
	if seen := s.send("GET", path, nil).want(200); seen.at("project") != "house-prices/model" || seen.at("role") != "reporter" || seen.at("invited_by") != "maintainer" {
		t.Errorf("a stranger sees %s", seen.body)
	}
	s.send("POST", path+"/accept", nil).refused(401)
	if done := s.call("outsider", "POST", path+"/accept", nil).want(200); done.at("path") != "house-prices/model" {
		t.Errorf("accepted %s", done.body)
	}
	s.call("outsider", "GET", base+"/branches", nil).want(200)
	s.send("POST", path+"/register", js{"username": "admin", "email": "x@example.org", "password": "correct horse"}).refused(409)
	s.send("POST", path+"/register", js{"username": "fay", "email": "fay@example.org", "password": "short"}).refused(422)
	s.send("POST", path+"/register", js{"username": "fay", "email": "fay@example.org", "password": "correct horse", "admin": true}).refused(422)
	fay := s.send("POST", path+"/register", js{"username": "fay", "email": "fay@example.org", "password": "correct horse"}).want(200)
	if fay.at("user.username") != "fay" || fay.at("user.admin") != false {
		t.Errorf("fay is %s", fay.body)
	}
	cookie := cookieOf(t, fay)
	if p := s.send("GET", base, nil, "Cookie", cookie).want(200); p.at("role") != "reporter" {
		t.Errorf("fay sees %s", p.body)
	}
	s.send("GET", path, nil).refused(404, "ask for a new one")
	s.send("POST", path+"/register", js{"username": "gil", "email": "gil@example.org", "password": "correct horse"}).refused(404)
	if permissions := s.send("GET", base+"/permissions", nil, "Cookie", cookie).want(200); permissions.at("role") != "reporter" || permissions.at("permissions.0.allowed") != true ||
		!strings.Contains(string(permissions.body), `{"permission":"push_code","allowed":false,"refusal":"permission push_code refused: it needs the role developer in this project, and fay has reporter`) {
		t.Errorf("fay may %s", permissions.body)
	}
	s.quiet()
}

// TestMembershipsInGroupsAndUntil over the API.
func TestMembershipsInGroupsAndUntil(t *testing.T) {
	s := newHouse(t)
	soon := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	s.call("owner", "PUT", "/groups/house-prices/members/outsider", js{"role": "developer", "expires_at": soon}).want(204)
	s.call("outsider", "GET", base+"/branches", nil).want(200)
	if p := s.call("outsider", "GET", base+"/permissions", nil).want(200); p.at("role") != "developer" || p.at("inherited_from") != "house-prices" {
		t.Errorf("the outsider may %s", p.body)
	}
	members := s.call("guest", "GET", base+"/members", nil).want(200)
	if members.at("total") != 6.0 || members.at("items.0.inherited") != "house-prices" || members.at("items.0.expires_at") != nil || !strings.Contains(string(members.body), soon.Format(time.RFC3339)) {
		t.Errorf("the members are %s", members.body)
	}
	s.call("maintainer", "DELETE", base+"/members/outsider", nil).refused(409, "through the group house-prices")
	s.call("maintainer", "PUT", "/groups/house-prices/members/guest", js{"role": "owner"}).refused(404, "no group house-prices")
	s.call("outsider", "PUT", "/groups/house-prices/members/outsider", js{"role": "owner"}).refused(403)
	if g := s.call("outsider", "GET", "/groups/House-Prices", nil).want(200); g.at("role") != "developer" || g.at("projects") != 1.0 || g.at("members") != 2.0 {
		t.Errorf("the group is %s", g.body)
	}
	if list := s.call("outsider", "GET", "/groups/house-prices/projects", nil).want(200); list.at("total") != 1.0 || list.at("items.0.role") != "developer" {
		t.Errorf("its projects are %s", list.body)
	}
	s.call("owner", "DELETE", "/groups/house-prices", nil).refused(409, "still has projects")
	s.call("owner", "DELETE", "/groups/house-prices/members/outsider", nil).want(204)
	s.call("outsider", "GET", base, nil).refused(404)
	s.call("maintainer", "PUT", base+"/members/outsider", js{"role": "guest", "expires_at": time.Now().Add(-time.Hour)}).refused(422, "past")

	// The log heard of it all, with the address.
	recorded, err := s.data.Undelivered(t.Context(), 1000)
	must(t, err)
	said := map[string]bool{}
	for _, r := range recorded {
		if r.Kind == (event.Act{}).EventKind() {
			a := decode[event.Act](t, r.Payload)
			said[a.Action] = true
			if a.Via == string(auth.ViaToken) && a.Address != "127.0.0.1" {
				t.Errorf("%s came from %q", a.Action, a.Address)
			}
		}
	}
	for _, action := range []string{"group.created", "project.created", "member.added", "group_member.added", "group_member.removed"} {
		if !said[action] {
			t.Errorf("the log has no %s", action)
		}
	}
	if err := s.projects.RemoveMember(t.Context(), auth.Anonymous, 1, 0); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("nobody leaves: %v", err)
	}
}

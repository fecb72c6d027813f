package githttp_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dasier/api/githttp"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/forge/repo"
	"dasier/git"
)

func TestCloneFetchPush(t *testing.T) {
	s := newServer(t, repo.Config{}, githttp.Config{Notice: func(_ context.Context, actor auth.Actor, p project.Project, moved git.RefUpdate) string {
		return "pipelines of " + p.Path() + " for " + moved.Ref + " by " + actor.Username
	}})
	// The first commit of an empty repository may come from a developer, though
	// the default branch is a maintainer's.
	dev := s.clone("developer")
	if branch := dev.git("symbolic-ref", "HEAD"); branch != "refs/heads/main" {
		t.Errorf("an empty clone is on %s", branch)
	}
	first := dev.commit("model.yaml", "a: 1\n")
	out := dev.git("push", "origin", "main")
	if !strings.Contains(out, "remote: pipelines of lab/model for refs/heads/main by developer") {
		t.Errorf("no notice:\n%s", out)
	}
	other := s.clone("reporter", "-b", "main")
	if got := other.git("rev-parse", "HEAD"); got != first {
		t.Errorf("the clone is at %s, want %s", got, first)
	}
	dev.git("checkout", "-q", "-b", "feature/one")
	second := dev.commit("more.txt", "1\n")
	dev.git("tag", "-a", "v1", "-m", "one")
	dev.git("push", "-q", "-o", "ci.skip", "-o", "note=x y", "origin", "feature/one", "v1")
	other.git("fetch", "-q", "--tags", "origin")
	if got := other.git("rev-parse", "origin/feature/one"); got != second {
		t.Errorf("fetched %s, want %s", got, second)
	}
	dev.git("push", "-q", "origin", ":feature/one")
	if tip := s.tip("refs/heads/feature/one"); tip != "" {
		t.Errorf("the deleted branch is at %s", tip)
	}
	developer := s.users["developer"]
	event := func(ref, before, after string, options ...string) repo.Pushed {
		return repo.Pushed{
			Project: s.project.ID, Ref: ref, Before: before, After: after,
			User: developer.ID, Username: "developer", Source: repo.SourcePush, Options: options,
		}
	}
	want := []repo.Pushed{
		event("refs/heads/main", git.Zero, first),
		event("refs/heads/feature/one", git.Zero, second, "ci.skip", "note=x y"),
		event("refs/tags/v1", git.Zero, dev.git("rev-parse", "v1"), "ci.skip", "note=x y"),
		event("refs/heads/feature/one", second, git.Zero),
	}
	if diff := cmp.Diff(want, s.pushed()); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	s.idle()
}

func TestShallowAndPartialClones(t *testing.T) {
	s := newServer(t, repo.Config{}, githttp.Config{})
	w := s.clone("maintainer")
	for i := range 5 {
		w.commit("f", fmt.Sprint(i))
	}
	w.git("push", "-q", "origin", "main")
	shallow := s.clone("maintainer", "--depth=1")
	if n := shallow.git("rev-list", "--count", "HEAD"); n != "1" {
		t.Errorf("a clone of depth 1 has %s commits", n)
	}
	tip := shallow.commit("g", "from a shallow clone")
	shallow.git("push", "-q", "origin", "main")
	if got := s.tip("refs/heads/main"); got != tip {
		t.Errorf("main is at %s, want %s", got, tip)
	}
	shallow.git("fetch", "-q", "--unshallow")
	if n := shallow.git("rev-list", "--count", "HEAD"); n != "6" {
		t.Errorf("an unshallowed clone has %s commits", n)
	}
	partial := s.clone("reporter", "--filter=blob:none")
	if got := partial.git("show", "HEAD:g"); got != "from a shallow clone" {
		t.Errorf("a partial clone shows %q", got)
	}
	// What a CI runner does: fetch one commit by its name.
	first := w.git("rev-list", "--max-parents=0", "HEAD")
	empty := s.clone("reporter", "--depth=1")
	empty.git("fetch", "-q", "--depth=1", "origin", first)
	s.idle()
}

func TestProtectedBranches(t *testing.T) {
	s := newServer(t, repo.Config{}, githttp.Config{})
	owner := s.clone("maintainer")
	first := owner.commit("a", "1")
	owner.git("push", "-q", "origin", "main")
	must(t, s.repos.Protect(t.Context(), s.actor("maintainer"), s.project.ID, repo.Protection{Pattern: "frozen/*", PushRole: auth.None, MergeRole: auth.Maintainer}))
	before := len(s.pushed())

	dev := s.clone("developer")
	dev.commit("a", "2")
	dev.refused([]string{"push", "origin", "main"},
		"remote: main is a protected branch", "role maintainer", "developer has developer", "[remote rejected] main -> main (protected branch)")
	// One refused ref refuses all of the push.
	dev.refused([]string{"push", "origin", "main", "main:mine"},
		"remote: main is a protected branch", "remote: Nothing was changed", "mine (another ref of this push was refused)")
	dev.refused([]string{"push", "origin", ":main"}, "remote: main is the default branch and cannot be deleted")
	dev.refused([]string{"push", "origin", "main:frozen/x"}, "nobody may push")
	dev.refused([]string{"push", "origin", "main:refs/keep/x"}, "neither a branch", "(not a branch or tag)")
	dev.refused([]string{"push", "origin", "main:refs/heads/" + first}, "looks like a commit")
	dev.git("push", "-q", "origin", "main:mine")

	owner.git("commit", "-q", "--amend", "-m", "rewritten")
	owner.refused([]string{"push", "--force", "origin", "main"}, "remote: main cannot be forced", "(non-fast-forward)")
	owner.refused([]string{"push", "origin", "main:frozen/x"}, "nobody may push")
	must(t, s.repos.Protect(t.Context(), s.actor("maintainer"), s.project.ID, repo.Protection{Pattern: "mine", PushRole: auth.Developer, MergeRole: auth.Developer}))
	owner.refused([]string{"push", "origin", ":mine"}, "remote: mine is a protected branch and cannot be deleted")
	must(t, s.repos.Unprotect(t.Context(), s.actor("maintainer"), s.project.ID, "mine"))
	owner.git("push", "-q", "--force", "origin", "main:mine")
	owner.git("push", "-q", "origin", ":mine")

	if got := s.tip("refs/heads/main"); got != first {
		t.Errorf("main is at %s, want %s", got, first)
	}
	if n := len(s.pushed()) - before; n != 3 {
		t.Errorf("%d events of refused and accepted pushes, want 3: %+v", n, s.pushed()[before:])
	}
	s.idle()
}

func TestWhoMayCloneAndPush(t *testing.T) {
	s := newServer(t, repo.Config{}, githttp.Config{})
	w := s.clone("maintainer")
	w.commit("a", "1")
	w.git("push", "-q", "origin", "main")
	w.refused([]string{"ls-remote", s.url("")}, "could not read Username")
	w.refused([]string{"ls-remote", strings.Replace(s.url(""), "lab", "nowhere", 1)}, "could not read Username")
	w.refused([]string{"ls-remote", s.url("outsider")}, "remote: no project lab/model, or you are not one of its members")
	w.refused([]string{"ls-remote", s.urlWith("owner", "dsr_pat_wrong")}, "Authentication failed")
	w.git("ls-remote", s.url("reporter"))
	w.git("ls-remote", strings.TrimSuffix(s.url("reporter"), ".git"))
	w.refused([]string{"push", s.url("reporter"), "main:x"}, "permission push_code refused", "role developer")
	reading := s.urlWith("developer", s.issue("developer", auth.ScopeReadRepository))
	w.git("ls-remote", reading)
	w.refused([]string{"push", reading, "main:x"}, "the token needs the scope")
	w.git("push", "-q", s.urlWith("developer", s.issue("developer", auth.ScopeWriteRepository)), "main:x")

	response, err := http.Get(s.address + "/lab/model.git/info/refs?service=git-upload-pack")
	must(t, err)
	must(t, response.Body.Close())
	if response.StatusCode != http.StatusUnauthorized || !strings.HasPrefix(response.Header.Get("WWW-Authenticate"), `Basic realm="dasier"`) {
		t.Errorf("anonymous: %d, %q", response.StatusCode, response.Header.Get("WWW-Authenticate"))
	}
}

func TestForeignRequests(t *testing.T) {
	s := newServer(t, repo.Config{}, githttp.Config{})
	const upload, receive = "application/x-git-upload-pack-request", "application/x-git-receive-pack-request"
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, err := io.WriteString(zip, "0014command=ls-refs\n0000")
	must(t, err)
	must(t, zip.Close())
	for name, test := range map[string]struct {
		method, path, contentType, encoding, body string
		status                                    int
		answer                                    string
	}{
		"dumb":            {"GET", "/info/refs", "", "", "", 403, "smart HTTP"},
		"other service":   {"GET", "/info/refs?service=git-shell", "", "", "", 403, "smart HTTP"},
		"content type":    {"POST", "/git-upload-pack", "text/plain", "", "0000", 415, upload},
		"not gzip":        {"POST", "/git-upload-pack", upload, "gzip", "0000", 400, "gzip"},
		"other encoding":  {"POST", "/git-upload-pack", upload, "br", "0000", 400, "not understood"},
		"gzip":            {"POST", "/git-upload-pack", upload, "gzip", packed.String(), 200, "0000"},
		"no commands":     {"POST", "/git-receive-pack", receive, "", "hello world", 400, "protocol error"},
		"probe":           {"POST", "/git-receive-pack", receive, "", "0000", 200, ""},
		"unknown project": {"GET", "x/info/refs?service=git-upload-pack", "", "", "", 404, "no project"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), test.method, s.address+"/lab/model.git"+test.path, strings.NewReader(test.body))
		if strings.HasPrefix(test.path, "x") {
			r, err = http.NewRequestWithContext(t.Context(), test.method, s.address+"/lab/model"+test.path, http.NoBody)
		}
		must(t, err)
		r.SetBasicAuth("x", s.secrets["developer"])
		r.Header.Set("Content-Type", test.contentType)
		r.Header.Set("Git-Protocol", "version=2")
		if test.encoding != "" {
			r.Header.Set("Content-Encoding", test.encoding)
		}
		response, err := http.DefaultClient.Do(r)
		must(t, err)
		body, err := io.ReadAll(response.Body)
		must(t, err)
		must(t, response.Body.Close())
		if response.StatusCode != test.status || !strings.Contains(string(body), test.answer) {
			t.Errorf("%s: %d %q, want %d and %q", name, response.StatusCode, body, test.status, test.answer)
		}
	}
}

func TestProtocolVersions(t *testing.T) {
	s := newServer(t, repo.Config{}, githttp.Config{})
	w := s.clone("maintainer")
	w.commit("a", "1")
	for _, version := range []string{"0", "1", "2"} {
		w.git("-c", "protocol.version="+version, "push", "-q", "origin", "main:v"+version)
		w.git("-c", "protocol.version="+version, "fetch", "-q", "origin", "v"+version)
	}
	t.Setenv("GIT_TRACE_PACKET", "1")
	if trace := w.git("ls-remote", "origin"); !strings.Contains(trace, "version 2") {
		t.Errorf("version 2 is not spoken:\n%s", trace)
	}
}

func TestDefaultBranchMoves(t *testing.T) {
	s, ctx := newServer(t, repo.Config{}, githttp.Config{}), t.Context()
	w := s.clone("maintainer")
	w.commit("a", "1")
	w.git("push", "-q", "origin", "main", "main:production")
	if err := s.repos.SetDefaultBranch(ctx, s.actor("maintainer"), s.project.ID, "nope"); err == nil {
		t.Error("a branch that does not exist became the default")
	}
	must(t, s.repos.SetDefaultBranch(ctx, s.actor("maintainer"), s.project.ID, "production"))
	clone := s.clone("developer")
	if branch := clone.git("symbolic-ref", "HEAD"); branch != "refs/heads/production" {
		t.Errorf("a clone is on %s", branch)
	}
	clone.commit("a", "2")
	clone.refused([]string{"push", "origin", "production"}, "protected branch")
}

func TestPushLimit(t *testing.T) {
	s := newServer(t, repo.Config{PushLimit: 1 << 20}, githttp.Config{})
	w := s.clone("maintainer")
	w.commit("small", "1")
	w.git("push", "-q", "origin", "main")
	noise(t, filepath.Join(w.dir, "big"), 3<<20)
	w.commit("x", "1")
	w.refused([]string{"push", "origin", "main"}, "remote: This push is larger than the 1 MiB", "push too large")
	leftovers, err := filepath.Glob(filepath.Join(s.repo().Dir(), "objects", "tmp_objdir*"))
	must(t, err)
	if len(leftovers) != 0 {
		t.Errorf("the refused pack is still there: %v", leftovers)
	}
	s.idle()
}

// noise writes bytes that do not compress.
func noise(t *testing.T, path string, size int) {
	t.Helper()
	data := make([]byte, size)
	state := uint64(1)
	for i := range data {
		state ^= state << 13
		state ^= state >> 7
		state ^= state << 17
		data[i] = byte(state)
	}
	must(t, os.WriteFile(path, data, 0o600))
}

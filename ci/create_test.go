package ci_test

import (
	"strings"
	"testing"

	"dasier/ci"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/variable"
)

const oneJob = "test:\n  script: [\"true\"]\n"

func TestAPushMakesOnePipeline(t *testing.T) {
	h := newHouse(t, ci.Config{})
	push := h.commit("refs/heads/feature/x", "a title\n\na body", map[string]string{".gitlab-ci.yml": oneJob})
	push.Event = "17"
	first, err := h.ci.CreateForPush(t.Context(), push)
	h.must(err)
	again, err := h.ci.CreateForPush(t.Context(), push)
	h.must(err)
	if first == 0 || again != first {
		t.Errorf("the same push made pipelines %d and %d", first, again)
	}
	state := h.load(first)
	p := state.Pipeline
	if p.Status != ci.Pending || p.Ref != "feature/x" || p.Tag || p.Commit.Title != "a title" || p.Username != "ada" || p.Protected {
		t.Errorf("the pipeline is %+v", p)
	}
	if statuses(state) != "test:pending" {
		t.Errorf("the jobs are %s", statuses(state))
	}
	list, total, err := h.ci.List(t.Context(), h.ada, h.project, ci.Filter{Ref: "feature/x"})
	if err != nil || total != 1 || list[0].ID != first {
		t.Errorf("the list is %v, %d, %v", list, total, err)
	}
	events, err := h.db.Undelivered(t.Context(), 100)
	h.must(err)
	var kinds []string
	for _, e := range events {
		if strings.HasPrefix(e.Kind, "ci.") {
			kinds = append(kinds, e.Kind)
		}
	}
	if got := strings.Join(kinds, " "); got != "ci.pipeline_created ci.job_queued" {
		t.Errorf("the events are %s", got)
	}
}

func TestPushesWithoutAPipeline(t *testing.T) {
	h := newHouse(t, ci.Config{})
	plain := h.commit("refs/heads/main", "no configuration", map[string]string{"README": "x"})
	deleted := plain
	deleted.Before, deleted.After = plain.After, strings.Repeat("0", 40)
	notes := plain
	notes.Ref = "refs/notes/commits"
	filtered := h.commit("refs/heads/filtered", "filtered", map[string]string{".gitlab-ci.yml": oneJob + "workflow:\n  rules:\n    - if: $CI_COMMIT_BRANCH == \"main\"\n"})
	nothing := h.commit("refs/heads/nothing", "no job", map[string]string{".gitlab-ci.yml": oneJob + "  rules:\n    - if: $CI_COMMIT_TAG\n"})
	for name, push := range map[string]ci.Push{"no file": plain, "deleted": deleted, "neither branch nor tag": notes, "workflow": filtered, "no job": nothing} {
		id, err := h.ci.CreateForPush(t.Context(), push)
		if id != 0 || err != nil {
			t.Errorf("%s: pipeline %d, %v", name, id, err)
		}
	}
	_, err := h.ci.Create(t.Context(), h.ada, h.project, "nothing", nil)
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("by hand, a pipeline without jobs answers %v", err)
	}
}

func TestSkippedPushes(t *testing.T) {
	h := newHouse(t, ci.Config{})
	message := h.commit("refs/heads/main", "docs [skip ci]", map[string]string{".gitlab-ci.yml": oneJob})
	option := h.commit("refs/heads/other", "docs", nil)
	option.Options = []string{"ci.skip"}
	for _, push := range []ci.Push{message, option} {
		id, err := h.ci.CreateForPush(t.Context(), push)
		h.must(err)
		h.expect(id, ci.Skipped, "")
	}
	p, err := h.ci.Create(t.Context(), h.ada, h.project, "main", nil)
	if err != nil || p.Status != ci.Pending {
		t.Errorf("by hand it runs: %s, %v", p.Status, err)
	}
}

func TestAWrongFileIsAFailedPipelineThatSaysWhere(t *testing.T) {
	h := newHouse(t, ci.Config{})
	state := h.pipeline("test:\n  script: [\"true\"]\n  neds: [build]\n")
	p := state.Pipeline
	if p.Status != ci.Failed || len(p.Problems) == 0 || p.Error() == "" || p.Finished.IsZero() {
		t.Fatalf("the pipeline is %+v", p)
	}
	if at := p.Problems[0]; at.File != ".gitlab-ci.yml" || at.Line != 3 || at.Column == 0 || !strings.Contains(at.Message, "neds") {
		t.Errorf("the problem is %+v", at)
	}
}

func TestTagsAndChanges(t *testing.T) {
	h := newHouse(t, ci.Config{})
	config := "train:\n  script: [\"true\"]\n  rules:\n    - changes: [\"data/**\"]\nrelease:\n  script: [\"true\"]\n  rules:\n    - if: $CI_COMMIT_TAG\n" +
		"always:\n  script: [\"true\"]\n  environment: review/$CI_COMMIT_REF_SLUG\n"
	first, err := h.ci.CreateForPush(t.Context(), h.commit("refs/heads/main", "new branch", map[string]string{".gitlab-ci.yml": config}))
	h.must(err)
	h.expect(first, ci.Pending, "train:pending always:pending")
	second, err := h.ci.CreateForPush(t.Context(), h.commit("refs/heads/main", "code only", map[string]string{"code.py": "1"}))
	h.must(err)
	h.expect(second, ci.Pending, "always:pending")
	third, err := h.ci.CreateForPush(t.Context(), h.commit("refs/heads/main", "data", map[string]string{"data/a.csv": "1"}))
	h.must(err)
	h.expect(third, ci.Pending, "train:pending always:pending")
	tag, err := h.ci.CreateForPush(t.Context(), h.commit("refs/tags/main", "a tag named like the protected branch", nil))
	h.must(err)
	state := h.load(tag)
	if !state.Pipeline.Tag || state.Pipeline.Protected || !strings.Contains(statuses(state), "release:pending") {
		t.Errorf("the tag's pipeline is %+v, %s", state.Pipeline, statuses(state))
	}
	for _, j := range h.load(third).Jobs {
		if j.Name == "always" && j.Environment != "review/main" {
			t.Errorf("the environment is %q", j.Environment)
		}
	}
	if !h.load(third).Pipeline.Protected {
		t.Error("the default branch is protected, and its pipeline does not say so")
	}
}

func TestWhoMay(t *testing.T) {
	h := newHouse(t, ci.Config{})
	state := h.pipeline(oneJob + "by-hand:\n  script: [\"true\"]\n  when: manual\n")
	id := state.Pipeline.ID
	manual := state.Jobs[1].ID
	member := func(name string, role auth.Role) auth.Actor {
		user, err := h.db.Auth().CreateUser(t.Context(), auth.User{Username: name, Name: name, Email: name + "@example.org"}, "hash")
		h.must(err)
		if role != auth.None {
			h.must(h.projects.SetMember(t.Context(), h.ada, h.project, user.ID, role))
		}
		return auth.Actor{User: user.ID, Username: name, Via: auth.ViaSession}
	}
	stranger, reporter, developer := member("eve", auth.None), member("rob", auth.Reporter), member("dev", auth.Developer)
	verbs := map[string]func(auth.Actor) error{
		"get":    func(a auth.Actor) error { _, err := h.ci.Get(t.Context(), a, h.project, id); return err },
		"log":    func(a auth.Actor) error { _, err := h.ci.Log(t.Context(), a, h.project, manual, 0); return err },
		"create": func(a auth.Actor) error { _, err := h.ci.Create(t.Context(), a, h.project, "main", nil); return err },
		"play":   func(a auth.Actor) error { _, err := h.ci.Play(t.Context(), a, h.project, manual, nil); return err },
		"retry":  func(a auth.Actor) error { _, err := h.ci.Retry(t.Context(), a, h.project, id); return err },
		"cancel": func(a auth.Actor) error { _, err := h.ci.Cancel(t.Context(), a, h.project, id); return err },
	}
	cases := []struct {
		who  auth.Actor
		verb string
		want fault.Kind
	}{
		{stranger, "get", fault.Missing},
		{stranger, "log", fault.Missing},
		{stranger, "cancel", fault.Missing},
		{stranger, "play", fault.Missing},
		{reporter, "create", fault.Denied},
		{reporter, "play", fault.Denied},
		{reporter, "retry", fault.Denied},
		{reporter, "cancel", fault.Denied},
		// main is protected: a developer may not change it, so nor run there.
		{developer, "create", fault.Denied},
		{developer, "play", fault.Denied},
		{developer, "retry", fault.Denied},
		{auth.Anonymous, "get", fault.Unauthenticated},
	}
	for _, c := range cases {
		if err := verbs[c.verb](c.who); !fault.Is(err, c.want) {
			t.Errorf("%s may %s: %v, want %s", c.who.Username, c.verb, err, c.want)
		}
	}
	for _, verb := range []string{"get", "log"} {
		h.must(verbs[verb](reporter))
	}
	h.must(verbs["cancel"](developer))
	if _, err := h.ci.Get(t.Context(), h.ada, h.project+1, id); !fault.Is(err, fault.Missing) {
		t.Errorf("through another project: %v", err)
	}
}

func TestVariablesReachTheJob(t *testing.T) {
	h := newHouse(t, ci.Config{URL: "http://forge.example"})
	h.set(variable.Variable{Key: "SECRET", Masked: true, Protected: true}, "hunter2hunter2")
	push := h.commit("refs/heads/topic", "topic", map[string]string{".gitlab-ci.yml": oneJob + "  variables: {LEVEL: yaml, OTHER: yaml}\n"})
	push.Options = []string{"ci.variable=LEVEL=pushed"}
	_, err := h.ci.CreateForPush(t.Context(), push)
	h.must(err)
	a := h.take()
	last := map[string]ci.Variable{}
	for _, v := range a.Variables {
		last[v.Key] = v
	}
	if last["LEVEL"].Value != "pushed" || last["OTHER"].Value != "yaml" || last["CI_COMMIT_BRANCH"].Value != "topic" || last["CI_JOB_TOKEN"].Value != a.Token {
		t.Errorf("the variables are %v", last)
	}
	if _, there := last["SECRET"]; there {
		t.Error("a protected variable reached an unprotected branch")
	}
	if a.RepositoryURL != "http://gitlab-ci-token:"+a.Token+"@forge.example/house-prices/model.git" {
		t.Errorf("the repository is at %s", a.RepositoryURL)
	}
	if want := "+" + push.After + ":refs/pipelines/"; !strings.HasPrefix(a.Refspecs[0], want) || a.Refspecs[1] != "+refs/heads/topic:refs/remotes/origin/topic" || a.Depth != 20 {
		t.Errorf("it fetches %v at depth %d", a.Refspecs, a.Depth)
	}
}

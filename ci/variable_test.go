package ci_test

import (
	"testing"

	"dasier/ci"
	"dasier/forge/auth"
	"dasier/forge/repo"
	"dasier/forge/variable"
)

// set sets a variable of the project.
func (h *house) set(v variable.Variable, value string) {
	h.t.Helper()
	h.must(h.variables.Set(h.t.Context(), h.ada, variable.OfProject(h.project), v, &value))
}

// got is what the next job gets of the named variable; nil when nothing.
func (h *house) got(a *ci.Assignment, key string) *ci.Variable {
	var last *ci.Variable
	for i := range a.Variables {
		if a.Variables[i].Key == key {
			last = &a.Variables[i]
		}
	}
	return last
}

// TestProtectedVariables reach jobs on protected branches only: no tag that is
// named like one, no other branch, whoever starts the pipeline, and no branch
// that is no longer protected when the job is taken.
func TestProtectedVariables(t *testing.T) {
	h := newHouse(t, ci.Config{})
	h.set(variable.Variable{Key: "SECRET", Hidden: true, Protected: true}, "hunter2hunter2")
	rule := repo.Protection{Pattern: "production", PushRole: auth.Maintainer, MergeRole: auth.Maintainer}
	h.must(h.repos.Protect(t.Context(), h.ada, h.project, rule))
	started := func(ref string) *ci.Assignment {
		t.Helper()
		push := h.commit(ref, "c", map[string]string{".gitlab-ci.yml": oneJob})
		_, err := h.ci.CreateForPush(t.Context(), push)
		h.must(err)
		return h.take()
	}
	if v := h.got(started("refs/heads/production"), "SECRET"); v == nil || v.Value != "hunter2hunter2" || !v.Masked || v.Public {
		t.Errorf("on the protected branch: %+v", v)
	}
	for _, ref := range []string{"refs/tags/production", "refs/heads/topic", "refs/heads/production2"} {
		if v := h.got(started(ref), "SECRET"); v != nil {
			t.Errorf("on %s: %+v", ref, v)
		}
	}
	_, err := h.ci.Create(t.Context(), h.ada, h.project, "topic", []ci.Variable{{Key: "CI_COMMIT_REF_PROTECTED", Value: "true"}})
	h.must(err)
	if v := h.got(h.take(), "SECRET"); v != nil {
		t.Errorf("started by hand: %+v", v)
	}
	push := h.commit("refs/heads/production", "c", nil)
	_, err = h.ci.CreateForPush(t.Context(), push)
	h.must(err)
	h.must(h.repos.Unprotect(t.Context(), h.ada, h.project, "production"))
	if v := h.got(h.take(), "SECRET"); v != nil {
		t.Errorf("on a branch that is protected no more: %+v", v)
	}
}

// TestEnvironmentVariables: a job gets those of its environment, and a file
// variable as a file.
func TestEnvironmentVariables(t *testing.T) {
	h := newHouse(t, ci.Config{})
	h.set(variable.Variable{Key: "TOKEN"}, "everywhere")
	h.set(variable.Variable{Key: "TOKEN", Environment: "review/*"}, "review")
	h.set(variable.Variable{Key: "TOKEN", Environment: "review/one", File: true, Raw: true}, "one $HOME")
	for environment, want := range map[string]string{"": "everywhere", "production": "everywhere", "review/two": "review", "review/one": "one $HOME"} {
		file := oneJob
		if environment != "" {
			file += "  environment: " + environment + "\n"
		}
		_, err := h.ci.CreateForPush(t.Context(), h.commit("refs/heads/topic", "c", map[string]string{".gitlab-ci.yml": file}))
		h.must(err)
		v := h.got(h.take(), "TOKEN")
		if v == nil || v.Value != want || v.File != (environment == "review/one") || v.Raw != v.File {
			t.Errorf("for %q: %+v", environment, v)
		}
	}
}

package ci_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"testing"
	"time"

	"dasier/ci"
	"dasier/fault"
	"dasier/forge/auth"
)

func (h *house) member(name string, role auth.Role) auth.Actor {
	h.t.Helper()
	u, err := h.db.Auth().CreateUser(h.t.Context(), auth.User{Username: name, Name: name, Email: name + "@example.org", CreatedAt: time.Now()}, "hash")
	h.must(err)
	h.must(h.projects.SetMember(h.t.Context(), h.ada, h.project, u.ID, role))
	return u.Actor(auth.ViaSession)
}

// TestNobodyBorrowsTheRightsOfAPipeline: a job's token carries the rights of
// whoever started the pipeline, on any branch.
func TestNobodyBorrowsTheRightsOfAPipeline(t *testing.T) {
	h := newHouse(t, ci.Config{})
	ctx := t.Context()
	developer, maintainer := h.member("dev", auth.Developer), h.member("mia", auth.Maintainer)
	const config = "deploy:\n  script: [\"true\"]\n  when: manual\n  allow_failure: false\n"
	start := func(ref string, who auth.Actor) (ci.PipelineID, ci.JobID) {
		push := h.commit(ref, "a change", map[string]string{".gitlab-ci.yml": config})
		push.User, push.Username = who.User, who.Username
		id, err := h.ci.CreateForPush(ctx, push)
		h.must(err)
		return id, h.load(id).Jobs[0].ID
	}
	evil := []ci.Variable{{Key: "BASH_ENV", Value: "/tmp/mine"}}

	owners, job := start("refs/heads/topic", h.ada)
	_, err := h.ci.Play(ctx, developer, h.project, job, evil)
	if !fault.Is(err, fault.Denied) {
		t.Errorf("a developer plays the owner's job: %v", err)
	}
	_, err = h.ci.Play(ctx, maintainer, h.project, job, nil)
	h.must(err)
	h.run("deploy", ci.Failed)
	if _, err = h.ci.RetryJob(ctx, developer, h.project, job); !fault.Is(err, fault.Denied) {
		t.Errorf("a developer retries the owner's job: %v", err)
	}
	if _, err = h.ci.Retry(ctx, developer, h.project, owners); !fault.Is(err, fault.Denied) {
		t.Errorf("a developer retries the owner's pipeline: %v", err)
	}
	_, err = h.ci.Retry(ctx, maintainer, h.project, owners)
	h.must(err)

	_, job = start("refs/heads/other", developer)
	other := h.member("eve", auth.Developer)
	_, err = h.ci.Play(ctx, other, h.project, job, nil)
	h.must(err)
}

func TestRunnersAreNotForNarrowTokens(t *testing.T) {
	h := newHouse(t, ci.Config{})
	admin := auth.Actor{User: 1, Username: "root", Admin: true, Via: auth.ViaToken, Scopes: []auth.Scope{auth.ScopeReadAPI}}
	if _, _, err := h.ci.AddRunner(t.Context(), admin, "mine", nil, true); !fault.Is(err, fault.Denied) {
		t.Errorf("a token to read registers a runner: %v", err)
	}
	job := auth.Actor{User: 1, Username: "root", Admin: true, Via: auth.ViaJob, Project: int64(h.project), Job: 1}
	if _, err := h.ci.Runners(t.Context(), job); !fault.Is(err, fault.Denied) {
		t.Errorf("a job lists the runners: %v", err)
	}
}

// TestAHugeIndexIsNotRead: files can be counted only when all are in memory, so
// the index must be refused before.
func TestAHugeIndexIsNotRead(t *testing.T) {
	h := newHouse(t, ci.Config{})
	h.pipeline(oneJob)
	a := h.take()
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	pad := bytes.Repeat([]byte("x"), 60<<10)
	for i := range 600 { // 36 MB of index, of few files
		_, err := w.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("f%d", i), Comment: string(pad)})
		h.must(err)
	}
	h.must(w.Close())
	err := h.ci.UploadArtifact(t.Context(), a.Job.ID, a.Token, ci.Upload{Filename: "x.zip"}, io.Reader(&archive))
	if !fault.Is(err, fault.Limited) {
		t.Errorf("a huge index: %v", err)
	}
}

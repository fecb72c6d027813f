package ci_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"dasier/ci"
	"dasier/fault"
	"dasier/forge/auth"
)

const threeStages = `
stages: [build, test, deploy]
build: {stage: build, script: ["true"]}
test: {stage: test, script: ["true"]}
deploy: {stage: deploy, script: ["true"], when: manual}
`

func TestAPipelineRunsItsStages(t *testing.T) {
	h := newHouse(t, ci.Config{})
	id := h.pipeline(threeStages).Pipeline.ID
	h.expect(id, ci.Pending, "build:pending test:created deploy:created")
	h.run("build", ci.Success)
	h.expect(id, ci.Running, "build:success test:pending deploy:created")
	h.run("test", ci.Failed)
	h.expect(id, ci.Failed, "build:success test:failed deploy:skipped")
	if _, err := h.ci.Retry(t.Context(), h.ada, h.project, id); err != nil {
		t.Fatal(err)
	}
	h.expect(id, ci.Running, "build:success test:failed deploy:created test:pending")
	h.run("test", ci.Success)
	h.expect(id, ci.Success, "build:success test:failed deploy:manual test:success")
	state := h.load(id)
	played, err := h.ci.Play(t.Context(), h.ada, h.project, state.Jobs[2].ID, []ci.Variable{{Key: "WHERE", Value: "here"}})
	if err != nil || played.Status != ci.Pending {
		t.Fatalf("played: %s, %v", played.Status, err)
	}
	a := h.run("deploy", ci.Success)
	if last := a.Variables[len(a.Variables)-1]; last.Key != "WHERE" || last.Value != "here" {
		t.Errorf("the last variable is %+v", last)
	}
	h.expect(id, ci.Success, "build:success test:failed deploy:success test:success")
	d, err := h.ci.Job(t.Context(), h.ada, h.project, state.Jobs[3].ID)
	if err != nil || len(d.Attempts) != 2 || d.Job.Attempt != 2 || !d.Attempts[0].Retried {
		t.Errorf("the attempts are %+v, %v", d.Attempts, err)
	}
	if _, err := h.ci.Retry(t.Context(), h.ada, h.project, id); !fault.Is(err, fault.Conflict) {
		t.Errorf("nothing to retry: %v", err)
	}
}

func TestRetryOneJob(t *testing.T) {
	h := newHouse(t, ci.Config{})
	state := h.pipeline("test:\n  script: [\"true\"]\n  retry: 1\n")
	h.run("test", ci.Failed) // tried again by itself, once
	h.run("test", ci.Failed)
	h.expect(state.Pipeline.ID, ci.Failed, "test:failed test:failed")
	if _, err := h.ci.RetryJob(t.Context(), h.ada, h.project, state.Jobs[0].ID); !fault.Is(err, fault.Conflict) {
		t.Errorf("an old attempt: %v", err)
	}
	second := h.load(state.Pipeline.ID).Jobs[1]
	third, err := h.ci.RetryJob(t.Context(), h.ada, h.project, second.ID)
	if err != nil || third.Attempt != 3 || third.Status != ci.Pending || third.ID == second.ID {
		t.Errorf("the third attempt is %+v, %v", third, err)
	}
}

func TestCancel(t *testing.T) {
	h := newHouse(t, ci.Config{})
	id := h.pipeline(threeStages).Pipeline.ID
	a := h.take()
	if _, err := h.ci.Cancel(t.Context(), h.ada, h.project, id); err != nil {
		t.Fatal(err)
	}
	h.expect(id, ci.Canceling, "build:canceling test:canceled deploy:canceled")
	if status := h.update(a, ci.Running); status != ci.Canceling {
		t.Errorf("the runner hears %s", status)
	}
	if status := h.update(a, ci.Failed); status != ci.Canceled {
		t.Errorf("the last word makes it %s", status)
	}
	h.expect(id, ci.Canceled, "build:canceled test:canceled deploy:canceled")
	if _, err := h.ci.Cancel(t.Context(), h.ada, h.project, id); !fault.Is(err, fault.Conflict) {
		t.Errorf("nothing to cancel: %v", err)
	}
}

func TestCancelTwiceStopsAtOnce(t *testing.T) {
	h := newHouse(t, ci.Config{})
	h.pipeline(oneJob)
	a := h.take()
	for _, want := range []ci.Status{ci.Canceling, ci.Canceled} {
		j, err := h.ci.CancelJob(t.Context(), h.ada, h.project, a.Job.ID)
		if err != nil || j.Status != want {
			t.Fatalf("the job is %s, want %s, %v", j.Status, want, err)
		}
	}
	if _, status, err := h.ci.AppendTrace(t.Context(), a.Job.ID, a.Token, 0, []byte("x")); !fault.Is(err, fault.Denied) || status != ci.Canceled {
		t.Errorf("its log is answered %s, %v", status, err)
	}
	if status := h.update(a, ci.Failed); status != ci.Canceled {
		t.Errorf("its last word is answered %s", status)
	}
}

func TestJobTokenEndsWithItsJob(t *testing.T) {
	h := newHouse(t, ci.Config{TokenGrace: time.Minute})
	h.now = time.Now()
	h.pipeline(oneJob)
	a := h.take()
	actor, err := h.ci.ActorByJobToken(t.Context(), a.Token)
	want := auth.Actor{User: h.ada.User, Username: "ada", Via: auth.ViaJob, Project: int64(h.project), Job: int64(a.Job.ID)}
	if err != nil || actor.User != want.User || actor.Via != want.Via || actor.Project != want.Project || actor.Job != want.Job || actor.Admin {
		t.Errorf("the token is %+v, %v", actor, err)
	}
	h.update(a, ci.Success)
	if _, err := h.ci.ActorByJobToken(t.Context(), a.Token); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("after the job: %v", err)
	}
	if status := h.update(a, ci.Success); status != ci.Success { // the answer was lost
		t.Errorf("the last word again: %s", status)
	}
	h.now = h.now.Add(2 * time.Minute)
	if _, err := h.ci.UpdateJob(t.Context(), a.Job.ID, a.Token, ci.Update{State: ci.Success}); !fault.Is(err, fault.Denied) {
		t.Errorf("after the grace: %v", err)
	}
	if _, err := h.ci.ActorByJobToken(t.Context(), "dsr_job_none"); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("an invented token: %v", err)
	}
}

func TestSweepGivesUnconfirmedJobsBack(t *testing.T) {
	h := newHouse(t, ci.Config{})
	h.now = time.Now()
	id := h.pipeline(oneJob).Pipeline.ID
	lost := h.ask()
	h.must(h.ci.Sweep(t.Context()))
	h.expect(id, ci.Running, "test:running")
	h.now = h.now.Add(2 * time.Minute)
	h.must(h.ci.Sweep(t.Context()))
	h.expect(id, ci.Pending, "test:pending")
	again := h.take()
	if again.Job.ID != lost.Job.ID || again.Token == lost.Token {
		t.Error("the job comes again with a new token")
	}
	if _, err := h.ci.UpdateJob(t.Context(), lost.Job.ID, lost.Token, ci.Update{State: ci.Running}); !fault.Is(err, fault.Denied) {
		t.Errorf("the first runner, late: %v", err)
	}
}

func TestSweepEndsWhatIsLostStuckOrTooLong(t *testing.T) {
	cases := []struct {
		name        string
		config      string
		take, speak bool
		after       time.Duration
		failure     ci.Failure
		interrupted bool
		want        string
	}{
		{"lost", oneJob, true, false, 6 * time.Minute, ci.RunnerFailure, true, "test:failed"},
		{"lost, and to be retried", oneJob + "  retry: {max: 1, when: runner_system_failure}\n", true, false, 6 * time.Minute, ci.RunnerFailure, true, "test:failed test:pending"},
		{"too long", oneJob + "  timeout: 10m\n", true, true, 16 * time.Minute, ci.TimeoutFailure, false, "test:failed"},
		{"no runner", oneJob, false, false, 25 * time.Hour, ci.StuckFailure, false, "test:failed"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t, ci.Config{})
			h.now = time.Now()
			id := h.pipeline(c.config).Pipeline.ID
			var a *ci.Assignment
			if c.take {
				a = h.take()
			}
			h.must(h.ci.Sweep(t.Context()))
			h.now = h.now.Add(c.after)
			if c.speak {
				h.update(a, ci.Running)
			}
			h.must(h.ci.Sweep(t.Context()))
			state := h.load(id)
			if statuses(state) != c.want || state.Jobs[0].Failure != c.failure || state.Jobs[0].Interrupted != c.interrupted {
				t.Errorf("%s: %s, %s, interrupted %v", c.name, statuses(state), state.Jobs[0].Failure, state.Jobs[0].Interrupted)
			}
		})
	}
}

// A server dies in the middle of a job of its embedded runner and comes back.
func TestRestart(t *testing.T) {
	h := newHouse(t, ci.Config{})
	var err error
	h.runner, err = h.ci.EnsureEmbeddedRunner(t.Context())
	h.must(err)
	old := h.runner
	id := h.pipeline(oneJob).Pipeline.ID
	a := h.take()
	said := "the first line\n"
	size, _, err := h.ci.AppendTrace(t.Context(), a.Job.ID, a.Token, 0, []byte(said))
	if err != nil || size != int64(len(said)) {
		t.Fatalf("%d, %v", size, err)
	}
	h.reopen()
	h.must(h.ci.Recover(t.Context()))
	h.runner, err = h.ci.EnsureEmbeddedRunner(t.Context())
	h.must(err)
	if _, err := h.ci.RequestJob(t.Context(), old, ci.Info{}); !fault.Is(err, fault.Denied) {
		t.Errorf("the embedded runner's old token: %v", err)
	}
	state := h.load(id)
	if j := state.Jobs[0]; j.Status != ci.Failed || !j.Interrupted || j.Failure != ci.RunnerFailure {
		t.Errorf("the job is %+v", j)
	}
	part, err := h.ci.Log(t.Context(), h.ada, h.project, a.Job.ID, 0)
	if text := string(part.Text); err != nil || !strings.HasPrefix(text, said) || !strings.Contains(text, "The job was interrupted") || !part.Complete {
		t.Errorf("its log is %q (complete: %v), %v", text, part.Complete, err)
	}
	if _, err := h.ci.RetryJob(t.Context(), h.ada, h.project, a.Job.ID); err != nil {
		t.Error(err)
	}
	h.run("test", ci.Success)
	h.expect(id, ci.Success, "test:failed test:success")
}

func TestLogIsReadInPieces(t *testing.T) {
	h := newHouse(t, ci.Config{LogLimit: 20})
	h.pipeline(oneJob)
	a := h.take()
	say := func(at int64, text string) (int64, error) {
		size, _, err := h.ci.AppendTrace(t.Context(), a.Job.ID, a.Token, at, []byte(text))
		return size, err
	}
	if size, err := say(0, "0123456789"); size != 10 || err != nil {
		t.Fatalf("%d, %v", size, err)
	}
	if size, err := say(5, "x"); size != 10 || !errors.Is(err, ci.ErrOffset) {
		t.Errorf("%d, %v", size, err)
	}
	part, err := h.ci.Log(t.Context(), h.ada, h.project, a.Job.ID, 4)
	if err != nil || string(part.Text) != "456789" || part.Next != 10 || part.Complete {
		t.Errorf("%+v, %v", part, err)
	}
	// The limit is passed: what fits is kept, the rest is taken and dropped.
	if size, err := say(10, "abcdefghijklmno"); size != 25 || err != nil {
		t.Errorf("%d, %v", size, err)
	}
	if size, err := say(25, "more"); size != 29 || err != nil {
		t.Errorf("%d, %v", size, err)
	}
	h.update(a, ci.Success)
	part, err = h.ci.Log(t.Context(), h.ada, h.project, a.Job.ID, 10)
	if err != nil || !strings.HasPrefix(string(part.Text), "abcdefghij\n") || !strings.Contains(string(part.Text), "reached its limit of 20 bytes") || !part.Complete {
		t.Errorf("%+v, %v", part, err)
	}
	if part, err = h.ci.Log(t.Context(), h.ada, h.project, a.Job.ID, 1<<40); err != nil || len(part.Text) != 0 || !part.Complete {
		t.Errorf("past the end: %+v, %v", part, err)
	}
}

func TestRunnersAndTags(t *testing.T) {
	h := newHouse(t, ci.Config{})
	_, gpu, err := h.ci.AddRunner(t.Context(), auth.System("test"), "gpu", []string{"gpu", "big"}, false)
	h.must(err)
	h.pipeline("plain: {script: [\"true\"]}\ntrain: {script: [\"true\"], tags: [gpu]}\n")
	h.run("plain", ci.Success)
	if a := h.ask(); a != nil {
		t.Errorf("a runner without tags got %s", a.Job.Name)
	}
	h.runner = gpu
	h.run("train", ci.Success)
	if _, err := h.ci.Runners(t.Context(), h.ada); !fault.Is(err, fault.Denied) {
		t.Errorf("runners are shown to %v", err)
	}
	list, err := h.ci.Runners(t.Context(), auth.System("test"))
	if err != nil || len(list) != 2 {
		t.Fatalf("%v, %v", list, err)
	}
	h.must(h.ci.PauseRunner(t.Context(), auth.System("test"), list[1].ID, true))
	h.pipeline("train: {script: [\"true\"], tags: [gpu]}\n")
	if a := h.ask(); a != nil {
		t.Errorf("a paused runner got %s", a.Job.Name)
	}
}

func TestArtifactsExpire(t *testing.T) {
	h := newHouse(t, ci.Config{})
	h.now = time.Now()
	h.pipeline("one: {script: [\"true\"], artifacts: {paths: [a], expire_in: 1 hour}}\ntwo: {script: [\"true\"], artifacts: {paths: [a], expire_in: never}}\n")
	content := zipOf(t, map[string]string{"a/b.txt": "hello"})
	var jobs []ci.JobID
	for range 2 {
		a := h.take()
		jobs = append(jobs, a.Job.ID)
		h.must(h.ci.UploadArtifact(t.Context(), a.Job.ID, a.Token, ci.Upload{Filename: "x.zip"}, bytes.NewReader(content)))
		h.update(a, ci.Success)
	}
	read := func(job ci.JobID) (string, error) {
		file, _, err := h.ci.OpenFile(t.Context(), h.ada, h.project, job, "a/b.txt")
		if err != nil {
			return "", err
		}
		text, err := io.ReadAll(file)
		return string(text), errors.Join(err, file.Close())
	}
	list, expires, err := h.ci.Files(t.Context(), h.ada, h.project, jobs[0])
	if err != nil || len(list) != 1 || list[0] != (ci.File{Path: "a/b.txt", Size: 5}) || !expires.Equal(h.now.UTC().Truncate(time.Microsecond).Add(time.Hour)) {
		t.Errorf("%v, %v, %v", list, expires, err)
	}
	h.now = h.now.Add(2 * time.Hour)
	h.must(h.ci.Sweep(t.Context()))
	if _, err := read(jobs[0]); !fault.Is(err, fault.Missing) {
		t.Errorf("an expired artifact: %v", err)
	}
	// The other has the same content, and keeps it.
	if text, err := read(jobs[1]); text != "hello" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
}

func TestWrongUploadsAreRefused(t *testing.T) {
	h := newHouse(t, ci.Config{ArtifactLimit: 1000})
	h.pipeline(oneJob)
	a := h.take()
	cases := map[string]struct {
		u       ci.Upload
		content []byte
		want    fault.Kind
	}{
		"no zip":    {ci.Upload{}, []byte("hello"), fault.Invalid},
		"outside":   {ci.Upload{}, zipOf(t, map[string]string{"../x": "1"}), fault.Invalid},
		"too large": {ci.Upload{}, bytes.Repeat([]byte("x"), 1001), fault.Limited},
		"unknown":   {ci.Upload{Kind: "sast"}, nil, fault.Invalid},
		"format":    {ci.Upload{Kind: "junit", Format: "raw"}, nil, fault.Invalid},
	}
	for name, c := range cases {
		if err := h.ci.UploadArtifact(t.Context(), a.Job.ID, a.Token, c.u, bytes.NewReader(c.content)); !fault.Is(err, c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	if _, _, err := h.ci.Archive(t.Context(), h.ada, h.project, a.Job.ID); !fault.Is(err, fault.Missing) {
		t.Errorf("something was kept: %v", err)
	}
}

// The commit can be fetched as the runner is told, whatever became of its
// branch since.
func TestRefspecsFetchTheCommit(t *testing.T) {
	for name, meanwhile := range map[string]func(h *house){
		"nothing": func(*house) {},
		"force-pushed": func(h *house) {
			h.git("commit", "-q", "--amend", "-m", "rewritten")
			h.commit("refs/heads/topic", "again", nil)
		},
		"deleted": func(h *house) { h.git("push", "-q", h.repos.Path(h.project), ":refs/heads/topic") },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, ci.Config{})
			push := h.commit("refs/heads/topic", "a change", map[string]string{".gitlab-ci.yml": oneJob})
			if _, err := h.ci.CreateForPush(t.Context(), push); err != nil {
				t.Fatal(err)
			}
			meanwhile(h)
			a := h.take()
			clone := "../clone"
			h.git("init", "-q", clone)
			for range 2 { // the second job in the same folder
				fetch := []string{"-C", clone, "fetch", "-q", "--prune", "--depth", "20", "file://" + h.repos.Path(h.project)}
				h.git(append(fetch, a.Refspecs...)...)
				h.git("-C", clone, "checkout", "-f", "-q", push.After)
			}
		})
	}
}

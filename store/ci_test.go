package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dasier/blob"
	"dasier/blob/disk"
	"dasier/ci"
	"dasier/ci/joblog"
	"dasier/ci/lang"
	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/forge/repo"
	"dasier/git"
)

var ciMoment = time.Date(2026, 5, 4, 3, 2, 1, 123456000, time.UTC)

// ciProject makes a project with its owner.
func ciProject(t *testing.T, s *Store) project.ID {
	t.Helper()
	user, err := s.Auth().CreateUser(t.Context(), auth.User{Username: "ada", Name: "Ada", Email: "ada@example.org", CreatedAt: ciMoment}, "hash")
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Project().Create(t.Context(), project.Project{Namespace: "house-prices", Name: "model", DefaultBranch: "main", CreatedAt: ciMoment}, user.ID,
		func(id project.ID) event.Event { return project.Created{Project: id} })
	if err != nil {
		t.Fatal(err)
	}
	return p.ID
}

func ciState(id project.ID, key string, jobs int) (*ci.State, []ci.Spec) {
	state := &ci.State{Pipeline: ci.Pipeline{
		Project: id, Key: key, Status: ci.Pending, Source: ci.SourcePush, Ref: "main", Protected: true, SHA: "c0ffee", Before: "bad",
		Commit: ci.Commit{SHA: "c0ffee", Title: "a title", Authored: ciMoment}, Name: "train", User: 1, Username: "ada",
		Variables: []ci.Variable{{Key: "A", Value: "1", Masked: true}}, Stages: []string{"test"}, Problems: []ci.Problem{{File: "f", Line: 1, Column: 2, Message: "m"}},
		Created: ciMoment,
	}}
	specs := make([]ci.Spec, jobs)
	for n := range jobs {
		name := fmt.Sprintf("job %d", n)
		specs[n] = ci.Spec{Name: name, Script: []string{"true"}, Timeout: time.Minute, Artifacts: &lang.Artifacts{Paths: []string{"out"}, Reports: map[string][]string{"dotenv": {"x"}}}}
		state.Jobs = append(state.Jobs, ci.Job{
			Project: id, Name: name, Stage: "test", Status: ci.Pending, When: "on_success", Needs: []ci.Need{{Job: "x", Artifacts: true}}, Tags: []string{},
			Timeout: time.Minute, Environment: "staging", Attempt: 1, Created: ciMoment, Queued: ciMoment, Variables: []ci.Variable{},
		})
	}
	return state, specs
}

func nothing(_, _ *ci.State) []event.Event { return nil }

func saveCI(t *testing.T, keep ci.Store, id project.ID, key string, jobs int) *ci.State {
	t.Helper()
	state, specs := ciState(id, key, jobs)
	if err := keep.Create(t.Context(), state, specs, nothing); err != nil {
		t.Fatal(err)
	}
	return state
}

func TestCIKeepsPipelinesAndJobs(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep, id := t.Context(), s.CI(), ciProject(t, s)
		state, specs := ciState(id, "push:1", 2)
		err := keep.Create(ctx, state, specs, func(before, after *ci.State) []event.Event {
			if before != nil || after.Jobs[1].ID == 0 {
				t.Errorf("the report sees %v before, and job %d after", before, after.Jobs[1].ID)
			}
			return []event.Event{ci.PipelineCreated{Project: id, Pipeline: after.Pipeline.ID}}
		})
		if err != nil {
			t.Fatal(err)
		}
		p, err := keep.Pipeline(ctx, state.Pipeline.ID)
		if err != nil {
			t.Fatal(err)
		}
		jobs, err := keep.Jobs(ctx, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(state, &ci.State{Pipeline: p, Jobs: jobs}); diff != "" {
			t.Errorf("what is read is not what was saved (-want +got):\n%s", diff)
		}
		spec, err := keep.Spec(ctx, jobs[1].Spec)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(specs[1], spec); diff != "" {
			t.Errorf("the definition (-want +got):\n%s", diff)
		}
		events, err := s.Undelivered(ctx, 10)
		if err != nil || len(events) != 2 || events[1].Kind != "ci.pipeline_created" {
			t.Errorf("events %v, %v", events, err)
		}
	})
}

func TestCIKeyIsUniqueInTheProject(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep, id := t.Context(), s.CI(), ciProject(t, s)
		first := saveCI(t, keep, id, "push:1", 1)
		again, specs := ciState(id, "push:1", 1)
		if err := keep.Create(ctx, again, specs, nothing); !fault.Is(err, fault.Conflict) {
			t.Errorf("the second pipeline of one push: %v", err)
		}
		saveCI(t, keep, id, "", 1)
		saveCI(t, keep, id, "", 1) // no key, no conflict
		found, err := keep.PipelineByKey(ctx, id, "push:1")
		if err != nil || found.ID != first.Pipeline.ID {
			t.Errorf("by key: %d, %v", found.ID, err)
		}
		if _, err := keep.PipelineByKey(ctx, id, "push:2"); !fault.Is(err, fault.Missing) {
			t.Errorf("an unknown key: %v", err)
		}
		list, total, err := keep.Pipelines(ctx, id, ci.Filter{Limit: 2})
		if err != nil || total != 3 || len(list) != 2 || list[0].ID < list[1].ID {
			t.Errorf("newest first, two of three: %d of %d, %v", len(list), total, err)
		}
		if _, total, err = keep.Pipelines(ctx, id, ci.Filter{Ref: "other"}); err != nil || total != 0 {
			t.Errorf("of another ref: %d, %v", total, err)
		}
		if _, total, err = keep.Pipelines(ctx, id, ci.Filter{Ref: "main", SHA: "c0ffee", Status: ci.Pending}); err != nil || total != 3 {
			t.Errorf("of this ref, commit and status: %d, %v", total, err)
		}
	})
}

func TestCIChange(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep, id := t.Context(), s.CI(), ciProject(t, s)
		saved := saveCI(t, keep, id, "", 2)
		refused := errors.New("refused")
		err := keep.Change(ctx, saved.Pipeline.ID, func(state *ci.State) error {
			state.Jobs[0].Status = ci.Failed
			return refused
		}, nothing)
		if !errors.Is(err, refused) {
			t.Fatalf("the rule's error is answered as %v", err)
		}
		err = keep.Change(ctx, saved.Pipeline.ID, func(state *ci.State) error {
			if state.Jobs[0].Status != ci.Pending {
				t.Error("a refused change was saved")
			}
			state.Jobs[0].Status, state.Jobs[0].Retried, state.Jobs[0].Finished = ci.Failed, true, ciMoment
			state.Jobs[0].TokenHash = "h"
			state.Jobs = append(state.Jobs, ci.Job{Pipeline: saved.Pipeline.ID, Project: id, Name: "job 0", Status: ci.Pending, Spec: state.Jobs[0].Spec, Attempt: 2, Created: ciMoment})
			state.Pipeline.Status, state.Pipeline.Started = ci.Running, ciMoment
			return nil
		}, func(before, after *ci.State) []event.Event {
			if before.Jobs[0].Status != ci.Pending || after.Jobs[2].ID == 0 {
				t.Errorf("the report sees %s before, and the new attempt as %d", before.Jobs[0].Status, after.Jobs[2].ID)
			}
			return []event.Event{ci.JobQueued{Job: after.Jobs[2].ID}}
		})
		if err != nil {
			t.Fatal(err)
		}
		jobs, err := keep.Jobs(ctx, saved.Pipeline.ID)
		if err != nil || len(jobs) != 3 {
			t.Fatalf("%d jobs, %v", len(jobs), err)
		}
		if !jobs[0].Retried || jobs[0].Version != 1 || jobs[1].Version != 0 || jobs[2].Attempt != 2 {
			t.Errorf("the jobs are %+v", jobs)
		}
		if found, err := keep.JobByToken(ctx, "h"); err != nil || found.ID != jobs[0].ID {
			t.Errorf("by token: %d, %v", found.ID, err)
		}
		if p, err := keep.Pipeline(ctx, saved.Pipeline.ID); err != nil || p.Status != ci.Running || p.Version != 1 || !p.Started.Equal(ciMoment) {
			t.Errorf("the pipeline is %+v, %v", p, err)
		}
		if err := keep.Change(ctx, 999, func(*ci.State) error { return nil }, nothing); !fault.Is(err, fault.Missing) {
			t.Errorf("an unknown pipeline: %v", err)
		}
	})
}

// Changes of one pipeline wait for each other: none is lost, none conflicts.
func TestCIChangesAreSerial(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		keep, id := s.CI(), ciProject(t, s)
		saved := saveCI(t, keep, id, "", 1)
		var wait sync.WaitGroup
		for range 16 {
			wait.Go(func() {
				err := keep.Change(context.Background(), saved.Pipeline.ID, func(state *ci.State) error {
					state.Jobs[0].ExitCode++
					return nil
				}, nothing)
				if err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if j, err := keep.Job(t.Context(), saved.Jobs[0].ID); err != nil || j.ExitCode != 16 {
			t.Errorf("sixteen changes add up to %d, %v", j.ExitCode, err)
		}
	})
}

func TestCIListsForTheSweeper(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep, id := t.Context(), s.CI(), ciProject(t, s)
		saved := saveCI(t, keep, id, "", 3)
		set := func(rule func(state *ci.State)) {
			t.Helper()
			if err := keep.Change(ctx, saved.Pipeline.ID, func(state *ci.State) error { rule(state); return nil }, nothing); err != nil {
				t.Fatal(err)
			}
		}
		set(func(state *ci.State) {
			state.Jobs[0].Status, state.Jobs[1].Queued = ci.Running, ciMoment.Add(time.Hour)
			state.Pipeline.Status = ci.Created
		})
		waiting, err := keep.Waiting(ctx)
		if err != nil || len(waiting) != 2 || waiting[0].ID != saved.Jobs[2].ID {
			t.Errorf("waiting, the longest first: %v, %v", waiting, err)
		}
		if err := keep.Touch(ctx, saved.Jobs[0].ID, ciMoment.Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		if err := keep.Truncated(ctx, saved.Jobs[0].ID); err != nil {
			t.Fatal(err)
		}
		set(func(state *ci.State) { state.Jobs[0].Status = ci.Canceling })
		active, err := keep.Active(ctx)
		if err != nil || len(active) != 1 || !active[0].Seen.Equal(ciMoment.Add(time.Second)) || !active[0].LogTruncated {
			t.Errorf("active: %+v, %v", active, err)
		}
		idle, err := keep.Idle(ctx, ciMoment.Add(time.Second))
		if err != nil || !slices.Equal(idle, []ci.PipelineID{saved.Pipeline.ID}) {
			t.Errorf("idle: %v, %v", idle, err)
		}
		if idle, err = keep.Idle(ctx, ciMoment); err != nil || len(idle) != 0 {
			t.Errorf("idle before it was made: %v, %v", idle, err)
		}
	})
}

// TestCIFailing: what a person has to mend is the newest of a protected branch.
func TestCIFailing(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep, id := t.Context(), s.CI(), ciProject(t, s)
		save := func(key string, change func(*ci.Pipeline)) ci.PipelineID {
			t.Helper()
			state, specs := ciState(id, key, 1)
			state.Pipeline.Status, state.Pipeline.Finished = ci.Failed, ciMoment
			change(&state.Pipeline)
			if err := keep.Create(ctx, state, specs, nothing); err != nil {
				t.Fatal(err)
			}
			return state.Pipeline.ID
		}
		expect := func(what string, want ...ci.PipelineID) {
			t.Helper()
			list, err := keep.Failing(ctx, 1, 10)
			if err != nil {
				t.Fatal(err)
			}
			var got []ci.PipelineID
			for _, p := range list {
				got = append(got, p.ID)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", what, diff)
			}
		}
		expect("at first")
		save("a", func(p *ci.Pipeline) { p.Ref, p.Protected = "topic", false })
		save("b", func(p *ci.Pipeline) { p.Ref, p.User = "other", 2 })
		save("c", func(p *ci.Pipeline) { p.Ref, p.Tag = "v1", true })
		save("d", func(p *ci.Pipeline) { p.Ref, p.Status = "green", ci.Success })
		save("e", func(*ci.Pipeline) {})
		second := save("f", func(*ci.Pipeline) {})
		release := save("g", func(p *ci.Pipeline) { p.Ref = "release" })
		save("h", func(p *ci.Pipeline) { p.Ref, p.Tag, p.Protected = "release", true, false }) // a tag of that name is no push to it
		expect("the newest of two branches", release, second)
		if list, err := keep.Failing(ctx, 1, 1); err != nil || len(list) != 1 || list[0].ID != release {
			t.Errorf("one of them: %v, %v", list, err)
		}
		save("i", func(p *ci.Pipeline) { p.Status, p.User = ci.Running, 2 })
		expect("somebody is mending it", release)
	})
}

func TestCIArtifacts(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep, id := t.Context(), s.CI(), ciProject(t, s)
		jobs := saveCI(t, keep, id, "", 2).Jobs
		one, two := blob.DigestOf([]byte("1")), blob.DigestOf([]byte("2"))
		add := func(job ci.JobID, kind string, d blob.Digest, expires time.Time) ci.Artifact {
			t.Helper()
			a, err := keep.AddArtifact(ctx, ci.Artifact{
				Job: job, Project: id, Kind: kind, Format: "zip", Filename: "a.zip", Digest: d, Size: 1, Expires: expires,
				Variables: []ci.Variable{{Key: "V", Value: "3", Raw: true}},
			})
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		add(jobs[0].ID, "archive", one, time.Time{})
		kept := add(jobs[0].ID, "archive", two, ciMoment) // replaces the first
		forever := add(jobs[1].ID, "dotenv", two, time.Time{})
		list, err := keep.Artifacts(ctx, jobs[0].ID, jobs[1].ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]ci.Artifact{kept, forever}, list); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		expired, err := keep.Expired(ctx, ciMoment.Add(time.Second), 10)
		if err != nil || len(expired) != 1 || expired[0].ID != kept.ID {
			t.Errorf("expired: %v, %v", expired, err)
		}
		for _, want := range []int{2, 1} {
			if n, err := keep.Uses(ctx, two); err != nil || n != want {
				t.Errorf("uses %d, %v; want %d", n, err, want)
			}
			if err := keep.RemoveArtifact(ctx, kept.ID); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestCIRunners(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.CI()
		if _, err := keep.EmbeddedRunner(ctx); !fault.Is(err, fault.Missing) {
			t.Errorf("no embedded runner yet: %v", err)
		}
		r, err := keep.AddRunner(ctx, ci.Runner{
			Description: "embedded", TokenHash: "h1", Embedded: true, Tags: []string{"a"}, RunUntagged: true, Created: ciMoment,
			Info: ci.Info{Name: "dasier", Features: map[string]bool{"variables": true}},
		})
		if err != nil {
			t.Fatal(err)
		}
		r.TokenHash, r.Paused = "h2", true
		if err := keep.SaveRunner(ctx, r); err != nil {
			t.Fatal(err)
		}
		if err := keep.SeeRunner(ctx, r.ID, ci.Info{Name: "gitlab-runner"}, ciMoment.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		r.Seen, r.Info = ciMoment.Add(time.Minute), ci.Info{Name: "gitlab-runner"}
		for name, find := range map[string]func() (ci.Runner, error){
			"by token": func() (ci.Runner, error) { return keep.RunnerByToken(ctx, "h2") },
			"embedded": func() (ci.Runner, error) { return keep.EmbeddedRunner(ctx) },
		} {
			got, err := find()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(r, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
		if _, err := keep.RunnerByToken(ctx, "h1"); !fault.Is(err, fault.Missing) {
			t.Errorf("the old token: %v", err)
		}
		if err := keep.RemoveRunner(ctx, r.ID); err != nil {
			t.Fatal(err)
		}
		if list, err := keep.Runners(ctx); err != nil || len(list) != 0 {
			t.Errorf("runners left: %v, %v", list, err)
		}
		if err := keep.SaveRunner(ctx, r); !fault.Is(err, fault.Conflict) {
			t.Errorf("saving a runner that is gone: %v", err)
		}
	})
}

// ciService is the service on this store, with real repositories.
func ciService(t *testing.T, s *Store, id project.ID) *ci.Service {
	t.Helper()
	program, err := git.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	projects, dir := project.New(s.Project()), t.TempDir()
	repos := repo.New(s.Repo(), projects, program, filepath.Join(dir, "repos"), repo.Config{})
	if err := repos.Ensure(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	logs, err := joblog.Open(filepath.Join(dir, "logs"))
	if err != nil {
		t.Fatal(err)
	}
	artifacts, err := disk.Open(filepath.Join(dir, "artifacts"))
	if err != nil {
		t.Fatal(err)
	}
	return ci.New(s.CI(), projects, ci.Repositories(repos, projects), logs, artifacts, ci.Config{})
}

// Twenty runners ask for two hundred jobs: each job is given once.
func TestCIGivesEachJobOnce(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		id := ciProject(t, s)
		service := ciService(t, s, id)
		for range 4 {
			saveCI(t, s.CI(), id, "", 50)
		}
		_, token, err := service.AddRunner(t.Context(), auth.System("test"), "many", nil, true)
		if err != nil {
			t.Fatal(err)
		}
		var wait sync.WaitGroup
		var mu sync.Mutex
		given := map[ci.JobID]int{}
		tokens := map[string]bool{}
		for range 20 {
			wait.Go(func() {
				for {
					a, err := service.RequestJob(context.Background(), token, ci.Info{Name: "test"})
					if err != nil {
						t.Error(err)
						return
					}
					if a == nil {
						return
					}
					mu.Lock()
					given[a.Job.ID]++
					tokens[a.Token] = true
					mu.Unlock()
				}
			})
		}
		wait.Wait()
		// A runner that finds a pipeline emptied by others may leave early, but
		// never all of them: what is left would be found by asking once more.
		if a, err := service.RequestJob(t.Context(), token, ci.Info{Name: "test"}); a != nil || err != nil {
			t.Errorf("a job was left: %v, %v", a, err)
		}
		if len(given) != 200 || len(tokens) != 200 {
			t.Errorf("%d of 200 jobs were given, with %d tokens", len(given), len(tokens))
		}
		for job, times := range given {
			if times != 1 {
				t.Errorf("job %d was given %d times", job, times)
			}
		}
	})
}

package track_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/ml/format/mlflow"
	"dasier/model/track"
	"dasier/store"
	"dasier/store/storetest"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// book is the service on a real store with two projects of ada's; bob sees one.
func book(t *testing.T) (s *track.Service, ids [2]project.ID, ada, bob auth.Actor) {
	t.Helper()
	ctx := t.Context()
	data, err := store.Open(ctx, storetest.At(t, filepath.Join(t.TempDir(), "dasier.db")))
	must(t, err)
	t.Cleanup(func() { must(t, data.Close()) })
	projects := project.New(data.Project())
	for name, actor := range map[string]*auth.Actor{"ada": &ada, "bob": &bob} {
		u, err := data.Auth().CreateUser(ctx, auth.User{Username: name, Name: name, Email: name + "@example.org", CreatedAt: time.Now()}, "")
		must(t, err)
		*actor = u.Actor(auth.ViaSession)
	}
	for i, name := range []string{"one", "two"} {
		p, err := projects.Create(ctx, ada, project.Project{Namespace: "lab", Name: name})
		must(t, err)
		ids[i] = p.ID
	}
	must(t, projects.SetMember(ctx, ada, ids[0], bob.User, auth.Reporter))
	return track.New(data.Track(), projects), ids, ada, bob
}

func TestRunsAreRecorded(t *testing.T) {
	s, ids, ada, bob := book(t)
	ctx := t.Context()
	started := time.Now().Add(-time.Minute).UTC().Truncate(time.Second)
	job := ada
	job.Via, job.Project, job.Job = auth.ViaJob, int64(ids[0]), 12
	want := track.Run{
		Project: ids[0], Name: "ames", Status: track.Finished, Commit: "c0ffee", Job: 99, CreatedAt: started, Params: map[string]string{"seed": "1"},
		Metrics: []mlflow.Metric{{Name: "rmse", Value: 3, N: 2}}, Candidates: []track.Candidate{{Name: "ridge", Params: map[string]string{}, Score: 1, Chosen: true}},
	}
	made, err := s.Record(ctx, job, want)
	must(t, err)
	got, err := s.Run(ctx, bob, ids[0], made.ID)
	must(t, err)
	if got.FinishedAt.Before(started) {
		t.Errorf("finished at %s, started at %s", got.FinishedAt, started)
	}
	want.ID, want.FinishedAt, want.Job, want.User, want.Username = made.ID, got.FinishedAt, 12, ada.User, "ada"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	late, err := s.Record(ctx, ada, track.Run{Project: ids[0], Name: "late", Status: track.Failed, CreatedAt: time.Now().Add(time.Hour)})
	must(t, err)
	if late.CreatedAt.After(late.FinishedAt) {
		t.Errorf("a run began at %s, after its end at %s", late.CreatedAt, late.FinishedAt)
	}
	list, total, err := s.Runs(ctx, bob, ids[0], 0, 1)
	if err != nil || total != 2 || len(list) != 1 || list[0].ID != late.ID {
		t.Errorf("the newest run is %+v of %d, %v", list, total, err)
	}
	must(t, s.Link(ctx, ids[0], 0, "price", 1)) // of no run
	must(t, s.Link(ctx, ids[1], made.ID, "price", 7))
	must(t, s.Link(ctx, ids[0], made.ID, "price", 3))
	must(t, s.Link(ctx, ids[0], made.ID, "price", 3)) // told twice
	if got, err := s.Run(ctx, bob, ids[0], made.ID); err != nil || got.Model != "price" || got.ModelVersion != 3 {
		t.Errorf("the run made %s %d, %v", got.Model, got.ModelVersion, err)
	}
}

func TestRunsAreRefused(t *testing.T) {
	s, ids, ada, bob := book(t)
	good := track.Run{Project: ids[0], Name: "x", Status: track.Finished}
	foreign := ada
	foreign.Via, foreign.Project = auth.ViaJob, int64(ids[1])
	for name, c := range map[string]struct {
		actor auth.Actor
		spoil func(*track.Run)
		kind  fault.Kind
	}{
		"no name":       {ada, func(r *track.Run) { r.Name = "" }, fault.Invalid},
		"long name":     {ada, func(r *track.Run) { r.Name = strings.Repeat("n", 256) }, fault.Invalid},
		"running":       {ada, func(r *track.Run) { r.Status = "running" }, fault.Invalid},
		"candidates":    {ada, func(r *track.Run) { r.Candidates = make([]track.Candidate, 10_001) }, fault.Limited},
		"reporter":      {bob, func(*track.Run) {}, fault.Denied},
		"another's job": {foreign, func(*track.Run) {}, fault.Denied},
		"outsider":      {bob, func(r *track.Run) { r.Project = ids[1] }, fault.Missing},
		"nobody":        {auth.Anonymous, func(*track.Run) {}, fault.Unauthenticated},
	} {
		bad := good
		c.spoil(&bad)
		if _, err := s.Record(t.Context(), c.actor, bad); !fault.Is(err, c.kind) {
			t.Errorf("%s: got %v, want %s", name, err, c.kind)
		}
	}
	if _, _, err := s.Runs(t.Context(), bob, ids[1], 0, 1); !fault.Is(err, fault.Missing) {
		t.Errorf("an outsider lists: %v", err)
	}
	if _, err := s.Run(t.Context(), bob, ids[1], 1); !fault.Is(err, fault.Missing) {
		t.Errorf("an outsider reads: %v", err)
	}
	if _, err := s.Run(t.Context(), ada, ids[0], 4711); !fault.Is(err, fault.Missing) {
		t.Errorf("a run that is not there: %v", err)
	}
}

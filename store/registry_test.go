package store

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/project"
	"dasier/ml/format/mlflow"
	"dasier/ml/frame"
	"dasier/ml/predict"
	"dasier/model/registry"
)

// candidate is a version to keep, with every field set.
func candidate(id project.ID, model, digest, commit string) registry.Version {
	return registry.Version{
		Project: id, Model: model, Run: 9, Digest: digest, Size: 1 << 40,
		Lineage: registry.Lineage{Commit: commit, Ref: "main", Job: 5, Pipeline: 3}, User: 1, Username: "ada", CreatedAt: zoned,
		DataDigest: "sha256:da7a", Algorithm: "ridge", Metrics: []mlflow.Metric{{Name: "rmse", Value: 1.0 / 3, N: 2}},
		Target:   predict.Target{Name: "price", Unit: "USD", Log: true},
		Inputs:   []predict.Input{{Name: "area", Kind: frame.Number, Required: true, Max: 9}, {Name: "where", Kind: frame.Category, Levels: []string{"日本"}}},
		Interval: &registry.Interval{Level: 0.9, Coverage: 0.91, CoveredOf: 100}, Set: &registry.Interval{Level: 0.95, Coverage: 0.96, CoveredOf: 50},
		Files: []registry.File{{Path: "MLmodel", Size: 1, Digest: "sha256:f11e"}},
	}
}

func add(t *testing.T, s *Store, v registry.Version) (registry.Version, bool) {
	t.Helper()
	kept, isNew, err := s.Registry().AddVersion(t.Context(), v, func(n int) event.Event {
		return registry.Registered{Project: v.Project, Model: v.Model, Version: n, Run: v.Run}
	})
	if err != nil {
		t.Fatal(err)
	}
	return kept, isNew
}

func TestRegistryKeepsVersions(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Registry()
		id, other := repoProject(t, s, "one"), repoProject(t, s, "other")
		want := candidate(id, "price", "d1", "c1")
		kept, isNew := add(t, s, want)
		want.ID, want.Number, want.CreatedAt = kept.ID, 1, zoned.UTC()
		if diff := cmp.Diff(want, kept); diff != "" || !isNew {
			t.Errorf("kept, new %v (-want +got):\n%s", isNew, diff)
		}
		got, err := keep.Version(ctx, id, "price", 1)
		if err != nil || !cmp.Equal(want, got) {
			t.Errorf("%v\n%s", err, cmp.Diff(want, got))
		}
		if again, isNew := add(t, s, candidate(id, "price", "d1", "c1")); isNew || again.ID != kept.ID || again.Number != 1 {
			t.Errorf("the same content of the same commit became %+v, new %v", again, isNew)
		}
		for i, v := range []registry.Version{candidate(id, "price", "d1", "c2"), candidate(id, "price", "d2", "c1")} {
			if kept, isNew := add(t, s, v); !isNew || kept.Number != i+2 {
				t.Errorf("%s of %s became number %d, new %v: want %d", v.Digest, v.Lineage.Commit, kept.Number, isNew, i+2)
			}
		}
		if kept, _ := add(t, s, candidate(other, "price", "d1", "c1")); kept.Number != 1 {
			t.Errorf("another project's model counts on from here: %d", kept.Number)
		}
		page, total, err := keep.Versions(ctx, id, "price", 1, 1)
		if err != nil || total != 3 || len(page) != 1 || page[0].Number != 2 {
			t.Errorf("the second newest: %+v of %d, %v", page, total, err)
		}
		for _, miss := range []func() error{
			func() error { _, err := keep.Version(ctx, id, "price", 4); return err },
			func() error { _, err := keep.Version(ctx, id, "cost", 1); return err },
			func() error { _, _, err := keep.Versions(ctx, id, "cost", 0, 1); return err },
			func() error { _, err := keep.Model(ctx, id, "cost"); return err },
			func() error { _, err := keep.Commits(ctx, id, "cost"); return err },
		} {
			if err := miss(); !fault.Is(err, fault.Missing) {
				t.Errorf("found what is not there: %v", err)
			}
		}
		registered := 0
		events, err := s.Undelivered(ctx, 100)
		for _, e := range events {
			if e.Kind == "registry.registered" {
				registered++
			}
		}
		if err != nil || registered != 4 {
			t.Errorf("%d events for 4 new versions, %v", registered, err)
		}
	})
}

// TestRegistryOfCommit: what was made from a commit is what an approval is bound
// to, so it is of that very commit, by jobs, and the newest of each model.
func TestRegistryOfCommit(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Registry()
		id, other := repoProject(t, s, "one"), repoProject(t, s, "other")
		if none, err := keep.OfCommit(ctx, id, "c1"); err != nil || len(none) != 0 {
			t.Errorf("a project without models: %v, %v", none, err)
		}
		claimed := candidate(id, "claimed", "d1", "c1")
		claimed.Lineage.Job = 0
		for _, v := range []registry.Version{
			candidate(id, "price", "d1", "c1"), candidate(id, "price", "d2", "c1"), candidate(id, "price", "d3", "c2"),
			candidate(id, "area", "d4", "c1"), claimed, candidate(other, "price", "d5", "c1"),
		} {
			add(t, s, v)
		}
		got, err := keep.OfCommit(ctx, id, "c1")
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, v := range got {
			names = append(names, fmt.Sprintf("%s %d %s %s", v.Model, v.Number, v.Digest, v.DataDigest))
		}
		if diff := cmp.Diff([]string{"area 1 d4 sha256:da7a", "price 2 d2 sha256:da7a"}, names); diff != "" {
			t.Errorf("made from c1 (-want +got):\n%s", diff)
		}
		if none, err := keep.OfCommit(ctx, id, "c"); err != nil || len(none) != 0 {
			t.Errorf("a part of a commit's name: %v, %v", none, err)
		}
	})
}

func TestRegistryNumbersWithoutGapsOrDoubles(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		id := repoProject(t, s, "one")
		const workers, versions = 8, 4
		numbers := make([][]int, workers)
		errs := make([]error, workers)
		var wait sync.WaitGroup
		for w := range workers {
			wait.Go(func() {
				for n := range versions {
					// Each content comes from two workers: half is a repetition.
					v := candidate(id, "price", fmt.Sprintf("d%d-%d", w/2, n), "c")
					kept, _, err := s.Registry().AddVersion(t.Context(), v, func(n int) event.Event { return happened{n} })
					if err != nil {
						errs[w] = err
						return
					}
					numbers[w] = append(numbers[w], kept.Number)
				}
			})
		}
		wait.Wait()
		all := slices.Concat(numbers...)
		slices.Sort(all)
		for w, err := range errs {
			if err != nil {
				t.Fatalf("worker %d: %v", w, err)
			}
		}
		for i, number := range all {
			if number != i/2+1 {
				t.Fatalf("want 1, 1, 2, 2, ..., got %v", all)
			}
		}
		for w := 0; w < workers; w += 2 {
			if !cmp.Equal(numbers[w], numbers[w+1]) {
				t.Errorf("the same contents got %v and %v", numbers[w], numbers[w+1])
			}
		}
		model, err := s.Registry().Model(t.Context(), id, "price")
		if err != nil || model.Latest != workers*versions/2 || model.Versions != model.Latest {
			t.Errorf("the model is %+v, %v", model, err)
		}
	})
}

func TestRegistryAliasesAndModels(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Registry()
		id := repoProject(t, s, "one")
		if models, err := keep.Models(ctx, id); err != nil || len(models) != 0 {
			t.Errorf("an empty project has %+v, %v", models, err)
		}
		for n := range 3 {
			add(t, s, candidate(id, "price", fmt.Sprint("d", n), fmt.Sprint("c", n)))
		}
		add(t, s, candidate(id, "area", "d", ""))
		for _, set := range []struct {
			alias  string
			number int
		}{{"champion", 1}, {"tested", 2}, {"champion", 2}} {
			if err := keep.SetAlias(ctx, id, "price", set.alias, set.number, happened{set.number}); err != nil {
				t.Fatal(err)
			}
		}
		if err := keep.SetAlias(ctx, id, "price", "challenger", 0, happened{}); !fault.Is(err, fault.Missing) {
			t.Errorf("removing an alias that is not there: %v", err)
		}
		if err := keep.SetAlias(ctx, id, "cost", "champion", 1); !fault.Is(err, fault.Missing) {
			t.Errorf("an alias of no model: %v", err)
		}
		if v, err := keep.Version(ctx, id, "price", 2); err != nil || !cmp.Equal(v.Aliases, []string{"champion", "tested"}) {
			t.Errorf("version 2 is %v, %v", v.Aliases, err)
		}
		if again, isNew := add(t, s, candidate(id, "price", "d1", "c1")); isNew || len(again.Aliases) != 2 {
			t.Errorf("registered again, version 2 is %v, new %v", again.Aliases, isNew)
		}
		if err := keep.SetAlias(ctx, id, "price", "tested", 0, happened{}); err != nil {
			t.Fatal(err)
		}
		models, err := keep.Models(ctx, id)
		if err != nil || len(models) != 2 {
			t.Fatalf("the models are %+v, %v", models, err)
		}
		want := []registry.Model{
			{ID: models[0].ID, Project: id, Name: "area", CreatedAt: zoned.UTC(), Latest: 1, Versions: 1, Aliases: map[string]int{}},
			{ID: models[1].ID, Project: id, Name: "price", CreatedAt: zoned.UTC(), Latest: 3, Versions: 3, Aliases: map[string]int{"champion": 2}},
		}
		if diff := cmp.Diff(want, models); diff != "" {
			t.Errorf("models by name (-want +got):\n%s", diff)
		}
		commits, err := keep.Commits(ctx, id, "price")
		wantCommits := []registry.CommitVersion{{Commit: "c2", Number: 3}, {Commit: "c1", Number: 2}, {Commit: "c0", Number: 1}}
		if err != nil || !cmp.Equal(wantCommits, commits) {
			t.Errorf("commits, newest version first: %+v, %v", commits, err)
		}
		if commits, err := keep.Commits(ctx, id, "area"); err != nil || len(commits) != 0 {
			t.Errorf("versions of no commit: %+v, %v", commits, err)
		}
	})
}

package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"dasier/fault"
	"dasier/ml/format/mlflow"
	"dasier/model/track"
)

func TestTrackKeepsRuns(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Track()
		ada := person(t, s, "ada")
		one, other := repoProject(t, s, "one"), repoProject(t, s, "other")
		want := track.Run{
			Project: one, Name: "ames", Status: track.Finished, Commit: "c0ffee", Job: 7, User: ada.ID, Username: "ada", CreatedAt: zoned, FinishedAt: zoned,
			Params:     map[string]string{"folds": "5", "unicode \"quoted\"": "日本"},
			Metrics:    []mlflow.Metric{{Name: "rmse", Value: 1.0 / 3, Low: 1e-300, High: 1e300, Level: 0.95, N: 586}},
			Candidates: []track.Candidate{{Name: "ridge", Params: map[string]string{"alpha": "0.1"}, Score: 3, ScoreLow: 2, ScoreHigh: 4, FitSeconds: 0.5, Chosen: true, Tied: true}},
		}
		added, err := keep.AddRun(ctx, want)
		if err != nil {
			t.Fatal(err)
		}
		want.ID, want.CreatedAt, want.FinishedAt = added.ID, zoned.UTC(), zoned.UTC()
		expect := func() {
			t.Helper()
			got, err := keep.Run(ctx, one, added.ID)
			if err != nil || !cmp.Equal(want, got) {
				t.Errorf("%v\n%s", err, cmp.Diff(want, got))
			}
		}
		expect()
		if _, err := keep.Run(ctx, other, added.ID); !fault.Is(err, fault.Missing) {
			t.Errorf("another project shows the run: %v", err)
		}
		if err := keep.SetModel(ctx, other, added.ID, "price", 3); err != nil {
			t.Fatal(err)
		}
		expect() // another project's registration changes nothing
		if err := keep.SetModel(ctx, one, added.ID, "price", 3); err != nil {
			t.Fatal(err)
		}
		want.Model, want.ModelVersion = "price", 3
		expect()
		if err := keep.SetModel(ctx, one, 4711, "price", 3); err != nil {
			t.Errorf("a run that is not there is no error: %v", err)
		}
		for range 3 {
			if _, err := keep.AddRun(ctx, track.Run{Project: one, Name: "plain", Status: track.Failed, CreatedAt: zoned, FinishedAt: zoned}); err != nil {
				t.Fatal(err)
			}
		}
		page, total, err := keep.Runs(ctx, one, 1, 2)
		if err != nil || total != 4 || len(page) != 2 || page[0].ID != added.ID+2 || page[1].ID != added.ID+1 {
			t.Errorf("the second and third newest: %+v of %d, %v", page, total, err)
		}
		if page, total, err = keep.Runs(ctx, other, 0, 10); err != nil || total != 0 || len(page) != 0 {
			t.Errorf("the other project has %+v of %d, %v", page, total, err)
		}
	})
}

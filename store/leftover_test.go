package store

import (
	"strings"
	"testing"

	"dasier/blob"
	"dasier/blob/disk"
	"dasier/ci"
	"dasier/ci/joblog"
	"dasier/forge/project"
	"dasier/model/registry"
)

// TestDeletedProjectsLeaveNothing: what only the deleted project named goes, and
// what another one names, too, stays.
func TestDeletedProjectsLeaveNothing(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		folder := t.TempDir()
		logs, err := joblog.Open(folder + "/logs")
		noError(t, err)
		artifacts, err := disk.Open(folder + "/artifacts")
		noError(t, err)
		packages, err := disk.Open(folder + "/models")
		noError(t, err)
		jobs := ci.New(s.CI(), nil, nil, logs, artifacts, ci.Config{})
		models := registry.New(s.Registry(), packages, nil, nil, registry.Config{})
		put := func(where *disk.Store, text string) blob.Digest {
			t.Helper()
			digest, _, err := where.Put(ctx, strings.NewReader(text), 1<<20)
			noError(t, err)
			return digest
		}
		// Each project has a log, an artifact and a package file of its own, and one
		// of each that the other has, too.
		fill := func(name string) (project.ID, ci.JobID) {
			t.Helper()
			id := repoProject(t, s, name)
			state := saveCI(t, s.CI(), id, "push:"+name, 2)
			for i, text := range []string{name, "both"} {
				_, err := s.CI().AddArtifact(ctx, ci.Artifact{Job: state.Jobs[i].ID, Project: id, Kind: "archive", Format: "zip", Digest: put(artifacts, text)})
				noError(t, err)
				_, err = logs.Append(ctx, state.Jobs[i].ID, 0, []byte(text))
				noError(t, err)
			}
			v := candidate(id, "price", "digest of "+name, "c1")
			v.Files = []registry.File{{Path: "own", Digest: put(packages, name)}, {Path: "shared", Digest: put(packages, "both")}}
			add(t, s, v)
			return id, state.Jobs[0].ID
		}
		going, goneJob := fill("going")
		_, keptJob := fill("staying")
		remove := func() {
			t.Helper()
			noError(t, jobs.RemoveLeft(ctx))
			noError(t, models.RemoveLeft(ctx))
		}
		there := func(where *disk.Store, text string) bool {
			t.Helper()
			file, _, err := where.Open(ctx, blob.DigestOf([]byte(text)))
			if err == nil {
				noError(t, file.Close())
			}
			return err == nil
		}
		expect := func(when string, going bool) {
			t.Helper()
			for name, where := range map[string]*disk.Store{"artifact": artifacts, "package file": packages} {
				for text, want := range map[string]bool{"going": going, "staying": true, "both": true} {
					if there(where, text) != want {
						t.Errorf("%s: the %s %q is there: %v, want %v", when, name, text, !want, want)
					}
				}
			}
			for job, want := range map[ci.JobID]bool{goneJob: going, keptJob: true} {
				if size, err := logs.Size(ctx, job); err != nil || size > 0 != want {
					t.Errorf("%s: the log of job %d has %d bytes, %v", when, job, size, err)
				}
			}
		}
		remove()
		expect("before", true)
		noError(t, s.Project().Delete(ctx, going))
		expect("the rows are gone", true)
		remove()
		expect("removed", false)
		remove() // the reaction runs twice
		expect("again", false)
		left, err := s.db.NewSelect().Model((*leftoverRow)(nil)).Count(ctx)
		if err != nil || left != 0 {
			t.Errorf("%d are still to be removed, %v", left, err)
		}
	})
}

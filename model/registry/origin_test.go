package registry_test

import (
	"context"
	"testing"

	"dasier/delivery/serve/servetest"
	"dasier/fault"
	"dasier/forge/project"
	"dasier/model/registry"
)

// TestAJobRegistersWhatItRunsFor: with a commit of another branch a job could
// slip its version into that branch's next deployment.
func TestAJobRegistersWhatItRunsFor(t *testing.T) {
	var topic string
	s := newShelf(t, registry.Config{Origin: func(context.Context, project.ID, int64) (registry.Lineage, error) {
		return registry.Lineage{Commit: topic, Ref: "topic", Pipeline: 5}, nil
	}})
	main := s.commit("main")
	topic = s.commit("topic")
	job := s.actor["developer"]
	job.Via, job.Project, job.Job = "job", int64(s.id), 9
	_, _, err := s.register(job, "prices", servetest.Package(t, servetest.Houses(1)), registry.Lineage{Commit: main, Ref: "main"})
	expect(t, err, fault.Invalid, "runs for commit "+topic)
	for n, said := range []registry.Lineage{{}, {Commit: topic, Ref: "main", Pipeline: 1, Job: 1}} {
		v, _, err := s.register(job, "prices", servetest.Package(t, servetest.Houses(n+1)), said)
		must(t, err)
		if want := (registry.Lineage{Commit: topic, Ref: "topic", Pipeline: 5, Job: 9}); v.Lineage != want {
			t.Errorf("a job that says %+v registers %+v", said, v.Lineage)
		}
	}
}

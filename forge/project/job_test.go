package project_test

import (
	"testing"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// TestAnAdministratorsJobReachesOneProject: it does in its own project what jobs
// may, without being a member, and learns nothing of any other.
func TestAnAdministratorsJobReachesOneProject(t *testing.T) {
	l := newLab(t)
	ctx := t.Context()
	other, err := l.Create(ctx, l.actor["outsider"], project.Project{Namespace: "outsider", Name: "secret"})
	must(t, err)
	job := l.job("admin", l.id)
	must(t, l.May(ctx, job, l.id, auth.ReadCode))
	must(t, l.May(ctx, job, l.id, auth.RegisterModel))
	expect(t, l.May(ctx, job, l.id, auth.PushCode), fault.Denied, "a job's token may not")
	expect(t, l.May(ctx, job, other.ID, auth.ReadProject), fault.Missing)
	_, err = l.Get(ctx, job, other.ID)
	expect(t, err, fault.Missing)
	_, err = l.ByPath(ctx, job, "outsider", "secret")
	expect(t, err, fault.Missing, "no project outsider/secret")
	if list, total, err := l.List(ctx, job, "", project.Page{}); err != nil || total != 1 || len(list) != 1 || list[0].ID != l.id {
		t.Errorf("it lists %v, %d, %v", list, total, err)
	}
	_, err = l.Create(ctx, job, project.Project{Namespace: "anything", Name: "mine"})
	expect(t, err, fault.Denied)
}

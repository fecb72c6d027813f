package variable_test

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/forge/variable"
	"dasier/seal"
	"dasier/store"
	"dasier/store/storetest"
)

type lab struct {
	*variable.Service
	t        *testing.T
	data     *store.Store
	key      *seal.Key
	projects *project.Service
	id       project.ID
	mine     variable.Owner
	group    variable.Owner
	actor    map[string]auth.Actor
}

// groups lets the owner manage the group lab.
type groups struct{ l *lab }

// MayManage implements variable.Groups.
func (g groups) MayManage(_ context.Context, actor auth.Actor, path string) error {
	if path == "lab" && actor.Via == auth.ViaSession && actor.User == g.l.actor["owner"].User {
		return nil
	}
	return fault.Errorf(fault.Missing, "no group %s", path)
}

func newLab(t *testing.T) *lab {
	t.Helper()
	ctx := t.Context()
	l := &lab{t: t, actor: map[string]auth.Actor{"anonymous": auth.Anonymous}}
	var err error
	l.data, err = store.Open(ctx, storetest.At(t, filepath.Join(t.TempDir(), "dasier.db")))
	must(t, err)
	t.Cleanup(func() { must(t, l.data.Close()) })
	for _, name := range []string{"owner", "maintainer", "developer", "outsider"} {
		u, err := l.data.Auth().CreateUser(ctx, auth.User{Username: name, Email: name + "@example.org", CreatedAt: time.Now()}, "")
		must(t, err)
		l.actor[name] = auth.Actor{User: u.ID, Username: name, Via: auth.ViaSession}
	}
	l.projects = project.New(l.data.Project())
	p, err := l.data.Project().Create(ctx, project.Project{Namespace: "Lab", Name: "model", DefaultBranch: "main", CreatedAt: time.Now()}, l.actor["owner"].User, func(id project.ID) event.Event { return project.Created{Project: id} })
	must(t, err)
	l.id, l.mine, l.group = p.ID, variable.OfProject(p.ID), variable.OfGroup("lab")
	for name, role := range map[string]auth.Role{"maintainer": auth.Maintainer, "developer": auth.Developer} {
		_, err := l.data.DB().ExecContext(ctx, "INSERT INTO members (project_id, user_id, role, since) VALUES (?, ?, ?, ?)", l.id, l.actor[name].User, role, time.Now().UTC())
		must(t, err)
	}
	l.key, err = seal.New(bytes.Repeat([]byte{1}, 32))
	must(t, err)
	l.Service = variable.New(l.data.Variable(), l.projects, groups{l}, l.key, variable.Config{})
	return l
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, err error, kind fault.Kind, says string) {
	t.Helper()
	if !fault.Is(err, kind) || !strings.Contains(err.Error(), says) {
		t.Errorf("%v; want %s with %q", err, kind, says)
	}
}

func (l *lab) set(o variable.Owner, v variable.Variable, value string) {
	l.t.Helper()
	must(l.t, l.Set(l.t.Context(), l.actor["owner"], o, v, &value))
}

func (l *lab) list(o variable.Owner) []variable.Variable {
	l.t.Helper()
	list, err := l.List(l.t.Context(), l.actor["owner"], o)
	must(l.t, err)
	for i := range list {
		list[i].Updated = time.Time{}
	}
	return list
}

// given is what a job gets, as KEY=value.
func (l *lab) given(protected bool, environment string) string {
	l.t.Helper()
	list, err := l.ForJob(l.t.Context(), l.id, protected, environment)
	must(l.t, err)
	words := make([]string, len(list))
	for i, v := range list {
		words[i] = v.Key + "=" + v.Value
	}
	return strings.Join(words, " ")
}

func TestFlagsSayWhoSees(t *testing.T) {
	l := newLab(t)
	ctx, m := t.Context(), l.actor["maintainer"]
	l.set(l.mine, variable.Variable{Key: "PLAIN", Raw: true, Description: "seen"}, "plain")
	l.set(l.mine, variable.Variable{Key: "MASKED", Masked: true}, "a masked value")
	l.set(l.mine, variable.Variable{Key: "HIDDEN", Hidden: true, Protected: true}, "a hidden value")
	want := []variable.Variable{
		{Key: "HIDDEN", Environment: "*", Hidden: true, Masked: true, Protected: true},
		{Key: "MASKED", Environment: "*", Value: "a masked value", Masked: true},
		{Key: "PLAIN", Environment: "*", Value: "plain", Raw: true, Description: "seen"},
	}
	if got := l.list(l.mine); !cmp.Equal(want, got) {
		t.Errorf("it shows\n%s", cmp.Diff(want, got))
	}
	// Flags change without the value, but a hidden one never shows.
	must(t, l.Set(ctx, m, l.mine, variable.Variable{Key: "PLAIN", File: true}, nil))
	must(t, l.Set(ctx, m, l.mine, variable.Variable{Key: "HIDDEN", Hidden: true}, nil))
	for _, v := range []variable.Variable{{Key: "HIDDEN"}, {Key: "HIDDEN", Masked: true}} {
		expect(t, l.Set(ctx, m, l.mine, v, nil), fault.Invalid, "never shown again")
	}
	expect(t, l.Set(ctx, m, l.mine, variable.Variable{Key: "PLAIN", Masked: true}, nil), fault.Invalid, "too short")
	expect(t, l.Set(ctx, m, l.mine, variable.Variable{Key: "NEW"}, nil), fault.Invalid, "give it a value")
	if got := l.given(false, ""); got != "HIDDEN=a hidden value MASKED=a masked value PLAIN=plain" {
		t.Errorf("a job gets %s", got)
	}
	other := "another value"
	must(t, l.Set(ctx, m, l.mine, variable.Variable{Key: "HIDDEN"}, &other))
	if got := l.list(l.mine)[0]; got.Value != other {
		t.Errorf("with a new value it is %+v", got)
	}
}

// TestPrecedence is GitLab's: the project's before the group's, the more
// specific scope before the less, the protected only where it may be.
func TestPrecedence(t *testing.T) {
	l := newLab(t)
	for _, v := range []struct {
		o                 variable.Owner
		key, scope, value string
		protected         bool
	}{
		{l.group, "A", "*", "group", false},
		{l.group, "A", "production", "group-production", false},
		{l.group, "G", "*", "group", false},
		{l.mine, "A", "*", "mine", false},
		{l.mine, "B", "review/*", "review", false},
		{l.mine, "B", "review/f*", "review-f", false},
		{l.mine, "B", "review/feature", "exact", false},
		{l.mine, "B", "*", "all", false},
		{l.mine, "B", "*/feature", "feature", false},
		{l.mine, "G", "*", "secret", true},
		{l.mine, "P", "production", "secret", true},
	} {
		l.set(v.o, variable.Variable{Key: v.key, Environment: v.scope, Protected: v.protected}, v.value)
	}
	for _, c := range []struct {
		protected   bool
		environment string
		want        string
	}{
		{false, "", "A=mine B=all G=group"},
		{true, "", "A=mine B=all G=secret"},
		{false, "production", "A=mine B=all G=group"},
		{true, "production", "A=mine B=all G=secret P=secret"},
		{true, "production2", "A=mine B=all G=secret"},
		{true, "Production", "A=mine B=all G=secret"},
		{false, "review/x", "A=mine B=review G=group"},
		{false, "review/fix/deep", "A=mine B=review-f G=group"},
		{false, "review/feature", "A=mine B=exact G=group"},
		{false, "x/feature", "A=mine B=feature G=group"},
	} {
		if got := l.given(c.protected, c.environment); got != c.want {
			t.Errorf("protected %v, %q: %s; want %s", c.protected, c.environment, got, c.want)
		}
	}
	list := l.list(l.mine)
	inherited := list[len(list)-3:]
	for _, v := range inherited {
		if v.Inherited != "Lab" || v.Value != "" {
			t.Errorf("inherited is %+v", v)
		}
	}
}

func TestVariablesAreChecked(t *testing.T) {
	l := newLab(t)
	for _, c := range []struct {
		v     variable.Variable
		value string
		kind  fault.Kind
		field string
	}{
		{variable.Variable{Key: "1A"}, "x", fault.Invalid, "key"},
		{variable.Variable{Key: "A-B"}, "x", fault.Invalid, "key"},
		{variable.Variable{}, "x", fault.Invalid, "key"},
		{variable.Variable{Key: "A", Environment: "a\nb"}, "x", fault.Invalid, "environment"},
		{variable.Variable{Key: "A", Masked: true}, "1234567", fault.Invalid, "value"},
		{variable.Variable{Key: "A", Hidden: true}, "        1", fault.Invalid, "value"},
		{variable.Variable{Key: "A"}, "a\x00b", fault.Invalid, "value"},
		{variable.Variable{Key: "A"}, "\xff", fault.Invalid, "value"},
		{variable.Variable{Key: "A"}, strings.Repeat("v", 64<<10+1), fault.Limited, "value"},
		{variable.Variable{Key: "A", Description: strings.Repeat("d", 256)}, "x", fault.Invalid, "description"},
	} {
		err := l.Set(t.Context(), l.actor["owner"], l.mine, c.v, &c.value)
		if f, ok := err.(*fault.Error); !ok || f.Kind != c.kind || f.Field != c.field { //nolint:errorlint // it is returned as it is
			t.Errorf("%+v: %v", c.v, err)
		}
	}
}

func TestOnlyThoseWhoManageThem(t *testing.T) {
	l := newLab(t)
	ctx, value := t.Context(), "x"
	l.set(l.mine, variable.Variable{Key: "A"}, "a")
	l.set(l.group, variable.Variable{Key: "A"}, "a")
	job := l.actor["owner"]
	job.Via, job.Project = auth.ViaJob, int64(l.id)
	l.actor["job"] = job
	for name, kinds := range map[string][2]fault.Kind{
		"developer": {fault.Denied, fault.Missing}, "maintainer": {fault.Internal, fault.Missing}, "outsider": {fault.Missing, fault.Missing},
		"anonymous": {fault.Unauthenticated, fault.Missing}, "job": {fault.Denied, fault.Missing},
	} {
		for i, o := range []variable.Owner{l.mine, l.group} {
			_, listed := l.List(ctx, l.actor[name], o)
			for what, err := range map[string]error{"list": listed, "set": l.Set(ctx, l.actor[name], o, variable.Variable{Key: "A"}, &value), "remove": l.Remove(ctx, l.actor[name], o, "B", "")} {
				if allowed := name == "maintainer" && i == 0; allowed && what != "remove" && err != nil || !allowed && !fault.Is(err, kinds[i]) {
					t.Errorf("%s: %s of %+v: %v", name, what, o, err)
				}
			}
		}
	}
}

// TestTheLogSaysWhoAndNeverWhat: no value is in any event.
func TestTheLogSaysWhoAndNeverWhat(t *testing.T) {
	l := newLab(t)
	ctx := t.Context()
	l.set(l.mine, variable.Variable{Key: "KEY", Masked: true}, "first-secret")
	l.set(l.mine, variable.Variable{Key: "KEY", Hidden: true}, "second-secret")
	must(t, l.Remove(ctx, l.actor["owner"], l.mine, "KEY", ""))
	l.set(l.group, variable.Variable{Key: "KEY", Environment: "production"}, "third-secret")
	events, err := l.data.Undelivered(ctx, 100)
	must(t, err)
	var said []string
	for _, e := range events {
		if e.Kind != "audit.act" {
			continue
		}
		act := string(e.Payload)
		if strings.Contains(act, "secret\"") || strings.Contains(act, "-secret") {
			t.Errorf("the audit log is told %s", act)
		}
		for _, word := range []string{"variable.added", "variable.changed", "variable.removed", "KEY for production of group lab"} {
			if strings.Contains(act, word) {
				said = append(said, word)
			}
		}
	}
	if got := fmt.Sprint(said); got != "[variable.added variable.changed variable.removed variable.added KEY for production of group lab]" {
		t.Errorf("it is told %s", got)
	}
}

// TestValuesAreSealedToTheirPlace: neither the database nor a row moved within
// it gives a value away.
func TestValuesAreSealedToTheirPlace(t *testing.T) {
	l := newLab(t)
	ctx := t.Context()
	l.set(l.mine, variable.Variable{Key: "SECRET", Hidden: true}, "a hidden value")
	l.set(l.mine, variable.Variable{Key: "OPEN"}, "an open value")
	var rows []struct{ Sealed []byte }
	must(t, l.data.DB().NewSelect().Table("variables").Column("sealed").Scan(ctx, &rows))
	for _, r := range rows {
		if bytes.Contains(r.Sealed, []byte("value")) {
			t.Errorf("kept is %q", r.Sealed)
		}
	}
	_, err := l.data.DB().ExecContext(ctx, "UPDATE variables SET sealed = (SELECT v.sealed FROM variables v WHERE v.name = 'SECRET') WHERE name = 'OPEN'")
	must(t, err)
	if list, err := l.List(ctx, l.actor["owner"], l.mine); err == nil {
		t.Errorf("a moved secret shows: %+v", list)
	}
	other, err := seal.New(bytes.Repeat([]byte{2}, 32))
	must(t, err)
	if list, err := variable.New(l.data.Variable(), l.projects, groups{l}, other, variable.Config{}).ForJob(ctx, l.id, true, ""); err == nil {
		t.Errorf("another key reads %+v", list)
	}
}

// TestAdopt: variables of the time before keep their values, and those whose
// values were withheld are hidden.
func TestAdopt(t *testing.T) {
	l := newLab(t)
	ctx := t.Context()
	for _, row := range []struct {
		name, value       string
		masked, protected bool
	}{{"A", "shown", false, true}, {"B", "never shown again", true, false}} {
		_, err := l.data.DB().ExecContext(ctx, "INSERT INTO plain_variables (project_id, name, value, masked, protected) VALUES (?, ?, ?, ?, ?)", l.id, row.name, row.value, row.masked, row.protected)
		must(t, err)
	}
	for range 2 {
		must(t, l.Adopt(ctx))
		want := []variable.Variable{{Key: "A", Environment: "*", Value: "shown", Protected: true}, {Key: "B", Environment: "*", Masked: true, Hidden: true}}
		if got := l.list(l.mine); !cmp.Equal(want, got) {
			t.Errorf("it shows\n%s", cmp.Diff(want, got))
		}
		if got := l.given(true, ""); got != "A=shown B=never shown again" {
			t.Errorf("a job gets %s", got)
		}
	}
}

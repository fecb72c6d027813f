package store

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/audit"
	"dasier/forge/auth"
	"dasier/forge/project"
)

var auditor = auth.System("test")

func auditLog(s *Store, key string) *audit.Service {
	return audit.New(s.Audit(), project.New(s.Project()), bytes.Repeat([]byte(key), 32))
}

func appendActs(t *testing.T, log *audit.Service, acts ...event.Act) {
	t.Helper()
	for i, act := range acts {
		if err := log.Append(t.Context(), int64(i+1), act); err != nil {
			t.Fatal(err)
		}
	}
}

func acts(id int64) []event.Act {
	at := zoned
	return []event.Act{
		{At: at, User: 1, Username: "ada", Via: "session", Address: "192.0.2.1", Project: id, Action: "member.added", Target: "bob", After: map[string]string{"role": "developer"}},
		{At: at.Add(time.Hour), User: 2, Username: "Bob", Via: "token", Project: id, Action: "member.removed", Target: "eve", Before: map[string]string{"role": "guest"}, Reason: "left <b>&"},
		{At: at.Add(2 * time.Hour), User: 1, Username: "ada", Action: "user.blocked", Target: "eve", Alarm: true},
		{At: at.Add(3 * time.Hour), Username: "system:webhooks", Via: "system", Project: id + 1, Job: 7, Action: "membership.expired", Target: "=cmd"},
	}
}

func TestAuditLog(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, log := t.Context(), auditLog(s, "k")
		id := int64(ownProject(t, s, "one"))
		if r, err := log.Verify(ctx, auditor, ""); err != nil || r.Problem != "" || r.Entries != 0 || r.Head != audit.Beginning {
			t.Errorf("an empty log: %+v, %v", r, err)
		}
		all := acts(id)
		appendActs(t, log, all...)
		appendActs(t, log, all...) // delivered again
		lines, total, err := log.List(ctx, auditor, audit.Filter{})
		if err != nil || total != 4 || len(lines) != 4 || lines[0].Seq != 4 || lines[3].Seq != 1 {
			t.Fatalf("it has %d lines of %d, %v", len(lines), total, err)
		}
		one := lines[3]
		if one.Username != "ada" || one.Project != "lab/one" || one.Address != "192.0.2.1" || string(one.After) != `{"role":"developer"}` || one.Before != nil || !one.At.Equal(zoned) || one.At.Location() != time.UTC {
			t.Errorf("the first line is %+v", one)
		}
		if r, err := log.Verify(ctx, auditor, lines[2].Hash); err != nil || r.Problem != "" || r.Entries != 4 || r.Head != lines[0].Hash {
			t.Errorf("verified: %+v, %v", r, err)
		}
		if r, err := auditLog(s, "x").Verify(ctx, auditor, ""); err != nil || r.Problem == "" {
			t.Errorf("with another key: %+v, %v", r, err)
		}
		for _, c := range []struct {
			f    audit.Filter
			want []int64
		}{
			{audit.Filter{Project: id}, []int64{2, 1}},
			{audit.Filter{Actor: "BOB"}, []int64{2}},
			{audit.Filter{Action: "member"}, []int64{2, 1}},
			{audit.Filter{Action: "member.added"}, []int64{1}},
			{audit.Filter{Action: "memb_r"}, nil},
			{audit.Filter{Action: "%"}, nil},
			{audit.Filter{From: zoned.Add(time.Hour)}, []int64{4, 3, 2}},
			{audit.Filter{To: zoned.Add(time.Hour)}, []int64{1}},
			{audit.Filter{Offset: 1, Limit: 2}, []int64{3, 2}},
		} {
			var got, walked []int64
			lines, _, err := log.List(ctx, auditor, c.f)
			for _, l := range lines {
				got = append(got, l.Seq)
			}
			if err != nil || !cmp.Equal(c.want, got) {
				t.Errorf("%+v finds %v, %v; want %v", c.f, got, err, c.want)
			}
			if c.f.Limit > 0 {
				continue
			}
			if err := log.Export(ctx, auditor, c.f, func(l *audit.Line) error { walked = append([]int64{l.Seq}, walked...); return nil }); err != nil || !cmp.Equal(c.want, walked) {
				t.Errorf("%+v exports %v, %v", c.f, walked, err)
			}
		}
	})
}

// TestAProjectThatIsGoneKeepsItsPath in the lines that come after.
func TestAProjectThatIsGoneKeepsItsPath(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, log := t.Context(), auditLog(s, "k")
		id := ownProject(t, s, "one")
		appendActs(t, log, acts(int64(id))[:1]...)
		if err := s.Project().Delete(ctx, id, project.Deleted{Project: id}); err != nil {
			t.Fatal(err)
		}
		if err := log.Append(ctx, 9, event.Act{At: zoned, Project: int64(id), Action: "project.deleted"}); err != nil {
			t.Fatal(err)
		}
		if lines, _, err := log.List(ctx, auditor, audit.Filter{Project: int64(id)}); err == nil && (len(lines) != 2 || lines[0].Project != "lab/one") || err != nil {
			t.Errorf("the lines are %+v, %v", lines, err)
		}
	})
}

// TestAuditLinesStay: the database refuses every change of a line.
func TestAuditLinesStay(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, log := t.Context(), auditLog(s, "k")
		appendActs(t, log, acts(1)...)
		statements := []string{
			"UPDATE audit_entries SET username = 'eve' WHERE seq = 1", "DELETE FROM audit_entries WHERE seq = 4", "DELETE FROM audit_entries",
			"UPDATE audit_entries SET seq = seq",
		}
		if s.Postgres() {
			statements = append(statements, "TRUNCATE audit_entries")
		} else {
			statements = append(statements, "INSERT OR REPLACE INTO audit_entries SELECT seq, event_id, at, 'eve', action, project_id, project, body, hash FROM audit_entries WHERE seq = 1")
		}
		for _, statement := range statements {
			if _, err := s.DB().ExecContext(ctx, statement); err == nil || !strings.Contains(err.Error(), "only added to") {
				t.Errorf("%s: %v", statement, err)
			}
		}
		if r, err := log.Verify(ctx, auditor, ""); err != nil || r.Problem != "" || r.Entries != 4 {
			t.Errorf("after that: %+v, %v", r, err)
		}
	})
}

// TestVerifyFindsWhatWasDone by someone who owns the database, and so can take
// the triggers away, but does not have the key.
func TestVerifyFindsWhatWasDone(t *testing.T) {
	for name, c := range map[string]struct{ do, says string }{
		"nothing":          {"SELECT 1", ""},
		"a body changed":   {`UPDATE audit_entries SET body = replace(body, 'developer', 'guest') WHERE seq = 1`, "line 1 was changed"},
		"a column changed": {`UPDATE audit_entries SET username = 'eve' WHERE seq = 2`, "line 2 is found under other words"},
		"a time changed":   {`UPDATE audit_entries SET at = '2001-01-01 00:00:00+00:00' WHERE seq = 3`, "line 3 is found under other words"},
		"a hash changed":   {`UPDATE audit_entries SET hash = '00' WHERE seq = 3`, "line 3 was changed"},
		"one removed":      {`DELETE FROM audit_entries WHERE seq = 2`, "line 2 is missing"},
		"the first gone":   {`DELETE FROM audit_entries WHERE seq < 3`, "lines 1 to 2 are missing"},
		"two swapped":      {`UPDATE audit_entries SET body = (SELECT o.body FROM audit_entries o WHERE o.seq = 5 - audit_entries.seq), hash = (SELECT o.hash FROM audit_entries o WHERE o.seq = 5 - audit_entries.seq) WHERE seq IN (2, 3)`, "line 2 was changed"},
		"one put in":       {`INSERT INTO audit_entries SELECT 5, 99, at, username, action, project_id, project, body, hash FROM audit_entries WHERE seq = 4`, "line 5 was changed"},
		"one before all":   {`INSERT INTO audit_entries SELECT -3, 99, at, username, action, project_id, project, body, hash FROM audit_entries WHERE seq = 4`, "line -3 was put in"},
		"the end cut off":  {`DELETE FROM audit_entries WHERE seq = 4`, "no line has the expected hash"},
		"all gone":         {`DELETE FROM audit_entries`, "no line has the expected hash"},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *Store) {
				ctx, log := t.Context(), auditLog(s, "k")
				appendActs(t, log, acts(1)...)
				before, err := log.Verify(ctx, auditor, "")
				if err != nil || before.Problem != "" {
					t.Fatalf("%+v, %v", before, err)
				}
				free := []string{"DROP TRIGGER audit_entries_stay", "DROP TRIGGER audit_entries_kept", "DROP TRIGGER audit_entries_not_replaced"}
				if s.Postgres() {
					free = []string{"DROP TRIGGER audit_entries_stay ON audit_entries", "DROP TRIGGER audit_entries_kept ON audit_entries"}
				}
				for _, statement := range append(free, c.do) {
					if _, err := s.DB().ExecContext(ctx, statement); err != nil {
						t.Fatalf("%s: %v", statement, err)
					}
				}
				r, err := log.Verify(ctx, auditor, before.Head)
				if err != nil || (c.says == "") != (r.Problem == "") || !strings.Contains(r.Problem, c.says) {
					t.Errorf("verified: %+v, %v; want %q", r, err, c.says)
				}
			})
		})
	}
}

func TestAppendsStandInLine(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, log := t.Context(), auditLog(s, "k")
		const writers, lines = 8, 10
		var wait sync.WaitGroup
		errs := make([]error, writers)
		for w := range writers {
			wait.Go(func() {
				for i := range lines {
					if err := log.Append(ctx, int64(i*writers/2+w/2+1), event.Act{At: zoned, Action: fmt.Sprintf("test.%d", i)}); err != nil {
						errs[w] = err // each event comes twice
					}
				}
			})
		}
		wait.Wait()
		for _, err := range errs {
			if err != nil {
				t.Error(err)
			}
		}
		if r, err := log.Verify(ctx, auditor, ""); err != nil || r.Problem != "" || r.Entries != writers*lines/2 {
			t.Errorf("verified: %+v, %v", r, err)
		}
	})
}

func TestOnlyAdministratorsReadAll(t *testing.T) {
	s := open(t, t.TempDir()+"/dasier.db")
	log := auditLog(s, "k")
	for _, c := range []struct {
		actor auth.Actor
		want  fault.Kind
	}{
		{auth.Anonymous, fault.Unauthenticated},
		{auth.Actor{User: 1, Via: auth.ViaSession}, fault.Denied},
		{auth.Actor{User: 1, Admin: true, Via: auth.ViaJob, Project: 1}, fault.Denied},
		{auth.Actor{User: 1, Admin: true, Via: auth.ViaToken, Scopes: []auth.Scope{auth.ScopePredict}}, fault.Denied},
	} {
		_, _, err := log.List(t.Context(), c.actor, audit.Filter{})
		if _, verify := log.Verify(t.Context(), c.actor, ""); !fault.Is(err, c.want) || !fault.Is(verify, c.want) {
			t.Errorf("%+v: %v, %v", c.actor, err, verify)
		}
	}
}

package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/discuss"
	"dasier/forge/project"
)

// discussion is a project, two users, and a request in which they talk.
type discussion struct {
	t        *testing.T
	s        *Store
	keep     discuss.Store
	project  project.ID
	ada, bob auth.User
}

const testRequest = 7

func newDiscussion(t *testing.T, s *Store) *discussion {
	t.Helper()
	d := &discussion{t: t, s: s, keep: s.Discuss(), project: repoProject(t, s, "model")}
	for name, user := range map[string]*auth.User{"ada": &d.ada, "bob": &d.bob} {
		var err error
		*user, err = s.Auth().CreateUser(t.Context(), auth.User{Username: name, Name: "The " + name, Email: name + "@example.org", CreatedAt: time.Now().UTC()}, "")
		if err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func asAuthor(u auth.User) discuss.Author { return discuss.Author{User: u.ID, Username: u.Username} }

func minute(n int) time.Time { return time.Date(2024, 5, 4, 3, n, 0, 0, time.UTC) }

func reportNoted(t discuss.Thread, n discuss.Note) []event.Event {
	return []event.Event{discuss.Noted{Project: t.Project, Request: t.Request, Thread: t.ID, Note: n.ID}}
}

// start begins a thread of bob's; change may make it another.
func (d *discussion) start(body string, mentions []auth.UserID, change func(*discuss.Thread)) discuss.Thread {
	d.t.Helper()
	t := discuss.Thread{
		Project: d.project, Request: testRequest, Number: 3, Starter: asAuthor(d.bob), CreatedAt: minute(1),
		Notes: []discuss.Note{{Author: asAuthor(d.bob), Body: body, CreatedAt: minute(1)}},
	}
	if change != nil {
		change(&t)
	}
	t, err := d.keep.Start(d.t.Context(), t, mentions, 100, reportNoted)
	if err != nil {
		d.t.Fatal(err)
	}
	return t
}

func (d *discussion) threads() []discuss.Thread {
	d.t.Helper()
	threads, err := d.keep.Threads(d.t.Context(), testRequest)
	if err != nil {
		d.t.Fatal(err)
	}
	return threads
}

func TestDiscussThreads(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		d, ctx := newDiscussion(t, s), t.Context()
		if got := d.threads(); len(got) != 0 {
			t.Fatalf("threads of nothing: %v", got)
		}
		plain := d.start("hello @ada", []auth.UserID{d.ada.ID}, nil)
		lined := d.start("here\x01", nil, func(t *discuss.Thread) {
			t.Resolvable, t.Lines, t.FileLines = true, []string{"a", "\tb \"ü\""}, 12
			t.Position = &discuss.Position{BaseSHA: "b", HeadSHA: "h", OldPath: "old", NewPath: "dir/new \"x\"", OldLine: 3, NewLine: 4}
		})
		other := d.start("elsewhere", nil, func(t *discuss.Thread) { t.Request = 8; t.Resolvable = true })
		system := d.start("pushed 2 commits", nil, func(t *discuss.Thread) { t.System = true; t.Notes[0].System = true })
		reply, err := d.keep.Reply(ctx, plain, discuss.Note{Author: asAuthor(d.ada), Body: "yes", CreatedAt: minute(2)}, []auth.UserID{d.bob.ID}, 100, reportNoted)
		if err != nil {
			t.Fatal(err)
		}
		token, err := d.keep.Reply(ctx, plain, discuss.Note{Author: discuss.Author{Username: "token:ci"}, Body: "done", CreatedAt: minute(3)}, nil, 100, reportNoted)
		if err != nil {
			t.Fatal(err)
		}

		want := []discuss.Thread{plain, lined, system}
		for i := range want {
			want[i].Notes = append([]discuss.Note{}, want[i].Notes...)
			want[i].Notes[0].Author.Name = "The bob"
			if want[i].Lines == nil {
				want[i].Lines = []string{}
			}
		}
		reply.Author.Name = "The ada"
		want[0].Notes = append(want[0].Notes, reply, token)
		if diff := cmp.Diff(want, d.threads()); diff != "" {
			t.Errorf("threads (-want +got):\n%s", diff)
		}
		if got, err := d.keep.Thread(ctx, testRequest, lined.ID); err != nil || cmp.Diff(want[1], got) != "" {
			t.Errorf("one thread: %v\n%s", err, cmp.Diff(want[1], got))
		}
		if got, err := d.keep.ThreadOf(ctx, testRequest, reply.ID); err != nil || got.ID != plain.ID || len(got.Notes) != 3 {
			t.Errorf("the thread of a note: %v, %v", got, err)
		}
		if got, err := d.keep.ProjectThread(ctx, d.project, other.Notes[0].ID); err != nil || got.ID != other.ID {
			t.Errorf("a note of the project: %v, %v", got, err)
		}
		// What belongs to another request, or project, is not there.
		_, err1 := d.keep.Thread(ctx, testRequest, other.ID)
		_, err2 := d.keep.ThreadOf(ctx, testRequest, other.Notes[0].ID)
		_, err3 := d.keep.ProjectThread(ctx, d.project+1, reply.ID)
		for _, err := range []error{err1, err2, err3} {
			if !fault.Is(err, fault.Missing) {
				t.Errorf("found in the wrong place: %v", err)
			}
		}
		counts, err := d.keep.Counts(ctx, []int64{testRequest, 8, 9})
		if diff := cmp.Diff(map[int64]discuss.Count{testRequest: {Total: 1, Unresolved: 1}, 8: {Total: 1, Unresolved: 1}}, counts); err != nil || diff != "" {
			t.Errorf("counts: %v\n%s", err, diff)
		}
		if counts, err := d.keep.Counts(ctx, nil); err != nil || len(counts) != 0 {
			t.Errorf("counts of nothing: %v, %v", counts, err)
		}
		recorded, err := s.Undelivered(ctx, 100)
		if err != nil {
			t.Fatal(err)
		}
		reported := 0
		for _, r := range recorded {
			if r.Kind == (discuss.Noted{}).EventKind() {
				reported++
			}
		}
		if reported != 6 {
			t.Errorf("%d notes were reported", reported)
		}
		told := system
		told.Event, told.Notes = 5, told.Notes[:1]
		for _, kind := range []fault.Kind{fault.Internal, fault.Conflict} {
			_, err := d.keep.Start(ctx, told, nil, 0, reportNoted)
			if (err == nil) != (kind == fault.Internal) || err != nil && !fault.Is(err, kind) {
				t.Errorf("an event that is told: %v", err)
			}
		}
		// A project takes its discussions along.
		if _, err := s.DB().NewDelete().Table("projects").Where("id = ?", d.project).Exec(ctx); err != nil {
			t.Fatal(err)
		}
		if got := d.threads(); len(got) != 0 {
			t.Errorf("threads of a project that is gone: %v", got)
		}
	})
}

func TestDiscussChanges(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		d, ctx := newDiscussion(t, s), t.Context()
		thread := d.start("hello", nil, func(t *discuss.Thread) { t.Resolvable = true })
		note := thread.Notes[0]

		edited := minute(5)
		note.Body, note.EditedAt = "hello @ada", &edited
		if err := d.keep.EditNote(ctx, note, []auth.UserID{d.ada.ID}); err != nil {
			t.Fatal(err)
		}
		if err := d.keep.EditNote(ctx, note, nil); !fault.Is(err, fault.Conflict) {
			t.Errorf("an edit of an older state: %v", err)
		}
		if got := d.threads()[0].Notes[0]; got.Body != "hello @ada" || got.EditedAt == nil || !got.EditedAt.Equal(edited) || got.Version != 2 {
			t.Errorf("edited: %+v", got)
		}

		resolved := minute(6)
		thread.ResolvedBy, thread.ResolvedAt = "ada", &resolved
		if err := d.keep.Settle(ctx, thread, discuss.Settled{Thread: thread.ID}); err != nil {
			t.Fatal(err)
		}
		if err := d.keep.Settle(ctx, thread); !fault.Is(err, fault.Conflict) {
			t.Errorf("settled twice: %v", err)
		}
		if got := d.threads()[0]; !got.Resolved() || got.ResolvedBy != "ada" || got.Version != 2 {
			t.Errorf("resolved: %+v", got)
		}
		second := d.start("```suggestion\nx\n```", nil, func(t *discuss.Thread) { t.Resolvable = true })
		applied := discuss.Applied{Note: second.Notes[0].ID, Index: 0, SHA: "abc", By: d.ada.ID, At: minute(7)}
		gone := discuss.Applied{Note: 4711, Index: 0, SHA: "abc", By: d.ada.ID, At: minute(7)}
		for range 2 {
			if err := d.keep.Apply(ctx, []discuss.Applied{applied, gone}, []discuss.ThreadID{thread.ID, second.ID}, "bob", minute(7)); err != nil {
				t.Fatal(err)
			}
		}
		got := d.threads()
		if diff := cmp.Diff([]discuss.Applied{applied}, got[1].Notes[0].Applied); diff != "" || got[1].ResolvedBy != "bob" || got[0].ResolvedBy != "ada" {
			t.Errorf("applied: %s\n%+v", diff, got)
		}
		if counts, err := d.keep.Counts(ctx, []int64{testRequest}); err != nil || counts[testRequest] != (discuss.Count{Total: 2}) {
			t.Errorf("counts: %v, %v", counts, err)
		}

		reply, err := d.keep.Reply(ctx, thread, discuss.Note{Author: asAuthor(d.ada), Body: "later", CreatedAt: minute(8)}, nil, 100, reportNoted)
		if err != nil {
			t.Fatal(err)
		}
		for i, id := range []discuss.NoteID{note.ID, reply.ID} {
			if err := d.keep.DeleteNote(ctx, thread.ID, id, discuss.Settled{Thread: thread.ID}); err != nil {
				t.Fatal(err)
			}
			if want := 2 - i; len(d.threads()) != want {
				t.Errorf("after deleting %d notes there are %d threads, want %d", i+1, len(d.threads()), want)
			}
		}
		if err := d.keep.DeleteNote(ctx, thread.ID, reply.ID); !fault.Is(err, fault.Missing) {
			t.Errorf("deleted twice: %v", err)
		}
		if _, err := d.keep.Reply(ctx, thread, discuss.Note{Author: asAuthor(d.ada), Body: "late", CreatedAt: minute(9)}, nil, 100, reportNoted); !fault.Is(err, fault.Missing) {
			t.Errorf("a reply to a thread that is gone: %v", err)
		}
	})
}

func TestDiscussLimit(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		d, ctx := newDiscussion(t, s), t.Context()
		thread := d.start("one", nil, nil)
		d.start("history", nil, func(t *discuss.Thread) { t.System = true; t.Notes[0].System = true })
		note := discuss.Note{Author: asAuthor(d.ada), Body: "two", CreatedAt: minute(2)}
		if _, err := d.keep.Reply(ctx, thread, note, nil, 2, reportNoted); err != nil {
			t.Fatal(err)
		}
		if _, err := d.keep.Reply(ctx, thread, note, nil, 2, reportNoted); !fault.Is(err, fault.Limited) {
			t.Errorf("the third of two notes: %v", err)
		}
		thread.Notes = thread.Notes[:1]
		if _, err := d.keep.Start(ctx, thread, nil, 2, reportNoted); !fault.Is(err, fault.Limited) || len(d.threads()) != 2 {
			t.Errorf("a thread too many: %v, %d threads", err, len(d.threads()))
		}
	})
}

func TestDiscussMentions(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		d, ctx := newDiscussion(t, s), t.Context()
		calls := []auth.UserID{d.ada.ID}
		first := d.start("@ada", calls, nil)
		second := d.start("@ada?", calls, func(t *discuss.Thread) { t.Resolvable = true })
		elsewhere := d.start("@ada!", calls, func(t *discuss.Thread) { t.Request = 8 })
		waiting := func() (notes []discuss.NoteID) {
			t.Helper()
			mentions, err := d.keep.Mentions(ctx, d.ada.ID, 10)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range mentions {
				notes = append(notes, m.Note)
				if m.By.Username != "bob" || m.Project != d.project || m.Number != 3 || !m.At.Equal(minute(1)) {
					t.Errorf("mention %+v", m)
				}
			}
			return notes
		}
		all := []discuss.NoteID{elsewhere.Notes[0].ID, second.Notes[0].ID, first.Notes[0].ID}
		if diff := cmp.Diff(all, waiting()); diff != "" {
			t.Errorf("waiting (-want +got):\n%s", diff)
		}
		if one, err := d.keep.Mentions(ctx, d.ada.ID, 1); err != nil || len(one) != 1 {
			t.Errorf("one: %v, %v", one, err)
		}
		if none, err := d.keep.Mentions(ctx, d.bob.ID, 10); err != nil || len(none) != 0 {
			t.Errorf("bob is called: %v, %v", none, err)
		}
		resolved := minute(4)
		second.ResolvedBy, second.ResolvedAt = "bob", &resolved
		if err := d.keep.Settle(ctx, second); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]discuss.NoteID{all[0], all[2]}, waiting()); diff != "" {
			t.Errorf("after one is settled (-want +got):\n%s", diff)
		}
		if _, err := d.keep.Reply(ctx, first, discuss.Note{Author: asAuthor(d.ada), Body: "yes", CreatedAt: minute(5)}, nil, 10, reportNoted); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(all[:1], waiting()); diff != "" {
			t.Errorf("after an answer (-want +got):\n%s", diff)
		}
	})
}

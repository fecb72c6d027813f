package store

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/hook"
	"dasier/forge/project"
)

func addHook(t *testing.T, s *Store, id project.ID, name string) hook.Hook {
	t.Helper()
	h, err := s.Hook().Add(t.Context(), hook.Hook{
		Project: id, Name: name, URL: "https://example.org/" + name, Events: []hook.Event{hook.PushEvent, hook.MergeEvent}, Active: true,
		Secret: []byte{0, 1, 255}, Created: zoned, Version: 1,
	}, auth.System("test").Act("webhook.added", int64(id), name))
	noError(t, err)
	return h
}

func message(h hook.Hook, source int64, due time.Time) hook.Message {
	return hook.Message{Hook: h.ID, Source: source, Event: hook.PushEvent, UUID: fmt.Sprintf("uuid-%d", source), Body: `{"日本":1}`, Due: due}
}

func TestHooks(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Hook()
		id, other := repoProject(t, s, "one"), repoProject(t, s, "other")
		h := addHook(t, s, id, "a")
		want := hook.Hook{
			ID: h.ID, Project: id, Name: "a", URL: "https://example.org/a", Events: []hook.Event{hook.PushEvent, hook.MergeEvent}, Active: true,
			Secret: []byte{0, 1, 255}, Created: zoned.UTC(), Version: 1,
		}
		got, err := keep.Hook(ctx, id, h.ID)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		changed := got
		changed.URL, changed.Secret, changed.Active, changed.Disabled, changed.Failures = "https://example.org/b", nil, false, "it failed", 10
		noError(t, keep.Update(ctx, changed))
		if err := keep.Update(ctx, got); !fault.Is(err, fault.Conflict) {
			t.Errorf("an old version: %v", err)
		}
		changed.Version = 2
		list, err := keep.List(ctx, id)
		if diff := cmp.Diff([]hook.Hook{changed}, list); err != nil || diff != "" {
			t.Errorf("the list: %v (-want +got):\n%s", err, diff)
		}
		if list, err := keep.List(ctx, other); err != nil || len(list) != 0 {
			t.Errorf("another project has %+v, %v", list, err)
		}
		for name, err := range map[string]error{
			"seen from another project": second(keep.Hook(ctx, other, h.ID)),
			"removed from another":      keep.Remove(ctx, other, h.ID),
			"a delivery":                second(keep.Delivery(ctx, h.ID, 1)),
		} {
			if !fault.Is(err, fault.Missing) {
				t.Errorf("%s: %v", name, err)
			}
		}
		noError(t, keep.Enqueue(ctx, []hook.Message{message(h, 1, zoned)}, 10))
		noError(t, keep.Remove(ctx, id, h.ID, auth.System("test").Act("webhook.removed", int64(id), "a")))
		if _, _, err := keep.Claim(ctx, zoned.Add(time.Hour), zoned, nil); !fault.Is(err, fault.Missing) {
			t.Errorf("a message of a hook that is gone: %v", err)
		}
		if err := keep.Remove(ctx, id, h.ID); !fault.Is(err, fault.Missing) {
			t.Errorf("removed twice: %v", err)
		}
	})
}

// Messages are kept once for each event, up to a limit, claimed by who is due
// longest, and passed over while their hook is busy or off.
func TestHookMessages(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Hook()
		id := repoProject(t, s, "one")
		a, b := addHook(t, s, id, "a"), addHook(t, s, id, "b")
		now := zoned.UTC()
		noError(t, keep.Enqueue(ctx, []hook.Message{message(a, 1, now.Add(-time.Minute)), message(b, 1, now.Add(-time.Hour)), message(a, 2, now.Add(time.Hour))}, 2))
		noError(t, keep.Enqueue(ctx, []hook.Message{message(a, 1, now), message(b, 1, now)}, 2)) // the reaction ran twice
		noError(t, keep.Enqueue(ctx, []hook.Message{message(a, 3, now.Add(-2*time.Hour))}, 2))   // beyond the limit

		until := now.Add(time.Minute)
		claim := func(what string, now time.Time, want hook.ID, source int64, busy ...hook.ID) hook.Message {
			t.Helper()
			m, h, err := keep.Claim(ctx, now, until, busy)
			if want == 0 {
				if !fault.Is(err, fault.Missing) {
					t.Errorf("%s: %+v, %v, want nothing", what, m, err)
				}
				return m
			}
			if err != nil || m.Hook != want || h.ID != want || m.Source != source {
				t.Fatalf("%s: message %d of hook %d, %v", what, m.Source, m.Hook, err)
			}
			return m
		}
		claim("b is busy", now, a.ID, 1, b.ID)
		first := claim("due longest", now, b.ID, 1)
		if diff := cmp.Diff(hook.Message{ID: first.ID, Hook: b.ID, Source: 1, Event: hook.PushEvent, UUID: "uuid-1", Body: `{"日本":1}`, Due: now.Add(-time.Hour)}, first); diff != "" {
			t.Errorf("the message (-want +got):\n%s", diff)
		}
		claim("both are under way", now, 0, 0)
		claim("lost, and due again", until, a.ID, 1, b.ID)

		// An attempt that failed, and one that counts against the hook.
		attempt := hook.Delivery{
			Hook: b.ID, Event: hook.PushEvent, UUID: "uuid-1", Attempt: 1, At: now, Duration: 1500 * time.Millisecond, Status: 502, Error: "502 Bad Gateway",
			Request: hook.Text{Headers: map[string]string{"X-Gitlab-Event": "Push Hook"}, Body: "{}"}, Response: hook.Text{Headers: map[string]string{}, Body: "no"},
		}
		nothing := func(*hook.Hook) []event.Event { return nil }
		noError(t, keep.Finish(ctx, first, attempt, now.Add(2*time.Hour), 2, nothing))
		claim("not due before", now.Add(time.Hour), a.ID, 1)
		again := claim("due again", now.Add(2*time.Hour), b.ID, 1, a.ID)
		if again.Attempt != 1 {
			t.Errorf("it was attempted %d times", again.Attempt)
		}
		attempt.Attempt = 2
		noError(t, keep.Finish(ctx, again, attempt, time.Time{}, 2, func(h *hook.Hook) []event.Event {
			h.Failures, h.Active, h.Disabled = 10, false, "ten in a row"
			return []event.Event{auth.System("hooks").Act("webhook.disabled", int64(id), h.Name)}
		}))
		if off, err := keep.Hook(ctx, id, b.ID); err != nil || off.Active || off.Failures != 10 || off.Disabled != "ten in a row" || off.Version != b.Version+1 {
			t.Errorf("switched off: %+v, %v", off, err)
		}
		noError(t, keep.Enqueue(ctx, []hook.Message{message(b, 1, now), message(b, 4, now)}, 10)) // 1 is done: it does not come again
		claim("a hook that is off", now.Add(3*time.Hour), a.ID, 1)
		on, err := keep.Hook(ctx, id, b.ID)
		noError(t, err)
		on.Active = true
		noError(t, keep.Update(ctx, on))
		claim("on again", now.Add(time.Hour), b.ID, 4, a.ID)

		for range 3 {
			_, err := keep.Log(ctx, attempt, 3)
			noError(t, err)
		}
		page, total, err := keep.Deliveries(ctx, b.ID, project.Page{Limit: 2})
		if err != nil || total != 3 || len(page) != 2 || page[0].ID < page[1].ID || page[0].Request.Body != "" {
			t.Errorf("the deliveries: %+v of %d, %v", page, total, err)
		}
		attempt.ID = page[0].ID
		if one, err := keep.Delivery(ctx, b.ID, page[0].ID); err != nil || !cmp.Equal(attempt, one) {
			t.Errorf("one of them: %v\n%s", err, cmp.Diff(attempt, one))
		}
		if list, err := keep.List(ctx, id); err != nil || len(list) != 2 || list[0].Last != nil || list[1].Last == nil || list[1].Last.ID != page[0].ID {
			t.Errorf("hooks with their last: %+v, %v", list, err)
		}

		// A hook that goes while its message is under way takes it along.
		gone := claim("the last of b", now.Add(5*time.Hour), b.ID, 4, a.ID)
		noError(t, keep.Remove(ctx, id, b.ID))
		noError(t, keep.Finish(ctx, gone, attempt, time.Time{}, 2, func(*hook.Hook) []event.Event {
			t.Error("the rule is asked about a hook that is gone")
			return nil
		}))
	})
}

// Of the messages that are done only the last stay, which is by what a repeated
// event is known.
func TestHookForgetsWhatIsDone(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Hook()
		h := addHook(t, s, repoProject(t, s, "one"), "a")
		for n := range int64(6) {
			noError(t, keep.Enqueue(ctx, []hook.Message{message(h, n+1, zoned)}, 10))
			m, _, err := keep.Claim(ctx, zoned, zoned.Add(time.Hour), nil)
			noError(t, err)
			noError(t, keep.Finish(ctx, m, hook.Delivery{Hook: h.ID, Event: m.Event, Attempt: 1, At: zoned, Status: 200}, time.Time{}, 2, func(*hook.Hook) []event.Event { return nil }))
		}
		var rows []messageRow
		noError(t, s.db.NewSelect().Model(&rows).Order("id").Scan(ctx))
		if len(rows) != 2 || rows[0].EventID != 5 || rows[1].EventID != 6 || rows[0].Body != "" || !rows[0].Done {
			t.Errorf("left are %+v", rows)
		}
		if _, total, err := keep.Deliveries(ctx, h.ID, project.Page{Limit: 10}); err != nil || total != 2 {
			t.Errorf("%d deliveries are left, %v", total, err)
		}
	})
}

// Many senders take each message once.
func TestHookClaimsAreApart(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, keep := t.Context(), s.Hook()
		h := addHook(t, s, repoProject(t, s, "one"), "a")
		const messages, senders = 40, 8
		for n := range int64(messages) {
			noError(t, keep.Enqueue(ctx, []hook.Message{message(h, n+1, zoned)}, messages))
		}
		var mu sync.Mutex
		taken, errs := map[int64]int{}, make([]error, senders)
		var wait sync.WaitGroup
		for i := range senders {
			wait.Go(func() {
				for {
					m, _, err := keep.Claim(ctx, zoned, zoned.Add(time.Hour), nil)
					if fault.Is(err, fault.Missing) {
						// What another sender has locked at this moment is passed over, and is his.
						return
					}
					if err != nil {
						errs[i] = err
						return
					}
					mu.Lock()
					taken[m.Source]++
					mu.Unlock()
				}
			})
		}
		wait.Wait()
		noError(t, errors.Join(errs...))
		for n := range int64(messages) {
			if taken[n+1] != 1 {
				t.Errorf("message %d was taken %d times", n+1, taken[n+1])
			}
		}
	})
}

package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"dasier/delivery/meter"
	"dasier/fault"
	"dasier/forge/auth"
)

func TestUsageAddsUpPerDay(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		id := repoProject(t, s, "model")
		limits := auth.Limits{Environment: "production", PerSecond: 2.5, PerDay: 1000}
		token, err := s.Project().AddToken(ctx, auth.ProjectToken{
			Project: int64(id), Name: "site", Role: auth.Guest, Scopes: []auth.Scope{auth.ScopePredict}, CreatedBy: "ann", CreatedAt: time.Now(), Limits: limits,
		}, "hash")
		if err != nil {
			t.Fatal(err)
		}
		found, err := s.Auth().ProjectTokenByHash(ctx, "hash")
		if err != nil || found.Limits != limits {
			t.Errorf("the token is kept as %+v, %v", found, err)
		}
		m := s.Meter()
		for range 2 { // 987654 is nobody's
			if err := m.AddUsage(ctx, "2026-01-02", map[int64]int64{token.ID: 7, 987654: 1}); err != nil {
				t.Fatal(err)
			}
		}
		if err := m.AddUsage(ctx, "2026-01-03", map[int64]int64{token.ID: 1}); err != nil {
			t.Fatal(err)
		}
		for day, want := range map[string]int64{"2026-01-01": 0, "2026-01-02": 14, "2026-01-03": 1} {
			if used, err := m.Usage(ctx, day, []int64{token.ID, 987654}); err != nil || used[token.ID] != want || used[987654] != 0 {
				t.Errorf("on %s %v was used, %v; want %d", day, used, err, want)
			}
		}
		if err := m.ForgetUsage(ctx, "2026-01-03"); err != nil {
			t.Fatal(err)
		}
		if used, err := m.Usage(ctx, "2026-01-02", []int64{token.ID}); err != nil || len(used) != 0 {
			t.Errorf("after it was forgotten, %v, %v", used, err)
		}
	})
}

// TestAMeterHoldsClientsToTheirLimits over a restart and over midnight.
func TestAMeterHoldsClientsToTheirLimits(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		id := repoProject(t, s, "model")
		token, err := s.Project().AddToken(ctx, auth.ProjectToken{
			Project: int64(id), Name: "site", Role: auth.Guest, Scopes: []auth.Scope{auth.ScopePredict}, CreatedBy: "ann", CreatedAt: time.Now(),
		}, "hash")
		if err != nil {
			t.Fatal(err)
		}
		now := time.Date(2026, 1, 2, 23, 0, 0, 0, time.UTC)
		open := func() *meter.Meter { return meter.New(s.Meter(), meter.Config{Now: func() time.Time { return now }}) }
		refused := func(m *meter.Meter, limits auth.Limits) time.Duration {
			t.Helper()
			err := m.Take(ctx, token.ID, limits)
			var exceeded *meter.Exceeded
			if err != nil && (!errors.As(err, &exceeded) || !fault.Is(err, fault.Limited)) {
				t.Fatalf("an odd refusal: %v", err)
			}
			if err == nil {
				return 0
			}
			return exceeded.RetryAfter()
		}
		m := open()
		// Two a second, so four at once; the fifth waits half a second.
		perSecond := auth.Limits{PerSecond: 2}
		for n := range 4 {
			if wait := refused(m, perSecond); wait != 0 {
				t.Errorf("request %d has to wait %v", n+1, wait)
			}
		}
		if wait := refused(m, perSecond); wait != 500*time.Millisecond {
			t.Errorf("the fifth request has to wait %v, want half a second", wait)
		}
		now = now.Add(500 * time.Millisecond)
		if wait := refused(m, perSecond); wait != 0 {
			t.Errorf("half a second later it has to wait %v", wait)
		}

		perDay := auth.Limits{PerDay: 10}
		if wait := refused(m, perDay); wait != 0 {
			t.Errorf("the day's first request has to wait %v", wait)
		}
		m.Used(token.ID, 7)
		stop, cancel := context.WithCancel(ctx)
		cancel()
		if err := m.Run(stop); err != nil { // saves on its way out
			t.Fatal(err)
		}
		m = open()
		if used, err := m.Today(ctx, []int64{token.ID}); err != nil || used[token.ID] != 7 {
			t.Errorf("after a restart %v was used, %v; want 7", used, err)
		}
		if wait := refused(m, perDay); wait != 0 {
			t.Errorf("below the limit it has to wait %v", wait)
		}
		m.Used(token.ID, 5) // one request may exceed it
		if wait, want := refused(m, perDay), 59*time.Minute+59*time.Second+500*time.Millisecond; wait != want {
			t.Errorf("at the limit it has to wait %v, want %v: until midnight", wait, want)
		}
		now = now.Add(time.Hour)
		if wait := refused(m, perDay); wait != 0 {
			t.Errorf("the next day it has to wait %v", wait)
		}
		if used, err := m.Today(ctx, []int64{token.ID}); err != nil || used[token.ID] != 0 {
			t.Errorf("the next day %v was used, %v", used, err)
		}
	})
}

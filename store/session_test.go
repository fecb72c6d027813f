package store

import (
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
)

var _ scs.CtxStore = (*Sessions)(nil)

func TestSessionsLiveUntilTheyExpire(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, sessions := t.Context(), s.Sessions()
		zone := time.FixedZone("UTC-7", -7*3600)
		soon, past := time.Now().Add(time.Hour).In(zone), time.Now().Add(-time.Second).In(zone)
		commit := func(token, data string, expiry time.Time) {
			t.Helper()
			if err := sessions.CommitCtx(ctx, token, []byte(data), expiry); err != nil {
				t.Fatal(err)
			}
		}
		find := func(token, want string) {
			t.Helper()
			data, found, err := sessions.FindCtx(ctx, token)
			if err != nil || found != (want != "") || string(data) != want {
				t.Errorf("%s holds %q, %v, %v; want %q", token, data, found, err, want)
			}
		}
		commit("a", "first\x00\xff", soon)
		find("a", "first\x00\xff")
		commit("a", "second", soon)
		find("a", "second")
		commit("old", "stale", past)
		find("old", "")
		find("never", "")
		if err := sessions.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		rows, err := s.DB().NewSelect().Model((*sessionRow)(nil)).Count(ctx)
		if err != nil || rows != 1 {
			t.Errorf("the sweep left %d rows, %v", rows, err)
		}
		find("a", "second")
		if err := sessions.DeleteCtx(ctx, "a"); err != nil {
			t.Fatal(err)
		}
		find("a", "")
		if err := sessions.DeleteCtx(ctx, "a"); err != nil {
			t.Errorf("ending an ended session: %v", err)
		}
		commit("b", "third", soon)
		if data, found, err := sessions.Find("b"); err != nil || !found || string(data) != "third" {
			t.Errorf("without a context: %q, %v, %v", data, found, err)
		}
	})
}

package meter_test

import (
	"path/filepath"
	"testing"
	"time"

	"dasier/delivery/meter"
	"dasier/forge/auth"
	"dasier/store"
	"dasier/store/storetest"
)

// TestAskingAllocatesNothing for a client that was seen before: with limits and
// without.
func TestAskingAllocatesNothing(t *testing.T) {
	s, err := store.Open(t.Context(), storetest.At(t, filepath.Join(t.TempDir(), "dasier.db")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	now := time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
	m := meter.New(s.Meter(), meter.Config{Now: func() time.Time { return now }})
	for name, limits := range map[string]auth.Limits{"none": {}, "both": {PerSecond: 1000, PerDay: 1_000_000}} {
		ask := func() {
			if err := m.Take(t.Context(), 1, limits); err != nil {
				t.Fatal(err)
			}
			m.Used(1, 1)
			now = now.Add(time.Second)
		}
		ask()
		if n := testing.AllocsPerRun(100, ask); n != 0 {
			t.Errorf("limits %s: %v allocations", name, n)
		}
	}
}

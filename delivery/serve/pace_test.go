package serve

import (
	"testing"
	"time"
)

// TestAPauseMakesNoModelSlow: while the rows of a quick model are measured, the
// machine may do something else for a while, and be it at the very first.
func TestAPauseMakesNoModelSlow(t *testing.T) {
	for name, c := range map[string]struct {
		rows  int
		takes []time.Duration
		want  time.Duration
		asked int
	}{
		"quick":            {5, []time.Duration{3, 2, 4, 5, 6}, 4, 5},
		"a pause at first": {4, []time.Duration{time.Second, 2, 4, 5}, 4, 3},
		"a pause later":    {6, []time.Duration{5, 4, 3, time.Second, 2, 2}, 5, 4},
		"an empty row":     {4, []time.Duration{1, time.Second, time.Second, time.Second}, time.Second, 3},
		"slow":             {4, []time.Duration{time.Second, time.Second, time.Second, time.Second}, time.Second, 3},
		"one row":          {1, []time.Duration{7, 7, 7}, 7, 3},
		"no rows":          {0, nil, 0, 0},
	} {
		clock, asked := time.Unix(0, 0), 0
		got := middle(c.rows, func(i int) {
			asked++
			clock = clock.Add(c.takes[i])
		}, func() time.Time { return clock })
		if got != c.want || asked != c.asked {
			t.Errorf("%s: %s of %d rows, want %s of %d", name, got, asked, c.want, c.asked)
		}
	}
}

package stage

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestCalendar holds the parts of a time to the standard library's, before 1970
// and in leap years too.
func TestCalendar(t *testing.T) {
	check := func(t interface {
		Fatalf(string, ...any)
	}, seconds float64,
	) {
		at := time.Unix(int64(math.Floor(seconds)), 0).UTC()
		weekday := (int(at.Weekday())+6)%7 + 1
		for op, want := range map[string]int{
			"year": at.Year(), "month": int(at.Month()), "day": at.Day(), "weekday": weekday,
			"yearday": at.YearDay(), "hour": at.Hour(),
		} {
			if got := (Step{Op: op}).Compile().Of(seconds); got != float64(want) {
				t.Fatalf("the %s of %s is %d, not %g", op, at, want, got)
			}
		}
	}
	for _, text := range []string{
		"1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "1900-02-28T12:00:00Z", "1900-03-01T00:00:00Z", "2000-02-29T23:00:00Z",
		"1600-02-29T00:00:00Z", "0001-01-01T00:00:00Z", "2100-02-28T01:00:00Z", "2024-12-31T23:59:59Z", "2023-12-31T00:00:00Z",
	} {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		check(t, float64(at.Unix()))
	}
	rapid.Check(t, func(t *rapid.T) { check(t, rapid.Float64Range(-1e11, 1e12).Draw(t, "seconds")) })
	for _, op := range []string{"year", "month", "hour"} {
		c := (Step{Op: op}).Compile()
		if !math.IsNaN(c.Of(math.NaN())) || math.IsNaN(c.Of(1e100)) || math.IsInf(c.Of(-1e100), 0) {
			t.Errorf("the %s of nothing, or of a far time, is wrong", op)
		}
	}
}

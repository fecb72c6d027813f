package ci

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// job reads "name@stage status flags": flags are when words, "may-fail",
// "retried", and "needs=a,b" ("needs=" for an empty list).
func job(t *testing.T, text string) Job {
	t.Helper()
	fields := strings.Fields(text)
	name, stage, _ := strings.Cut(fields[0], "@")
	j := Job{Name: name, Status: Status(fields[1]), When: "on_success", Attempt: 1}
	for _, c := range stage {
		j.StageIndex = int(c - '0')
	}
	for _, flag := range fields[2:] {
		switch needs, isNeeds := strings.CutPrefix(flag, "needs="); {
		case isNeeds:
			j.NeedsSet = true
			for need := range strings.SplitSeq(needs, ",") {
				if need != "" {
					j.Needs = append(j.Needs, Need{Job: need, Artifacts: true})
				}
			}
		case flag == "may-fail":
			j.AllowFailure = true
		case flag == "retried":
			j.Retried = true
		default:
			j.When = flag
		}
	}
	return j
}

func jobs(t *testing.T, lines ...string) []Job {
	t.Helper()
	list := make([]Job, len(lines))
	for i, line := range lines {
		list[i] = job(t, line)
		list[i].ID = JobID(i + 1)
	}
	return list
}

func TestDerive(t *testing.T) {
	cases := []struct {
		want Status
		jobs string
	}{
		{Success, "a@0 success; b@1 success"},
		{Success, "a@0 success; b@1 skipped"},
		{Success, "a@0 success; b@1 failed may-fail"},
		{Success, "a@0 success; b@1 canceled may-fail"},
		{Success, "a@0 success; b@1 manual may-fail"},
		{Success, "a@0 failed retried; a@0 success"},
		{Skipped, "a@0 skipped; b@1 skipped"},
		{Skipped, "a@0 manual may-fail"},
		{Created, "a@0 created; b@1 created"},
		{Canceled, "a@0 canceled; b@1 success"},
		{Canceled, "a@0 canceled; b@1 skipped"},
		{Canceling, "a@0 canceling; b@1 running"},
		{Canceling, "a@0 canceling; b@1 canceled"},
		{Pending, "a@0 pending; b@1 created"},
		{Running, "a@0 running; b@1 created"},
		{Running, "a@0 success; b@1 pending"},
		{Running, "a@0 success; b@1 created"},
		{Running, "a@0 failed; b@0 running"},
		{Manual, "a@0 success; b@1 manual; c@2 created"},
		{Manual, "a@0 failed; b@0 manual"},
		{Failed, "a@0 failed; b@1 skipped"},
		{Failed, "a@0 failed; b@1 success"},
		{Failed, "a@0 failed; b@0 canceled"},
		{Failed, "a@0 success retried; a@0 failed"},
	}
	for _, c := range cases {
		if got := Derive(jobs(t, strings.Split(c.jobs, "; ")...)); got != c.want {
			t.Errorf("%s: got %s, want %s", c.jobs, got, c.want)
		}
	}
}

func TestSettle(t *testing.T) {
	cases := []struct{ name, before, after string }{
		{"the first stage goes", "a@0 created; b@1 created", "pending created"},
		{"a stage waits for all before it", "a@0 success; b@0 running; c@1 created", "success running created"},
		{"a stage follows", "a@0 success; b@0 success; c@1 created", "success success pending"},
		{"failure skips the rest", "a@0 failed; b@1 created; c@2 created", "failed skipped skipped"},
		{"failure that is allowed does not", "a@0 failed may-fail; b@1 created", "failed pending"},
		{"on_failure runs after failure", "a@0 failed; b@1 created on_failure; c@1 created always", "failed pending pending"},
		{"on_failure is skipped after success", "a@0 success; b@1 created on_failure; c@2 created", "success skipped pending"},
		{"manual holds what comes after", "a@0 success; b@1 created manual; c@2 created", "success manual created"},
		{"manual that may fail does not", "a@0 success; b@1 created manual may-fail; c@2 created", "success manual pending"},
		{"a canceled job stops the rest, even always", "a@0 canceled; b@1 created; c@1 created always", "canceled skipped skipped"},
		{"needs overtake stages", "a@0 success; slow@0 running; c@1 created needs=a", "success running pending"},
		{"no needs start at once", "a@0 running; b@1 created needs=", "running pending"},
		{"a failed need skips", "a@0 failed; b@1 created needs=a; c@2 created needs=b", "failed skipped skipped"},
		{"a skipped need skips, though a skipped stage would not", "a@0 skipped; b@1 created needs=a; c@1 created", "skipped skipped pending"},
		{"a need that waits for a person skips", "a@0 manual may-fail; b@1 created needs=a", "manual skipped"},
		{"a need that must be played holds", "a@0 manual; b@1 created needs=a", "manual created"},
		{"on_failure with needs", "a@0 failed; b@0 running; c@1 created on_failure needs=a", "failed running pending"},
		{"always with needs waits for all of them", "a@0 failed; b@0 running; c@1 created always needs=a,b", "failed running created"},
		{"old attempts are not waited for", "a@0 failed retried; a@0 success; b@1 created", "failed success pending"},
	}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			state := &State{Jobs: jobs(t, strings.Split(c.before, "; ")...)}
			for range 2 { // settling again changes nothing
				if err := settle(state, now); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(strings.Fields(c.after), statusesOf(state)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", c.before, diff)
				}
			}
		})
	}
}

func statusesOf(state *State) []string {
	var list []string
	for _, j := range state.Jobs {
		list = append(list, string(j.Status))
	}
	return list
}

func TestReviveBringsBackWhatWasSkippedBecauseOfIt(t *testing.T) {
	state := &State{Jobs: jobs(t, "a@0 failed", "other@0 success", "b@1 skipped", "c@2 skipped needs=b", "d@2 skipped needs=other", "e@2 success")}
	now := time.Now()
	name := state.Jobs[0].Name
	if err := step(attempt(state, &state.Jobs[0], now), Enqueue, now); err != nil {
		t.Fatal(err)
	}
	if err := revive(state, []string{name}, now); err != nil {
		t.Fatal(err)
	}
	want := []string{"failed", "success", "created", "created", "skipped", "success", "pending"}
	if diff := cmp.Diff(want, statusesOf(state)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if again := state.Jobs[6]; again.Attempt != 2 || again.ID != 0 || !state.Jobs[0].Retried {
		t.Errorf("the new attempt is %+v, the old one retried: %v", again, state.Jobs[0].Retried)
	}
}

func TestFailRetries(t *testing.T) {
	cases := []struct {
		name   string
		retry  Spec
		why    Failure
		code   int
		second bool
	}{
		{"no retry", spec(0, nil, nil), ScriptFailure, 1, false},
		{"any failure", spec(1, nil, nil), ScriptFailure, 1, true},
		{"always", spec(1, []string{"always"}, nil), TimeoutFailure, 0, true},
		{"another failure", spec(2, []string{"runner_system_failure"}, nil), ScriptFailure, 1, false},
		{"this failure", spec(2, []string{"runner_system_failure"}, nil), RunnerFailure, 0, true},
		{"this exit code", spec(1, nil, []int{137}), ScriptFailure, 137, true},
		{"another exit code", spec(1, nil, []int{137}), ScriptFailure, 1, false},
	}
	for _, c := range cases {
		state := &State{Jobs: jobs(t, "a@0 running")}
		if err := fail(state, &state.Jobs[0], &c.retry, c.why, c.code, time.Now()); err != nil {
			t.Fatal(err)
		}
		if got := len(state.Jobs) == 2 && state.Jobs[1].Status == Pending; got != c.second {
			t.Errorf("%s: second attempt %v, want %v", c.name, got, c.second)
		}
	}
}

func spec(most int, when []string, codes []int) Spec {
	var s Spec
	s.Retry.Max, s.Retry.When, s.Retry.ExitCodes = most, when, codes
	return s
}

func TestFailWithAnAllowedExitCodeIsAWarning(t *testing.T) {
	state := &State{Jobs: jobs(t, "a@0 running", "b@1 created")}
	s := Spec{AllowFailureExitCodes: []int{42}}
	if err := fail(state, &state.Jobs[0], &s, ScriptFailure, 42, time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := settle(state, time.Now()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"failed", "pending"}, statusesOf(state)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

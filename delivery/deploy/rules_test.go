package deploy

import (
	"slices"
	"strings"
	"testing"
	"time"

	"dasier/fault"
	"dasier/forge/project"
)

func TestTierOf(t *testing.T) {
	for name, want := range map[string]Tier{
		"production": Production, "Production": Production, "prod": Production, "prd": Production, "live": Production,
		"staging": Staging, "stg": Staging, "pre-prod": Staging, "demo": Staging, "non-prod": Staging, "model": Staging,
		"testing": Testing, "qa": Testing, "acceptance": Testing, "acpt": Testing, "integration": Testing, "production-test": Testing,
		"development": Development, "dev": Development, "review/new-bathroom": Development, "trunk": Development,
		"blue": Other, "eu-west": Other,
	} {
		if got := TierOf(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

func TestEnvironmentNames(t *testing.T) {
	owner := project.Project{ID: 7, Namespace: "house-prices", Name: "model"}
	for name, want := range map[string]string{
		"production": "house-prices.model.production", "review/new-bathroom": "house-prices.model.review-new-bathroom", "A_1": "house-prices.model.A_1",
	} {
		env, err := newEnvironment(owner, name, time.Time{})
		if err != nil || env.Endpoint != want || env.Protected != (name == "production") || env.Public {
			t.Errorf("%s: got %+v, %v, want the endpoint %s", name, env, err, want)
		}
	}
	for _, name := range []string{"", "/", "a/", "/a", "a//b", "-a", "a.b", "a b", "ä", "a\n", strings.Repeat("a", 101)} {
		if _, err := newEnvironment(owner, name, time.Time{}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: got %v, want a refusal", name, err)
		}
	}
}

// Every state and step: what is allowed stands in the drawing of doc.go.
func TestTransitions(t *testing.T) {
	want := map[State]map[step]State{
		Pending: {begin: Running},
		Running: {begin: Running, succeed: Success, fail: Failed},
	}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, state := range []State{Pending, Running, Success, Failed} {
		for _, what := range []step{begin, succeed, fail} {
			d, err := next(Deployment{State: state}, what, now)
			to, allowed := want[state][what]
			switch {
			case !allowed && (!fault.Is(err, fault.Conflict) || d.State != state):
				t.Errorf("%s, %s: got %s, %v, want a conflict", state, what, d.State, err)
			case allowed && (err != nil || d.State != to):
				t.Errorf("%s, %s: got %s, %v, want %s", state, what, d.State, err, to)
			case allowed && (d.StartedAt.IsZero() == (what == begin) || d.FinishedAt.IsZero() != (what == begin)):
				t.Errorf("%s, %s: started %v, finished %v", state, what, d.StartedAt, d.FinishedAt)
			}
		}
		if state.Done() != (len(want[state]) == 0) {
			t.Errorf("%s: done is %v", state, state.Done())
		}
	}
}

func TestPrevious(t *testing.T) {
	deployed := func(id ID, version int) Deployment { return Deployment{ID: id, Model: "prices", ModelVersion: version} }
	restored := func(id ID, version int, of ID) Deployment {
		d := deployed(id, version)
		d.Restores = of
		return d
	}
	for name, c := range map[string]struct {
		history []Deployment // oldest first, for reading
		current ID
		want    ID
	}{
		"nothing yet":                     {nil, 0, 0},
		"only one":                        {[]Deployment{deployed(1, 1)}, 1, 0},
		"the one before":                  {[]Deployment{deployed(1, 1), deployed(2, 2)}, 2, 1},
		"the same version again is none":  {[]Deployment{deployed(1, 1), deployed(2, 2), deployed(3, 2)}, 3, 1},
		"twice goes back two":             {[]Deployment{deployed(1, 1), deployed(2, 2), deployed(3, 3), restored(4, 2, 2)}, 4, 1},
		"three times stops at the first":  {[]Deployment{deployed(1, 1), deployed(2, 2), restored(3, 1, 1)}, 3, 0},
		"forward again, then back":        {[]Deployment{deployed(1, 1), deployed(2, 2), restored(3, 1, 1), deployed(4, 3)}, 4, 2},
		"stopped":                         {[]Deployment{deployed(1, 1), deployed(2, 2)}, 0, 0},
		"another model is another choice": {[]Deployment{{ID: 1, Model: "rents", ModelVersion: 2}, deployed(2, 2)}, 2, 1},
	} {
		history := slices.Clone(c.history)
		slices.Reverse(history)
		got, ok := previous(history, c.current)
		if ok != (c.want != 0) || got.ID != c.want {
			t.Errorf("%s: got deployment %d (%v), want %d", name, got.ID, ok, c.want)
		}
	}
}

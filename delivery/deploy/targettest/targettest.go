// Package targettest is the conformance test of deploy.Target: every
// implementation runs it on real models. It is imported by tests only.
package targettest

import (
	"context"
	"sync"
	"testing"

	"dasier/delivery/deploy"
	"dasier/fault"
)

// Harness is one target with what the test needs to judge it.
type Harness struct {
	Target deploy.Target
	// First and Next are two versions of a model for one endpoint, Broken is a
	// third that must not serve, Absent one that does not exist.
	First, Next, Broken, Absent deploy.Placement
	// Ask asks an endpoint as a client does, and tells the version that
	// answered; false when nothing answers there.
	Ask func(endpoint string) (version int, ok bool)
	// Public tells whether an endpoint answers everyone.
	Public func(endpoint string) bool
}

// Run holds a target to its contract. open makes a fresh one, with nothing
// applied.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, Harness){
		"apply, swap, remove":     applySwapRemove,
		"apply again":             applyAgain,
		"failure leaves what was": failureLeavesWhatWas,
		"public follows":          publicFollows,
		"endpoints are apart":     endpointsAreApart,
		"many at once":            manyAtOnce,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func (h Harness) want(t *testing.T, endpoint string, want int) {
	t.Helper()
	got, ok := h.Ask(endpoint)
	switch {
	case want == 0 && ok:
		t.Errorf("%s answers with version %d, want nothing there", endpoint, got)
	case want != 0 && (!ok || got != want):
		t.Errorf("%s answers with version %d (%v), want %d", endpoint, got, ok, want)
	}
}

func (h Harness) apply(t *testing.T, p deploy.Placement) {
	t.Helper()
	if err := h.Target.Apply(t.Context(), p); err != nil {
		t.Fatalf("applying version %d: %v", p.Version, err)
	}
}

func applySwapRemove(t *testing.T, h Harness) {
	endpoint := h.First.Endpoint
	h.want(t, endpoint, 0)
	h.apply(t, h.First)
	h.want(t, endpoint, h.First.Version)
	h.apply(t, h.Next)
	h.want(t, endpoint, h.Next.Version)
	h.apply(t, h.First) // a rollback
	h.want(t, endpoint, h.First.Version)
	for range 2 {
		if err := h.Target.Remove(t.Context(), endpoint); err != nil {
			t.Fatalf("removing: %v", err)
		}
		h.want(t, endpoint, 0)
	}
}

func applyAgain(t *testing.T, h Harness) {
	for range 3 {
		h.apply(t, h.First)
		h.want(t, h.First.Endpoint, h.First.Version)
	}
}

func failureLeavesWhatWas(t *testing.T, h Harness) {
	for _, bad := range []deploy.Placement{h.Broken, h.Absent} {
		if err := h.Target.Apply(t.Context(), bad); err == nil {
			t.Fatalf("version %d was applied, want an error", bad.Version)
		} else if fault.KindOf(err) == fault.Internal {
			t.Errorf("version %d: %v: want a reason that a user may read", bad.Version, err)
		}
		h.want(t, bad.Endpoint, 0)
	}
	h.apply(t, h.First)
	for _, bad := range []deploy.Placement{h.Broken, h.Absent} {
		if err := h.Target.Apply(t.Context(), bad); err == nil {
			t.Fatalf("version %d was applied, want an error", bad.Version)
		}
		h.want(t, bad.Endpoint, h.First.Version)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.Target.Apply(ctx, h.Next); err == nil {
		t.Error("applied although the context was over")
	}
	h.want(t, h.First.Endpoint, h.First.Version)
}

func publicFollows(t *testing.T, h Harness) {
	p := h.First
	for _, public := range []bool{false, true, false} {
		p.Public = public
		h.apply(t, p)
		if got := h.Public(p.Endpoint); got != public {
			t.Errorf("public is %v, want %v", got, public)
		}
	}
}

func endpointsAreApart(t *testing.T, h Harness) {
	h.apply(t, h.First)
	other := h.Next
	other.Endpoint += "-other"
	h.apply(t, other)
	h.want(t, h.First.Endpoint, h.First.Version)
	h.want(t, other.Endpoint, other.Version)
	if err := h.Target.Remove(t.Context(), h.First.Endpoint); err != nil {
		t.Fatalf("removing: %v", err)
	}
	h.want(t, h.First.Endpoint, 0)
	h.want(t, other.Endpoint, other.Version)
}

func manyAtOnce(t *testing.T, h Harness) {
	ctx := t.Context()
	var all sync.WaitGroup
	for i := range 16 {
		p := h.First
		if i%2 == 1 {
			p = h.Next
		}
		all.Go(func() {
			if err := h.Target.Apply(ctx, p); err != nil {
				t.Errorf("applying version %d among others: %v", p.Version, err)
			}
		})
	}
	all.Wait()
	if got, ok := h.Ask(h.First.Endpoint); !ok || got != h.First.Version && got != h.Next.Version {
		t.Errorf("answers with version %d (%v), want one of the two applied", got, ok)
	}
}

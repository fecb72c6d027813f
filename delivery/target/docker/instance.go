package docker

import (
	"context"
	"sync"
	"time"

	"dasier/delivery/deploy"
	"dasier/fault"
)

// instance is a container that answers, or did.
type instance struct {
	id       string
	identity string
	address  string // host:port
	token    string // that a model asks for
	environ  []deploy.Variable
	adopted  bool // found after a restart: the contents of its files are not known

	// Under the target's lock.
	placement deploy.Placement
	problem   error // why it does not answer; nil when it does
	holds     int
	retired   bool
	idle      chan struct{} // closed when it is retired and nobody holds it
}

// Endpoints are the names of the models that answer in containers.
func (t *Target) Endpoints() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var names []string
	for name, current := range t.routes {
		if current.placement.Kind == deploy.KindModel {
			names = append(names, name)
		}
	}
	return names
}

// Model is a model that answers in a container.
type Model struct {
	Placement deploy.Placement
	Address   string // host:port of its data plane
	Token     string // that it asks for
	Problem   error  // why it does not answer just now
	Release   func() // ends the hold; to be called once
}

// Model finds the model at an endpoint and holds it, as Backend does.
func (t *Target) Model(endpoint string) (Model, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	current := t.routes[endpoint]
	if current == nil || current.placement.Kind != deploy.KindModel {
		return Model{}, false
	}
	return Model{
		Placement: current.placement, Address: current.address, Token: current.token, Problem: current.problem,
		Release: t.hold(current),
	}, true
}

// Backend implements deploy.Target.
func (t *Target) Backend(endpoint string) (deploy.Backend, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	current := t.routes[endpoint]
	switch {
	case current == nil:
		return deploy.Backend{}, nothingAt(endpoint)
	case current.placement.Kind == deploy.KindModel:
		return deploy.Backend{}, fault.Errorf(fault.Missing, "%s is a model: ask it through the prediction API", endpoint)
	case current.problem != nil:
		return deploy.Backend{}, current.problem
	}
	return deploy.Backend{Address: current.address, Deployment: current.placement.Deployment, Release: t.hold(current)}, nil
}

// hold needs the lock; what it answers takes it.
func (t *Target) hold(i *instance) (release func()) {
	i.holds++
	return sync.OnceFunc(func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if i.holds--; i.holds == 0 && i.retired {
			close(i.idle)
		}
	})
}

// switchTo makes an instance the one that answers. What answered before is
// stopped in the background, when the requests that hold it have ended.
func (t *Target) switchTo(next *instance) {
	endpoint := next.placement.Endpoint
	t.mu.Lock()
	before := t.routes[endpoint]
	t.routes[endpoint] = next
	if before != nil && before.id != next.id {
		t.draining[before.id] = true
	}
	delete(t.draining, next.id)
	t.mu.Unlock()
	t.background.Go(func() {
		if before != nil && before.id != next.id {
			t.drained(t.closing, before)
		}
		if t.closing.Err() != nil {
			return // the next start collects it
		}
		if err := t.settle(t.closing, endpoint, before); err != nil && t.closing.Err() == nil {
			t.cfg.Log.WarnContext(t.closing, "what served before could not be put away", "endpoint", endpoint, "error", err)
		}
	})
}

// drained waits until nobody holds the instance any more, for the drain time at
// most.
func (t *Target) drained(ctx context.Context, i *instance) {
	t.mu.Lock()
	if !i.retired {
		i.retired, i.idle = true, make(chan struct{})
		if i.holds == 0 {
			close(i.idle)
		}
	}
	idle := i.idle
	t.mu.Unlock()
	limit := time.NewTimer(t.cfg.Drain)
	defer limit.Stop()
	select {
	case <-idle:
	case <-limit.C:
	case <-ctx.Done():
	}
}

// settle stops what was replaced, unless it answers again meanwhile, and
// removes what is older than what is kept.
func (t *Target) settle(ctx context.Context, endpoint string, before *instance) error {
	release, err := t.turn(ctx, endpoint)
	if err != nil {
		return err
	}
	defer release()
	t.mu.Lock()
	current := t.routes[endpoint]
	t.mu.Unlock()
	if current == nil {
		return nil // removed meanwhile
	}
	if before != nil && before.id != current.id {
		if err := t.engine.Stop(ctx, before.id, before.grace()); err != nil {
			return err
		}
		t.mu.Lock()
		delete(t.draining, before.id)
		t.mu.Unlock()
	}
	return t.prune(ctx, endpoint, current.id)
}

// grace is how long the program may take to end.
func (i *instance) grace() time.Duration {
	if s := i.placement.Service; s != nil && s.StopWithin > 0 {
		return s.StopWithin
	}
	return 10 * time.Second
}

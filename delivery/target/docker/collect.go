package docker

import (
	"context"
	"errors"
	"slices"
	"time"

	"dasier/container"
	"dasier/fault"
)

// Run looks after the containers until ctx ends: Health and Backend tell what
// it sees.
func (t *Target) Run(ctx context.Context) error {
	tick := time.NewTicker(t.cfg.Watch)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			t.look(ctx)
		}
	}
}

// look asks the engine how each container that should answer is.
func (t *Target) look(ctx context.Context) {
	t.mu.Lock()
	current := make([]*instance, 0, len(t.routes))
	for _, i := range t.routes {
		current = append(current, i)
	}
	t.mu.Unlock()
	for _, i := range current {
		problem := t.problemOf(ctx, i)
		if ctx.Err() != nil {
			return
		}
		t.mu.Lock()
		changed := (problem == nil) != (i.problem == nil)
		i.problem = problem
		endpoint := i.placement.Endpoint
		t.mu.Unlock()
		switch {
		case changed && problem != nil:
			t.cfg.Log.WarnContext(ctx, "a container does not answer", "endpoint", endpoint, "container", i.id, "problem", problem)
		case changed:
			t.cfg.Log.InfoContext(ctx, "a container answers again", "endpoint", endpoint, "container", i.id)
		}
	}
}

func (t *Target) problemOf(ctx context.Context, i *instance) error {
	state, err := t.engine.Inspect(ctx, i.id)
	switch {
	case fault.Is(err, fault.Missing):
		return fault.Errorf(fault.Unavailable, "the container is gone: somebody has removed it; deploy again")
	case err != nil:
		// While the engine is away its containers may well answer.
		if probe(ctx, i.address, "/healthz") == nil {
			return nil
		}
		return fault.Errorf(fault.Unavailable, "%s", fault.Message(err))
	case state.Killed && !state.Running:
		return fault.Errorf(fault.Unavailable, "the container was ended because it took more memory than it may; it is started again")
	case state.Restarting:
		return fault.Errorf(fault.Unavailable, "the container ended with status %d, and is started again", state.Code)
	case !state.Running:
		return fault.Errorf(fault.Unavailable, "the container has stopped with status %d: somebody has stopped it; deploy again", state.Code)
	case state.Unhealthy:
		return fault.Errorf(fault.Unavailable, "the container does not answer its health check")
	}
	return nil
}

// Collect removes what an earlier run left behind: containers of endpoints that
// nobody has applied since, those that were made but never answered, and
// images that nothing uses. It is for the start of the server, when everything
// that should answer has been applied.
func (t *Target) Collect(ctx context.Context) error {
	list, err := t.engine.List(ctx, map[string]string{labelServer: t.cfg.Server})
	if err != nil {
		return err
	}
	byEndpoint := map[string][]container.Listed{}
	for _, c := range list {
		byEndpoint[c.Labels[labelEndpoint]] = append(byEndpoint[c.Labels[labelEndpoint]], c)
	}
	var failures []error
	for endpoint, containers := range byEndpoint {
		failures = append(failures, t.collectEndpoint(ctx, endpoint, containers))
	}
	return errors.Join(append(failures, t.collectImages(ctx))...)
}

func (t *Target) collectEndpoint(ctx context.Context, endpoint string, containers []container.Listed) error {
	release, err := t.turn(ctx, endpoint)
	if err != nil {
		return err
	}
	defer release()
	t.mu.Lock()
	current, wanted := t.routes[endpoint], t.wanted[endpoint]
	t.mu.Unlock()
	switch {
	case !wanted:
		return t.discard(ctx, containers)
	case current == nil:
		return nil // applying failed: what is there may be all that can be saved
	}
	for _, c := range containers {
		if c.Running && c.ID != current.id && !t.isDraining(c.ID) {
			if err := t.engine.Stop(ctx, c.ID, current.grace()); err != nil {
				return err
			}
		}
	}
	return t.prune(ctx, endpoint, current.id)
}

func (t *Target) isDraining(id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.draining[id]
}

// prune removes an endpoint's containers but the current one, those that drain
// and the last few.
func (t *Target) prune(ctx context.Context, endpoint, current string) error {
	list, err := t.engine.List(ctx, t.labels(endpoint))
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(c container.Listed) bool { return c.ID == current || t.isDraining(c.ID) })
	slices.SortStableFunc(list, func(a, b container.Listed) int { return b.Created.Compare(a.Created) })
	return t.discard(ctx, list[min(len(list), t.cfg.Keep):])
}

// discard removes containers and the images that nothing else uses.
func (t *Target) discard(ctx context.Context, containers []container.Listed) error {
	var failures []error
	for _, c := range containers {
		if err := t.engine.Remove(ctx, c.ID); err != nil {
			failures = append(failures, err)
			continue
		}
		t.mu.Lock()
		delete(t.draining, c.ID)
		t.mu.Unlock()
		failures = append(failures, t.engine.RemoveImage(ctx, c.Image))
	}
	return errors.Join(failures...)
}

// collectImages removes the images of this server that no container uses; the
// engine refuses for those that one does. That of the program that runs stays:
// the next model needs it.
func (t *Target) collectImages(ctx context.Context) error {
	keep := ""
	if digest, err := t.program.digest(); err == nil {
		keep = t.tag("program", digest[:16])
	}
	names, err := t.engine.Images(ctx, map[string]string{labelServer: t.cfg.Server})
	if err != nil {
		return err
	}
	for _, name := range names {
		if name == keep {
			continue
		}
		if err := t.engine.RemoveImage(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

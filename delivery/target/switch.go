package target

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"dasier/delivery/deploy"
	"dasier/fault"
)

// Switch joins several targets into one: a placement goes to the target that
// its environment names, for its kind. An endpoint that moves from one to
// another is applied there first and then removed where it was.
type Switch struct {
	targets map[string]map[deploy.Kind]deploy.Target

	mu   sync.RWMutex
	home map[string]deploy.Target // where an endpoint is, as far as this process has told
}

var _ deploy.Target = (*Switch)(nil)

// NewSwitch makes the switch of the targets by their names (deploy.Embedded,
// deploy.Docker) and the kinds that they run.
func NewSwitch(targets map[string]map[deploy.Kind]deploy.Target) *Switch {
	return &Switch{targets: targets, home: map[string]deploy.Target{}}
}

// Apply implements deploy.Target.
func (s *Switch) Apply(ctx context.Context, p deploy.Placement) error {
	if p.Kind == "" {
		p.Kind = deploy.KindModel
	}
	if p.Target == "" {
		p.Target = deploy.Embedded
	}
	kinds, ok := s.targets[p.Target]
	if !ok {
		return fault.Errorf(fault.Unavailable, "this server has no %s target: its settings name none", p.Target)
	}
	chosen, ok := kinds[p.Kind]
	if !ok {
		return fault.Errorf(fault.Invalid, "the %s target does not run a %s", p.Target, p.Kind)
	}
	if err := chosen.Apply(ctx, p); err != nil {
		return err
	}
	s.mu.Lock()
	before := s.home[p.Endpoint]
	s.home[p.Endpoint] = chosen
	s.mu.Unlock()
	if before != nil && before != chosen {
		if err := before.Remove(ctx, p.Endpoint); err != nil {
			return fmt.Errorf("removing %s from where it was: %w", p.Endpoint, err)
		}
	}
	return nil
}

// Remove implements deploy.Target. Every target is told: after a restart this
// process does not know where the endpoint was.
func (s *Switch) Remove(ctx context.Context, endpoint string) error {
	s.mu.Lock()
	delete(s.home, endpoint)
	s.mu.Unlock()
	told := map[deploy.Target]bool{}
	var failures []error
	for _, kinds := range s.targets {
		for _, t := range kinds {
			if told[t] {
				continue
			}
			told[t] = true
			failures = append(failures, t.Remove(ctx, endpoint))
		}
	}
	return errors.Join(failures...)
}

func (s *Switch) at(endpoint string) (deploy.Target, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if t, ok := s.home[endpoint]; ok {
		return t, nil
	}
	return nil, fault.Errorf(fault.Missing, "nothing runs at %s", endpoint)
}

// Health implements deploy.Target.
func (s *Switch) Health(endpoint string) error {
	t, err := s.at(endpoint)
	if err != nil {
		return err
	}
	return t.Health(endpoint)
}

// Backend implements deploy.Target.
func (s *Switch) Backend(endpoint string) (deploy.Backend, error) {
	t, err := s.at(endpoint)
	if err != nil {
		return deploy.Backend{}, err
	}
	return t.Backend(endpoint)
}

// Logs implements deploy.Target.
func (s *Switch) Logs(ctx context.Context, endpoint string, lines int, follow bool) (io.ReadCloser, error) {
	t, err := s.at(endpoint)
	if err != nil {
		return nil, err
	}
	return t.Logs(ctx, endpoint, lines, follow)
}

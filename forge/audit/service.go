package audit

import (
	"context"
	"fmt"
	"math"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// Gate decides who may read a project's lines (project.Service).
type Gate interface {
	May(ctx context.Context, actor auth.Actor, id project.ID, p auth.Permission) error
}

// Service is the verbs of the log.
type Service struct {
	store Store
	gate  Gate
	key   chainKey
}

// New makes the service. The key is the chain's: the same for the whole life of
// the log.
func New(store Store, gate Gate, key []byte) *Service { return &Service{store, gate, key} }

// Append makes the line of an act, once for each event. It is a reaction: the
// server itself calls it.
func (s *Service) Append(ctx context.Context, id int64, act event.Act) error {
	path := ""
	if act.Project != 0 {
		var err error
		if path, err = s.store.ProjectPath(ctx, act.Project); err != nil {
			return err
		}
	}
	return s.store.Append(ctx, id, func(seq int64, hash string) (Line, error) {
		e, err := entryOf(seq+1, id, path, act)
		if err != nil {
			return Line{}, err
		}
		return s.key.chained(hash, e)
	})
}

// may lets members with the permission read their project's lines, and only
// administrators all.
func (s *Service) may(ctx context.Context, actor auth.Actor, id int64) error {
	if id != 0 {
		return s.gate.May(ctx, actor, project.ID(id), auth.ReadAudit)
	}
	if err := actor.RequireSignedIn(); err != nil {
		return err
	}
	if err := auth.RequireScope(actor, auth.ScopeReadAPI); err != nil {
		return err
	}
	if !actor.Admin || actor.Project != 0 {
		return fault.Errorf(fault.Denied, "only administrators may read the whole server's audit log: a project's has its own page")
	}
	return nil
}

// List gives lines, youngest first. A filter without a project asks for the
// whole server's.
func (s *Service) List(ctx context.Context, actor auth.Actor, f Filter) ([]Line, int, error) {
	if err := s.may(ctx, actor, f.Project); err != nil {
		return nil, 0, err
	}
	if f.Limit <= 0 {
		f.Limit = 50
	}
	return s.store.List(ctx, f)
}

// Export gives every line that the filter wants to each, oldest first.
func (s *Service) Export(ctx context.Context, actor auth.Actor, f Filter, each func(*Line) error) error {
	if err := s.may(ctx, actor, f.Project); err != nil {
		return err
	}
	return s.store.Walk(ctx, 0, f, each)
}

// Report is what Verify found.
type Report struct {
	Entries int64
	Head    string // the last line's hash: keep it elsewhere
	Problem string // "" when the chain is whole
}

// Verify walks the whole chain. With an expected head, one that an earlier call
// answered, it also finds that lines after it, or all since, were taken away.
func (s *Service) Verify(ctx context.Context, actor auth.Actor, expected string) (Report, error) {
	if err := s.may(ctx, actor, 0); err != nil {
		return Report{}, err
	}
	r := Report{Head: Beginning}
	found := expected == "" || expected == Beginning
	err := s.store.Walk(ctx, math.MinInt64, Filter{}, func(l *Line) error {
		if r.Problem == "" {
			r.Problem = s.key.problem(r.Entries, r.Head, l)
		}
		r.Entries, r.Head = l.Seq, l.Hash
		found = found || l.Hash == expected
		return nil
	})
	if err != nil {
		return Report{}, fmt.Errorf("walking the audit log: %w", err)
	}
	if r.Problem == "" && !found {
		r.Problem = fmt.Sprintf("no line has the expected hash %s: lines were taken from the end, or an older copy of the log stands in its place (it ends at line %d)", expected, r.Entries)
	}
	return r, nil
}

package ci

import (
	"context"

	"dasier/ci/lang"
	"dasier/forge/auth"
	"dasier/forge/variable"
)

// planFacts is what is known while a pipeline is planned.
type planFacts struct {
	facts
	own []variable.Variable
}

// plan turns the configuration into a graph for this pipeline. Mistakes in it
// come back as lang.Problems.
func (s *Service) plan(ctx context.Context, p *Pipeline, text []byte) (*lang.Graph, *planFacts, error) {
	owner, err := s.projects.Get(ctx, auth.System("ci"), p.Project)
	if err != nil {
		return nil, nil, err
	}
	// What a job gets for its environment is not known before there are jobs:
	// rules see what is for everywhere.
	own, err := s.cfg.Variables.ForJob(ctx, p.Project, p.Protected, "")
	if err != nil {
		return nil, nil, err
	}
	requests, err := s.openRequests(ctx, &owner, p)
	if err != nil {
		return nil, nil, err
	}
	f := &planFacts{facts: facts{cfg: &s.cfg, project: &owner, pipeline: p, requests: requests}, own: own}
	config, problems := lang.Parse(s.cfg.File, text)
	if err := problems.Err(); err != nil {
		return nil, nil, err
	}
	graph, err := lang.Plan(config, lang.Context{
		Variables:  expanded(append(projectVariables(own), p.Variables...)),
		Predefined: expanded(f.predefined()),
		Changed:    s.changedPaths(ctx, p),
		ChangedSince: func(base string, patterns []string) (bool, error) {
			since, err := s.code.Resolve(ctx, p.Project, base)
			if err != nil {
				return false, err
			}
			return s.matcher(func() ([]string, error) { return s.code.Changed(ctx, p.Project, since.SHA, p.SHA) })(patterns)
		},
		Exists: s.existingPaths(ctx, p),
	})
	return graph, f, err
}

// changedPaths answers rules:changes. For a ref that is new, or a pipeline
// started by hand, there is nothing to compare with: everything changed.
func (s *Service) changedPaths(ctx context.Context, p *Pipeline) func([]string) (bool, error) {
	if p.Source == SourceAPI || p.Tag || isZeros(p.Before) {
		return nil
	}
	return s.matcher(func() ([]string, error) { return s.code.Changed(ctx, p.Project, p.Before, p.SHA) })
}

// existingPaths answers rules:exists.
func (s *Service) existingPaths(ctx context.Context, p *Pipeline) func([]string) (bool, error) {
	return s.matcher(func() ([]string, error) { return s.code.Paths(ctx, p.Project, p.SHA) })
}

// matcher asks git once, and only when a rule wants to know.
func (s *Service) matcher(load func() ([]string, error)) func([]string) (bool, error) {
	var paths []string
	loaded := false
	return func(patterns []string) (bool, error) {
		if !loaded {
			var err error
			if paths, err = load(); err != nil {
				return false, err
			}
			loaded = true
		}
		return lang.MatchAny(patterns, paths)
	}
}

// environmentOf is the name of the job's environment with its variables in
// place. Those that exist only in a running job are not among them.
func (f *planFacts) environmentOf(spec *Spec) string {
	if spec.Environment == nil {
		return ""
	}
	with := f.facts
	with.spec = spec
	values := expanded(with.variables(f.own))
	return lang.Expand(spec.Environment.Name, func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	})
}

package lang

import "fmt"

// scope is what the rules of one job, or of the workflow, are judged in.
type scope struct {
	ctx       Context
	variables map[string]Variable
	left      *int // of the planner's; below zero nothing is expanded any more
}

// scope lays the context's variables around the file's.
func (p *planner) scope(vars []Variable) scope {
	s := scope{ctx: p.ctx, variables: make(map[string]Variable, len(vars)), left: p.left}
	for _, v := range vars {
		s.variables[v.Key] = v
	}
	return s
}

func (s scope) find(name string) (Variable, bool) {
	const lookup = 32 // bytes that the work of one lookup counts for
	v, ok := s.known(name)
	*s.left -= len(v.Value) + lookup
	if *s.left < 0 {
		// Plan fails when it sees this; until then nothing grows any more.
		return Variable{Key: name, Raw: true}, ok
	}
	return v, ok
}

// known finds a variable by precedence.
func (s scope) known(name string) (Variable, bool) {
	if value, ok := s.ctx.Variables[name]; ok {
		return Variable{Key: name, Value: value}, true
	}
	if v, ok := s.variables[name]; ok {
		return v, true
	}
	value, ok := s.ctx.Predefined[name]
	return Variable{Key: name, Value: value}, ok
}

func (s scope) expand(text string) string { return expand(text, s.find) }

// lookup gives a variable's value with the variables in it in place.
func (s scope) lookup(name string) (string, bool) {
	v, ok := s.find(name)
	if !ok || v.Raw {
		return v.Value, ok
	}
	return expand("${"+name+"}", s.find), true
}

func (s scope) text(name string) string {
	value, _ := s.lookup(name)
	return value
}

// firstMatch finds the rule that decides; nil when none matches ("rules are
// evaluated in order until the first match").
func (s scope) firstMatch(rules []rule) (*rule, error) {
	for i := range rules {
		matches, err := s.matches(&rules[i])
		if err != nil {
			return nil, err
		}
		if matches {
			return &rules[i], nil
		}
	}
	return nil, nil
}

// patternError is a rule that cannot be judged because a variable holds no
// pattern.
type patternError struct {
	line int
	err  error
}

func (e *patternError) Error() string { return fmt.Sprintf("line %d: %v", e.line, e.err) }
func (e *patternError) Unwrap() error { return e.err }

// matches joins the clauses of a rule by and, cheap ones first.
func (s scope) matches(one *rule) (bool, error) {
	if one.condition != nil {
		is, err := one.condition.eval(s.lookup)
		if err != nil {
			return false, &patternError{one.at.line, err}
		}
		if !is {
			return false, nil
		}
	}
	if one.changesSet {
		is, err := s.changed(one.changes, s.expand(one.compareTo))
		if err != nil || !is {
			return false, err
		}
	}
	if one.existsSet {
		return s.exists(one.exists)
	}
	return true, nil
}

// changed asks about patterns with their variables in place
// ("rules:changes:paths: CI/CD variables are supported").
func (s scope) changed(patterns []string, base string) (bool, error) {
	if base != "" {
		if s.ctx.ChangedSince == nil {
			return true, nil
		}
		return s.ctx.ChangedSince(base, s.expandAll(patterns))
	}
	if s.ctx.Changed == nil {
		return true, nil
	}
	return s.ctx.Changed(s.expandAll(patterns))
}

func (s scope) exists(patterns []string) (bool, error) {
	if s.ctx.Exists == nil {
		return true, nil
	}
	return s.ctx.Exists(s.expandAll(patterns))
}

func (s scope) expandAll(patterns []string) []string {
	out := make([]string, len(patterns))
	for i, pattern := range patterns {
		out[i] = s.expand(pattern)
	}
	return out
}

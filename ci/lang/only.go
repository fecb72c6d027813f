package lang

import (
	"regexp"
	"slices"
	"strings"
)

// policy is `only` or `except` ("CI/CD YAML syntax: only / except"), which
// GitLab keeps for old files.
type policy struct {
	refs         []ref
	refsSet      bool
	variables    []*expression
	variablesSet bool
	changes      []string
	changesSet   bool
}

// ref is a name, a /pattern/ or one of the words below.
type ref struct {
	word    string
	pattern *regexp.Regexp
}

// sourceWords are the words of only:refs for sources of pipelines.
var sourceWords = map[string]string{
	"api": "api", "chat": "chat", "external": "external", "web": "web",
	"external_pull_requests": "external_pull_request_event",
	"merge_requests":         "merge_request_event",
	"pipelines":              "pipeline",
	"pushes":                 "push",
	"schedules":              "schedule",
	"triggers":               "trigger",
}

func (r reader) policy(v *value, path string) *policy {
	if silent(v) {
		return nil
	}
	p := &policy{}
	if v.kind != kindDict {
		p.refs, p.refsSet = r.refs(v, path), true
		return p
	}
	f := r.fields(v, path, inOnly)
	if said := f.get("refs"); said != nil {
		p.refs, p.refsSet = r.refs(said, f.pathTo("refs")), true
	}
	if said := f.get("changes"); said != nil {
		p.changes, p.changesSet = r.patterns(said, f.pathTo("changes")), true
	}
	if said := f.get("variables"); said != nil && said.kind != kindList {
		r.wants(said, f.pathTo("variables"), "a list of expressions")
	} else if said != nil {
		p.variablesSet = true
		for i, item := range said.items {
			if e := r.condition(item, nth(f.pathTo("variables"), i)); e != nil {
				p.variables = append(p.variables, e)
			}
		}
	}
	return p
}

func (r reader) refs(v *value, path string) []ref {
	var refs []ref
	for _, word := range r.textOrTexts(v, path) {
		one := ref{word: word}
		switch {
		case strings.HasPrefix(word, "/"):
			re, err := compilePattern(word)
			if err != nil {
				r.fail(v.at, path, "%q: %v", word, err)
				continue
			}
			one.pattern = re
		case strings.Contains(word, "@"):
			r.fail(v.at, path, "%q: a ref of another project is GitLab's and not supported here", word)
			continue
		}
		refs = append(refs, one)
	}
	return refs
}

// onlyDefault is what a job without rules, only and except has: it runs for
// branches and tags, not for merge requests.
var onlyDefault = []ref{{word: "branches"}, {word: "tags"}}

// passes judges both policies: all parts of only hold, no part of except does.
func (s scope) passes(only, except *policy) (bool, error) {
	if only == nil {
		only = &policy{}
	}
	if !only.refsSet {
		with := *only
		with.refs, with.refsSet = onlyDefault, true
		only = &with
	}
	parts, err := s.parts(only)
	if err != nil || slices.Contains(parts, false) {
		return false, err
	}
	if except == nil {
		return true, nil
	}
	parts, err = s.parts(except)
	return !slices.Contains(parts, true), err
}

// parts judges each part that a policy has.
func (s scope) parts(p *policy) ([]bool, error) {
	var parts []bool
	if p.refsSet {
		parts = append(parts, slices.ContainsFunc(p.refs, s.isRef))
	}
	if p.variablesSet {
		one := false
		for _, e := range p.variables {
			is, err := e.eval(s.lookup)
			if err != nil {
				return nil, err
			}
			one = one || is
		}
		parts = append(parts, one)
	}
	if p.changesSet {
		is, err := s.changed(p.changes, "")
		if err != nil {
			return nil, err
		}
		parts = append(parts, is)
	}
	return parts, nil
}

func (s scope) isRef(r ref) bool {
	source := s.text("CI_PIPELINE_SOURCE")
	isTag := s.text("CI_COMMIT_TAG") != ""
	name := s.text("CI_COMMIT_REF_NAME")
	for _, variable := range []string{"CI_COMMIT_TAG", "CI_COMMIT_BRANCH"} {
		if name == "" {
			name = s.text(variable)
		}
	}
	switch {
	case r.pattern != nil:
		return r.pattern.MatchString(name)
	case r.word == "tags":
		return isTag
	case r.word == "branches":
		return !isTag && source != "merge_request_event" && source != "external_pull_request_event"
	case sourceWords[r.word] != "" && sourceWords[r.word] == source:
		return true
	}
	return r.word == name
}

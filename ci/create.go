package ci

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"dasier/ci/lang"
	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// Push is a branch or tag that moved.
type Push struct {
	// Event names the push: one that is delivered twice makes one pipeline.
	// Empty: ref, before and after name it.
	Event    string
	Project  project.ID
	Ref      string // full: refs/heads/main
	Before   string // zeros for a new ref
	After    string // zeros for a deleted one
	User     auth.UserID
	Username string
	Source   Source   // SourcePush when empty
	Options  []string // git push -o: ci.skip, ci.variable=KEY=value
}

func (p *Push) key() string {
	if p.Event != "" {
		return "push:" + p.Event
	}
	return "push:" + p.Ref + ":" + p.Before + ":" + p.After
}

// errNothing is the reason for no pipeline that is nobody's mistake.
var errNothing = errors.New("nothing to run")

// CreateForPush starts the pipeline that a push asks for, and answers its id, or
// 0 when there is none: the ref was deleted or is neither branch nor tag, the
// commit has no configuration, its rules leave nothing to run. A push that says
// to skip makes a skipped pipeline, a configuration with mistakes a failed one.
// It is for the server itself, and may be called again for the same push.
func (s *Service) CreateForPush(ctx context.Context, push Push) (PipelineID, error) {
	name, tag, ok := shortRef(push.Ref)
	if !ok || isZeros(push.After) {
		return 0, nil
	}
	if known, err := s.store.PipelineByKey(ctx, push.Project, push.key()); err == nil {
		return known.ID, s.startIfIdle(ctx, &known)
	} else if !fault.Is(err, fault.Missing) {
		return 0, err
	}
	p := &Pipeline{
		Project: push.Project, Key: push.key(), Source: or(push.Source, SourcePush), Ref: name, Tag: tag,
		SHA: push.After, Before: push.Before, User: push.User, Username: push.Username, Variables: optionVariables(push.Options),
	}
	draft, err := s.draft(ctx, p, skipOption(push.Options))
	if errors.Is(err, errNothing) || fault.Is(err, fault.Missing) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	err = s.create(ctx, draft)
	if fault.Is(err, fault.Conflict) { // made at the same moment by another delivery
		known, err := s.store.PipelineByKey(ctx, push.Project, push.key())
		return known.ID, err
	}
	return draft.state.Pipeline.ID, err
}

// Create starts a pipeline by hand, on a branch or tag.
func (s *Service) Create(ctx context.Context, actor auth.Actor, id project.ID, ref string, variables []Variable) (Pipeline, error) {
	if err := s.projects.May(ctx, actor, id, auth.RunPipeline); err != nil {
		return Pipeline{}, err
	}
	at, err := s.code.Resolve(ctx, id, ref)
	if err != nil {
		return Pipeline{}, err
	}
	if err := s.mayUse(ctx, actor, id, at.Name, at.Tag); err != nil {
		return Pipeline{}, err
	}
	if err := checkVariables(variables); err != nil {
		return Pipeline{}, err
	}
	draft, err := s.draft(ctx, &Pipeline{
		Project: id, Source: SourceAPI, Ref: at.Name, Tag: at.Tag, SHA: at.SHA, Before: zeros,
		User: actor.User, Username: actor.Username, Variables: variables,
	}, false)
	if errors.Is(err, errNothing) {
		return Pipeline{}, fault.Errorf(fault.Invalid, "no pipeline for %s: the rules in %s leave nothing to run", at.Name, s.cfg.File).At("ref")
	}
	if err != nil {
		return Pipeline{}, err
	}
	if err := s.create(ctx, draft, draft.state.Pipeline.act(actor, "pipeline.started")); err != nil {
		return Pipeline{}, err
	}
	return s.store.Pipeline(ctx, draft.state.Pipeline.ID)
}

// mayUse asks for the right to change a protected branch, because jobs there get
// its variables and may deploy.
func (s *Service) mayUse(ctx context.Context, actor auth.Actor, id project.ID, ref string, tag bool) error {
	if tag {
		return nil
	}
	return s.code.MayUse(ctx, actor, id, ref)
}

// draft is a pipeline that is not saved yet.
type draft struct {
	state State
	specs []Spec // parallel to the jobs
}

// draft makes a pipeline of the configuration at its commit. Errors:
// fault.Missing without a configuration, errNothing when nothing is to run.
func (s *Service) draft(ctx context.Context, p *Pipeline, skip bool) (*draft, error) {
	text, err := s.code.File(ctx, p.Project, p.SHA, s.cfg.File)
	if fault.Is(err, fault.Missing) {
		return nil, fault.Errorf(fault.Missing, "no pipeline for %s: there is no %s at commit %s", p.Ref, s.cfg.File, p.SHA)
	}
	if err != nil {
		return nil, err
	}
	p.Created, p.Status = s.now(), Created
	if p.Commit, err = s.code.Commit(ctx, p.Project, p.SHA); err != nil {
		return nil, err
	}
	// Only branches are protected: a tag that is named like one is not.
	if !p.Tag {
		if p.Protected, err = s.code.Protected(ctx, p.Project, p.Ref); err != nil {
			return nil, err
		}
	}
	if p.Source != SourceAPI && (skip || skipMessage(p.Commit.Message)) {
		p.Status, p.Finished = Skipped, p.Created
		return &draft{state: State{Pipeline: *p}}, nil
	}
	graph, f, err := s.plan(ctx, p, text)
	if errors.Is(err, lang.ErrFiltered) {
		return nil, errNothing
	}
	if problems := s.problemsOf(err); problems != nil {
		p.Status, p.Finished, p.Problems = Failed, p.Created, problems
		return &draft{state: State{Pipeline: *p}}, nil
	}
	if err != nil {
		return nil, err
	}
	return s.jobs(p, graph, f), nil
}

// problemsOf are the mistakes in the configuration that err tells of; nil when
// it tells of something else.
func (s *Service) problemsOf(err error) []Problem {
	var problems lang.Problems
	if !errors.As(err, &problems) {
		if fault.Is(err, fault.Invalid) {
			return []Problem{{File: s.cfg.File, Message: fault.Message(err)}}
		}
		return nil
	}
	list := make([]Problem, len(problems))
	for i, p := range problems {
		list[i] = Problem{File: p.File, Line: p.Line, Column: p.Column, Message: p.Message}
		if p.Path != "" {
			list[i].Message = p.Path + ": " + p.Message
		}
	}
	return list
}

// jobs makes the graph's jobs.
func (s *Service) jobs(p *Pipeline, graph *lang.Graph, f *planFacts) *draft {
	p.Name, p.Stages = graph.Name, graph.Stages
	d := &draft{state: State{Pipeline: *p}, specs: graph.Jobs}
	index := map[string]int{}
	for i, stage := range graph.Stages {
		index[stage] = i
	}
	for i := range graph.Jobs {
		spec := &graph.Jobs[i]
		j := Job{
			Project: p.Project, Name: spec.Name, Stage: spec.Stage, StageIndex: index[spec.Stage], Status: Created,
			When: spec.When, AllowFailure: spec.AllowFailure, NeedsSet: spec.NeedsSet, Tags: spec.Tags,
			Timeout: or(spec.Timeout, s.cfg.JobTimeout), Environment: f.environmentOf(spec), Attempt: 1, Created: p.Created,
		}
		for _, need := range spec.Needs {
			j.Needs = append(j.Needs, Need{Job: need.Job, Artifacts: need.Artifacts})
		}
		d.state.Jobs = append(d.state.Jobs, j)
	}
	return d
}

// create saves a draft, keeps its commit in git, and lets the first jobs go.
func (s *Service) create(ctx context.Context, d *draft, acts ...event.Event) error {
	var news []Change
	err := s.store.Create(ctx, &d.state, d.specs, func(_, after *State) []event.Event {
		news = differences(nil, after)
		return append(report(nil, after), acts...)
	})
	if err != nil {
		return err
	}
	s.feed.publish(news...)
	return s.startIfIdle(ctx, &d.state.Pipeline)
}

func (s *Service) startIfIdle(ctx context.Context, p *Pipeline) error {
	if p.Status != Created {
		return nil
	}
	return s.start(ctx, p)
}

// start lets the first jobs of a saved pipeline go, once their commit cannot
// vanish any more. Doing it again is no error.
func (s *Service) start(ctx context.Context, p *Pipeline) error {
	if err := s.code.Keep(ctx, p.Project, p.SHA); err != nil {
		return fmt.Errorf("keeping the commit of pipeline %d: %w", p.ID, err)
	}
	_, err := s.change(ctx, p.ID, func(*State) error { return nil })
	return err
}

// shortRef is the name of a branch or tag.
func shortRef(ref string) (name string, tag, ok bool) {
	if name, ok := strings.CutPrefix(ref, "refs/heads/"); ok {
		return name, false, true
	}
	name, ok = strings.CutPrefix(ref, "refs/tags/")
	return name, true, ok
}

// isZeros tells whether a commit id stands for "there is none"; SHA-256
// repositories have longer ones.
func isZeros(sha string) bool { return strings.Trim(sha, "0") == "" }

// skipMessage tells whether a commit's message asks for no pipeline.
func skipMessage(message string) bool {
	lower := strings.ToLower(message)
	return strings.Contains(lower, "[ci skip]") || strings.Contains(lower, "[skip ci]") ||
		strings.Contains(lower, "[ci-skip]") || strings.Contains(lower, "[skip-ci]")
}

func skipOption(options []string) bool { return slices.Contains(options, "ci.skip") }

// optionVariables are those that came with the push; what is no variable is
// left out, because a push that has happened cannot be refused any more.
func optionVariables(options []string) []Variable {
	var list []Variable
	for _, option := range options {
		text, ok := strings.CutPrefix(option, "ci.variable=")
		if !ok {
			continue
		}
		key, value, _ := strings.Cut(strings.Trim(text, `"`), "=")
		v := Variable{Key: key, Value: value}
		if checkVariables([]Variable{v}) == nil {
			list = append(list, v)
		}
	}
	return list
}

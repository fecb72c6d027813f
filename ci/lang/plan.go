package lang

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"dasier/fault"
)

// ErrFiltered is wrapped by the error of Plan when there is nothing to run:
// workflow:rules leave the pipeline out, or no job's rules match. That is no
// mistake of the file: no pipeline is made.
var ErrFiltered = errors.New("no pipeline")

// Context is what rules are judged against.
type Context struct {
	// Variables are those of the project and of the one who started the
	// pipeline. They win over the file's.
	Variables map[string]string
	// Predefined are the CI_* variables of the server. The file's win over them
	// ("CI/CD variable precedence"). A caller with one map only may put all in
	// Variables.
	Predefined map[string]string
	// Changed tells whether a file that the push or merge request touches
	// matches one of the patterns. Nil: everything changed.
	Changed func(patterns []string) (bool, error)
	// ChangedSince is Changed against another commit, for
	// rules:changes:compare_to. Nil: everything changed.
	ChangedSince func(base string, patterns []string) (bool, error)
	// Exists tells whether a file of the commit matches one of the patterns.
	// Nil: everything exists.
	Exists func(patterns []string) (bool, error)
}

// Plan decides which jobs run. Its error wraps ErrFiltered when there is
// nothing to run, is a fault.Invalid when the rules leave a graph that cannot
// run, and else what Context answered.
func Plan(c *Config, ctx Context) (*Graph, error) {
	if c == nil {
		return nil, fault.Errorf(fault.Invalid, "there is no configuration to plan")
	}
	left := maxJudged
	p := planner{config: c, ctx: ctx, globals: c.variables, workflow: c.workflow, left: &left}
	if err := p.judgeWorkflow(); err != nil {
		return nil, err
	}
	planned, err := p.jobs()
	if err != nil {
		return nil, err
	}
	graph := p.graph(planned)
	if left < 0 {
		return nil, fault.Errorf(fault.Limited, "%s: the variables that rules look at grow to more than %d bytes", c.file, maxJudged)
	}
	if err := graph.Check(); err != nil {
		return nil, p.explain(err)
	}
	return graph, nil
}

type planner struct {
	config   *Config
	ctx      Context
	globals  []Variable // with those of the workflow rule
	workflow workflow
	left     *int // bytes of variables that may still be looked at
}

// judgeWorkflow finds the rule that lets the pipeline be ("workflow:rules").
func (p *planner) judgeWorkflow() error {
	if !p.workflow.rulesSet {
		return nil
	}
	s := p.scope(p.globals)
	matched, err := s.firstMatch(p.workflow.rules)
	if err != nil {
		return p.judging("workflow:rules", err)
	}
	if matched == nil {
		return fault.Errorf(fault.Conflict, "%w: none of workflow:rules matches", ErrFiltered)
	}
	if matched.when == whenNever {
		return fault.Errorf(fault.Conflict, "%w: the rule of workflow:rules on line %d says never", ErrFiltered, matched.at.line)
	}
	p.globals = overlaid(p.globals, matched.variables)
	if matched.autoCancel != nil {
		p.workflow.autoCancel = *matched.autoCancel
	}
	return nil
}

// judging puts words around an error of judging rules. What a Context's
// function says stays internal; a wrong pattern in a variable is the user's.
func (p *planner) judging(what string, err error) error {
	if _, ok := errors.AsType[*patternError](err); ok {
		return fault.Errorf(fault.Invalid, "%s: %s: %w", p.config.file, what, err)
	}
	return fmt.Errorf("judging %s: %w", what, err)
}

// planned is one job that runs, and the job of the file that it is of.
type planned struct {
	Job
	of string
}

// jobs judges every copy of every job.
func (p *planner) jobs() ([]planned, error) {
	var out []planned
	for i := range p.config.jobs {
		job := &p.config.jobs[i]
		for n := range max(1, job.parallel.total) {
			one := job.copy(n)
			runs, err := p.judge(job, &one)
			if err != nil {
				return nil, p.judging("the rules of job "+quoted(one.Name), err)
			}
			if runs {
				out = append(out, planned{one, job.job.Name})
			}
		}
	}
	edge := func(one planned) bool { return one.Stage == stagePre || one.Stage == stagePost }
	switch {
	case len(out) == 0:
		return nil, fault.Errorf(fault.Conflict, "%w: no job's rules match", ErrFiltered)
	case !slices.ContainsFunc(out, func(one planned) bool { return !edge(one) }):
		// "stage: .pre": jobs in .pre and .post alone make no pipeline.
		return nil, fault.Errorf(fault.Conflict, "%w: only jobs in .pre or .post match", ErrFiltered)
	}
	return out, nil
}

// copy is the nth of a parallel job, with GitLab's name for it.
func (c *jobConfig) copy(n int) Job {
	job := c.job
	if c.parallel.total == 0 {
		return job
	}
	job.NodeIndex, job.NodeTotal = n+1, c.parallel.total
	added := []Variable{{Key: "CI_NODE_INDEX", Value: itoa(n + 1)}, {Key: "CI_NODE_TOTAL", Value: itoa(c.parallel.total)}}
	if c.parallel.copies == nil {
		job.Name += " " + itoa(n+1) + "/" + itoa(c.parallel.total)
	} else {
		var values []string
		for _, v := range c.parallel.copies[n] {
			values = append(values, v.Value)
		}
		job.Name += ": [" + strings.Join(values, ", ") + "]"
		added = append(slices.Clone(c.parallel.copies[n]), added...)
	}
	job.Variables = overlaid(job.Variables, added)
	return job
}

// judge settles variables, when and allow_failure of a job, and whether it
// runs.
func (p *planner) judge(c *jobConfig, job *Job) (bool, error) {
	var inherited []Variable
	for _, v := range p.globals {
		if c.inheritVariables.takes(v.Key) {
			inherited = append(inherited, Variable{Key: v.Key, Value: v.Value, Raw: v.Raw})
		}
	}
	job.Variables = overlaid(inherited, job.Variables)
	job.When = c.when
	if job.When == "" {
		job.When = whenSuccess
	}
	allow := c.allowFailure
	s := p.scope(job.Variables)
	if c.rulesSet {
		matched, err := s.firstMatch(c.rules)
		if err != nil || matched == nil {
			return false, err
		}
		allow = matched.apply(job, allow)
	} else if c.only != nil || c.except != nil || !p.workflow.rulesSet {
		// With workflow:rules GitLab takes the default of only away.
		passes, err := s.passes(c.only, c.except)
		if err != nil || !passes {
			return false, err
		}
	}
	if allow != nil {
		job.AllowFailure = *allow
	} else {
		// "when: manual": a job's own manual may fail by default, that of a
		// rule may not.
		job.AllowFailure = c.when == whenManual
	}
	return job.When != whenNever, nil
}

// apply sets on a job what the rule says, and answers allow_failure as it is
// then.
func (one *rule) apply(job *Job, allow *bool) *bool {
	if one.when != "" {
		job.When = one.when
	}
	job.Variables = overlaid(job.Variables, one.variables)
	if one.needsSet {
		job.Needs, job.NeedsSet = one.needs, true
	}
	if one.interruptible != nil {
		job.Interruptible = *one.interruptible
	}
	if one.allowFailure != nil {
		job.AllowFailureExitCodes = nil
		return one.allowFailure
	}
	return allow
}

// overlaid puts variables on others: a known key keeps its place, new ones
// follow.
func overlaid(base, over []Variable) []Variable {
	if len(over) == 0 {
		return slices.Clone(base)
	}
	place := make(map[string]int, len(base)+len(over))
	out := make([]Variable, 0, len(base)+len(over))
	for _, v := range slices.Concat(base, over) {
		if i, ok := place[v.Key]; ok {
			v.Description, v.Options = out[i].Description, out[i].Options
			out[i] = v
			continue
		}
		place[v.Key] = len(out)
		out = append(out, v)
	}
	return out
}

// graph orders the jobs by stage and settles the names in needs and
// dependencies.
func (p *planner) graph(jobs []planned) *Graph {
	g := &Graph{
		Name:       p.scope(p.globals).expand(p.workflow.name),
		Variables:  map[string]Variable{},
		AutoCancel: p.workflow.autoCancel,
		Notices:    slices.Clone(p.config.notices),
	}
	for _, v := range p.globals {
		g.Variables[v.Key] = v
	}
	copies := map[string][]string{}
	for _, one := range jobs {
		copies[one.of] = append(copies[one.of], one.Name)
	}
	for _, stage := range p.config.stages {
		empty := true
		for _, one := range jobs {
			if one.Stage != stage {
				continue
			}
			one.settle(copies)
			g.Jobs = append(g.Jobs, one.Job)
			empty = false
		}
		if !empty {
			g.Stages = append(g.Stages, stage)
		}
	}
	return g
}

// settle names every copy of a parallel job in needs and dependencies, drops
// optional needs that do not run, and dependencies that do not: there are no
// artifacts to take. A need that does not run stays, for Check to refuse.
func (one *planned) settle(copies map[string][]string) {
	if one.NeedsSet {
		needs := make([]Need, 0, len(one.Needs))
		for _, need := range one.Needs {
			names, runs := copies[need.Job]
			if !runs && !need.Optional {
				needs = append(needs, need)
			}
			for _, name := range names {
				needs = append(needs, Need{Job: name, Artifacts: need.Artifacts, Optional: need.Optional})
			}
		}
		one.Needs = needs
	}
	if one.DependenciesSet {
		dependencies := make([]string, 0, len(one.Dependencies))
		for _, name := range one.Dependencies {
			dependencies = append(dependencies, copies[name]...)
		}
		one.Dependencies = dependencies
	}
}

// explain adds to an error of the graph what Plan knows more: that a missing
// job is in the file and only left out.
func (p *planner) explain(err error) error {
	var missing *missingNeed
	if !errors.As(err, &missing) {
		return fault.Errorf(fault.Invalid, "%s: %w", p.config.file, err)
	}
	return fault.Errorf(fault.Invalid, "%s:%d: job %q needs %q, which this pipeline leaves out because its rules do not match; "+
		"give both jobs the same rules, or write the need as {job: %s, optional: true}",
		p.config.file, missing.line, missing.job, missing.need, missing.need)
}

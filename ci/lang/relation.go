package lang

import (
	"slices"
	"strings"
)

// relations checks what jobs say of each other, as far as that holds for every
// pipeline of the file.
type relations struct {
	reader
	stages []string
	jobs   map[string]*jobConfig
	names  []string // those that could not be read as well
}

func (r reader) relations(c *Config, names []string) {
	s := relations{reader: r, stages: c.stages, jobs: map[string]*jobConfig{}, names: names}
	for i := range c.jobs {
		s.jobs[c.jobs[i].job.Name] = &c.jobs[i]
	}
	edges := map[string][]string{}
	for i := range c.jobs {
		job := &c.jobs[i]
		path := "jobs." + job.job.Name
		edges[job.job.Name] = s.needed(job, job.job.Needs, job.needsAt, path+".needs")
		for _, one := range job.rules {
			s.needed(job, one.needs, one.needsAt, one.path+".needs")
		}
		s.takes(job, path+".dependencies")
		s.stops(job, path+".environment.on_stop")
	}
	for i := range c.jobs {
		name := c.jobs[i].job.Name
		if circle := circleFrom(name, edges); circle != nil {
			r.fail(c.jobs[i].at, "jobs."+name+".needs", "needs go in a circle: %s", strings.Join(circle, " → "))
			return
		}
	}
}

// known tells whether a name is a job of the file, and reports when not. The
// job is nil when it could not be read.
func (s relations) known(name string, job *jobConfig, at position, path, verb string) (*jobConfig, bool) {
	if !slices.Contains(s.names, name) {
		s.fail(at, path, "%s %s, which is no job of this file%s", verb, quoted(name), s.meant(name, s.names, job.job.Name))
		return nil, false
	}
	return s.jobs[name], s.jobs[name] != nil
}

// before tells whether a job stands in an earlier stage than another.
func (s relations) before(a, b *jobConfig) bool {
	return slices.Index(s.stages, a.job.Stage) < slices.Index(s.stages, b.job.Stage)
}

// needed checks needs and gives those that are edges between jobs of the file.
func (s relations) needed(job *jobConfig, needs []Need, places []position, path string) []string {
	var edges []string
	for i, need := range needs {
		if need.Optional && !slices.Contains(s.names, need.Job) {
			continue
		}
		target, ok := s.known(need.Job, job, places[i], nth(path, i), "needs")
		switch {
		case !ok:
		case s.before(job, target):
			s.fail(places[i], nth(path, i), "needs %s, which is in the later stage %s", quoted(need.Job), quoted(target.job.Stage))
		default:
			edges = append(edges, need.Job)
		}
	}
	return edges
}

// takes checks dependencies: jobs that are done before ("dependencies"), and
// with needs part of them.
func (s relations) takes(job *jobConfig, path string) {
	for i, name := range job.job.Dependencies {
		at := job.dependenciesAt[i]
		target, ok := s.known(name, job, at, nth(path, i), "takes artifacts of")
		isNeeded := slices.ContainsFunc(job.job.Needs, func(n Need) bool { return n.Job == name })
		switch {
		case !ok:
		case job.job.NeedsSet && !isNeeded:
			s.fail(at, nth(path, i), "takes artifacts of %s, which is not among its needs", quoted(name))
		case !job.job.NeedsSet && !s.before(target, job):
			s.fail(at, nth(path, i), "takes artifacts of %s, which is not in an earlier stage", quoted(name))
		}
	}
}

// stops checks that on_stop names a job that stops the same environment
// ("environment:on_stop").
func (s relations) stops(job *jobConfig, path string) {
	environment := job.job.Environment
	if environment == nil || environment.OnStop == "" {
		return
	}
	target, ok := s.known(environment.OnStop, job, job.environmentAt, path, "is stopped by")
	if !ok {
		return
	}
	other := target.job.Environment
	if other == nil || other.Action != "stop" || other.Name != environment.Name {
		s.fail(job.environmentAt, path, "job %s must have the environment %s with action: stop", quoted(environment.OnStop), quoted(environment.Name))
	}
}

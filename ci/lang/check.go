package lang

import (
	"fmt"
	"slices"
	"strings"
)

// missingNeed is a need that names no job of the graph.
type missingNeed struct {
	job, need string
	line      int
}

func (e *missingNeed) Error() string {
	return fmt.Sprintf("line %d: job %q needs %q, which is not in the pipeline", e.line, e.job, e.need)
}

// Job finds a job by its name.
func (g *Graph) Job(name string) (*Job, bool) {
	for i := range g.Jobs {
		if g.Jobs[i].Name == name {
			return &g.Jobs[i], true
		}
	}
	return nil, false
}

// Check tells whether the graph can run: names are unique, every stage is
// known, needs name jobs of this or an earlier stage, and make no circle. Plan
// gives only graphs that pass.
func (g *Graph) Check() error {
	jobs := make(map[string]*Job, len(g.Jobs))
	for i := range g.Jobs {
		job := &g.Jobs[i]
		if first, twice := jobs[job.Name]; twice {
			return fmt.Errorf("line %d: there are two jobs named %q; the first is on line %d", job.Line, job.Name, first.Line)
		}
		if !slices.Contains(g.Stages, job.Stage) {
			return fmt.Errorf("line %d: job %q is in the unknown stage %q", job.Line, job.Name, job.Stage)
		}
		jobs[job.Name] = job
	}
	edges := map[string][]string{}
	for i := range g.Jobs {
		job := &g.Jobs[i]
		for _, need := range job.Needs {
			target, ok := jobs[need.Job]
			if !ok {
				return &missingNeed{job: job.Name, need: need.Job, line: job.Line}
			}
			if slices.Index(g.Stages, target.Stage) > slices.Index(g.Stages, job.Stage) {
				return fmt.Errorf("line %d: job %q needs %q, which is in the later stage %q", job.Line, job.Name, need.Job, target.Stage)
			}
			edges[job.Name] = append(edges[job.Name], need.Job)
		}
	}
	for _, job := range g.Jobs {
		if circle := circleFrom(job.Name, edges); circle != nil {
			return fmt.Errorf("line %d: needs go in a circle: %s", job.Line, strings.Join(circle, " → "))
		}
	}
	return nil
}

// circleFrom finds a way along the edges from name that meets itself; nil when
// there is none. What it found harmless it takes out of edges.
func circleFrom(name string, edges map[string][]string) []string {
	var chain []string
	var visit func(string) []string
	visit = func(at string) []string {
		if i := slices.Index(chain, at); i >= 0 {
			return slices.Concat(chain[i:], []string{at})
		}
		chain = append(chain, at)
		for _, next := range edges[at] {
			if circle := visit(next); circle != nil {
				return circle
			}
		}
		delete(edges, at)
		chain = chain[:len(chain)-1]
		return nil
	}
	return visit(name)
}

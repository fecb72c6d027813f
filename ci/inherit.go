package ci

import (
	"cmp"
	"slices"
)

// artifactSources are the jobs whose artifacts a job gets: with `needs` those
// needed with artifacts, otherwise all of earlier stages; `dependencies` narrows
// either. Of each job the latest attempt counts.
func artifactSources(state *State, job *Job, spec *Spec) []Job {
	var sources []Job
	for i := range state.Jobs {
		other := &state.Jobs[i]
		if other.Retried || !hands(job, other) {
			continue
		}
		if spec.DependenciesSet && !slices.Contains(spec.Dependencies, other.Name) {
			continue
		}
		sources = append(sources, *other)
	}
	// Later stages come last, so that of equal names theirs count.
	slices.SortStableFunc(sources, func(a, b Job) int { return cmp.Compare(a.StageIndex, b.StageIndex) })
	return sources
}

// hands tells whether other's artifacts go to job by stage or need.
func hands(job, other *Job) bool {
	if !job.NeedsSet {
		return other.StageIndex < job.StageIndex
	}
	return slices.ContainsFunc(job.Needs, func(n Need) bool { return n.Job == other.Name && n.Artifacts })
}

func ids(jobs []Job) []JobID {
	list := make([]JobID, len(jobs))
	for i := range jobs {
		list[i] = jobs[i].ID
	}
	return list
}

// dependencies are the archives among the artifacts, in the jobs' order.
func dependencies(sources []Job, artifacts []Artifact) []Dependency {
	var list []Dependency
	for i := range sources {
		for _, a := range artifacts {
			if a.Job == sources[i].ID && a.Kind == archive {
				list = append(list, Dependency{Job: a.Job, Name: sources[i].Name, Filename: a.Filename, Size: a.Size})
			}
		}
	}
	return list
}

// reported are the variables of the dotenv reports, in the jobs' order.
func reported(sources []Job, artifacts []Artifact) []Variable {
	var list []Variable
	for i := range sources {
		for _, a := range artifacts {
			if a.Job == sources[i].ID && a.Kind == dotenv {
				list = append(list, a.Variables...)
			}
		}
	}
	return list
}

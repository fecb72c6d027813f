package ci

import (
	"slices"
	"time"
)

// RunnerID names a runner.
type RunnerID int64

// Runner is something that takes jobs: one token, on one or more machines.
type Runner struct {
	ID          RunnerID
	Description string
	TokenHash   string
	Embedded    bool // lives in this server's process
	Paused      bool
	Tags        []string
	RunUntagged bool
	Info        Info // as it introduced itself last
	Created     time.Time
	Seen        time.Time
}

// Info is what a runner says of itself.
type Info struct {
	Name         string          `json:"name"`
	Version      string          `json:"version"`
	Revision     string          `json:"revision"`
	Platform     string          `json:"platform"`
	Architecture string          `json:"architecture"`
	Executor     string          `json:"executor"`
	Shell        string          `json:"shell"`
	Features     map[string]bool `json:"features"`
}

// takes tells whether the runner may take the job, by its tags.
func (r *Runner) takes(j *Job) bool {
	if len(j.Tags) == 0 {
		return r.RunUntagged
	}
	return !slices.ContainsFunc(j.Tags, func(tag string) bool { return !slices.Contains(r.Tags, tag) })
}

package ci

import (
	"time"

	"dasier/ci/lang"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// PipelineID names a pipeline.
type PipelineID int64

// JobID names one attempt of a job.
type JobID int64

// Source is what started a pipeline.
type Source string

// The sources.
const (
	SourcePush  Source = "push"
	SourceMerge Source = "merge" // a push that the server made by merging
	SourceAPI   Source = "api"
)

// Pipeline is the jobs of one commit, started once.
type Pipeline struct {
	ID      PipelineID
	Project project.ID
	// Key is what started it, unique in the project, so that an event that is
	// delivered again starts nothing; empty for those that people start.
	Key    string
	Status Status
	Source Source
	// Ref is the branch or tag without refs/heads/ or refs/tags/.
	Ref       string
	Tag       bool
	Protected bool // whether the ref was, when the pipeline was made
	SHA       string
	Before    string // what the ref was before the push; zeros when it was nothing
	Commit    Commit
	Name      string // workflow:name
	User      auth.UserID
	Username  string
	Variables []Variable // given by who started it
	Stages    []string
	Problems  []Problem // why a pipeline failed before it had jobs
	Created   time.Time
	Started   time.Time // zero until the first job is taken
	Finished  time.Time // zero while it goes on
	Version   int
}

// Duration is how long the pipeline has run at the given time.
func (p *Pipeline) Duration(now time.Time) time.Duration { return between(p.Started, p.Finished, now) }

// Error is the first problem as a sentence; empty when there is none.
func (p *Pipeline) Error() string {
	if len(p.Problems) == 0 {
		return ""
	}
	return p.Problems[0].Message
}

// Problem is one mistake in the configuration, and where it stands.
type Problem struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
}

// Commit is what a pipeline shows of its commit.
type Commit struct {
	SHA         string    `json:"sha"`
	Title       string    `json:"title"`
	Message     string    `json:"message"`
	AuthorName  string    `json:"author_name"`
	AuthorEmail string    `json:"author_email"`
	Authored    time.Time `json:"authored"`
}

// Variable is one CI/CD variable on its way to a job.
type Variable struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	Public bool   `json:"public,omitempty"` // may be shown to service containers
	Masked bool   `json:"masked,omitempty"` // the runner hides its value in the log
	File   bool   `json:"file,omitempty"`   // the job finds it in a file that the variable names
	Raw    bool   `json:"raw,omitempty"`    // its value is not expanded
}

// Job is one attempt of one job.
type Job struct {
	ID         JobID
	Pipeline   PipelineID
	Project    project.ID
	Name       string
	Stage      string
	StageIndex int
	Status     Status
	When       string
	// AllowFailure: the pipeline goes on when this fails. Softened: it became
	// so because the exit code is one of those allowed.
	AllowFailure bool
	Softened     bool
	Needs        []Need
	NeedsSet     bool
	Tags         []string
	Spec         SpecID
	Timeout      time.Duration
	Environment  string     // the name, with its variables in place
	Variables    []Variable // given by who played it

	Attempt     int // from 1
	Retried     bool
	Failure     Failure
	ExitCode    int
	Interrupted bool // the runner or the server went away; it can be retried

	Runner     RunnerID
	RunnerName string
	Graceful   bool   // the runner knows how to cancel gracefully
	TokenHash  string // of the job's token; empty until a runner has it

	LogTruncated bool

	Created      time.Time
	Queued       time.Time
	Started      time.Time
	Acknowledged time.Time // the runner said that it got it
	Seen         time.Time // the runner's last word
	Finished     time.Time
	Version      int
}

// Duration is how long the job has run at the given time.
func (j *Job) Duration(now time.Time) time.Duration { return between(j.Started, j.Finished, now) }

func between(start, end, now time.Time) time.Duration {
	switch {
	case start.IsZero():
		return 0
	case end.IsZero():
		return now.Sub(start)
	default:
		return end.Sub(start)
	}
}

// Need is a job that must be done before, and whether its artifacts are taken.
type Need struct {
	Job       string `json:"job"`
	Artifacts bool   `json:"artifacts"`
}

// SpecID names a job's definition, which its attempts share.
type SpecID int64

// Spec is a job's definition as the configuration said it, unexpanded. It is
// kept as JSON with the field names of lang.Job.
type Spec = lang.Job

// Failure says why a job failed, in the words of GitLab's runner protocol.
type Failure string

// The reasons that the server itself gives.
const (
	ScriptFailure   Failure = "script_failure"
	RunnerFailure   Failure = "runner_system_failure"
	TimeoutFailure  Failure = "job_execution_timeout"
	StuckFailure    Failure = "stuck_or_timeout_failure"
	UnknownFailure  Failure = "unknown_failure"
	InterruptedFail Failure = "runner_interrupted"
)

// Failures are the reasons that a runner may give.
var Failures = []Failure{
	ScriptFailure, RunnerFailure, TimeoutFailure, UnknownFailure, InterruptedFail,
	"image_pull_failure", "runner_configuration_error", "runner_external_dependency_failure", "job_canceled",
}

package ci

import (
	"context"
	"io"
	"time"

	"dasier/blob"
	"dasier/event"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// Report names the events between two states of a pipeline. It is asked when
// the new state is written and has its ids, and the events are saved with it.
type Report func(before, after *State) []event.Event

// Filter picks pipelines. Zero fields pick all.
type Filter struct {
	Ref    string
	SHA    string
	Status Status
	Offset int
	Limit  int // 0 means 50
}

// Store keeps pipelines, jobs, runners and the rows of artifacts.
type Store interface {
	// Create saves a new pipeline with its jobs and their definitions (specs is
	// parallel to s.Jobs), and fills in the ids. A key that the project has
	// already answers fault.Conflict. report is called with a nil before.
	Create(ctx context.Context, s *State, specs []Spec, report Report) error
	// Change locks the pipeline, loads it with all its jobs, lets rule change
	// them or add jobs, and saves what changed with the events that report
	// names, in one transaction. An error of rule is returned as it is, and
	// nothing is saved. rule must do nothing but compute: it holds the lock.
	Change(ctx context.Context, id PipelineID, rule func(*State) error, report Report) error

	// Pipeline, PipelineByKey, Job, JobByToken and Spec answer fault.Missing.
	Pipeline(ctx context.Context, id PipelineID) (Pipeline, error)
	PipelineByKey(ctx context.Context, id project.ID, key string) (Pipeline, error)
	// Pipelines lists newest first, and counts all that match.
	Pipelines(ctx context.Context, id project.ID, filter Filter) ([]Pipeline, int, error)
	// Failing lists the user's failed pipelines of protected branches that are the
	// newest of their branch, newest first.
	Failing(ctx context.Context, user auth.UserID, limit int) ([]Pipeline, error)
	// Idle lists pipelines in the state created that were made before the given
	// time: somebody died between making and starting them.
	Idle(ctx context.Context, before time.Time) ([]PipelineID, error)
	// Jobs lists a pipeline's jobs in the order they were made.
	Jobs(ctx context.Context, id PipelineID) ([]Job, error)
	Job(ctx context.Context, id JobID) (Job, error)
	JobByToken(ctx context.Context, hash string) (Job, error)
	Spec(ctx context.Context, id SpecID) (Spec, error)
	// Waiting lists pending jobs, those that wait longest first.
	Waiting(ctx context.Context) ([]Job, error)
	// Active lists the jobs that runners have.
	Active(ctx context.Context) ([]Job, error)
	// Touch notes when a job's runner was last heard of; it is no change of the
	// job's state and needs no version.
	Touch(ctx context.Context, id JobID, at time.Time) error
	// Truncated notes that a job's log has reached its limit.
	Truncated(ctx context.Context, id JobID) error

	// AddArtifact saves a row; one of the same job and kind is replaced.
	AddArtifact(ctx context.Context, a Artifact) (Artifact, error)
	// Artifacts lists those of the given jobs.
	Artifacts(ctx context.Context, jobs ...JobID) ([]Artifact, error)
	// Expired lists up to limit artifacts whose time is over.
	Expired(ctx context.Context, now time.Time, limit int) ([]Artifact, error)
	RemoveArtifact(ctx context.Context, id ArtifactID) error
	// Uses counts the artifacts that have this content.
	Uses(ctx context.Context, d blob.Digest) (int, error)

	// LeftLogs and LeftContent list up to limit of the logs, and of the artifacts'
	// content, that rows of deleted projects named; LogsRemoved and ContentRemoved
	// take from those lists.
	LeftLogs(ctx context.Context, limit int) ([]JobID, error)
	LogsRemoved(ctx context.Context, jobs []JobID) error
	LeftContent(ctx context.Context, limit int) ([]blob.Digest, error)
	ContentRemoved(ctx context.Context, content []blob.Digest) error

	AddRunner(ctx context.Context, r Runner) (Runner, error)
	// SaveRunner saves all of a runner's fields.
	SaveRunner(ctx context.Context, r Runner) error
	// SeeRunner notes when a runner was last heard of, and what it said of
	// itself; nothing else of it, which may be changing at this moment.
	SeeRunner(ctx context.Context, id RunnerID, info Info, at time.Time) error
	// RunnerByToken and EmbeddedRunner answer fault.Missing.
	RunnerByToken(ctx context.Context, hash string) (Runner, error)
	EmbeddedRunner(ctx context.Context) (Runner, error)
	Runners(ctx context.Context) ([]Runner, error)
	RemoveRunner(ctx context.Context, id RunnerID) error
}

// LogStore keeps job logs as bytes that only grow. Methods are safe for
// concurrent use.
type LogStore interface {
	// Append adds data at the given offset, which must be the log's size: if it
	// is not, nothing is added and the size is answered with ErrOffset. When
	// Append has answered, the bytes survive the death of this process.
	Append(ctx context.Context, id JobID, at int64, data []byte) (size int64, err error)
	// Size is 0 for a log that does not exist.
	Size(ctx context.Context, id JobID) (int64, error)
	// Open reads a log; one that does not exist is empty.
	Open(ctx context.Context, id JobID) (io.ReadSeekCloser, error)
	// Seal makes the log survive the loss of power, too.
	Seal(ctx context.Context, id JobID) error
	// Remove removes a log; one that does not exist is removed already.
	Remove(ctx context.Context, id JobID) error
}

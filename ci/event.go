package ci

import "dasier/forge/project"

// PipelineCreated happened when a pipeline was made, even one that failed before
// it had jobs.
type PipelineCreated struct {
	Project  project.ID `json:"project"`
	Pipeline PipelineID `json:"pipeline"`
}

// EventKind names the event.
func (PipelineCreated) EventKind() string { return "ci.pipeline_created" }

// PipelineFinished happened when all jobs of a pipeline were over. A retried
// pipeline finishes again.
type PipelineFinished struct {
	Project  project.ID `json:"project"`
	Pipeline PipelineID `json:"pipeline"`
	Status   Status     `json:"status"`
}

// EventKind names the event.
func (PipelineFinished) EventKind() string { return "ci.pipeline_finished" }

// JobQueued happened when a job became ready for a runner.
type JobQueued struct {
	Project  project.ID `json:"project"`
	Pipeline PipelineID `json:"pipeline"`
	Job      JobID      `json:"job"`
}

// EventKind names the event.
func (JobQueued) EventKind() string { return "ci.job_queued" }

// JobFinished happened when a job that was not skipped was over.
type JobFinished struct {
	Project  project.ID `json:"project"`
	Pipeline PipelineID `json:"pipeline"`
	Job      JobID      `json:"job"`
	Status   Status     `json:"status"`
}

// EventKind names the event.
func (JobFinished) EventKind() string { return "ci.job_finished" }

// Package ci runs pipelines: what a push or a person starts, the jobs in it, the
// runners that take them, their logs and artifacts.
//
// # States
//
// A job is in one of nine states, and one table (machine.go, drawn in
// STATES.md) says which step leads from which to which. A pipeline has no
// machine of its own: its status is a function of its jobs' (derive.go). After
// every change of a job, settle (settle.go) decides what the others do next, in
// the same transaction. Trying a job again never rewrites history: it adds an
// attempt, and the old one is marked retried.
//
// # Invariants
//
//   - A pipeline and all its jobs change together under one lock of the store
//     (Store.Change), so that a job is claimed once and no step is lost.
//   - A push makes at most one pipeline, however often its event is delivered:
//     the event's key is unique in the project.
//   - A log byte that was acknowledged is kept: the answer comes after the write,
//     and the end of a job is answered after the log was synced.
//   - A job token stands for the pipeline's starter, in the job's project, while
//     the job runs. The runner's own calls may use it a little longer, because
//     the answer to the last one may get lost.
//   - Artifacts are the only thing in their blob store: the sweeper deletes
//     content that no artifact row names any more.
//
// # What it does not know
//
// How a job is executed (ci/runner, or any runner that speaks GitLab's runner
// protocol), how that protocol spells things (api/gitlab), what the YAML means
// (ci/lang), where bytes are kept (LogStore, blob.Store), and how git is read
// (Code). Secrets are masked by the runner, which is told which they are.
package ci

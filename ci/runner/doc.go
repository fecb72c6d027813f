// Package runner takes jobs from a server over GitLab's runner protocol and runs
// them on this machine, as processes or in containers.
//
// It is a client like any other: it knows the protocol's wire format and nothing
// of the server behind it, which may be in the same process or far away.
//
// # A job's life here
//
// Taken (poll.go), confirmed, given a folder of its own (workspace.go) and a
// clean environment (variables.go); its sources are fetched (sources.go) and the
// archives of earlier jobs unpacked (unpack.go); its script runs in one shell,
// its after_script in another (script.go, process.go); its files are packed and
// sent (collect.go, upload.go); its result is told last (trace.go), again and
// again until the server has heard it.
//
// # Invariants
//
//   - A log byte is masked (mask.go) before it is kept anywhere, and kept in the
//     job's folder before it is sent, so that it can be sent again.
//   - When a step is over, however it ended, no process of it is left: those
//     that changed their group or session are found by the mark in their
//     environment, their folder, or their parents (tree.go). This is tidiness,
//     not a wall: a job runs as the runner's user, and one that tries to can
//     hide a process. Where jobs run as users of their own (Config.Users) it is
//     one: all that runs as the user is the job's, and no job reads what is the
//     runner's or another job's.
//   - The job's token is in no file and in no command line.
//   - Nothing outside of the project's folder is read for artifacts or written
//     from archives, whatever symbolic links say: both go through an os.Root.
//
// # What it does not know
//
// Pipelines, stages, retries, who may do what: the server's. Whether scripts run
// as processes or, with an engine, in containers of the image that the job names
// (contained.go), only the executor knows; sources and artifacts are the
// runner's own work either way.
package runner

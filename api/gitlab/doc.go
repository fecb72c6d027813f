// Package gitlab is the face that GitLab's clients see at /api/v4. Today that is
// the runner protocol: an unmodified gitlab-runner, and our own, register here,
// take jobs, stream logs and exchange artifacts.
//
// The package translates and decides nothing: what a job is and who may touch
// it is ci's. What it must get right is what runners read into an answer, which
// is more than the words say:
//
//   - 403 to a request for a job, three times in a row, makes a runner pause for
//     an hour, so only a token that is really dead gets one; everything else
//     that goes wrong there is 503 or 204.
//   - A job with one field of another type than the runner expects is lost
//     without a word, so payloads are encoded from typed structs (payload.go).
//   - 416 to a piece of log names the size of the log, which is where the next
//     piece begins; not its last byte.
//   - The header Job-Status is the only way to tell a runner that its job was
//     canceled; 404 stops nothing.
//   - 202 and 412 to a runner's last word make it come again, for ever if need
//     be, so neither is ever given.
package gitlab

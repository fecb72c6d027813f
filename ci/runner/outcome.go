package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// Why a job is stopped from outside: the causes of its contexts.
var (
	errCanceled    = errors.New("canceled")
	errAborted     = errors.New("canceled at once")
	errTimeout     = errors.New("the job's time is up")
	errStepTimeout = errors.New("the script's time is up")
	errInterrupted = errors.New("the runner is stopping")
)

// exitError is a script that failed by itself.
type exitError struct{ code int }

// Error names the code.
func (e *exitError) Error() string { return "exit code " + strconv.Itoa(e.code) }

// jobError is a failure that the job's author has to look at, other than a
// script's: what was asked for cannot be done.
type jobError struct{ error }

func (e *jobError) Unwrap() error { return e.error }

// outcome is how a job ended. The zero value is success.
type outcome struct {
	reason  string
	code    int
	message string
}

func (o outcome) failed() bool { return o.reason != "" }

// known gives the reason in words that the server knows. The first three it
// knows always.
func (o outcome) known(reasons []string) string {
	always := []string{reasonScript, reasonSystem, reasonTimeout}
	if slices.Contains(always, o.reason) || slices.Contains(reasons, o.reason) {
		return o.reason
	}
	return reasonUnknown
}

// outcomeOf tells how a job ended from its last error. ctx is the job's: when
// it ended, its cause explains the error.
func outcomeOf(ctx context.Context, err error, job *job) outcome {
	if err == nil {
		return outcome{}
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	exit, script := errors.AsType[*exitError](err)
	wrong, authors := errors.AsType[*jobError](err)
	switch {
	case errors.Is(err, errCanceled), errors.Is(err, errAborted):
		return outcome{reason: reasonCanceled, message: errCanceled.Error()}
	case errors.Is(err, errTimeout):
		return outcome{reason: reasonTimeout, message: fmt.Sprintf("execution took longer than %s", job.timeout())}
	case errors.Is(err, errStepTimeout):
		return outcome{reason: reasonTimeout, message: "the script took longer than RUNNER_SCRIPT_TIMEOUT"}
	case errors.Is(err, errInterrupted), errors.Is(err, context.Canceled):
		return outcome{reason: reasonInterrupted, message: errInterrupted.Error()}
	case script:
		return outcome{reason: reasonScript, code: exit.code, message: exit.Error()}
	case authors:
		return outcome{reason: reasonScript, code: 1, message: wrong.Error()}
	default:
		return outcome{reason: reasonSystem, message: err.Error()}
	}
}

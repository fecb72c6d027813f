package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"
)

// build is one job being run.
type build struct {
	runner      *Runner
	job         *job
	folder      *workspace
	environment *environment
	trace       *trace
	journal     *journal
	executor    executor // of what the runner itself does for the job
	scripts     executor // of what the job does
	release     func()   // gives the job's user back
	// scripted: the script has begun, so that there is something to clean up
	// after.
	scripted bool
}

const (
	stepAfterScript  = "after_script"
	afterScriptLimit = 5 * time.Minute
)

// newBuild makes a job's folder, log and environment.
func newBuild(r *Runner, j *job) (*build, error) {
	user, release := r.takeUser()
	folder, err := newWorkspace(r.cfg.Dir, r.cfg.Program, user, j)
	if err != nil {
		release()
		return nil, err
	}
	folder.contained = r.cfg.Engine != nil
	b := &build{runner: r, job: j, folder: folder, release: release}
	if err := b.prepare(); err != nil {
		release()
		return nil, errors.Join(err, removeFolder(folder.root))
	}
	return b, nil
}

func (b *build) prepare() error {
	r, j, folder := b.runner, b.job, b.folder
	var err error
	if b.environment, err = newEnvironment(j, folder, &r.cfg); err != nil {
		return err
	}
	if b.trace, err = newTrace(r.client, j, filepath.Join(folder.files, "log"), r.cfg.LogLimit, r.cfg.Log.With("job", j.ID)); err != nil {
		return err
	}
	secrets := b.environment.secrets
	if remote, err := newRemote(j); err == nil && remote.secret != "" {
		secrets = append(secrets, remote.secret, strings.TrimPrefix(remote.header(), "Authorization: Basic "))
	}
	b.journal = newJournal(b.trace, secrets, j.Features.TokenPrefixes, j.Features.TraceSections)
	b.executor = b.process(b.journal)
	b.scripts = b.executor
	if r.cfg.Engine != nil {
		b.scripts = newContained(b)
	}
	return nil
}

// process makes an executor on this machine, as the job's user.
func (b *build) process(output io.Writer) *process {
	return &process{mark: b.folder.root, output: output, user: b.folder.user, alone: b.runner.cfg.usersAlone()}
}

// run does the whole job. ctx ends when everything is to stop at once; script
// ends too when only the script is, and after_script is to follow.
func (b *build) run(ctx, script context.Context) outcome {
	b.introduce()
	script, release := context.WithTimeoutCause(script, b.job.timeout(), errTimeout)
	defer release()
	end := outcomeOf(script, b.work(script), b.job)
	if b.scripted && !errors.Is(context.Cause(script), errTimeout) && ctx.Err() == nil {
		b.afterScript(ctx, end)
	}
	if b.scripted && ctx.Err() == nil {
		b.saveCaches(ctx, end.failed())
	}
	// What a script that took too long has written may tell why.
	if b.scripted && ctx.Err() == nil {
		if err := b.uploadArtifacts(ctx, end.failed()); err != nil && !end.failed() {
			end = outcomeOf(ctx, err, b.job)
		}
	}
	if ctx.Err() != nil {
		end = outcomeOf(ctx, ctx.Err(), b.job)
	}
	if end.failed() {
		b.journal.line(red, "ERROR: Job failed: %s", end.message)
	} else {
		b.journal.line(green, "Job succeeded")
	}
	return end
}

// introduce says in the log who runs the job, and what of it is not done here.
func (b *build) introduce() {
	b.journal.line("", "Running with dasier runner %s on %s", b.runner.cfg.Version, b.runner.cfg.hostname)
	switch {
	case b.runner.cfg.Engine != nil:
	case b.job.Image != nil && b.job.Image.Name != "":
		b.journal.line(yellow, "image %s is recorded; this runner runs jobs as processes", b.environment.expand(b.job.Image.Name))
	}
	if n := len(b.job.Services); n > 0 && b.runner.cfg.Engine == nil {
		b.journal.line(yellow, "services are recorded; this runner starts none")
	}
	if len(b.job.Cache) > 0 && b.runner.cfg.CacheDir == "" {
		b.journal.line(yellow, "cache is recorded; this runner keeps none")
	}
}

// work does what can fail the job, up to the end of its script.
func (b *build) work(ctx context.Context) error {
	err := b.journal.section("get_sources", "Getting source from Git repository", func() error { return b.getSources(ctx) })
	if err != nil {
		return err
	}
	if err := b.restoreCaches(ctx); err != nil {
		return err
	}
	if err := b.downloadArtifacts(ctx); err != nil {
		return err
	}
	if c, ok := b.scripts.(*contained); ok {
		if err := b.journal.section("prepare_executor", "Preparing the containers", func() error { return c.prepare(ctx) }); err != nil {
			return err
		}
	}
	return b.journal.section("step_script", "Executing the job's script", func() error {
		b.scripted = true
		limited, release := ctx, func() {}
		if limit := b.environment.duration("RUNNER_SCRIPT_TIMEOUT", 0); limit > 0 {
			limited, release = context.WithTimeoutCause(ctx, limit, errStepTimeout)
		}
		defer release()
		for _, s := range b.job.Steps {
			if s.Name == stepAfterScript {
				continue
			}
			if err := b.runScript(limited, s, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// afterScript runs in a shell of its own and changes nothing about how the job
// ends.
func (b *build) afterScript(ctx context.Context, end outcome) {
	for _, s := range b.job.Steps {
		if s.Name != stepAfterScript {
			continue
		}
		limit := b.environment.duration("RUNNER_AFTER_SCRIPT_TIMEOUT", afterScriptLimit)
		limited, release := context.WithTimeoutCause(ctx, limit, errStepTimeout)
		err := b.journal.section("after_script", "Running after_script", func() error {
			return b.runScript(limited, s, map[string]string{"CI_JOB_STATUS": end.status()})
		})
		release()
		if errors.Is(err, errStepTimeout) {
			err = fmt.Errorf("it took longer than %s", limit)
		}
		if err != nil {
			b.journal.line(yellow, "WARNING: after_script failed, but the job goes on: %v", err)
		}
	}
}

// status is what after_script sees.
func (o outcome) status() string {
	switch o.reason {
	case "":
		return "success"
	case reasonCanceled:
		return "canceled"
	default:
		return "failed"
	}
}

// close ends with the job's folder.
func (b *build) close() error {
	defer b.release()
	errs := []error{b.trace.close()}
	if c, ok := b.scripts.(*contained); ok {
		errs = append(errs, c.close())
	}
	return errors.Join(append(errs, removeFolder(b.folder.root))...)
}

package ci

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"dasier/blob"
	"dasier/event"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/forge/variable"
)

// Projects is what ci wants of the projects (project.Service).
type Projects interface {
	May(ctx context.Context, actor auth.Actor, id project.ID, p auth.Permission) error
	Get(ctx context.Context, actor auth.Actor, id project.ID) (project.Project, error)
}

// Variables is what ci wants of the variables that people set (variable.Service).
type Variables interface {
	// ForJob gives those of a job on a protected or other ref, for an environment
	// or none ("").
	ForJob(ctx context.Context, id project.ID, protectedRef bool, environment string) ([]variable.Variable, error)
}

// Code is what ci wants of a project's repository (Repositories).
type Code interface {
	// Resolve finds a branch or tag by its short or full name, branches first;
	// fault.Missing when there is none.
	Resolve(ctx context.Context, id project.ID, ref string) (Ref, error)
	Commit(ctx context.Context, id project.ID, sha string) (Commit, error)
	// File reads a file at a commit; fault.Missing when there is none.
	File(ctx context.Context, id project.ID, sha, path string) ([]byte, error)
	// Paths lists all files of a commit.
	Paths(ctx context.Context, id project.ID, sha string) ([]string, error)
	// Changed lists the files that differ between two commits.
	Changed(ctx context.Context, id project.ID, before, after string) ([]string, error)
	// Keep holds the commit against pruning, so that jobs can fetch it by its
	// name after its branch has moved or gone. Doing it again is no error.
	Keep(ctx context.Context, id project.ID, sha string) error
	// Protected tells whether a branch or tag is protected.
	Protected(ctx context.Context, id project.ID, ref string) (bool, error)
	// MayUse answers nil when the actor may push to the branch or merge into it,
	// as whoever starts a pipeline there must: its jobs get the protected
	// variables. Branches that are not protected are open to all.
	MayUse(ctx context.Context, actor auth.Actor, id project.ID, ref string) error
}

// Ref is a branch or a tag and the commit it stands for.
type Ref struct {
	Name string // short
	Tag  bool
	SHA  string
}

// Config has the settings of the service; the zero value works for tests, a
// server sets URL.
type Config struct {
	// URL is where users and runners reach the server, without a final slash.
	// Default http://127.0.0.1:8080.
	URL string
	// Version of the server, for CI_SERVER_VERSION. Default "dev".
	Version string
	// File is the configuration's path. Default .gitlab-ci.yml.
	File string
	// LogLimit is the size at which a job's log is cut. Default 16 MiB.
	LogLimit int64
	// ArtifactLimit bounds one archive, ReportLimit one report. Defaults 1 GiB
	// and 16 MiB.
	ArtifactLimit, ReportLimit int64
	// ArtifactLife is how long artifacts without expire_in live. Default 30 days.
	ArtifactLife time.Duration
	// JobTimeout is for jobs that name none. Default one hour.
	JobTimeout time.Duration
	// AcknowledgeWithin is how long a runner may take to confirm a job before
	// another gets it. Default one minute.
	AcknowledgeWithin time.Duration
	// LostAfter is the silence after which a runner counts as gone. Runners
	// speak every 30 s at least. Default five minutes.
	LostAfter time.Duration
	// StuckAfter is how long a job waits for a runner. Default one day.
	StuckAfter time.Duration
	// TokenGrace is how long the runner's own calls may use the token of a job
	// that is over. Default ten minutes.
	TokenGrace time.Duration
	// Depth is the default of GIT_DEPTH. Default 20, as GitLab's.
	Depth int
	// Variables are those that people set for projects. Default: there are none.
	Variables Variables
	// MayDeploy is nil when the actor may deploy to the project's environment of
	// that name: it is asked before a job of one is played or tried again.
	// Default: whoever may run the job may.
	MayDeploy func(ctx context.Context, actor auth.Actor, id project.ID, environment string) error
	// MayHave is nil when a job of the actor's pipeline, on a ref that is protected
	// or not, may have the variables of the environment of that name. Default: it
	// may.
	MayHave func(ctx context.Context, actor auth.Actor, id project.ID, environment string, protected bool) error
	// OpenRequests lists the numbers of a branch's open merge requests, oldest
	// first. Default: there are none.
	OpenRequests func(ctx context.Context, id project.ID, branch string) ([]int, error)
	// Now is the clock. Default time.Now.
	Now func() time.Time
	// Log is for what no caller can be told. Default slog.Default().
	Log *slog.Logger
}

func (c Config) withDefaults() Config {
	c.URL = strings.TrimSuffix(or(c.URL, "http://127.0.0.1:8080"), "/")
	c.Version = or(c.Version, "dev")
	c.File = or(c.File, ".gitlab-ci.yml")
	c.LogLimit = or(c.LogLimit, 16<<20)
	c.ArtifactLimit = or(c.ArtifactLimit, 1<<30)
	c.ReportLimit = or(c.ReportLimit, 16<<20)
	c.ArtifactLife = or(c.ArtifactLife, 30*24*time.Hour)
	c.JobTimeout = or(c.JobTimeout, time.Hour)
	c.AcknowledgeWithin = or(c.AcknowledgeWithin, time.Minute)
	c.LostAfter = or(c.LostAfter, 5*time.Minute)
	c.StuckAfter = or(c.StuckAfter, 24*time.Hour)
	c.TokenGrace = or(c.TokenGrace, 10*time.Minute)
	c.Depth = or(c.Depth, 20)
	if c.Variables == nil {
		c.Variables = noVariables{}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Log = or(c.Log, slog.Default())
	return c
}

// noVariables is the Variables of a house that has none.
type noVariables struct{}

func (noVariables) ForJob(context.Context, project.ID, bool, string) ([]variable.Variable, error) {
	return nil, nil
}

func or[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

// Service is the verbs of pipelines, jobs and runners.
type Service struct {
	store     Store
	projects  Projects
	code      Code
	logs      LogStore
	artifacts blob.Store
	cfg       Config
	feed      *feed
	content   contentLock
}

// New makes the service. artifacts must be a store of its own: content that no
// artifact names is deleted from it.
func New(store Store, projects Projects, code Code, logs LogStore, artifacts blob.Store, cfg Config) *Service {
	return &Service{
		store: store, projects: projects, code: code, logs: logs, artifacts: artifacts,
		cfg: cfg.withDefaults(), feed: newFeed(),
	}
}

// now is the time as the store keeps it: UTC, to the microsecond.
func (s *Service) now() time.Time { return s.cfg.Now().UTC().Truncate(time.Microsecond) }

// change applies a rule to a pipeline under its lock, lets the other jobs take
// their turn, saves all with its events, and tells those who watch.
func (s *Service) change(ctx context.Context, id PipelineID, rule func(*State) error, acts ...event.Event) (*State, error) {
	var result *State
	var news []Change
	err := s.store.Change(ctx, id, func(state *State) error {
		if err := rule(state); err != nil {
			return err
		}
		return settle(state, s.now())
	}, func(before, after *State) []event.Event {
		result, news = after, differences(before, after)
		return append(report(before, after), acts...)
	})
	if err != nil {
		return nil, err
	}
	s.feed.publish(news...)
	return result, nil
}

// report is the Report of every change: what happened, told by comparing.
func report(before, after *State) []event.Event {
	var events []event.Event
	p := &after.Pipeline
	was := Status("")
	if before == nil {
		events = append(events, PipelineCreated{Project: p.Project, Pipeline: p.ID})
	} else {
		was = before.Pipeline.Status
	}
	for i := range after.Jobs {
		j := &after.Jobs[i]
		old := Status("")
		if before != nil {
			if known := before.Job(j.ID); known != nil {
				old = known.Status
			}
		}
		switch {
		case old == j.Status:
		case j.Status == Pending:
			events = append(events, JobQueued{Project: p.Project, Pipeline: p.ID, Job: j.ID})
		case j.Status.Finished() && j.Status != Skipped:
			events = append(events, JobFinished{Project: p.Project, Pipeline: p.ID, Job: j.ID, Status: j.Status})
		}
	}
	if p.Status != was && p.Status.Finished() {
		events = append(events, PipelineFinished{Project: p.Project, Pipeline: p.ID, Status: p.Status})
	}
	return events
}

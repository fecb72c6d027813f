package ci

import (
	"context"
	"errors"
	"maps"
	"time"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/forge/variable"
)

// Assignment is a job in the hands of a runner: all that a runner is told.
type Assignment struct {
	Job      Job
	Pipeline Pipeline
	Project  project.Project
	Runner   Runner
	Spec     Spec
	Token    string
	// Variables in rising order of precedence; of equal keys the last counts.
	Variables []Variable
	// Dependencies are the archives to unpack before the script.
	Dependencies  []Dependency
	RepositoryURL string // with the token in it
	Refspecs      []string
	Depth         int // 0 is the whole history
	Fetch         bool
	Waited        time.Duration
}

// Dependency is the archive of an earlier job.
type Dependency struct {
	Job      JobID
	Name     string
	Filename string
	Size     int64
}

var errTaken = errors.New("another runner was faster")

// RequestJob gives the runner the job that has waited longest of those it may
// take, or nil. Each job is given to one runner, however many ask at once. A
// runner that does not confirm it (UpdateJob, AppendTrace) loses it again.
func (s *Service) RequestJob(ctx context.Context, runnerToken string, info Info) (*Assignment, error) {
	runner, err := s.runner(ctx, runnerToken, info)
	if err != nil || runner.Paused {
		return nil, err
	}
	waiting, err := s.store.Waiting(ctx)
	if err != nil {
		return nil, err
	}
	tried := map[PipelineID]bool{}
	for i := range waiting {
		if tried[waiting[i].Pipeline] || !runner.takes(&waiting[i]) {
			continue
		}
		tried[waiting[i].Pipeline] = true
		assignment, err := s.claim(ctx, &runner, waiting[i].Pipeline)
		if errors.Is(err, errTaken) {
			continue
		}
		return assignment, err
	}
	return nil, nil
}

// claim takes the first job of the pipeline that is still there.
func (s *Service) claim(ctx context.Context, runner *Runner, id PipelineID) (*Assignment, error) {
	token, hash := newToken(JobTokenPrefix)
	var claimed JobID
	state, err := s.change(ctx, id, func(state *State) error {
		for i := range state.Jobs {
			j := &state.Jobs[i]
			if j.Status != Pending || j.Retried || !runner.takes(j) {
				continue
			}
			claimed = j.ID
			j.Runner, j.RunnerName, j.TokenHash = runner.ID, runner.Description, hash
			j.Graceful = runner.Info.Features["cancel_gracefully"]
			return step(j, Claim, s.now())
		}
		return errTaken
	})
	if err != nil {
		return nil, err
	}
	assignment, err := s.assign(ctx, state, state.Job(claimed), runner, token)
	if err != nil {
		// The runner will not hear of it: the next one may.
		return nil, errors.Join(err, s.giveBack(ctx, id, claimed))
	}
	return assignment, nil
}

// giveBack puts a claimed job into the queue again.
func (s *Service) giveBack(ctx context.Context, id PipelineID, job JobID) error {
	_, err := s.change(context.WithoutCancel(ctx), id, func(state *State) error {
		j := state.Job(job)
		if j.Status != Running || !j.Acknowledged.IsZero() {
			return nil
		}
		return step(j, Requeue, s.now())
	})
	return err
}

// GiveBack is for a face whose client went away before it got the job.
func (s *Service) GiveBack(ctx context.Context, a *Assignment) error {
	return s.giveBack(ctx, a.Pipeline.ID, a.Job.ID)
}

// assign gathers what the runner is told.
func (s *Service) assign(ctx context.Context, state *State, job *Job, runner *Runner, token string) (*Assignment, error) {
	owner, err := s.projects.Get(ctx, auth.System("ci"), job.Project)
	if err != nil {
		return nil, err
	}
	spec, err := s.store.Spec(ctx, job.Spec)
	if err != nil {
		return nil, err
	}
	if spec.Cache, err = s.caches(ctx, &state.Pipeline, &spec); err != nil {
		return nil, err
	}
	sources := artifactSources(state, job, &spec)
	artifacts, err := s.store.Artifacts(ctx, ids(sources)...)
	if err != nil {
		return nil, err
	}
	own, err := s.own(ctx, state, job)
	if err != nil {
		return nil, err
	}
	requests, err := s.openRequests(ctx, &owner, &state.Pipeline)
	if err != nil {
		return nil, err
	}
	f := &facts{
		cfg: &s.cfg, project: &owner, pipeline: &state.Pipeline, job: job, spec: &spec, runner: runner, token: token,
		reports: reported(sources, artifacts), requests: requests,
	}
	a := &Assignment{
		Job: *job, Pipeline: state.Pipeline, Project: owner, Runner: *runner, Spec: spec, Token: token,
		Variables:     f.variables(own),
		Dependencies:  dependencies(sources, artifacts),
		RepositoryURL: f.repositoryURL(),
		Waited:        job.Started.Sub(job.Queued),
	}
	values := expanded(a.Variables)
	a.Depth, a.Fetch = depth(values, s.cfg.Depth), values["GIT_STRATEGY"] != "clone"
	a.Refspecs, err = s.refspecs(ctx, &state.Pipeline, a.Depth)
	return a, err
}

// own are the variables that people set, as far as the job may have them. The
// protected ones it gets only if its branch was protected when the pipeline was
// made and still is: a job that waited, or is tried again, must not bring them
// to where they are no longer meant to be.
func (s *Service) own(ctx context.Context, state *State, job *Job) ([]variable.Variable, error) {
	protected := state.Pipeline.Protected
	if protected {
		var err error
		if protected, err = s.code.Protected(ctx, job.Project, state.Pipeline.Ref); err != nil {
			return nil, err
		}
	}
	environment := job.Environment
	switch err := s.mayHave(ctx, state, protected, job); fault.KindOf(err) {
	case fault.Denied, fault.Missing, fault.Unauthenticated:
		environment = "" // the job runs, and fails by itself where it needs them
	default:
		if err != nil {
			return nil, err
		}
	}
	return s.cfg.Variables.ForJob(ctx, job.Project, protected, environment)
}

// mayHave asks whether a job may have the variables of the environment that it
// names: everybody can write a name into a branch of their own. Those of an
// environment that who started the pipeline, or the pipeline's ref, may not
// deploy to are kept from it.
func (s *Service) mayHave(ctx context.Context, state *State, protected bool, job *Job) error {
	if job.Environment == "" || s.cfg.MayHave == nil {
		return nil
	}
	p := &state.Pipeline
	starter := auth.Actor{User: p.User, Username: p.Username, Via: auth.ViaJob, Project: int64(p.Project), Job: int64(job.ID)}
	return s.cfg.MayHave(ctx, starter, job.Project, job.Environment, protected)
}

// refspecs say what to fetch: the commit by its name, which works however its
// branch has moved since, and the branch or tag if there still is one (asking
// for one that is gone would fail the job); all of those for a whole history.
func (s *Service) refspecs(ctx context.Context, p *Pipeline, depth int) ([]string, error) {
	specs := []string{"+" + p.SHA + ":refs/pipelines/" + decimal(p.ID)}
	if depth == 0 {
		return append(specs, "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"), nil
	}
	full, local := "refs/heads/"+p.Ref, "refs/remotes/origin/"+p.Ref
	if p.Tag {
		full = "refs/tags/" + p.Ref
		local = full
	}
	_, err := s.code.Resolve(ctx, p.Project, full)
	if fault.Is(err, fault.Missing) {
		return specs, nil
	}
	return append(specs, "+"+full+":"+local), err
}

// AddRunner registers a runner and answers its token, which is shown once.
func (s *Service) AddRunner(ctx context.Context, actor auth.Actor, description string, tags []string, untagged bool) (Runner, string, error) {
	if err := requireAdmin(actor, "register runners"); err != nil {
		return Runner{}, "", err
	}
	token, hash := newToken(RunnerTokenPrefix)
	runner, err := s.store.AddRunner(ctx, Runner{
		Description: description, TokenHash: hash, Tags: tags, RunUntagged: untagged || len(tags) == 0, Created: s.now(),
	})
	return runner, token, err
}

// Runners lists all runners.
func (s *Service) Runners(ctx context.Context, actor auth.Actor) ([]Runner, error) {
	if err := requireAdmin(actor, "see the runners"); err != nil {
		return nil, err
	}
	return s.store.Runners(ctx)
}

// PauseRunner makes a runner take no more jobs, or take them again.
func (s *Service) PauseRunner(ctx context.Context, actor auth.Actor, id RunnerID, paused bool) error {
	if err := requireAdmin(actor, "pause runners"); err != nil {
		return err
	}
	runners, err := s.store.Runners(ctx)
	if err != nil {
		return err
	}
	for _, runner := range runners {
		if runner.ID == id {
			runner.Paused = paused
			return s.store.SaveRunner(ctx, runner)
		}
	}
	return fault.Errorf(fault.Missing, "no runner %d", id)
}

func requireAdmin(actor auth.Actor, what string) error {
	if err := actor.RequireSignedIn(); err != nil {
		return err
	}
	if err := auth.RequireScope(actor, auth.ScopeAPI); err != nil {
		return err
	}
	if actor.Admin && actor.Project == 0 {
		return nil
	}
	return fault.Errorf(fault.Denied, "only administrators may %s", what)
}

// VerifyRunner is a runner's first word: who it is, and what it can do.
func (s *Service) VerifyRunner(ctx context.Context, token string, info Info) (Runner, error) {
	return s.runner(ctx, token, info)
}

// RemoveRunner is a runner's last word.
func (s *Service) RemoveRunner(ctx context.Context, token string) error {
	runner, err := s.runnerByToken(ctx, token)
	if err != nil {
		return err
	}
	return s.store.RemoveRunner(ctx, runner.ID)
}

// RotateRunnerToken gives a runner a new token; the old one ends.
func (s *Service) RotateRunnerToken(ctx context.Context, token string) (string, error) {
	runner, err := s.runnerByToken(ctx, token)
	if err != nil {
		return "", err
	}
	fresh, hash := newToken(RunnerTokenPrefix)
	runner.TokenHash = hash
	return fresh, s.store.SaveRunner(ctx, runner)
}

// EnsureEmbeddedRunner gives the runner in this server's process a new token at
// every start, so that none is kept readable anywhere.
func (s *Service) EnsureEmbeddedRunner(ctx context.Context) (string, error) {
	token, hash := newToken(RunnerTokenPrefix)
	runner, err := s.store.EmbeddedRunner(ctx)
	if fault.Is(err, fault.Missing) {
		_, err = s.store.AddRunner(ctx, Runner{
			Description: "embedded", TokenHash: hash, Embedded: true, RunUntagged: true, Tags: []string{"embedded"}, Created: s.now(),
		})
		return token, err
	}
	if err != nil {
		return "", err
	}
	runner.TokenHash = hash
	return token, s.store.SaveRunner(ctx, runner)
}

func (s *Service) runnerByToken(ctx context.Context, token string) (Runner, error) {
	runner, err := s.store.RunnerByToken(ctx, hashToken(token))
	if fault.Is(err, fault.Missing) {
		return Runner{}, fault.Errorf(fault.Denied, "forbidden: this is no runner's token")
	}
	return runner, err
}

// seenEvery is how exactly a runner's last contact is known: often enough to
// show, seldom enough that polling writes little.
const seenEvery = 30 * time.Second

func (s *Service) runner(ctx context.Context, token string, info Info) (Runner, error) {
	runner, err := s.runnerByToken(ctx, token)
	if err != nil {
		return Runner{}, err
	}
	now := s.now()
	if info.Name == "" && info.Features == nil { // it does not introduce itself again
		info = runner.Info
	}
	if sameInfo(runner.Info, info) && now.Sub(runner.Seen) < seenEvery {
		return runner, nil
	}
	runner.Info, runner.Seen = info, now
	return runner, s.store.SeeRunner(ctx, runner.ID, info, now)
}

func sameInfo(a, b Info) bool {
	same := maps.Equal(a.Features, b.Features)
	a.Features, b.Features = nil, nil
	return same && a.Name == b.Name && a.Version == b.Version && a.Revision == b.Revision && a.Platform == b.Platform &&
		a.Architecture == b.Architecture && a.Executor == b.Executor && a.Shell == b.Shell
}

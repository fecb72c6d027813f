package app

import (
	"context"
	"strings"

	"dasier/ci"
	"dasier/delivery/deploy"
	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/hook"
	"dasier/forge/project"
	"dasier/forge/repo"
	"dasier/git"
	"dasier/model/registry"
	"dasier/store/queue"
)

// hookReactions is what webhooks are told of. Each reaction fills the message
// from what is true when it runs: an event carries ids only.
func (s *Server) hookReactions() []queue.Reaction {
	return []queue.Reaction{
		after("write the audit log", func(ctx context.Context, id int64, e event.Act) error {
			return s.audit.Append(ctx, id, e)
		}),
		after("tell webhooks of the push", func(ctx context.Context, id int64, e repo.Pushed) error {
			return s.tell(ctx, id, e.Project, hook.Push{Ref: e.Ref}.Event(), func(p hook.Project) (hook.Payload, error) { return s.pushPayload(ctx, p, e) })
		}),
		after("tell webhooks of the pipeline", func(ctx context.Context, id int64, e ci.PipelineCreated) error {
			return s.tell(ctx, id, e.Project, hook.PipelineEvent, func(p hook.Project) (hook.Payload, error) { return s.pipelinePayload(ctx, p, e.Pipeline, "") })
		}),
		after("tell webhooks of the pipeline's end", func(ctx context.Context, id int64, e ci.PipelineFinished) error {
			return s.tell(ctx, id, e.Project, hook.PipelineEvent, func(p hook.Project) (hook.Payload, error) { return s.pipelinePayload(ctx, p, e.Pipeline, e.Status) })
		}),
		after("tell webhooks of the job", func(ctx context.Context, id int64, e ci.JobQueued) error {
			return s.tell(ctx, id, e.Project, hook.JobEvent, func(p hook.Project) (hook.Payload, error) { return s.jobPayload(ctx, p, e.Job, ci.Pending) })
		}),
		after("tell webhooks of the job's end", func(ctx context.Context, id int64, e ci.JobFinished) error {
			return s.tell(ctx, id, e.Project, hook.JobEvent, func(p hook.Project) (hook.Payload, error) { return s.jobPayload(ctx, p, e.Job, e.Status) })
		}),
		after("tell webhooks of the deployment", func(ctx context.Context, id int64, e deploy.Started) error {
			return s.tell(ctx, id, e.Project, hook.DeploymentEvent, func(p hook.Project) (hook.Payload, error) {
				return s.deploymentPayload(ctx, p, e.Deployment, "running")
			})
		}),
		after("tell webhooks of the deployment's end", func(ctx context.Context, id int64, e deploy.Finished) error {
			return s.tell(ctx, id, e.Project, hook.DeploymentEvent, func(p hook.Project) (hook.Payload, error) {
				return s.deploymentPayload(ctx, p, e.Deployment, "")
			})
		}),
		after("tell webhooks of the version", func(ctx context.Context, id int64, e registry.Registered) error {
			return s.tell(ctx, id, e.Project, hook.ReleaseEvent, func(p hook.Project) (hook.Payload, error) { return s.releasePayload(ctx, p, e) })
		}),
	}
}

// byHooks is who asks for what messages say.
var byHooks = auth.System("webhooks")

// tell makes a payload where a webhook wants it. What is gone since is not told
// of.
func (s *Server) tell(ctx context.Context, id int64, of project.ID, e hook.Event, make func(hook.Project) (hook.Payload, error)) error {
	if wanted, err := s.hooks.Wants(ctx, of, e); err != nil || !wanted {
		return err
	}
	p, err := s.projects.Get(ctx, byHooks, of)
	if fault.Is(err, fault.Missing) {
		return nil
	}
	if err != nil {
		return err
	}
	payload, err := make(hook.Project{ID: p.ID, Namespace: p.Namespace, Name: p.Name, Description: p.Description, DefaultBranch: p.DefaultBranch, Server: s.config.URL})
	if fault.Is(err, fault.Missing) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.hooks.Notify(ctx, id, of, payload)
}

func (s *Server) hookPerson(ctx context.Context, id auth.UserID, username string) hook.Person {
	person := hook.Person{ID: id, Username: username}
	if u, err := s.auth.User(ctx, id); err == nil { // who is gone keeps the name alone
		person.Name = u.Name
	}
	return person
}

func hookCommit(c git.Commit) hook.Commit {
	return hook.Commit{SHA: c.SHA, Message: c.Message, AuthorName: c.AuthorName, AuthorEmail: c.AuthorEmail, At: c.AuthoredAt}
}

// mostTold bounds the count of a push's commits.
const mostTold = 1000

func (s *Server) pushPayload(ctx context.Context, p hook.Project, e repo.Pushed) (hook.Payload, error) {
	push := hook.Push{Project: p, User: s.hookPerson(ctx, e.User, e.Username), Ref: e.Ref, Before: e.Before, After: e.After}
	base := e.Before
	if gone := strings.Trim(e.After, "0") == ""; gone || push.Event() == hook.TagPushEvent {
		return push, nil
	}
	if strings.Trim(base, "0") == "" {
		// A new branch is told with what it adds to the default branch.
		known, err := s.repos.Resolve(ctx, p.ID, "refs/heads/"+p.DefaultBranch)
		if err != nil && !fault.Is(err, fault.Missing) {
			return nil, err
		}
		if base = ""; known.SHA != e.After {
			base = known.SHA
		}
	}
	commits, err := s.repos.Between(ctx, p.ID, base, e.After, 0, hook.MaxCommits)
	if err != nil {
		return nil, err
	}
	for _, c := range commits {
		told := hookCommit(c)
		if err := s.nameFiles(ctx, p, c, &told); err != nil {
			return nil, err
		}
		push.Commits = append(push.Commits, told)
	}
	if push.Total = len(commits); base != "" && push.Total == hook.MaxCommits {
		push.Total, err = s.repos.Ahead(ctx, p.ID, base, e.After, mostTold)
	}
	return push, err
}

// nameFiles adds what a commit did to which files; a merge is compared with its
// first parent, as git shows it.
func (s *Server) nameFiles(ctx context.Context, p hook.Project, c git.Commit, told *hook.Commit) error {
	parent := ""
	if len(c.Parents) > 0 {
		parent = c.Parents[0]
	}
	diff, err := s.repos.DiffOf(ctx, p.ID, parent, c.SHA, git.DiffLimits{Omit: func(git.FileDiff) bool { return true }})
	if err != nil {
		return err
	}
	for _, f := range diff.Files {
		switch {
		case f.OldPath == "":
			told.Added = append(told.Added, f.NewPath)
		case f.NewPath == "":
			told.Removed = append(told.Removed, f.OldPath)
		case f.OldPath != f.NewPath:
			told.Removed, told.Added = append(told.Removed, f.OldPath), append(told.Added, f.NewPath)
		default:
			told.Modified = append(told.Modified, f.NewPath)
		}
	}
	return nil
}

// pipelinePayload tells of a pipeline; status is what it had at the event.
func (s *Server) pipelinePayload(ctx context.Context, p hook.Project, id ci.PipelineID, status ci.Status) (hook.Payload, error) {
	state, err := s.ci.Get(ctx, byHooks, p.ID, id)
	if err != nil {
		return nil, err
	}
	l := &state.Pipeline
	if status == "" {
		status = l.Status
	}
	told := hook.Pipeline{
		Project: p, User: s.hookPerson(ctx, l.User, l.Username), ID: int64(l.ID), Name: l.Name, Ref: l.Ref, Tag: l.Tag, SHA: l.SHA, Before: l.Before,
		Source: string(l.Source), Status: string(status), Stages: l.Stages, Created: l.Created, Finished: l.Finished, Commit: pipelineCommit(l),
	}
	if !l.Finished.IsZero() {
		told.Duration = l.Duration(l.Finished)
	}
	for i := range state.Jobs {
		if !state.Jobs[i].Retried {
			told.Jobs = append(told.Jobs, hookJob(p, told.User, l, &state.Jobs[i]))
		}
	}
	return told, nil
}

func (s *Server) jobPayload(ctx context.Context, p hook.Project, id ci.JobID, status ci.Status) (hook.Payload, error) {
	d, err := s.ci.Job(ctx, byHooks, p.ID, id)
	if err != nil {
		return nil, err
	}
	told := hookJob(p, s.hookPerson(ctx, d.Pipeline.User, d.Pipeline.Username), &d.Pipeline, &d.Job)
	told.Status = string(status)
	return told, nil
}

func hookJob(p hook.Project, user hook.Person, l *ci.Pipeline, j *ci.Job) hook.Job {
	told := hook.Job{
		Project: p, User: user, ID: int64(j.ID), Pipeline: int64(l.ID), Name: j.Name, Stage: j.Stage, Status: string(j.Status), Ref: l.Ref, Tag: l.Tag, SHA: l.SHA,
		Before: l.Before, Created: j.Created, Started: j.Started, Finished: j.Finished, AllowFailure: j.AllowFailure, Failure: string(j.Failure),
		Manual: j.When == "manual", Environment: j.Environment, RunnerID: int64(j.Runner), Runner: j.RunnerName, Commit: pipelineCommit(l),
	}
	if !j.Finished.IsZero() {
		told.Duration = j.Duration(j.Finished)
	}
	if !j.Started.IsZero() && !j.Queued.IsZero() {
		told.Queued = j.Started.Sub(j.Queued)
	}
	return told
}

func pipelineCommit(l *ci.Pipeline) hook.Commit {
	return hook.Commit{SHA: l.SHA, Message: l.Commit.Message, AuthorName: l.Commit.AuthorName, AuthorEmail: l.Commit.AuthorEmail, At: l.Commit.Authored}
}

func (s *Server) deploymentPayload(ctx context.Context, p hook.Project, id deploy.ID, status string) (hook.Payload, error) {
	d, err := s.deploy.Deployment(ctx, byHooks, p.ID, id)
	if err != nil {
		return nil, err
	}
	env, err := s.deploy.Environment(ctx, byHooks, p.ID, d.EnvironmentName)
	if err != nil {
		return nil, err
	}
	at := d.FinishedAt
	if status != "" {
		at = d.StartedAt
	} else {
		status = string(d.State)
	}
	told := hook.Deployment{
		Project: p, User: s.hookPerson(ctx, d.User, d.Username), ID: int64(d.ID), Job: d.Job, Status: status, Environment: env.Name, Tier: string(env.Tier),
		URL: s.config.URL + "/estimate/" + env.Endpoint, Title: d.Title(), Commit: hook.Commit{SHA: d.Commit}, At: at,
	}
	if d.Job != 0 {
		if from, err := s.ci.Job(ctx, byHooks, p.ID, ci.JobID(d.Job)); err == nil {
			told.Ref, told.Commit = from.Pipeline.Ref, pipelineCommit(&from.Pipeline)
		}
	}
	return told, nil
}

func (s *Server) releasePayload(ctx context.Context, p hook.Project, e registry.Registered) (hook.Payload, error) {
	v, err := s.registry.Version(ctx, byHooks, p.ID, e.Model, e.Version)
	if err != nil {
		return nil, err
	}
	told := hook.Release{Project: p, ID: v.ID, Model: v.Model, Version: v.Number, Digest: v.Digest, Created: v.CreatedAt, Description: v.Algorithm, Commit: hook.Commit{SHA: v.Lineage.Commit}}
	if v.Lineage.Commit != "" {
		if c, err := s.repos.CommitAt(ctx, p.ID, v.Lineage.Commit); err == nil {
			told.Commit = hookCommit(c)
		}
	}
	return told, nil
}

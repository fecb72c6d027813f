package deploy

import (
	"context"
	"slices"
	"strings"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

const maxComment = 2000

// Approve counts the actor's approval of a blocked deployment. With the last
// one that it needs, it goes on. Whoever asked for it does not approve it, and
// nobody approves twice.
func (s *Service) Approve(ctx context.Context, actor auth.Actor, id project.ID, deployment ID, comment string) (Deployment, error) {
	return s.judge(ctx, actor, id, deployment, Approval{Verdict: Approves, Comment: comment})
}

// Reject ends a blocked deployment. The comment tells whoever asked for it why.
// People may reject their own.
func (s *Service) Reject(ctx context.Context, actor auth.Actor, id project.ID, deployment ID, comment string) (Deployment, error) {
	if strings.TrimSpace(comment) == "" {
		return Deployment{}, fault.Errorf(fault.Invalid, "say why it is rejected: whoever asked will read it").At("comment")
	}
	return s.judge(ctx, actor, id, deployment, Approval{Verdict: Rejects, Comment: comment})
}

func (s *Service) judge(ctx context.Context, actor auth.Actor, id project.ID, deployment ID, said Approval) (Deployment, error) {
	d, env, err := s.load(ctx, actor, id, deployment, auth.ApproveDeployment)
	if err != nil {
		return Deployment{}, err
	}
	if said.Comment = strings.TrimSpace(said.Comment); len(said.Comment) > maxComment {
		return Deployment{}, fault.Errorf(fault.Invalid, "the comment has %d bytes: at most %d", len(said.Comment), maxComment).At("comment")
	}
	// What people asked for, they may take back.
	own := said.Verdict == Rejects && isOwn(actor, d) && actor.Via != auth.ViaJob && s.gate.May(ctx, actor, id, auth.Deploy) == nil
	if err := s.gate.May(ctx, actor, id, approvalPermission(env)); err != nil && !own {
		return Deployment{}, err
	}
	if err := s.stillOpen(d, env); err != nil {
		return Deployment{}, err
	}
	if err := s.MayApprove(ctx, actor, d, env); err != nil && !own {
		return Deployment{}, err
	}
	said.User, said.Username, said.At = actor.User, actor.Username, s.now()
	after, events := d, []event.Event{}
	after.Approvals = append(slices.Clone(d.Approvals), said)
	act := actor.Act("deployment.approved", int64(id), env.Name)
	act.Reason, act.After = said.Comment, actOf(d)
	switch {
	case said.Verdict == Rejects:
		act.Action = "deployment.rejected"
		after.Error = "rejected by " + actor.Username + ": " + said.Comment
		if after, err = next(after, reject, s.now()); err != nil {
			return Deployment{}, err
		}
		events = append(events, Finished{Project: id, Deployment: d.ID})
	case len(after.Approvals) >= d.Needed:
		if after, err = next(after, approve, s.now()); err != nil {
			return Deployment{}, err
		}
		events = append(events, Requested{Project: id, Deployment: d.ID})
	}
	if err := s.store.AddApproval(ctx, after, said, append(events, act)...); err != nil {
		return Deployment{}, err
	}
	after.Version++
	s.tellWatchers(after)
	return after, nil
}

// stillOpen refuses to decide on what is decided.
func (s *Service) stillOpen(d Deployment, env Environment) error {
	if d.State != Blocked {
		return fault.Errorf(fault.Conflict, "deployment %d is %s: there is nothing to approve or reject", d.ID, d.State)
	}
	if env.Current > d.ID {
		return fault.Errorf(fault.Conflict, "the younger deployment %d already serves in %s", env.Current, env.Name)
	}
	return nil
}

// MayApprove is nil when the actor may approve the deployment, and otherwise
// says why not.
func (s *Service) MayApprove(ctx context.Context, actor auth.Actor, d Deployment, env Environment) error {
	if actor.User == 0 || actor.Via == auth.ViaJob || actor.Via == auth.ViaDeploy {
		return fault.Errorf(fault.Denied, "people approve deployments, not tokens of jobs or projects")
	}
	if err := s.gate.May(ctx, actor, d.Project, approvalPermission(env)); err != nil {
		return err
	}
	if isOwn(actor, d) {
		return fault.Errorf(fault.Denied, "you asked for this deployment: somebody else must approve it")
	}
	if slices.ContainsFunc(d.Approvals, func(a Approval) bool { return a.User == actor.User }) {
		return fault.Errorf(fault.Denied, "you have approved this deployment already")
	}
	return nil
}

// approvalPermission is what the environment's approval role comes down to.
func approvalPermission(env Environment) auth.Permission {
	if env.ApprovalRole == auth.Developer {
		return auth.Deploy
	}
	return auth.ApproveDeployment
}

// isOwn tells whether the actor asked for the deployment, also through a job of
// a pipeline of theirs.
func isOwn(actor auth.Actor, d Deployment) bool { return d.User != 0 && d.User == actor.User }

// BreakGlass lets a blocked deployment go on without its approvals. It is for
// emergencies: the reason goes into the audit log as an alarm.
func (s *Service) BreakGlass(ctx context.Context, actor auth.Actor, id project.ID, deployment ID, reason string) (Deployment, error) {
	d, env, err := s.load(ctx, actor, id, deployment, auth.BreakGlass)
	if err != nil {
		return Deployment{}, err
	}
	if err := s.gate.May(ctx, actor, id, auth.BreakGlass); err != nil {
		return Deployment{}, err
	}
	if err := s.stillOpen(d, env); err != nil {
		return Deployment{}, err
	}
	if err := s.mayBreakGlass(ctx, actor, env, &reason); err != nil {
		return Deployment{}, err
	}
	d.BreakGlass = true
	if d, err = next(d, approve, s.now()); err != nil {
		return Deployment{}, err
	}
	if err := s.store.SaveDeployment(ctx, d, Requested{Project: id, Deployment: d.ID}, brokeGlass(actor, d, reason)); err != nil {
		return Deployment{}, err
	}
	d.Version++
	s.tellWatchers(d)
	return d, nil
}

// mayBreakGlass checks the permission and the reason, which it trims.
func (s *Service) mayBreakGlass(ctx context.Context, actor auth.Actor, env Environment, reason *string) error {
	if err := s.gate.May(ctx, actor, env.Project, auth.BreakGlass); err != nil {
		return err
	}
	if err := s.mayDeployTo(ctx, actor, env); err != nil {
		return err
	}
	*reason = strings.TrimSpace(*reason)
	if len(*reason) < 10 || len(*reason) > maxComment {
		return fault.Errorf(fault.Invalid, "say in a sentence why the approvals are passed over: it goes into the audit log").At("reason")
	}
	return nil
}

func brokeGlass(actor auth.Actor, d Deployment, reason string) event.Act {
	act := actor.Act("deployment.broke_glass", int64(d.Project), d.EnvironmentName)
	act.Reason, act.Alarm = reason, true
	act.After = actOf(d)
	return act
}

// actOf is what an audit line says of a deployment.
func actOf(d Deployment) map[string]any {
	about := map[string]any{"what": d.Title(), "digest": d.Digest, "environment": d.EnvironmentName}
	if d.ID != 0 {
		about["deployment"] = int64(d.ID)
	}
	if d.Commit != "" {
		about["commit"] = d.Commit
	}
	if d.Origin.Ref != "" {
		about["ref"] = d.Origin.Ref
	}
	return about
}

// Waiting lists the blocked deployments, of all projects, that the actor may
// approve, oldest first.
func (s *Service) Waiting(ctx context.Context, actor auth.Actor) ([]Deployment, error) {
	if err := actor.RequireSignedIn(); err != nil {
		return nil, err
	}
	blocked, err := s.store.Blocked(ctx, 0)
	if err != nil {
		return nil, err
	}
	var mine []Deployment
	for _, d := range blocked {
		env, err := s.store.EnvironmentByID(ctx, d.Environment)
		if fault.Is(err, fault.Missing) {
			continue // its project is going
		}
		if err != nil {
			return nil, err
		}
		if s.MayApprove(ctx, actor, d, env) == nil {
			mine = append(mine, d)
		}
	}
	return mine, nil
}

// load finds a deployment of the project and its environment, for someone who
// may see them. Whoever may not is told of the permission that they came for.
func (s *Service) load(ctx context.Context, actor auth.Actor, id project.ID, deployment ID, wanted auth.Permission) (Deployment, Environment, error) {
	if err := s.gate.May(ctx, actor, id, auth.ReadEnvironment); err != nil {
		if named := s.gate.May(ctx, actor, id, wanted); named != nil {
			err = named
		}
		return Deployment{}, Environment{}, err
	}
	d, err := s.store.Deployment(ctx, deployment)
	if err != nil {
		return Deployment{}, Environment{}, err
	}
	if d.Project != id {
		return Deployment{}, Environment{}, fault.Errorf(fault.Missing, "no deployment %d in this project", deployment)
	}
	env, err := s.store.EnvironmentByID(ctx, d.Environment)
	return d, env, err
}

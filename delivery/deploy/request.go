package deploy

import (
	"context"
	"slices"
	"strings"

	"dasier/delivery/bundle"
	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// Request asks for a deployment.
type Request struct {
	Environment string
	Kind        Kind // KindModel when empty
	Reason      string
	Job         int64  // the CI job that asks; a job's own token outranks it
	Commit      string // that asks; for a model, the version's commit when empty

	Ref          VersionRef // of KindModel
	OnlyIfBetter string     // of KindModel: a metric by which it must beat what serves

	Bundle   string // of KindService and KindSite: the digest of the uploaded archive
	Manifest []byte // of KindService and KindSite: the manifest, as YAML or JSON

	// BreakGlass passes over the approvals that the environment asks for: the
	// reason, when it is given.
	BreakGlass string
}

// Deploy saves a deployment of what the request names, and makes the
// environment when it is new. Run carries it out, after the approvals that the
// environment asks for.
//
// The permission is deploy, and where the environment is protected its role; a
// job must belong to a pipeline of a protected branch or tag there.
func (s *Service) Deploy(ctx context.Context, actor auth.Actor, id project.ID, r Request) (Deployment, error) {
	if err := s.gate.May(ctx, actor, id, auth.Deploy); err != nil {
		return Deployment{}, err
	}
	env, exists, err := s.plan(ctx, actor, id, r.Environment)
	if err != nil {
		return Deployment{}, err
	}
	if err := s.mayDeployTo(ctx, actor, env); err != nil {
		return Deployment{}, err
	}
	origin, err := s.originOf(ctx, actor, id, env)
	if err != nil {
		return Deployment{}, err
	}
	d := s.draft(actor, env, r.Reason)
	d.Origin = origin
	if d.Job == 0 {
		d.Job = r.Job
	}
	if err := s.choose(ctx, actor, env, &d, r); err != nil {
		return Deployment{}, err
	}
	if env.Current != 0 && env.Kind != "" && env.Kind != d.Kind {
		return Deployment{}, fault.Errorf(fault.Conflict, "%s serves a %s: deploy the %s to another environment, or stop this one first", env.Name, env.Kind, d.Kind).At("environment")
	}
	events := []event.Event{}
	if err := s.gateOf(ctx, actor, env, &d, &r, &events); err != nil {
		return Deployment{}, err
	}
	if !exists {
		if env, err = s.create(ctx, env); err != nil {
			return Deployment{}, err
		}
		d.Environment = env.ID
	}
	d, err = s.store.CreateDeployment(ctx, d, s.reportRequest(actor, events))
	if err == nil {
		s.tellWatchers(d)
	}
	return d, err
}

// gateOf decides how a new deployment begins: skipped, blocked or at once.
func (s *Service) gateOf(ctx context.Context, actor auth.Actor, env Environment, d *Deployment, r *Request, events *[]event.Event) error {
	if d.Comparison != nil && d.Comparison.Verdict == NotBetter {
		d.State, d.Error, d.FinishedAt = Skipped, "not deployed: "+d.Comparison.Words, s.now()
		return nil
	}
	if !env.Protected || env.Approvals == 0 {
		return nil
	}
	d.Needed = env.Approvals
	if strings.TrimSpace(r.BreakGlass) == "" {
		d.State = Blocked
		return nil
	}
	if err := s.mayBreakGlass(ctx, actor, env, &r.BreakGlass); err != nil {
		return err
	}
	d.BreakGlass = true
	*events = append(*events, brokeGlass(actor, *d, r.BreakGlass))
	return nil
}

// originOf finds what the asking job runs for, and keeps jobs of unprotected
// branches away from protected environments: their script is not reviewed,
// whoever started it.
func (s *Service) originOf(ctx context.Context, actor auth.Actor, id project.ID, env Environment) (Origin, error) {
	if actor.Via != auth.ViaJob || actor.Job == 0 || s.cfg.Jobs == nil {
		return Origin{}, nil
	}
	origin, err := s.cfg.Jobs.Origin(ctx, id, actor.Job)
	if err != nil {
		return Origin{}, err
	}
	if env.Protected && !origin.Protected {
		return Origin{}, fault.Errorf(fault.Denied, "the environment %s is protected: only jobs of protected branches and tags deploy there, and %s is not protected", env.Name, or(origin.Ref, "this ref"))
	}
	if origin.Environment != env.Name || origin.Action != "start" {
		// What the job declares is about another environment.
		origin.OnStop, origin.AutoStopIn = 0, 0
	}
	return origin, nil
}

// choose fills in what is deployed.
func (s *Service) choose(ctx context.Context, actor auth.Actor, env Environment, d *Deployment, r Request) error {
	d.Kind, d.Commit = or(r.Kind, KindModel), or(r.Commit, d.Origin.Commit)
	if d.Kind == KindModel {
		return s.chooseModel(ctx, actor, env, d, r)
	}
	if d.Kind != KindService && d.Kind != KindSite {
		return fault.Errorf(fault.Invalid, "kind %q: expected model, service or site", shorten(string(d.Kind))).At("kind")
	}
	if r.OnlyIfBetter != "" {
		return fault.Errorf(fault.Invalid, "a %s has no metric to be better by", d.Kind).At("only_if_better")
	}
	if s.cfg.Bundles == nil {
		return fault.Errorf(fault.Unavailable, "this server keeps no bundles: it cannot deploy a %s", d.Kind)
	}
	if err := s.readManifest(ctx, env, d, r.Manifest); err != nil {
		return err
	}
	if d.Service != nil && d.Service.Image != "" && r.Bundle == "" {
		return nil // the image is all there is
	}
	b, err := s.cfg.Bundles.Find(ctx, d.Project, r.Bundle)
	if err != nil {
		return err
	}
	d.Digest, d.Size = string(b.Digest), b.Size
	return nil
}

func (s *Service) chooseModel(ctx context.Context, actor auth.Actor, env Environment, d *Deployment, r Request) error {
	if strings.TrimSpace(r.Ref.Model) == "" {
		return fault.Errorf(fault.Invalid, "which model? name the one to deploy").At("model")
	}
	version, err := s.registry.Resolve(ctx, actor, d.Project, r.Ref)
	if err != nil {
		return err
	}
	d.Model, d.ModelVersion, d.Digest, d.Size = version.Model, version.Number, version.Digest, version.Size
	d.Commit = or(r.Commit, version.Commit)
	if r.OnlyIfBetter == "" {
		return nil
	}
	d.Comparison, err = s.compare(ctx, actor, env, version, r.OnlyIfBetter)
	return err
}

// readManifest parses the manifest and applies the rules that need more than
// its text.
func (s *Service) readManifest(ctx context.Context, env Environment, d *Deployment, manifest []byte) error {
	if d.Kind == KindService {
		m, err := bundle.ParseService("service.yaml", manifest)
		if err != nil {
			return fault.Errorf(fault.Invalid, "%s", err.Error()).At("manifest")
		}
		if or(env.Target, Embedded) == Embedded && len(m.Command) == 0 {
			return fault.Errorf(fault.Invalid, "service.yaml: an image runs on the docker target only, and %s is embedded: give a command, or change the environment's target", env.Name).At("manifest")
		}
		d.Service = &m
		return nil
	}
	m, err := bundle.ParseSite("site.yaml", manifest)
	if err != nil {
		return fault.Errorf(fault.Invalid, "%s", err.Error()).At("manifest")
	}
	owner, err := s.gate.Get(ctx, auth.System("deploy"), d.Project)
	if err != nil {
		return err
	}
	for _, prefix := range m.Prefixes() {
		if err := s.mayProxy(ctx, owner, m.Proxy[prefix]); err != nil {
			return err
		}
	}
	d.Site = &m
	return nil
}

// mayProxy lets a site pass requests on to services of its own namespace. The
// target's owner decides about others.
func (s *Service) mayProxy(ctx context.Context, owner project.Project, to string) error {
	path, _, _ := strings.Cut(to, "@")
	namespace, _, _ := strings.Cut(path, "/")
	if strings.EqualFold(namespace, owner.Namespace) {
		return nil
	}
	if s.cfg.Listed != nil {
		if other, err := s.gate.ByPath(ctx, auth.System("deploy"), namespace, strings.TrimPrefix(path, namespace+"/")); err == nil {
			if listed, err := s.cfg.Listed(ctx, owner.ID, other.ID); err != nil || listed {
				return err
			}
		}
	}
	return fault.Errorf(fault.Denied, "site.yaml: proxy: %s is in another namespace, and its project does not list %s among those that may reach it", path, owner.Path()).At("manifest")
}

// Rollback deploys an earlier deployment again: the one named, or the youngest
// before the current one that was something else. It needs no approvals: what
// it restores has served here already.
func (s *Service) Rollback(ctx context.Context, actor auth.Actor, id project.ID, environment, reason string, to ID) (Deployment, error) {
	if err := s.gate.May(ctx, actor, id, auth.Deploy); err != nil {
		return Deployment{}, err
	}
	env, err := s.store.Environment(ctx, id, environment)
	if err != nil {
		return Deployment{}, err
	}
	if err := s.mayDeployTo(ctx, actor, env); err != nil {
		return Deployment{}, err
	}
	if _, err := s.originOf(ctx, actor, id, env); err != nil {
		return Deployment{}, err
	}
	history, err := s.store.Succeeded(ctx, env.ID)
	if err != nil {
		return Deployment{}, err
	}
	before, err := s.restorable(history, env, to)
	if err != nil {
		return Deployment{}, err
	}
	d := s.draft(actor, env, reason)
	d.Kind, d.Model, d.ModelVersion, d.Service, d.Site = before.Kind, before.Model, before.ModelVersion, before.Service, before.Site
	d.Digest, d.Size, d.Commit = before.Digest, before.Size, before.Commit
	d.Restores = before.ID
	// What stops it, and which variables it may have, is as it was.
	d.Origin = before.Origin
	act := actor.Act("deployment.rolled_back", int64(id), env.Name)
	act.Reason, act.After = d.Reason, actOf(d)
	d, err = s.store.CreateDeployment(ctx, d, func(d Deployment) []event.Event {
		return []event.Event{Requested{Project: d.Project, Deployment: d.ID}, act}
	})
	if err == nil {
		s.tellWatchers(d)
	}
	return d, err
}

func (s *Service) restorable(history []Deployment, env Environment, to ID) (Deployment, error) {
	if to == 0 {
		before, ok := previous(history, env.Current)
		if !ok {
			return Deployment{}, fault.Errorf(fault.Conflict, "environment %s has no earlier version to go back to", env.Name)
		}
		return before, nil
	}
	i := slices.IndexFunc(history, func(d Deployment) bool { return d.ID == to })
	if i < 0 {
		return Deployment{}, fault.Errorf(fault.Missing, "deployment %d never served in %s: only what did can be brought back", to, env.Name).At("deployment")
	}
	if to == env.Current {
		return Deployment{}, fault.Errorf(fault.Conflict, "deployment %d serves in %s already", to, env.Name).At("deployment")
	}
	return history[i], nil
}

func (s *Service) draft(actor auth.Actor, env Environment, reason string) Deployment {
	return Deployment{
		Project: env.Project, Environment: env.ID, EnvironmentName: env.Name,
		State: Pending, Reason: strings.TrimSpace(reason),
		User: actor.User, Username: actor.Username, Job: actor.Job,
		CreatedAt: s.now(), Version: 1,
	}
}

// reportRequest makes the events of a new deployment.
func (s *Service) reportRequest(actor auth.Actor, more []event.Event) func(Deployment) []event.Event {
	return func(d Deployment) []event.Event {
		act := actor.Act("deployment.requested", int64(d.Project), d.EnvironmentName)
		act.Reason, act.After = d.Reason, actOf(d)
		events := append(slices.Clone(more), act)
		switch d.State {
		case Pending:
			events = append(events, Requested{Project: d.Project, Deployment: d.ID})
		case Blocked:
			events = append(events, Asked{Project: d.Project, Deployment: d.ID})
		default:
			events = append(events, Finished{Project: d.Project, Deployment: d.ID})
		}
		return events
	}
}

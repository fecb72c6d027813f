package deploy

import (
	"context"
	"fmt"
	"sync"
	"time"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// Service is the verbs on environments and deployments.
type Service struct {
	store    Store
	gate     Gate
	registry Registry
	target   Target
	cfg      Config

	mu       sync.Mutex
	turns    map[EnvironmentID]chan struct{} // one at a time per environment
	problems map[EnvironmentID]string        // why the current deployment does not serve

	routes routes
	feed   feed
}

// New makes the service.
func New(store Store, gate Gate, registry Registry, target Target, cfg Config) *Service {
	return &Service{
		store: store, gate: gate, registry: registry, target: target, cfg: cfg.withDefaults(),
		turns: map[EnvironmentID]chan struct{}{}, problems: map[EnvironmentID]string{},
	}
}

// Environments lists the project's environments by name.
func (s *Service) Environments(ctx context.Context, actor auth.Actor, id project.ID) ([]Environment, error) {
	if err := s.gate.May(ctx, actor, id, auth.ReadEnvironment); err != nil {
		return nil, err
	}
	list, err := s.store.Environments(ctx, id)
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i] = s.withHealth(list[i])
	}
	return list, nil
}

// Environment finds one of the project's environments.
func (s *Service) Environment(ctx context.Context, actor auth.Actor, id project.ID, name string) (Environment, error) {
	if err := s.gate.May(ctx, actor, id, auth.ReadEnvironment); err != nil {
		return Environment{}, err
	}
	env, err := s.store.Environment(ctx, id, name)
	if err != nil {
		return Environment{}, err
	}
	return s.withHealth(env), nil
}

// Deployments lists an environment's deployments, youngest first, and how many
// there are.
func (s *Service) Deployments(ctx context.Context, actor auth.Actor, id project.ID, environment string, page project.Page) ([]Deployment, int, error) {
	env, err := s.Environment(ctx, actor, id, environment)
	if err != nil {
		return nil, 0, err
	}
	page.Offset = max(page.Offset, 0)
	if page.Limit <= 0 {
		page.Limit = 50
	}
	page.Limit = min(page.Limit, 200)
	list, total, err := s.store.Deployments(ctx, env.ID, page)
	if err != nil {
		return nil, 0, err
	}
	for i := range list {
		list[i].Current = list[i].ID == env.Current
	}
	return list, total, nil
}

// Deployment finds one of the project's deployments. Whoever waits for its end
// asks again until its State is Done.
func (s *Service) Deployment(ctx context.Context, actor auth.Actor, id project.ID, deployment ID) (Deployment, error) {
	if err := s.gate.May(ctx, actor, id, auth.ReadEnvironment); err != nil {
		return Deployment{}, err
	}
	d, err := s.store.Deployment(ctx, deployment)
	if err != nil {
		return Deployment{}, err
	}
	if d.Project != id {
		return Deployment{}, fault.Errorf(fault.Missing, "no deployment %d in this project", deployment)
	}
	env, err := s.store.EnvironmentByID(ctx, d.Environment)
	if err != nil {
		return Deployment{}, err
	}
	d.Current = d.ID == env.Current
	return d, nil
}

// CurrentDeployment is what serves in the environment; fault.Missing when
// nothing does.
func (s *Service) CurrentDeployment(ctx context.Context, actor auth.Actor, id project.ID, environment string) (Deployment, error) {
	env, err := s.Environment(ctx, actor, id, environment)
	if err != nil {
		return Deployment{}, err
	}
	if env.Current == 0 {
		return Deployment{}, fault.Errorf(fault.Missing, "nothing is deployed to %s", env.Name)
	}
	d, err := s.store.Deployment(ctx, env.Current)
	d.Current = err == nil
	return d, err
}

// plan finds the environment, or what it will be when it is made.
func (s *Service) plan(ctx context.Context, actor auth.Actor, id project.ID, name string) (env Environment, exists bool, err error) {
	env, err = s.store.Environment(ctx, id, name)
	if err == nil {
		return env, true, nil
	}
	if !fault.Is(err, fault.Missing) {
		return Environment{}, false, err
	}
	owner, err := s.gate.Get(ctx, actor, id)
	if err != nil {
		return Environment{}, false, err
	}
	env, err = newEnvironment(owner, name, s.now())
	return env, false, err
}

// create saves a planned environment; when someone was faster, theirs counts.
func (s *Service) create(ctx context.Context, env Environment) (Environment, error) {
	created, err := s.store.CreateEnvironment(ctx, env)
	if !fault.Is(err, fault.Conflict) {
		return created, err
	}
	theirs, lookErr := s.store.Environment(ctx, env.Project, env.Name)
	if lookErr != nil {
		return Environment{}, err // not the name but the endpoint is taken
	}
	if theirs.Protected != env.Protected {
		return Environment{}, err // the permission was checked for another one
	}
	return theirs, nil
}

// mayDeployTo checks the environment's own role, which comes on top of the
// permission deploy.
func (s *Service) mayDeployTo(ctx context.Context, actor auth.Actor, env Environment) error {
	if !env.Protected || env.DeployRole == auth.Developer {
		return nil
	}
	return s.gate.May(ctx, actor, env.Project, auth.DeployProtected)
}

// MayDeploy is nil when the actor may deploy to the environment of that name,
// which may not exist yet. It is asked before a CI job is played that does.
func (s *Service) MayDeploy(ctx context.Context, actor auth.Actor, id project.ID, name string) error {
	if err := s.gate.May(ctx, actor, id, auth.Deploy); err != nil {
		return err
	}
	env, _, err := s.plan(ctx, actor, id, name)
	if err != nil {
		if fault.Is(err, fault.Invalid) {
			return nil // no name of an environment here: the job deploys nothing
		}
		return err
	}
	return s.mayDeployTo(ctx, actor, env)
}

// MayHave is nil when a job of the actor's, on a ref that is protected or not, may
// have what is kept for the environment of that name: of a protected one only who
// may deploy there, from where they may.
func (s *Service) MayHave(ctx context.Context, actor auth.Actor, id project.ID, name string, protected bool) error {
	env, _, err := s.plan(ctx, actor, id, name)
	switch {
	case fault.Is(err, fault.Invalid) && TierOf(name) != Production:
		return nil // no name of an environment here, and what patterns keep for it is meant
	case fault.Is(err, fault.Invalid):
		return fault.Errorf(fault.Denied, "there can be no environment of this name")
	case err != nil:
		return err
	case env.Protected && !protected:
		return fault.Errorf(fault.Denied, "the environment %s is protected, and the ref is not", env.Name)
	}
	return s.mayDeployTo(ctx, actor, env)
}

func (s *Service) withHealth(env Environment) Environment {
	s.mu.Lock()
	defer s.mu.Unlock()
	env.Problem = s.problems[env.ID]
	if env.Kind != KindModel && env.Kind != "" {
		env.Address = s.Address(env.Endpoint)
	}
	if env.Current != 0 && env.Problem == "" {
		if err := s.target.Health(env.Endpoint); err != nil {
			env.Problem = fault.Message(err)
		}
	}
	switch {
	case env.Current == 0:
		env.Health, env.Problem = Empty, ""
	case env.Problem != "":
		env.Health = Broken
	default:
		env.Health = Ready
	}
	return env
}

// takeTurn waits until nobody else changes what the environment serves.
func (s *Service) takeTurn(ctx context.Context, id EnvironmentID) (release func(), err error) {
	s.mu.Lock()
	turn, ok := s.turns[id]
	if !ok {
		turn = make(chan struct{}, 1)
		s.turns[id] = turn
	}
	s.mu.Unlock()
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for the environment's turn: %w", ctx.Err())
	}
}

// now is to the microsecond, as both SQL engines keep it.
func (s *Service) now() time.Time { return s.cfg.Now().UTC().Truncate(time.Microsecond) }

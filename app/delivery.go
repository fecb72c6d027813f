package app

import (
	"context"
	"errors"
	"fmt"
	"os"

	"dasier/api/gateway"
	"dasier/blob/disk"
	"dasier/ci"
	"dasier/delivery/bundle"
	"dasier/delivery/deploy"
	"dasier/delivery/target"
	"dasier/delivery/target/process"
	"dasier/delivery/target/site"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/forge/variable"
)

// openDelivery joins what is deployed with where it runs.
func (s *Server) openDelivery() error {
	archives, err := disk.Open(s.path("bundles"))
	if err != nil {
		return err
	}
	s.bundles = bundle.New(s.store.Bundle(), s.projects, archives, bundle.Config{})
	if err := letServicesPass(s.config); err != nil {
		return err
	}
	if s.services, err = process.New(s.path("services"), s.bundles, process.Config{User: s.config.ServicesUser, Log: s.logger}); err != nil {
		return err
	}
	if s.sites, err = site.New(s.path("sites"), s.bundles); err != nil {
		return err
	}
	if err := s.openDocker(); err != nil {
		return err
	}
	targets := map[string]map[deploy.Kind]deploy.Target{
		deploy.Embedded: {deploy.KindModel: target.NewInProcess(s.engine, s.registry), deploy.KindService: s.services, deploy.KindSite: s.sites},
		deploy.Docker:   s.containers(),
	}
	s.deploy = deploy.New(s.store.Deploy(), s.projects, versions{s.registry}, target.NewSwitch(targets), deploy.Config{
		URL: s.config.URL, AppsURL: s.config.AppsURL, Log: s.logger, Targets: []string{deploy.Embedded, deploy.Docker},
		Bundles: s.bundles, Variables: variablesOf{s.variables}, Jobs: jobs{s.ci},
		Listed: func(ctx context.Context, from, to project.ID) (bool, error) { return s.projects.Lists(ctx, to, from) },
	})
	return nil
}

// letServicesPass opens the way through the data folder to the folder of
// services, for the user that a server of root runs them as. What else is in
// the data folder is closed by itself.
func letServicesPass(config Config) error {
	if os.Geteuid() != 0 || config.ServicesUser == "root" {
		return nil
	}
	if err := os.Chmod(config.Data, 0o711); err != nil { //nolint:gosec // to pass through, not to look around
		return fmt.Errorf("opening the way to the folder of services: %w", err)
	}
	return nil
}

func (s *Server) openGateway() {
	s.gateway = gateway.New(s.deploy, s.sites, gateway.Access{
		Authenticate: s.identity.Authenticate,
		May: func(ctx context.Context, actor auth.Actor, id project.ID) error {
			return s.projects.May(ctx, actor, id, auth.Predict)
		},
		User: func(ctx context.Context, id auth.UserID) (auth.Actor, error) {
			u, err := s.auth.User(ctx, id)
			if err != nil {
				return auth.Actor{}, err
			}
			if u.Blocked {
				return auth.Actor{}, fault.Errorf(fault.Denied, "the user %s is blocked", u.Username)
			}
			return u.Actor(auth.ViaSession), nil
		},
	}, gateway.Config{AppsURL: s.config.AppsURL, ConsoleURL: s.config.URL, Log: s.logger})
}

// jobs lets deployments ask about CI jobs.
type jobs struct{ ci *ci.Service }

func (j jobs) Origin(ctx context.Context, id project.ID, job int64) (deploy.Origin, error) {
	d, err := j.ci.Deploying(ctx, id, ci.JobID(job))
	return deploy.Origin{
		Ref: d.Ref, Tag: d.Tag, Protected: d.Protected, Commit: d.SHA,
		Environment: d.Environment, Action: d.Action, OnStop: int64(d.OnStop), AutoStopIn: d.AutoStopIn,
	}, err
}

func (j jobs) Play(ctx context.Context, actor auth.Actor, id project.ID, job int64) error {
	_, err := j.ci.Play(ctx, actor, id, ci.JobID(job), nil)
	return err
}

// variablesOf lets services have CI variables.
type variablesOf struct{ variables *variable.Service }

func (v variablesOf) ForEnvironment(ctx context.Context, id project.ID, environment string, protected bool) ([]deploy.Variable, error) {
	found, err := v.variables.ForJob(ctx, id, protected, environment)
	list := make([]deploy.Variable, len(found))
	for i, one := range found {
		list[i] = deploy.Variable{Key: one.Key, Value: one.Value, File: one.File}
	}
	return list, err
}

// takenDown follows the end of a job whose environment has action: stop.
func (s *Server) takenDown(ctx context.Context, e ci.JobFinished) error {
	if e.Status != ci.Success {
		return nil
	}
	d, err := s.ci.Deploying(ctx, e.Project, e.Job)
	if fault.Is(err, fault.Missing) {
		return nil // deleted with its project meanwhile
	}
	if err != nil || d.Action != "stop" || d.Environment == "" {
		return err
	}
	return s.deploy.Stopped(ctx, auth.System("ci"), e.Project, d.Environment, int64(e.Job))
}

// restoreDelivery brings services and sites back when the server answers: what
// a service asks when it starts may be the server itself.
func (s *Server) restoreDelivery(ctx context.Context) error {
	err := s.deploy.Restore(ctx, deploy.KindSite, deploy.KindService)
	if err = errors.Join(err, s.deploy.Resume(ctx)); err != nil && ctx.Err() == nil {
		s.logger.ErrorContext(ctx, "some environments could not be brought back", "error", err)
	}
	s.collectContainers(ctx)
	return nil
}

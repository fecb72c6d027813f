package deploy

import (
	"context"
	"time"

	"dasier/event"
	"dasier/forge/project"
)

// Store keeps environments and deployments. Writes are one transaction with
// the events they are given; what is not there is fault.Missing; a write whose
// Version is not the stored one is fault.Conflict.
type Store interface {
	// CreateEnvironment saves a new environment and gives it an id. A name or
	// an endpoint that is taken is fault.Conflict.
	CreateEnvironment(ctx context.Context, e Environment, events ...event.Event) (Environment, error)
	// Environment finds an environment by its name.
	Environment(ctx context.Context, id project.ID, name string) (Environment, error)
	// EnvironmentByID finds an environment.
	EnvironmentByID(ctx context.Context, id EnvironmentID) (Environment, error)
	// Environments lists a project's environments by name.
	Environments(ctx context.Context, id project.ID) ([]Environment, error)
	// Serving lists every environment that has a current deployment, by id.
	Serving(ctx context.Context) ([]Environment, error)
	// UpdateEnvironment saves an environment's settings (public, protected, its
	// roles and approvals, target, description), guarded by e.Version, and counts
	// the version up.
	UpdateEnvironment(ctx context.Context, e Environment, events ...event.Event) error
	// ClearCurrent makes an environment serve nothing: it is stopped, and what
	// would stop it by itself is forgotten.
	ClearCurrent(ctx context.Context, id EnvironmentID, events ...event.Event) error
	// Previews lists the environments of a branch that are not stopped.
	Previews(ctx context.Context, id project.ID, branch string) ([]Environment, error)
	// Due lists the environments that are to be stopped by now.
	Due(ctx context.Context, now time.Time) ([]Environment, error)
	// PostponeStop changes when an environment stops by itself; zero: never.
	PostponeStop(ctx context.Context, id EnvironmentID, at time.Time) error
	// DeleteEnvironment forgets one stopped environment and its deployments;
	// fault.Conflict when something serves there.
	DeleteEnvironment(ctx context.Context, id EnvironmentID, events ...event.Event) error
	// DeleteEnvironments forgets all environments and deployments of a project.
	DeleteEnvironments(ctx context.Context, id project.ID) error

	// CreateDeployment saves a new deployment, gives it an id, and saves the
	// events that report makes of it.
	CreateDeployment(ctx context.Context, d Deployment, report func(Deployment) []event.Event) (Deployment, error)
	// Deployment finds a deployment.
	Deployment(ctx context.Context, id ID) (Deployment, error)
	// Deployments lists an environment's deployments, youngest first, and how
	// many there are.
	Deployments(ctx context.Context, id EnvironmentID, page project.Page) ([]Deployment, int, error)
	// Succeeded lists an environment's successful deployments, youngest first.
	Succeeded(ctx context.Context, id EnvironmentID) ([]Deployment, error)
	// Unfinished lists all deployments that are pending or running, oldest first.
	Unfinished(ctx context.Context) ([]Deployment, error)
	// SaveDeployment saves a change of state, guarded by d.Version, and counts
	// the version up. A second running deployment in one environment is
	// fault.Conflict.
	SaveDeployment(ctx context.Context, d Deployment, events ...event.Event) error
	// AddApproval is SaveDeployment, and saves what was said in the same
	// transaction. A second word of the same user is fault.Conflict.
	AddApproval(ctx context.Context, d Deployment, a Approval, events ...event.Event) error
	// Blocked lists the deployments that wait for approvals, oldest first: of one
	// environment, or of all when it is 0.
	Blocked(ctx context.Context, id EnvironmentID) ([]Deployment, error)
	// Promote is SaveDeployment, and in the same transaction makes d its
	// environment's current deployment, with d's kind, branch and on-stop job,
	// to be stopped by itself at the given time (zero: never).
	Promote(ctx context.Context, d Deployment, stopAt time.Time, events ...event.Event) error
}

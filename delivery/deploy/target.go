package deploy

import (
	"context"
	"time"

	"dasier/forge/auth"
	"dasier/forge/project"
)

// Placement says which model version answers at an endpoint.
type Placement struct {
	Endpoint    string
	Project     project.ID
	Environment string
	Public      bool
	Model       string
	Version     int
	Digest      string // what the version's package must have
	Deployment  ID
	DeployedAt  time.Time
}

// Target is where models run. package targettest holds every implementation
// to this contract.
type Target interface {
	// Apply makes the endpoint answer with the placement's version and returns
	// when it does. It may be called again with the same placement, and then
	// changes nothing but what differs. While it works and when it fails, the
	// endpoint answers as before. A fault's message says why in words that a
	// user may read.
	Apply(ctx context.Context, p Placement) error
	// Remove makes the endpoint answer no more. Removing what is not there is
	// no error.
	Remove(ctx context.Context, endpoint string) error
}

// VersionRef says which version of a model is meant: by number, by alias or by
// the commit that made it; by none of them, the latest.
type VersionRef struct {
	Model  string
	Number int
	Alias  string
	Commit string
}

// Version is a registered model version.
type Version struct {
	Model  string
	Number int
	Digest string
	Commit string
}

// Registry knows model versions.
type Registry interface {
	// Resolve finds the version that ref means. A model or version that does
	// not exist, or that the actor may not see, is fault.Missing.
	Resolve(ctx context.Context, actor auth.Actor, id project.ID, ref VersionRef) (Version, error)
}

// Gate decides who may do what in a project: project.Service.
type Gate interface {
	// May is nil when the actor has the permission there. A project that the
	// actor may not see is fault.Missing.
	May(ctx context.Context, actor auth.Actor, id project.ID, permission auth.Permission) error
	// Get loads a project that the actor may see.
	Get(ctx context.Context, actor auth.Actor, id project.ID) (project.Project, error)
}

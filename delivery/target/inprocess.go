package target

import (
	"context"
	"fmt"
	"io"
	"io/fs"

	"dasier/delivery/deploy"
	"dasier/delivery/serve"
	"dasier/fault"
	"dasier/forge/project"
	"dasier/ml/format/mlflow"
)

// Packages opens the files of registered model versions.
type Packages interface {
	// Open gives a version's package; fault.Missing when there is none.
	Open(ctx context.Context, id project.ID, model string, version int) (fs.FS, error)
}

// InProcess serves models with an engine in this process.
type InProcess struct {
	engine   *serve.Engine
	packages Packages
}

// NewInProcess makes the target.
func NewInProcess(engine *serve.Engine, packages Packages) *InProcess {
	return &InProcess{engine: engine, packages: packages}
}

// Apply implements deploy.Target. The package must have the digest that the
// deployment was made for: a version whose bytes changed since does not serve.
func (t *InProcess) Apply(ctx context.Context, p deploy.Placement) error {
	if p.Kind != deploy.KindModel && p.Kind != "" {
		return fault.Errorf(fault.Invalid, "a %s does not run in the server's own process", p.Kind)
	}
	pkg, err := t.packages.Open(ctx, p.Project, p.Model, p.Version)
	if err != nil {
		return fmt.Errorf("opening model %s version %d: %w", p.Model, p.Version, err)
	}
	digest, err := mlflow.Digest(pkg)
	if err != nil {
		return fmt.Errorf("reading model %s version %d: %w", p.Model, p.Version, err)
	}
	if digest != p.Digest {
		return fault.Errorf(fault.Invalid, "model %s version %d has the digest %s, the deployment is of %s: these are not the files that were registered", p.Model, p.Version, digest, p.Digest)
	}
	return t.engine.Load(ctx, p.Endpoint, pkg, serve.Meta{
		Project: p.Project, Environment: p.Environment, Model: p.Model, Version: p.Version, Digest: p.Digest,
		Deployment: int64(p.Deployment), DeployedAt: p.DeployedAt, Public: p.Public,
	})
}

// Remove implements deploy.Target.
func (t *InProcess) Remove(_ context.Context, endpoint string) error {
	t.engine.Remove(endpoint)
	return nil
}

// Health implements deploy.Target: what is loaded answers.
func (t *InProcess) Health(endpoint string) error {
	if _, ok := t.engine.Endpoint(endpoint); !ok {
		return fault.Errorf(fault.Missing, "no model serves at %s", endpoint)
	}
	return nil
}

// Backend implements deploy.Target: a model in this process has no address.
func (t *InProcess) Backend(endpoint string) (deploy.Backend, error) {
	return deploy.Backend{}, fault.Errorf(fault.Missing, "%s is a model in the server's own process: ask it through the prediction API", endpoint)
}

// Logs implements deploy.Target.
func (t *InProcess) Logs(_ context.Context, endpoint string, _ int, _ bool) (io.ReadCloser, error) {
	return nil, fault.Errorf(fault.Missing, "%s is a model in the server's own process: it writes no log of its own", endpoint)
}

var _ deploy.Target = (*InProcess)(nil)

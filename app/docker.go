package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"

	"dasier/api/infer"
	"dasier/container"
	"dasier/delivery/deploy"
	"dasier/delivery/serve"
	"dasier/delivery/target/docker"
	"dasier/fault"
)

// openDocker joins the Docker target. The engine is not asked yet: a server
// without one is a server all the same.
func (s *Server) openDocker() error {
	var err error
	if s.engines, err = connectDocker(s.config); err != nil {
		return err
	}
	s.docker = docker.New(s.engines, s.registry, s.bundles, docker.Config{
		Server: serverName(s.config.Data), Memory: s.config.DockerMemory, Log: s.logger,
	})
	return nil
}

func connectDocker(c Config) (*container.Engine, error) {
	return container.Connect(container.Config{Host: c.DockerHost, CA: c.DockerCA, Cert: c.DockerCert, Key: c.DockerKey})
}

// serverName tells this server's containers from those of others on an engine:
// it is the same as long as the data folder stays where it is.
func serverName(data string) string {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	sum := sha256.Sum256([]byte(host + "\x00" + data))
	return hex.EncodeToString(sum[:5])
}

// containers are the targets of environments with target docker. A site needs
// no container: its files are served as everywhere.
func (s *Server) containers() map[deploy.Kind]deploy.Target {
	return map[deploy.Kind]deploy.Target{deploy.KindModel: s.docker, deploy.KindService: s.docker, deploy.KindSite: s.sites}
}

// remoteModel finds the models that answer in containers, for the prediction
// API.
func (s *Server) remoteModel(endpoint string) (infer.Remote, bool) {
	m, ok := s.docker.Model(endpoint)
	if !ok {
		return infer.Remote{}, false
	}
	p := m.Placement
	return infer.Remote{
		Meta: serve.Meta{
			Project: p.Project, Environment: p.Environment, Model: p.Model, Version: p.Version, Digest: p.Digest,
			Deployment: int64(p.Deployment), DeployedAt: p.DeployedAt, Public: p.Public,
		},
		Address: m.Address, Token: m.Token, Problem: m.Problem, Release: m.Release,
	}, true
}

// collectContainers removes what an earlier run left on the engine, when all
// that should run has been applied. An engine that is not there has nothing of
// ours.
func (s *Server) collectContainers(ctx context.Context) {
	err := s.docker.Collect(ctx)
	switch {
	case err == nil || ctx.Err() != nil:
	case fault.Is(err, fault.Unavailable):
		s.logger.DebugContext(ctx, "no containers to collect", "reason", err)
	default:
		s.logger.WarnContext(ctx, "containers of an earlier run stay", "error", err)
	}
}

// closeDocker lets go of the engine. Containers go on: the next start finds
// them.
func (s *Server) closeDocker() error {
	if s.infer != nil {
		s.infer.Close()
	}
	if s.docker == nil {
		return nil
	}
	s.docker.Close()
	return errors.Join(s.engines.Close())
}

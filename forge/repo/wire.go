package repo

import (
	"context"
	"io"

	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/git"
)

// Advertise writes what the repository has, to a git client that is about to
// fetch or to push.
func (s *Service) Advertise(ctx context.Context, actor auth.Actor, id project.ID, service git.Service, protocol string, out io.Writer) error {
	need := auth.ReadCode
	if service == git.ReceivePack {
		need = auth.PushCode
	}
	if err := s.gate.May(ctx, actor, id, need); err != nil {
		return err
	}
	r, err := s.open(ctx, id)
	if err != nil {
		return err
	}
	return explain(r.Advertise(ctx, service, protocol, out), "no repository")
}

// Upload answers one request of a git client that fetches.
func (s *Service) Upload(ctx context.Context, actor auth.Actor, id project.ID, protocol string, in io.Reader, out io.Writer) error {
	r, err := s.reading(ctx, actor, id)
	if err != nil {
		return err
	}
	return explain(r.Upload(ctx, protocol, in, out), "no repository")
}

package ci

import (
	"context"
	"strings"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/forge/repo"
)

// Roles is what the use of a protected branch is judged by (project.Service).
type Roles interface {
	Role(ctx context.Context, actor auth.Actor, id project.ID) (auth.Role, error)
}

// Repositories is the Code of this house's own repositories.
func Repositories(repos *repo.Service, roles Roles) Code { return repositories{repos, roles} }

type repositories struct {
	repos *repo.Service
	roles Roles
}

// configurationLimit bounds the configuration file.
const configurationLimit = 1 << 20

func (r repositories) Resolve(ctx context.Context, id project.ID, ref string) (Ref, error) {
	found, err := r.repos.Resolve(ctx, id, ref)
	if err != nil {
		return Ref{}, err
	}
	name, tag, ok := shortRef(found.Ref)
	if !ok {
		return Ref{}, fault.Errorf(fault.Invalid, "%q is neither a branch nor a tag: pipelines run on one of those", ref).At("ref")
	}
	return Ref{Name: name, Tag: tag, SHA: found.SHA}, nil
}

func (r repositories) Commit(ctx context.Context, id project.ID, sha string) (Commit, error) {
	c, err := r.repos.CommitAt(ctx, id, sha)
	return Commit{
		SHA: c.SHA, Title: c.Title(), Message: c.Message, AuthorName: c.AuthorName, AuthorEmail: c.AuthorEmail, Authored: c.AuthoredAt,
	}, err
}

func (r repositories) File(ctx context.Context, id project.ID, sha, path string) ([]byte, error) {
	return r.repos.ReadFile(ctx, id, sha, path, configurationLimit)
}

func (r repositories) Paths(ctx context.Context, id project.ID, sha string) ([]string, error) {
	return r.repos.Files(ctx, id, sha)
}

func (r repositories) Changed(ctx context.Context, id project.ID, before, after string) ([]string, error) {
	return r.repos.ChangedFiles(ctx, id, before, after)
}

func (r repositories) Keep(ctx context.Context, id project.ID, sha string) error {
	return r.repos.Keep(ctx, id, sha)
}

func (r repositories) Protected(ctx context.Context, id project.ID, ref string) (bool, error) {
	return r.repos.IsProtected(ctx, id, ref)
}

func (r repositories) MayUse(ctx context.Context, actor auth.Actor, id project.ID, ref string) error {
	if actor.Via == auth.ViaSystem {
		return nil
	}
	rules, err := r.repos.Protections(ctx, auth.System("ci"), id)
	if err != nil {
		return err
	}
	rule, protected := repo.ProtectionOf(rules, ref)
	if !protected {
		return nil
	}
	role, err := r.roles.Role(ctx, actor, id)
	if err != nil {
		return err
	}
	var enough []string
	for _, least := range []auth.Role{rule.PushRole, rule.MergeRole} {
		if least != auth.None && role >= least {
			return nil
		}
		if least != auth.None {
			enough = append(enough, least.String())
		}
	}
	return fault.Errorf(fault.Denied, "branch %q is protected: running pipelines there needs the role %s, which may change it", ref, or(strings.Join(enough, " or "), "of nobody"))
}

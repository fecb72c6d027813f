package app

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"dasier/ci"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/discuss"
	"dasier/forge/merge"
	"dasier/forge/owners"
	"dasier/forge/project"
	"dasier/forge/repo"
	"dasier/git"
	"dasier/model/registry"
	"dasier/store/queue"
)

// openMerges joins merge requests to what decides about them.
func (s *Server) openMerges() {
	s.discuss = discuss.New(s.store.Discuss(), s.projects, subjects{s}, s.repos, discuss.Config{})
	s.merges = merge.New(s.store.Merge(), merge.Parts{
		Gate: s.projects, Repos: s.repos, People: people{s}, Evidence: evidence{s.registry}, Pipelines: pipelines{s}, Threads: threads{s.discuss},
	}, merge.Config{Address: s.requestAddress})
}

// mergeReactions is what pushes mean for merge requests, and what follows from
// what happens to them.
func (s *Server) mergeReactions() []queue.Reaction {
	return []queue.Reaction{
		after("take the push into merge requests", func(ctx context.Context, id int64, e repo.Pushed) error {
			return s.merges.Pushed(ctx, id, e)
		}),
		after("note what a model version voids", func(ctx context.Context, _ int64, e registry.Registered) error {
			v, err := s.registry.Version(ctx, auth.System("merge"), e.Project, e.Model, e.Version)
			if err != nil || v.Lineage.Job == 0 {
				return err
			}
			who := auth.Actor{User: v.User, Username: v.Username, Via: auth.ViaSystem}
			return s.merges.Registered(ctx, who, e.Project, v.Lineage.Ref, v.Lineage.Commit)
		}),
		after("tell the discussion", func(ctx context.Context, id int64, e merge.Changed) error {
			if e.Text == "" {
				return nil
			}
			return s.discuss.Tell(ctx, discuss.History{
				Event: id, Project: e.Project, Request: int64(e.Request), Number: e.Number, User: e.User, Username: e.Username, Text: e.Text,
			})
		}),
		after("tell live pages of the merge request", func(_ context.Context, _ int64, e merge.Changed) error {
			s.ci.Announce(ci.Change{Kind: "merge_request", Project: e.Project, Number: e.Number})
			return nil
		}),
	}
}

// pipelineSource says what CI calls a move of a ref: what the server makes of
// others' pushes is a merge to it.
func pipelineSource(source repo.Source) ci.Source {
	if source == repo.SourceLanding {
		return ci.SourceMerge
	}
	return ci.Source(source)
}

// page is the address of a page of a project.
func (s *Server) page(ctx context.Context, id project.ID, format string, args ...any) string {
	p, err := s.projects.Get(ctx, auth.System("links"), id)
	if err != nil {
		return s.config.URL // better than no answer: the link is a courtesy
	}
	return s.config.URL + "/" + p.Path() + fmt.Sprintf(format, args...)
}

func (s *Server) requestAddress(ctx context.Context, id project.ID, number int) string {
	return s.page(ctx, id, "/merge-requests/%d", number)
}

// openRequests is what jobs are told of their branch. Merge requests are joined
// after the pipelines, and before any pipeline is made.
func (s *Server) openRequests(ctx context.Context, id project.ID, branch string) ([]int, error) {
	open, err := s.merges.OpenOf(ctx, id, branch)
	numbers := make([]int, len(open))
	for i, r := range open {
		numbers[i] = r.Number
	}
	return numbers, err
}

// requestLink is the page that opens a merge request.
func (s *Server) requestLink(ctx context.Context, id project.ID, source, target string) string {
	query := url.Values{}
	if source != "" {
		query.Set("source", source)
	}
	if target != "" {
		query.Set("target", target)
	}
	return s.page(ctx, id, "/merge-requests/new?%s", query.Encode())
}

// pushNotice is what a person reads behind their push: where its pipelines are,
// and what stands in the way of the branch's merge requests, or how to open one.
func (s *Server) pushNotice(ctx context.Context, actor auth.Actor, p project.Project, moved git.RefUpdate) string {
	branch, isBranch := strings.CutPrefix(moved.Ref, git.Heads)
	if moved.After == git.Zero {
		return ""
	}
	lines := []string{"Pipelines: " + s.config.URL + "/" + p.Path() + "/pipelines"}
	if !isBranch {
		return lines[0]
	}
	open, err := s.merges.OpenOf(ctx, p.ID, branch)
	if err != nil {
		s.logger.ErrorContext(ctx, "looking for the merge requests of a push", "error", err)
		return lines[0]
	}
	for _, r := range open {
		lines = append(lines, "", fmt.Sprintf("Merge request !%d into %s: %s", r.Number, r.Target, r.Title), "  "+s.requestAddress(ctx, p.ID, r.Number))
		blockers, err := s.merges.Blockers(ctx, actor, r)
		if err != nil {
			s.logger.ErrorContext(ctx, "looking for what blocks a merge request", "error", err)
			continue
		}
		if len(blockers) == 0 {
			lines = append(lines, "  Nothing stands in its way.")
		}
		for _, b := range blockers {
			lines = append(lines, fmt.Sprintf("  - %s: %s", b.Message, b.Unblock))
		}
	}
	if len(open) == 0 && moved.Before == git.Zero && branch != p.DefaultBranch {
		lines = append(lines, "", "Open a merge request for "+branch+":", "  "+s.requestLink(ctx, p.ID, branch, ""))
	}
	return strings.Join(lines, "\n")
}

// people tells merge requests who is who.
type people struct{ *Server }

func (p people) User(ctx context.Context, id auth.UserID) (auth.User, error) {
	return p.auth.User(ctx, id)
}

func (p people) ByName(ctx context.Context, username string) (auth.User, error) {
	return p.auth.UserByName(ctx, auth.System("merge"), username)
}

func (p people) Role(ctx context.Context, id project.ID, u auth.User) (auth.Role, error) {
	if u.Blocked {
		return auth.None, nil
	}
	return p.projects.Role(ctx, u.Actor(auth.ViaSession), id)
}

func (p people) Members(ctx context.Context, id project.ID) ([]merge.Member, error) {
	members, err := p.projects.Members(ctx, auth.System("merge"), id)
	list := make([]merge.Member, len(members))
	for i, m := range members {
		list[i] = merge.Member{User: merge.Person{ID: m.User, Username: m.Username, Name: m.Name}, Role: m.Role}
	}
	return list, err
}

func (p people) Owns(ctx context.Context, id project.ID, word string, u auth.User) (bool, error) {
	kind, name := owners.Split(word)
	switch kind {
	case owners.Email:
		return strings.EqualFold(name, u.Email), nil
	case owners.Role:
		role, err := p.Role(ctx, id, u)
		if err != nil {
			return false, err
		}
		asked, err := auth.ParseRole(name)
		return err == nil && role >= asked, nil
	case owners.Name:
		if strings.EqualFold(name, u.Username) {
			return true, nil
		}
		members, err := p.groups.Members(ctx, auth.System("merge"), name)
		if fault.Is(err, fault.Missing) || fault.Is(err, fault.Invalid) {
			return false, nil
		}
		return slices.ContainsFunc(members, func(m project.Member) bool { return m.User == u.ID }), err
	}
	return false, nil
}

// evidence tells merge requests what was made from a commit.
type evidence struct{ registry *registry.Service }

func (e evidence) Of(ctx context.Context, id project.ID, commit string) ([]merge.Model, string, error) {
	versions, err := e.registry.OfCommit(ctx, id, commit)
	var models []merge.Model
	var data []string
	for _, v := range versions {
		models = append(models, merge.Model{Name: v.Model, Number: v.Number, Digest: v.Digest})
		if v.DataDigest != "" {
			data = append(data, v.DataDigest)
		}
	}
	slices.Sort(data)
	return models, strings.Join(slices.Compact(data), ", "), err
}

// pipelines tells merge requests how tests went.
type pipelines struct{ *Server }

// Newest passes over pipelines that somebody started with variables of their
// own: a variable may have told the tests not to look.
func (p pipelines) Newest(ctx context.Context, id project.ID, branch, commit string) (*merge.Pipeline, error) {
	const looked = 20
	found, _, err := p.ci.List(ctx, auth.System("merge"), id, ci.Filter{Ref: branch, SHA: commit, Limit: looked})
	if err != nil {
		return nil, err
	}
	for _, one := range found {
		if len(one.Variables) == 0 && !one.Tag {
			return &merge.Pipeline{
				ID: int64(one.ID), Status: string(one.Status), Passed: one.Status == ci.Success, Done: one.Status.Finished(),
				Link: p.page(ctx, id, "/pipelines/%d", one.ID),
			}, nil
		}
	}
	return nil, nil //nolint:nilnil // there is none, and that is no error
}

// threads tells merge requests what is being discussed.
type threads struct{ discuss *discuss.Service }

func (t threads) Count(ctx context.Context, request int64) (unresolved, total int, err error) {
	counts, err := t.discuss.Counts(ctx, []int64{request})
	return counts[request].Unresolved, counts[request].Total, err
}

// subjects tells discussions what is being discussed.
type subjects struct{ *Server }

func (s subjects) Request(ctx context.Context, actor auth.Actor, id project.ID, number int) (discuss.Subject, error) {
	r, err := s.merges.Get(ctx, actor, id, number)
	if err != nil {
		return discuss.Subject{}, err
	}
	versions, err := s.merges.Versions(ctx, actor, id, number)
	subject := discuss.Subject{
		ID: int64(r.ID), Project: id, Number: number, Source: r.Source, Target: r.Target, HeadSHA: r.Head, BaseSHA: r.Base, Author: r.Author.ID,
		Open: r.State == merge.Opened,
	}
	for _, v := range versions {
		subject.Versions = append(subject.Versions, discuss.Version{Number: v.Number, HeadSHA: v.Head, BaseSHA: v.Base})
	}
	return subject, err
}

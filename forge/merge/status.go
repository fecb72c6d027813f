package merge

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/owners"
	"dasier/forge/project"
	"dasier/forge/repo"
)

// Owners is what a CODEOWNERS file asks about a request.
type Owners struct {
	Section   string
	Pattern   string
	Paths     []string
	Owners    []string
	Approvals int // asked for
	Given     int // of the owners' approvals that hold
	Optional  bool
}

// Status is a request and everything that decides about it, as it is now.
type Status struct {
	Request      Request
	Settings     Settings
	Head         string // of the source branch, or of the newest version when the branch is gone
	TargetSHA    string // "" when the target branch is gone
	SourceExists bool
	Unrelated    bool
	Empty        bool // the target has all of it
	Conflicts    []string
	Behind       int // commits that the target has and the source lacks
	Commits      int
	Diff         struct{ Files, Additions, Deletions int }
	Content      Content
	Rule         *repo.Protection // of the target; nil when it is not protected
	Approvals    []Standing
	Given        int // approvals that count for the rule
	MayApprove   []string
	Owners       []Owners
	Pipeline     *Pipeline
	Unresolved   int
	Threads      int
	Blockers     []Blocker

	// What the actor may do; an error says why not.
	EditRefusal    error
	ApproveRefusal error
	MergeRefusal   error
	CommentRefusal error
}

// CanMerge tells whether the actor's merge would go through.
func (s *Status) CanMerge() bool { return len(s.Blockers) == 0 }

// Status gathers everything about a request.
func (s *Service) Status(ctx context.Context, actor auth.Actor, id project.ID, number int) (Status, error) {
	r, err := s.Get(ctx, actor, id, number)
	if err != nil {
		return Status{}, err
	}
	return s.status(ctx, actor, r)
}

// StatusOf is Status of a request that was loaded before.
func (s *Service) StatusOf(ctx context.Context, actor auth.Actor, r Request) (Status, error) {
	if err := s.Gate.May(ctx, actor, r.Project, auth.ReadMerge); err != nil {
		return Status{}, err
	}
	return s.status(ctx, actor, r)
}

// Blockers lists what stands in the way of the actor's merge.
func (s *Service) Blockers(ctx context.Context, actor auth.Actor, r Request) ([]Blocker, error) {
	status, err := s.status(ctx, actor, r)
	return status.Blockers, err
}

func (s *Service) status(ctx context.Context, actor auth.Actor, r Request) (Status, error) {
	st := Status{Request: r, Head: r.Head}
	var err error
	if st.Settings, err = s.settings(ctx, r.Project); err != nil {
		return st, err
	}
	versions, err := s.store.Versions(ctx, r.ID)
	if err != nil {
		return st, err
	}
	if err := s.readBranches(ctx, &st, versions); err != nil {
		return st, err
	}
	if st.Content, err = s.content(ctx, r, st.Head); err != nil {
		return st, err
	}
	if rule, protected, err := s.Repos.Rule(ctx, r.Project, r.Target); err != nil {
		return st, err
	} else if protected {
		st.Rule = &rule
	}
	crowd, err := s.crowd(ctx, &st, versions)
	if err != nil {
		return st, err
	}
	if err := s.readPeople(ctx, actor, &st, crowd); err != nil {
		return st, err
	}
	if s.Pipelines != nil {
		if st.Pipeline, err = s.Pipelines.Newest(ctx, r.Project, r.Source, st.Head); err != nil {
			return st, err
		}
	}
	if s.Threads != nil {
		if st.Unresolved, st.Threads, err = s.Threads.Count(ctx, int64(r.ID)); err != nil {
			return st, err
		}
	}
	st.Blockers = st.blockers()
	return st, nil
}

// readBranches reads where the branches are, and how they merge.
func (s *Service) readBranches(ctx context.Context, st *Status, versions []Version) error {
	r := st.Request
	heads, err := s.Repos.Heads(ctx, r.Project, r.Source, r.Target)
	if err != nil {
		return err
	}
	st.SourceExists, st.TargetSHA = heads[r.Source] != "", heads[r.Target]
	if newest := len(versions) - 1; newest >= 0 {
		v := versions[newest]
		st.Commits, st.Diff.Files, st.Diff.Additions, st.Diff.Deletions = v.Commits, v.Files, v.Additions, v.Deletions
	}
	if r.State != Opened || !st.SourceExists || st.TargetSHA == "" {
		return nil
	}
	st.Head = heads[r.Source]
	found, err := s.merging(ctx, r.Project, st.TargetSHA, st.Head)
	if err != nil || found.unrelated {
		st.Unrelated = found.unrelated
		return err
	}
	st.Conflicts = found.files
	base, err := s.base(ctx, r.Project, st.TargetSHA, st.Head)
	if err != nil {
		return err
	}
	st.Empty = base == st.Head
	if st.Behind, err = s.ahead(ctx, r.Project, st.Head, st.TargetSHA); err != nil {
		return err
	}
	if st.Head != r.Head {
		// A push that is not a version yet: measure it as it is.
		span, err := s.span(ctx, r.Project, base, st.Head)
		if err != nil {
			return err
		}
		st.Commits, st.Diff.Files, st.Diff.Additions, st.Diff.Deletions = span.Commits, span.Size.Files, span.Size.Additions, span.Size.Deletions
	}
	if st.Owners, err = s.owners(ctx, r.Project, st.TargetSHA, base, st.Head); err != nil {
		return err
	}
	st.Owners = slices.Clone(st.Owners) // what is remembered counts no approvals
	return nil
}

func (s *Service) ahead(ctx context.Context, id project.ID, base, head string) (int, error) {
	return s.counts.get(key(id, base, head), func() (int, error) { return s.Repos.Ahead(ctx, id, base, head, mostCommits) })
}

// owners asks the target's CODEOWNERS file about the paths that change.
func (s *Service) owners(ctx context.Context, id project.ID, target, base, head string) ([]Owners, error) {
	return s.asked.get(key(id, target, base, head), func() ([]Owners, error) {
		var file owners.File
		for _, place := range owners.Places {
			text, err := s.Repos.ReadFile(ctx, id, target, place, mostOwners)
			if fault.Is(err, fault.Missing) {
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("reading %s: %w", place, err)
			}
			file, _ = owners.Parse(string(text))
			break
		}
		paths, err := s.Repos.ChangedFiles(ctx, id, base, head)
		if err != nil {
			return nil, err
		}
		var asked []Owners
		for _, q := range file.For(paths) {
			asked = append(asked, Owners{Section: q.Section, Pattern: q.Pattern, Paths: q.Paths, Owners: q.Owners, Approvals: q.Approvals, Optional: q.Optional})
		}
		return asked, nil
	})
}

// mostOwners is how large a CODEOWNERS file may be; a larger one blocks, for it
// might ask for something.
const mostOwners = 1 << 20

// content is what an approval would be given for now.
func (s *Service) content(ctx context.Context, r Request, head string) (Content, error) {
	tree, err := s.trees.get(key(r.Project, head), func() (string, error) { return s.Repos.TreeOf(ctx, r.Project, head) })
	if err != nil {
		return Content{}, err
	}
	c := Content{Tree: tree, Target: r.Target, Models: []Model{}}
	if s.Evidence == nil {
		return c, nil
	}
	models, data, err := s.Evidence.Of(ctx, r.Project, head)
	if err != nil {
		return Content{}, fmt.Errorf("finding what was made from %s: %w", head, err)
	}
	c.Models, c.Data = append(c.Models, models...), data
	return c, nil
}

// crowd is everyone who had a hand in a request.
type crowd struct {
	author auth.UserID
	users  map[auth.UserID]bool
	emails map[string]bool
}

// crowd finds out who wrote, committed or pushed any of it, in any version.
func (s *Service) crowd(ctx context.Context, st *Status, versions []Version) (crowd, error) {
	r := st.Request
	c := crowd{author: r.Author.ID, users: map[auth.UserID]bool{}, emails: map[string]bool{}}
	add := func(emails []string) {
		for _, e := range emails {
			c.emails[e] = true
		}
	}
	base := r.Base
	for _, v := range versions {
		c.users[v.User.ID] = true
		add(v.Contributors)
	}
	if st.Head != r.Head && st.TargetSHA != "" && !st.Unrelated {
		var err error
		if base, err = s.base(ctx, r.Project, st.TargetSHA, st.Head); err != nil {
			return c, err
		}
		span, err := s.span(ctx, r.Project, base, st.Head)
		if err != nil {
			return c, err
		}
		add(span.Contributors)
	}
	if r.State == Opened && st.SourceExists {
		movers, err := s.Repos.Movers(ctx, r.Project, r.Source, base)
		if err != nil {
			return c, err
		}
		add(movers)
	}
	return c, nil
}

// refusal says why a person's approval does not count, or nothing.
func (c crowd) refusal(u auth.User) string {
	switch {
	case u.ID == c.author:
		return "opened this merge request, and nobody approves their own change"
	case c.users[u.ID], c.emails[strings.ToLower(u.Email)], c.emails[strings.ToLower(u.Username)+"@users.noreply.localhost"]:
		return "wrote or pushed a part of this change, and nobody approves their own"
	}
	return ""
}

// key names an answer about commits of a project.
func key(id project.ID, commits ...string) string {
	return fmt.Sprintf("%d %s", id, strings.Join(commits, " "))
}

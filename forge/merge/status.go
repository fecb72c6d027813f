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
	Unplayable   string // the commit that cannot be replayed: Conflicts are its
	Behind       int    // commits that the target has and the source lacks
	Commits      int
	Diff         struct{ Files, Additions, Deletions int }
	Content      Content
	Rule         *repo.Protection // of the target; nil when it is not protected
	Approvals    []Standing
	Given        int // approvals that count for the rule
	MayApprove   []string
	MayMerge     []string // whom to ask, when the actor's role is too low
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
	if err := s.readReplay(ctx, st); err != nil {
		return err
	}
	if st.Owners, err = s.owners(ctx, r.Project, st.TargetSHA, base, st.Head); err != nil {
		return err
	}
	st.Owners = slices.Clone(st.Owners) // what is remembered counts no approvals
	return nil
}

// mostTried is how many commits are replayed to see whether they can be: each
// costs a few processes. That of more is found out by the merge itself.
const mostTried = 30

// readReplay finds the conflict of a commit on its way, where the whole has none.
// What is squashed, and a single commit, merge as the whole does.
func (s *Service) readReplay(ctx context.Context, st *Status) (err error) {
	r := st.Request
	if st.Settings.Method != repo.Rebase || r.Squash || len(st.Conflicts) > 0 || st.Empty || st.Behind == 0 || st.Commits < 2 || st.Commits > mostTried {
		return nil
	}
	found, err := s.replays.get(key(r.Project, st.TargetSHA, st.Head), func() (found replay, err error) {
		found.commit, found.files, err = s.Repos.ReplayConflict(ctx, r.Project, st.TargetSHA, st.Head)
		return found, err
	})
	st.Unplayable, st.Conflicts = found.commit, found.files
	return err
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
	base := r.Base
	c.addVersions(versions)
	if st.Head != r.Head && st.TargetSHA != "" && !st.Unrelated {
		var err error
		if base, err = s.base(ctx, r.Project, st.TargetSHA, st.Head); err != nil {
			return c, err
		}
		span, err := s.span(ctx, r.Project, base, st.Head)
		if err != nil {
			return c, err
		}
		c.add(span.Contributors)
	}
	if r.State == Opened && st.SourceExists {
		hands, err := s.hands(ctx, r.Project, r.Source, base, st.Head)
		if err != nil {
			return c, err
		}
		c.add(hands)
	}
	return c, nil
}

// add takes in addresses and marks of users.
func (c *crowd) add(words []string) {
	for _, word := range words {
		if id, ok := repo.MarkedUser(word); ok {
			c.users[id] = true
			continue
		}
		c.emails[word] = true
	}
}

func (c *crowd) addVersions(versions []Version) {
	for _, v := range versions {
		c.users[v.User.ID] = true
		c.add(v.Contributors)
	}
}

// hands are those who had a hand in what a branch brings, whatever its commits
// say: who moved it, and all of them of the merge requests that landed in it.
func (s *Service) hands(ctx context.Context, id project.ID, branch, base, head string) ([]string, error) {
	found, err := s.Repos.Movers(ctx, id, branch, base)
	if err != nil {
		return nil, err
	}
	landed, _, err := s.store.List(ctx, id, Filter{State: Merged, Target: branch, Limit: mostLanded})
	if err != nil || len(landed) == 0 {
		return found, err
	}
	brought, err := s.commits.get(key(id, base, head), func() (map[string]bool, error) {
		commits, err := s.Repos.Between(ctx, id, base, head, 0, mostCommits)
		names := make(map[string]bool, len(commits))
		for i := range commits {
			names[commits[i].SHA] = true
		}
		return names, err
	})
	if err != nil {
		return nil, err
	}
	for _, r := range landed {
		if !brought[r.MergeSHA] {
			continue
		}
		versions, err := s.store.Versions(ctx, r.ID)
		if err != nil {
			return nil, err
		}
		found = append(found, repo.UserMark(r.Author.ID))
		for _, v := range versions {
			if v.User.ID != 0 {
				found = append(found, repo.UserMark(v.User.ID))
			}
			found = append(found, v.Contributors...)
		}
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

// mostLanded bounds how many merge requests that landed in a branch are looked
// through, newest first.
const mostLanded = 1000

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

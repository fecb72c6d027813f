package merge

import (
	"context"
	"fmt"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// readPeople finds out whose approvals count, and what the actor may do.
func (s *Service) readPeople(ctx context.Context, actor auth.Actor, st *Status, all crowd) error {
	given, err := s.store.Approvals(ctx, st.Request.ID)
	if err != nil {
		return err
	}
	asked := auth.Developer // the lowest role whose word counts
	if st.Rule != nil && st.Rule.ApprovalRole > asked {
		asked = st.Rule.ApprovalRole
	}
	for _, a := range given {
		standing, u, err := s.standing(ctx, st, a, all)
		if err != nil {
			return err
		}
		standing.Counts = standing.Holds && standing.Role >= asked
		if standing.Counts {
			st.Given++
		}
		if standing.Holds {
			if err := s.countForOwners(ctx, st, u); err != nil {
				return err
			}
		}
		st.Approvals = append(st.Approvals, standing)
	}
	if err := s.readMayApprove(ctx, st, all, asked); err != nil {
		return err
	}
	return s.readRights(ctx, actor, st, all)
}

// standing tells how an approval counts now.
func (s *Service) standing(ctx context.Context, st *Status, a Approval, all crowd) (Standing, auth.User, error) {
	standing := Standing{Approval: a}
	u, err := s.People.User(ctx, a.User.ID)
	if fault.Is(err, fault.Missing) {
		standing.Changed = []string{"there is no such person any more"}
		return standing, u, nil
	}
	if err != nil {
		return standing, u, err
	}
	if standing.Role, err = s.People.Role(ctx, st.Request.Project, u); err != nil {
		return standing, u, err
	}
	if !a.Content.equal(st.Content) {
		n := 0
		if a.Content.Tree != st.Content.Tree {
			if n, err = s.filesBetween(ctx, st.Request, a.Head, st.Head); err != nil {
				return standing, u, err
			}
		}
		standing.Changed = a.Content.changes(st.Content, n)
	}
	if why := all.refusal(u); why != "" {
		standing.Changed = append(standing.Changed, u.Username+" "+why)
	}
	if standing.Role < auth.Developer || u.Blocked {
		standing.Changed = append(standing.Changed, u.Username+" may not approve here any more")
	}
	standing.Holds = len(standing.Changed) == 0
	return standing, u, nil
}

func (s *Service) filesBetween(ctx context.Context, r Request, before, after string) (int, error) {
	return s.counts.get(key(r.Project, "files", before, after), func() (int, error) {
		paths, err := s.Repos.ChangedFiles(ctx, r.Project, before, after)
		return len(paths), err
	})
}

func (s *Service) countForOwners(ctx context.Context, st *Status, u auth.User) error {
	for i := range st.Owners {
		for _, word := range st.Owners[i].Owners {
			means, err := s.People.Owns(ctx, st.Request.Project, word, u)
			if err != nil {
				return fmt.Errorf("looking up owner %s: %w", word, err)
			}
			if means {
				st.Owners[i].Given++
				break
			}
		}
	}
	return nil
}

// readMayApprove lists who could still give the approvals that are missing.
func (s *Service) readMayApprove(ctx context.Context, st *Status, all crowd, asked auth.Role) error {
	if st.Rule == nil || st.Request.State != Opened || st.Given >= st.Rule.Approvals {
		return nil
	}
	members, err := s.People.Members(ctx, st.Request.Project)
	if err != nil {
		return err
	}
	for _, m := range members {
		if m.Role < asked || st.counted(m.User.ID) {
			continue
		}
		u, err := s.People.User(ctx, m.User.ID)
		if err != nil && !fault.Is(err, fault.Missing) {
			return err
		}
		if err == nil && !u.Blocked && all.refusal(u) == "" {
			st.MayApprove = append(st.MayApprove, m.User.Username)
		}
	}
	return nil
}

func (s *Status) counted(user auth.UserID) bool {
	for _, a := range s.Approvals {
		if a.User.ID == user && a.Counts {
			return true
		}
	}
	return false
}

// readRights says what the actor may do, and why not.
func (s *Service) readRights(ctx context.Context, actor auth.Actor, st *Status, all crowd) error {
	id := st.Request.Project
	st.EditRefusal = s.Gate.May(ctx, actor, id, auth.CreateMerge)
	st.CommentRefusal = s.Gate.May(ctx, actor, id, auth.CommentMerge)
	st.MergeRefusal = s.mayLand(ctx, actor, st)
	var err error
	if st.ApproveRefusal, err = s.mayApprove(ctx, actor, st, all); err != nil {
		return err
	}
	return unexpected(st.EditRefusal, st.CommentRefusal, st.MergeRefusal, st.ApproveRefusal)
}

// unexpected finds an error that is no refusal.
func unexpected(refusals ...error) error {
	for _, err := range refusals {
		switch {
		case err == nil, fault.Is(err, fault.Denied), fault.Is(err, fault.Unauthenticated), fault.Is(err, fault.Missing), fault.Is(err, fault.Conflict):
		default:
			return err
		}
	}
	return nil
}

// mayLand asks whether the target branch lets the actor merge.
func (s *Service) mayLand(ctx context.Context, actor auth.Actor, st *Status) error {
	r := st.Request
	needed, permission := auth.Developer, auth.ApproveMerge
	if st.Rule != nil {
		switch st.Rule.MergeRole {
		case auth.None:
			return fault.Errorf(fault.Denied, "nobody may merge into the protected branch %s (rule %q)", r.Target, st.Rule.Pattern)
		case auth.Maintainer:
			needed, permission = auth.Maintainer, auth.PushProtected
		}
	}
	refusal := s.Gate.May(ctx, actor, r.Project, permission)
	if !fault.Is(refusal, fault.Denied) {
		return refusal
	}
	role, err := s.roleOf(ctx, actor, r.Project)
	if err != nil {
		return err
	}
	if role >= needed {
		return refusal // for another reason, as the scopes of a token
	}
	if st.MayMerge, err = s.membersFrom(ctx, r.Project, needed); err != nil {
		return err
	}
	return fault.Errorf(fault.Denied, "merging into %s takes the role %s, and %s is %s", r.Target, needed, actor.Username, role)
}

func (s *Service) roleOf(ctx context.Context, actor auth.Actor, id project.ID) (auth.Role, error) {
	if own, ok := actor.OwnRole(int64(id)); ok {
		return own, nil
	}
	u, err := s.People.User(ctx, actor.User)
	if err != nil {
		return auth.None, err
	}
	return s.People.Role(ctx, id, u)
}

// membersFrom names those who have at least the role.
func (s *Service) membersFrom(ctx context.Context, id project.ID, role auth.Role) ([]string, error) {
	members, err := s.People.Members(ctx, id)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, m := range members {
		if m.Role >= role {
			names = append(names, m.User.Username)
		}
	}
	return names, nil
}

// mayApprove asks for a person who had no hand in the change: the first error is
// the refusal, the second what went wrong.
func (s *Service) mayApprove(ctx context.Context, actor auth.Actor, st *Status, all crowd) (refusal, err error) {
	r := st.Request
	if refusal := s.Gate.May(ctx, actor, r.Project, auth.ApproveMerge); refusal != nil {
		return refusal, nil
	}
	if actor.User == 0 {
		return fault.Errorf(fault.Denied, "an approval is a person's word, and %s is none", actor.Username), nil
	}
	u, err := s.People.User(ctx, actor.User)
	if err != nil {
		return nil, err
	}
	if why := all.refusal(u); why != "" {
		return fault.Errorf(fault.Denied, "%s %s", u.Username, why), nil
	}
	if r.State != Opened {
		return fault.Errorf(fault.Conflict, "merge request !%d is %s", r.Number, r.State), nil
	}
	return nil, nil
}

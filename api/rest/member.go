package rest

import (
	"net/http"
	"strings"
	"time"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

type memberView struct {
	personView
	AccessLevel auth.Role  `json:"access_level"`
	CreatedAt   *time.Time `json:"created_at"`
	ExpiresAt   *string    `json:"expires_at"`
}

func (c *call) viewMember(m project.Member) memberView {
	return memberView{c.viewPerson(m.User, m.Username, m.Name), m.Role, moment(m.Since), day(m.ExpiresAt)}
}

// day is a date as GitLab writes it.
func day(t *time.Time) *string {
	if t == nil {
		return nil
	}
	text := t.UTC().Format(time.DateOnly)
	return &text
}

// membership is whose members a call is about, a project's or a group's.
type membership struct {
	list   func() ([]project.Member, error)
	may    func() error // whether the actor may change them
	set    func(user auth.UserID, role auth.Role, expires *time.Time) error
	remove func(user auth.UserID) error
}

func (c *call) projectMembership() (membership, error) {
	p, err := c.project()
	return membership{
		list: func() ([]project.Member, error) { return c.Projects.Members(c.ctx, c.actor, p.ID) },
		may:  func() error { return c.Projects.May(c.ctx, c.actor, p.ID, auth.ManageMembers) },
		set: func(user auth.UserID, role auth.Role, expires *time.Time) error {
			return c.Projects.SetMemberUntil(c.ctx, c.actor, p.ID, user, role, expires)
		},
		remove: func(user auth.UserID) error { return c.Projects.RemoveMember(c.ctx, c.actor, p.ID, user) },
	}, err
}

func (c *call) groupMembership() (membership, error) {
	g, err := c.group()
	return membership{
		list: func() ([]project.Member, error) { return c.Groups.Members(c.ctx, c.actor, g.Path) },
		may:  func() error { return c.Groups.May(c.ctx, c.actor, g, auth.ManageMembers) },
		set: func(user auth.UserID, role auth.Role, expires *time.Time) error {
			return c.Groups.SetMember(c.ctx, c.actor, g.Path, user, role, expires)
		},
		remove: func(user auth.UserID) error { return c.Groups.RemoveMember(c.ctx, c.actor, g.Path, user) },
	}, err
}

// of makes a handler of the members of a project or group.
func of(whose func(*call) (membership, error), do func(*call, membership) error) func(*call) error {
	return func(c *call) error {
		m, err := whose(c)
		if err != nil {
			return err
		}
		return do(c, m)
	}
}

// listMembers lists those of the project itself, or with all also those that it
// has from its group.
func listMembers(all bool) func(*call, membership) error {
	return func(c *call, m membership) error {
		members, err := m.list()
		if err != nil {
			return err
		}
		query := strings.ToLower(c.read().text("query"))
		views := []memberView{}
		for _, one := range members {
			if !all && one.Inherited != "" || query != "" && !strings.Contains(strings.ToLower(one.Username+" "+one.Name), query) {
				continue
			}
			views = append(views, c.viewMember(one))
		}
		return whole(c, views)
	}
}

func getMember(all bool) func(*call, membership) error {
	return func(c *call, m membership) error {
		one, err := c.member(m)
		if err != nil {
			return err
		}
		if !all && one.Inherited != "" {
			return missing("Member", fault.Errorf(fault.Missing, "no member"))
		}
		return c.answer(http.StatusOK, c.viewMember(one))
	}
}

func (c *call) member(m membership) (project.Member, error) {
	id, err := c.number("user")
	if err != nil {
		return project.Member{}, err
	}
	return c.memberByID(m, auth.UserID(id))
}

func (c *call) memberByID(m membership, id auth.UserID) (project.Member, error) {
	members, err := m.list()
	if err != nil {
		return project.Member{}, err
	}
	for _, one := range members {
		if one.User == id {
			return one, nil
		}
	}
	return project.Member{}, missing("Member", fault.Errorf(fault.Missing, "no member %d", id))
}

func addMember(c *call, m membership) error {
	q := c.read()
	q.unsupported("member_role_id")
	id, name, role, expires := q.number("user_id"), q.text("username"), q.level("access_level"), q.day("expires_at")
	if id == nil && name == "" {
		q.fail("user_id, username", "are missing, exactly one parameter must be provided")
	}
	if q.err != nil {
		return q.err
	}
	if err := m.may(); err != nil {
		return err
	}
	u, err := c.somebody(id, name)
	if err != nil {
		return missing("User", err)
	}
	if one, err := c.memberByID(m, u.ID); err == nil && one.Inherited == "" {
		return taken("Member already exists")
	}
	return c.setMember(m, u.ID, role, expires, http.StatusCreated)
}

func (c *call) somebody(id *int64, name string) (auth.User, error) {
	if id != nil {
		return c.Auth.User(c.ctx, auth.UserID(*id))
	}
	return c.Auth.UserByName(c.ctx, c.actor, name)
}

func editMember(c *call, m membership) error {
	one, err := c.member(m)
	if err != nil {
		return err
	}
	q := c.read()
	q.unsupported("member_role_id")
	role, expires := q.level("access_level"), q.day("expires_at")
	if q.err != nil {
		return q.err
	}
	if _, given := c.given["expires_at"]; !given {
		expires = one.ExpiresAt
	}
	return c.setMember(m, one.User, role, expires, http.StatusOK)
}

func (c *call) setMember(m membership, id auth.UserID, role auth.Role, expires *time.Time, status int) error {
	if err := m.set(id, role, expires); err != nil {
		return err
	}
	one, err := c.memberByID(m, id)
	if err != nil {
		return err
	}
	return c.answer(status, c.viewMember(one))
}

func removeMember(c *call, m membership) error {
	one, err := c.member(m)
	if err != nil {
		return err
	}
	if err := m.remove(one.User); err != nil {
		return err
	}
	return c.gone()
}

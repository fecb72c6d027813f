package console

import (
	"context"
	"net/http"
	"time"

	"dasier/forge/auth"
	"dasier/forge/project"
)

type memberView struct {
	User      userView   `json:"user"`
	Role      string     `json:"role" enum:"guest,reporter,developer,maintainer,owner"`
	Since     time.Time  `json:"since"`
	ExpiresAt *time.Time `json:"expires_at" doc:"null: it does not end"`
	Inherited string     `json:"inherited" doc:"the path of the group through which, or empty"`
}

func viewMember(m project.Member) memberView {
	return memberView{userView{ID: m.User, Username: m.Username, Name: m.Name}, m.Role.String(), m.Since, m.ExpiresAt, m.Inherited}
}

// InMember names a member in a path.
type InMember struct {
	InProject
	Username string `path:"username"`
}

// Membership is what a member is to be.
type Membership struct {
	Role      string     `json:"role" enum:"guest,reporter,developer,maintainer,owner"`
	ExpiresAt *time.Time `json:"expires_at" required:"false" doc:"when it ends; never when absent"`
}

type setMemberInput struct {
	InMember
	Body Membership
}

func (a *API) memberRoutes() {
	const path = "/projects/{project}/members"
	route(a, http.MethodGet, path, "A project's members, also those of its group", func(ctx context.Context, actor auth.Actor, in *InProject) (list[memberView], error) {
		p, err := a.project(ctx, actor, in.Project)
		if err != nil {
			return list[memberView]{}, err
		}
		members, err := a.Projects.Members(ctx, actor, p.ID)
		return list[memberView]{mapped(members, viewMember), len(members)}, err
	})
	route(a, http.MethodPut, path+"/{username}", "Add a member or change their role", func(ctx context.Context, actor auth.Actor, in *setMemberInput) (none, error) {
		p, user, err := a.member(ctx, actor, in.InMember, auth.ManageMembers)
		if err != nil {
			return none{}, err
		}
		role, err := auth.ParseRole(in.Body.Role)
		if err != nil {
			return none{}, err
		}
		return none{}, a.Projects.SetMemberUntil(ctx, actor, p.ID, user.ID, role, in.Body.ExpiresAt)
	})
	route(a, http.MethodDelete, path+"/{username}", "Remove a member", func(ctx context.Context, actor auth.Actor, in *InMember) (none, error) {
		p, user, err := a.member(ctx, actor, *in, auth.ReadProject)
		if err != nil {
			return none{}, err
		}
		return none{}, a.Projects.RemoveMember(ctx, actor, p.ID, user.ID)
	})
}

// member finds a project and a user, for one who may do as much there: who may
// not is told so before they learn whether there is such a user.
func (a *API) member(ctx context.Context, actor auth.Actor, in InMember, p auth.Permission) (project.Project, auth.User, error) {
	found, err := a.project(ctx, actor, in.Project)
	if err != nil {
		return found, auth.User{}, err
	}
	if err := a.Projects.May(ctx, actor, found.ID, p); err != nil {
		return found, auth.User{}, err
	}
	user, err := a.Auth.UserByName(ctx, actor, in.Username)
	return found, user, err
}

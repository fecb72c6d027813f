package console

import (
	"context"
	"net/http"
	"time"

	"dasier/api/identity"
	"dasier/forge/auth"
	"dasier/forge/invite"
	"dasier/forge/project"
)

type invitationView struct {
	ID        int64     `json:"id"`
	Role      string    `json:"role" enum:"guest,reporter,developer,maintainer,owner"`
	Email     string    `json:"email" doc:"for whom; empty: for whoever has the link"`
	CreatedBy string    `json:"created_by"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
	UsesLeft  int       `json:"uses_left"`
	Link      string    `json:"link,omitempty" doc:"shown once, when the invitation is made"`
}

func viewInvitation(i invite.Invitation) invitationView {
	return invitationView{ID: i.ID, Role: i.Role.String(), Email: i.Email, CreatedBy: i.ByName, CreatedAt: i.CreatedAt, ExpiresAt: i.ExpiresAt, UsesLeft: i.UsesLeft}
}

// Wish is what an invitation is to be.
type Wish struct {
	Role      string     `json:"role" enum:"guest,reporter,developer,maintainer,owner"`
	ExpiresAt *time.Time `json:"expires_at" required:"false" doc:"in a week when absent, in 90 days at most"`
	Uses      int        `json:"uses" required:"false" doc:"1 when absent" minimum:"1" maximum:"100"`
	Email     string     `json:"email" required:"false" doc:"only for the account with this address"`
}

func (w Wish) read() (invite.Wish, error) {
	role, err := auth.ParseRole(w.Role)
	return invite.Wish{Role: role, Email: w.Email, Uses: w.Uses, ExpiresAt: w.ExpiresAt}, err
}

// invited is the answer to a new invitation.
func (a *API) invited(i invite.Invitation, secret string, err error) (invitationView, error) {
	view := viewInvitation(i)
	view.Link = a.server.URL + "/invitations/" + secret
	return view, err
}

type inviteInput struct {
	InProject
	Body Wish
}

type groupInviteInput struct {
	InGroup
	Body Wish
}

func (a *API) invitationRoutes() {
	const path = "/projects/{project}/invitations"
	route(a, http.MethodGet, path, "Invitations to a project that are not over", func(ctx context.Context, actor auth.Actor, named *InProject) (list[invitationView], error) {
		return in(ctx, a, actor, named.Project, func(p project.Project) (list[invitationView], error) {
			all, err := a.Invitations.OfProject(ctx, actor, p.ID)
			return list[invitationView]{mapped(all, viewInvitation), len(all)}, err
		})
	})
	route(a, http.MethodPost, path, "Invite to a project by a link, which is shown this once", func(ctx context.Context, actor auth.Actor, b *inviteInput) (invitationView, error) {
		return in(ctx, a, actor, b.Project, func(p project.Project) (invitationView, error) {
			wish, err := b.Body.read()
			if err != nil {
				return invitationView{}, err
			}
			return a.invited(a.Invitations.ToProject(ctx, actor, p, wish))
		})
	}, http.StatusCreated)
	route(a, http.MethodDelete, path+"/{id}", "Revoke an invitation to a project", func(ctx context.Context, actor auth.Actor, named *struct {
		InProject
		ID int64 `path:"id"`
	},
	) (none, error) {
		return in(ctx, a, actor, named.Project, func(p project.Project) (none, error) {
			return none{}, a.Invitations.RevokeOfProject(ctx, actor, p.ID, named.ID)
		})
	})
	a.groupInvitationRoutes()
	a.linkRoutes()
}

func (a *API) groupInvitationRoutes() {
	const path = "/groups/{path}/invitations"
	route(a, http.MethodGet, path, "Invitations to a group that are not over", func(ctx context.Context, actor auth.Actor, in *InGroup) (list[invitationView], error) {
		all, err := a.Invitations.OfGroup(ctx, actor, in.Path)
		return list[invitationView]{mapped(all, viewInvitation), len(all)}, err
	})
	route(a, http.MethodPost, path, "Invite to a group by a link, which is shown this once", func(ctx context.Context, actor auth.Actor, in *groupInviteInput) (invitationView, error) {
		wish, err := in.Body.read()
		if err != nil {
			return invitationView{}, err
		}
		return a.invited(a.Invitations.ToGroup(ctx, actor, in.Path, wish))
	}, http.StatusCreated)
	route(a, http.MethodDelete, path+"/{id}", "Revoke an invitation to a group", func(ctx context.Context, actor auth.Actor, in *struct {
		InGroup
		ID int64 `path:"id"`
	},
	) (none, error) {
		return none{}, a.Invitations.RevokeOfGroup(ctx, actor, in.Path, in.ID)
	})
}

// InLink carries the secret of an invitation's link.
type InLink struct {
	Token string `path:"token" doc:"the last element of the link"`
}

type linkView struct {
	Project   string    `json:"project,omitempty"`
	Group     string    `json:"group,omitempty"`
	Role      string    `json:"role"`
	InvitedBy string    `json:"invited_by"`
	ExpiresAt time.Time `json:"expires_at"`
}

type acceptedView struct {
	Path string `json:"path" doc:"of the project or group"`
}

type registerInput struct {
	InLink
	Body struct {
		Username string `json:"username"`
		Name     string `json:"name" required:"false"`
		Email    string `json:"email"`
		Password string `json:"password"`
	}
}

func (a *API) linkRoutes() {
	const path = "/invitations/{token}"
	route(a, http.MethodGet, path, "What a link invites to", func(ctx context.Context, actor auth.Actor, in *InLink) (linkView, error) {
		i, err := a.Invitations.Look(ctx, in.Token, actor.Address)
		view := linkView{Role: i.Role.String(), InvitedBy: i.ByName, ExpiresAt: i.ExpiresAt}
		if i.Project != 0 {
			view.Project = i.Path
		} else {
			view.Group = i.Path
		}
		return view, err
	})
	route(a, http.MethodPost, path+"/accept", "Accept an invitation", func(ctx context.Context, actor auth.Actor, in *InLink) (acceptedView, error) {
		path, err := a.Invitations.Accept(ctx, actor, in.Token)
		return acceptedView{path}, err
	})
	route(a, http.MethodPost, path+"/register", "Make an account by an invitation, and sign in", func(ctx context.Context, _ auth.Actor, in *registerInput) (meView, error) {
		r := auth.Registration{Username: in.Body.Username, Name: in.Body.Name, Email: in.Body.Email, Password: in.Body.Password}
		u, err := a.Invitations.Register(ctx, in.Token, identity.Address(request(ctx)), r)
		if err != nil {
			return meView{}, err
		}
		return meView{User: viewUser(u)}, a.Identity.SignIn(ctx, u.ID)
	})
}

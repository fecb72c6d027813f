package console

import (
	"context"
	"net/http"
	"time"

	"dasier/forge/auth"
	"dasier/forge/group"
	"dasier/forge/project"
)

type groupView struct {
	ID          group.ID  `json:"id"`
	Path        string    `json:"path"`
	Name        string    `json:"name"`
	Description string    `json:"description"`
	Role        string    `json:"role" doc:"the caller's role" enum:"none,guest,reporter,developer,maintainer,owner"`
	Projects    int       `json:"projects" doc:"how many"`
	Members     int       `json:"members" doc:"how many"`
	CreatedAt   time.Time `json:"created_at"`
}

func viewGroup(g group.Group) groupView {
	return groupView{g.ID, g.Path, g.Name, g.Description, g.Role.String(), g.Projects, g.Members, g.CreatedAt}
}

// InGroup names a group in a path.
type InGroup struct {
	Path string `path:"path" doc:"the first element of the paths of its projects"`
}

// InGroupMember names a group's member in a path.
type InGroupMember struct {
	InGroup
	Username string `path:"username"`
}

type createGroupInput struct {
	Body struct {
		Path        string `json:"path"`
		Name        string `json:"name" required:"false" doc:"the path when absent"`
		Description string `json:"description" required:"false"`
	}
}

type changeGroupInput struct {
	InGroup
	Body struct {
		Name        *string `json:"name" required:"false"`
		Description *string `json:"description" required:"false"`
	}
}

type setGroupMemberInput struct {
	InGroupMember
	Body Membership
}

func (a *API) groupRoutes() {
	route(a, http.MethodGet, "/groups", "My groups", func(ctx context.Context, actor auth.Actor, in *struct {
		Paging
		Search string `query:"search" doc:"a part of path or name"`
	},
	) (list[groupView], error) {
		groups, total, err := a.Groups.List(ctx, actor, in.Search, project.Page{Offset: in.offset(), Limit: in.PerPage})
		return list[groupView]{mapped(groups, viewGroup), total}, err
	})
	route(a, http.MethodPost, "/groups", "Create a group", func(ctx context.Context, actor auth.Actor, in *createGroupInput) (groupView, error) {
		g, err := a.Groups.Create(ctx, actor, group.Group{Path: in.Body.Path, Name: in.Body.Name, Description: in.Body.Description})
		return viewGroup(g), err
	}, http.StatusCreated)
	route(a, http.MethodGet, "/groups/{path}", "A group", func(ctx context.Context, actor auth.Actor, in *InGroup) (groupView, error) {
		g, err := a.Groups.Get(ctx, actor, in.Path)
		return viewGroup(g), err
	})
	route(a, http.MethodPatch, "/groups/{path}", "Change a group", func(ctx context.Context, actor auth.Actor, in *changeGroupInput) (groupView, error) {
		g, err := a.Groups.Update(ctx, actor, in.Path, in.Body.Name, in.Body.Description)
		return viewGroup(g), err
	})
	route(a, http.MethodDelete, "/groups/{path}", "Delete an empty group", func(ctx context.Context, actor auth.Actor, in *InGroup) (none, error) {
		return none{}, a.Groups.Delete(ctx, actor, in.Path)
	})
	route(a, http.MethodGet, "/groups/{path}/projects", "A group's projects", func(ctx context.Context, actor auth.Actor, in *struct {
		InGroup
		Paging
	},
	) (list[projectView], error) {
		projects, total, err := a.Groups.Projects(ctx, actor, in.Path, project.Page{Offset: in.offset(), Limit: in.PerPage})
		if err != nil {
			return list[projectView]{}, err
		}
		views := list[projectView]{Items: make([]projectView, len(projects)), Total: total}
		for i, p := range projects {
			if views.Items[i], err = a.viewProject(ctx, actor, p); err != nil {
				return list[projectView]{}, err
			}
		}
		return views, nil
	})
	a.groupMemberRoutes()
}

func (a *API) groupMemberRoutes() {
	const path = "/groups/{path}/members"
	route(a, http.MethodGet, path, "A group's members", func(ctx context.Context, actor auth.Actor, in *InGroup) (list[memberView], error) {
		members, err := a.Groups.Members(ctx, actor, in.Path)
		return list[memberView]{mapped(members, viewMember), len(members)}, err
	})
	route(a, http.MethodPut, path+"/{username}", "Add a group's member or change their role", func(ctx context.Context, actor auth.Actor, in *setGroupMemberInput) (none, error) {
		role, err := auth.ParseRole(in.Body.Role)
		if err != nil {
			return none{}, err
		}
		if _, err := a.Groups.Find(ctx, actor, in.Path, auth.ManageMembers); err != nil {
			return none{}, err
		}
		user, err := a.Auth.UserByName(ctx, actor, in.Username)
		if err != nil {
			return none{}, err
		}
		return none{}, a.Groups.SetMember(ctx, actor, in.Path, user.ID, role, in.Body.ExpiresAt)
	})
	route(a, http.MethodDelete, path+"/{username}", "Remove a group's member", func(ctx context.Context, actor auth.Actor, in *InGroupMember) (none, error) {
		if _, err := a.Groups.Get(ctx, actor, in.Path); err != nil {
			return none{}, err
		}
		user, err := a.Auth.UserByName(ctx, actor, in.Username)
		if err != nil {
			return none{}, err
		}
		return none{}, a.Groups.RemoveMember(ctx, actor, in.Path, user.ID)
	})
}

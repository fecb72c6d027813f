package console

import (
	"context"
	"net/http"

	"dasier/forge/auth"
)

type createUserInput struct {
	Body struct {
		Username string `json:"username"`
		Name     string `json:"name" required:"false"`
		Email    string `json:"email"`
		Password string `json:"password"`
		Admin    bool   `json:"admin" required:"false"`
	}
}

type changeUserInput struct {
	Username string `path:"username"`
	Body     struct {
		Name    *string `json:"name" required:"false"`
		Email   *string `json:"email" required:"false"`
		Admin   *bool   `json:"admin" required:"false"`
		Blocked *bool   `json:"blocked" required:"false" doc:"ends sessions, tokens and running jobs at once"`
	}
}

func (a *API) userRoutes() {
	route(a, http.MethodGet, "/users", "People on this server", func(ctx context.Context, actor auth.Actor, in *struct {
		Paging
		Search string `query:"search"`
	},
	) (list[userView], error) {
		users, total, err := a.Auth.Users(ctx, actor, in.Search, in.offset(), in.PerPage)
		return list[userView]{mapped(users, viewUser), total}, err
	})
	route(a, http.MethodPost, "/users", "Add a person (administrators)", func(ctx context.Context, actor auth.Actor, in *createUserInput) (userView, error) {
		u, err := a.Auth.CreateUser(ctx, actor, auth.Registration{
			Username: in.Body.Username, Name: in.Body.Name, Email: in.Body.Email, Password: in.Body.Password, Admin: in.Body.Admin,
		})
		return viewUser(u), err
	})
	route(a, http.MethodPatch, "/users/{username}", "Change or block a person (administrators)", func(ctx context.Context, actor auth.Actor, in *changeUserInput) (userView, error) {
		u, err := a.Auth.UpdateUser(ctx, actor, in.Username, auth.Change{Name: in.Body.Name, Email: in.Body.Email, Admin: in.Body.Admin, Blocked: in.Body.Blocked})
		return viewUser(u), err
	})
}

package console

import (
	"context"
	"net/http"
	"time"

	"dasier/api/identity"
	"dasier/forge/auth"
)

type userView struct {
	ID       auth.UserID `json:"id"`
	Username string      `json:"username"`
	Name     string      `json:"name"`
	Email    string      `json:"email,omitempty"`
	Admin    bool        `json:"admin"`
	Blocked  bool        `json:"blocked,omitempty" doc:"only administrators see it"`
}

func viewUser(u auth.User) userView {
	return userView{ID: u.ID, Username: u.Username, Name: u.Name, Email: u.Email, Admin: u.Admin, Blocked: u.Blocked}
}

type meView struct {
	User        userView `json:"user"`
	SetupNeeded bool     `json:"setup_needed" doc:"never, for one who is signed in"`
}

type setupView struct {
	Needed bool `json:"needed" doc:"the server has no user yet"`
}

type setupInput struct {
	Body struct {
		Token    string `json:"token" doc:"from the link on the server's terminal"`
		Username string `json:"username"`
		Name     string `json:"name" required:"false"`
		Email    string `json:"email"`
		Password string `json:"password"`
	}
}

type signInInput struct {
	Body struct {
		Login    string `json:"login" doc:"user name or e-mail"`
		Password string `json:"password"`
	}
}

func (a *API) sessionRoutes() {
	route(a, http.MethodGet, "/setup", "Whether the server waits for its first administrator", func(ctx context.Context, _ auth.Actor, _ *none) (setupView, error) {
		needed, err := a.Auth.SetupNeeded(ctx)
		return setupView{needed}, err
	})
	route(a, http.MethodPost, "/setup", "Make the first administrator with the one-time token", func(ctx context.Context, _ auth.Actor, in *setupInput) (meView, error) {
		r := auth.Registration{Username: in.Body.Username, Name: in.Body.Name, Email: in.Body.Email, Password: in.Body.Password}
		u, err := a.Auth.Setup(ctx, in.Body.Token, identity.Address(request(ctx)), r)
		if err != nil {
			return meView{}, err
		}
		return meView{User: viewUser(u)}, a.Identity.SignIn(ctx, u.ID)
	})
	route(a, http.MethodPost, "/session", "Sign in", func(ctx context.Context, _ auth.Actor, in *signInInput) (meView, error) {
		u, err := a.Auth.SignIn(ctx, in.Body.Login, in.Body.Password, identity.Address(request(ctx)))
		if err != nil {
			return meView{}, err
		}
		return meView{User: viewUser(u)}, a.Identity.SignIn(ctx, u.ID)
	})
	route(a, http.MethodDelete, "/session", "Sign out", func(ctx context.Context, _ auth.Actor, _ *none) (none, error) {
		return none{}, a.Identity.SignOut(ctx)
	})
	route(a, http.MethodGet, "/me", "Who am I", func(ctx context.Context, actor auth.Actor, _ *none) (meView, error) {
		if err := actor.RequireSignedIn(); err != nil {
			return meView{}, err
		}
		if actor.User == 0 { // a project's own token is no person
			return meView{User: userView{Username: actor.Username, Name: actor.Username}}, nil
		}
		u, err := a.Auth.User(ctx, actor.User)
		return meView{User: viewUser(u)}, err
	})
	route(a, http.MethodGet, "/me/tokens", "My access tokens", func(ctx context.Context, actor auth.Actor, _ *none) (list[TokenView], error) {
		tokens, err := a.Auth.Tokens(ctx, actor)
		return list[TokenView]{mapped(tokens, viewToken), len(tokens)}, err
	})
	route(a, http.MethodPost, "/me/tokens", "Make an access token; its secret is shown this once", a.createToken)
	route(a, http.MethodDelete, "/me/tokens/{id}", "Revoke an access token", func(ctx context.Context, actor auth.Actor, in *struct {
		ID int64 `path:"id"`
	},
	) (none, error) {
		return none{}, a.Auth.RevokeToken(ctx, actor, in.ID)
	})
	route(a, http.MethodGet, "/server", "About this server", func(context.Context, auth.Actor, *none) (serverView, error) {
		return serverView{a.server.Version, a.server.URL, a.server.Started.UTC()}, nil
	})
}

// TokenView is a token without its secret.
type TokenView struct {
	ID         int64        `json:"id"`
	Name       string       `json:"name"`
	Scopes     []auth.Scope `json:"scopes"`
	CreatedAt  time.Time    `json:"created_at"`
	ExpiresAt  *time.Time   `json:"expires_at"`
	LastUsedAt *time.Time   `json:"last_used_at"`
}

func viewToken(t auth.Token) TokenView {
	return TokenView{t.ID, t.Name, t.Scopes, t.CreatedAt, t.ExpiresAt, t.LastUsedAt}
}

type tokenCreatedView struct {
	TokenView
	Token string `json:"token" doc:"the secret: it is not shown again"`
}

type createTokenInput struct {
	Body struct {
		Name      string       `json:"name"`
		Scopes    []auth.Scope `json:"scopes" enum:"api,read_api,read_repository,write_repository,predict"`
		ExpiresAt *time.Time   `json:"expires_at" required:"false"`
	}
}

func (a *API) createToken(ctx context.Context, actor auth.Actor, in *createTokenInput) (tokenCreatedView, error) {
	t, secret, err := a.Auth.CreateToken(ctx, actor, in.Body.Name, in.Body.Scopes, in.Body.ExpiresAt)
	return tokenCreatedView{viewToken(t), secret}, err
}

type serverView struct {
	Version   string    `json:"version"`
	URL       string    `json:"url"`
	StartedAt time.Time `json:"started_at"`
}

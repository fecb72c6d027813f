package rest

import (
	"net/http"
	"strings"
	"time"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

type tokenView struct {
	ID          int64        `json:"id"`
	Name        string       `json:"name"`
	Description string       `json:"description"`
	Revoked     bool         `json:"revoked"`
	Active      bool         `json:"active"`
	Scopes      []auth.Scope `json:"scopes"`
	UserID      auth.UserID  `json:"user_id"`
	CreatedAt   *time.Time   `json:"created_at"`
	LastUsedAt  *time.Time   `json:"last_used_at"`
	ExpiresAt   *string      `json:"expires_at"`
	AccessLevel auth.Role    `json:"access_level,omitempty"`
	Token       string       `json:"token,omitempty"`
}

func viewPersonal(t auth.Token) tokenView {
	return tokenView{
		ID: t.ID, Name: t.Name, Active: unexpired(t.ExpiresAt), Scopes: append([]auth.Scope{}, t.Scopes...), UserID: t.User,
		CreatedAt: moment(t.CreatedAt), LastUsedAt: t.LastUsedAt, ExpiresAt: day(t.ExpiresAt),
	}
}

func viewProjectToken(t auth.ProjectToken) tokenView {
	return tokenView{
		ID: t.ID, Name: t.Name, Active: unexpired(t.ExpiresAt), Scopes: append([]auth.Scope{}, t.Scopes...),
		CreatedAt: moment(t.CreatedAt), LastUsedAt: t.LastUsedAt, ExpiresAt: day(t.ExpiresAt), AccessLevel: t.Role,
	}
}

func unexpired(t *time.Time) bool { return t == nil || t.After(time.Now()) }

func (c *call) personalTokens() error {
	tokens, err := c.Auth.Tokens(c.ctx, c.actor)
	if err != nil {
		return err
	}
	return whole(c, mapped(tokens, viewPersonal))
}

func (c *call) personalToken() (auth.Token, error) {
	id, err := c.number("token")
	if err != nil {
		return auth.Token{}, err
	}
	tokens, err := c.Auth.Tokens(c.ctx, c.actor)
	if err != nil {
		return auth.Token{}, err
	}
	for _, t := range tokens {
		if t.ID == id {
			return t, nil
		}
	}
	return auth.Token{}, missing("Token", fault.Errorf(fault.Missing, "no token %d", id))
}

func (c *call) getPersonalToken() error {
	t, err := c.personalToken()
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, viewPersonal(t))
}

func (c *call) revokePersonalToken() error {
	t, err := c.personalToken()
	if err != nil {
		return err
	}
	if err := c.Auth.RevokeToken(c.ctx, c.actor, t.ID); err != nil {
		return err
	}
	return c.gone()
}

// selfToken describes the token that the call was made with.
func (c *call) selfToken() error {
	if c.actor.Via == auth.ViaDeploy {
		tokens, err := c.Projects.Tokens(c.ctx, auth.System("gitlab api"), project.ID(c.actor.Project))
		if err != nil {
			return err
		}
		for _, t := range tokens {
			if t.Name == strings.TrimPrefix(c.actor.Username, "token:") {
				return c.answer(http.StatusOK, viewProjectToken(t))
			}
		}
		return missing("Token", fault.Errorf(fault.Missing, "no such token"))
	}
	t, err := c.Auth.TokenOf(c.ctx, c.actor, c.secret())
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, viewPersonal(t))
}

func (c *call) projectTokens() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	tokens, err := c.Projects.Tokens(c.ctx, c.actor, p.ID)
	if err != nil {
		return err
	}
	return whole(c, mapped(tokens, viewProjectToken))
}

func (c *call) projectToken() (project.Project, auth.ProjectToken, error) {
	p, err := c.project()
	if err != nil {
		return p, auth.ProjectToken{}, err
	}
	id, err := c.number("token")
	if err != nil {
		return p, auth.ProjectToken{}, err
	}
	tokens, err := c.Projects.Tokens(c.ctx, c.actor, p.ID)
	if err != nil {
		return p, auth.ProjectToken{}, err
	}
	for _, t := range tokens {
		if t.ID == id {
			return p, t, nil
		}
	}
	return p, auth.ProjectToken{}, missing("Token", fault.Errorf(fault.Missing, "no token %d", id))
}

func (c *call) getProjectToken() error {
	_, t, err := c.projectToken()
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, viewProjectToken(t))
}

func (c *call) createProjectToken() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	q := c.read()
	wanted := auth.ProjectToken{Name: q.needed("name"), Role: auth.Maintainer, ExpiresAt: q.day("expires_at")}
	if q.number("access_level") != nil {
		wanted.Role = q.level("access_level")
	}
	for _, scope := range q.texts("scopes") {
		wanted.Scopes = append(wanted.Scopes, auth.Scope(scope))
	}
	if q.err == nil && len(wanted.Scopes) == 0 {
		q.fail("scopes", "is missing")
	}
	if q.err != nil {
		return q.err
	}
	t, secret, err := c.Projects.CreateToken(c.ctx, c.actor, p.ID, wanted)
	if err != nil {
		return err
	}
	view := viewProjectToken(t)
	view.Token = secret
	return c.answer(http.StatusCreated, view)
}

func (c *call) revokeProjectToken() error {
	p, t, err := c.projectToken()
	if err != nil {
		return err
	}
	if err := c.Projects.RevokeToken(c.ctx, c.actor, p.ID, t.ID); err != nil {
		return err
	}
	return c.gone()
}

package rest

import (
	"net/http"
	"strings"
	"time"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/merge"
)

// spoken is the version of GitLab whose fields and words this face has: clients
// decide by it what they may ask for. The server's own version is the revision.
const spoken = "17.0.0"

type metadataView struct {
	Version    string  `json:"version"`
	Revision   string  `json:"revision"`
	KAS        kasView `json:"kas"`
	Enterprise bool    `json:"enterprise"`
}

type kasView struct {
	Enabled bool `json:"enabled"`
}

func (c *call) metadata() error {
	return c.answer(http.StatusOK, metadataView{Version: spoken, Revision: c.cfg.Version})
}

// personView is a user as other nouns show them.
type personView struct {
	ID        auth.UserID `json:"id"`
	Username  string      `json:"username"`
	Name      string      `json:"name"`
	State     string      `json:"state"`
	Locked    bool        `json:"locked"`
	AvatarURL *string     `json:"avatar_url"`
	WebURL    string      `json:"web_url"`
}

func (c *call) viewPerson(id auth.UserID, username, name string) personView {
	if name == "" {
		name = username
	}
	return personView{ID: id, Username: username, Name: name, State: "active", WebURL: c.cfg.URL + "/" + username}
}

func (c *call) viewMergePerson(p merge.Person) personView {
	return c.viewPerson(p.ID, p.Username, p.Name)
}

func (c *call) someMergePerson(p merge.Person) *personView {
	if p.ID == 0 {
		return nil
	}
	view := c.viewMergePerson(p)
	return &view
}

type userView struct {
	personView
	Email       string     `json:"email,omitempty"`
	PublicEmail string     `json:"public_email"`
	CreatedAt   *time.Time `json:"created_at,omitempty"`
	IsAdmin     *bool      `json:"is_admin,omitempty"`
	Bot         bool       `json:"bot"`
	NamespaceID int64      `json:"namespace_id,omitempty"`
}

// viewUser shows an address to its owner and to administrators only.
func (c *call) viewUser(u auth.User) userView {
	view := userView{personView: c.viewPerson(u.ID, u.Username, u.Name), CreatedAt: moment(u.CreatedAt)}
	if u.Blocked && c.actor.Admin {
		view.State = "blocked"
	}
	if c.actor.Admin || u.ID == c.actor.User {
		view.Email, view.IsAdmin, view.NamespaceID = u.Email, &u.Admin, userNamespace(u.ID)
	}
	return view
}

func (c *call) self() error {
	if err := auth.RequireScope(c.actor, auth.ScopeReadAPI); err != nil {
		return err
	}
	if c.actor.Via == auth.ViaDeploy {
		view := userView{personView: c.viewPerson(0, c.actor.Username, c.actor.Username), Bot: true}
		return c.answer(http.StatusOK, view)
	}
	if !c.actor.Person() {
		return fault.Errorf(fault.Denied, "a job's token is nobody: it stands for its pipeline")
	}
	u, err := c.Auth.User(c.ctx, c.actor.User)
	if err != nil {
		return missing("User", err)
	}
	return c.answer(http.StatusOK, c.viewUser(u))
}

func (c *call) users() error {
	q := c.read()
	q.unsupported("external", "blocked", "created_after", "created_before", "extern_uid", "provider")
	if q.err != nil {
		return q.err
	}
	if name := q.text("username"); name != "" {
		u, err := c.userNamed(name)
		if fault.Is(err, fault.Missing) {
			return whole(c, []userView{})
		}
		if err != nil {
			return err
		}
		return whole(c, []userView{c.viewUser(u)})
	}
	p := c.page()
	users, total, err := c.Auth.Users(c.ctx, c.actor, q.text("search"), p.Offset, p.Limit)
	if err != nil {
		return err
	}
	return listed(c, mapped(users, c.viewUser), total)
}

func (c *call) user() error {
	id, err := c.number("user")
	if err != nil {
		return err
	}
	u, err := c.userByID(auth.UserID(id))
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, c.viewUser(u))
}

// userNamed finds a person for whoever may list people.
func (c *call) userNamed(name string) (auth.User, error) {
	if _, _, err := c.Auth.Users(c.ctx, c.actor, "", 0, 1); err != nil {
		return auth.User{}, err
	}
	return c.Auth.UserByName(c.ctx, c.actor, name)
}

// userByID finds a person for whoever may list people.
func (c *call) userByID(id auth.UserID) (auth.User, error) {
	if _, _, err := c.Auth.Users(c.ctx, c.actor, "", 0, 1); err != nil {
		return auth.User{}, err
	}
	u, err := c.Auth.User(c.ctx, id)
	return u, missing("User", err)
}

func (c *call) createUser() error {
	q := c.read()
	q.unsupported("reset_password", "force_random_password", "extern_uid", "provider", "external", "private_profile")
	r := auth.Registration{
		Username: q.needed("username"), Name: q.text("name"), Email: q.needed("email"), Password: q.needed("password"), Admin: q.on("admin"),
	}
	if q.err != nil {
		return q.err
	}
	u, err := c.Auth.CreateUser(c.ctx, c.actor, r)
	if err != nil {
		return err
	}
	return c.answer(http.StatusCreated, c.viewUser(u))
}

// usernames are the names of the people with the given ids.
func (c *call) usernames(ids []int64) ([]string, error) {
	names := []string{}
	for _, id := range ids {
		u, err := c.Auth.User(c.ctx, auth.UserID(id))
		if fault.Is(err, fault.Missing) {
			return nil, invalid("reviewer_ids", "has somebody who is not here")
		}
		if err != nil {
			return nil, err
		}
		names = append(names, u.Username)
	}
	return names, nil
}

// secret is the token that the request carries; identity has checked it.
func (c *call) secret() string {
	if scheme, text, ok := strings.Cut(c.r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(text)
	}
	return c.r.Header.Get("Private-Token")
}

// Package identity turns a request into an actor.
//
// It reads, in this order: a token (Authorization: Bearer, PRIVATE-TOKEN,
// JOB-TOKEN, or the password of basic authentication), a password (basic
// authentication, as git sends it), the browser's session cookie. What is
// presented must be right: a wrong token is refused, never taken for nobody.
// Sessions are random names of rows on the server; the cookie is HttpOnly and
// SameSite=Lax, and cross-origin requests that change state are refused.
package identity

import (
	"context"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"dasier/fault"
	"dasier/forge/auth"
)

// Jobs resolves the tokens of CI jobs.
type Jobs interface {
	// ActorByJobToken answers fault.Unauthenticated for a token that is
	// unknown or whose job has ended.
	ActorByJobToken(ctx context.Context, token string) (auth.Actor, error)
}

// Config tunes sessions; the zero value works.
type Config struct {
	Lifetime time.Duration // of a session; default 7 days
	Secure   bool          // the cookie is for HTTPS only
}

// Identity knows who asks.
type Identity struct {
	auth     *auth.Service
	jobs     Jobs
	sessions *scs.SessionManager
	origins  *http.CrossOriginProtection
}

const userKey = "user"

// New makes the identity of a server; sessions are kept in store.
func New(service *auth.Service, jobs Jobs, store scs.Store, cfg Config) *Identity {
	if cfg.Lifetime <= 0 {
		cfg.Lifetime = 7 * 24 * time.Hour
	}
	sessions := scs.New()
	sessions.Store = store
	sessions.Lifetime = cfg.Lifetime
	sessions.HashTokenInStore = true
	sessions.Cookie.Name = "dasier_session"
	sessions.Cookie.HttpOnly = true
	sessions.Cookie.SameSite = http.SameSiteLaxMode
	sessions.Cookie.Secure = cfg.Secure
	origins := http.NewCrossOriginProtection()
	// A client's own page may ask a public endpoint; the answer depends on no
	// cookie.
	origins.AddInsecureBypassPattern("POST /api/v1/endpoints/{endpoint}/predict")
	return &Identity{auth: service, jobs: jobs, sessions: sessions, origins: origins}
}

// Middleware loads the session and refuses cross-origin changes. deny answers
// what is refused.
func (i *Identity) Middleware(deny http.Handler) func(http.Handler) http.Handler {
	i.origins.SetDenyHandler(deny)
	return func(next http.Handler) http.Handler {
		return i.origins.Handler(i.sessions.LoadAndSave(next))
	}
}

// Authenticate tells who sent the request.
func (i *Identity) Authenticate(r *http.Request) (auth.Actor, error) {
	ctx, address := r.Context(), Address(r)
	if secret := token(r); secret != "" {
		return i.byToken(ctx, secret, address)
	}
	if login, password, ok := r.BasicAuth(); ok {
		if isToken(password) {
			return i.byToken(ctx, password, address)
		}
		u, err := i.auth.SignIn(ctx, login, password, address)
		if err != nil {
			return auth.Actor{}, err
		}
		return u.Actor(auth.ViaPassword), nil
	}
	if id := i.sessionUser(ctx); id != 0 {
		return i.auth.SignedIn(ctx, id)
	}
	return auth.Anonymous, nil
}

// sessionUser reads the session that Middleware loaded; 0 where it did not.
func (i *Identity) sessionUser(ctx context.Context) (id auth.UserID) {
	defer func() {
		// scs panics when no session was loaded: faces without cookies have none.
		if recover() != nil {
			id = 0
		}
	}()
	return auth.UserID(i.sessions.GetInt64(ctx, userKey))
}

func (i *Identity) byToken(ctx context.Context, secret, address string) (auth.Actor, error) {
	if strings.HasPrefix(secret, auth.JobPrefix) {
		return i.jobs.ActorByJobToken(ctx, secret)
	}
	return i.auth.ByToken(ctx, secret, address)
}

// SignIn starts a session for the user. The session's name is renewed, so that
// one planted beforehand is worth nothing.
func (i *Identity) SignIn(ctx context.Context, user auth.UserID) error {
	if err := i.sessions.RenewToken(ctx); err != nil {
		return fault.Errorf(fault.Unavailable, "the session could not be started: %w", err)
	}
	i.sessions.Put(ctx, userKey, int64(user))
	return nil
}

// SignOut ends the session.
func (i *Identity) SignOut(ctx context.Context) error { return i.sessions.Destroy(ctx) }

// Address is the client's network address, without port.
func Address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

func token(r *http.Request) string {
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return strings.TrimSpace(bearer)
	}
	if private := r.Header.Get("Private-Token"); private != "" {
		return private
	}
	return r.Header.Get("Job-Token")
}

func isToken(password string) bool {
	return strings.HasPrefix(password, auth.PersonalPrefix) || strings.HasPrefix(password, auth.JobPrefix)
}

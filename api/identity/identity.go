// Package identity turns a request into an actor.
//
// It reads, in this order: a token (Authorization: Bearer, PRIVATE-TOKEN,
// JOB-TOKEN, or the password of basic authentication), a password (basic
// authentication, as git sends it), the browser's session cookie. What is
// presented must be right: a wrong token is refused, never taken for nobody, and
// counted as a guess. Every actor carries the address that the request came from.
// Sessions are random names of rows on the server; the cookie is HttpOnly and
// SameSite=Lax, and cross-origin requests that change state are refused. Where
// Middleware does not run (git, predictions) the cookie is only read, and counts
// for nothing when another site's page sent the request.
package identity

import (
	"context"
	"fmt"
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

// What a session holds: whose it is, and under which password it began.
const (
	userKey  = "user"
	stampKey = "stamp"
)

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
	if sessions.Cookie.Secure = cfg.Secure; cfg.Secure {
		// No other host can set a cookie of this name for ours: a site that is
		// deployed next to the console cannot sign people in as somebody else.
		sessions.Cookie.Name = "__Host-" + sessions.Cookie.Name
	}
	return &Identity{auth: service, jobs: jobs, sessions: sessions, origins: http.NewCrossOriginProtection()}
}

// Middleware loads the session and refuses cross-origin changes. deny answers
// what is refused.
func (i *Identity) Middleware(deny http.Handler) func(http.Handler) http.Handler {
	i.origins.SetDenyHandler(deny)
	return func(next http.Handler) http.Handler {
		marked := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), loadedKey{}, true)))
		})
		return i.origins.Handler(i.sessions.LoadAndSave(marked))
	}
}

// loadedKey marks the context of a request whose session Middleware loaded.
type loadedKey struct{}

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
		return i.auth.ByPassword(ctx, login, password, address)
	}
	actor, err := i.bySession(r)
	actor.Address = address
	return actor, err
}

// Again tells who sent a request that is still being answered, as of now: a
// stream ends when its reader signed out, was blocked, or lost their token.
func (i *Identity) Again(r *http.Request) (auth.Actor, error) {
	// The session that Middleware loaded is what it was when the request came.
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return i.Authenticate(r.WithContext(ctx))
}

// bySession tells whose session the request's cookie names.
func (i *Identity) bySession(r *http.Request) (auth.Actor, error) {
	ctx := r.Context()
	if ctx.Value(loadedKey{}) == nil {
		cookie, _ := r.Cookie(i.sessions.Cookie.Name)
		if cookie == nil || i.ofAnotherSite(r) {
			return auth.Anonymous, nil
		}
		var err error
		if ctx, err = i.sessions.Load(ctx, cookie.Value); err != nil {
			return auth.Anonymous, fmt.Errorf("reading a session: %w", err)
		}
	}
	id := auth.UserID(i.sessions.GetInt64(ctx, userKey))
	if id == 0 {
		return auth.Anonymous, nil
	}
	return i.auth.SignedIn(ctx, id, i.sessions.GetString(ctx, stampKey))
}

func (i *Identity) ofAnotherSite(r *http.Request) bool { return i.origins.Check(r) != nil }

func (i *Identity) byToken(ctx context.Context, secret, address string) (auth.Actor, error) {
	if strings.HasPrefix(secret, auth.JobPrefix) {
		actor, err := i.jobs.ActorByJobToken(ctx, secret)
		if fault.Is(err, fault.Unauthenticated) {
			return auth.Actor{}, i.auth.WrongSecret(address, err)
		}
		if err != nil {
			return auth.Actor{}, err
		}
		actor.Address = address
		return i.auth.ByJob(ctx, actor)
	}
	return i.auth.ByToken(ctx, secret, address)
}

// SignIn starts a session for the user. The session's name is renewed, so that
// one planted beforehand is worth nothing.
func (i *Identity) SignIn(ctx context.Context, user auth.UserID) error {
	if err := i.sessions.RenewToken(ctx); err != nil {
		return fmt.Errorf("starting a session: %w", err)
	}
	stamp, err := i.auth.Stamp(ctx, user)
	if err != nil {
		return err
	}
	i.sessions.Put(ctx, userKey, int64(user))
	i.sessions.Put(ctx, stampKey, stamp)
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
	scheme, credentials, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") { // RFC 9110, section 11.1: whatever its case
		return strings.TrimSpace(credentials)
	}
	if private := r.Header.Get("Private-Token"); private != "" {
		return private
	}
	return r.Header.Get("Job-Token")
}

func isToken(password string) bool {
	for _, prefix := range []string{auth.PersonalPrefix, auth.DeployPrefix, auth.JobPrefix} {
		if strings.HasPrefix(password, prefix) {
			return true
		}
	}
	return false
}

package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"dasier/delivery/deploy"
	"dasier/fault"
	"dasier/forge/auth"
)

const (
	// ownPaths are the gateway's: no program gets requests there. ticketPath is
	// where a ticket becomes a cookie.
	ownPaths   = "/.dasier/"
	ticketPath = ownPaths + "open"
	// tokenPrefix begins every token of ours.
	tokenPrefix = "dsr_"
	// cookiePrefix begins every cookie of ours.
	cookiePrefix = "dasier_"
	// ticketUse is how long a ticket in an address works; the cookie that it
	// becomes lives longer.
	ticketUse = time.Minute
	// askAgain is how long a yes of Access.May counts.
	askAgain = time.Minute
)

// Ticket makes the address that lets a person in at the label's host, which
// has the given address. The caller has checked that they may.
func (g *Gateway) Ticket(address, label string, user auth.UserID) string {
	return address + ticketPath + "?ticket=" + g.sign("ticket", label, user, g.cfg.Now().Add(ticketUse))
}

// sign makes "<user>.<expiry>.<MAC>" for one use and one host.
func (g *Gateway) sign(use, label string, user auth.UserID, until time.Time) string {
	text := fmt.Sprintf("%d.%d", user, until.Unix())
	return text + "." + g.mac(use, label, text)
}

func (g *Gateway) mac(use, label, text string) string {
	mac := hmac.New(sha256.New, g.cfg.Key)
	_, _ = fmt.Fprintf(mac, "%s\x00%s\x00%s", use, label, text) // a hash takes all
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// verify reads what sign made.
func (g *Gateway) verify(use, label, signed string) (auth.UserID, bool) {
	cut := strings.LastIndexByte(signed, '.')
	if cut < 0 || !hmac.Equal([]byte(g.mac(use, label, signed[:cut])), []byte(signed[cut+1:])) {
		return 0, false
	}
	who, when, _ := strings.Cut(signed[:cut], ".")
	user, err := strconv.ParseInt(who, 10, 64)
	until, err2 := strconv.ParseInt(when, 10, 64)
	if err != nil || err2 != nil || g.cfg.Now().Unix() > until {
		return 0, false
	}
	return auth.UserID(user), true
}

func (g *Gateway) cookieName() string {
	if g.secure {
		return "__Host-" + cookiePrefix + "ticket" // no other host can set it
	}
	return cookiePrefix + "ticket"
}

// admit turns a ticket into a cookie and leads to the first page.
func (g *Gateway) admit(w http.ResponseWriter, r *http.Request, label string, _ deploy.Route, there bool) {
	user, ok := g.verify("ticket", label, r.URL.Query().Get("ticket"))
	if !ok || !there || r.Method != http.MethodGet {
		g.refuse(w, r, fault.Errorf(fault.Unauthenticated, "this link is too old: open the environment in the console again"))
		return
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure wherever the apps' address is
		Name: g.cookieName(), Value: g.sign("cookie", label, user, g.cfg.Now().Add(g.cfg.TicketLife)), Path: "/",
		MaxAge: int(g.cfg.TicketLife.Seconds()), HttpOnly: true, Secure: g.secure, SameSite: http.SameSiteLaxMode,
	})
	protect(w.Header(), g.secure)
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// mayAsk decides who may ask a route. A token of ours that is wrong is refused
// everywhere, also where nobody asks for one: its owner would think it works.
func (g *Gateway) mayAsk(r *http.Request, route deploy.Route) error {
	if hasToken(r) {
		actor, err := g.access.Authenticate(r)
		if err != nil || route.Public {
			return err
		}
		return g.access.May(r.Context(), actor, route.Project)
	}
	if route.Public {
		return nil
	}
	refused := fault.Errorf(fault.Unauthenticated, "this is for members of its project: open it from the console, or send a token with the scope predict")
	cookie, err := r.Cookie(g.cookieName())
	if err != nil {
		return refused
	}
	user, ok := g.verify("cookie", route.Label, cookie.Value)
	if !ok {
		return refused
	}
	return g.stillMay(r, grant{user, route.Project})
}

// stillMay asks whether a cookie's owner still may, at most once a minute.
func (g *Gateway) stillMay(r *http.Request, who grant) error {
	now := g.cfg.Now()
	g.mu.Lock()
	until, ok := g.granted[who]
	g.mu.Unlock()
	if ok && now.Before(until) {
		return nil
	}
	actor, err := g.access.User(r.Context(), who.user)
	if err == nil {
		err = g.access.May(r.Context(), actor, who.project)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if err != nil {
		delete(g.granted, who)
		return err
	}
	if len(g.granted) > 10_000 {
		clear(g.granted) // they are asked for again
	}
	g.granted[who] = now.Add(askAgain)
	return nil
}

// hasToken tells whether a request proves something to us: programs have tokens
// of their own, which are none of our business.
func hasToken(r *http.Request) bool {
	if isOurs(r.Header.Get("Private-Token")) || isOurs(r.Header.Get("Job-Token")) {
		return true
	}
	return oursInAuthorization(r)
}

func isOurs(token string) bool { return strings.HasPrefix(token, tokenPrefix) }

func oursInAuthorization(r *http.Request) bool {
	scheme, credentials, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") {
		return isOurs(strings.TrimSpace(credentials))
	}
	login, password, ok := r.BasicAuth()
	return ok && (isOurs(password) || isOurs(login))
}

// strip takes what proves something to us out of a request, before a program of
// someone else sees it.
func strip(r *http.Request) {
	if oursInAuthorization(r) {
		r.Header.Del("Authorization")
	}
	for _, name := range []string{"Authorization", "Private-Token", "Job-Token"} {
		// Of several, one that proves something takes the others with it.
		if slices.ContainsFunc(r.Header[name], func(value string) bool { return strings.Contains(value, tokenPrefix) }) {
			r.Header.Del(name)
		}
	}
	r.Header.Del("X-Forwarded-Prefix") // the gateway's own
	if len(r.Header["Cookie"]) == 0 {
		return
	}
	var kept []string
	for _, line := range r.Header["Cookie"] {
		for part := range strings.SplitSeq(line, ";") {
			if part = strings.TrimSpace(part); part != "" && !ourCookie(part) {
				kept = append(kept, part)
			}
		}
	}
	if len(kept) == 0 {
		r.Header.Del("Cookie")
		return
	}
	r.Header.Set("Cookie", strings.Join(kept, "; "))
}

// ourCookie tells by the beginning of "name=value", or of a whole Set-Cookie.
func ourCookie(text string) bool {
	name, _, _ := strings.Cut(text, "=")
	name = strings.ToLower(strings.TrimSpace(name))
	return strings.HasPrefix(name, cookiePrefix) || strings.HasPrefix(name, "__host-"+cookiePrefix)
}

package app

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"dasier/delivery/serve"
	"dasier/delivery/serve/servetest"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// TestAClientsTokenIsHeldToItsEnvironmentAndLimits, from the token's making to
// the day's use that its page tells.
func TestAClientsTokenIsHeldToItsEnvironmentAndLimits(t *testing.T) {
	s := open(t)
	handler, ctx := s.handler(), t.Context()
	day := time.Now().UTC().YearDay()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ann, err := s.auth.CreateUser(ctx, auth.System("test"), auth.Registration{Username: "ann", Email: "ann@example.com", Password: "correct horse battery"})
	must(err)
	actor := auth.Actor{User: ann.ID, Username: ann.Username, Via: auth.ViaSession}
	p, err := s.projects.Create(ctx, actor, project.Project{Namespace: "ann", Name: "model"})
	must(err)
	for name, environment := range map[string]string{"ann.model.production": "production", "ann.model.staging": "staging"} {
		must(s.engine.Load(ctx, name, servetest.Package(t, servetest.Houses(3)), serve.Meta{Project: p.ID, Environment: environment, Model: "prices", Version: 3}))
	}
	token, secret, err := s.projects.CreateToken(ctx, actor, p.ID, auth.ProjectToken{
		Name: "agency", Role: auth.Guest, Scopes: []auth.Scope{auth.ScopePredict}, Limits: auth.Limits{Environment: "production", PerSecond: 0.001, PerDay: 3},
	})
	must(err)
	_, free, err := s.projects.CreateToken(ctx, actor, p.ID, auth.ProjectToken{Name: "own", Role: auth.Guest, Scopes: []auth.Scope{auth.ScopePredict}})
	must(err)
	ask := func(endpoint, secret string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/api/v1/endpoints/"+endpoint+"/predict", strings.NewReader("["+servetest.Row+","+servetest.Row+"]"))
		r.Header.Set("Authorization", "Bearer "+secret)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	if w := ask("ann.model.staging", secret); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "this token is for the environment production, and the endpoint is of staging") {
		t.Errorf("another environment's endpoint: %d %s", w.Code, w.Body)
	}
	if w := ask("ann.model.production", secret); w.Code != http.StatusOK {
		t.Errorf("its own endpoint: %d %s", w.Code, w.Body)
	}
	if w := ask("ann.model.production", secret); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
		t.Errorf("too fast: %d %v %s", w.Code, w.Header(), w.Body)
	}
	for range 5 {
		if w := ask("ann.model.staging", free); w.Code != http.StatusOK {
			t.Errorf("a token without limits: %d %s", w.Code, w.Body)
		}
	}
	if w := ask("ann.model.nothing", secret); w.Code != http.StatusNotFound {
		t.Errorf("no endpoint: %d %s", w.Code, w.Body)
	}
	used, err := s.meter.Today(ctx, []int64{token.ID})
	if must(err); used[token.ID] != 2 && time.Now().UTC().YearDay() == day { // at midnight the count begins anew
		t.Errorf("%d predictions of today are told, want 2", used[token.ID])
	}
}

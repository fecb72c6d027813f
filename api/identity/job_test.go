package identity_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"dasier/api/identity"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/store"
	"dasier/store/storetest"
)

// tokens maps job tokens to the users who started the pipelines.
type tokens map[string]auth.UserID

func (t tokens) ActorByJobToken(_ context.Context, token string) (auth.Actor, error) {
	return auth.Actor{User: t[token], Via: auth.ViaJob, Project: 7, Job: 9}, nil
}

func TestJobsActAsTheirUserIsNow(t *testing.T) {
	data, err := store.Open(t.Context(), storetest.At(t, filepath.Join(t.TempDir(), "dasier.db")))
	must(t, err)
	t.Cleanup(func() { must(t, data.Close()) })
	people := auth.New(data.Auth())
	known := tokens{}
	for name, u := range map[string]auth.User{"admin": {Admin: true}, "blocked": {Blocked: true}} {
		u.Username, u.Email, u.CreatedAt = name, name+"@example.org", time.Now()
		u, err := data.Auth().CreateUser(t.Context(), u, "")
		must(t, err)
		known[auth.JobPrefix+name] = u.ID
	}
	who := identity.New(people, known, data.Sessions(), identity.Config{})
	ask := func(name string) (auth.Actor, error) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
		r.Header.Set("Job-Token", auth.JobPrefix+name)
		return who.Authenticate(r)
	}
	if actor, err := ask("admin"); err != nil || !actor.Admin || actor.Username != "admin" || actor.Project != 7 || actor.Via != auth.ViaJob {
		t.Errorf("an administrator's job is %+v, %v", actor, err)
	}
	if _, err := ask("blocked"); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a blocked user's job: %v", err)
	}
}

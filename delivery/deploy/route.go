package deploy

import (
	"context"
	"io"
	"maps"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"

	"dasier/delivery/bundle"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// Route is what whoever passes requests on has to know of an endpoint that
// serves a service or a site.
type Route struct {
	Label       string
	Endpoint    string
	Project     project.ID
	Environment EnvironmentID
	Name        string // of the environment
	Kind        Kind
	Public      bool
	Protected   bool
	Deployment  ID
	Site        *bundle.Site // of KindSite
}

// routes is the table of what serves, swapped as a whole: whoever reads it sees
// the state before a change or after it, never between.
type routes struct {
	mu    sync.Mutex // of those who change it
	table atomic.Pointer[map[string]Route]
}

func (t *routes) change(do func(map[string]Route)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	after := map[string]Route{}
	if before := t.table.Load(); before != nil {
		maps.Copy(after, *before)
	}
	do(after)
	t.table.Store(&after)
}

func (t *routes) get(label string) (Route, bool) {
	table := t.table.Load()
	if table == nil {
		return Route{}, false
	}
	route, ok := (*table)[label]
	return route, ok
}

// publish makes what the target was just told known to whoever routes.
func (s *Service) publish(env Environment, d Deployment) {
	label := Label(env.Endpoint)
	if d.Kind == KindModel {
		s.routes.change(func(t map[string]Route) { delete(t, label) })
		return
	}
	s.routes.change(func(t map[string]Route) {
		t[label] = Route{
			Label: label, Endpoint: env.Endpoint, Project: env.Project, Environment: env.ID, Name: env.Name, Kind: d.Kind,
			Public: env.Public, Protected: env.Protected, Deployment: d.ID, Site: d.Site,
		}
	})
}

func (s *Service) unpublish(endpoint string) {
	s.routes.change(func(t map[string]Route) { delete(t, Label(endpoint)) })
}

// Route finds what serves under a label.
func (s *Service) Route(label string) (Route, bool) { return s.routes.get(strings.ToLower(label)) }

// RouteOf finds the service that a site passes requests on to: to is a path of
// a project, with "@environment" when it is not the site's own. A site of an
// unprotected environment reaches no protected one: what is on a branch of
// anyone must not speak in the name of production.
func (s *Service) RouteOf(site Route, to string) (Route, error) {
	owner, environment, ok := strings.Cut(to, "@")
	if !ok {
		environment = site.Name
	}
	found, ok := s.Route(Label(EndpointName(owner, environment)))
	if !ok || found.Kind != KindService {
		return Route{}, fault.Errorf(fault.Unavailable, "no service of %s serves in %s", owner, environment)
	}
	if found.Protected && !site.Protected {
		return Route{}, fault.Errorf(fault.Denied, "%s is protected, and this environment is not: it may not reach the service there", environment)
	}
	return found, nil
}

// Backend finds where an endpoint's requests go now, and holds it: Target.Backend.
func (s *Service) Backend(endpoint string) (Backend, error) { return s.target.Backend(endpoint) }

// Address is where people reach the service or site of an endpoint; empty when
// the server's settings give them no address.
func (s *Service) Address(endpoint string) string {
	at, err := url.Parse(s.cfg.AppsURL)
	if s.cfg.AppsURL == "" || err != nil {
		return ""
	}
	at.Host = Label(endpoint) + "." + at.Host
	return at.String()
}

// Logs reads the end of what an environment's service wrote, and with follow
// goes on until ctx ends. The permission is read_service_logs: logs may hold
// what clients sent.
func (s *Service) Logs(ctx context.Context, actor auth.Actor, id project.ID, name string, lines int, follow bool) (io.ReadCloser, error) {
	if err := s.gate.May(ctx, actor, id, auth.ReadLogs); err != nil {
		return nil, err
	}
	env, err := s.store.Environment(ctx, id, name)
	if err != nil {
		return nil, err
	}
	return s.target.Logs(ctx, env.Endpoint, lines, follow)
}

// Open finds the service or site of an environment for someone who may see it:
// with the permission predict, which asking any endpoint takes.
func (s *Service) Open(ctx context.Context, actor auth.Actor, id project.ID, name string) (Environment, Route, error) {
	if err := s.gate.May(ctx, actor, id, auth.Predict); err != nil {
		return Environment{}, Route{}, err
	}
	env, err := s.store.Environment(ctx, id, name)
	if err != nil {
		return Environment{}, Route{}, err
	}
	route, ok := s.Route(Label(env.Endpoint))
	if !ok {
		return Environment{}, Route{}, fault.Errorf(fault.Conflict, "no service or site serves in %s", env.Name)
	}
	env.Address = s.Address(env.Endpoint)
	if env.Address == "" {
		return Environment{}, Route{}, fault.Errorf(fault.Unavailable, "services and sites have no address yet: the setting apps_url names it")
	}
	return env, route, nil
}

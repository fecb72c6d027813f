package console

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"

	"dasier/api/identity"
	"dasier/ci"
	"dasier/delivery/bundle"
	"dasier/delivery/deploy"
	"dasier/delivery/meter"
	"dasier/fault"
	"dasier/forge/audit"
	"dasier/forge/auth"
	"dasier/forge/discuss"
	"dasier/forge/group"
	"dasier/forge/hook"
	"dasier/forge/invite"
	"dasier/forge/merge"
	"dasier/forge/project"
	"dasier/forge/repo"
	"dasier/forge/variable"
	"dasier/model/registry"
	"dasier/model/track"
)

// Base is where the API lives.
const Base = "/api/v1"

// Server describes the running server to its pages.
type Server struct {
	Version string
	URL     string // as people reach it, without a final slash
	Started time.Time
}

// API is the console's handlers.
type API struct {
	Parts
	server Server
	huma   huma.API
	router chi.Router
}

// Parts are the services that the API speaks for.
type Parts struct {
	Identity *identity.Identity
	Auth     *auth.Service
	Projects *project.Service
	Repos    *repo.Service
	CI       *ci.Service
	Registry *registry.Service
	Track    *track.Service
	Deploy   *deploy.Service
	Bundles  *bundle.Keeper
	Meter    *meter.Meter
	// Ticket makes the address that lets a person in at a private service or
	// site: gateway.Gateway.Ticket.
	Ticket func(address, label string, user auth.UserID) string
	Groups *group.Service
	// Invitations by link.
	Invitations *invite.Service
	Variables   *variable.Service
	Audit       *audit.Service
	Hooks       *hook.Service
	Discuss     *discuss.Service
	Merges      *merge.Service
	// PackageLimit bounds an uploaded model package; default 512 MiB.
	PackageLimit int64
	// Heartbeat is how often a stream of events says that it is there, which keeps
	// proxies from closing it, and looks whether its reader still may read. Default
	// 10 seconds.
	Heartbeat time.Duration
	// Scratch is a folder for uploads on their way; default the system's.
	Scratch string
	Logger  *slog.Logger
}

// Mount registers the API's routes on router, which must run
// Identity.Middleware.
func Mount(router chi.Router, parts Parts, server Server) *API {
	huma.DefaultArrayNullable = false
	config := huma.DefaultConfig("Dasier", server.Version)
	config.DocsPath = "" // huma's page loads scripts from other hosts
	config.SchemasPath = ""
	config.OpenAPIPath = Base + "/openapi"
	config.CreateHooks = nil // no $schema links in answers
	config.Formats = map[string]huma.Format{"application/json": plainJSON, "json": plainJSON}
	config.RejectUnknownQueryParameters = true
	config.Transformers = []huma.Transformer{sayWhatIsWrong}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token":   {Type: "http", Scheme: "bearer", Description: "a personal access token or a job's token"},
		"session": {Type: "apiKey", In: "cookie", Name: "dasier_session"},
	}
	if parts.Heartbeat <= 0 {
		parts.Heartbeat = 10 * time.Second
	}
	a := &API{Parts: parts, server: server}
	a.router = router.With(a.refuseUnreadable)
	a.huma = humachi.New(a.router, config)
	a.sessionRoutes()
	a.userRoutes()
	a.permissionRoutes()
	a.groupRoutes()
	a.invitationRoutes()
	a.projectRoutes()
	a.codeRoutes()
	a.branchRoutes()
	a.mergeRoutes()
	a.diffRoutes()
	a.discussRoutes()
	a.pipelineRoutes()
	a.jobRoutes()
	a.liveRoutes()
	a.modelRoutes()
	a.runRoutes()
	a.deliveryRoutes()
	a.variableRoutes()
	a.auditRoutes()
	a.hookRoutes()
	return a
}

// OpenAPI is the document, for generating clients.
func (a *API) OpenAPI() *huma.OpenAPI { return a.huma.OpenAPI() }

type requestKey struct{}

// signedIn is how callers prove who they are: by one of the two.
var signedIn = []map[string][]string{{"token": {}}, {"session": {}}}

// answer wraps a body for huma.
type answer[T any] struct{ Body T }

// none is an answer without a body.
type none struct{}

// list is a part of a longer list.
type list[T any] struct {
	Items []T `json:"items"`
	Total int `json:"total" doc:"how many there are on all pages"`
}

// Paging is how every list is asked for.
//
// It is exported, as everything is that requests and answers embed: huma does
// not see fields of embedded types that are not.
type Paging struct {
	Page    int `query:"page" minimum:"1" default:"1"`
	PerPage int `query:"per_page" minimum:"1" maximum:"200" default:"50"`
}

// offset is bounded, so that no page's number makes it negative.
func (p Paging) offset() int { return (min(p.Page, 1_000_000_000) - 1) * p.PerPage }

// InProject names the project in a path: its number, or its path with the
// slash encoded.
type InProject struct {
	Project string `path:"project" doc:"the project's number, or its path with %2F for the slash"`
}

// call is a handler: who asks, what, and the answer.
type call[I, O any] func(ctx context.Context, actor auth.Actor, in *I) (O, error)

// route registers one operation; an operation that answers none says 204, and
// others 200 unless a status is given. The request body may hold 1 MiB; larger
// uploads have handlers of their own.
func route[I, O any](a *API, method, path, summary string, do call[I, O], status ...int) {
	operation := huma.Operation{
		OperationID: operationID(method, path), Method: method, Path: Base + path, Summary: summary,
		DefaultStatus: http.StatusOK, Tags: []string{tag(path)},
		Security: signedIn,
	}
	if len(status) > 0 {
		operation.DefaultStatus = status[0]
	}
	operation.Middlewares = huma.Middlewares{func(ctx huma.Context, next func(huma.Context)) {
		r, _ := humachi.Unwrap(ctx)
		next(huma.WithValue(ctx, requestKey{}, r))
	}}
	handle := func(ctx context.Context, in *I) (body O, err error) {
		actor, err := a.Identity.Authenticate(request(ctx))
		if err != nil {
			return body, a.problem(ctx, err)
		}
		if body, err = do(ctx, actor, in); err != nil {
			return body, a.problem(ctx, err)
		}
		return body, nil
	}
	if _, empty := any(*new(O)).(none); empty {
		operation.DefaultStatus = http.StatusNoContent
		huma.Register(a.huma, operation, func(ctx context.Context, in *I) (*struct{}, error) {
			_, err := handle(ctx, in)
			return nil, err
		})
		return
	}
	huma.Register(a.huma, operation, func(ctx context.Context, in *I) (*answer[O], error) {
		body, err := handle(ctx, in)
		return &answer[O]{body}, err
	})
}

// tag groups operations by their noun: the first path element that is not the
// project.
func tag(path string) string {
	rest := strings.TrimPrefix(strings.TrimPrefix(path, "/projects/{project}"), "/")
	if rest == "" {
		return "projects"
	}
	noun, _, _ := strings.Cut(rest, "/")
	return noun
}

func request(ctx context.Context) *http.Request {
	r, _ := ctx.Value(requestKey{}).(*http.Request)
	return r
}

// operationID makes "get-projects-by-project-members" of a method and a path.
func operationID(method, path string) string {
	name := strings.NewReplacer("/", "-", "{", "by-", "}", "").Replace(path)
	return strings.ToLower(method) + name
}

// project finds the project that a path names, as far as the actor may see it.
func (a *API) project(ctx context.Context, actor auth.Actor, named string) (project.Project, error) {
	named, err := url.PathUnescape(named)
	if err != nil {
		return project.Project{}, fault.Errorf(fault.Invalid, "project %q is not properly encoded", named).At("project")
	}
	if id, err := strconv.ParseInt(named, 10, 64); err == nil {
		return a.Projects.Get(ctx, actor, project.ID(id))
	}
	namespace, name, ok := strings.Cut(named, "/")
	if !ok {
		return project.Project{}, fault.Errorf(fault.Invalid, "project %q: expected a number, or namespace%%2Fname", named).At("project")
	}
	return a.Projects.ByPath(ctx, actor, namespace, name)
}

// in runs a call on the project that a path names.
func in[T any](ctx context.Context, a *API, actor auth.Actor, named string, do func(project.Project) (T, error)) (T, error) {
	p, err := a.project(ctx, actor, named)
	if err != nil {
		var zero T
		return zero, err
	}
	return do(p)
}

// number reads a number of the path.
func number(r *http.Request, name string) (int64, error) {
	n, err := strconv.ParseInt(chi.URLParam(r, name), 10, 64)
	if err != nil {
		return 0, fault.Errorf(fault.Invalid, "%s %q is no number", name, chi.URLParam(r, name)).At(name)
	}
	return n, nil
}

// mapped applies f to each.
func mapped[T, U any](items []T, f func(T) U) []U {
	out := make([]U, len(items))
	for i, item := range items {
		out[i] = f(item)
	}
	return out
}

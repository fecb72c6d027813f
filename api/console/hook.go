package console

import (
	"context"
	"net/http"
	"time"

	"dasier/forge/auth"
	"dasier/forge/hook"
	"dasier/forge/project"
)

type hookView struct {
	ID             hook.ID       `json:"id"`
	Name           string        `json:"name"`
	URL            string        `json:"url"`
	Events         []hook.Event  `json:"events"`
	Active         bool          `json:"active"`
	HasSecret      bool          `json:"has_secret"`
	CreatedAt      time.Time     `json:"created_at"`
	LastDelivery   *deliveryView `json:"last_delivery,omitempty"`
	DisabledReason string        `json:"disabled_reason,omitempty" doc:"why the server switched it off"`
}

type deliveryView struct {
	ID       hook.DeliveryID `json:"id"`
	Event    hook.Event      `json:"event"`
	At       time.Time       `json:"at"`
	Duration int64           `json:"duration_ms"`
	Status   int             `json:"status" doc:"0: no answer"`
	Error    string          `json:"error,omitempty"`
	Attempt  int             `json:"attempt"`
	Request  *textView       `json:"request,omitempty"`
	Response *textView       `json:"response,omitempty"`
}

type textView struct {
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

func viewHook(h hook.Hook) hookView {
	view := hookView{
		ID: h.ID, Name: h.Name, URL: h.URL, Events: h.Events, Active: h.Active, HasSecret: h.Secret != nil, CreatedAt: h.Created, DisabledReason: h.Disabled,
	}
	if h.Last != nil {
		last := viewDelivery(*h.Last)
		view.LastDelivery = &last
	}
	return view
}

func viewDelivery(d hook.Delivery) deliveryView {
	return deliveryView{ID: d.ID, Event: d.Event, At: d.At, Duration: d.Duration.Milliseconds(), Status: d.Status, Error: d.Error, Attempt: d.Attempt}
}

// viewWhole is a delivery with its texts.
func viewWhole(d hook.Delivery) deliveryView {
	view := viewDelivery(d)
	view.Request, view.Response = &textView{d.Request.Headers, d.Request.Body}, &textView{d.Response.Headers, d.Response.Body}
	return view
}

// InHook names a webhook in a path.
type InHook struct {
	InProject
	ID hook.ID `path:"id"`
}

// InHookDelivery names a delivery in a path.
type InHookDelivery struct {
	InHook
	Delivery hook.DeliveryID `path:"delivery"`
}

type addHookInput struct {
	InProject
	Body struct {
		Name   string       `json:"name" required:"false"`
		URL    string       `json:"url"`
		Secret string       `json:"secret" required:"false" doc:"sent as X-Gitlab-Token, and the key of X-Dasier-Signature; never shown again"`
		Events []hook.Event `json:"events" doc:"push, tag_push, merge_request, note, pipeline, job, deployment, release"`
		Active *bool        `json:"active" required:"false" doc:"true when absent"`
	}
}

type changeHookInput struct {
	InHook
	Body struct {
		Name   *string      `json:"name" required:"false"`
		URL    *string      `json:"url" required:"false"`
		Secret *string      `json:"secret" required:"false" doc:"empty: without a secret from now on"`
		Events []hook.Event `json:"events" required:"false"`
		Active *bool        `json:"active" required:"false"`
	}
}

func (a *API) hookRoutes() {
	const path = "/projects/{project}/hooks"
	route(a, http.MethodGet, path, "A project's webhooks", func(ctx context.Context, actor auth.Actor, q *InProject) (list[hookView], error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (list[hookView], error) {
			hooks, err := a.Hooks.List(ctx, actor, p.ID)
			return list[hookView]{mapped(hooks, viewHook), len(hooks)}, err
		})
	})
	route(a, http.MethodPost, path, "Make a webhook", func(ctx context.Context, actor auth.Actor, q *addHookInput) (hookView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (hookView, error) {
			b := q.Body
			h, err := a.Hooks.Add(ctx, actor, hook.Hook{Project: p.ID, Name: b.Name, URL: b.URL, Events: b.Events, Active: b.Active == nil || *b.Active}, b.Secret)
			return viewHook(h), err
		})
	}, http.StatusCreated)
	route(a, http.MethodPatch, path+"/{id}", "Change a webhook", func(ctx context.Context, actor auth.Actor, q *changeHookInput) (hookView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (hookView, error) {
			b := q.Body
			h, err := a.Hooks.Update(ctx, actor, p.ID, q.ID, hook.Change{Name: b.Name, URL: b.URL, Secret: b.Secret, Events: b.Events, Active: b.Active})
			return viewHook(h), err
		})
	})
	route(a, http.MethodDelete, path+"/{id}", "Remove a webhook", func(ctx context.Context, actor auth.Actor, q *InHook) (none, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (none, error) {
			return none{}, a.Hooks.Remove(ctx, actor, p.ID, q.ID)
		})
	})
	route(a, http.MethodPost, path+"/{id}/test", "Send a webhook a made-up message", func(ctx context.Context, actor auth.Actor, q *struct {
		InHook
		Body struct {
			Event hook.Event `json:"event"`
		}
	},
	) (deliveryView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (deliveryView, error) {
			of := hook.Project{ID: p.ID, Namespace: p.Namespace, Name: p.Name, Description: p.Description, DefaultBranch: p.DefaultBranch, Server: a.server.URL}
			d, err := a.Hooks.Test(ctx, actor, of, q.ID, q.Body.Event)
			return viewWhole(d), err
		})
	})
	a.deliveryLogRoutes(path + "/{id}/deliveries")
}

func (a *API) deliveryLogRoutes(path string) {
	route(a, http.MethodGet, path, "What a webhook was told, youngest first", func(ctx context.Context, actor auth.Actor, q *struct {
		InHook
		Paging
	},
	) (list[deliveryView], error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (list[deliveryView], error) {
			deliveries, total, err := a.Hooks.Deliveries(ctx, actor, p.ID, q.ID, project.Page{Offset: q.offset(), Limit: q.PerPage})
			return list[deliveryView]{mapped(deliveries, viewDelivery), total}, err
		})
	})
	route(a, http.MethodGet, path+"/{delivery}", "What a webhook was told and answered", func(ctx context.Context, actor auth.Actor, q *InHookDelivery) (deliveryView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (deliveryView, error) {
			d, err := a.Hooks.Delivery(ctx, actor, p.ID, q.ID, q.Delivery)
			return viewWhole(d), err
		})
	})
	route(a, http.MethodPost, path+"/{delivery}/redeliver", "Tell a webhook the same again", func(ctx context.Context, actor auth.Actor, q *InHookDelivery) (deliveryView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (deliveryView, error) {
			d, err := a.Hooks.Redeliver(ctx, actor, p.ID, q.ID, q.Delivery)
			return viewWhole(d), err
		})
	})
}

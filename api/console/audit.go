package console

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"dasier/fault"
	"dasier/forge/audit"
	"dasier/forge/auth"
	"dasier/forge/project"
)

type auditView struct {
	Seq      int64           `json:"seq"`
	At       time.Time       `json:"at"`
	Username string          `json:"username"`
	Via      string          `json:"via" doc:"how they proved who they are"`
	Address  string          `json:"address" doc:"where they came from"`
	Project  string          `json:"project" doc:"its path; empty for the whole server"`
	Action   string          `json:"action"`
	Target   string          `json:"target"`
	Reason   string          `json:"reason"`
	Alarm    bool            `json:"alarm" doc:"a rule was overridden"`
	Before   json.RawMessage `json:"before"`
	After    json.RawMessage `json:"after"`
	JobID    *int64          `json:"job_id"`
	Hash     string          `json:"hash"`
}

func viewAudit(l audit.Line) auditView {
	null := func(text json.RawMessage) json.RawMessage {
		if text == nil {
			return json.RawMessage("null")
		}
		return text
	}
	return auditView{
		l.Seq, l.At, l.Username, l.Via, l.Address, l.Project, l.Action, l.Target, l.Reason, l.Alarm, null(l.Before), null(l.After), some(l.Job), l.Hash,
	}
}

// AuditQuery narrows the log.
type AuditQuery struct {
	Actor  string    `query:"actor" doc:"a user name"`
	Action string    `query:"action" doc:"such as member.added; a noun stands for all that is done to it"`
	From   time.Time `query:"from" doc:"not before this time"`
	To     time.Time `query:"to" doc:"before this time"`
}

func (q AuditQuery) filter(id project.ID) audit.Filter {
	return audit.Filter{Project: int64(id), Actor: q.Actor, Action: q.Action, From: q.From, To: q.To}
}

type verifyView struct {
	OK      bool   `json:"ok"`
	Entries int64  `json:"entries"`
	Head    string `json:"head" doc:"the last line's hash: keep it where the server's administrator cannot reach it"`
	Problem string `json:"problem,omitempty"`
}

func (a *API) auditRoutes() {
	route(a, http.MethodGet, "/projects/{project}/audit", "A project's audit log, youngest first", func(ctx context.Context, actor auth.Actor, q *struct {
		InProject
		Paging
		AuditQuery
	},
	) (list[auditView], error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (list[auditView], error) {
			return a.listAudit(ctx, actor, q.filter(p.ID), q.Paging)
		})
	})
	route(a, http.MethodGet, "/audit", "The whole server's audit log, youngest first", func(ctx context.Context, actor auth.Actor, q *struct {
		Paging
		AuditQuery
	},
	) (list[auditView], error) {
		return a.listAudit(ctx, actor, q.filter(0), q.Paging)
	})
	route(a, http.MethodGet, "/audit/verify", "Whether the audit log is whole", func(ctx context.Context, actor auth.Actor, q *struct {
		Expect string `query:"expect_head" doc:"a head that an earlier call answered: lines taken from the end are found by it"`
	},
	) (verifyView, error) {
		r, err := a.Audit.Verify(ctx, actor, q.Expect)
		return verifyView{r.Problem == "", r.Entries, r.Head, r.Problem}, err
	})
	query := []asked{
		{name: "actor", about: "a user name"},
		{name: "action", about: "such as member.added; a noun stands for all that is done to it"},
		{name: "from", about: "not before this time (RFC 3339)"},
		{name: "to", about: "before this time (RFC 3339)"},
	}
	for _, form := range []struct{ name, media string }{{"csv", "text/csv"}, {"jsonl", "application/jsonl"}} {
		a.raw(foreign{
			method: http.MethodGet, path: "/projects/{project}/audit." + form.name, summary: "A project's audit log as a file, oldest first (" + form.name + ")", gives: form.media, query: query,
		}, func(w http.ResponseWriter, r *http.Request, actor auth.Actor, p project.Project) error {
			return a.exportAudit(w, r, actor, p.ID, form.name, form.media)
		})
		a.plain(foreign{
			method: http.MethodGet, path: "/audit." + form.name, summary: "The whole server's audit log as a file, oldest first (" + form.name + ")", gives: form.media, query: query,
		}, func(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
			return a.exportAudit(w, r, actor, 0, form.name, form.media)
		})
	}
}

func (a *API) listAudit(ctx context.Context, actor auth.Actor, f audit.Filter, page Paging) (list[auditView], error) {
	f.Offset, f.Limit = page.offset(), page.PerPage
	lines, total, err := a.Audit.List(ctx, actor, f)
	return list[auditView]{mapped(lines, viewAudit), total}, err
}

// exportAudit streams the log. An error after the first line can only break the
// answer off, which a client sees.
func (a *API) exportAudit(w http.ResponseWriter, r *http.Request, actor auth.Actor, id project.ID, form, media string) error {
	q := AuditQuery{Actor: r.URL.Query().Get("actor"), Action: r.URL.Query().Get("action")}
	for _, side := range []struct {
		name string
		to   *time.Time
	}{{"from", &q.From}, {"to", &q.To}} {
		text := r.URL.Query().Get(side.name)
		if text == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return fault.Errorf(fault.Invalid, "%s %q: expected a time such as 2026-01-02T15:04:05Z", side.name, text).At("query." + side.name)
		}
		*side.to = at
	}
	begun := false
	begin := func() io.Writer {
		begun = true
		w.Header().Set("Content-Type", media+"; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="audit.`+form+`"`)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		return w
	}
	err := audit.WriteAll(form, begin, func(each func(*audit.Line) error) error {
		return a.Audit.Export(r.Context(), actor, q.filter(id), each)
	})
	if err == nil || !begun {
		return err
	}
	if !errors.Is(err, context.Canceled) {
		a.Logger.ErrorContext(r.Context(), "an export of the audit log broke off", "error", err)
	}
	panic(http.ErrAbortHandler)
}

package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// call is one request: who asks, what, and where the answer goes.
type call struct {
	*Face
	w          http.ResponseWriter
	r          *http.Request
	ctx        context.Context // of the request, as long as which the call lives
	actor      auth.Actor
	given      values
	namespaces map[string]namespaceView
}

// bodyLimit bounds what a call may send: the largest is a commit of files.
const bodyLimit = 48 << 20

// parameters reads what a call was given: GitLab takes them from the query, a
// form, or JSON, whichever a client prefers.
func (c *call) parameters() error {
	c.given = values{}
	c.given.addForm(c.r.URL.Query())
	if c.r.Body == nil || c.r.Method == http.MethodGet || c.r.Method == http.MethodHead {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(c.r.Body, bodyLimit+1))
	if err != nil {
		return fault.Errorf(fault.Invalid, "the body broke off: %w", err)
	}
	if len(text) > bodyLimit {
		return fault.Errorf(fault.Limited, "the body is larger than %d bytes", bodyLimit)
	}
	if len(strings.TrimSpace(string(text))) == 0 {
		return nil
	}
	kind, options, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil {
		kind = ""
	}
	switch kind {
	case "application/json", "":
		var body values
		if err := json.Unmarshal(text, &body); err != nil {
			return invalid("body", "is not a JSON object")
		}
		maps.Copy(c.given, body)
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(text))
		if err != nil {
			return invalid("body", "is not a form")
		}
		c.given.addForm(form)
	case "multipart/form-data":
		form, err := multipart.NewReader(bytes.NewReader(text), options["boundary"]).ReadForm(bodyLimit)
		if err != nil {
			return invalid("body", "is not a form")
		}
		c.given.addForm(form.Value)
	default:
		return &refusal{http.StatusUnsupportedMediaType, said{Error: "The provided content-type '" + kind + "' is not supported."}}
	}
	return nil
}

// element is a part of the path, decoded. The router leaves an encoded slash as
// it came, so that it can be a part of a name.
func (c *call) element(name string) string {
	raw := chi.URLParam(c.r, name)
	if c.r.URL.RawPath == "" {
		return raw // nothing in it needed decoding
	}
	if plain, err := url.PathUnescape(raw); err == nil {
		return plain
	}
	return raw
}

// number is a number of the path. One that is none finds nothing.
func (c *call) number(name string) (int64, error) {
	n, err := strconv.ParseInt(c.element(name), 10, 64)
	if err != nil || n < 0 {
		return 0, invalid(name, "is invalid")
	}
	return n, nil
}

// project is the one that the path names by number or by path.
func (c *call) project() (project.Project, error) {
	p, err := c.projectNamed(c.element("id"))
	if err != nil {
		return project.Project{}, missing("Project", err)
	}
	return p, nil
}

func (c *call) projectNamed(named string) (project.Project, error) {
	if id, err := strconv.ParseInt(named, 10, 64); err == nil {
		return c.Projects.Get(c.ctx, c.actor, project.ID(id))
	}
	namespace, name, ok := strings.Cut(named, "/")
	if !ok {
		return project.Project{}, fault.Errorf(fault.Missing, "no project %q", named)
	}
	return c.Projects.ByPath(c.ctx, c.actor, namespace, name)
}

// answer writes JSON.
func (c *call) answer(status int, body any) error {
	write(c.w, status, body)
	return nil
}

// gone answers that there is nothing more to say.
func (c *call) gone() error {
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

func write(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil { // our own structs always encode
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(text) // a client that is gone needs no answer
}

// The sizes of a page.
const (
	usualPage   = 20
	largestPage = 100
	furthest    = 1_000_000_000 // so that no page's number makes an offset negative
)

// page is which part of a list is asked for.
func (c *call) page() project.Page {
	number, size := c.pageNumber()
	return project.Page{Offset: (number - 1) * size, Limit: size}
}

func (c *call) pageNumber() (number, size int) {
	number, size = 1, usualPage
	if n, err := strconv.Atoi(c.r.URL.Query().Get("page")); err == nil && n > 0 {
		number = min(n, furthest)
	}
	if n, err := strconv.Atoi(c.r.URL.Query().Get("per_page")); err == nil && n > 0 {
		size = min(n, largestPage)
	}
	return number, size
}

// listed answers a page of a list of which there are total entries on all pages.
func listed[T any](c *call, items []T, total int) error {
	number, size := c.pageNumber()
	pages := max(1, (total+size-1)/size)
	h := c.w.Header()
	h.Set("X-Total", strconv.Itoa(total))
	h.Set("X-Total-Pages", strconv.Itoa(pages))
	next := 0
	if number < pages {
		next = number + 1
	}
	c.pageHeaders(next, pages)
	return c.answer(http.StatusOK, append([]T{}, items...))
}

// uncounted answers a page of a list that nobody counts, as GitLab does with long
// ones: without the totals.
func uncounted[T any](c *call, items []T, more bool) error {
	number, _ := c.pageNumber()
	next := 0
	if more {
		next = number + 1
	}
	c.pageHeaders(next, 0)
	return c.answer(http.StatusOK, append([]T{}, items...))
}

// whole answers the page of a list that is all in memory.
func whole[T any](c *call, items []T) error {
	p := c.page()
	from := min(p.Offset, len(items))
	return listed(c, items[from:min(from+p.Limit, len(items))], len(items))
}

func (c *call) pageHeaders(next, last int) {
	number, size := c.pageNumber()
	h := c.w.Header()
	h.Set("X-Page", strconv.Itoa(number))
	h.Set("X-Per-Page", strconv.Itoa(size))
	h.Set("X-Next-Page", orEmpty(next))
	previous := 0
	if number > 1 {
		previous = number - 1
	}
	h.Set("X-Prev-Page", orEmpty(previous))
	var links []string
	for _, l := range []struct {
		page int
		name string
	}{{previous, "prev"}, {next, "next"}, {1, "first"}, {last, "last"}} {
		if l.page > 0 {
			links = append(links, "<"+c.pageAddress(l.page, size)+`>; rel="`+l.name+`"`)
		}
	}
	h.Set("Link", strings.Join(links, ", "))
}

func (c *call) pageAddress(page, size int) string {
	query := c.r.URL.Query()
	query.Set("page", strconv.Itoa(page))
	query.Set("per_page", strconv.Itoa(size))
	return c.cfg.URL + c.r.URL.EscapedPath() + "?" + query.Encode()
}

func orEmpty(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// attachment sets the headers under which content of users is harmless in a
// browser: no script runs, nothing is guessed.
func (c *call) attachment(name, mediaType string) {
	h := c.w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(path.Base(name)))
}

// stream copies content that was begun; whoever broke off knows it.
func (c *call) stream(content io.Reader) error {
	if _, err := io.Copy(c.w, content); err != nil {
		c.cfg.Log.DebugContext(c.ctx, "content was not taken whole", "path", c.r.URL.Path, "error", err)
	}
	return nil
}

// moment is a time that may not have come yet.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	u := t.UTC()
	return &u
}

func mapped[T, U any](items []T, f func(T) U) []U {
	out := make([]U, len(items))
	for i, item := range items {
		out[i] = f(item)
	}
	return out
}

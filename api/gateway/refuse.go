package gateway

import (
	"encoding/json"
	"html/template"
	"net/http"
	"strings"

	"dasier/fault"
)

var statuses = map[fault.Kind]int{
	fault.Invalid: http.StatusBadRequest, fault.Unauthenticated: http.StatusUnauthorized, fault.Denied: http.StatusForbidden,
	fault.Missing: http.StatusNotFound, fault.Conflict: http.StatusConflict, fault.Limited: http.StatusRequestEntityTooLarge,
	fault.Unavailable: http.StatusServiceUnavailable,
}

var titles = map[int]string{
	http.StatusUnauthorized: "This page is not public", http.StatusForbidden: "This page is not for you",
	http.StatusNotFound: "Nothing is here", http.StatusServiceUnavailable: "Back in a moment",
	http.StatusRequestEntityTooLarge: "That was too much", http.StatusInternalServerError: "Something went wrong",
}

// page is what a browser shows instead of a site. It loads nothing.
var page = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{{.Title}}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;margin:0;min-height:100vh;display:grid;place-items:center;background:#f6f7f9;color:#1d2430}
main{max-width:32rem;padding:2rem}h1{font-size:1.5rem;margin:0 0 .5rem}p{margin:.5rem 0}a{color:#2453c9}
@media(prefers-color-scheme:dark){body{background:#12161d;color:#e8ebf0}a{color:#8fb0ff}}</style>
{{if .Retry}}<meta http-equiv="refresh" content="{{.Retry}}">{{end}}</head>
<body><main><h1>{{.Title}}</h1><p>{{.Detail}}</p>{{if .Console}}<p><a href="{{.Console}}">Open the console</a></p>{{end}}</main></body></html>
`))

// refuse answers what cannot be passed on: a page to browsers, a problem
// (RFC 9457) to programs.
func (g *Gateway) refuse(w http.ResponseWriter, r *http.Request, err error) {
	status, ok := statuses[fault.KindOf(err)]
	detail := fault.Message(err)
	if !ok {
		status = http.StatusInternalServerError
		g.cfg.Log.ErrorContext(r.Context(), "a request was not passed on", "host", r.Host, "path", r.URL.Path, "error", err)
	}
	if status == http.StatusServiceUnavailable {
		// What is wrong with a service is for those who may see its environment.
		detail = "The service behind this address does not answer at the moment. Try again in a few seconds."
	}
	header := w.Header()
	protect(header, g.secure)
	header.Set("Cache-Control", "no-store")
	header.Add("Vary", "Accept")
	retry := 0
	if status == http.StatusServiceUnavailable {
		retry = 5
		header.Set("Retry-After", "5")
	}
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		header.Set("Content-Type", "text/html; charset=utf-8")
		header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
		w.WriteHeader(status)
		shown := struct {
			Title, Detail, Console string
			Retry                  int
		}{Title: titles[status], Detail: detail, Retry: retry}
		if shown.Title == "" {
			shown.Title = http.StatusText(status)
		}
		if status == http.StatusUnauthorized || status == http.StatusForbidden {
			shown.Console = g.cfg.ConsoleURL
		}
		_ = page.Execute(w, shown) // the reader may have gone
		return
	}
	header.Set("Content-Type", "application/problem+json")
	if status == http.StatusUnauthorized {
		header.Set("WWW-Authenticate", "Bearer")
	}
	text, _ := json.Marshal(map[string]any{"status": status, "title": http.StatusText(status), "detail": detail}) // a number and two texts
	w.WriteHeader(status)
	_, _ = w.Write(text) // the reader may have gone
}

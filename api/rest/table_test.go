package rest_test

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"dasier/api/rest"
	"dasier/forge/auth"
)

var update = flag.Bool("update", false, "write the page of supported calls")

const page = "../../docs/reference/gitlab-api.md"

const pageHead = `<!-- Written by go test ./api/rest -run TestPage -update. Do not edit. -->

# The GitLab API

The part of GitLab's REST API, version 4, that this server has, at ` + "`/api/v4`" + `. Clients of GitLab work unchanged: client libraries, glab, scripts.

- Tokens: ` + "`PRIVATE-TOKEN`, `Authorization: Bearer`, or `JOB-TOKEN`" + ` inside a job. Session cookies do not count here.
- A project or group is named by its number, or by its path with ` + "`%2F`" + ` for the slash; environments, hooks, notes and tokens by number, merge requests by their number in the project.
- Lists come in pages (` + "`page`, `per_page`" + ` up to 100) with ` + "`X-Total`, `X-Total-Pages`, `X-Page`, `X-Per-Page`, `X-Next-Page`, `X-Prev-Page` and `Link`" + `.
- Access levels are 10 guest, 20 reporter, 30 developer, 40 maintainer, 50 owner.
- What GitLab takes and this server has not (labels, assignees, force pushes, merging when the pipeline succeeds) is refused by name with 400, never taken and forgotten.

| Method | Path | What it does |
|---|---|---|
`

func TestPage(t *testing.T) {
	var text strings.Builder
	text.WriteString(pageHead)
	for _, o := range rest.Operations() {
		fmt.Fprintf(&text, "| %s | `%s` | %s |\n", o.Method, o.Path, o.About)
	}
	if *update {
		must(t, os.WriteFile(page, []byte(text.String()), 0o600))
	}
	written, err := os.ReadFile(page)
	must(t, err)
	if string(written) != text.String() {
		t.Errorf("%s is not as the table: go test ./api/rest -run TestPage -update writes it", page)
	}
}

var placeholder = regexp.MustCompile(`\{\w+\}|\*`)

// TestEveryCallAsksWho: nobody gets 401 from each call, and an outsider learns of
// no project or group but that it is not there.
func TestEveryCallAsksWho(t *testing.T) {
	h := newHouse(t, "ada", "bob", "cleo", "gus", "mallory")
	h.team()
	h.send("GET", "/projects", "", "", "PRIVATE-TOKEN", auth.PersonalPrefix+"wrong").want(401, `{"message":"401 Unauthorized"}`)
	h.send("GET", "/projects", "", "", "JOB-TOKEN", auth.JobPrefix+"wrong").want(401, `{"message":"401 Unauthorized"}`)
	stranger := []string{"PRIVATE-TOKEN", h.secrets["mallory"]}
	for _, o := range rest.Operations() {
		path := strings.NewReplacer("/projects/{id}", "/projects/house-prices%2Fmodel", "/groups/{id}", "/groups/house-prices").Replace(o.Path)
		inside := strings.Contains(o.Path, "/{id}")
		path = placeholder.ReplaceAllString(path, "1")
		want := ""
		if o.Method != http.MethodHead {
			want = "401 Unauthorized"
		}
		h.send(o.Method, path, "", "").want(401, want)
		if inside {
			h.send(o.Method, path, "application/json", "{}", stranger...).want(404)
		}
	}
	h.quiet()
}

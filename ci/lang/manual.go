package lang

import (
	"fmt"
	"slices"
	"strings"
)

//go:generate go test -run TestManual -update .

// differences are the ways in which this language departs from GitLab's on
// purpose, each with its reason.
var differences = []string{
	"A key that stands twice in one mapping is an error. GitLab takes the last one without a word.",
	"A key written in a mapping wins over one merged by `<<`, wherever either stands, as YAML's merge keys say. GitLab's reader lets the later of the two win.",
	"Values of variables are as written: `1.10` stays `1.10` and `0755` stays `0755`. GitLab reads numbers first (`1.1`, `493`).",
	"In `rules:if` a variable alone, or between `&&` and `||`, is true when it is defined and not empty. In GitLab an empty one counts as true between the two.",
	"In `rules:if` a variable after `=~` that holds no `/pattern/` fails the pipeline with the reason. In GitLab it matches nothing.",
	"In `rules:if` variables may be written `${NAME}` too.",
	"The patterns of `changes` and `exists` read `**` at the end of a path as every file below, too.",
	"`%NAME%` is not expanded; a reference that leads back to itself stays as written.",
	"`compare_to` without an answer from the server, and `changes` in pipelines without a push, count as changed.",
	"Keywords of a `default` and those outside of it (`image`, `services`, `before_script`, `after_script`, `cache`) may not repeat each other.",
	"Limits: 1 MiB a file, 500 jobs with all copies of `parallel`, 500 variables a mapping, 100 levels of nesting, 200,000 values once aliases, `extends` and references are in place, 2 KiB a pattern.",
}

// Manual is the reference of the language in Markdown: the table of keywords
// and the differences from GitLab.
func Manual() string {
	var b strings.Builder
	b.WriteString(`# The keywords of .gitlab-ci.yml

This page is printed from the table that the parser itself reads; ` + "`go generate ./ci/lang`" + ` writes it.

- **supported**: does what GitLab's documentation says.
- **recorded**: is read and kept, and has no effect; the pipeline shows a notice.
- **refused**: is GitLab's, and not here yet; the pipeline fails with this page's note.

A word that stands in no line below is an error, with the word that it may have meant.
`)
	var places []string
	for _, k := range keywords {
		if !slices.Contains(places, k.Where) {
			places = append(places, k.Where)
		}
	}
	for _, place := range places {
		fmt.Fprintf(&b, "\n## In `%s`\n\n| keyword | status | note |\n|---|---|---|\n", place)
		for _, k := range keywords {
			if k.Where == place {
				fmt.Fprintf(&b, "| `%s` | %s | %s |\n", k.Name, k.Status, k.Note)
			}
		}
	}
	b.WriteString("\n## Where this differs from GitLab on purpose\n\n")
	for _, difference := range differences {
		b.WriteString("- " + difference + "\n")
	}
	return b.String()
}

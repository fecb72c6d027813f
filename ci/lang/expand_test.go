package lang

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExpand(t *testing.T) {
	values := map[string]string{
		"A": "a", "B": "${A}b", "C": "$B$B", "EMPTY": "", "PRICE": "$$5",
		"SELF": "x$SELF", "PING": "$PONG", "PONG": "pong $PING", "_1": "one",
	}
	vars := func(name string) (string, bool) { v, ok := values[name]; return v, ok }
	for text, want := range map[string]string{
		"":                           "",
		"plain":                      "plain",
		"$A":                         "a",
		"${A}x":                      "ax",
		"$Ax":                        "",
		"$B/$C":                      "ab/abab",
		"[$EMPTY$UNSET]":             "[]",
		"$$A":                        "$A",
		"$$$A":                       "$a",
		"cost $PRICE":                "cost $5",
		"$SELF":                      "x$SELF",
		"$PING":                      "pong $PING",
		"$":                          "$",
		"$1 ${ ${A ${A:-b} $(A) $_1": "$1 ${ ${A ${A:-b} $(A) one",
		"%A%":                        "%A%",
		"é$A☀":                       "éa☀",
	} {
		if got := Expand(text, vars); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestExpandDoesNotExplode(t *testing.T) {
	doubling := func(last string) func(string) (string, bool) {
		return func(name string) (string, bool) {
			if name == "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" {
				return last, true
			}
			return "$" + name + "A$" + name + "A", true
		}
	}
	for _, last := range []string{"", strings.Repeat("x", 1000)} {
		if got := Expand("$A", doubling(last)); len(got) > 2*maxExpanded {
			t.Errorf("grew to %d bytes", len(got))
		}
	}
}

func TestExpandAll(t *testing.T) {
	got := ExpandAll([]Variable{
		{Key: "A", Value: "$OUTER-$B"},
		{Key: "B", Value: "b$A"},
		{Key: "RAW", Value: "$B $$", Raw: true},
		{Key: "USES", Value: "<$RAW>"},
	}, func(name string) (string, bool) { return "outer", name == "OUTER" })
	want := []Variable{
		{Key: "A", Value: "outer-b$A"},
		{Key: "B", Value: "bouter-$B"},
		{Key: "RAW", Value: "$B $$", Raw: true},
		{Key: "USES", Value: "<$B $$>"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzExpand(f *testing.F) {
	f.Add("$A ${B} $$ $", "$B", "$A$A")
	f.Fuzz(func(t *testing.T, text, a, b string) {
		got := Expand(text, func(name string) (string, bool) {
			switch name {
			case "A":
				return a, true
			case "B":
				return b, true
			}
			return "", false
		})
		if len(got) > maxExpanded+len(text)+len(a)+len(b) {
			t.Fatalf("grew to %d bytes", len(got))
		}
		if !strings.Contains(text, "$") && got != text {
			t.Fatalf("%q became %q", text, got)
		}
	})
}

func TestMatchAny(t *testing.T) {
	paths := []string{"README.md", "src/a.go", "src/deep/b.go", ".github/x.yml", "docs/é.md"}
	for pattern, want := range map[string]bool{
		"README.md": true, "/README.md": true, "./README.md": true, "*.md": true, "*.go": false, "**/*.go": true,
		"src/*": true, "src/*/*": true, "src/**": true, "docs/?.md": true, "docs/[a-z].md": false,
		".github/*": true, "*/*.yml": true, "{a,README}.md": true, "readme.md": false, "src": false, "src/": false,
	} {
		if got, err := MatchAny([]string{"none", pattern}, paths); got != want || err != nil {
			t.Errorf("%s: %v, %v", pattern, got, err)
		}
	}
	if _, err := MatchAny([]string{"[a"}, paths); err == nil {
		t.Error("[a is no pattern")
	}
}

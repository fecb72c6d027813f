package discuss

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"dasier/git"
)

func TestParseSuggestions(t *testing.T) {
	block := func(info, text string) string { return "```" + info + "\n" + text + "```" }
	tests := []struct {
		name, body string
		want       []Suggestion
	}{
		{"none", "a suggestion: do it\n```go\nx\n```", nil},
		{"one line", "Better:\n" + block("suggestion", "x := 1\n") + "\nno?", []Suggestion{{Lines: []string{"x := 1"}}}},
		{"with lines around", block("suggestion:-1+2", "a\n\n\tb\n"), []Suggestion{{Above: 1, Below: 2, Lines: []string{"a", "", "\tb"}}}},
		{"deletes", block("suggestion:-0+0", ""), []Suggestion{{Lines: []string{}}}},
		{"an empty line", block("suggestion", "\n"), []Suggestion{{Lines: []string{""}}}},
		{"two, of Windows", block("suggestion", "a\r\n") + "\r\n" + block("suggestion", "b\r\n"), []Suggestion{{Lines: []string{"a"}}, {Lines: []string{"b"}}}},
		{"fences inside", "````suggestion\n```go\nx\n```\n````", []Suggestion{{Lines: []string{"```go", "x", "```"}}}},
		{"quoted in another block", "````markdown\n```suggestion\nx\n```\n````", nil},
		{"tildes", "~~~suggestion\n```\n~~~", []Suggestion{{Lines: []string{"```"}}}},
		{"no end", "```suggestion\nrm -rf", nil},
		{"indented code", "    ```suggestion\n    x\n    ```", nil},
		{"another word", block("suggestions", "x\n") + "\n" + block("suggestion-x", "x\n"), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, ParseSuggestions(tt.body)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	for _, info := range []string{"suggestion:", "suggestion:1+1", "suggestion:-1", "suggestion:-+", "suggestion:-a+1", "suggestion:-1+1+1", "suggestion:-9999999+0", "suggestion:-60+60"} {
		if got := ParseSuggestions(block(info, "x\n")); len(got) != 1 || got[0].Flaw == "" {
			t.Errorf("%s: %+v", info, got)
		}
	}
	if got := ParseSuggestions(block("suggestion", strings.Repeat("x\n", 101))); len(got) != 1 || got[0].Flaw == "" {
		t.Errorf("too many lines: %+v", got)
	}
}

// FuzzParseSuggestions: what a suggestion would put into a file is text of the
// note, line by line, without line ends of its own.
func FuzzParseSuggestions(f *testing.F) {
	for _, seed := range []string{"```suggestion\nx\n```", "```suggestion:-1+2\r\na\r\n```", "~~~suggestion\n\n~~~\n```", "````suggestion:-0+0\n```\n````", "@a `@b` ```\n@c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		for _, s := range ParseSuggestions(body) {
			if s.Above < 0 || s.Below < 0 || s.Flaw == "" && (s.Above+s.Below >= mostSuggested || len(s.Lines) > mostSuggested) {
				t.Errorf("suggestion %+v", s)
			}
			for _, line := range s.Lines {
				if strings.Contains(line, "\n") || !strings.Contains(body, line) {
					t.Errorf("line %q", line)
				}
			}
		}
		for _, name := range Mentions(body) {
			if name == "" || !strings.Contains(body, "@"+name) || !utf8.ValidString(name) {
				t.Errorf("name %q", name)
			}
		}
	})
}

func TestMentions(t *testing.T) {
	for body, want := range map[string][]string{
		"@ada":                                     {"ada"},
		"ask @ada, @bob and @Ada.":                 {"ada", "bob"},
		"(@ada) *@bob* \"@cy\"":                    {"ada", "bob", "cy"},
		"mail ada@example.org":                     nil,
		"@@maintainers, /@x, a/@b":                 nil,
		"`@ada` and ``@b`ob`` and @cy":             {"cy"},
		"```\n@ada\n```\n@bob":                     {"bob"},
		"~~~\n@ada":                                nil,
		"an open ` and @ada":                       {"ada"},
		"@first-last_2 @a.b.":                      {"first-last_2", "a.b"},
		"Zeile\r\n@ada\r\n":                        {"ada"},
		strings.Repeat("@x ", 100) + "@y":          {"x", "y"},
		"@ und @- und @.":                          nil,
		"npm i @types/node":                        {"types"}, // nobody is called types
		"see https://example.org/@ada and x+@bob.": nil,
	} {
		if diff := cmp.Diff(want, Mentions(body)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", body, diff)
		}
	}
	many := ""
	for i := range 100 {
		many += " @u" + itoa(i)
	}
	if got := Mentions(many); len(got) != mostMentions {
		t.Errorf("%d people are called", len(got))
	}
}

func TestFollow(t *testing.T) {
	hunks := []git.Hunk{{OldStart: 3, Old: 0, NewStart: 4, New: 2}, {OldStart: 10, Old: 2, NewStart: 12, New: 1}, {OldStart: 20, Old: 3, NewStart: 20, New: 0}}
	for _, tt := range []struct {
		first, last, want int
		ok                bool
	}{
		{1, 1, 1, true},
		{3, 3, 3, true},
		{4, 4, 6, true},
		{3, 4, 0, false}, // lines came between them
		{2, 3, 2, true},
		{4, 9, 6, true},
		{9, 10, 0, false},
		{10, 10, 0, false},
		{11, 11, 0, false},
		{12, 19, 13, true},
		{11, 12, 0, false},
		{19, 20, 0, false},
		{22, 23, 0, false},
		{23, 30, 21, true},
	} {
		got, ok := Follow(hunks, tt.first, tt.last)
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("lines %d to %d are at %d, %t; want %d, %t", tt.first, tt.last, got, ok, tt.want, tt.ok)
		}
	}
}

func TestRewrite(t *testing.T) {
	replace := func(from, to int, lines ...string) chosen {
		return chosen{SuggestionView: SuggestionView{Suggestion: Suggestion{Lines: lines}, Path: "f", From: from, To: to}}
	}
	for _, tt := range []struct {
		name, before string
		with         []chosen
		want         string // "" is a refusal
	}{
		{"a line", "a\nb\nc\n", []chosen{replace(2, 2, "B")}, "a\nB\nc\n"},
		{"more lines", "a\nb\nc\n", []chosen{replace(2, 3, "x", "y", "z")}, "a\nx\ny\nz\n"},
		{"deleted", "a\nb\nc\n", []chosen{replace(1, 2)}, "c\n"},
		{"line ends of Windows", "a\r\nb\r\nc\r\n", []chosen{replace(2, 2, "x", "y")}, "a\r\nx\r\ny\r\nc\r\n"},
		{"no end", "a\nb", []chosen{replace(2, 2, "x", "y")}, "a\nx\ny"},
		{"no end, other lines", "a\nb", []chosen{replace(1, 1, "x")}, "x\nb"},
		{"no end, deleted", "a\nb", []chosen{replace(2, 2)}, "a\n"},
		{"several", "a\nb\nc\nd\n", []chosen{replace(1, 1, "A"), replace(3, 4, "C"), replace(2, 2)}, "A\nC\n"},
		{"overlap", "a\nb\nc\n", []chosen{replace(1, 2, "A"), replace(2, 3, "C")}, ""},
		{"the same", "a\n", []chosen{replace(1, 1, "a")}, ""},
		{"beyond the end", "a\n", []chosen{replace(1, 2, "x")}, ""},
		{"not UTF-8 around", "\xff\nb\n", []chosen{replace(2, 2, "x")}, "\xff\nx\n"},
	} {
		got, err := rewrite(tt.before, tt.with)
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s: %q, %v; want %q", tt.name, got, err, tt.want)
		}
	}
}

func TestChange(t *testing.T) {
	patch := "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"
	for _, tt := range []struct {
		file                     git.FileDiff
		folded, generated, image bool
	}{
		{git.FileDiff{NewPath: "a.go", Additions: 1, Patch: patch}, false, false, false},
		{git.FileDiff{NewPath: "a.go", Additions: 300, Deletions: 101, Patch: patch}, true, false, false},
		{git.FileDiff{NewPath: "web/package-lock.json", Patch: patch}, true, true, false},
		{git.FileDiff{OldPath: "GO.SUM", Patch: patch}, true, true, false},
		{git.FileDiff{NewPath: "a/node_modules/x.js", Patch: patch}, true, true, false},
		{git.FileDiff{NewPath: "vendored.go", Patch: patch}, false, false, false},
		{git.FileDiff{NewPath: "x.min.js", Patch: patch}, true, true, false},
		{git.FileDiff{NewPath: "x.js", Patch: patch + "+" + strings.Repeat("x", 6000) + "\n"}, true, true, false},
		{git.FileDiff{NewPath: "x.go", Patch: patch + "+// Code generated by x; DO NOT EDIT.\n"}, true, true, false},
		{git.FileDiff{NewPath: "Logo.PNG", Binary: true, Patch: "Binary"}, false, false, true},
		{git.FileDiff{NewPath: "big.csv", TooLarge: true}, true, false, false},
	} {
		got := change(tt.file, false)
		if got.Folded != tt.folded || got.Generated != tt.generated || got.Image != tt.image || got.Folded != (got.Patch == "") {
			t.Errorf("%s: folded %t, generated %t, image %t, patch %q", nameOf(tt.file), got.Folded, got.Generated, got.Image, got.Patch)
		}
		if whole := change(tt.file, true); whole.Folded || whole.Patch != tt.file.Patch {
			t.Errorf("%s, asked for: %+v", nameOf(tt.file), whole)
		}
	}
}

package owners_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"dasier/forge/owners"
)

func TestFor(t *testing.T) {
	tests := []struct {
		name, file string
		paths      []string
		want       []owners.Requirement
	}{
		{"the last match wins", "* @ada\n*.go @bob\n", []string{"a.go", "b.md", "deep/c.go"}, []owners.Requirement{
			{Pattern: "*", Paths: []string{"b.md"}, Owners: []string{"@ada"}, Approvals: 1},
			{Pattern: "*.go", Paths: []string{"a.go", "deep/c.go"}, Owners: []string{"@bob"}, Approvals: 1},
		}},
		{"a later line without owners asks nobody", "* @ada\n/docs/\n", []string{"docs/a/b.md", "x"}, []owners.Requirement{
			{Pattern: "*", Paths: []string{"x"}, Owners: []string{"@ada"}, Approvals: 1},
		}},
		{"anchored and not", "/data @ada\ndata @bob\n/a/*.txt @cy\n", []string{"data/x.csv", "a/b.txt", "a/c/d.txt", "z/a/b.txt"}, []owners.Requirement{
			{Pattern: "data", Paths: []string{"data/x.csv"}, Owners: []string{"@bob"}, Approvals: 1},
			{Pattern: "/a/*.txt", Paths: []string{"a/b.txt"}, Owners: []string{"@cy"}, Approvals: 1},
		}},
		{"folders", "docs/ @ada\n/docs/* @bob\n", []string{"docs/a", "docs/b/c", "x/docs/d", "docs"}, []owners.Requirement{
			{Pattern: "docs/", Paths: []string{"docs/b/c", "x/docs/d"}, Owners: []string{"@ada"}, Approvals: 1},
			{Pattern: "/docs/*", Paths: []string{"docs/a"}, Owners: []string{"@bob"}, Approvals: 1},
		}},
		{
			"sections decide each for itself", "* @ada # the rest\n[Data][2] @dan d@example.org\n/data/\nmodel.yaml @eve\n^[Docs]\n*.md @fay\n[DATA] @gil\n*.csv\n",
			[]string{"data/a.csv", "model.yaml", "README.md"},
			[]owners.Requirement{
				{Pattern: "*", Paths: []string{"data/a.csv", "model.yaml", "README.md"}, Owners: []string{"@ada"}, Approvals: 1},
				{Section: "Data", Pattern: "model.yaml", Paths: []string{"model.yaml"}, Owners: []string{"@eve"}, Approvals: 2},
				{Section: "Data", Pattern: "*.csv", Paths: []string{"data/a.csv"}, Owners: []string{"@dan", "d@example.org", "@gil"}, Approvals: 2},
				{Section: "Docs", Pattern: "*.md", Paths: []string{"README.md"}, Owners: []string{"@fay"}, Approvals: 1, Optional: true},
			},
		},
		{"odd names", "my\\ file.txt @ada\n\\#x @bob\n[ab].go @cy\n*.{js,ts} @@maintainers\n{a,b}/{,x}.y @z\n", []string{"my file.txt", "#x", "b.go", "c.ts", "b/x.y", "a/.y"}, []owners.Requirement{
			{Pattern: "my file.txt", Paths: []string{"my file.txt"}, Owners: []string{"@ada"}, Approvals: 1},
			{Pattern: "#x", Paths: []string{"#x"}, Owners: []string{"@bob"}, Approvals: 1},
			{Pattern: "[ab].go", Paths: []string{"b.go"}, Owners: []string{"@cy"}, Approvals: 1},
			{Pattern: "*.{js,ts}", Paths: []string{"c.ts"}, Owners: []string{"@@maintainers"}, Approvals: 1},
			{Pattern: "{a,b}/{,x}.y", Paths: []string{"b/x.y", "a/.y"}, Owners: []string{"@z"}, Approvals: 1},
		}},
		{"exclusions hold against later lines", "* @ada\n!go.sum\n*.sum @bob\n", []string{"go.sum", "x/go.sum", "a.sum"}, []owners.Requirement{
			{Pattern: "*.sum", Paths: []string{"a.sum"}, Owners: []string{"@bob"}, Approvals: 1},
		}},
		{"line ends of Windows", "\uFEFF* @ada\r\n\r\n/a @bob\r\n", []string{"a"}, []owners.Requirement{
			{Pattern: "/a", Paths: []string{"a"}, Owners: []string{"@bob"}, Approvals: 1},
		}},
		{"hidden files", "* @ada\n", []string{".gitlab-ci.yml", ".x/y"}, []owners.Requirement{
			{Pattern: "*", Paths: []string{".gitlab-ci.yml", ".x/y"}, Owners: []string{"@ada"}, Approvals: 1},
		}},
		{"the root", "/ @ada\n", []string{"a/b"}, []owners.Requirement{
			{Pattern: "/", Paths: []string{"a/b"}, Owners: []string{"@ada"}, Approvals: 1},
		}},
		{"nothing", "", []string{"a"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file, problems := owners.Parse(tt.file)
			if len(problems) > 0 {
				t.Errorf("problems: %v", problems)
			}
			if diff := cmp.Diff(tt.want, file.For(tt.paths)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestProblems(t *testing.T) {
	file, problems := owners.Parse("* ada @bob\n[] @cy\n[X][none]\n*.go nobody\na{b @cy\n{a,b,c,d,e,f,g,h,i}{a,b,c,d,e,f,g,h} @cy\n\xff @cy\n@@nobody @@nobody\n" + strings.Repeat("x", 5000) + "\n")
	var lines []int
	for _, p := range problems {
		lines = append(lines, p.Line)
	}
	if diff := cmp.Diff([]int{1, 2, 3, 4, 4, 5, 6, 7, 8, 8, 9}, lines); diff != "" {
		t.Errorf("lines (-want +got):\n%s\n%v", diff, problems)
	}
	want := []owners.Requirement{{Pattern: "*", Paths: []string{"a"}, Owners: []string{"@bob"}, Approvals: 1}}
	if diff := cmp.Diff(want, file.For([]string{"a"})); diff != "" {
		t.Errorf("what could be read (-want +got):\n%s", diff)
	}
	if _, problems := owners.Parse(strings.Repeat("* @a\n", 5002)); len(problems) != 1 || problems[0].Line != 5001 {
		t.Errorf("too many patterns: %v", problems)
	}
	if _, problems := owners.Parse(strings.Repeat("# no pattern\n", 30000)); len(problems) != 1 {
		t.Errorf("too large a file: %v", problems)
	}
}

func TestSplit(t *testing.T) {
	for word, want := range map[string]owners.Kind{
		"@ada": owners.Name, "@house-prices": owners.Name, "@lab/team": owners.Name, "a.b@c.org": owners.Email, "@@maintainers": owners.Role, "@@nobody": owners.Unknown,
		"ada": owners.Unknown, "@": owners.Unknown, "a@b": owners.Unknown, "": owners.Unknown,
	} {
		if kind, _ := owners.Split(word); kind != want {
			t.Errorf("%q is %q, want %q", word, kind, want)
		}
	}
	if _, name := owners.Split("@@Developers"); name != "developer" {
		t.Errorf("the role is %q", name)
	}
}

// FuzzParse: whatever is committed, reading ends, every requirement names paths
// and owners, and a path stands at most once in a section.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"* @ada\n", "^[A][2] @b\n!x\n/a/ c@d.e\n", "[a-z]* @x\n", "{a,{b,c}} @x", "\\ \\", "**/**/**/a @x", "[[]] @x", "[a]\\"} {
		f.Add(seed, "a/b/c.go")
	}
	f.Fuzz(func(t *testing.T, text, path string) {
		file, problems := owners.Parse(text)
		for _, p := range problems {
			if p.Line < 1 || p.Message == "" {
				t.Errorf("problem %+v", p)
			}
		}
		seen := map[string]bool{}
		for _, r := range file.For([]string{path}) {
			if len(r.Owners) == 0 || len(r.Paths) != 1 || r.Paths[0] != path || r.Approvals < 1 {
				t.Errorf("requirement %+v", r)
			}
			if seen[strings.ToLower(r.Section)] {
				t.Errorf("section %q asks twice about %q", r.Section, path)
			}
			seen[strings.ToLower(r.Section)] = true
			for _, o := range r.Owners {
				if kind, name := owners.Split(o); kind == owners.Unknown || name == "" || !utf8.ValidString(name) {
					t.Errorf("owner %q", o)
				}
			}
		}
	})
}

package lang

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"dasier/fault"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// holds checks what must be so for any text at all.
func holds(t *testing.T, text []byte) {
	config, problems := Parse("f", text)
	if (config == nil) != (len(problems) > 0) {
		t.Fatalf("config %v with %d problems", config != nil, len(problems))
	}
	lines := strings.Count(string(text), "\n") + 1
	for _, p := range problems {
		if p.Message == "" || p.Line < 0 || p.Line > lines+1 || p.Column < 0 {
			t.Fatalf("%+v in %d lines", p, lines)
		}
	}
	if config == nil {
		problems.Excerpt(text)
		return
	}
	for _, ctx := range []Context{
		{},
		{Predefined: map[string]string{"CI_COMMIT_BRANCH": "main", "CI_PIPELINE_SOURCE": "push"}, Variables: map[string]string{"A": "$A", "B": "/a/"}},
		{Exists: func(p []string) (bool, error) { return len(p) > 1, nil }, Changed: func([]string) (bool, error) { return false, nil }},
	} {
		graph, err := Plan(config, ctx)
		if err != nil {
			if graph != nil || fault.KindOf(err) == fault.Internal {
				t.Fatalf("%v", err)
			}
			continue
		}
		if err := graph.Check(); err != nil {
			t.Fatal(err)
		}
		if len(graph.Jobs) == 0 || len(graph.Jobs) > maxJobs {
			t.Fatalf("%d jobs", len(graph.Jobs))
		}
		for _, job := range graph.Jobs {
			if len(job.Script) == 0 || job.Name == "" || job.When == "" || job.When == whenNever || job.When == whenDelayed {
				t.Fatalf("%+v", job)
			}
		}
		if again, err := Plan(config, ctx); err != nil || !cmp.Equal(graph, again) {
			t.Fatalf("planned twice, two outcomes: %v", err)
		}
	}
}

func FuzzParse(f *testing.F) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(archive.Files[0].Data)
	}
	f.Fuzz(holds)
}

// TestHostileFiles has files that would hang or exhaust a careless reader.
func TestHostileFiles(t *testing.T) {
	var b strings.Builder
	build := func(write func()) []byte {
		b.Reset()
		write()
		return []byte(b.String())
	}
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	wide := func(n int) {
		for i := range n {
			line("  k%d: x", i)
		}
	}
	files := map[string][]byte{
		"too large":   build(func() { line("a: {script: x}\n#%s", strings.Repeat("x", maxFileBytes)) }),
		"not utf-8":   []byte("a: {script: \xff}"),
		"zero byte":   []byte("a: {script: \x00}"),
		"only spaces": []byte("   \n\n"),
		"merge bomb": build(func() {
			line(".w: &w")
			wide(5_000)
			for i := range 5_000 {
				line(".m%d: {<<: *w}", i)
			}
			line("a: {script: x}")
		}),
		"one mapping of merges": build(func() {
			line(".w: &w")
			wide(5_000)
			line("a:")
			for range 10_000 {
				line("  <<: *w")
			}
		}),
		"extends bomb": build(func() {
			line(".w:")
			wide(5_000)
			for i := range 5_000 {
				line(".m%d: {extends: .w}", i)
			}
			line("a: {extends: [%s]}", strings.TrimSuffix(strings.Repeat(".w, ", 1000), ", "))
		}),
		"extends chain": build(func() {
			line(".0: {script: x}")
			for i := range 10_000 {
				line(".%d: {extends: .%d}", i+1, i)
			}
			line("a: {extends: .10000}")
		}),
		"reference bomb": build(func() {
			line(".r0: {s: [x, x]}")
			for i := range 40 {
				line(".r%d: {s: [!reference [.r%d, s], !reference [.r%d, s]]}", i+1, i, i)
			}
			line("a: {script: !reference [.r9, s]}\nb: {script: !reference [.r40, s]}")
		}),
		"wide references": build(func() {
			line(".r0: {s: [%s]}", strings.Repeat("x,", 100))
			for i := range 5 {
				line(".r%d: {s: [%s]}", i+1, strings.Repeat(fmt.Sprintf("!reference [.r%d, s],", i), 100))
			}
			line("a: {script: !reference [.r5, s]}")
		}),
		"many unknown words": build(func() {
			line("a:")
			line("  script: x")
			wide(10_000)
		}),
		"many unknown parents": build(func() {
			for i := range 5_000 {
				line(".parent%d: {extends: parnet%d}", i, i)
			}
		}),
		"many jobs": build(func() {
			for i := range 10_000 {
				line("job%d: {script: x, needs: [job%d]}", i, i+1)
			}
		}),
		"a long circle of needs": build(func() {
			for i := range maxJobs {
				line("job%d: {script: x, needs: [job%d]}", i, (i+1)%maxJobs)
			}
		}),
		"many parallel jobs": build(func() {
			for i := range maxJobs {
				line("job%d: {script: x, parallel: 200}", i)
			}
		}),
		"matrix bomb": build(func() {
			line("a: {script: x, parallel: {matrix: [{")
			for i := range 30 {
				line("V%d: [1, 2],", i)
			}
			line("}]}}")
		}),
		"variables that double": build(func() {
			line("variables:")
			for i := range 60 {
				line("  V%d: $V%d$V%d", i, i+1, i+1)
			}
			line("  V60: xxxxxxxxxxxxxxxx")
			for i := range 400 {
				line("job%d: {script: x, rules: [{if: $V0 == $V1, changes: [$V0]}]}", i)
			}
		}),
		"regular expressions": build(func() {
			for i := range 60 {
				line("job%d: {script: x, rules: [{if: '$A =~ /%s/'}]}", i, strings.Repeat("(a?){9}", 40+i))
			}
		}),
		"one regular expression, many rules": build(func() {
			line(".r: &r ['/%s/']", strings.Repeat("(a?){9}", 250))
			line("a:\n  script: x\n  only: {variables: [&e '$A =~ /%s/'%s]}", strings.Repeat("(a?){9}", 100), strings.Repeat(", *e", 3000))
			line("b: {script: x, only: *r}")
		}),
		"deep expression": build(func() { line("a: {script: x, rules: [{if: '%s'}]}", strings.Repeat("(", 9000)) }),
		"long expression": build(func() { line("a: {script: x, rules: [{if: '$A%s'}]}", strings.Repeat(" && $A", 2500)) }),
		"deep flow":       build(func() { line("a: %s", strings.Repeat("[", 500_000)) }),
		"deep mapping":    build(func() { line("a: %s", strings.Repeat("{a: ", 100_000)) }),
		"deep block": build(func() {
			for i := range 700 {
				line("%sa:", strings.Repeat(" ", i))
			}
		}),
		"nested aliases": build(func() {
			line(".a0: &a0 [x]")
			for i := range 200 {
				line(".a%d: &a%d [*a%d]", i+1, i+1, i)
			}
			line("a: {script: *a200}")
		}),
	}
	for name, file := range files {
		t.Run(name, func(t *testing.T) { holds(t, file) })
	}
}

func TestProblemsAreAFault(t *testing.T) {
	_, problems := Parse("x.yml", []byte("a: 1\n"))
	err := problems.Err()
	var found Problems
	if !fault.Is(err, fault.Invalid) || !errors.As(err, &found) || len(found) != 1 || err.Error() != problems.Error() {
		t.Fatalf("%v", err)
	}
	if Problems(nil).Err() != nil {
		t.Fatal("no problems are no error")
	}
	if config, problems := Parse("x.yml", []byte("a: {script: x}")); config == nil || problems != nil {
		t.Fatal("problems of a right file must be nil")
	}
}

// TestContextErrorsStayInternal: what Changed answers is not the file's fault.
func TestContextErrorsStayInternal(t *testing.T) {
	config, problems := Parse("x.yml", []byte("a: {script: x, rules: [{changes: [x]}]}"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	_, err := Plan(config, Context{Changed: func([]string) (bool, error) { return MatchAny([]string{"[a"}, nil) }})
	if !fault.Is(err, fault.Invalid) {
		t.Fatalf("a wrong pattern is the user's: %v", err)
	}
	broken := errors.New("git is gone")
	_, err = Plan(config, Context{Changed: func([]string) (bool, error) { return false, broken }})
	if !errors.Is(err, broken) || fault.KindOf(err) != fault.Internal || errors.Is(err, ErrFiltered) {
		t.Fatalf("%v", err)
	}
}

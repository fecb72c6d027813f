package lang

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write what comes out as what is expected")

// TestGolden reads every case under testdata: `.gitlab-ci.yml` and, optional,
// `context` go in; `graph`, `filtered`, `refused` (by Plan) or `problems` (by
// Parse) is expected out.
func TestGolden(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) < 60 {
		t.Fatalf("%d cases, %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) { golden(t, path) })
	}
}

func golden(t *testing.T, path string) {
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var source, context []byte
	var in []txtar.File
	want := map[string]string{}
	for _, file := range archive.Files {
		switch file.Name {
		case ".gitlab-ci.yml":
			source = file.Data
			in = append(in, file)
		case "context":
			context = file.Data
			in = append(in, file)
		case "graph", "filtered", "refused", "problems":
			want[file.Name] = string(file.Data)
		default:
			t.Fatalf("unknown part %q", file.Name)
		}
	}
	kind, got := outcome(source, readContext(t, context))
	if *update {
		archive.Files = append(slices.Clone(in), txtar.File{Name: kind, Data: []byte(got)})
		if err := os.WriteFile(path, txtar.Format(archive), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, map[string]string{kind: got}); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func outcome(source []byte, ctx Context) (kind, text string) {
	config, problems := Parse(".gitlab-ci.yml", source)
	if len(problems) > 0 {
		return "problems", problems.Excerpt(source)
	}
	graph, err := Plan(config, ctx)
	switch {
	case errors.Is(err, ErrFiltered):
		return "filtered", err.Error() + "\n"
	case err != nil:
		return "refused", err.Error() + "\n"
	}
	var b strings.Builder
	dump(&b, "", reflect.ValueOf(*graph))
	return "graph", b.String()
}

// readContext reads lines NAME=value, and lists of paths after "changed:",
// "changed since X:" and "exists:".
func readContext(t *testing.T, text []byte) Context {
	ctx := Context{Variables: map[string]string{}, Predefined: map[string]string{}}
	since := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if name, value, ok := strings.Cut(line, "="); ok {
			if strings.HasPrefix(name, "CI_") {
				ctx.Predefined[name] = value
			} else {
				ctx.Variables[name] = value
			}
			continue
		}
		word, list, ok := strings.Cut(line, ":")
		if !ok {
			t.Fatalf("context: %q", line)
		}
		paths := strings.Fields(list)
		answer := func(patterns []string) (bool, error) { return MatchAny(patterns, paths) }
		switch base, isSince := strings.CutPrefix(word, "changed since "); {
		case isSince:
			since[base] = paths
			ctx.ChangedSince = func(base string, patterns []string) (bool, error) { return MatchAny(patterns, since[base]) }
		case word == "changed":
			ctx.Changed = answer
		case word == "exists":
			ctx.Exists = answer
		default:
			t.Fatalf("context: %q", line)
		}
	}
	return ctx
}

// dump prints what is not zero, one field a line.
func dump(b *strings.Builder, indent string, v reflect.Value) {
	for i := range v.NumField() {
		name, field := v.Type().Field(i).Name, v.Field(i)
		if field.IsZero() {
			continue
		}
		if field.Kind() == reflect.Pointer {
			field = field.Elem()
		}
		switch {
		case name == "Variables" && field.Kind() == reflect.Slice:
			fmt.Fprintf(b, "%s%s:\n", indent, name)
			for _, variable := range field.Interface().([]Variable) {
				fmt.Fprintf(b, "%s  %s\n", indent, spellVariable(variable))
			}
		case field.Kind() == reflect.Map && field.Len() == 0:
		case field.Kind() == reflect.Map:
			fmt.Fprintf(b, "%s%s:\n", indent, name)
			for _, line := range sortedMap(field) {
				fmt.Fprintf(b, "%s  %s\n", indent, line)
			}
		case field.Kind() == reflect.Struct:
			fmt.Fprintf(b, "%s%s:\n", indent, name)
			dump(b, indent+"  ", field)
		case field.Kind() == reflect.Slice && field.Type().Elem().Kind() == reflect.Struct:
			for j := range field.Len() {
				fmt.Fprintf(b, "%s%s[%d]:\n", indent, name, j)
				dump(b, indent+"  ", field.Index(j))
			}
		case field.Kind() == reflect.String || field.Kind() == reflect.Slice && field.Type().Elem().Kind() == reflect.String:
			fmt.Fprintf(b, "%s%s: %q\n", indent, name, field.Interface())
		default:
			fmt.Fprintf(b, "%s%s: %v\n", indent, name, field.Interface())
		}
	}
}

func spellVariable(v Variable) string {
	s := fmt.Sprintf("%s=%q", v.Key, v.Value)
	if v.Raw {
		s += " raw"
	}
	if v.Description != "" || v.Options != nil {
		s += fmt.Sprintf(" (%s %q)", v.Description, v.Options)
	}
	return s
}

func sortedMap(m reflect.Value) []string {
	lines := []string{}
	for key, value := range m.Seq2() {
		if v, ok := reflect.TypeAssert[Variable](value); ok {
			lines = append(lines, spellVariable(v))
			continue
		}
		lines = append(lines, fmt.Sprintf("%s: %q", key, value.Interface()))
	}
	slices.Sort(lines)
	return lines
}

func TestParseDuration(t *testing.T) {
	day := 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"42": 42 * time.Second, "1h 30m": 90 * time.Minute, "2h20min": 140 * time.Minute,
		"3 mins 4 sec": 184 * time.Second, "2 hrs 20 min": 140 * time.Minute, "6 mos 1 day": 181 * day,
		"3 weeks and 2 days": 23 * day, "1 week": 7 * day, "1 year": 31557600 * time.Second,
		"1:30": 90 * time.Second, "1:30:00": 90 * time.Minute, "1.5h": 90 * time.Minute, "1 Day": day, "1h, 5m": 65 * time.Minute,
		"47 yrs": 0, "": 0, "soon": 0, "0": 0, "-5m": 0, "5 parsecs": 0, "1h 5": 0, "1:2:3:4": 0, "1:x": 0, "1e9": 0, "...": 0, "1..2h": 0, "and": 0,
	} {
		got, err := ParseDuration(text)
		if got != want || (err == nil) != (want != 0) {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
}

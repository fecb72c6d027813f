package dasier_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// bannedNames say nothing of what a package provides.
var bannedNames = []string{"util", "utils", "common", "base", "core", "helper", "helpers", "shared", "types", "manager", "handlers", "impl", "misc", "models", "services"}

// stdNames are everyday names that a package must not shadow. "ci/lang" may
// keep its everyday words: none of these.
var stdNames = []string{"bytes", "context", "errors", "fmt", "http", "io", "json", "log", "math", "net", "os", "path", "regexp", "sort", "strings", "sync", "testing", "time", "url"}

func parsedPackages(t *testing.T) map[string][]*ast.File {
	t.Helper()
	packages := map[string][]*ast.File{}
	files := token.NewFileSet()
	for _, file := range goFiles(t) {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(files, file, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		folder := path.Dir(filepath.ToSlash(file))
		packages[folder] = append(packages[folder], parsed)
	}
	return packages
}

func TestPolicyEveryPackageSaysWhatItIsFor(t *testing.T) {
	for folder, files := range parsedPackages(t) {
		comments := 0
		for _, file := range files {
			if file.Doc != nil {
				comments++
				want := "Package " + file.Name.Name + " "
				if text := file.Doc.Text(); file.Name.Name != "main" && !strings.HasPrefix(text, want) {
					t.Errorf("%s: the package comment begins %q, want %q", folder, strings.SplitN(text, "\n", 2)[0], want+"...")
				}
			}
		}
		if comments != 1 {
			t.Errorf("%s has %d package comments, want exactly one", folder, comments)
		}
	}
}

func TestPolicyPackageNames(t *testing.T) {
	folders := map[string]string{}
	for folder, files := range parsedPackages(t) {
		name := files[0].Name.Name
		if name == "main" {
			continue
		}
		if slices.Contains(bannedNames, name) || slices.Contains(stdNames, name) || strings.ContainsAny(name, "_-") || strings.ToLower(name) != name {
			t.Errorf("%s: the name %q says nothing, shadows the standard library, or is not one lower-case word", folder, name)
		}
		if other, twice := folders[name]; twice {
			t.Errorf("%s and %s share the name %q", folder, other, name)
		}
		folders[name] = folder
	}
}

func TestPolicyNoInitAndNoAliases(t *testing.T) {
	for folder, files := range parsedPackages(t) {
		for _, file := range files {
			for _, decl := range file.Decls {
				if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
					t.Errorf("%s has an init function: register by hand, where it is read", folder)
				}
			}
			for _, spec := range file.Imports {
				if spec.Name != nil && strings.HasPrefix(spec.Path.Value, `"dasier/`) {
					t.Errorf("%s imports %s under another name: no import of ours needs one", folder, spec.Path.Value)
				}
			}
		}
	}
}

// TestPolicyFileLength: a file rests at 80 to 250 lines. Tables and generated
// files are exempt by name.
func TestPolicyFileLength(t *testing.T) {
	for _, file := range goFiles(t) {
		text, err := os.ReadFile(file) // #nosec G304 -- a file of this repository
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.Count(text, []byte("\n"))
		if lines > 800 && !bytes.Contains(text[:min(len(text), 400)], []byte("Code generated")) {
			t.Errorf("%s has %d lines: what does it hide?", file, lines)
		}
	}
}

// TestPolicyNoMachineNames keeps what belongs to one machine out of the tree.
func TestPolicyNoMachineNames(t *testing.T) {
	banned := [][]byte{[]byte("/work" + "/"), []byte("/farm" + "/"), []byte("proxy." + "golang.org"), []byte("registry." + "npmjs.org"), []byte("deb." + "debian.org")}
	tracked := goFiles(t)
	for _, pattern := range []string{"*.md", "*.txt", "Makefile", "scripts/*", ".ci/*", "docs/*.md", "docs/*/*.md", "web/*.json", "web/src/*.ts*", "web/src/*/*.ts*"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		tracked = append(tracked, found...)
	}
	for _, file := range tracked {
		text, err := os.ReadFile(file) // #nosec G304 -- a file of this repository
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range banned {
			if bytes.Contains(text, name) {
				t.Errorf("%s names %q, which only one machine knows", file, name)
			}
		}
	}
}

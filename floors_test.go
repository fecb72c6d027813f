package dasier_test

import (
	"bufio"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// floor is one level of the house, and what its packages may not import from
// the standard library.
type floor struct {
	name      string
	forbidden []string
}

var floors = []floor{
	{"ground", []string{"net/http", "database/sql", "os/exec"}},
	{"library", []string{"net/http", "database/sql", "os/exec"}},
	{"tool", []string{"net/http", "database/sql"}},
	{"product", []string{"net/http", "database/sql", "os/exec"}},
	{"adapter", nil},
	{"face", []string{"database/sql", "os/exec"}},
	{"top", nil},
}

// room is a line of floors.txt.
type room struct {
	line    int
	floor   int
	imports []string
}

func TestFloors(t *testing.T) {
	rooms := readFloors(t)
	packages := readPackages(t)
	for _, pkg := range slices.Sorted(maps.Keys(packages)) {
		r, listed := rooms[pkg]
		if !listed {
			t.Errorf("package %s has no line in floors.txt", pkg)
			continue
		}
		for _, imported := range slices.Sorted(maps.Keys(packages[pkg])) {
			if inner, ours := strings.CutPrefix(imported, "dasier/"); ours {
				checkInner(t, rooms, pkg, r, inner)
			} else if slices.Contains(floors[r.floor].forbidden, imported) {
				t.Errorf("%s is on the floor %q, which may not import %s", pkg, floors[r.floor].name, imported)
			}
		}
		for _, allowed := range r.imports {
			if !packages[pkg]["dasier/"+allowed] {
				t.Errorf("floors.txt:%d: stale: %s does not import %s", r.line, pkg, allowed)
			}
		}
	}
	for pkg, r := range rooms {
		if packages[pkg] == nil {
			t.Errorf("floors.txt:%d: stale: there is no package %s", r.line, pkg)
		}
	}
}

func checkInner(t *testing.T, rooms map[string]room, pkg string, r room, inner string) {
	t.Helper()
	if !slices.Contains(r.imports, inner) {
		t.Errorf("floors.txt:%d: %s may not import %s", r.line, pkg, inner)
	}
	if below, ok := rooms[inner]; ok && (below.floor > r.floor || below.floor == r.floor && below.line > r.line) {
		t.Errorf("floors.txt:%d: %s stands below %s, which it imports: imports only go down", r.line, pkg, inner)
	}
}

func readFloors(t *testing.T) map[string]room {
	t.Helper()
	file, err := os.Open("floors.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	rooms, current, number := map[string]room{}, -1, 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		number++
		text := lines.Text()
		switch {
		case strings.TrimSpace(text) == "" || text[0] == '#':
		case text[0] != ' ':
			current = slices.IndexFunc(floors, func(f floor) bool { return f.name == text })
			if current < 0 {
				t.Fatalf("floors.txt:%d: no floor %q", number, text)
			}
		default:
			pkg, imports, ok := strings.Cut(strings.TrimSpace(text), ":")
			if _, twice := rooms[pkg]; !ok || twice || current < 0 {
				t.Fatalf("floors.txt:%d: cannot read %q", number, text)
			}
			rooms[pkg] = room{number, current, strings.Fields(imports)}
		}
	}
	return rooms
}

// readPackages gives every package of the module, by its folder, with what it
// imports outside tests, whatever the build tags.
func readPackages(t *testing.T) map[string]map[string]bool {
	t.Helper()
	packages := map[string]map[string]bool{}
	for _, file := range goFiles(t) {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		pkg := path.Dir(filepath.ToSlash(file))
		if pkg == "." {
			continue // the root package has tests only
		}
		if packages[pkg] == nil {
			packages[pkg] = map[string]bool{}
		}
		for _, spec := range parsed.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(fmt.Errorf("%s: %w", file, err))
			}
			packages[pkg][name] = true
		}
	}
	return packages
}

// goFiles lists the module's Go files. Folders with a go.mod of their own and
// what the go tool ignores are not part of it.
func goFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && name != "." {
			base := entry.Name()
			_, nested := os.Stat(filepath.Join(name, "go.mod"))
			if base[0] == '.' || base[0] == '_' || base == "testdata" || base == "node_modules" || nested == nil {
				return filepath.SkipDir
			}
		}
		if strings.HasSuffix(name, ".go") {
			files = append(files, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

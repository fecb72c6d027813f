package discuss

import (
	"path"
	"slices"
	"strings"

	"dasier/git"
)

// foldAbove is how many changed lines a file shows without being asked.
const foldAbove = 400

// longLine is how long a line is that no person wrote.
const longLine = 5000

// FileChange is a file of a request's diff.
type FileChange struct {
	git.FileDiff
	Folded    bool // the patch is left out; ask for the file
	Generated bool // a program wrote it
	Image     bool // a browser can show it
}

// generatedNames are files that package tools write.
var generatedNames = []string{
	"package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb", "go.sum", "go.work.sum", "cargo.lock",
	"poetry.lock", "pipfile.lock", "uv.lock", "pdm.lock", "composer.lock", "gemfile.lock", "flake.lock", "mix.lock", "pubspec.lock", "packages.lock.json",
}

var (
	generatedEnds    = []string{".min.js", ".min.css", ".js.map", ".css.map", ".pb.go", "_pb2.py", ".pb.cc", ".pb.h"}
	generatedFolders = []string{"node_modules", "vendor"}
	imageEnds        = []string{".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".bmp", ".ico", ".svg"}
)

func hasEnd(name string, ends []string) bool {
	return slices.ContainsFunc(ends, func(end string) bool { return strings.HasSuffix(name, end) })
}

// generatedByName tells files that programs write by what they are called.
func generatedByName(name string) bool {
	name = strings.ToLower(name)
	if slices.Contains(generatedNames, path.Base(name)) || hasEnd(name, generatedEnds) {
		return true
	}
	for part := range strings.SplitSeq(path.Dir(name), "/") {
		if slices.Contains(generatedFolders, part) {
			return true
		}
	}
	return false
}

// generatedByText tells them by their text: Go's line for it (go.dev/s/generatedcode),
// or a line that is longer than anyone reads.
func generatedByText(patch string) bool {
	for line := range strings.Lines(patch) {
		if len(line) > longLine {
			return true
		}
		text := strings.TrimRight(line[1:], "\r\n")
		if strings.HasPrefix(text, "// Code generated ") && strings.HasSuffix(text, " DO NOT EDIT.") {
			return true
		}
	}
	return false
}

func nameOf(f git.FileDiff) string {
	if f.NewPath != "" {
		return f.NewPath
	}
	return f.OldPath
}

// omitted tells the files whose patch is not even read.
func omitted(f git.FileDiff) bool {
	return f.Additions+f.Deletions > foldAbove || generatedByName(nameOf(f))
}

// change judges a file; whole keeps its patch, for someone asked to see it.
func change(f git.FileDiff, whole bool) FileChange {
	c := FileChange{FileDiff: f, Image: hasEnd(strings.ToLower(nameOf(f)), imageEnds)}
	c.Generated = generatedByName(nameOf(f)) || generatedByText(f.Patch)
	if !whole {
		c.Folded = c.Generated || omitted(f) || f.TooLarge
	}
	if c.Folded {
		c.Patch = ""
	}
	return c
}

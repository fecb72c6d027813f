package git

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
)

// Kind is what a tree's entry is.
type Kind string

// The kinds of entries.
const (
	Dir       Kind = "dir"
	File      Kind = "file"
	Link      Kind = "link"      // its content is the path it points to
	Submodule Kind = "submodule" // a commit of another repository
)

// Entry is one line of a directory.
type Entry struct {
	Name string
	Path string // from the root
	Kind Kind
	Mode string // as git writes it: "100644"
	SHA  string
	Size int64 // of files and links
}

// Tree lists the directory at path in a commit, as git sorts it.
func (r *Repo) Tree(ctx context.Context, sha, dir string) ([]Entry, error) {
	dir, err := CleanPath(dir)
	if err := errors.Join(err, checkSHAs(sha)); err != nil {
		return nil, err
	}
	out, err := r.output(ctx, pageOutput, "ls-tree", "-z", "--long", sha+":"+dir)
	if said(err, "Not a valid object name", "not a tree object") {
		return nil, fmt.Errorf("%w: directory %q", ErrNotFound, dir)
	}
	if err != nil {
		return nil, fmt.Errorf("listing a directory: %w", err)
	}
	entries := []Entry{}
	for line := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if line == "" {
			continue
		}
		entry, err := parseEntry(line)
		if err != nil {
			return nil, err
		}
		entry.Path = path.Join(dir, entry.Name)
		entries = append(entries, entry)
	}
	return entries, nil
}

// parseEntry reads "<mode> SP <type> SP <object> SP+ <size or -> TAB <name>".
func parseEntry(line string) (Entry, error) {
	head, name, ok := strings.Cut(line, "\t")
	fields := strings.Fields(head)
	if !ok || len(fields) != 4 {
		return Entry{}, fmt.Errorf("listing a directory: unexpected line %q", line)
	}
	entry := Entry{Name: name, Mode: fields[0], SHA: fields[2]}
	switch {
	case fields[1] == "tree":
		entry.Kind = Dir
	case fields[1] == "commit":
		entry.Kind = Submodule
	case fields[0] == "120000":
		entry.Kind = Link
	default:
		entry.Kind = File
	}
	if fields[3] != "-" {
		size, err := strconv.ParseInt(fields[3], 10, 64)
		if err != nil {
			return Entry{}, fmt.Errorf("listing a directory: size of %q: %w", name, err)
		}
		entry.Size = size
	}
	return entry, nil
}

// Files lists the paths of all files of a commit, as git sorts them.
func (r *Repo) Files(ctx context.Context, sha string) ([]string, error) {
	if err := checkSHAs(sha); err != nil {
		return nil, err
	}
	out, err := r.output(ctx, wholeOutput, "ls-tree", "-r", "-z", "--name-only", "--full-tree", sha)
	if said(err, "Not a valid object name", "not a tree object") {
		return nil, fmt.Errorf("%w: commit %s", ErrNotFound, sha)
	}
	if err != nil {
		return nil, fmt.Errorf("listing files: %w", err)
	}
	return splitNUL(out), nil
}

func splitNUL(out []byte) []string {
	text := strings.TrimSuffix(string(out), "\x00")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\x00")
}

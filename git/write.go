package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Edit is a change to one file of a tree.
type Edit struct {
	Path    string
	Content []byte
	Delete  bool // the file goes, and Content says nothing
}

// EditTree gives the tree of a commit with some files changed, and keeps all
// others as they are. A file that is there keeps its mode; a new one is a plain
// file. What is not a file (a directory, a link, a submodule) is never
// overwritten: that answers ErrName. The commit "" is an empty tree.
func (r *Repo) EditTree(ctx context.Context, commit string, edits []Edit) (string, error) {
	if commit == "" {
		commit = emptyTree
	}
	if err := checkSHAs(commit); err != nil {
		return "", err
	}
	var lines bytes.Buffer
	for _, edit := range edits {
		line, err := r.indexLine(ctx, commit, edit)
		if err != nil {
			return "", err
		}
		lines.WriteString(line)
	}
	folder, err := os.MkdirTemp("", "dasier-index-*")
	if err != nil {
		return "", fmt.Errorf("making room for an index: %w", err)
	}
	tree, err := r.writeTree(ctx, commit, lines.Bytes(), []string{"GIT_INDEX_FILE=" + filepath.Join(folder, "index")})
	return tree, errors.Join(err, os.RemoveAll(folder))
}

func (r *Repo) writeTree(ctx context.Context, commit string, lines []byte, index []string) (string, error) {
	if _, err := r.run(ctx, smallOutput, call{args: []string{"read-tree", commit}, vars: index}); err != nil {
		return "", fmt.Errorf("reading a tree: %w", err)
	}
	_, err := r.run(ctx, smallOutput, call{args: []string{"update-index", "-z", "--index-info"}, vars: index, stdin: lines})
	if err != nil {
		return "", fmt.Errorf("changing a tree: %w", err)
	}
	out, err := r.run(ctx, smallOutput, call{args: []string{"write-tree"}, vars: index})
	if err != nil {
		return "", fmt.Errorf("writing a tree: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// indexLine stores an edit's content and says where it belongs, as
// git-update-index(1) reads it.
func (r *Repo) indexLine(ctx context.Context, commit string, edit Edit) (string, error) {
	path, err := filePath(edit.Path)
	if err != nil {
		return "", err
	}
	if throughGit(path) {
		return "", fmt.Errorf("%w: path %q goes through git's own folder", ErrName, path)
	}
	mode, err := r.modeOf(ctx, commit, path)
	if err != nil {
		return "", err
	}
	if edit.Delete {
		if mode == "" {
			return "", fmt.Errorf("%w: file %q", ErrNotFound, path)
		}
		return "0 " + Zero + "\t" + path + "\x00", nil
	}
	if mode == "" {
		mode = "100644"
	}
	out, err := r.run(ctx, smallOutput, call{args: []string{"hash-object", "-w", "--stdin"}, stdin: edit.Content})
	if err != nil {
		return "", fmt.Errorf("storing a file: %w", err)
	}
	return mode + " " + strings.TrimSpace(string(out)) + "\t" + path + "\x00", nil
}

// throughGit tells whether a part of the path is git's own folder, as some file
// system would understand it: a clone would refuse the commit, or worse, not.
func throughGit(path string) bool {
	for part := range strings.SplitSeq(strings.ToLower(path), "/") {
		name, _, _ := strings.Cut(strings.TrimRight(part, ". "), ":")
		if name == ".git" || name == "git~1" {
			return true
		}
	}
	return false
}

// modeOf is the mode of the file at path, "" when nothing is there.
func (r *Repo) modeOf(ctx context.Context, commit, path string) (string, error) {
	asked := []string{path}
	for i, c := range path {
		if c == '/' {
			asked = append(asked, path[:i])
		}
	}
	out, err := r.output(ctx, smallOutput, append([]string{"ls-tree", "-z", "--full-tree", commit, "--"}, asked...)...)
	if said(err, "Not a valid object name", "not a tree object") {
		return "", fmt.Errorf("%w: commit %s", ErrNotFound, commit)
	}
	if err != nil {
		return "", fmt.Errorf("looking for a file: %w", err)
	}
	mode := ""
	for _, line := range splitNUL(out) {
		head, name, _ := strings.Cut(line, "\t")
		found, _, _ := strings.Cut(head, " ")
		isFile := found == "100644" || found == "100755"
		switch {
		case name == path && !isFile:
			return "", fmt.Errorf("%w: %q is not a file", ErrName, path)
		case name == path:
			mode = found
		case found != "040000" && strings.HasPrefix(path, name+"/"):
			return "", fmt.Errorf("%w: %q is not a directory", ErrName, name)
		}
	}
	return mode, nil
}

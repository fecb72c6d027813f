package git

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Status is how a file differs.
type Status string

// The ways to differ.
const (
	Added    Status = "added"
	Deleted  Status = "deleted"
	Modified Status = "modified"
	Renamed  Status = "renamed"
)

// FileDiff is what happened to one file.
type FileDiff struct {
	OldPath   string // "" when added
	NewPath   string // "" when deleted
	Status    Status
	Binary    bool
	TooLarge  bool // the patch is left out because of its size
	Additions int
	Deletions int
	Patch     string // unified diff with its header; valid UTF-8

	sections int // how many "diff --git" parts git prints for it
}

// Diff is the difference of two commits.
type Diff struct {
	Files     []FileDiff
	Truncated bool // there are more files than the limit
}

// DiffLimits bounds what a diff holds. The zero value is what a page can show.
type DiffLimits struct {
	Files int // 0 is 1,000
	File  int // bytes of one file's patch: 0 is 256 KiB
	Total int // bytes of all patches: 0 is 8 MiB
}

func (l DiffLimits) withDefaults() DiffLimits {
	if l.Files <= 0 {
		l.Files = 1000
	}
	if l.File <= 0 {
		l.File = 256 << 10
	}
	if l.Total <= 0 {
		l.Total = 8 << 20
	}
	return l
}

// Diff compares two commits with renames found; from "" compares with nothing,
// so that all files of to are added.
func (r *Repo) Diff(ctx context.Context, from, to string, limits DiffLimits) (Diff, error) {
	limits = limits.withDefaults()
	if from == "" {
		from = emptyTree
	}
	if err := checkSHAs(from, to); err != nil {
		return Diff{}, err
	}
	out, err := r.output(ctx, wholeOutput, diffArgs(from, to, "-z", "--raw", "--numstat")...)
	if said(err, "bad object", "unable to read") {
		return Diff{}, fmt.Errorf("%w: commit %s or %s", ErrNotFound, from, to)
	}
	if err != nil {
		return Diff{}, fmt.Errorf("comparing commits: %w", err)
	}
	files, err := parseFileDiffs(splitNUL(out))
	if err != nil {
		return Diff{}, err
	}
	diff := Diff{Files: files}
	if len(files) > limits.Files {
		diff.Files, diff.Truncated = files[:limits.Files], true
	}
	if len(diff.Files) == 0 {
		return diff, nil
	}
	return diff, r.readPatches(ctx, from, to, diff.Files, limits)
}

func diffArgs(from, to string, options ...string) []string {
	args := append([]string{"diff-tree", "-r", "--find-renames", "--no-ext-diff", "--no-textconv", "--no-color"}, options...)
	return append(args, from, to)
}

// parseFileDiffs reads the fields of --raw and --numstat under -z: first one
// ":<modes> <objects> <status>" with its one or two paths per file, then one
// "<added> TAB <deleted> TAB <path>" per file in the same order, where a rename
// has an empty path and two more fields.
func parseFileDiffs(fields []string) ([]FileDiff, error) {
	broken := errors.New("comparing commits: unexpected answer from git")
	files := []FileDiff{}
	at := 0
	next := func() (string, bool) {
		if at >= len(fields) {
			return "", false
		}
		at++
		return fields[at-1], true
	}
	for at < len(fields) && strings.HasPrefix(fields[at], ":") {
		head, _ := next()
		words := strings.Fields(head)
		path, ok := next()
		if !ok || len(words) != 5 {
			return nil, broken
		}
		file := FileDiff{OldPath: path, NewPath: path, Status: Modified, sections: 1}
		switch words[4][0] {
		case 'A':
			file.Status, file.OldPath = Added, ""
		case 'D':
			file.Status, file.NewPath = Deleted, ""
		case 'R':
			file.Status = Renamed
			if file.NewPath, ok = next(); !ok {
				return nil, broken
			}
		case 'T': // a file became a link or the like: git prints it as deleted and added
			file.sections = 2
		}
		files = append(files, file)
	}
	for i := range files {
		stat, ok := next()
		parts := strings.SplitN(stat, "\t", 3)
		if !ok || len(parts) != 3 {
			return nil, broken
		}
		if parts[2] == "" {
			if at += 2; at > len(fields) {
				return nil, broken
			}
		}
		if parts[0] == "-" {
			files[i].Binary = true
			continue
		}
		var err1, err2 error
		files[i].Additions, err1 = strconv.Atoi(parts[0])
		files[i].Deletions, err2 = strconv.Atoi(parts[1])
		if err1 != nil || err2 != nil {
			return nil, broken
		}
	}
	return files, nil
}

// readPatches fills in the patch texts. They come in the order of the files;
// a line that begins with "diff --git " begins the next one, for inside a patch
// every line begins with one of " +-@\\" or belongs to the header.
func (r *Repo) readPatches(ctx context.Context, from, to string, files []FileDiff, limits DiffLimits) error {
	p, err := r.start(ctx, call{args: diffArgs(from, to, "--patch", "--full-index")})
	if err != nil {
		return err
	}
	err = splitPatches(p.stdout, files, limits)
	p.stop() // there may be more than the limits let in
	_ = p.wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

var patchStart = []byte("diff --git ")

func splitPatches(r io.Reader, files []FileDiff, limits DiffLimits) error {
	in := bufio.NewReaderSize(r, 64<<10)
	var patch bytes.Buffer
	file, section, total := -1, 0, 0
	finish := func() {
		if file < 0 {
			return
		}
		if !files[file].TooLarge && total+patch.Len() > limits.Total {
			files[file].TooLarge = true
		}
		if !files[file].TooLarge {
			files[file].Patch = strings.ToValidUTF8(patch.String(), "\uFFFD")
			total += patch.Len()
		}
		patch.Reset()
	}
	lineStart := true
	for {
		chunk, err := in.ReadSlice('\n') // a part of a line when the line is long
		if lineStart && bytes.HasPrefix(chunk, patchStart) {
			section++
			if file < 0 || section > files[file].sections {
				finish()
				if file, section = file+1, 1; file == len(files) {
					return nil
				}
			}
		}
		lineStart = bytes.HasSuffix(chunk, []byte("\n"))
		if file >= 0 {
			if patch.Len()+len(chunk) > limits.File {
				files[file].TooLarge = true
			} else {
				patch.Write(chunk)
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			finish()
			return nil
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return fmt.Errorf("reading patches: %w", err)
		}
	}
}

// ChangedPaths lists the paths that differ between two commits, both the old
// and the new one of a renamed file.
func (r *Repo) ChangedPaths(ctx context.Context, from, to string) ([]string, error) {
	if err := checkSHAs(from, to); err != nil {
		return nil, err
	}
	out, err := r.output(ctx, wholeOutput, "diff-tree", "-r", "-z", "--name-only", "--no-renames", from, to)
	if said(err, "bad object", "unable to read") {
		return nil, fmt.Errorf("%w: commit %s or %s", ErrNotFound, from, to)
	}
	if err != nil {
		return nil, fmt.Errorf("comparing commits: %w", err)
	}
	return splitNUL(out), nil
}

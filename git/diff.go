package git

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
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
	OldMode   string // as git writes it: "100644"; "" when added
	NewMode   string // "" when deleted

	sections int // how many "diff --git" parts git prints for it
}

// Diff is the difference of two commits.
type Diff struct {
	Files     []FileDiff
	Truncated bool // there are more files than the limit
	// Count, Additions and Deletions are of all files, listed or not.
	Count, Additions, Deletions int
}

// DiffLimits bounds what a diff holds. The zero value is what a page can show.
type DiffLimits struct {
	Files int // 0 is 1,000
	File  int // bytes of one file's patch: 0 is 256 KiB
	Total int // bytes of all patches: 0 is 8 MiB
	// Omit tells which files' patches are not wanted; they are neither kept nor
	// counted. Nil wants all.
	Omit func(FileDiff) bool
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
// so that all files of to are added. It is one process: the list of files comes
// first, then their patches in the same order, and what follows after the
// limits is not waited for.
func (r *Repo) Diff(ctx context.Context, from, to string, limits DiffLimits) (Diff, error) {
	if from == "" {
		from = emptyTree
	}
	if err := checkSHAs(from, to); err != nil {
		return Diff{}, err
	}
	return r.diff(ctx, diffArgs(from, to, "-z", "--raw", "--numstat", "--patch", "--full-index"), limits.withDefaults())
}

// DiffFile compares one file of two commits, by its new path, or its old one
// when it is deleted. ErrNotFound when it does not differ.
func (r *Repo) DiffFile(ctx context.Context, from, to, path string, limit int) (FileDiff, error) {
	if from == "" {
		from = emptyTree
	}
	path, err := filePath(path)
	if err := errors.Join(err, checkSHAs(from, to)); err != nil {
		return FileDiff{}, err
	}
	// Where the file came from is a question to all files; what changed in it
	// to the two names alone.
	list, err := r.diff(ctx, diffArgs(from, to, "-z", "--raw", "--numstat"), DiffLimits{Files: math.MaxInt}.withDefaults())
	if err != nil {
		return FileDiff{}, err
	}
	for _, file := range list.Files {
		if file.NewPath != path && (file.NewPath != "" || file.OldPath != path) {
			continue
		}
		args := append(diffArgs(from, to, "-z", "--raw", "--numstat", "--patch", "--full-index"), "--", path)
		if file.OldPath != path && file.OldPath != "" {
			args = append(args, file.OldPath)
		}
		one, err := r.diff(ctx, args, DiffLimits{File: limit, Total: limit}.withDefaults())
		if err != nil || len(one.Files) != 1 {
			return file, err // two names that git, asked alone, does not pair: the numbers hold
		}
		return one.Files[0], nil
	}
	return FileDiff{}, fmt.Errorf("%w: file %q does not differ", ErrNotFound, path)
}

func (r *Repo) diff(ctx context.Context, args []string, limits DiffLimits) (Diff, error) {
	p, err := r.start(ctx, call{args: args})
	if err != nil {
		return Diff{}, err
	}
	in := bufio.NewReaderSize(p.stdout, 64<<10)
	diff, readErr := readDiff(in, limits)
	p.stop() // there may be more than the limits let in
	err = p.wait()
	switch {
	case ctx.Err() != nil:
		return Diff{}, context.Cause(ctx)
	case said(err, "bad object", "unable to read"):
		return Diff{}, fmt.Errorf("%w: a commit to compare", ErrNotFound)
	case exitCode(err) > 0: // not our own stop, which is a signal
		return Diff{}, fmt.Errorf("comparing commits: %w", err)
	}
	return diff, readErr
}

func readDiff(in *bufio.Reader, limits DiffLimits) (Diff, error) {
	fields, err := readFields(in)
	if err != nil {
		return Diff{}, err
	}
	files, err := parseFileDiffs(fields)
	if err != nil {
		return Diff{}, err
	}
	diff := Diff{Files: files, Count: len(files)}
	for _, file := range files {
		diff.Additions += file.Additions
		diff.Deletions += file.Deletions
	}
	if len(files) > limits.Files {
		diff.Files, diff.Truncated = files[:limits.Files], true
	}
	return diff, splitPatches(in, diff.Files, limits)
}

// readFields reads what stands before the patches: fields that end with NUL,
// up to an empty one where no path can be, or the end.
func readFields(in *bufio.Reader) ([]string, error) {
	var fields []string
	paths, size := 0, 0 // how many of the next fields are paths
	for {
		field, err := readField(in, wholeOutput-size)
		if errors.Is(err, io.EOF) && field == "" {
			return fields, nil
		}
		if err != nil {
			return nil, fmt.Errorf("comparing commits: %w", err)
		}
		switch {
		case paths > 0:
			paths--
		case field == "":
			return fields, nil
		case field[0] == ':':
			paths = 1
			if words := strings.Fields(field); len(words) == 5 && (words[4][0] == 'R' || words[4][0] == 'C') {
				paths = 2
			}
		case strings.HasSuffix(field, "\t"):
			paths = 2
		}
		size += len(field)
		fields = append(fields, field)
	}
}

// readField reads up to a NUL. What an end of input cuts off is an error of its
// own kind, unless there was nothing.
func readField(in *bufio.Reader, limit int) (string, error) {
	var field []byte
	for {
		part, err := in.ReadSlice(0)
		if len(field)+len(part) > limit {
			return "", fmt.Errorf("%w: more files than can be compared", ErrTooLarge)
		}
		field = append(field, part...)
		switch {
		case err == nil:
			return string(field[:len(field)-1]), nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(field) > 0:
			return "", io.ErrUnexpectedEOF
		default:
			return "", err
		}
	}
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
		file := FileDiff{OldPath: path, NewPath: path, Status: Modified, OldMode: words[0][1:], NewMode: words[1], sections: 1}
		switch words[4][0] {
		case 'A':
			file.Status, file.OldPath, file.OldMode = Added, "", ""
		case 'D':
			file.Status, file.NewPath, file.NewMode = Deleted, "", ""
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

var patchStart = []byte("diff --git ")

// splitPatches fills in the patch texts. They come in the order of the files;
// a line that begins with "diff --git " begins the next one, for inside a patch
// every line begins with one of " +-@\\" or belongs to the header.
func splitPatches(in *bufio.Reader, files []FileDiff, limits DiffLimits) error {
	var patch bytes.Buffer
	file, section, total := -1, 0, 0
	omit := func(f FileDiff) bool { return limits.Omit != nil && limits.Omit(f) }
	omitted := false
	finish := func() {
		if file < 0 || omitted {
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
				omitted = omit(files[file])
			}
		}
		lineStart = bytes.HasSuffix(chunk, []byte("\n"))
		if file >= 0 && !omitted {
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

package git

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Pair is two commits to compare.
type Pair struct{ From, To string }

// Hunk is one place where a file changed: lines of the old file that became
// lines of the new one, counted from 1. Where Old is 0 long it stands behind
// the line OldStart, and New likewise, as in a unified diff without context.
type Hunk struct{ OldStart, Old, NewStart, New int }

// Traced is what became of a file between two commits.
type Traced struct {
	Path  string // its new name; "" when it is gone
	Hunks []Hunk // in order
	// Opaque: lines cannot be followed, because the file is binary or became
	// something else than a file.
	Opaque bool
}

// What an argument list surely holds.
const (
	mostPathArgs  = 2000
	mostPathBytes = 256 << 10
)

// Trace follows files through several pairs of commits: for each pair, what
// became of those of paths that changed. A path that is not in the answer is
// as it was. It is one process, and a second one where a path is gone in a
// pair: only then is it worth looking for its new name in the whole tree.
func (r *Repo) Trace(ctx context.Context, pairs []Pair, paths []string) ([]map[string]Traced, error) {
	if len(pairs) == 0 || len(paths) == 0 {
		return make([]map[string]Traced, len(pairs)), nil
	}
	for _, path := range paths {
		if _, err := filePath(path); err != nil {
			return nil, err
		}
	}
	wanted, size := map[string]bool{}, 0
	for _, path := range paths {
		wanted[path] = true
		size += len(path)
	}
	args := []string{"--no-renames"}
	if len(wanted) <= mostPathArgs && size <= mostPathBytes {
		args = append(args, "--")
		for path := range wanted {
			args = append(args, path)
		}
	}
	traced, err := r.tracePairs(ctx, pairs, wanted, args)
	if err != nil {
		return nil, err
	}
	var again []int
	var moved []Pair
	for i, pair := range pairs {
		for _, file := range traced[i] {
			if file.Path == "" {
				again, moved = append(again, i), append(moved, pair)
				break
			}
		}
	}
	if len(again) == 0 {
		return traced, nil
	}
	renamed, err := r.tracePairs(ctx, moved, wanted, []string{"--find-renames"})
	for n, files := range renamed {
		traced[again[n]] = files
	}
	return traced, err
}

// tracePairs gives git commits with the other one of each pair in the place of
// a parent, which it takes on faith; -R turns the order round.
func (r *Repo) tracePairs(ctx context.Context, pairs []Pair, wanted map[string]bool, more []string) ([]map[string]Traced, error) {
	var in bytes.Buffer
	for _, pair := range pairs {
		if err := checkSHAs(pair.From, pair.To); err != nil {
			return nil, err
		}
		fmt.Fprintf(&in, "%s %s\n", pair.From, pair.To)
	}
	args := []string{
		"diff-tree", "--stdin", "--always", "-R", "-r", "-z", "--raw", "--patch", "--unified=0", "--full-index",
		"--no-ext-diff", "--no-textconv", "--no-color",
	}
	p, err := r.start(ctx, call{args: append(args, more...), stdin: in.Bytes()})
	if err != nil {
		return nil, err
	}
	traced, readErr := readTraces(bufio.NewReaderSize(p.stdout, 64<<10), pairs, wanted)
	if readErr != nil {
		p.stop()
	}
	err = p.wait()
	switch {
	case said(err, "Could not read", "bad object", "unable to read", "unable to parse"):
		return nil, fmt.Errorf("%w: a commit to compare", ErrNotFound)
	case err != nil && readErr == nil:
		return nil, fmt.Errorf("comparing commits: %w", err)
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	}
	return traced, readErr
}

func readTraces(in *bufio.Reader, pairs []Pair, wanted map[string]bool) ([]map[string]Traced, error) {
	all := make([]map[string]Traced, len(pairs))
	for i, pair := range pairs {
		head, err := readField(in, len(Zero)+1)
		if err != nil || head != pair.From {
			// Git passes over what is no commit without a word.
			return nil, fmt.Errorf("%w: commit %s", ErrNotFound, pair.From)
		}
		if all[i], err = readTrace(in, wanted); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// readTrace reads one pair: the raw lines, then the patches in their order.
func readTrace(in *bufio.Reader, wanted map[string]bool) (map[string]Traced, error) {
	type entry struct {
		old, new string
		sections int
	}
	var entries []entry
	for {
		next, err := in.Peek(1)
		if err != nil || next[0] != ':' {
			break
		}
		head, err := readField(in, longestPath)
		words := strings.Fields(head)
		if err != nil || len(words) != 5 {
			return nil, errors.Join(errors.New("following files: unexpected answer from git"), err)
		}
		var e entry
		if e.old, err = readField(in, wholeOutput); err != nil {
			return nil, fmt.Errorf("following files: %w", err)
		}
		e.new, e.sections = e.old, 1
		switch words[4][0] {
		case 'D':
			e.new = ""
		case 'T':
			e.sections = 2
		case 'R', 'C':
			if e.new, err = readField(in, wholeOutput); err != nil {
				return nil, fmt.Errorf("following files: %w", err)
			}
		case 'A':
			e.old = "" // it was not there: nothing of it is followed
		}
		entries = append(entries, e)
	}
	found := map[string]Traced{}
	if len(entries) == 0 {
		return found, nil
	}
	if _, err := readField(in, 1); err != nil { // between the lines and the patches
		return nil, fmt.Errorf("following files: %w", err)
	}
	for _, e := range entries {
		hunks, opaque, err := readHunks(in, e.sections)
		if err != nil {
			return nil, err
		}
		if e.old != "" && wanted[e.old] {
			found[e.old] = Traced{Path: e.new, Hunks: hunks, Opaque: opaque || e.sections > 1}
		}
	}
	return found, nil
}

var (
	hunkStart   = []byte("@@ -")
	binaryStart = []byte("Binary files ")
)

// readHunks reads the patch of one file, up to where the next begins: at
// another "diff --git ", or at the name of the next pair's commit.
func readHunks(in *bufio.Reader, sections int) (hunks []Hunk, opaque bool, err error) {
	started := 0
	for {
		// A line of a patch never begins with a commit's name and NUL.
		next, peekErr := in.Peek(len(Zero) + 1)
		if len(next) == 0 {
			if errors.Is(peekErr, io.EOF) {
				return hunks, opaque, nil
			}
			return nil, false, fmt.Errorf("following files: %w", peekErr)
		}
		if len(next) > len(Zero) && next[len(Zero)] == 0 && IsSHA(string(next[:len(Zero)])) {
			return hunks, opaque, nil
		}
		if bytes.HasPrefix(next, patchStart) {
			if started == sections {
				return hunks, opaque, nil
			}
			started++
		}
		line, more, err := readLine(in)
		if err != nil {
			return nil, false, err
		}
		switch {
		case more:
		case bytes.HasPrefix(line, hunkStart):
			hunk, ok := parseHunk(string(line))
			if !ok {
				return nil, false, fmt.Errorf("following files: unexpected line %q from git", line)
			}
			hunks = append(hunks, hunk)
		case bytes.HasPrefix(line, binaryStart):
			opaque = true
		}
	}
}

// readLine reads a line and gives its beginning; more tells that it was long.
func readLine(in *bufio.Reader) (line []byte, more bool, err error) {
	line, err = in.ReadSlice('\n')
	line = slices.Clone(line[:min(len(line), 200)])
	for errors.Is(err, bufio.ErrBufferFull) {
		more = true
		_, err = in.ReadSlice('\n')
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if err != nil {
		err = fmt.Errorf("following files: %w", err)
	}
	return line, more, err
}

// parseHunk reads "@@ -12,3 +12 @@ …".
func parseHunk(line string) (Hunk, bool) {
	words := strings.Fields(line)
	if len(words) < 4 || words[0] != "@@" || words[3] != "@@" {
		return Hunk{}, false
	}
	var h Hunk
	var ok1, ok2 bool
	h.OldStart, h.Old, ok1 = parseRange(words[1], "-")
	h.NewStart, h.New, ok2 = parseRange(words[2], "+")
	return h, ok1 && ok2
}

func parseRange(text, sign string) (start, count int, ok bool) {
	text, ok = strings.CutPrefix(text, sign)
	if !ok {
		return 0, 0, false
	}
	first, second, has := strings.Cut(text, ",")
	start, err1 := strconv.Atoi(first)
	if !has {
		return start, 1, err1 == nil
	}
	count, err2 := strconv.Atoi(second)
	return start, count, err1 == nil && err2 == nil
}

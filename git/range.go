package git

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// CountUpTo is how many commits head has that base has not, and at most limit.
func (r *Repo) CountUpTo(ctx context.Context, base, head string, limit int) (int, error) {
	if err := checkSHAs(base, head); err != nil {
		return 0, err
	}
	out, err := r.output(ctx, smallOutput, "rev-list", "--count", "--max-count="+strconv.Itoa(limit), head, "^"+base)
	if said(err, "bad object", "bad revision") {
		return 0, fmt.Errorf("%w: commit %s or %s", ErrNotFound, base, head)
	}
	if err != nil {
		return 0, fmt.Errorf("counting commits: %w", err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		return 0, fmt.Errorf("counting commits: %w", err)
	}
	return n, nil
}

// Contributors lists the e-mail addresses of everyone who had a hand in the
// commits that head has and base has not: authors, committers, and who a
// message names as co-author. They are in lower case, sorted, each once.
//
// maker is the address under which the server commits what it merges for others:
// it is nobody's, and who had a merge made by it has added nothing of their own.
func (r *Repo) Contributors(ctx context.Context, base, head, maker string, limit int) ([]string, error) {
	if err := checkSHAs(base, head); err != nil {
		return nil, err
	}
	out, err := r.output(ctx, wholeOutput, "log", "--no-show-signature", "--no-color", "--encoding=UTF-8", "--max-count="+strconv.Itoa(limit),
		"--format=%P%x00%ae%x00%ce%x00%(trailers:key=Co-authored-by,valueonly,unfold)%x00", head, "^"+base, "--")
	if err != nil {
		return nil, fmt.Errorf("reading authors: %w", err)
	}
	var found []string
	add := func(address string) { found = append(found, strings.ToLower(strings.TrimSpace(address))) }
	err = eachRecord(out, 4, func(f []string) error {
		made := strings.EqualFold(f[2], maker)
		if merge := strings.Contains(f[0], " "); !made || !merge {
			add(f[1])
		}
		if !made {
			add(f[2])
		}
		for _, match := range address.FindAllStringSubmatch(f[3], -1) {
			add(match[1])
		}
		return nil
	})
	slices.Sort(found)
	return slices.Compact(found), err
}

var address = regexp.MustCompile(`<([^<>\n]*)>`)

// DiffSize is how much two commits differ.
type DiffSize struct {
	Files, Additions, Deletions int
}

var shortStat = regexp.MustCompile(`(\d+) (file|insertion|deletion)`)

// DiffSize counts what differs between two commits, with renames found as Diff
// finds them. It reads the changed files: keep the answer.
func (r *Repo) DiffSize(ctx context.Context, from, to string) (DiffSize, error) {
	if err := checkSHAs(from, to); err != nil {
		return DiffSize{}, err
	}
	out, err := r.output(ctx, smallOutput, diffArgs(from, to, "--shortstat")...)
	if said(err, "bad object", "unable to read") {
		return DiffSize{}, fmt.Errorf("%w: commit %s or %s", ErrNotFound, from, to)
	}
	if err != nil {
		return DiffSize{}, fmt.Errorf("comparing commits: %w", err)
	}
	var size DiffSize
	for _, match := range shortStat.FindAllStringSubmatch(string(out), -1) {
		n, err := strconv.Atoi(match[1])
		if err != nil {
			return DiffSize{}, fmt.Errorf("comparing commits: %w", err)
		}
		switch match[2] {
		case "file":
			size.Files = n
		case "insertion":
			size.Additions = n
		case "deletion":
			size.Deletions = n
		}
	}
	return size, nil
}

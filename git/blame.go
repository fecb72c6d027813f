package git

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// BlameRange is lines in a row that the same commit wrote.
type BlameRange struct {
	Commit Commit // without parents; its message is the title alone
	Start  int    // 1 is the first line
	Lines  []string
}

// Blame says which commit wrote each line of a file, if the file is not larger
// than limit.
func (r *Repo) Blame(ctx context.Context, sha, path string, limit int64) ([]BlameRange, error) {
	blob, err := r.OpenBlob(ctx, sha, path)
	if err != nil {
		return nil, err
	}
	if err := blob.Close(); err != nil {
		return nil, err
	}
	if blob.Size > limit {
		return nil, fmt.Errorf("%w: file %q has %d bytes, the limit is %d", ErrTooLarge, path, blob.Size, limit)
	}
	if path, err = filePath(path); err != nil {
		return nil, err
	}
	out, err := r.output(ctx, wholeOutput, "blame", "--porcelain", "--encoding=UTF-8", sha, "--", path)
	if err != nil {
		return nil, fmt.Errorf("reading blame: %w", err)
	}
	return parseBlame(string(out))
}

// parseBlame reads the porcelain format: for each line "<commit> <old line>
// <new line> [<lines in this group>]", headers the first time a commit is
// seen, and the line itself after a TAB.
func parseBlame(text string) ([]BlameRange, error) {
	ranges := []BlameRange{}
	commits := map[string]*Commit{}
	var current *Commit
	line := 0
	for row := range strings.Lines(text) {
		row = strings.TrimSuffix(row, "\n")
		if content, ok := strings.CutPrefix(row, "\t"); ok {
			if current == nil {
				return nil, errors.New("reading blame: a line without a commit")
			}
			line++
			if n := len(ranges); n == 0 || ranges[n-1].Commit.SHA != current.SHA {
				ranges = append(ranges, BlameRange{Commit: *current, Start: line})
			}
			last := &ranges[len(ranges)-1]
			last.Lines = append(last.Lines, strings.ToValidUTF8(strings.TrimSuffix(content, "\r"), "\uFFFD"))
			continue
		}
		key, value, _ := strings.Cut(row, " ")
		if IsSHA(key) {
			if commits[key] == nil {
				commits[key] = &Commit{SHA: key}
			}
			current = commits[key]
			continue
		}
		if current != nil {
			blameHeader(current, key, strings.ToValidUTF8(value, "\uFFFD"))
		}
	}
	return ranges, nil
}

func blameHeader(c *Commit, key, value string) {
	switch key {
	case "author":
		c.AuthorName = value
	case "author-mail":
		c.AuthorEmail = strings.Trim(value, "<>")
	case "author-time":
		c.AuthoredAt = commitTime(value)
	case "committer":
		c.CommitterName = value
	case "committer-mail":
		c.CommitterEmail = strings.Trim(value, "<>")
	case "committer-time":
		c.CommittedAt = commitTime(value)
	case "summary":
		c.Message = value
	}
}

package git

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// MergeTree merges two commits in memory and gives the resulting tree. Where
// git cannot combine their changes the answer is a *ConflictError.
func (r *Repo) MergeTree(ctx context.Context, ours, theirs string) (string, error) {
	if err := checkSHAs(ours, theirs); err != nil {
		return "", err
	}
	out, err := r.output(ctx, pageOutput, "merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", ours, theirs)
	fields := splitNUL(out)
	switch {
	case said(err, "refusing to merge unrelated histories"):
		return "", fmt.Errorf("%w: %s and %s", ErrUnrelated, ours, theirs)
	case exitCode(err) == 1 && len(fields) > 0:
		return "", &ConflictError{Files: fields[1:]}
	case err != nil:
		return "", fmt.Errorf("merging: %w", err)
	case len(fields) != 1 || !IsSHA(fields[0]):
		return "", fmt.Errorf("merging: unexpected answer %q from git", out)
	}
	return fields[0], nil
}

// CommitTree makes a commit that no ref points to yet.
func (r *Repo) CommitTree(ctx context.Context, tree string, parents []string, message string, who Identity) (string, error) {
	return r.CommitFor(ctx, tree, parents, message, who, who)
}

// CommitFor is CommitTree where one wrote what another commits.
func (r *Repo) CommitFor(ctx context.Context, tree string, parents []string, message string, author, committer Identity) (string, error) {
	if err := checkSHAs(append([]string{tree}, parents...)...); err != nil {
		return "", err
	}
	args := []string{"commit-tree", "--no-gpg-sign", "-F", "-"}
	for _, parent := range parents {
		args = append(args, "-p", parent)
	}
	now := time.Now()
	out, err := r.run(ctx, smallOutput, call{
		args:  append(args, tree),
		vars:  append(committer.vars(now), author.vars(now)[:3]...), // the later ones count
		stdin: []byte(strings.ReplaceAll(strings.TrimRight(message, "\n"), "\x00", "") + "\n"),
	})
	if err != nil {
		return "", fmt.Errorf("making a commit: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

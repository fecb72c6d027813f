package git

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// MostReplayed is how many commits Replay takes on: each costs a few processes.
const MostReplayed = 1000

// pick is a commit to be applied elsewhere: what commitFormat leaves out.
type pick struct {
	sha, tree, parent string
	author            []string // environment
	message           string
}

const pickFormat = "%H%x00%T%x00%P%x00%an%x00%ae%x00%ad%x00%B%x00"

// Replay makes the commits of head that onto has not anew on top of onto, as
// "git rebase" does: authors and messages stay, the committer is who. Merge
// commits are left out, and so are commits whose change onto has already. The
// answer is the last new commit; onto itself when nothing is left, and head when
// its commits follow onto in a line anyway.
//
// A change that cannot be applied answers a *ConflictError with its commit, and
// more than MostReplayed commits answer ErrTooLarge.
//
// git 2.39 cannot merge trees with a base of the caller's choice. A commit made
// up for the purpose stands in: it has the tree of the new place and the parent
// of the picked commit, so that this parent is the base that git finds.
func (r *Repo) Replay(ctx context.Context, onto, head string, who Identity) (string, error) {
	straight, err := r.follows(ctx, onto, head)
	if err != nil || straight {
		return head, err
	}
	picks, err := r.picks(ctx, onto, head)
	if err != nil {
		return "", err
	}
	at := onto
	tree, err := r.TreeOf(ctx, onto)
	if err != nil {
		return "", err
	}
	for _, p := range picks {
		if at, tree, err = r.apply(ctx, p, at, tree, who); err != nil {
			return "", err
		}
	}
	return at, nil
}

// follows tells whether head's own commits stand on onto in a line.
func (r *Repo) follows(ctx context.Context, onto, head string) (bool, error) {
	above, err := r.IsAncestor(ctx, onto, head)
	if err != nil || !above {
		return false, err
	}
	out, err := r.output(ctx, smallOutput, "rev-list", "--merges", "--max-count=1", head, "^"+onto)
	if err != nil {
		return false, fmt.Errorf("looking for merges: %w", err)
	}
	return len(out) == 0, nil
}

func (r *Repo) picks(ctx context.Context, onto, head string) ([]pick, error) {
	if err := checkSHAs(onto, head); err != nil {
		return nil, err
	}
	out, err := r.output(ctx, wholeOutput, "log", "--reverse", "--topo-order", "--no-merges", "--no-show-signature", "--no-color", "--encoding=UTF-8",
		"--date=raw", "--max-count="+strconv.Itoa(MostReplayed+1), "--format="+pickFormat, head, "^"+onto, "--")
	if err != nil {
		return nil, fmt.Errorf("reading the commits to replay: %w", err)
	}
	var picks []pick
	err = eachRecord(out, 7, func(f []string) error {
		if f[2] == "" {
			return fmt.Errorf("%w: commit %s has no parent", ErrUnrelated, f[0])
		}
		picks = append(picks, pick{sha: f[0], tree: f[1], parent: f[2], message: f[6], author: []string{
			"GIT_AUTHOR_NAME=" + printable(f[3], "unknown"), "GIT_AUTHOR_EMAIL=" + printable(f[4], "unknown@localhost"), "GIT_AUTHOR_DATE=" + f[5],
		}})
		return nil
	})
	if err == nil && len(picks) > MostReplayed {
		err = fmt.Errorf("%w: more than %d commits to replay", ErrTooLarge, MostReplayed)
	}
	return picks, err
}

// apply makes the picked change on top of at, whose tree is given, and answers
// the new place.
func (r *Repo) apply(ctx context.Context, p pick, at, tree string, who Identity) (string, string, error) {
	stand, err := r.CommitTree(ctx, tree, []string{p.parent}, "stand-in", who)
	if err != nil {
		return "", "", err
	}
	applied, err := r.MergeTree(ctx, stand, p.sha)
	if conflict, ok := errors.AsType[*ConflictError](err); ok {
		conflict.Commit = p.sha
	}
	if err != nil {
		return "", "", err
	}
	if applied == tree {
		// Nothing is left of it. One that was empty from the beginning stays.
		before, err := r.TreeOf(ctx, p.parent)
		if err != nil {
			return "", "", err
		}
		if before != p.tree {
			return at, tree, nil
		}
	}
	out, err := r.run(ctx, smallOutput, call{
		args:  []string{"commit-tree", "--no-gpg-sign", "-F", "-", "-p", at, applied},
		vars:  append(who.vars(time.Now()), p.author...), // the later one counts
		stdin: []byte(p.message),
	})
	if err != nil {
		return "", "", fmt.Errorf("replaying a commit: %w", err)
	}
	return strings.TrimSpace(string(out)), applied, nil
}

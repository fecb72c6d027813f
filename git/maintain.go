package git

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Maintain packs the repository when it has become untidy, and tells whether
// it had. It is safe beside pushes, merges and fetches: what has no ref is kept
// for two weeks.
func (r *Repo) Maintain(ctx context.Context) (bool, error) {
	const looseObjects, packs = 2000, 30
	out, err := r.output(ctx, smallOutput, "count-objects", "-v")
	if err != nil {
		return false, fmt.Errorf("counting objects: %w", err)
	}
	counts := map[string]int{}
	for line := range strings.Lines(string(out)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if n, err := strconv.Atoi(value); err == nil {
			counts[key] = n
		}
	}
	if counts["count"] < looseObjects && counts["packs"] < packs {
		return false, nil
	}
	if _, err := r.output(ctx, pageOutput, "gc", "--quiet"); err != nil {
		return false, fmt.Errorf("packing a repository: %w", err)
	}
	return true, nil
}

// Fsck checks every object and ref; a *ProcessError says what is broken.
func (r *Repo) Fsck(ctx context.Context) error {
	_, err := r.output(ctx, wholeOutput, "fsck", "--full", "--strict", "--no-dangling", "--no-progress")
	return err
}

// RemoveStaleLocks deletes lock files of refs that are older than age. Git
// holds such a lock for milliseconds; one that a loss of power left behind
// would refuse every later push.
func (r *Repo) RemoveStaleLocks(age time.Duration) error {
	before := time.Now().Add(-age)
	stale := func(path string, entry fs.DirEntry) error {
		if entry.IsDir() || !strings.HasSuffix(entry.Name(), ".lock") {
			return nil
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) || (err == nil && info.ModTime().After(before)) {
			return nil
		}
		if err == nil {
			err = os.Remove(path)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing a stale lock: %w", err)
		}
		return nil
	}
	top, err := os.ReadDir(r.dir)
	if err != nil {
		return fmt.Errorf("looking for stale locks: %w", err)
	}
	for _, entry := range top {
		if err := stale(filepath.Join(r.dir, entry.Name()), entry); err != nil {
			return err
		}
	}
	return filepath.WalkDir(filepath.Join(r.dir, "refs"), func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("looking for stale locks: %w", err)
		}
		return stale(path, entry)
	})
}

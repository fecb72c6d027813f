package runner

import (
	"archive/zip"
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// Caches are kept on the runner's own machine, a zip archive for each key of a
// project, in a folder that no job can enter. A job may come to be without one
// at any time: whatever goes wrong here is said in its log and never fails it.

// restoreCaches brings back what earlier jobs kept.
func (b *build) restoreCaches(ctx context.Context) error {
	wanted := slices.DeleteFunc(slices.Clone(b.job.Cache), func(c cache) bool { return b.environment.expand(c.Policy) == "push" })
	if len(wanted) == 0 || b.runner.cfg.CacheDir == "" {
		return nil
	}
	return b.journal.section("restore_cache", "Restoring cache", func() error {
		for i := range wanted {
			if err := b.restoreCache(ctx, &wanted[i]); err != nil {
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
				b.journal.line(yellow, "WARNING: the cache cannot be restored, the job goes on without: %v", err)
			}
		}
		return b.folder.user.giveTree(b.folder.project)
	})
}

func (b *build) restoreCache(ctx context.Context, c *cache) error {
	for _, key := range append([]string{c.Key}, c.FallbackKeys...) {
		key = b.environment.expand(key)
		name := b.cacheFile(key)
		archive, err := zip.OpenReader(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			// A broken one would be broken for every job to come.
			return errors.Join(fmt.Errorf("opening the archive of %s: %w", key, err), os.Remove(name))
		}
		root, err := os.OpenRoot(b.folder.project)
		if err != nil {
			return errors.Join(fmt.Errorf("opening the project's folder: %w", err), archive.Close())
		}
		err = unpack(ctx, &archive.Reader, root, b.runner.cfg.UnpackLimit)
		if err = errors.Join(err, root.Close(), archive.Close()); err != nil {
			return err
		}
		now := time.Now()
		b.journal.line(green, "Restored the cache %s", key)
		return os.Chtimes(name, now, now) // the least used go first: see pruneCaches
	}
	b.journal.line("", "No cache %s yet", b.environment.expand(c.Key))
	return nil
}

// saveCaches keeps what the job leaves for those that come after it.
func (b *build) saveCaches(ctx context.Context, failed bool) {
	wanted := slices.DeleteFunc(slices.Clone(b.job.Cache), func(c cache) bool {
		return b.environment.expand(c.Policy) == "pull" || !wantedAfter(c.When, failed)
	})
	if len(wanted) == 0 || b.runner.cfg.CacheDir == "" {
		return
	}
	err := b.journal.section("archive_cache", "Saving cache", func() error {
		for i := range wanted {
			if err := b.saveCache(ctx, &wanted[i]); err != nil {
				b.journal.line(yellow, "WARNING: the cache cannot be saved: %v", err)
			}
		}
		return b.runner.pruneCaches()
	})
	if err != nil {
		b.journal.line(yellow, "WARNING: old caches cannot be removed: %v", err)
	}
}

func (b *build) saveCache(ctx context.Context, c *cache) (err error) {
	key := b.environment.expand(c.Key)
	files, err := b.collect(ctx, &artifact{Paths: c.Paths, Untracked: c.Untracked})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, files.close()) }()
	files.level = flate.BestSpeed // nobody sends it anywhere
	if files.empty("zip") {
		b.journal.line("", "Nothing to keep for the cache %s", key)
		return nil
	}
	name := b.cacheFile(key)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return fmt.Errorf("making the folder of caches: %w", err)
	}
	// Under a name of its own first: a job that reads at this moment, and one
	// that saves the same key, each see a whole archive.
	archive, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return fmt.Errorf("keeping the cache: %w", err)
	}
	limited := &limitedFile{file: archive, left: b.runner.cfg.UnpackLimit}
	if err := errors.Join(files.zip(ctx, limited), archive.Close()); err != nil {
		return errors.Join(err, os.Remove(archive.Name()))
	}
	if err := os.Rename(archive.Name(), name); err != nil {
		return errors.Join(fmt.Errorf("keeping the cache: %w", err), os.Remove(archive.Name()))
	}
	b.journal.line(green, "Saved the cache %s: %d files", key, len(files.paths))
	return nil
}

// limitedFile fails once an archive is larger than what would be restored.
type limitedFile struct {
	file *os.File
	left int64
}

// Write passes on.
func (l *limitedFile) Write(p []byte) (int, error) {
	if l.left -= int64(len(p)); l.left < 0 {
		return 0, errors.New("it is too large")
	}
	return l.file.Write(p)
}

// cacheFile is where a project's cache of a key stands: keys are people's, so
// they are no file names.
func (b *build) cacheFile(key string) string {
	digest := sha256.Sum256([]byte(key))
	return filepath.Join(b.runner.cfg.CacheDir, strconv.FormatInt(b.job.Info.ProjectID, 10), hex.EncodeToString(digest[:])+".zip")
}

// pruneCaches removes the least recently used ones beyond the limit, and what a
// crash left half-made.
func (r *Runner) pruneCaches() error {
	type kept struct {
		name string
		used time.Time
		size int64
	}
	var all []kept
	var errs []error
	err := filepath.WalkDir(r.cfg.CacheDir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return nil //nolint:nilerr // another job's prune took it
		}
		if filepath.Ext(name) != ".zip" {
			if time.Since(info.ModTime()) > time.Hour {
				errs = append(errs, os.Remove(name)) //nolint:gosec // no job may enter this folder
			}
			return nil
		}
		all = append(all, kept{name, info.ModTime(), info.Size()})
		return nil
	})
	if err != nil {
		return fmt.Errorf("looking at the caches: %w", err)
	}
	slices.SortFunc(all, func(a, b kept) int { return b.used.Compare(a.used) }) // youngest first
	left := r.cfg.CacheLimit
	for _, c := range all {
		if left -= c.size; left < 0 {
			if err := os.Remove(c.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

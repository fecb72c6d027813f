package git

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Oldest is the first version of git that has what this package uses:
// merge-tree --write-tree came in 2.38; 2.39 is what it is tested with.
const Oldest = "2.39"

// Program is an installed git.
type Program struct {
	path    string
	version string
}

// Find looks for git on PATH and checks that it is new enough.
func Find(ctx context.Context) (*Program, error) {
	path, err := exec.LookPath("git")
	if err != nil {
		return nil, fmt.Errorf("git is not installed (version %s or newer is needed): %w", Oldest, err)
	}
	out, err := exec.CommandContext(ctx, path, "version").Output() //nolint:gosec // the path is what PATH says
	if err != nil {
		return nil, fmt.Errorf("asking %s for its version: %w", path, err)
	}
	version, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(string(out)), "git version "), " ")
	if !atLeast(version, Oldest) {
		return nil, fmt.Errorf("%s is version %s: version %s or newer is needed", path, version, Oldest)
	}
	return &Program{path: path, version: version}, nil
}

// Version is what git says, such as "2.39.5".
func (p *Program) Version() string { return p.version }

// atLeast compares dotted versions by their first two numbers.
func atLeast(version, oldest string) bool {
	have, want := strings.Split(version, "."), strings.Split(oldest, ".")
	for i := range 2 {
		if i >= len(have) {
			return false
		}
		h, err := strconv.Atoi(have[i])
		if err != nil {
			return false
		}
		w, err := strconv.Atoi(want[i])
		if err != nil {
			return false
		}
		if h != w {
			return h > w
		}
	}
	return true
}

// Repo is a bare repository. It holds no process and no lock: it may be
// copied, kept and used from many goroutines.
type Repo struct {
	program *Program
	dir     string
}

// Open names the repository at dir, which Exists may then confirm.
func (p *Program) Open(dir string) *Repo {
	// Git runs inside the repository: a relative path would mean another one.
	if whole, err := filepath.Abs(dir); err == nil {
		dir = whole
	}
	return &Repo{program: p, dir: dir}
}

// Dir is the repository's folder.
func (r *Repo) Dir() string { return r.dir }

// Exists tells whether there is a repository.
func (r *Repo) Exists() bool {
	info, err := os.Stat(filepath.Join(r.dir, "HEAD"))
	return err == nil && info.Mode().IsRegular()
}

// Init makes an empty bare repository at dir whose HEAD is the given branch,
// and leaves one that is already there as it is. It is prepared beside its
// place and renamed into it: there is never half a repository.
func (p *Program) Init(ctx context.Context, dir, branch string) (*Repo, error) {
	if err := CheckBranch(branch); err != nil {
		return nil, err
	}
	repo := p.Open(dir)
	if repo.Exists() {
		return repo, nil
	}
	dir = repo.Dir()
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o750); err != nil {
		return nil, fmt.Errorf("making room for a repository: %w", err)
	}
	draft, err := os.MkdirTemp(parent, ".new-*")
	if err != nil {
		return nil, fmt.Errorf("making room for a repository: %w", err)
	}
	// --template= keeps sample hooks and descriptions out.
	if _, err := p.Open(draft).output(ctx, smallOutput, "init", "--quiet", "--bare", "--template=", "--initial-branch="+branch, draft); err != nil {
		return nil, errors.Join(fmt.Errorf("making a repository: %w", err), os.RemoveAll(draft))
	}
	if err := os.Rename(draft, dir); err != nil {
		cleanup := os.RemoveAll(draft)
		if repo.Exists() { // another call was faster
			return repo, cleanup
		}
		return nil, errors.Join(fmt.Errorf("putting a repository in its place: %w", err), cleanup)
	}
	return repo, syncDir(parent)
}

// syncDir makes a rename in dir survive the loss of power.
func syncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // a folder of ours
	if err != nil {
		return fmt.Errorf("flushing %s: %w", dir, err)
	}
	if err := d.Sync(); err != nil {
		return errors.Join(fmt.Errorf("flushing %s: %w", dir, err), d.Close())
	}
	return d.Close()
}

// Remove deletes the repository. It first renames it out of its place, so
// that a crash leaves a whole repository or none at that path; SweepRemoved
// clears what a crash left beside it.
func (r *Repo) Remove() error {
	trash, err := os.MkdirTemp(filepath.Dir(r.dir), ".gone-*")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("removing a repository: %w", err)
	}
	if err := os.Rename(r.dir, filepath.Join(trash, "repo")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(fmt.Errorf("removing a repository: %w", err), os.RemoveAll(trash))
	}
	if err := os.RemoveAll(trash); err != nil {
		return fmt.Errorf("removing a repository: %w", err)
	}
	return nil
}

// SweepRemoved deletes what interrupted calls of Init and Remove left in a
// folder of repositories longer than age ago.
func SweepRemoved(parent string, age time.Duration) error {
	before := time.Now().Add(-age)
	entries, err := os.ReadDir(parent)
	if err != nil {
		return fmt.Errorf("sweeping repositories: %w", err)
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || info.ModTime().After(before) {
			continue // gone by now, or in use
		}
		if strings.HasPrefix(entry.Name(), ".new-") || strings.HasPrefix(entry.Name(), ".gone-") {
			if err := os.RemoveAll(filepath.Join(parent, entry.Name())); err != nil {
				return fmt.Errorf("sweeping repositories: %w", err)
			}
		}
	}
	return nil
}

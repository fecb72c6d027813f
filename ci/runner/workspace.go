package runner

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// workspace is a job's own folder. All that the job writes where it is told to
// write is in it, and goes with it.
type workspace struct {
	root      string // Dir/<job id>
	home      string // HOME: nothing of the runner's user, nothing of another job
	temporary string // TMPDIR
	files     string // of file variables and scripts
	bin       string // in front of PATH; "" when there is nothing to put there
	builds    string // CI_BUILDS_DIR
	project   string // CI_PROJECT_DIR
	user      *User  // whose it is; nil: the runner's own
	// contained: the job sees the folder from a container, as a user that is not
	// known yet.
	contained bool
}

// newWorkspace makes a job's folder. What the job may change is its user's.
// What the runner writes for it (scripts, files of variables) is in a folder
// that the job cannot change: the runner must not be led elsewhere by a link.
func newWorkspace(dir, program string, user *User, j *job) (*workspace, error) {
	root := filepath.Join(dir, strconv.FormatInt(j.ID, 10))
	w := &workspace{
		root: root, home: filepath.Join(root, "home"), temporary: filepath.Join(root, "tmp"), files: filepath.Join(root, "files"),
		builds: filepath.Join(root, "builds"), user: user,
	}
	w.project = filepath.Join(w.builds, filepath.FromSlash(projectFolder(j.Git.URL)))
	if err := removeFolder(root); err != nil {
		return nil, err
	}
	for _, folder := range []string{w.home, w.temporary, w.files, w.project} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, fmt.Errorf("making the job's folder: %w", err)
		}
	}
	if err := w.share(); err != nil {
		return nil, err
	}
	if program == "" {
		return w, nil
	}
	w.bin = filepath.Join(root, "bin")
	if err := os.Mkdir(w.bin, 0o755); err != nil { // #nosec G301 -- within the job's own folder
		return nil, fmt.Errorf("making the job's folder: %w", err)
	}
	if err := os.Symlink(program, filepath.Join(w.bin, "dasier")); err != nil {
		return nil, fmt.Errorf("giving the job the dasier program: %w", err)
	}
	return w, nil
}

// share gives the job's user its folders.
func (w *workspace) share() error {
	if w.user == nil {
		return nil
	}
	// Only this job's user gets in, and only to what is there.
	if err := errors.Join(os.Chown(w.root, os.Geteuid(), int(w.user.GID)), os.Chmod(w.root, 0o710), os.Chmod(w.files, 0o711)); err != nil { // #nosec G302 -- for the job's user
		return fmt.Errorf("making the job's folder: %w", err)
	}
	for _, folder := range []string{w.home, w.temporary, w.builds} {
		if err := w.user.giveTree(folder); err != nil {
			return err
		}
	}
	return nil
}

// write writes a file that the job is to read.
func (w *workspace) write(name, text string) error {
	mode := fs.FileMode(0o600)
	if w.contained {
		mode = 0o644 // the folder around it is closed to all others
	}
	if err := os.WriteFile(name, []byte(text), mode); err != nil { // #nosec G703 -- names are the runner's own, or checked
		return err
	}
	return w.user.give(name)
}

// projectFolder is namespace/name of a repository's address, as in GitLab's own
// runners; people's scripts sometimes look at it.
func projectFolder(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return "project"
	}
	folder := strings.TrimSuffix(strings.Trim(path.Clean(parsed.Path), "/"), ".git")
	if folder == "" || !filepath.IsLocal(folder) {
		return "project"
	}
	return folder
}

// removeFolder removes a job's folder, also where the job took the right to
// write away, as package caches like to do.
func removeFolder(root string) error {
	if err := os.RemoveAll(root); err == nil {
		return nil
	}
	// A folder is opened after the walk has called for it, so that it is open
	// by then. Whatever stays closed shows at the removal.
	_ = filepath.WalkDir(root, func(name string, entry fs.DirEntry, _ error) error {
		if entry != nil && entry.IsDir() {
			// #nosec G302 G122 -- a folder of a job that has ended: no process of
			// it is left to move it, and the mode only gives the owner what is theirs
			_ = os.Chmod(name, 0o700)
		}
		return nil
	})
	if err := os.RemoveAll(root); err != nil {
		return fmt.Errorf("removing the job's folder: %w", err)
	}
	return nil
}

// clearLeftovers removes what jobs of an earlier run left behind.
func clearLeftovers(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("looking for left-overs: %w", err)
	}
	for _, entry := range entries {
		if _, err := strconv.ParseInt(entry.Name(), 10, 64); err == nil {
			if err := removeFolder(filepath.Join(dir, entry.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

package runner

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// User is a user of the system, by number; it needs no name.
type User struct{ UID, GID uint32 }

// makeRunnerFolder makes the folder of the jobs' folders. Others may walk
// through it to what is theirs, but not look around.
func makeRunnerFolder(dir string, shared bool) error {
	mode := fs.FileMode(0o700)
	if shared {
		mode = 0o711
	}
	if err := os.MkdirAll(dir, mode); err != nil {
		return fmt.Errorf("making the runner's folder: %w", err)
	}
	// In a folder that everyone may write to, somebody may have been first.
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("looking at the runner's folder: %w", err)
	}
	owner, known := ownerOf(info)
	if !info.IsDir() || known && owner != uint32(os.Geteuid()) { // #nosec G115 -- a uid
		return fmt.Errorf("the folder %s is not the runner's own: remove it, or name another", dir)
	}
	if err := os.Chmod(dir, mode); err != nil {
		return fmt.Errorf("making the runner's folder: %w", err)
	}
	return nil
}

func ownerOf(info fs.FileInfo) (uint32, bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return stat.Uid, true
}

// beginUsers makes sure that jobs can run as their users.
func (r *Runner) beginUsers() error {
	if len(r.cfg.Users) == 0 {
		return nil
	}
	if os.Geteuid() != 0 {
		return errors.New("only root can run jobs as other users: run the server as root, or let jobs run as its own user")
	}
	if n := len(r.cfg.Users); n > 1 && n < r.cfg.Jobs {
		return fmt.Errorf("%d jobs at a time need as many users, there are %d", r.cfg.Jobs, n)
	}
	for dir := r.cfg.Dir; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return fmt.Errorf("looking at the runner's folder: %w", err)
		}
		if info.Mode().Perm()&0o001 == 0 {
			return fmt.Errorf("jobs run as users of their own, which may not enter %s (mode %#o): name a folder for builds that everyone may walk to", dir, info.Mode().Perm())
		}
	}
	r.users = make(chan *User, r.cfg.Jobs)
	for i := range r.cfg.Jobs {
		r.users <- &r.cfg.Users[i%len(r.cfg.Users)]
	}
	return r.shareProgram()
}

// programFolder holds the dasier program where every job can reach it.
const programFolder = "program"

// shareProgram puts the program where the users of jobs may read it: its own
// place may be closed to them.
func (r *Runner) shareProgram() error {
	if r.cfg.Program == "" {
		return nil
	}
	folder := filepath.Join(r.cfg.Dir, programFolder)
	if err := removeFolder(folder); err != nil {
		return err
	}
	if err := os.Mkdir(folder, 0o711); err != nil { // #nosec G301 -- for the jobs' users
		return fmt.Errorf("sharing the dasier program: %w", err)
	}
	shared := filepath.Join(folder, filepath.Base(r.cfg.Program))
	if err := copyProgram(r.cfg.Program, shared); err != nil {
		return fmt.Errorf("sharing the dasier program: %w", err)
	}
	r.cfg.Program = shared
	return nil
}

func copyProgram(from, to string) error {
	source, err := os.Open(from) // #nosec G304 -- the runner's own program
	if err != nil {
		return err
	}
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755) // #nosec G302 G304 -- for the jobs' users
	if err != nil {
		return errors.Join(err, source.Close())
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, source.Close(), target.Close(), os.Chmod(to, 0o755)) // #nosec G302 -- for the jobs' users
}

// usersAlone tells whether a user is one job's at a time, and nobody else's.
func (c *Config) usersAlone() bool {
	return !c.Shared && (len(c.Users) > 1 || len(c.Users) == 1 && c.Jobs == 1)
}

// takeUser takes a user for a job; give back when the job has ended.
func (r *Runner) takeUser() (user *User, giveBack func()) {
	if r.users == nil {
		return nil, func() {}
	}
	user = <-r.users // there are as many as jobs at a time
	return user, func() { r.users <- user }
}

// credential is what a process is started with.
func (u *User) credential() *syscall.Credential {
	if u == nil {
		return nil
	}
	return &syscall.Credential{Uid: u.UID, Gid: u.GID}
}

// give makes a file or folder the user's. A link itself is given, not what it
// leads to.
func (u *User) give(name string) error {
	if u == nil {
		return nil
	}
	if err := os.Lchown(name, int(u.UID), int(u.GID)); err != nil {
		return fmt.Errorf("giving the job its files: %w", err)
	}
	return nil
}

// giveTree gives all that is below a folder. It is for a time when no process
// of the job runs.
func (u *User) giveTree(folder string) error {
	if u == nil {
		return nil
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return fmt.Errorf("giving the job its files: %w", err)
	}
	err = fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if owner, ok := ownerOf(info); ok && owner == u.UID {
			return nil
		}
		return root.Lchown(name, int(u.UID), int(u.GID))
	})
	if err = errors.Join(err, root.Close()); err != nil {
		return fmt.Errorf("giving the job its files: %w", err)
	}
	return nil
}

// owns tells whether a process of the table is the user's.
func (u *User) owns(pid int) bool {
	if u == nil {
		return false
	}
	info, err := os.Stat("/proc/" + strconv.Itoa(pid))
	if err != nil {
		return false
	}
	owner, ok := ownerOf(info)
	return ok && owner == u.UID
}

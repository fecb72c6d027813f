package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"dasier/ci/runner"
	"dasier/fault"
)

// Whose rights jobs have, when the server is root and may choose.
const (
	jobsOwn    = "own"    // for each job at a time a user that nothing else has
	jobsServer = "server" // the server's: all rights there are
)

// The users of jobs: numbers that Linux distributions give to nobody (systemd's
// table of "Users, Groups, UIDs and GIDs" leaves 60706 to 61183 unused).
const (
	firstJobUser = 60800
	mostJobUsers = 384
)

// userLocks is where servers on one machine agree on whose user is whose.
const userLocks = "/var/run/dasier"

// jobUsers are the users that the embedded runner's jobs run as; none is the
// server's own. Users of jobs' own are this server's until release, or until its
// process ends: whatever runs as one is ended with its job, and must not be
// another server's.
func jobUsers(c Config) (users []runner.User, release func() error, err error) {
	users, err = wantedUsers(c)
	if err != nil || len(users) == 0 || c.JobsUser != jobsOwn {
		return users, func() error { return nil }, err
	}
	var locks []*os.File
	release = func() error {
		var errs []error
		for _, l := range locks {
			errs = append(errs, l.Close())
		}
		return errors.Join(errs...)
	}
	if err := os.MkdirAll(userLocks, 0o700); err != nil {
		return nil, nil, fmt.Errorf("taking users for jobs: %w", err)
	}
	for i := 0; i < mostJobUsers && len(locks) < len(users); i++ {
		number := uint32(firstJobUser + i) // #nosec G115 -- below mostJobUsers
		file, err := os.OpenFile(filepath.Join(userLocks, strconv.Itoa(firstJobUser+i)), os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return nil, nil, errors.Join(fmt.Errorf("taking users for jobs: %w", err), release())
		}
		if syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
			_ = file.Close() // another server's
			continue
		}
		users[len(locks)] = runner.User{UID: number, GID: number}
		locks = append(locks, file)
	}
	if len(locks) < len(users) {
		err := fault.Errorf(fault.Unavailable, "servers on this machine have taken all but %d of the %d users for jobs: lower runner.jobs, or set runner.user", len(locks), mostJobUsers)
		return nil, nil, errors.Join(err, release())
	}
	return users, release, nil
}

// wantedUsers are the users of jobs, where no other server has them.
func wantedUsers(c Config) ([]runner.User, error) {
	if os.Geteuid() != 0 || c.JobsUser == jobsServer {
		return nil, nil
	}
	if c.JobsUser == jobsOwn {
		if c.Jobs > mostJobUsers {
			return nil, fault.Errorf(fault.Invalid, "runner.jobs is %d: at most %d jobs at a time can have a user of their own; set runner.user to share one", c.Jobs, mostJobUsers)
		}
		users := make([]runner.User, c.Jobs)
		for i := range users {
			number := uint32(firstJobUser + i) // #nosec G115 -- below mostJobUsers
			users[i] = runner.User{UID: number, GID: number}
		}
		return users, nil
	}
	found, err := user.Lookup(c.JobsUser)
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "runner.user: there is no user %q on this machine", c.JobsUser)
	}
	uid, err := strconv.ParseUint(found.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(found.Gid, 10, 32)
	if err = errors.Join(err, gidErr); err != nil {
		return nil, fmt.Errorf("reading the user %s: %w", c.JobsUser, err)
	}
	if uid == 0 {
		return nil, fault.Errorf(fault.Invalid, "runner.user: %s is root; for jobs with the server's own rights set it to %s", c.JobsUser, jobsServer)
	}
	return []runner.User{{UID: uint32(uid), GID: uint32(gid)}}, nil
}

// buildsFolder is where jobs have their folders: in the data folder, unless
// they run as others, who cannot walk there; then in a temporary one, which goes
// when the server stops.
func buildsFolder(c Config, others bool) (dir string, temporary bool, err error) {
	if dir = c.Builds; dir == "" {
		dir = filepath.Join(c.Data, "builds")
	}
	if dir, err = filepath.Abs(dir); err != nil || !others {
		return dir, false, err
	}
	closed, mode := closedFolder(dir)
	if closed == "" {
		return dir, false, nil
	}
	if c.Builds == "" {
		for _, parent := range []string{os.TempDir(), "/tmp", "/var/tmp"} {
			dir := filepath.Join(parent, "dasier-builds-"+serverName(c.Data))
			if at, _ := closedFolder(dir); at == "" {
				return dir, true, nil
			}
		}
	}
	return "", false, fault.Errorf(fault.Invalid, "the server runs as root and jobs as users of their own, who may not pass through the folder %s (mode %#o): "+
		"allow it with `chmod o+x %s`, or set runner.builds to a folder that everyone may walk to", closed, mode, closed)
}

// closedFolder is the nearest folder above dir that not every user may pass
// through; none, where there is none. The runner makes dir itself, and what is
// not there on the way to it, open for all.
func closedFolder(dir string) (string, fs.FileMode) {
	at, err := filepath.EvalSymlinks(filepath.Dir(dir))
	for errors.Is(err, fs.ErrNotExist) && dir != filepath.Dir(dir) {
		dir = filepath.Dir(dir)
		at, err = filepath.EvalSymlinks(filepath.Dir(dir))
	}
	if err != nil {
		return filepath.Dir(dir), 0
	}
	for ; ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		switch {
		case err != nil || !info.IsDir():
			return at, 0
		case info.Mode().Perm()&0o001 == 0:
			return at, info.Mode().Perm()
		case at == filepath.Dir(at):
			return "", 0
		}
	}
}

// open to others in the data folder are only the ways to what is theirs.
var walkable = map[string]bool{"services": true, "builds": true}

// closeData takes from all others what they might have in the data folder: the
// database's file is made with the rights that the system gives by default, and
// the folder around it may have to be open for services and jobs to pass.
func closeData(data string) error {
	entries, err := os.ReadDir(data)
	if err != nil {
		return fmt.Errorf("closing the data folder: %w", err)
	}
	for _, entry := range entries {
		if walkable[entry.Name()] || entry.Type()&fs.ModeSymlink != 0 {
			continue
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // a file of the database that comes and goes
		}
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			err = os.Chmod(filepath.Join(data, entry.Name()), info.Mode().Perm()&^0o077)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("closing the data folder: %w", err)
		}
	}
	return nil
}

package process

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"dasier/fault"
)

// account is who services run as; nil is the server's own user.
type account struct {
	name     string
	uid, gid uint32
}

// accountOf finds the user of services. Only root can become someone else.
func accountOf(name string) (*account, error) {
	if os.Geteuid() != 0 || name == "root" {
		return nil, nil //nolint:nilnil // nil is the server's own user
	}
	if name == "" {
		name = "nobody"
	}
	u, err := user.Lookup(name)
	if err != nil {
		if u, err = user.LookupId(name); err != nil {
			return nil, fault.Errorf(fault.Invalid, "services_user: this machine has no user %q", name)
		}
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("reading the number of user %s: %w", name, err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("reading the group of user %s: %w", name, err)
	}
	return &account{name, uint32(uid), uint32(gid)}, nil
}

// credential makes the system start a process as the account, in no other
// group.
func (a *account) credential() *syscall.Credential {
	if a == nil {
		return nil
	}
	return &syscall.Credential{Uid: a.uid, Gid: a.gid, Groups: []uint32{}}
}

func (a *account) own(path string) error {
	if a == nil {
		return nil
	}
	return os.Chown(path, int(a.uid), int(a.gid))
}

// canReach says which folder on the way keeps the account out.
func (a *account) canReach(path string) error {
	if a == nil {
		return nil
	}
	for at := path; ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err != nil {
			return fmt.Errorf("looking at %s: %w", at, err)
		}
		stat, ok := info.Sys().(*syscall.Stat_t)
		open := info.Mode()&0o001 != 0
		if ok && stat.Uid == a.uid {
			open = info.Mode()&0o100 != 0
		} else if ok && stat.Gid == a.gid {
			open = info.Mode()&0o010 != 0
		}
		if !open {
			return fault.Errorf(fault.Unavailable, "the server runs as root and services as %s, who may not pass through the folder %s: allow it with `chmod o+x %s`, or run the server as a user of its own", a.name, at, at)
		}
		if at == filepath.Dir(at) {
			return nil
		}
	}
}

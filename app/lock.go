package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"dasier/fault"
)

// folderLock keeps two servers from one data folder. The kernel lets go of it
// when the process dies, however it dies.
type folderLock struct{ file *os.File }

func lockFolder(folder string) (*folderLock, error) {
	file, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the data folder: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		err = fault.Errorf(fault.Conflict, "another server uses the data folder %s: stop it first, or choose another folder with --data", folder)
		return nil, errors.Join(err, file.Close())
	}
	return &folderLock{file}, nil
}

func (l *folderLock) release() error { return l.file.Close() }

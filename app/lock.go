package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"dasier/fault"
)

// folderLock keeps two servers from one data folder. The kernel lets go of it
// when the process dies, however it dies.
type folderLock struct{ file *os.File }

// lockPatience is how long the lock is waited for. A server that was killed while
// it started a program leaves it, for a moment, to that program: between fork and
// exec the new process has all that the old one had open.
const lockPatience = 2 * time.Second

func lockFolder(ctx context.Context, folder string) (*folderLock, error) {
	file, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the data folder: %w", err)
	}
	if err := flock(ctx, file); err != nil {
		err = fault.Errorf(fault.Conflict, "another server uses the data folder %s: stop it first, or choose another folder with --data", folder)
		return nil, errors.Join(err, file.Close())
	}
	return &folderLock{file}, nil
}

func flock(ctx context.Context, file *os.File) error {
	ctx, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (l *folderLock) release() error { return l.file.Close() }

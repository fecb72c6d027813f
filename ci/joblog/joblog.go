// Package joblog keeps job logs as files in a folder of this machine, one file
// per job, and implements ci.LogStore.
//
// Durability. Append writes to the file before it answers, without a buffer of
// its own, so that what was acknowledged is with the kernel and survives the
// death of this process (kill -9). It does not sync: a runner keeps its whole
// log until the job is over, and after a loss of power the size that the server
// answers makes it send again what is missing. Only when the job ends is that
// no longer so, and then Seal syncs the file and its folder before the runner's
// last word is answered. So a chatty job costs one sync, not one per line.
//
// The package knows job ids and bytes; not what a log says or who may read it.
package joblog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"dasier/ci"
)

// Store is a folder of logs: <root>/<id / 1000>/<id>.log.
type Store struct {
	root string
	// locks serialise the writers of one log: appending is "look at the size,
	// then write". Jobs share them by their number.
	locks [64]sync.Mutex
}

var _ ci.LogStore = (*Store)(nil)

// Open uses the folder root and makes it when it does not exist.
func Open(root string) (*Store, error) {
	if err := os.MkdirAll(root, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of job logs: %w", err)
	}
	return &Store{root: root}, nil
}

func (s *Store) path(id ci.JobID) string {
	return filepath.Join(s.root, strconv.FormatInt(int64(id)/1000, 10), strconv.FormatInt(int64(id), 10)+".log")
}

func (s *Store) lock(id ci.JobID) *sync.Mutex { return &s.locks[uint64(id)%uint64(len(s.locks))] }

// Append implements ci.LogStore.
func (s *Store) Append(_ context.Context, id ci.JobID, at int64, data []byte) (int64, error) {
	lock := s.lock(id)
	lock.Lock()
	defer lock.Unlock()
	path := s.path(id)
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(path), 0o700); err == nil {
			file, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
		}
	}
	if err != nil {
		return 0, fmt.Errorf("opening the log of job %d: %w", id, err)
	}
	size, err := appendAt(file, at, data)
	return size, errors.Join(err, file.Close())
}

// appendAt writes at the end, if at is the end. A write that fails half-way
// (the disk is full) is taken back, so that the size stays what was answered.
func appendAt(file *os.File, at int64, data []byte) (int64, error) {
	info, err := file.Stat()
	if err != nil {
		return 0, fmt.Errorf("measuring a log: %w", err)
	}
	size := info.Size()
	if at != size {
		return size, ci.ErrOffset
	}
	if _, err := file.WriteAt(data, at); err != nil {
		return size, errors.Join(fmt.Errorf("writing a log: %w", err), file.Truncate(size))
	}
	return size + int64(len(data)), nil
}

// Size implements ci.LogStore.
func (s *Store) Size(_ context.Context, id ci.JobID) (int64, error) {
	info, err := os.Stat(s.path(id))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("measuring a log: %w", err)
	}
	return info.Size(), nil
}

// Open implements ci.LogStore.
func (s *Store) Open(_ context.Context, id ci.JobID) (io.ReadSeekCloser, error) {
	file, err := os.Open(s.path(id))
	if errors.Is(err, fs.ErrNotExist) {
		return empty{bytes.NewReader(nil)}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("opening the log of job %d: %w", id, err)
	}
	return file, nil
}

type empty struct{ *bytes.Reader }

// Close implements io.Closer.
func (empty) Close() error { return nil }

// Seal implements ci.LogStore.
func (s *Store) Seal(_ context.Context, id ci.JobID) error {
	lock := s.lock(id)
	lock.Lock()
	defer lock.Unlock()
	path := s.path(id)
	for _, name := range []string{path, filepath.Dir(path), s.root} {
		err := syncOne(name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // the job wrote nothing
		}
		if err != nil {
			return fmt.Errorf("syncing the log of job %d: %w", id, err)
		}
	}
	return nil
}

// Remove implements ci.LogStore.
func (s *Store) Remove(_ context.Context, id ci.JobID) error {
	lock := s.lock(id)
	lock.Lock()
	defer lock.Unlock()
	if err := os.Remove(s.path(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the log of job %d: %w", id, err)
	}
	return nil
}

func syncOne(name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

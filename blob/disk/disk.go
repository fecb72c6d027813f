// Package disk keeps blobs as files in a folder of this machine.
//
// A blob is written to a temporary file, synced, and renamed to its name, so
// that a name always stands for whole content, whenever the power goes.
package disk

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"dasier/blob"
	"dasier/fault"
)

// Store is a folder of blobs: <root>/sha256/ab/cdef...
type Store struct{ root string }

var _ blob.Store = (*Store)(nil)

// Open uses the folder root and makes it when it does not exist. Left-overs of
// uploads that a crash cut off are removed.
func Open(root string) (*Store, error) {
	incoming := filepath.Join(root, "incoming")
	if err := os.RemoveAll(incoming); err != nil {
		return nil, fmt.Errorf("clearing unfinished uploads: %w", err)
	}
	if err := os.MkdirAll(incoming, 0o700); err != nil {
		return nil, fmt.Errorf("making the blob folder: %w", err)
	}
	return &Store{root: root}, nil
}

func (s *Store) path(d blob.Digest) string {
	digits := d.Hex()
	return filepath.Join(s.root, "sha256", digits[:2], digits[2:])
}

// Put implements blob.Store.
func (s *Store) Put(ctx context.Context, r io.Reader, limit int64) (blob.Digest, int64, error) {
	file, err := os.CreateTemp(filepath.Join(s.root, "incoming"), "blob-")
	if err != nil {
		return "", 0, fmt.Errorf("starting a blob: %w", err)
	}
	digest, size, err := fill(ctx, file, r, limit)
	if err == nil {
		err = s.adopt(file.Name(), digest)
	}
	if err != nil {
		return "", 0, errors.Join(err, removeIfThere(file.Name()))
	}
	return digest, size, nil
}

// fill copies r into file, syncs and closes it.
func fill(ctx context.Context, file *os.File, r io.Reader, limit int64) (blob.Digest, int64, error) {
	sum := sha256.New()
	size, err := io.Copy(io.MultiWriter(file, sum), io.LimitReader(reader{ctx, r}, limit+1))
	if err == nil && size > limit {
		err = fault.Errorf(fault.Limited, "the upload is larger than the limit of %d bytes: nothing was kept", limit)
	}
	if err == nil {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	return blob.FromSum(sum.Sum(nil)), size, err
}

// adopt gives a finished file its name.
func (s *Store) adopt(temporary string, d blob.Digest) error {
	final := s.path(d)
	folder := filepath.Dir(final)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("making a blob folder: %w", err)
	}
	if err := os.Rename(temporary, final); err != nil {
		return fmt.Errorf("keeping a blob: %w", err)
	}
	return syncFolder(folder)
}

// Open implements blob.Store.
func (s *Store) Open(_ context.Context, d blob.Digest) (io.ReadSeekCloser, int64, error) {
	if _, err := blob.ParseDigest(string(d)); err != nil {
		return nil, 0, err
	}
	file, err := os.Open(s.path(d))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, fault.Errorf(fault.Missing, "no content %s is kept here", d)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("opening a blob: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return nil, 0, errors.Join(fmt.Errorf("measuring a blob: %w", err), file.Close())
	}
	return file, info.Size(), nil
}

// Delete implements blob.Store.
func (s *Store) Delete(_ context.Context, d blob.Digest) error {
	if _, err := blob.ParseDigest(string(d)); err != nil {
		return err
	}
	return removeIfThere(s.path(d))
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing: %w", err)
	}
	return nil
}

func syncFolder(path string) error {
	folder, err := os.Open(path) // #nosec G304 -- a folder below the store's root, named by a digest
	if err != nil {
		return fmt.Errorf("syncing a folder: %w", err)
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// reader stops a copy when the context ends.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

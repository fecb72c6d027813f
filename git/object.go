package git

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Blob is an open file of a commit. Close it.
type Blob struct {
	SHA  string
	Size int64

	process *process
	content io.Reader
	left    int64
}

// OpenBlob opens the file at path in a commit, to be read as a stream.
func (r *Repo) OpenBlob(ctx context.Context, sha, path string) (*Blob, error) {
	path, err := filePath(path)
	if err := errors.Join(err, checkSHAs(sha)); err != nil {
		return nil, err
	}
	p, err := r.start(ctx, call{args: []string{"cat-file", "--batch", "-z"}, stdin: []byte(sha + ":" + path + "\x00")})
	if err != nil {
		return nil, err
	}
	blob := &Blob{process: p}
	if err := blob.readHeader(path); err != nil {
		return nil, errors.Join(err, blob.Close())
	}
	return blob, nil
}

// readHeader reads "<name> <type> <size>", or "<what was asked> missing".
func (b *Blob) readHeader(path string) error {
	in := bufio.NewReader(b.process.stdout)
	line, err := in.ReadString('\n')
	if err != nil {
		if waited := b.process.wait(); waited != nil {
			return fmt.Errorf("opening a file: %w", waited)
		}
		return fmt.Errorf("opening a file: %w", err)
	}
	fields := strings.Fields(line)
	if len(fields) != 3 || !IsSHA(fields[0]) {
		return fmt.Errorf("%w: file %q", ErrNotFound, path)
	}
	if fields[1] != "blob" {
		return fmt.Errorf("%w: %q is a directory, not a file", ErrNotFound, path)
	}
	b.SHA = fields[0]
	if b.Size, err = strconv.ParseInt(fields[2], 10, 64); err != nil {
		return fmt.Errorf("opening a file: %w", err)
	}
	b.left = b.Size
	b.content = in
	return nil
}

// Read reads the file's bytes.
func (b *Blob) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, io.EOF
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.content.Read(p)
	b.left -= int64(n)
	if errors.Is(err, io.EOF) && b.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("reading a file: %w", err)
	}
	return n, err
}

// Close ends the process behind the file. Reading only a part is fine.
func (b *Blob) Close() error {
	b.process.stop()
	_ = b.process.wait() // stopped on purpose, or already waited for
	return nil
}

// ReadBlob reads a whole file of a commit, if it is not larger than limit.
func (r *Repo) ReadBlob(ctx context.Context, sha, path string, limit int64) ([]byte, error) {
	blob, err := r.OpenBlob(ctx, sha, path)
	if err != nil {
		return nil, err
	}
	if blob.Size > limit {
		return nil, errors.Join(fmt.Errorf("%w: file %q has %d bytes, the limit is %d", ErrTooLarge, path, blob.Size, limit), blob.Close())
	}
	data, err := io.ReadAll(blob)
	return data, errors.Join(err, blob.Close())
}

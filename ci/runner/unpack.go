package runner

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// maxEntries bounds how many files an archive may have.
const maxEntries = 200_000

// downloadArtifacts unpacks the archives of earlier jobs into the project.
func (b *build) downloadArtifacts(ctx context.Context) error {
	var list []*dependency
	for i := range b.job.Dependencies {
		if d := &b.job.Dependencies[i]; d.File.Filename != "" {
			list = append(list, d)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return b.journal.section("download_artifacts", "Downloading artifacts", func() error {
		for _, d := range list {
			b.journal.line(green, "Downloading artifacts for %s (%d)...", d.Name, d.ID)
			if err := b.downloadArtifact(ctx, d); err != nil {
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
				return &jobError{fmt.Errorf("downloading artifacts of %s (%d): %w", d.Name, d.ID, err)}
			}
		}
		return b.folder.user.giveTree(b.folder.project)
	})
}

func (b *build) downloadArtifact(ctx context.Context, d *dependency) error {
	name := filepath.Join(b.folder.files, "dependency.zip")
	if err := persist(ctx, transferFor, func(ctx context.Context) error {
		return b.runner.client.download(ctx, d, name, b.runner.cfg.UnpackLimit)
	}); err != nil {
		return err
	}
	archive, err := zip.OpenReader(name)
	if err != nil {
		return fmt.Errorf("opening the archive: %w", err)
	}
	root, err := os.OpenRoot(b.folder.project)
	if err != nil {
		return errors.Join(fmt.Errorf("opening the project's folder: %w", err), archive.Close())
	}
	err = unpack(ctx, &archive.Reader, root, b.runner.cfg.UnpackLimit)
	return errors.Join(err, root.Close(), archive.Close(), os.Remove(name))
}

// download fetches the archive of an earlier job.
func (c *client) download(ctx context.Context, d *dependency, name string, limit int64) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/jobs/"+strconv.FormatInt(d.ID, 10)+"/artifacts?direct_download=true", http.NoBody)
	if err != nil {
		return fmt.Errorf("making the request: %w", err)
	}
	request.Header.Set("Job-Token", d.Token)
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		text, err := io.ReadAll(io.LimitReader(response.Body, replyLimit))
		if err = errors.Join(err, response.Body.Close()); err != nil {
			return fmt.Errorf("reading the answer: %w", err)
		}
		return (&reply{response.StatusCode, response.Header, text}).refused()
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) // #nosec G304 -- in the job's folder
	if err != nil {
		return &jobError{errors.Join(fmt.Errorf("keeping the archive: %w", err), response.Body.Close())}
	}
	size, err := io.Copy(file, io.LimitReader(response.Body, limit+1))
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return errors.Join(err, file.Close())
	}
	if err := file.Close(); err != nil {
		return &jobError{fmt.Errorf("keeping the archive: %w", err)}
	}
	if size > limit {
		return &refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf("the archive is larger than %d bytes", limit)}
	}
	return nil
}

// unpack writes an archive's files below root. What leads out of it is refused,
// by its name here and by root whatever links say; so is an archive that grows
// beyond the limit, whatever its index says.
func unpack(ctx context.Context, archive *zip.Reader, root *os.Root, limit int64) error {
	if len(archive.File) > maxEntries {
		return fmt.Errorf("the archive has %d files, at most %d are unpacked", len(archive.File), maxEntries)
	}
	left := limit
	for _, entry := range archive.File {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		size, err := unpackEntry(entry, root, left)
		if err != nil {
			return fmt.Errorf("unpacking %q: %w", entry.Name, err)
		}
		if left -= size; left < 0 {
			return fmt.Errorf("the archive holds more than %d bytes", limit)
		}
	}
	return nil
}

func unpackEntry(entry *zip.File, root *os.Root, limit int64) (int64, error) {
	name := strings.TrimSuffix(entry.Name, "/")
	if strings.Contains(name, `\`) || !filepath.IsLocal(name) {
		return 0, errors.New("it is not in the archive's folder")
	}
	if entry.FileInfo().IsDir() {
		return 0, root.MkdirAll(name, 0o755) // #nosec G301 -- as git makes folders
	}
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil { // #nosec G301 -- as git makes folders
		return 0, err
	}
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	content, err := entry.Open()
	if err != nil {
		return 0, err
	}
	var size int64
	switch mode := entry.Mode(); {
	case mode&fs.ModeSymlink != 0:
		err = unpackLink(content, root, name)
	case mode.IsRegular():
		size, err = unpackFile(content, root, name, mode.Perm(), entry.Modified, limit)
	default:
		err = fmt.Errorf("it is neither a file nor a folder nor a link: %s", mode)
	}
	return size, errors.Join(err, content.Close())
}

func unpackFile(content io.Reader, root *os.Root, name string, mode fs.FileMode, modified time.Time, limit int64) (int64, error) {
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode|0o600)
	if err != nil {
		return 0, err
	}
	size, err := io.Copy(file, io.LimitReader(content, limit+1))
	err = errors.Join(err, file.Close())
	if err == nil && !modified.IsZero() {
		err = root.Chtimes(name, modified, modified)
	}
	return size, err
}

// longestLink bounds a link's target (PATH_MAX).
const longestLink = 4096

func unpackLink(content io.Reader, root *os.Root, name string) error {
	target, err := io.ReadAll(io.LimitReader(content, longestLink+1))
	if err != nil {
		return err
	}
	if len(target) > longestLink || path.IsAbs(string(target)) || !filepath.IsLocal(path.Join(path.Dir(name), string(target))) {
		return errors.New("the link leads out of the archive's folder")
	}
	return root.Symlink(string(target), name)
}

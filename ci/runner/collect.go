package runner

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// collection is the files of an artifact: paths relative to the project's
// folder, with slashes, each once, in order.
type collection struct {
	root     *os.Root
	paths    []string
	folders  []string
	warnings []string
	level    int // of compression, as package flate counts
}

// collect finds what an artifact's paths name. Nothing outside of the project's
// folder is found: the folder is an os.Root, through which nothing outside can
// be opened, and symbolic links are not followed.
func (b *build) collect(ctx context.Context, a *artifact) (*collection, error) {
	root, err := os.OpenRoot(b.folder.project)
	if err != nil {
		return nil, fmt.Errorf("opening the project's folder: %w", err)
	}
	c := &collection{root: root, level: flate.DefaultCompression}
	chosen := map[string]bool{}
	for _, pattern := range a.Paths {
		if err := c.match(b.inProject(b.environment.expand(pattern)), pattern, chosen); err != nil {
			return nil, errors.Join(err, root.Close())
		}
	}
	if a.Untracked {
		if err := b.untracked(ctx, chosen); err != nil {
			return nil, errors.Join(err, root.Close())
		}
	}
	for name := range chosen {
		if err := c.excluded(b, a, name); err != nil {
			return nil, errors.Join(err, root.Close())
		}
	}
	slices.Sort(c.paths)
	slices.Sort(c.folders)
	return c, nil
}

// inProject makes a pattern relative to the project's folder; "" when it leads
// out of it.
func (b *build) inProject(pattern string) string {
	if rest, ok := strings.CutPrefix(pattern, b.folder.project); ok && (rest == "" || rest[0] == '/') {
		pattern = "./" + rest
	}
	cleaned := path.Clean(pattern)
	if pattern == "" || path.IsAbs(cleaned) || cleaned == ".." || strings.HasPrefix(cleaned, "../") {
		return ""
	}
	return cleaned
}

// match chooses what a pattern names; of folders, all that is in them.
func (c *collection) match(pattern, written string, chosen map[string]bool) error {
	if pattern == "" {
		c.warnings = append(c.warnings, fmt.Sprintf("%s: not in the project's folder, so not taken", written))
		return nil
	}
	if !doublestar.ValidatePattern(pattern) {
		return &jobError{fmt.Errorf("artifacts: %q is not a valid pattern", written)}
	}
	before := len(chosen)
	if pattern == "." {
		return c.walk(pattern, chosen)
	}
	err := doublestar.GlobWalk(c.root.FS(), pattern, func(name string, entry fs.DirEntry) error {
		switch {
		case ofGit(name):
		case entry.IsDir():
			return c.walk(name, chosen)
		default:
			chosen[name] = true
		}
		return nil
	}, doublestar.WithNoFollow())
	if err != nil {
		return fmt.Errorf("looking for %s: %w", written, err)
	}
	if len(chosen) == before {
		c.warnings = append(c.warnings, written+": no matching files")
	}
	return nil
}

func (c *collection) walk(folder string, chosen map[string]bool) error {
	return fs.WalkDir(c.root.FS(), folder, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}
		if entry.IsDir() && ofGit(name) {
			return fs.SkipDir
		}
		if name != "." {
			chosen[name] = true
		}
		return nil
	})
}

// ofGit tells whether a file is in a .git folder: the server has that already,
// and it is much.
func ofGit(name string) bool { return slices.Contains(strings.Split(name, "/"), ".git") }

// excluded sorts what was chosen, and leaves out what exclude names, what is no
// file, and links that lead out of the project.
func (c *collection) excluded(b *build, a *artifact, name string) error {
	for _, pattern := range a.Exclude {
		pattern = b.inProject(b.environment.expand(pattern))
		if match, err := doublestar.Match(pattern, name); err == nil && match {
			return nil
		}
	}
	info, err := c.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // a process took it away meanwhile
	}
	if err != nil {
		return fmt.Errorf("looking at %s: %w", name, err)
	}
	switch {
	case strings.Contains(name, `\`):
		c.warnings = append(c.warnings, name+": a name with \\ cannot be in an archive, so not taken")
	case info.IsDir():
		c.folders = append(c.folders, name)
	case info.Mode().IsRegular() && !b.itsOwn(info):
		c.warnings = append(c.warnings, name+": not the job's own file, so not taken")
	case info.Mode().IsRegular():
		c.paths = append(c.paths, name)
	case info.Mode()&fs.ModeSymlink != 0:
		target, readable := c.linkTarget(name)
		if !readable || path.IsAbs(target) || !filepath.IsLocal(path.Join(path.Dir(name), target)) {
			c.warnings = append(c.warnings, fmt.Sprintf("%s: a link to %s, which is not in the project's folder, so not taken", name, target))
			return nil
		}
		c.paths = append(c.paths, name)
	}
	return nil
}

// itsOwn tells whether a file is one that the job may read anyway: a second name
// of somebody else's file is not, although the runner could read it.
func (b *build) itsOwn(info fs.FileInfo) bool {
	owner, known := ownerOf(info)
	return b.folder.user == nil || b.runner.cfg.Engine != nil || known && owner == b.folder.user.UID
}

// untracked chooses the files that git does not know, ignored ones as well.
func (b *build) untracked(ctx context.Context, chosen map[string]bool) error {
	var list bytes.Buffer
	// The job may have written settings by which git runs programs.
	git := b.process(&list)
	err := git.run(ctx, []string{"git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=" + os.DevNull, "-c", "safe.directory=*", "ls-files", "--others", "-z"}, b.folder.project, []string{
		"PATH=" + b.environment.get("PATH"), "HOME=" + b.folder.home, "GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C", markVariable + "=" + b.folder.root,
	})
	if err != nil {
		return fmt.Errorf("asking git for untracked files: %w", err)
	}
	for name := range strings.SplitSeq(list.String(), "\x00") {
		if name = path.Clean(name); name != "." && filepath.IsLocal(name) {
			chosen[name] = true
		}
	}
	return nil
}

// empty tells whether there is nothing to send in a format: reports are files.
func (c *collection) empty(format string) bool {
	return len(c.paths) == 0 && (format == "gzip" || len(c.folders) == 0)
}

// pack writes the collection in an artifact's format.
func (c *collection) pack(ctx context.Context, format string, to io.Writer) error {
	switch format {
	case "zip", "":
		return c.zip(ctx, to)
	case "gzip":
		return c.gzip(ctx, to)
	default:
		return &jobError{fmt.Errorf("artifacts: this runner does not know the format %q", format)}
	}
}

func (c *collection) zip(ctx context.Context, to io.Writer) error {
	archive := zip.NewWriter(to)
	archive.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, c.level) })
	for _, name := range c.folders {
		if _, err := archive.Create(name + "/"); err != nil {
			return fmt.Errorf("packing %s: %w", name, err)
		}
	}
	for _, name := range c.paths {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := c.zipFile(archive, name); err != nil {
			return fmt.Errorf("packing %s: %w", name, err)
		}
	}
	if err := archive.Close(); err != nil {
		return fmt.Errorf("packing: %w", err)
	}
	return nil
}

func (c *collection) zipFile(archive *zip.Writer, name string) error {
	info, err := c.root.Lstat(name)
	if err != nil {
		return err
	}
	header, err := zip.FileInfoHeader(info)
	if err != nil {
		return err
	}
	header.Name, header.Method = name, zip.Deflate
	entry, err := archive.CreateHeader(header)
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		target, err := c.root.Readlink(name)
		if err != nil {
			return err
		}
		_, err = io.WriteString(entry, target)
		return err
	}
	return c.copyFile(entry, name)
}

// gzip writes one member for each file, as reports are sent.
func (c *collection) gzip(ctx context.Context, to io.Writer) error {
	for _, name := range c.paths {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		member := gzip.NewWriter(to)
		member.Name = path.Base(name)
		if err := errors.Join(c.copyFile(member, name), member.Close()); err != nil {
			return fmt.Errorf("packing %s: %w", name, err)
		}
	}
	return nil
}

func (c *collection) copyFile(to io.Writer, name string) error {
	file, err := c.root.Open(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, file)
	return errors.Join(err, file.Close())
}

func (c *collection) close() error {
	if err := c.root.Close(); err != nil {
		return fmt.Errorf("closing the project's folder: %w", err)
	}
	return nil
}

// linkTarget reads a link; one that cannot be read has no target.
func (c *collection) linkTarget(name string) (string, bool) {
	target, err := c.root.Readlink(name)
	return target, err == nil
}

package process

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"dasier/blob"
	"dasier/delivery/bundle"
	"dasier/delivery/deploy"
	"dasier/fault"
)

// prepare makes a deployment's folder:
//
//	app/      the bundle
//	home/     the program's HOME, with tmp/ in it: all that it may write to
//	secrets/  its file variables
func (t *Target) prepare(ctx context.Context, p deploy.Placement) (*instance, error) {
	l, err := t.log(p.Endpoint, true)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(t.path("run"), fmt.Sprintf("%d-", p.Deployment))
	if err != nil {
		return nil, fmt.Errorf("making a service's folder: %w", err)
	}
	i := &instance{
		target: t, placement: p, dir: dir, log: l, done: make(chan struct{}), answer: make(chan error, 1),
		trouble: "the service is starting",
	}
	i.life, i.end = context.WithCancel(t.life)
	if err := i.fill(ctx); err != nil {
		i.end()
		return nil, errors.Join(err, i.discard())
	}
	return i, nil
}

func (i *instance) path(name string) string { return filepath.Join(i.dir, name) }

func (i *instance) fill(ctx context.Context) error {
	// The folder's name is not to be guessed, and passing through it is all that
	// others may: variables in files and home are the program's own.
	if err := os.Chmod(i.dir, 0o711); err != nil { //nolint:gosec // as above
		return fmt.Errorf("opening a service's folder: %w", err)
	}
	for name, mode := range map[string]fs.FileMode{"app": 0o755, "home": 0o700, "home/tmp": 0o700, "secrets": 0o700} {
		if err := os.MkdirAll(i.path(name), mode); err != nil {
			return fmt.Errorf("making a service's folder: %w", err)
		}
	}
	for _, name := range []string{"home", "home/tmp", "secrets"} {
		if err := errors.Join(os.Chmod(i.path(name), 0o700), i.target.user.own(i.path(name))); err != nil { //nolint:gosec // a folder
			return fmt.Errorf("giving a service its folder: %w", err)
		}
	}
	if err := i.unpack(ctx); err != nil {
		return err
	}
	for _, v := range i.placement.Environ {
		if !v.File {
			continue
		}
		if err := os.WriteFile(i.path("secrets/"+v.Key), []byte(v.Value), 0o400); err != nil {
			return fmt.Errorf("writing a variable's file: %w", err)
		}
		if err := i.target.user.own(i.path("secrets/" + v.Key)); err != nil {
			return fmt.Errorf("giving a service its variable: %w", err)
		}
	}
	return nil
}

// unpack writes the bundle, and refuses bytes that the deployment was not made
// for.
func (i *instance) unpack(ctx context.Context) error {
	p := i.placement
	r, _, err := i.target.bundles.Open(ctx, p.Project, p.Digest)
	if err != nil {
		return err
	}
	sum := sha256.New()
	seen := io.TeeReader(r, sum)
	err = bundle.Unpack(ctx, seen, i.path("app"), bundle.Bounds{})
	if err == nil {
		_, err = io.Copy(io.Discard, seen)
	}
	if err = errors.Join(err, r.Close()); err != nil {
		return fmt.Errorf("unpacking the bundle: %w", err)
	}
	if got := blob.FromSum(sum.Sum(nil)); string(got) != p.Digest {
		return fault.Errorf(fault.Invalid, "the bundle has the digest %s, the deployment is of %s: these are not the files that were uploaded", got, p.Digest)
	}
	return nil
}

// argv is the command with its program found in the bundle, where its name has
// a slash; other programs are found in the PATH that services get.
func (i *instance) argv() ([]string, error) {
	argv := append([]string{}, i.placement.Service.Command...)
	app := i.path("app")
	if !strings.Contains(argv[0], "/") {
		for _, folder := range filepath.SplitList(servicePath) {
			if runnable(filepath.Join(folder, argv[0])) {
				argv[0] = filepath.Join(folder, argv[0])
				return argv, nil
			}
		}
		return nil, fault.Errorf(fault.Invalid, "command: there is no program %q in %s: a program of the bundle is named with ./", argv[0], servicePath)
	}
	if !filepath.IsAbs(argv[0]) {
		argv[0] = filepath.Join(app, argv[0])
		if argv[0] != app && !strings.HasPrefix(argv[0], app+string(filepath.Separator)) {
			return nil, fault.Errorf(fault.Invalid, "command: %q is outside the bundle", i.placement.Service.Command[0])
		}
	}
	if _, err := os.Stat(argv[0]); err != nil {
		return nil, fault.Errorf(fault.Invalid, "command: there is no %q in the bundle: is it listed under files, and was it built?", i.placement.Service.Command[0])
	}
	if !runnable(argv[0]) {
		return nil, fault.Errorf(fault.Invalid, "command: %q may not be run: set its mode with chmod +x before packing", i.placement.Service.Command[0])
	}
	return argv, nil
}

const servicePath = "/usr/local/bin:/usr/bin:/bin"

func runnable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// environment is all that the program gets to know.
func (i *instance) environment(port string) []string {
	list := []string{
		"PATH=" + servicePath, "HOME=" + i.path("home"), "TMPDIR=" + i.path("home/tmp"), "LANG=C.UTF-8",
		markVariable + "=" + i.dir,
	}
	for _, v := range i.placement.Environ {
		value := v.Value
		if v.File {
			value = i.path("secrets/" + v.Key)
		}
		list = append(list, v.Key+"="+value)
	}
	// Last, and so it counts.
	return append(list, i.placement.Service.PortVariable+"="+port)
}

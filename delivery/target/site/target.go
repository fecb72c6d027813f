package site

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"sync"

	"dasier/blob"
	"dasier/delivery/bundle"
	"dasier/delivery/deploy"
	"dasier/fault"
)

// Target serves sites from a folder.
type Target struct {
	dir     string
	bundles deploy.Bundles

	mu      sync.Mutex
	current map[string]*pages // by endpoint
	turns   map[string]chan struct{}
}

var _ deploy.Target = (*Target)(nil)

// New makes the target in the folder dir, which is its own: what an earlier run
// left there is removed, and unpacked again when it is applied.
func New(dir string, bundles deploy.Bundles) (*Target, error) {
	if err := os.RemoveAll(dir); err != nil {
		return nil, fmt.Errorf("removing what is left of sites: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of sites: %w", err)
	}
	return &Target{dir: dir, bundles: bundles, current: map[string]*pages{}, turns: map[string]chan struct{}{}}, nil
}

// Apply implements deploy.Target.
func (t *Target) Apply(ctx context.Context, p deploy.Placement) error {
	if p.Kind != deploy.KindSite || p.Site == nil {
		return fault.Errorf(fault.Invalid, "a %s is no site", p.Kind)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("unpacking %s: %w", p.Endpoint, err)
	}
	release, err := t.turn(ctx, p.Endpoint)
	if err != nil {
		return err
	}
	defer release()
	t.mu.Lock()
	serving := t.current[p.Endpoint]
	t.mu.Unlock()
	if serving != nil && serving.digest == p.Digest && serving.deployment == p.Deployment && reflect.DeepEqual(serving.site, *p.Site) {
		return nil
	}
	next, err := t.unpack(ctx, p)
	if err != nil {
		return err
	}
	t.swap(p.Endpoint, next)
	return nil
}

func (t *Target) turn(ctx context.Context, endpoint string) (func(), error) {
	t.mu.Lock()
	turn, ok := t.turns[endpoint]
	if !ok {
		turn = make(chan struct{}, 1)
		t.turns[endpoint] = turn
	}
	t.mu.Unlock()
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for the turn of %s: %w", endpoint, ctx.Err())
	}
}

func (t *Target) swap(endpoint string, next *pages) {
	t.mu.Lock()
	defer t.mu.Unlock()
	before := t.current[endpoint]
	if next == nil {
		delete(t.current, endpoint)
	} else {
		t.current[endpoint] = next
	}
	if before != nil {
		before.let() // the table's own hold
	}
}

func (t *Target) unpack(ctx context.Context, p deploy.Placement) (*pages, error) {
	dir, err := os.MkdirTemp(t.dir, fmt.Sprintf("%d-", p.Deployment))
	if err != nil {
		return nil, fmt.Errorf("making a site's folder: %w", err)
	}
	made, err := t.fill(ctx, p, dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return made, nil
}

func (t *Target) fill(ctx context.Context, p deploy.Placement, dir string) (*pages, error) {
	r, _, err := t.bundles.Open(ctx, p.Project, p.Digest)
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	seen := io.TeeReader(r, sum)
	err = bundle.Unpack(ctx, seen, dir, bundle.Bounds{})
	if err == nil {
		_, err = io.Copy(io.Discard, seen)
	}
	if err = errors.Join(err, r.Close()); err != nil {
		return nil, fmt.Errorf("unpacking the site: %w", err)
	}
	if got := blob.FromSum(sum.Sum(nil)); string(got) != p.Digest {
		return nil, fault.Errorf(fault.Invalid, "the bundle has the digest %s, the deployment is of %s: these are not the files that were uploaded", got, p.Digest)
	}
	made := &pages{dir: dir, digest: p.Digest, deployment: p.Deployment, site: *p.Site, files: map[string]file{}}
	made.holds.Store(1)
	if err := made.index(ctx); err != nil {
		return nil, err
	}
	if _, ok := made.files["index.html"]; !ok {
		return nil, fault.Errorf(fault.Invalid, "the site has no index.html at its top: does site.yaml name the folder that the build writes?")
	}
	if p.Site.Fallback != "" {
		if _, ok := made.files[filepath.ToSlash(filepath.Clean(p.Site.Fallback))]; !ok {
			return nil, fault.Errorf(fault.Invalid, "fallback: the site has no file %q", p.Site.Fallback)
		}
	}
	return made, nil
}

// Remove implements deploy.Target.
func (t *Target) Remove(ctx context.Context, endpoint string) error {
	release, err := t.turn(ctx, endpoint)
	if err != nil {
		return err
	}
	defer release()
	t.swap(endpoint, nil)
	return nil
}

// Health implements deploy.Target: files answer as long as they are there.
func (t *Target) Health(endpoint string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	serving, ok := t.current[endpoint]
	if !ok {
		return fault.Errorf(fault.Missing, "no site serves at %s", endpoint)
	}
	if _, err := os.Stat(serving.dir); errors.Is(err, fs.ErrNotExist) {
		return fault.Errorf(fault.Unavailable, "the site's files are gone from the server's disk: deploy it again")
	}
	return nil
}

// Backend implements deploy.Target: a site has no address.
func (t *Target) Backend(endpoint string) (deploy.Backend, error) {
	return deploy.Backend{}, fault.Errorf(fault.Missing, "%s is a site: it has no program", endpoint)
}

// Logs implements deploy.Target.
func (t *Target) Logs(_ context.Context, endpoint string, _ int, _ bool) (io.ReadCloser, error) {
	return nil, fault.Errorf(fault.Missing, "%s is a site: it writes no log", endpoint)
}

// Open finds what answers at an endpoint now, and holds it until release is
// called.
func (t *Target) Open(endpoint string) (handler http.Handler, release func(), err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	serving, ok := t.current[endpoint]
	if !ok {
		return nil, nil, fault.Errorf(fault.Missing, "no site serves at %s", endpoint)
	}
	serving.take()
	return serving, serving.let, nil
}

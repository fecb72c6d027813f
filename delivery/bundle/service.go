package bundle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"dasier/blob"
	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// Bundle is an archive that a project has.
type Bundle struct {
	Project   project.ID
	Digest    blob.Digest
	Size      int64 // bytes of the archive
	Unpacked  int64 // bytes of its files
	Files     int
	User      auth.UserID
	CreatedAt time.Time
}

// Store keeps which project has which archives.
type Store interface {
	// AddBundle saves a row. One that the project has already stays as it is.
	AddBundle(ctx context.Context, b Bundle, events ...event.Event) error
	// Bundle finds one; fault.Missing when the project does not have it.
	Bundle(ctx context.Context, id project.ID, digest blob.Digest) (Bundle, error)
	// BundleUses counts the projects that have an archive.
	BundleUses(ctx context.Context, digest blob.Digest) (int, error)
	// Loose lists up to limit bundles, made before the given time, that no
	// deployment names.
	Loose(ctx context.Context, before time.Time, limit int) ([]Bundle, error)
	// RemoveBundle forgets that the project has it, unless a deployment names it
	// meanwhile, and tells whether it did.
	RemoveBundle(ctx context.Context, id project.ID, digest blob.Digest) (bool, error)
	// RemoveBundles forgets all of a project, and lists what it had.
	RemoveBundles(ctx context.Context, id project.ID) ([]blob.Digest, error)
}

// Gate decides who may do what in a project: project.Service.
type Gate interface {
	May(ctx context.Context, actor auth.Actor, id project.ID, permission auth.Permission) error
}

// Config adjusts a Service. The zero value works.
type Config struct {
	Bounds Bounds
	// LooseFor is how long an archive is kept that no deployment names; 1 day by
	// default.
	LooseFor time.Duration
	// Now is the clock; time.Now by default.
	Now func() time.Time
}

// Keeper is the verbs on bundles.
type Keeper struct {
	store Store
	gate  Gate
	blobs blob.Store
	cfg   Config
	// turn keeps an upload from adopting content that is just being deleted.
	turn chan struct{}
}

// New makes the keeper. blobs must be a store of its own: content that no
// bundle names is deleted from it.
func New(store Store, gate Gate, blobs blob.Store, cfg Config) *Keeper {
	cfg.Bounds = cfg.Bounds.withDefaults()
	if cfg.LooseFor == 0 {
		cfg.LooseFor = 24 * time.Hour
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Keeper{store: store, gate: gate, blobs: blobs, cfg: cfg, turn: make(chan struct{}, 1)}
}

// Upload keeps an archive for the project after it was checked from its first
// byte to its last.
func (k *Keeper) Upload(ctx context.Context, actor auth.Actor, id project.ID, r io.Reader) (Bundle, error) {
	if err := k.gate.May(ctx, actor, id, auth.Deploy); err != nil {
		return Bundle{}, err
	}
	digest, size, err := k.blobs.Put(ctx, r, k.cfg.Bounds.Packed)
	if err != nil {
		return Bundle{}, err
	}
	b := Bundle{Project: id, Digest: digest, Size: size, User: actor.User, CreatedAt: k.cfg.Now().UTC().Truncate(time.Microsecond)}
	release, err := k.take(ctx)
	if err != nil {
		return Bundle{}, err
	}
	defer release()
	if err := k.check(ctx, &b); err != nil {
		return Bundle{}, errors.Join(err, k.drop(ctx, digest))
	}
	return b, k.store.AddBundle(ctx, b)
}

func (k *Keeper) take(ctx context.Context) (func(), error) {
	select {
	case k.turn <- struct{}{}:
		return func() { <-k.turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (k *Keeper) check(ctx context.Context, b *Bundle) error {
	file, _, err := k.blobs.Open(ctx, b.Digest)
	if err != nil {
		return err
	}
	contents, err := List(ctx, file, k.cfg.Bounds)
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if contents.Files == 0 {
		return fault.Errorf(fault.Invalid, "the archive holds no file")
	}
	b.Files, b.Unpacked = contents.Files, contents.Size
	return nil
}

// drop deletes content that no project has. The caller has the turn.
func (k *Keeper) drop(ctx context.Context, digest blob.Digest) error {
	ctx = context.WithoutCancel(ctx)
	uses, err := k.store.BundleUses(ctx, digest)
	if err != nil || uses > 0 {
		return err
	}
	return k.blobs.Delete(ctx, digest)
}

// Find tells what the project has under a digest.
func (k *Keeper) Find(ctx context.Context, id project.ID, digest string) (Bundle, error) {
	d, err := blob.ParseDigest(digest)
	if err != nil {
		return Bundle{}, err
	}
	return k.store.Bundle(ctx, id, d)
}

// Files lists what is in a bundle.
func (k *Keeper) Files(ctx context.Context, actor auth.Actor, id project.ID, digest string) (Contents, error) {
	if err := k.gate.May(ctx, actor, id, auth.ReadEnvironment); err != nil {
		return Contents{}, err
	}
	r, _, err := k.Open(ctx, id, digest)
	if err != nil {
		return Contents{}, err
	}
	contents, err := List(ctx, r, k.cfg.Bounds)
	return contents, errors.Join(err, r.Close())
}

// Open reads an archive of the project.
func (k *Keeper) Open(ctx context.Context, id project.ID, digest string) (io.ReadCloser, int64, error) {
	b, err := k.Find(ctx, id, digest)
	if err != nil {
		return nil, 0, err
	}
	file, size, err := k.blobs.Open(ctx, b.Digest)
	if err != nil {
		return nil, 0, fmt.Errorf("opening bundle %s: %w", b.Digest, err)
	}
	return file, size, nil
}

// Sweep deletes archives that were uploaded and then never deployed. It is for
// a timer.
func (k *Keeper) Sweep(ctx context.Context) error {
	release, err := k.take(ctx)
	if err != nil {
		return err
	}
	defer release()
	loose, err := k.store.Loose(ctx, k.cfg.Now().UTC().Add(-k.cfg.LooseFor), 100)
	if err != nil {
		return err
	}
	for _, b := range loose {
		removed, err := k.store.RemoveBundle(ctx, b.Project, b.Digest)
		if err != nil {
			return err
		}
		if removed {
			if err := k.drop(ctx, b.Digest); err != nil {
				return err
			}
		}
	}
	return nil
}

// Forget deletes what a project had that was deleted.
func (k *Keeper) Forget(ctx context.Context, id project.ID) error {
	release, err := k.take(ctx)
	if err != nil {
		return err
	}
	defer release()
	had, err := k.store.RemoveBundles(ctx, id)
	if err != nil {
		return err
	}
	for _, digest := range had {
		if err := k.drop(ctx, digest); err != nil {
			return err
		}
	}
	return nil
}

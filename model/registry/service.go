package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"sync"
	"time"

	"dasier/blob"
	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/ml/format/mlflow"
)

// Gate decides who may do what (project.Service).
type Gate interface {
	May(ctx context.Context, actor auth.Actor, id project.ID, p auth.Permission) error
}

// History knows how commits follow one another.
type History interface {
	// IsAncestor tells whether descendant holds ancestor in its history; a
	// commit is its own ancestor. An unknown commit is fault.Missing.
	IsAncestor(ctx context.Context, id project.ID, ancestor, descendant string) (bool, error)
}

// Config tunes the registry; the zero value works.
type Config struct {
	PackageLimit int64 // bytes of an unpacked package; default 512 MiB
	// Origin is where a job's versions come from: the commit, ref and pipeline
	// that it runs for. With nil, what the job says of itself is believed.
	Origin func(ctx context.Context, id project.ID, job int64) (Lineage, error)
}

// Service is the verbs of the registry.
type Service struct {
	store   Store
	blobs   blob.Store
	gate    Gate
	history History
	cfg     Config
	// content stands between "these files are kept" and "a version names them":
	// removing what nothing names must not fall into that moment. It holds for
	// one process, and one process has a blob store on disk.
	content sync.RWMutex
	reading chan struct{} // a place for each package that is read at once
}

// readAtOnce is how many packages are read at once. A model takes several times
// its size while it is read, and who registers may send as many as he likes: the
// others wait.
const readAtOnce = 2

// New makes the service.
func New(store Store, blobs blob.Store, gate Gate, history History, cfg Config) *Service {
	if cfg.PackageLimit <= 0 {
		cfg.PackageLimit = 512 << 20
	}
	return &Service{store: store, blobs: blobs, gate: gate, history: history, cfg: cfg, reading: make(chan struct{}, readAtOnce)}
}

// Register takes a zip archive of a package as the next version of a model. It
// answers false when the same content came from the same commit before.
func (s *Service) Register(ctx context.Context, actor auth.Actor, id project.ID, model string, archive io.ReaderAt, size int64, from Lineage) (Version, bool, error) {
	if err := s.gate.May(ctx, actor, id, auth.RegisterModel); err != nil {
		return Version{}, false, err
	}
	if err := checkName(model); err != nil {
		return Version{}, false, err
	}
	from, err := s.origin(ctx, actor, id, from)
	if err != nil {
		return Version{}, false, err
	}
	files, err := mlflow.Unpack(archive, size, mlflow.Limits{Bytes: s.cfg.PackageLimit})
	if err != nil {
		return Version{}, false, err
	}
	v, err := s.describe(ctx, files)
	if err != nil {
		return Version{}, false, err
	}
	s.content.RLock()
	defer s.content.RUnlock()
	if v.Files, err = s.keep(ctx, files); err != nil {
		return Version{}, false, err
	}
	for _, f := range v.Files {
		v.Size += f.Size
	}
	v.Project, v.Model, v.Lineage = id, model, from
	v.User, v.Username, v.CreatedAt = actor.User, actor.Username, time.Now().UTC()
	return s.store.AddVersion(ctx, v, func(number int) event.Event {
		return Registered{Project: id, Model: model, Version: number, Run: v.Run}
	})
}

// origin is where a version really comes from, as far as that is known here. A
// job speaks for itself only: another branch's deployment, which asks for what
// its history made, must not get what a job elsewhere says was made there.
func (s *Service) origin(ctx context.Context, actor auth.Actor, id project.ID, said Lineage) (Lineage, error) {
	if actor.Job == 0 {
		return said, s.checkLineage(ctx, id, said)
	}
	if s.cfg.Origin == nil {
		said.Job = actor.Job
		return said, s.checkLineage(ctx, id, said)
	}
	known, err := s.cfg.Origin(ctx, id, actor.Job)
	if err != nil {
		return Lineage{}, fmt.Errorf("finding the origin of job %d: %w", actor.Job, err)
	}
	if said.Commit != "" && said.Commit != known.Commit {
		return Lineage{}, fault.Errorf(fault.Invalid, "commit %q: job %d runs for commit %s, and registers what came from there", said.Commit, actor.Job, known.Commit).At("commit")
	}
	known.Job = actor.Job
	return known, nil
}

// checkLineage refuses a commit that the project does not have: a version's
// origin is evidence.
func (s *Service) checkLineage(ctx context.Context, id project.ID, from Lineage) error {
	if err := from.check(); err != nil || from.Commit == "" {
		return err
	}
	if _, err := s.history.IsAncestor(ctx, id, from.Commit, from.Commit); err != nil {
		if k := fault.KindOf(err); k == fault.Missing || k == fault.Invalid {
			return fault.Errorf(fault.Invalid, "commit %q: the project has no such commit", from.Commit).At("commit")
		}
		return err
	}
	return nil
}

// describe is describe when it is this package's turn.
func (s *Service) describe(ctx context.Context, files fs.FS) (Version, error) {
	select {
	case s.reading <- struct{}{}:
		defer func() { <-s.reading }()
		return describe(files)
	case <-ctx.Done():
		return Version{}, ctx.Err()
	}
}

// describe reads and replays a package.
func describe(files fs.FS) (Version, error) {
	p, err := mlflow.Open(files)
	if err != nil {
		return Version{}, err
	}
	if err := p.Verify(); err != nil {
		return Version{}, err
	}
	digest, err := mlflow.Digest(files)
	if err != nil {
		return Version{}, err
	}
	v := Version{
		Digest: digest, Algorithm: p.Algorithm, Metrics: p.Metrics, Target: p.Spec.Target, Task: p.Spec.Task, Classes: p.Spec.Classes, Targets: p.Spec.Targets, Inputs: p.Spec.Inputs, Parity: p.Parity,
		DataDigest: dataDigest(p.Report),
	}
	// A package from elsewhere may name its run as it likes.
	v.Run, _ = strconv.ParseInt(p.RunID, 10, 64)
	if i := p.Spec.Interval; i != nil {
		v.Interval = &Interval{Level: i.Level, Coverage: i.Coverage, CoveredOf: i.CoveredOf}
	}
	if i := p.Spec.Set; i != nil {
		v.Set = &Interval{Level: i.Level, Coverage: i.Coverage, CoveredOf: i.CoveredOf}
	}
	return v, nil
}

// dataDigest finds the training data's digest in a report of ours; other
// writers' reports may not have one.
func dataDigest(report json.RawMessage) string {
	var r struct {
		Data struct {
			Digest string `json:"digest"`
		} `json:"data"`
	}
	if json.Unmarshal(report, &r) != nil {
		return ""
	}
	return r.Data.Digest
}

// keep saves a package's files by content.
func (s *Service) keep(ctx context.Context, files fs.FS) ([]File, error) {
	manifest, err := mlflow.Manifest(files)
	if err != nil {
		return nil, err
	}
	kept := make([]File, len(manifest))
	for i, entry := range manifest {
		file, err := files.Open(entry.Path)
		if err != nil {
			return nil, fmt.Errorf("opening %s: %w", entry.Path, err)
		}
		digest, size, err := s.blobs.Put(ctx, file, entry.Size)
		if closed := file.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return nil, fmt.Errorf("keeping %s: %w", entry.Path, err)
		}
		kept[i] = File{Path: entry.Path, Size: size, Digest: digest}
	}
	return kept, nil
}

// removeAtOnce is how many files are removed while nothing is registered.
const removeAtOnce = 500

// RemoveLeft removes the files of packages of deleted projects, but for those
// that another project's versions name, too. It may be called again.
func (s *Service) RemoveLeft(ctx context.Context) error {
	for {
		if n, err := s.removeSome(ctx); err != nil || n == 0 {
			return err
		}
	}
}

func (s *Service) removeSome(ctx context.Context) (int, error) {
	s.content.Lock()
	defer s.content.Unlock()
	files, err := s.store.LeftFiles(ctx, removeAtOnce)
	if err != nil || len(files) == 0 {
		return 0, err
	}
	named, err := s.store.Named(ctx, files)
	if err != nil {
		return 0, err
	}
	for _, d := range files {
		if named[d] {
			continue
		}
		if err := s.blobs.Delete(ctx, d); err != nil {
			return 0, err
		}
	}
	return len(files), s.store.FilesRemoved(ctx, files)
}

// Models lists a project's models.
func (s *Service) Models(ctx context.Context, actor auth.Actor, id project.ID) ([]Model, error) {
	if err := s.gate.May(ctx, actor, id, auth.ReadModel); err != nil {
		return nil, err
	}
	return s.store.Models(ctx, id)
}

// Model finds a model by name.
func (s *Service) Model(ctx context.Context, actor auth.Actor, id project.ID, name string) (Model, error) {
	if err := s.gate.May(ctx, actor, id, auth.ReadModel); err != nil {
		return Model{}, err
	}
	return s.store.Model(ctx, id, name)
}

// Versions lists a model's versions, newest first.
func (s *Service) Versions(ctx context.Context, actor auth.Actor, id project.ID, model string, offset, limit int) ([]Version, int, error) {
	if err := s.gate.May(ctx, actor, id, auth.ReadModel); err != nil {
		return nil, 0, err
	}
	if _, err := s.store.Model(ctx, id, model); err != nil {
		return nil, 0, err
	}
	return s.store.Versions(ctx, id, model, offset, limit)
}

// Version finds a version by number.
func (s *Service) Version(ctx context.Context, actor auth.Actor, id project.ID, model string, number int) (Version, error) {
	if err := s.gate.May(ctx, actor, id, auth.ReadModel); err != nil {
		return Version{}, err
	}
	return s.store.Version(ctx, id, model, number)
}

// Resolve finds the version that ref means. By commit, it is the newest one
// that came from that commit or from one in its history: what a merge brought
// to a branch is what the branch deploys, without training again.
func (s *Service) Resolve(ctx context.Context, actor auth.Actor, id project.ID, ref VersionRef) (Version, error) {
	if err := s.gate.May(ctx, actor, id, auth.ReadModel); err != nil {
		return Version{}, err
	}
	model, err := s.store.Model(ctx, id, ref.Model)
	if err != nil {
		return Version{}, err
	}
	number := model.Latest
	switch {
	case ref.Number != 0:
		number = ref.Number
	case ref.Alias != "":
		var ok bool
		if number, ok = model.Aliases[ref.Alias]; !ok {
			return Version{}, fault.Errorf(fault.Missing, "model %s has no alias %q", ref.Model, ref.Alias)
		}
	case ref.Commit != "":
		if number, err = s.ofCommit(ctx, id, ref.Model, ref.Commit); err != nil {
			return Version{}, err
		}
	}
	return s.store.Version(ctx, id, ref.Model, number)
}

func (s *Service) ofCommit(ctx context.Context, id project.ID, model, commit string) (int, error) {
	candidates, err := s.store.Commits(ctx, id, model)
	if err != nil {
		return 0, err
	}
	for _, c := range candidates {
		held, err := s.history.IsAncestor(ctx, id, c.Commit, commit)
		if err != nil && !fault.Is(err, fault.Missing) {
			return 0, err
		}
		if held {
			return c.Number, nil
		}
	}
	return 0, fault.Errorf(fault.Missing, "no version of model %s came from commit %.12s or its history: train and register one there first", model, commit)
}

// OfCommit lists the newest version of each model that jobs made from the very
// commit. It asks no permission: it is for other parts of the server.
func (s *Service) OfCommit(ctx context.Context, id project.ID, commit string) ([]Version, error) {
	return s.store.OfCommit(ctx, id, commit)
}

// SetAlias points an alias to a version.
func (s *Service) SetAlias(ctx context.Context, actor auth.Actor, id project.ID, model, alias string, number int) error {
	if err := s.gate.May(ctx, actor, id, auth.ManageModel); err != nil {
		return err
	}
	if err := checkAlias(alias); err != nil {
		return err
	}
	if _, err := s.store.Version(ctx, id, model, number); err != nil {
		return err
	}
	act := actor.Act("model_alias.set", int64(id), model+"@"+alias)
	act.After = map[string]any{"version": number}
	return s.store.SetAlias(ctx, id, model, alias, number, AliasMoved{Project: id, Model: model, Alias: alias, Version: number}, act)
}

// RemoveAlias takes an alias away; the version stays.
func (s *Service) RemoveAlias(ctx context.Context, actor auth.Actor, id project.ID, model, alias string) error {
	if err := s.gate.May(ctx, actor, id, auth.ManageModel); err != nil {
		return err
	}
	act := actor.Act("model_alias.removed", int64(id), model+"@"+alias)
	return s.store.SetAlias(ctx, id, model, alias, 0, AliasMoved{Project: id, Model: model, Alias: alias}, act)
}

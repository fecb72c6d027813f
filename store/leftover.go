package store

import (
	"context"
	"fmt"
	"strconv"

	"github.com/uptrace/bun"

	"dasier/blob"
	"dasier/ci"
	"dasier/forge/project"
)

// leftoverRow is a file of a deleted project that is still there.
type leftoverRow struct {
	bun.BaseModel `bun:"table:leftovers"`

	ID   int64  `bun:"id,pk,autoincrement"`
	Kind string `bun:"kind"`
	Name string `bun:"name"`
}

// The kinds of leftovers.
const (
	leftLog      = "log"      // of a job, by its number
	leftArtifact = "artifact" // by its digest
	leftPackage  = "package"  // a file of a model's package, by its digest
)

// leave notes, before a project's rows go, which files they name.
func leave(ctx context.Context, tx bun.Tx, id project.ID) error {
	for _, query := range []string{
		"INSERT INTO leftovers (kind, name) SELECT 'log', CAST(id AS TEXT) FROM ci_jobs WHERE project_id = ? ON CONFLICT DO NOTHING",
		"INSERT INTO leftovers (kind, name) SELECT DISTINCT 'artifact', digest FROM ci_artifacts WHERE project_id = ? ON CONFLICT DO NOTHING",
	} {
		if _, err := tx.NewRaw(query, id).Exec(ctx); err != nil {
			return fmt.Errorf("noting what a project leaves: %w", err)
		}
	}
	var versions []versionRow
	if err := tx.NewSelect().Model(&versions).Column("details").Where("model_id IN (SELECT id FROM models WHERE project_id = ?)", id).Scan(ctx); err != nil {
		return fmt.Errorf("reading a project's packages: %w", err)
	}
	for _, v := range versions {
		for _, f := range v.Details.Files {
			row := &leftoverRow{Kind: leftPackage, Name: string(f.Digest)}
			if _, err := tx.NewInsert().Model(row).On("CONFLICT DO NOTHING").Returning("NULL").Exec(ctx); err != nil {
				return fmt.Errorf("noting what a project leaves: %w", err)
			}
		}
	}
	return nil
}

func (s *Store) leftovers(ctx context.Context, kind string, limit int) ([]string, error) {
	var names []string
	if err := s.db.NewSelect().Model((*leftoverRow)(nil)).Column("name").Where("kind = ?", kind).Order("id").Limit(int64(limit)).Scan(ctx, &names); err != nil {
		return nil, fmt.Errorf("listing what deleted projects left: %w", err)
	}
	return names, nil
}

func (s *Store) removed(ctx context.Context, kind string, names []string) error {
	if len(names) == 0 {
		return nil
	}
	if _, err := s.db.NewDelete().Model((*leftoverRow)(nil)).Where("kind = ? AND name IN (?)", kind, bun.List(names)).Exec(ctx); err != nil {
		return fmt.Errorf("forgetting what deleted projects left: %w", err)
	}
	return nil
}

func digests(names []string, err error) ([]blob.Digest, error) {
	list := make([]blob.Digest, len(names))
	for i, name := range names {
		list[i] = blob.Digest(name)
	}
	return list, err
}

func names[T ~string](list []T) []string {
	texts := make([]string, len(list))
	for i, one := range list {
		texts[i] = string(one)
	}
	return texts
}

func (c ciStore) LeftLogs(ctx context.Context, limit int) ([]ci.JobID, error) {
	names, err := c.s.leftovers(ctx, leftLog, limit)
	jobs := make([]ci.JobID, len(names))
	for i, name := range names {
		n, err := strconv.ParseInt(name, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("reading the job of a left log: %w", err)
		}
		jobs[i] = ci.JobID(n)
	}
	return jobs, err
}

func (c ciStore) LogsRemoved(ctx context.Context, jobs []ci.JobID) error {
	texts := make([]string, len(jobs))
	for i, id := range jobs {
		texts[i] = strconv.FormatInt(int64(id), 10)
	}
	return c.s.removed(ctx, leftLog, texts)
}

func (c ciStore) LeftContent(ctx context.Context, limit int) ([]blob.Digest, error) {
	return digests(c.s.leftovers(ctx, leftArtifact, limit))
}

func (c ciStore) ContentRemoved(ctx context.Context, content []blob.Digest) error {
	return c.s.removed(ctx, leftArtifact, names(content))
}

func (s registryStore) LeftFiles(ctx context.Context, limit int) ([]blob.Digest, error) {
	return digests(s.leftovers(ctx, leftPackage, limit))
}

func (s registryStore) FilesRemoved(ctx context.Context, files []blob.Digest) error {
	return s.removed(ctx, leftPackage, names(files))
}

// Named reads every version's list of files: there is no table of them, and
// projects are seldom deleted.
func (s registryStore) Named(ctx context.Context, files []blob.Digest) (map[blob.Digest]bool, error) {
	wanted := map[blob.Digest]bool{}
	for _, d := range files {
		wanted[d] = true
	}
	named := map[blob.Digest]bool{}
	const page = 200
	for last := int64(0); ; {
		var versions []versionRow
		if err := s.db.NewSelect().Model(&versions).Column("id", "details").Where("id > ?", last).Order("id").Limit(page).Scan(ctx); err != nil {
			return nil, fmt.Errorf("reading the files of packages: %w", err)
		}
		for _, v := range versions {
			for _, f := range v.Details.Files {
				if wanted[f.Digest] {
					named[f.Digest] = true
				}
			}
			last = v.ID
		}
		if len(versions) < page {
			return named, nil
		}
	}
}

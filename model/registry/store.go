package registry

import (
	"context"

	"dasier/blob"
	"dasier/event"
	"dasier/forge/project"
)

// Store is what the registry needs kept.
type Store interface {
	// AddVersion keeps a version under the next number of its model, which is
	// made when it is new, with the event that registered makes of the number.
	// A version of that model with the same digest and commit is answered
	// instead, with false, and nothing is kept.
	AddVersion(ctx context.Context, v Version, registered func(number int) event.Event) (Version, bool, error)
	// Models lists a project's models by name.
	Models(ctx context.Context, id project.ID) ([]Model, error)
	// Model finds by name; fault.Missing.
	Model(ctx context.Context, id project.ID, name string) (Model, error)
	// Versions lists newest first, and counts all.
	Versions(ctx context.Context, id project.ID, model string, offset, limit int) ([]Version, int, error)
	// Version finds by number; fault.Missing.
	Version(ctx context.Context, id project.ID, model string, number int) (Version, error)
	// Commits lists the commits that versions of jobs came from, with the
	// number, newest version first. What a person says of the origin of a
	// version is a claim, and no evidence.
	Commits(ctx context.Context, id project.ID, model string) ([]CommitVersion, error)
	// OfCommit lists the newest version of each model that jobs made from the
	// very commit, by the model's name.
	OfCommit(ctx context.Context, id project.ID, commit string) ([]Version, error)
	// LeftFiles lists up to limit of the files that versions of deleted projects
	// named; FilesRemoved takes from that list. Named is those of the given files
	// that versions name now.
	LeftFiles(ctx context.Context, limit int) ([]blob.Digest, error)
	FilesRemoved(ctx context.Context, files []blob.Digest) error
	Named(ctx context.Context, files []blob.Digest) (map[blob.Digest]bool, error)
	// SetAlias points an alias to a version; number 0 removes it, and
	// fault.Missing says that there was none.
	SetAlias(ctx context.Context, id project.ID, model, alias string, number int, events ...event.Event) error
}

// CommitVersion is a version and the commit that it came from.
type CommitVersion struct {
	Commit string
	Number int
}

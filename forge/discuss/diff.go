package discuss

import (
	"context"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/git"
)

// filePatchLimit is how large the patch of a file is that was asked for by name.
const filePatchLimit = 1 << 20

// Range says which states of a request are compared, by the numbers of their
// versions. The zero value is all that the latest version brings.
type Range struct {
	From    int // 0: where the version left the target branch
	Version int // 0: the latest
}

// Changes is what a request changes.
type Changes struct {
	BaseSHA, HeadSHA     string
	Files                []FileChange
	Count                int // of files, listed or not
	Additions, Deletions int
	Truncated            bool // there are more files than are listed
}

// Diff says what a request, or one of its versions, changes, or what changed
// between two of its versions. Large and generated files come folded.
func (s *Service) Diff(ctx context.Context, actor auth.Actor, id project.ID, number int, r Range) (Changes, error) {
	subject, err := s.reading(ctx, actor, id, number)
	if err != nil {
		return Changes{}, err
	}
	base, head, err := subject.ends(r)
	if err != nil {
		return Changes{}, err
	}
	diff, err := s.code.DiffOf(ctx, subject.Project, base, head, git.DiffLimits{Omit: omitted})
	if err != nil {
		return Changes{}, err
	}
	c := Changes{
		BaseSHA: base, HeadSHA: head, Count: diff.Count, Additions: diff.Additions, Deletions: diff.Deletions, Truncated: diff.Truncated,
		Files: make([]FileChange, len(diff.Files)),
	}
	for i, f := range diff.Files {
		c.Files[i] = change(f, false)
	}
	return c, nil
}

// DiffFile is one file of a diff with its patch, folded or not.
func (s *Service) DiffFile(ctx context.Context, actor auth.Actor, id project.ID, number int, r Range, path string) (FileChange, error) {
	subject, err := s.reading(ctx, actor, id, number)
	if err != nil {
		return FileChange{}, err
	}
	base, head, err := subject.ends(r)
	if err != nil {
		return FileChange{}, err
	}
	file, err := s.code.DiffOfFile(ctx, subject.Project, base, head, path, filePatchLimit)
	return change(file, true), err
}

// reading is the beginning of the verbs that show code: who may read a request
// may not always read that.
func (s *Service) reading(ctx context.Context, actor auth.Actor, id project.ID, number int) (Subject, error) {
	subject, err := s.requests.Request(ctx, actor, id, number)
	if err != nil {
		return Subject{}, err
	}
	return subject, s.gate.May(ctx, actor, subject.Project, auth.ReadCode)
}

// ends gives the two commits of a range.
func (s Subject) ends(r Range) (base, head string, err error) {
	base, head = s.BaseSHA, s.HeadSHA
	if r.Version != 0 {
		v, err := s.version(r.Version, "version")
		if err != nil {
			return "", "", err
		}
		base, head = v.BaseSHA, v.HeadSHA
	}
	if r.From != 0 {
		v, err := s.version(r.From, "from_version")
		if err != nil {
			return "", "", err
		}
		base = v.HeadSHA
	}
	return base, head, nil
}

func (s Subject) version(number int, field string) (Version, error) {
	for _, v := range s.Versions {
		if v.Number == number {
			return v, nil
		}
	}
	return Version{}, fault.Errorf(fault.Missing, "the merge request has no version %d", number).At(field)
}

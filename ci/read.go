package ci

import (
	"context"
	"errors"
	"io"
	"time"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// Get loads a pipeline with its jobs, old attempts included.
func (s *Service) Get(ctx context.Context, actor auth.Actor, id project.ID, pipeline PipelineID) (State, error) {
	if err := s.projects.May(ctx, actor, id, auth.ReadPipeline); err != nil {
		return State{}, err
	}
	p, err := s.load(ctx, id, pipeline)
	if err != nil {
		return State{}, err
	}
	jobs, err := s.store.Jobs(ctx, pipeline)
	return State{Pipeline: p, Jobs: jobs}, err
}

// List lists a project's pipelines, newest first, and counts all that match.
func (s *Service) List(ctx context.Context, actor auth.Actor, id project.ID, filter Filter) ([]Pipeline, int, error) {
	if err := s.projects.May(ctx, actor, id, auth.ReadPipeline); err != nil {
		return nil, 0, err
	}
	if filter.Limit <= 0 {
		filter.Limit = 50
	}
	return s.store.Pipelines(ctx, id, filter)
}

// mostFailing bounds what one person is shown.
const mostFailing = 50

// Failing lists the pipelines that the actor started on protected branches, in
// all projects, that failed and that no other came after: theirs to mend.
func (s *Service) Failing(ctx context.Context, actor auth.Actor) ([]Pipeline, error) {
	if actor.User == 0 || actor.Via == auth.ViaJob {
		return nil, nil
	}
	if err := auth.RequireScope(actor, auth.ScopeReadAPI); err != nil {
		return nil, err
	}
	all, err := s.store.Failing(ctx, actor.User, mostFailing)
	if err != nil {
		return nil, err
	}
	var seen []Pipeline
	for _, p := range all {
		switch err := s.projects.May(ctx, actor, p.Project, auth.ReadPipeline); fault.KindOf(err) {
		case fault.Missing, fault.Denied:
			continue // no longer theirs
		default:
			if err != nil {
				return nil, err
			}
		}
		seen = append(seen, p)
	}
	return seen, nil
}

// Details is a job with what a page about it shows.
type Details struct {
	Job       Job
	Pipeline  Pipeline
	Spec      Spec
	Attempts  []Job // all, oldest first
	Artifacts []Artifact
	LogSize   int64
}

// Job loads a job.
func (s *Service) Job(ctx context.Context, actor auth.Actor, id project.ID, job JobID) (Details, error) {
	if err := s.projects.May(ctx, actor, id, auth.ReadPipeline); err != nil {
		return Details{}, err
	}
	j, err := s.loadJob(ctx, id, job)
	if err != nil {
		return Details{}, err
	}
	d := Details{Job: j}
	var errs [4]error
	d.Pipeline, errs[0] = s.store.Pipeline(ctx, j.Pipeline)
	d.Spec, errs[1] = s.store.Spec(ctx, j.Spec)
	d.Artifacts, errs[2] = s.store.Artifacts(ctx, job)
	d.LogSize, errs[3] = s.logs.Size(ctx, job)
	if err := errors.Join(errs[:]...); err != nil {
		return Details{}, err
	}
	jobs, err := s.store.Jobs(ctx, j.Pipeline)
	for i := range jobs {
		if jobs[i].Name == j.Name {
			d.Attempts = append(d.Attempts, jobs[i])
		}
	}
	return d, err
}

// LogPart is a piece of a job's log.
type LogPart struct {
	Offset   int64
	Next     int64
	Text     []byte
	Status   Status // the job's
	Complete bool   // nothing comes after Next
}

// logPart bounds one piece of a log.
const logPart = 1 << 20

// Log reads a piece of a job's log, beginning at offset.
func (s *Service) Log(ctx context.Context, actor auth.Actor, id project.ID, job JobID, offset int64) (LogPart, error) {
	if err := s.projects.May(ctx, actor, id, auth.ReadPipeline); err != nil {
		return LogPart{}, err
	}
	// The state before the bytes: a job that is over then has all its log.
	j, err := s.loadJob(ctx, id, job)
	if err != nil {
		return LogPart{}, err
	}
	if offset < 0 {
		return LogPart{}, fault.Errorf(fault.Invalid, "offset %d: expected 0 or more", offset).At("offset")
	}
	log, err := s.logs.Open(ctx, job)
	if err != nil {
		return LogPart{}, err
	}
	text, size, err := readPart(log, offset)
	if err = errors.Join(err, log.Close()); err != nil {
		return LogPart{}, err
	}
	part := LogPart{Offset: min(offset, size), Text: text, Status: j.Status}
	part.Next = part.Offset + int64(len(text))
	part.Complete = j.Status.Finished() && part.Next >= size
	return part, nil
}

func readPart(log io.ReadSeeker, offset int64) ([]byte, int64, error) {
	size, err := log.Seek(0, io.SeekEnd)
	if err != nil || offset >= size {
		return nil, size, err
	}
	if _, err := log.Seek(offset, io.SeekStart); err != nil {
		return nil, size, err
	}
	text, err := io.ReadAll(io.LimitReader(log, min(logPart, size-offset)))
	return text, size, err
}

// Files lists the files of a job's archive, and when it expires; the zero time
// means never.
func (s *Service) Files(ctx context.Context, actor auth.Actor, id project.ID, job JobID) ([]File, time.Time, error) {
	a, content, err := s.Archive(ctx, actor, id, job)
	if err != nil {
		return nil, time.Time{}, err
	}
	list, err := files(content, a.Size)
	return list, a.Expires, errors.Join(err, content.Close())
}

// Archive opens a job's archive.
func (s *Service) Archive(ctx context.Context, actor auth.Actor, id project.ID, job JobID) (Artifact, io.ReadSeekCloser, error) {
	if err := s.projects.May(ctx, actor, id, auth.ReadPipeline); err != nil {
		return Artifact{}, nil, err
	}
	if _, err := s.loadJob(ctx, id, job); err != nil {
		return Artifact{}, nil, err
	}
	return s.openArchive(ctx, job)
}

// OpenFile opens one file of a job's archive.
func (s *Service) OpenFile(ctx context.Context, actor auth.Actor, id project.ID, job JobID, name string) (io.ReadCloser, File, error) {
	a, content, err := s.Archive(ctx, actor, id, job)
	if err != nil {
		return nil, File{}, err
	}
	reader, size, err := openEntry(content, a.Size, name)
	if err != nil {
		return nil, File{}, errors.Join(err, content.Close())
	}
	return entry{Reader: reader, closers: []io.Closer{reader, content}}, File{Path: name, Size: size}, nil
}

func openEntry(content io.ReadSeeker, size int64, name string) (io.ReadCloser, int64, error) {
	archive, err := openZip(content, size)
	if err != nil {
		return nil, 0, err
	}
	for _, f := range archive.File {
		if f.Name == name && !f.FileInfo().IsDir() {
			reader, err := f.Open()
			return reader, int64(min(f.UncompressedSize64, 1<<62)), err
		}
	}
	return nil, 0, fault.Errorf(fault.Missing, "no file %q in the job's artifacts", name)
}

// entry is a file in an archive that closes the archive, too.
type entry struct {
	io.Reader
	closers []io.Closer
}

// Close implements io.Closer.
func (e entry) Close() error {
	var err error
	for _, c := range e.closers {
		err = errors.Join(err, c.Close())
	}
	return err
}

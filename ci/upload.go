package ci

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/go-envparse"

	"dasier/blob"
	"dasier/fault"
)

// contentLock stands between "this content is kept" and "a row names it": the
// sweeper must not delete content in that moment. It holds for one process,
// and one process sweeps a blob store on disk.
type contentLock struct{ mu sync.Mutex }

// Upload is what a runner says of the bytes that follow.
type Upload struct {
	Kind     string // archive when empty
	Format   string // that of the kind when empty
	Filename string
}

// UploadArtifact keeps an artifact of a running job. An upload of a kind that the
// job has already replaces it.
func (s *Service) UploadArtifact(ctx context.Context, id JobID, token string, u Upload, content io.Reader) error {
	job, err := s.jobOfRunner(ctx, id, token)
	if err != nil {
		return err
	}
	if !job.Status.Active() {
		return fault.Errorf(fault.Denied, "forbidden: job %d is %s", id, job.Status)
	}
	u.Kind = or(u.Kind, archive)
	format, ok := formats[u.Kind]
	if !ok {
		return fault.Errorf(fault.Invalid, "artifacts of the type %q are not taken: expected %s", u.Kind, strings.Join(slices.Sorted(maps.Keys(formats)), ", ")).At("artifact_type")
	}
	if or(u.Format, format) != format {
		return fault.Errorf(fault.Invalid, "artifacts of the type %s have the format %s, not %q", u.Kind, format, u.Format).At("artifact_format")
	}
	spec, err := s.store.Spec(ctx, job.Spec)
	if err != nil {
		return err
	}
	limit := s.cfg.ReportLimit
	if u.Kind == archive {
		limit = s.cfg.ArtifactLimit
	}
	digest, size, err := s.artifacts.Put(ctx, content, limit)
	if err != nil {
		return err
	}
	a := Artifact{
		Job: id, Project: job.Project, Kind: u.Kind, Format: format, Filename: or(path.Base(u.Filename), "artifacts.zip"), Digest: digest, Size: size,
	}
	if spec.Artifacts == nil || !spec.Artifacts.Never {
		life := s.cfg.ArtifactLife
		if spec.Artifacts != nil && spec.Artifacts.ExpireIn > 0 {
			life = spec.Artifacts.ExpireIn
		}
		a.Expires = s.now().Add(life)
	}
	before, err := s.store.Artifacts(ctx, id)
	if err == nil {
		err = s.keep(ctx, a)
	}
	if err != nil {
		return errors.Join(err, s.dropContent(context.WithoutCancel(ctx), digest))
	}
	for _, old := range before {
		if old.Kind == a.Kind && old.Digest != digest {
			err = s.dropContent(ctx, old.Digest)
		}
	}
	return errors.Join(err, s.store.Touch(ctx, id, s.now()))
}

// keep checks the content and saves the row.
func (s *Service) keep(ctx context.Context, a Artifact) error {
	s.content.mu.Lock()
	defer s.content.mu.Unlock()
	content, size, err := s.artifacts.Open(ctx, a.Digest)
	if err != nil {
		return fmt.Errorf("reading the upload back: %w", err)
	}
	switch a.Kind {
	case archive:
		_, err = files(content, size)
	case dotenv:
		a.Variables, err = readDotenv(content)
	default:
		err = nil
	}
	if err = errors.Join(err, content.Close()); err != nil {
		return err
	}
	_, err = s.store.AddArtifact(ctx, a)
	return err
}

// dropContent deletes content that no artifact has.
func (s *Service) dropContent(ctx context.Context, d blob.Digest) error {
	s.content.mu.Lock()
	defer s.content.mu.Unlock()
	uses, err := s.store.Uses(ctx, d)
	if err != nil || uses > 0 {
		return err
	}
	return s.artifacts.Delete(ctx, d)
}

// DownloadArtifact is for a running job that takes the archive of another job of
// its project, or its own.
func (s *Service) DownloadArtifact(ctx context.Context, id JobID, token string) (Artifact, io.ReadSeekCloser, error) {
	asking, err := s.store.JobByToken(ctx, hashToken(token))
	if fault.Is(err, fault.Missing) || err == nil && !asking.Status.Active() {
		return Artifact{}, nil, fault.Errorf(fault.Denied, "forbidden: this is not the token of a running job")
	}
	if err != nil {
		return Artifact{}, nil, err
	}
	if _, err := s.loadJob(ctx, asking.Project, id); err != nil {
		return Artifact{}, nil, err
	}
	return s.openArchive(ctx, id)
}

func (s *Service) openArchive(ctx context.Context, id JobID) (Artifact, io.ReadSeekCloser, error) {
	artifacts, err := s.store.Artifacts(ctx, id)
	if err != nil {
		return Artifact{}, nil, err
	}
	for _, a := range artifacts {
		if a.Kind == archive {
			content, _, err := s.artifacts.Open(ctx, a.Digest)
			return a, content, err
		}
	}
	return Artifact{}, nil, fault.Errorf(fault.Missing, "job %d has no artifacts, or they have expired", id)
}

// maxFiles and maxIndex bound what listing an archive costs: its files, and the
// bytes read to find them. The files can be counted only when all are in memory.
const (
	maxFiles = 100_000
	maxIndex = 32 << 20
)

// openZip reads an archive's index.
func openZip(content io.ReadSeeker, size int64) (*zip.Reader, error) {
	source := &readerAt{r: content, left: maxIndex}
	archive, err := zip.NewReader(source, size)
	if err == nil {
		source.left = math.MaxInt64 // what follows is content, which is streamed
	}
	return archive, err
}

// files lists an archive. An archive that is no zip, or that names a file
// outside of its folder, is refused.
func files(content io.ReadSeeker, size int64) ([]File, error) {
	reader, err := openZip(content, size)
	if fault.Is(err, fault.Limited) {
		return nil, err
	}
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "the artifacts archive cannot be read: %w", err).At("file")
	}
	if len(reader.File) > maxFiles {
		return nil, fault.Errorf(fault.Limited, "the artifacts archive has %d files: at most %d are taken", len(reader.File), maxFiles).At("file")
	}
	list := make([]File, 0, len(reader.File))
	for _, f := range reader.File {
		name := strings.TrimSuffix(f.Name, "/")
		if path.IsAbs(name) || path.Clean(name) != name || name == ".." || strings.HasPrefix(name, "../") || strings.Contains(name, `\`) {
			return nil, fault.Errorf(fault.Invalid, "the artifacts archive names a file outside of its folder: %q", f.Name).At("file")
		}
		if !f.FileInfo().IsDir() {
			list = append(list, File{Path: name, Size: int64(min(f.UncompressedSize64, 1<<62))})
		}
	}
	return list, nil
}

// readerAt makes random access of seeking and reading, which a zip needs.
type readerAt struct {
	mu   sync.Mutex // guards the position of r, and left
	r    io.ReadSeeker
	left int64 // bytes that may be read
}

// ReadAt implements io.ReaderAt.
func (r *readerAt) ReadAt(p []byte, at int64) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.left -= int64(len(p)); r.left < 0 {
		return 0, fault.Errorf(fault.Limited, "the artifacts archive's index is larger than %d bytes", maxIndex).At("file")
	}
	if _, err := r.r.Seek(at, io.SeekStart); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(r.r, p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}

// Limits of a dotenv report.
const (
	dotenvBytes     = 64 << 10
	dotenvVariables = 150
)

// readDotenv reads the variables that a job hands on: KEY=value lines, gzipped,
// one member per file.
func readDotenv(content io.Reader) ([]Variable, error) {
	unzipped, err := gzip.NewReader(content)
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "the dotenv report is not gzip: %w", err).At("file")
	}
	text, err := io.ReadAll(io.LimitReader(unzipped, dotenvBytes+1))
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "the dotenv report cannot be read: %w", err).At("file")
	}
	if len(text) > dotenvBytes {
		return nil, fault.Errorf(fault.Limited, "the dotenv report is larger than %d bytes", dotenvBytes).At("file")
	}
	values, err := envparse.Parse(bytes.NewReader(text))
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "the dotenv report: %w", err).At("file")
	}
	if len(values) > dotenvVariables {
		return nil, fault.Errorf(fault.Limited, "the dotenv report has %d variables: at most %d are handed on", len(values), dotenvVariables).At("file")
	}
	list := make([]Variable, 0, len(values))
	for _, key := range slices.Sorted(maps.Keys(values)) {
		// Raw: what a job has computed is not a template.
		list = append(list, Variable{Key: key, Value: values[key], Public: true, Raw: true})
	}
	if err := checkVariables(list); err != nil {
		return nil, fault.Errorf(fault.Invalid, "the dotenv report: %s", fault.Message(err)).At("file")
	}
	return list, nil
}

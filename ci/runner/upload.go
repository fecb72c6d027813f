package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// transferFor is how long a transfer is tried again while the server is away.
const transferFor = 5 * time.Minute

// wanted tells whether an artifact is to be sent after a success or failure.
func (a *artifact) wanted(failed bool) bool { return wantedAfter(a.When, failed) }

// wantedAfter tells whether something with this "when" is kept after the job.
func wantedAfter(when string, failed bool) bool {
	switch when {
	case "always":
		return true
	case "on_failure":
		return failed
	default:
		return !failed
	}
}

// uploadArtifacts packs and sends what the job is to leave behind. All are
// tried; the first failure is the job's.
func (b *build) uploadArtifacts(ctx context.Context, failed bool) error {
	var list []*artifact
	for i := range b.job.Artifacts {
		if a := &b.job.Artifacts[i]; a.wanted(failed) {
			list = append(list, a)
		}
	}
	if len(list) == 0 {
		return nil
	}
	name, title := "upload_artifacts_on_success", "Uploading artifacts for successful job"
	if failed {
		name, title = "upload_artifacts_on_failure", "Uploading artifacts for failed job"
	}
	return b.journal.section(name, title, func() error {
		var first error
		for _, a := range list {
			if err := b.uploadArtifact(ctx, a); err != nil {
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
				b.journal.line(red, "ERROR: %v", err)
				if first == nil {
					first = err
				}
			}
		}
		return first
	})
}

func (b *build) uploadArtifact(ctx context.Context, a *artifact) error {
	kind := orText(a.Type, "archive")
	b.journal.line(green, "Uploading artifacts (%s)...", kind)
	files, err := b.collect(ctx, a)
	if err != nil {
		return err
	}
	name := filepath.Join(b.folder.files, "artifact")
	size, err := pack(ctx, files, a.Format, name)
	err = errors.Join(err, files.close())
	for _, warning := range files.warnings {
		b.journal.line(yellow, "WARNING: %s", warning)
	}
	if err != nil {
		return err
	}
	if files.empty(a.Format) {
		b.journal.line(red, "No files to upload")
		return nil
	}
	b.journal.line("", "Found %d files, %d bytes packed", len(files.paths), size)
	err = persist(ctx, transferFor, func(ctx context.Context) error { return b.send(ctx, a, name) })
	switch {
	case err == nil:
		b.journal.line("", "Uploaded")
		return nil
	case statusOf(err) == http.StatusRequestEntityTooLarge:
		return &jobError{fmt.Errorf("uploading artifacts (%s) of %d bytes: too large: %w", kind, size, err)}
	default:
		return &jobError{fmt.Errorf("uploading artifacts (%s): %w", kind, err)}
	}
}

// pack writes a collection to a file and answers its size.
func pack(ctx context.Context, files *collection, format, name string) (int64, error) {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) // #nosec G304 -- in the job's folder
	if err != nil {
		return 0, fmt.Errorf("packing: %w", err)
	}
	err = files.pack(ctx, format, file)
	size, seekErr := file.Seek(0, io.SeekCurrent)
	return size, errors.Join(err, seekErr, file.Close())
}

// filename is what the server is told that the upload is called.
func (b *build) filename(a *artifact) string {
	name := orText(b.environment.expand(a.Name), "artifacts")
	switch a.Format {
	case "gzip":
		return name + ".gz"
	default:
		return name + ".zip"
	}
}

// send sends a packed artifact once.
func (b *build) send(ctx context.Context, a *artifact, name string) error {
	file, err := os.Open(name) // #nosec G304 -- in the job's folder
	if err != nil {
		return &jobError{fmt.Errorf("reading the packed artifact: %w", err)}
	}
	reader, writer := io.Pipe()
	form := multipart.NewWriter(writer)
	written := make(chan struct{})
	go func() {
		defer close(written)
		part, err := form.CreateFormFile("file", b.filename(a))
		if err == nil {
			_, err = io.Copy(part, file)
		}
		writer.CloseWithError(errors.Join(err, form.Close()))
	}()
	query := url.Values{}
	for key, value := range map[string]string{"artifact_type": a.Type, "artifact_format": a.Format, "expire_in": a.ExpireIn} {
		if value != "" {
			query.Set(key, value)
		}
	}
	r, err := b.runner.client.call(ctx, http.MethodPost, "/jobs/"+strconv.FormatInt(b.job.ID, 10)+"/artifacts?"+query.Encode(),
		map[string]string{"Job-Token": b.job.Token, "Content-Type": form.FormDataContentType()}, reader)
	// The server may have answered without reading all.
	_ = reader.CloseWithError(io.ErrClosedPipe)
	<-written
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if r.status != http.StatusCreated {
		return r.refused()
	}
	return nil
}

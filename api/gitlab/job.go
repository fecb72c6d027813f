package gitlab

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"dasier/ci"
	"dasier/fault"
)

type updateBody struct {
	credentials

	State    ci.Status  `json:"state"`
	Failure  ci.Failure `json:"failure_reason"`
	ExitCode int        `json:"exit_code"`
	Checksum string     `json:"checksum"`
	Output   struct {
		Checksum string `json:"checksum"`
		Bytes    int64  `json:"bytesize"`
	} `json:"output"`
}

// update takes a runner's word about its job: that it has it, that it goes on,
// how it ended.
func (f *Face) update(w http.ResponseWriter, r *http.Request) error {
	id, err := jobID(r)
	if err != nil {
		return err
	}
	var body updateBody
	token, err := read(r, "Job-Token", &body)
	if err != nil {
		return err
	}
	u := ci.Update{State: body.State, Failure: body.Failure, ExitCode: body.ExitCode, Checksum: body.Output.Checksum, Size: body.Output.Bytes}
	if u.Checksum == "" {
		u.Checksum = body.Checksum
	}
	status, err := f.ci.UpdateJob(r.Context(), id, token, u)
	if err != nil {
		return err
	}
	last := body.State == ci.Success || body.State == ci.Failed
	if status.Finished() && !last {
		forbidden(w, status)
		return nil
	}
	if !last { // after the last word the state would read like a reason to drop the job
		w.Header().Set("Job-Status", string(status))
		f.interval(w)
	}
	answer(w, http.StatusOK, struct{}{})
	return nil
}

// pieceLimit bounds one piece of log; runners send at most 1 MiB.
const pieceLimit = 4 << 20

// trace adds a piece to a job's log.
func (f *Face) trace(w http.ResponseWriter, r *http.Request) error {
	id, err := jobID(r)
	if err != nil {
		return err
	}
	start, err := contentRange(r.Header.Get("Content-Range"))
	if err != nil {
		return err
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, pieceLimit+1))
	if err != nil {
		return fault.Errorf(fault.Invalid, "the piece of log broke off: %w", err)
	}
	if len(data) > pieceLimit {
		return fault.Errorf(fault.Limited, "the piece of log is larger than %d bytes", pieceLimit)
	}
	size, status, err := f.ci.AppendTrace(r.Context(), id, r.Header.Get("Job-Token"), start, data)
	if fault.Is(err, fault.Denied) && status != "" {
		forbidden(w, status)
		return nil
	}
	offset := errors.Is(err, ci.ErrOffset)
	if err != nil && !offset {
		return err
	}
	w.Header().Set("Range", "0-"+strconv.FormatInt(size, 10))
	w.Header().Set("Job-Status", string(status))
	f.interval(w)
	if offset {
		w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
		return nil
	}
	w.WriteHeader(http.StatusAccepted)
	return nil
}

// upload keeps an artifact. The body is multipart and of unknown length; it is
// passed on as it comes.
func (f *Face) upload(w http.ResponseWriter, r *http.Request) error {
	id, err := jobID(r)
	if err != nil {
		return err
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return fault.Errorf(fault.Invalid, "the upload is not multipart: %w", err)
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return fault.Errorf(fault.Invalid, "the upload has no part named file").At("file")
		}
		if err != nil {
			return fault.Errorf(fault.Invalid, "the upload broke off: %w", err)
		}
		if part.FormName() != "file" {
			continue
		}
		query := r.URL.Query()
		upload := ci.Upload{Kind: query.Get("artifact_type"), Format: query.Get("artifact_format"), Filename: part.FileName()}
		if err := f.ci.UploadArtifact(r.Context(), id, r.Header.Get("Job-Token"), upload, part); err != nil {
			return err
		}
		answer(w, http.StatusCreated, struct{}{})
		return nil
	}
}

// download gives a running job the archive of an earlier one.
func (f *Face) download(w http.ResponseWriter, r *http.Request) error {
	id, err := jobID(r)
	if err != nil {
		return err
	}
	artifact, content, err := f.ci.DownloadArtifact(r.Context(), id, r.Header.Get("Job-Token"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.FormatInt(artifact.Size, 10))
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", artifact.Filename))
	w.WriteHeader(http.StatusOK)
	_, err = io.Copy(w, content)
	if err = errors.Join(err, content.Close()); err != nil && !gone(r.Context(), err) {
		f.cfg.Log.WarnContext(r.Context(), "archive not sent to its end", "job", id, "error", err)
	}
	return nil
}

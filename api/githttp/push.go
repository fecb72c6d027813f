package githttp

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"dasier/git"
)

// receivePack answers a push.
//
// The report of what became of each ref is written when all of it is true: the
// refs have moved and the events are saved. Until then only progress is sent.
func (h *Handler) receivePack(w http.ResponseWriter, r *http.Request) {
	req, leave, ok := h.begin(w, r, git.ReceivePack)
	if !ok {
		return
	}
	defer leave()
	body, err := plainBody(r)
	if err != nil {
		h.refuse(w, r, req.actor, err)
		return
	}
	push, err := git.ReadPush(body)
	if err != nil {
		h.refuse(w, r, req.actor, err)
		return
	}
	// Progress goes out while the pack comes in. HTTP/2 can do that anyway.
	_ = http.NewResponseController(w).EnableFullDuplex()

	out := &answer{w: w}
	progress := io.Discard
	banded := push.Has("side-band-64k")
	if banded {
		progress = git.BandWriter{Band: git.BandProgress, Out: out}
	}
	report, err := h.repos.Receive(r.Context(), req.actor, req.project.ID, push, body, progress)
	if err != nil {
		h.failPush(req, out, banded, err)
		return
	}
	if len(push.Updates) == 0 {
		return // the probe of a client that wants to know who it must be
	}
	h.notices(req, push, report, progress)
	h.finish(req, out, writeReport(out, push, banded, report))
}

// failPush tells of a push that the server could not carry out. Where progress
// is out already, git's error band is the only way left.
func (h *Handler) failPush(req *request, out *answer, banded bool, err error) {
	if !out.begun || !banded || errors.Is(err, git.ErrBroken) {
		h.finish(req, out, err)
		return
	}
	h.cfg.Log.ErrorContext(req.Context(), "push failed", "project", req.project.Path(), "error", err)
	band := git.BandWriter{Band: git.BandError, Out: out}
	// The client may be gone: then nobody needs the sentence.
	_, _ = io.WriteString(band, "the push failed on the server: its log has the cause\n")
}

// mostNotices is about how many refs of one push its sender reads.
const mostNotices = 10

func (h *Handler) notices(req *request, push git.Push, report git.Report, progress io.Writer) {
	if h.cfg.Notice == nil {
		return
	}
	for i, moved := range push.Updates {
		if i == mostNotices {
			return
		}
		if !report.Moved(moved.Ref) {
			continue
		}
		if text := strings.TrimSpace(h.cfg.Notice(req.Context(), req.actor, req.project, moved)); text != "" {
			_, _ = io.WriteString(progress, "\n"+text+"\n\n") // nice to have; the report is what counts
		}
	}
}

func writeReport(out io.Writer, push git.Push, banded bool, report git.Report) error {
	wanted := push.Has("report-status") || push.Has("report-status-v2")
	var err error
	switch {
	case !wanted:
	case banded:
		_, err = git.BandWriter{Band: git.BandData, Out: out}.Write(report.Encode())
	default:
		_, err = out.Write(report.Encode())
	}
	if err == nil && banded {
		_, err = out.Write(git.AppendFlush(nil))
	}
	if err != nil {
		return fmt.Errorf("sending the report: %w", err)
	}
	return nil
}

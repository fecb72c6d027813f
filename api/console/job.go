package console

import (
	"context"
	"io"
	"net/http"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"dasier/ci"
	"dasier/forge/auth"
	"dasier/forge/project"
)

type attemptView struct {
	ID     ci.JobID  `json:"id"`
	Status ci.Status `json:"status" enum:"created,pending,running,canceling,success,failed,canceled,skipped,manual"`
}

type jobView struct {
	JobSummary
	PipelineID   ci.PipelineID `json:"pipeline_id"`
	ProjectID    project.ID    `json:"project_id"`
	Ref          string        `json:"ref"`
	SHA          string        `json:"sha"`
	Retried      bool          `json:"retried" doc:"there is a newer attempt"`
	Attempts     []attemptView `json:"attempts" doc:"oldest first"`
	Runner       string        `json:"runner,omitempty"`
	HasArtifacts bool          `json:"has_artifacts"`
	LogSize      int64         `json:"log_size"`
	LogTruncated bool          `json:"log_truncated"`
	Interrupted  bool          `json:"interrupted" doc:"the runner or the server went away"`
}

func viewJob(d ci.Details) jobView {
	view := jobView{
		JobSummary: viewJobSummary(d.Job), PipelineID: d.Job.Pipeline, ProjectID: d.Job.Project, Ref: d.Pipeline.Ref, SHA: d.Pipeline.SHA,
		Retried: d.Job.Retried, Runner: d.Job.RunnerName, LogSize: d.LogSize, LogTruncated: d.Job.LogTruncated, Interrupted: d.Job.Interrupted,
		Attempts: mapped(d.Attempts, func(j ci.Job) attemptView { return attemptView{j.ID, j.Status} }),
	}
	for _, artifact := range d.Artifacts {
		view.HasArtifacts = view.HasArtifacts || artifact.Kind == "archive"
	}
	return view
}

// InJob names a job in a path.
type InJob struct {
	InProject
	ID ci.JobID `path:"id"`
}

type playInput struct {
	InJob
	Body *struct {
		Variables []variableInputView `json:"variables" required:"false"`
	} `required:"false"`
}

type logView struct {
	Offset     int64  `json:"offset"`
	NextOffset int64  `json:"next_offset"`
	Text       string `json:"text" doc:"with ANSI sequences and section markers"`
	Complete   bool   `json:"complete" doc:"the job is over and this is the log's end"`
}

type artifactFileView struct {
	Path string `json:"path"`
	Size int64  `json:"size"`
}

type artifactsView struct {
	Files     []artifactFileView `json:"files"`
	ExpiresAt *time.Time         `json:"expires_at"`
}

func (a *API) jobRoutes() {
	const base = "/projects/{project}/jobs/{id}"
	route(a, http.MethodGet, base, "A job", func(ctx context.Context, actor auth.Actor, q *InJob) (jobView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (jobView, error) {
			return a.job(ctx, actor, p.ID, q.ID)
		})
	})
	for verb, do := range map[string]func(context.Context, auth.Actor, project.ID, ci.JobID) (ci.Job, error){
		"cancel": a.CI.CancelJob, "retry": a.CI.RetryJob,
	} {
		route(a, http.MethodPost, base+"/"+verb, verbs[verb]+" a job", func(ctx context.Context, actor auth.Actor, q *InJob) (jobView, error) {
			return in(ctx, a, actor, q.Project, func(p project.Project) (jobView, error) {
				j, err := do(ctx, actor, p.ID, q.ID)
				if err != nil {
					return jobView{}, err
				}
				return a.job(ctx, actor, p.ID, j.ID)
			})
		})
	}
	route(a, http.MethodPost, base+"/play", "Play a manual job", func(ctx context.Context, actor auth.Actor, q *playInput) (jobView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (jobView, error) {
			var given []ci.Variable
			if q.Body != nil {
				given = variables(q.Body.Variables)
			}
			j, err := a.CI.Play(ctx, actor, p.ID, q.ID, given)
			if err != nil {
				return jobView{}, err
			}
			return a.job(ctx, actor, p.ID, j.ID)
		})
	})
	route(a, http.MethodGet, base+"/log", "A piece of a job's log", func(ctx context.Context, actor auth.Actor, q *struct {
		InJob
		Offset int64 `query:"offset" minimum:"0"`
	},
	) (logView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (logView, error) {
			part, err := a.CI.Log(ctx, actor, p.ID, q.ID, q.Offset)
			return viewLog(part), err
		})
	})
	route(a, http.MethodGet, base+"/artifacts", "A job's artifacts", func(ctx context.Context, actor auth.Actor, q *InJob) (artifactsView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (artifactsView, error) {
			files, expires, err := a.CI.Files(ctx, actor, p.ID, q.ID)
			return artifactsView{mapped(files, func(f ci.File) artifactFileView { return artifactFileView(f) }), moment(expires)}, err
		})
	})
	a.raw(foreign{
		method: http.MethodGet, path: base + "/artifacts/file", summary: "One file of a job's artifacts", gives: "application/octet-stream",
		query: []asked{{name: "path", about: "the file", required: true}},
	}, a.artifactFile)
	a.raw(foreign{
		method: http.MethodGet, path: base + "/artifacts/archive", summary: "A job's artifacts as a zip archive", gives: "application/zip",
	}, a.artifactArchive)
}

func (a *API) job(ctx context.Context, actor auth.Actor, p project.ID, id ci.JobID) (jobView, error) {
	details, err := a.CI.Job(ctx, actor, p, id)
	if err != nil {
		return jobView{}, err
	}
	return viewJob(details), nil
}

// viewLog cuts a part where a character ends, so that a character that the
// job is still writing arrives whole with the next part.
func viewLog(part ci.LogPart) logView {
	text := part.Text
	if !part.Complete {
		for i := 1; i < utf8.UTFMax && i <= len(text); i++ {
			if tail := text[len(text)-i:]; utf8.RuneStart(tail[0]) {
				if !utf8.FullRune(tail) {
					text = text[:len(text)-i]
				}
				break
			}
		}
	}
	return logView{part.Offset, part.Offset + int64(len(text)), strings.ToValidUTF8(string(text), "\uFFFD"), part.Complete}
}

// mediaTypes of artifacts that a browser may show in its sandbox.
var mediaTypes = map[string]string{
	".html": "text/html; charset=utf-8", ".htm": "text/html; charset=utf-8", ".txt": "text/plain; charset=utf-8", ".md": "text/plain; charset=utf-8",
	".json": "application/json", ".csv": "text/plain; charset=utf-8", ".xml": "text/plain; charset=utf-8", ".yaml": "text/plain; charset=utf-8", ".yml": "text/plain; charset=utf-8",
	".log": "text/plain; charset=utf-8", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".svg": "image/svg+xml", ".pdf": "application/pdf",
}

func (a *API) artifactFile(w http.ResponseWriter, r *http.Request, actor auth.Actor, p project.Project) error {
	id, err := number(r, "id")
	if err != nil {
		return err
	}
	content, file, err := a.CI.OpenFile(r.Context(), actor, p.ID, ci.JobID(id), r.URL.Query().Get("path"))
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	mediaType, ok := mediaTypes[strings.ToLower(path.Ext(file.Path))]
	if !ok {
		mediaType = "application/octet-stream"
	}
	asForeign(w, path.Base(file.Path), mediaType)
	if _, err := io.Copy(w, content); err != nil {
		a.Logger.DebugContext(r.Context(), "an artifact was not taken whole", "error", err)
	}
	return nil
}

func (a *API) artifactArchive(w http.ResponseWriter, r *http.Request, actor auth.Actor, p project.Project) error {
	id, err := number(r, "id")
	if err != nil {
		return err
	}
	artifact, content, err := a.CI.Archive(r.Context(), actor, p.ID, ci.JobID(id))
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	asForeign(w, artifact.Filename, "application/zip")
	http.ServeContent(w, r, "", time.Time{}, content)
	return nil
}

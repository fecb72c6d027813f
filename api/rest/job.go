package rest

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"dasier/ci"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

type jobPipelineView struct {
	ID        ci.PipelineID `json:"id"`
	ProjectID project.ID    `json:"project_id"`
	Ref       string        `json:"ref"`
	SHA       string        `json:"sha"`
	Status    ci.Status     `json:"status"`
}

type runnerView struct {
	ID          ci.RunnerID `json:"id"`
	Description string      `json:"description"`
	Name        string      `json:"name"`
	Active      bool        `json:"active"`
	IsShared    bool        `json:"is_shared"`
}

type artifactView struct {
	FileType   string `json:"file_type"`
	Size       int64  `json:"size"`
	Filename   string `json:"filename"`
	FileFormat string `json:"file_format"`
}

type artifactsFileView struct {
	Filename string `json:"filename"`
	Size     int64  `json:"size"`
}

type jobView struct {
	ID                ci.JobID           `json:"id"`
	Name              string             `json:"name"`
	Stage             string             `json:"stage"`
	Status            ci.Status          `json:"status"`
	Ref               string             `json:"ref"`
	Tag               bool               `json:"tag"`
	AllowFailure      bool               `json:"allow_failure"`
	FailureReason     string             `json:"failure_reason,omitempty"`
	CreatedAt         *time.Time         `json:"created_at"`
	StartedAt         *time.Time         `json:"started_at"`
	FinishedAt        *time.Time         `json:"finished_at"`
	ErasedAt          *time.Time         `json:"erased_at"`
	Duration          *float64           `json:"duration"`
	QueuedDuration    *float64           `json:"queued_duration"`
	Coverage          *float64           `json:"coverage"`
	TagList           []string           `json:"tag_list"`
	User              personView         `json:"user"`
	Commit            jobCommitView      `json:"commit"`
	Pipeline          jobPipelineView    `json:"pipeline"`
	Runner            *runnerView        `json:"runner"`
	Artifacts         []artifactView     `json:"artifacts"`
	ArtifactsFile     *artifactsFileView `json:"artifacts_file,omitempty"`
	ArtifactsExpireAt *time.Time         `json:"artifacts_expire_at"`
	WebURL            string             `json:"web_url"`
}

type jobCommitView struct {
	ID          string     `json:"id"`
	ShortID     string     `json:"short_id"`
	Title       string     `json:"title"`
	Message     string     `json:"message"`
	AuthorName  string     `json:"author_name"`
	AuthorEmail string     `json:"author_email"`
	CreatedAt   *time.Time `json:"created_at"`
	Authored    *time.Time `json:"authored_date"`
}

func (c *call) viewJob(p project.Project, l *ci.Pipeline, j ci.Job) jobView {
	view := jobView{
		ID: j.ID, Name: j.Name, Stage: j.Stage, Status: j.Status, Ref: l.Ref, Tag: l.Tag, AllowFailure: j.AllowFailure, FailureReason: string(j.Failure),
		CreatedAt: moment(j.Created), StartedAt: moment(j.Started), FinishedAt: moment(j.Finished), TagList: append([]string{}, j.Tags...),
		User: c.viewPerson(l.User, l.Username, ""), Pipeline: jobPipelineView{l.ID, l.Project, l.Ref, l.SHA, l.Status}, Artifacts: []artifactView{},
		WebURL: fmt.Sprintf("%s/jobs/%d", c.projectAddress(p), j.ID),
		Commit: jobCommitView{
			ID: l.SHA, ShortID: shortID(l.SHA), Title: l.Commit.Title, Message: l.Commit.Message, AuthorName: l.Commit.AuthorName, AuthorEmail: l.Commit.AuthorEmail,
			CreatedAt: moment(l.Commit.Authored), Authored: moment(l.Commit.Authored),
		},
	}
	if !j.Started.IsZero() {
		took := j.Duration(time.Now()).Seconds()
		view.Duration = &took
		if !j.Queued.IsZero() {
			waited := j.Started.Sub(j.Queued).Seconds()
			view.QueuedDuration = &waited
		}
	}
	if j.Runner != 0 {
		view.Runner = &runnerView{ID: j.Runner, Description: j.RunnerName, Name: j.RunnerName, Active: true, IsShared: true}
	}
	return view
}

func (c *call) viewDetails(p project.Project, d ci.Details) jobView {
	view := c.viewJob(p, &d.Pipeline, d.Job)
	for _, a := range d.Artifacts {
		view.Artifacts = append(view.Artifacts, artifactView{a.Kind, a.Size, a.Filename, a.Format})
		if a.Kind == "archive" {
			view.ArtifactsFile, view.ArtifactsExpireAt = &artifactsFileView{a.Filename, a.Size}, moment(a.Expires)
		}
	}
	return view
}

func (c *call) answerJob(status int, p project.Project, id ci.JobID) error {
	d, err := c.CI.Job(c.ctx, c.actor, p.ID, id)
	if err != nil {
		return missing("Job", err)
	}
	return c.answer(status, c.viewDetails(p, d))
}

// wanted picks jobs by the query: of certain states, with old attempts or not.
func (c *call) wanted() (func(ci.Job) bool, error) {
	q := c.read()
	scopes, old := q.texts("scope"), q.on("include_retried")
	for _, scope := range scopes {
		if !slices.Contains(ci.Statuses, ci.Status(scope)) {
			q.fail("scope", "does not have a valid value")
		}
	}
	return func(j ci.Job) bool {
		return (old || !j.Retried) && (len(scopes) == 0 || slices.Contains(scopes, string(j.Status)))
	}, q.err
}

func (c *call) pipelineJobs() error {
	p, id, err := c.inPipeline()
	if err != nil {
		return err
	}
	wanted, err := c.wanted()
	if err != nil {
		return err
	}
	state, err := c.CI.Get(c.ctx, c.actor, p.ID, id)
	if err != nil {
		return missing("Pipeline", err)
	}
	views := []jobView{}
	for _, j := range state.Jobs {
		if wanted(j) {
			views = append(views, c.viewJob(p, &state.Pipeline, j))
		}
	}
	return whole(c, views)
}

// projectJobs goes through the pipelines, the newest first, until the page is
// full.
func (c *call) projectJobs() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	wanted, err := c.wanted()
	if err != nil {
		return err
	}
	const step, most = 50, 1000 // pipelines
	at, views := c.page(), []jobView{}
	skip := at.Offset
	for offset := 0; offset < most; offset += step {
		pipelines, total, err := c.CI.List(c.ctx, c.actor, p.ID, ci.Filter{Offset: offset, Limit: step})
		if err != nil {
			return err
		}
		for i := range pipelines {
			state, err := c.CI.Get(c.ctx, c.actor, p.ID, pipelines[i].ID)
			if err != nil {
				return err
			}
			for _, j := range slices.Backward(state.Jobs) {
				switch {
				case !wanted(j):
				case skip > 0:
					skip--
				case len(views) == at.Limit:
					return uncounted(c, views, true)
				default:
					views = append(views, c.viewJob(p, &state.Pipeline, j))
				}
			}
		}
		if offset+step >= total {
			break
		}
	}
	return uncounted(c, views, false)
}

func (c *call) inJob() (project.Project, ci.JobID, error) {
	p, err := c.project()
	if err != nil {
		return p, 0, err
	}
	id, err := c.number("job")
	return p, ci.JobID(id), err
}

func (c *call) getJob() error {
	p, id, err := c.inJob()
	if err != nil {
		return err
	}
	return c.answerJob(http.StatusOK, p, id)
}

// ownJob is the job whose token the call was made with.
func (c *call) ownJob() error {
	if c.actor.Via != auth.ViaJob {
		return fault.Errorf(fault.Denied, "this is no job's token")
	}
	p, err := c.Projects.Get(c.ctx, c.actor, project.ID(c.actor.Project))
	if err != nil {
		return missing("Project", err)
	}
	return c.answerJob(http.StatusOK, p, ci.JobID(c.actor.Job))
}

func (c *call) trace() error {
	p, id, err := c.inJob()
	if err != nil {
		return err
	}
	part, err := c.CI.Log(c.ctx, c.actor, p.ID, id, 0)
	if err != nil {
		return missing("Job", err)
	}
	c.attachment("job.log", "text/plain; charset=utf-8")
	for {
		if _, err := c.w.Write(part.Text); err != nil {
			return nil //nolint:nilerr // the client is gone, and knows it
		}
		if part.Complete || len(part.Text) == 0 {
			return nil
		}
		if part, err = c.CI.Log(c.ctx, c.actor, p.ID, id, part.Next); err != nil {
			c.cfg.Log.WarnContext(c.ctx, "a job's log broke off", "job", id, "error", err)
			return nil
		}
	}
}

// onJob makes a handler of what changes a job. The job that comes of it may be
// another: a new attempt.
func onJob(verb func(c *call, p project.ID, id ci.JobID) (ci.Job, error), status int) func(*call) error {
	return func(c *call) error {
		p, id, err := c.inJob()
		if err != nil {
			return err
		}
		j, err := verb(c, p.ID, id)
		if err != nil {
			return missing("Job", err)
		}
		return c.answerJob(status, p, j.ID)
	}
}

func cancelJob(c *call, p project.ID, id ci.JobID) (ci.Job, error) {
	return c.CI.CancelJob(c.ctx, c.actor, p, id)
}

func retryJob(c *call, p project.ID, id ci.JobID) (ci.Job, error) {
	return c.CI.RetryJob(c.ctx, c.actor, p, id)
}

func playJob(c *call, p project.ID, id ci.JobID) (ci.Job, error) {
	q := c.read()
	given := q.jobVariables("job_variables_attributes")
	if q.err != nil {
		return ci.Job{}, q.err
	}
	return c.CI.Play(c.ctx, c.actor, p, id, given)
}

func (c *call) jobArtifacts() error {
	p, id, err := c.inJob()
	if err != nil {
		return err
	}
	return c.archive(p, id)
}

func (c *call) archive(p project.Project, id ci.JobID) error {
	artifact, content, err := c.CI.Archive(c.ctx, c.actor, p.ID, id)
	if err != nil {
		return missing("Artifacts", err)
	}
	defer func() { _ = content.Close() }()
	c.attachment(artifact.Filename, "application/zip")
	http.ServeContent(c.w, c.r, "", time.Time{}, content)
	return nil
}

func (c *call) jobArtifact() error {
	p, id, err := c.inJob()
	if err != nil {
		return err
	}
	return c.artifact(p, id)
}

func (c *call) artifact(p project.Project, id ci.JobID) error {
	content, file, err := c.CI.OpenFile(c.ctx, c.actor, p.ID, id, c.element("*"))
	if err != nil {
		return missing("Artifact", err)
	}
	defer func() { _ = content.Close() }()
	c.attachment(file.Path, "application/octet-stream")
	return c.stream(content)
}

// refJob is the newest successful job of a name in a successful pipeline of a
// ref.
func (c *call) refJob() (project.Project, ci.JobID, error) {
	p, err := c.project()
	if err != nil {
		return p, 0, err
	}
	q := c.read()
	name := q.needed("job")
	if q.err != nil {
		return p, 0, q.err
	}
	const looked = 50
	pipelines, _, err := c.CI.List(c.ctx, c.actor, p.ID, ci.Filter{Ref: c.element("ref"), Status: ci.Success, Limit: looked})
	if err != nil {
		return p, 0, err
	}
	for i := range pipelines {
		state, err := c.CI.Get(c.ctx, c.actor, p.ID, pipelines[i].ID)
		if err != nil {
			return p, 0, err
		}
		for _, j := range state.Jobs {
			if j.Name == name && j.Status == ci.Success && !j.Retried {
				return p, j.ID, nil
			}
		}
	}
	return p, 0, missing("Job", fault.Errorf(fault.Missing, "no successful job %q", name))
}

func (c *call) refArtifacts() error {
	p, id, err := c.refJob()
	if err != nil {
		return err
	}
	return c.archive(p, id)
}

func (c *call) refArtifact() error {
	p, id, err := c.refJob()
	if err != nil {
		return err
	}
	return c.artifact(p, id)
}

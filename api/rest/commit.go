package rest

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"dasier/ci"
	"dasier/fault"
	"dasier/forge/discuss"
	"dasier/forge/project"
	"dasier/forge/repo"
	"dasier/git"
)

type commitView struct {
	ID             string         `json:"id"`
	ShortID        string         `json:"short_id"`
	Title          string         `json:"title"`
	Message        string         `json:"message"`
	AuthorName     string         `json:"author_name"`
	AuthorEmail    string         `json:"author_email"`
	AuthoredDate   *time.Time     `json:"authored_date"`
	CommitterName  string         `json:"committer_name"`
	CommitterEmail string         `json:"committer_email"`
	CommittedDate  *time.Time     `json:"committed_date"`
	CreatedAt      *time.Time     `json:"created_at"`
	ParentIDs      []string       `json:"parent_ids"`
	WebURL         string         `json:"web_url"`
	ProjectID      project.ID     `json:"project_id,omitempty"`
	Stats          *statsView     `json:"stats,omitempty"`
	Status         *string        `json:"status,omitempty"`
	LastPipeline   *pipelineBrief `json:"last_pipeline,omitempty"`
}

type statsView struct {
	Additions int `json:"additions"`
	Deletions int `json:"deletions"`
	Total     int `json:"total"`
}

// shortID is how GitLab shortens a commit's name.
func shortID(sha string) string { return sha[:min(8, len(sha))] }

func (c *call) viewCommit(p project.Project, g git.Commit) commitView {
	return commitView{
		ID: g.SHA, ShortID: shortID(g.SHA), Title: g.Title(), Message: g.Message, AuthorName: g.AuthorName, AuthorEmail: g.AuthorEmail,
		AuthoredDate: moment(g.AuthoredAt), CommitterName: g.CommitterName, CommitterEmail: g.CommitterEmail, CommittedDate: moment(g.CommittedAt),
		CreatedAt: moment(g.CommittedAt), ParentIDs: append([]string{}, g.Parents...), WebURL: c.projectAddress(p) + "/-/commit/" + g.SHA,
	}
}

func (c *call) listCommits() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	q := c.read()
	q.unsupported("since", "until", "author", "all", "first_parent", "trailers")
	if q.err != nil {
		return q.err
	}
	at := c.page()
	ref := q.text("ref_name")
	if base, head, ranged := strings.Cut(ref, ".."); ranged {
		return c.listRange(p, base, strings.TrimPrefix(head, "."))
	}
	commits, total, err := c.Repos.Commits(c.ctx, c.actor, p.ID, ref, q.text("path"), at.Offset, at.Limit)
	if err != nil {
		return missing("Tree", err)
	}
	return listed(c, mapped(commits, func(g git.Commit) commitView { return c.viewCommit(p, g) }), total)
}

// listRange lists what one ref has and another has not: "main..feature".
func (c *call) listRange(p project.Project, base, head string) error {
	found, err := c.Repos.Compare(c.ctx, c.actor, p.ID, base, head)
	if err != nil {
		return missing("Tree", err)
	}
	return whole(c, mapped(found.Commits, func(g git.Commit) commitView { return c.viewCommit(p, g) }))
}

func (c *call) getCommit() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	view, err := c.wholeCommit(p, c.element("sha"))
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, view)
}

func (c *call) wholeCommit(p project.Project, sha string) (commitView, error) {
	g, diff, err := c.Repos.Commit(c.ctx, c.actor, p.ID, sha)
	if err != nil {
		return commitView{}, missing("Commit", err)
	}
	view := c.viewCommit(p, g)
	view.ProjectID = p.ID
	view.Stats = &statsView{diff.Additions, diff.Deletions, diff.Additions + diff.Deletions}
	pipelines, _, err := c.CI.List(c.ctx, c.actor, p.ID, ci.Filter{SHA: g.SHA, Limit: 1})
	if tolerate(err) != nil {
		return view, err
	}
	if len(pipelines) > 0 {
		brief, status := c.viewPipelineBrief(p, &pipelines[0]), string(pipelines[0].Status)
		view.LastPipeline, view.Status = &brief, &status
	}
	return view, nil
}

type diffView struct {
	OldPath       string `json:"old_path"`
	NewPath       string `json:"new_path"`
	AMode         string `json:"a_mode"`
	BMode         string `json:"b_mode"`
	NewFile       bool   `json:"new_file"`
	RenamedFile   bool   `json:"renamed_file"`
	DeletedFile   bool   `json:"deleted_file"`
	GeneratedFile bool   `json:"generated_file"`
	Collapsed     bool   `json:"collapsed"`
	TooLarge      bool   `json:"too_large"`
	Diff          string `json:"diff"`
}

// noMode is the mode of a side that is not there.
const noMode = "0"

func viewDiff(d git.FileDiff) diffView {
	view := diffView{
		OldPath: d.OldPath, NewPath: d.NewPath, AMode: d.OldMode, BMode: d.NewMode, NewFile: d.Status == git.Added,
		RenamedFile: d.Status == git.Renamed, DeletedFile: d.Status == git.Deleted, TooLarge: d.TooLarge, Diff: hunks(d.Patch),
	}
	if view.OldPath == "" {
		view.OldPath, view.AMode = d.NewPath, noMode
	}
	if view.NewPath == "" {
		view.NewPath, view.BMode = d.OldPath, noMode
	}
	return view
}

func viewChange(f discuss.FileChange) diffView {
	view := viewDiff(f.FileDiff)
	view.GeneratedFile, view.Collapsed = f.Generated, f.Folded
	return view
}

// hunks is a patch without its header, as GitLab gives it.
func hunks(patch string) string {
	if strings.HasPrefix(patch, "@@") {
		return patch
	}
	if at := strings.Index(patch, "\n@@"); at >= 0 {
		return patch[at+1:]
	}
	return ""
}

func (c *call) commitDiff() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	_, diff, err := c.Repos.Commit(c.ctx, c.actor, p.ID, c.element("sha"))
	if err != nil {
		return missing("Commit", err)
	}
	return whole(c, mapped(diff.Files, viewDiff))
}

type compareView struct {
	Commit  *commitView  `json:"commit"`
	Commits []commitView `json:"commits"`
	Diffs   []diffView   `json:"diffs"`
	Timeout bool         `json:"compare_timeout"`
	SameRef bool         `json:"compare_same_ref"`
	WebURL  string       `json:"web_url"`
}

func (c *call) compare() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	q := c.read()
	q.unsupported("from_project_id")
	from, to, straight := q.needed("from"), q.needed("to"), q.on("straight")
	if q.err != nil {
		return q.err
	}
	found, err := c.Repos.Compare(c.ctx, c.actor, p.ID, from, to)
	if err != nil {
		return missing("Ref", err)
	}
	diff := found.Diff
	if straight {
		if diff, err = c.Repos.DiffOf(c.ctx, p.ID, found.From, found.To, git.DiffLimits{}); err != nil {
			return err
		}
	}
	view := compareView{
		Commits: []commitView{}, Diffs: mapped(diff.Files, viewDiff), Timeout: diff.Truncated, SameRef: found.From == found.To,
		WebURL: c.projectAddress(p) + "/-/compare/" + from + "..." + to,
	}
	for _, commit := range slices.Backward(found.Commits) { // GitLab has the oldest first
		view.Commits = append(view.Commits, c.viewCommit(p, commit))
	}
	if n := len(view.Commits); n > 0 {
		view.Commit = &view.Commits[n-1]
	}
	return c.answer(http.StatusOK, view)
}

// change is what one call writes to a branch.
type change struct {
	branch  string
	from    string // begins the branch, when it is not there
	message string
	edits   []repo.Edit
}

// commit makes one commit of a change and gives its name. A repository without
// any commit gets its first.
func (c *call) commit(p project.Project, w change) (string, error) {
	head, err := c.head(p, w.branch)
	if err != nil {
		return "", err
	}
	begun := false
	if head == "" && w.from != "" {
		if head, err = c.Repos.CreateBranch(c.ctx, c.actor, p.ID, w.branch, w.from); err != nil {
			return "", err
		}
		begun = true
	}
	sha, err := c.Repos.CommitEdits(c.ctx, c.actor, p.ID, w.branch, head, w.edits, w.message)
	if err != nil && begun {
		if undo := c.Repos.DeleteBranch(c.ctx, c.actor, p.ID, w.branch, head); undo != nil {
			c.cfg.Log.WarnContext(c.ctx, "a branch that was begun for a refused commit stays", "branch", w.branch, "error", undo)
		}
	}
	return sha, err
}

// head is where a branch is; "" when there is none.
func (c *call) head(p project.Project, branch string) (string, error) {
	heads, err := c.Repos.Heads(c.ctx, p.ID, branch)
	return heads[branch], err
}

func (c *call) createCommit() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	q := c.read()
	q.unsupported("force", "start_sha", "start_project", "author_name", "author_email")
	w := change{branch: q.needed("branch"), from: q.text("start_branch"), message: q.needed("commit_message")}
	actions := q.objects("actions")
	if q.err != nil {
		return q.err
	}
	base := w.branch
	head, err := c.head(p, w.branch)
	if err != nil {
		return err
	}
	if head == "" {
		base = w.from
	}
	for _, a := range actions {
		edits, err := c.action(p, base, a)
		if err != nil {
			return err
		}
		w.edits = append(w.edits, edits...)
	}
	sha, err := c.commit(p, w)
	if err != nil {
		return err
	}
	view, err := c.wholeCommit(p, sha)
	if err != nil {
		return err
	}
	return c.answer(http.StatusCreated, view)
}

// action reads one action of a commit as edits.
func (c *call) action(p project.Project, base string, a *reader) ([]repo.Edit, error) {
	path := a.needed("file_path")
	content, given := a.content()
	kind := a.needed("action")
	if a.err != nil {
		return nil, a.err
	}
	if kind == "create" {
		return []repo.Edit{{Path: path, Content: content}}, c.mustLack(p, base, path)
	}
	at := path
	if kind == "move" {
		at = a.needed("previous_path")
	}
	if a.err != nil {
		return nil, a.err
	}
	old, err := c.bytes(p, base, at)
	if fault.Is(err, fault.Missing) {
		return nil, &refusal{http.StatusBadRequest, said{Message: "A file with this name doesn't exist"}}
	}
	if err != nil {
		return nil, err
	}
	switch kind {
	case "update":
		return []repo.Edit{{Path: path, Content: content}}, nil
	case "delete":
		return []repo.Edit{{Path: path, Delete: true}}, nil
	case "move":
		if !given {
			content = old
		}
		return []repo.Edit{{Path: at, Delete: true}, {Path: path, Content: content}}, nil
	default:
		return nil, invalid("actions[action]", fmt.Sprintf("%q is not supported by this server", kind))
	}
}

// content is a file's, as text or as base64.
func (r *reader) content() ([]byte, bool) {
	text := r.someText("content")
	if text == nil {
		return nil, false
	}
	if r.text("encoding") != "base64" {
		return []byte(*text), true
	}
	content, err := base64.StdEncoding.DecodeString(*text)
	if err != nil {
		r.fail("content", "is no base64")
	}
	return content, true
}

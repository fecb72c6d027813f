package rest

import (
	"net/http"
	"regexp"
	"strconv"
	"time"

	"dasier/ci"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/merge"
	"dasier/forge/project"
	"dasier/git"
)

type refsView struct {
	BaseSHA  string `json:"base_sha"`
	HeadSHA  string `json:"head_sha"`
	StartSHA string `json:"start_sha"`
}

type referencesView struct {
	Short    string `json:"short"`
	Relative string `json:"relative"`
	Full     string `json:"full"`
}

type mergeUserView struct {
	CanMerge bool `json:"can_merge"`
}

type mergeView struct {
	ID                   merge.ID       `json:"id"`
	IID                  int            `json:"iid"`
	ProjectID            project.ID     `json:"project_id"`
	SourceProjectID      project.ID     `json:"source_project_id"`
	TargetProjectID      project.ID     `json:"target_project_id"`
	Title                string         `json:"title"`
	Description          string         `json:"description"`
	State                merge.State    `json:"state"`
	CreatedAt            *time.Time     `json:"created_at"`
	UpdatedAt            *time.Time     `json:"updated_at"`
	PreparedAt           *time.Time     `json:"prepared_at"`
	SourceBranch         string         `json:"source_branch"`
	TargetBranch         string         `json:"target_branch"`
	Author               personView     `json:"author"`
	Assignee             *personView    `json:"assignee"`
	Assignees            []personView   `json:"assignees"`
	Reviewers            []personView   `json:"reviewers"`
	Labels               []string       `json:"labels"`
	Draft                bool           `json:"draft"`
	WorkInProgress       bool           `json:"work_in_progress"`
	SHA                  string         `json:"sha"`
	MergeCommitSHA       *string        `json:"merge_commit_sha"`
	SquashCommitSHA      *string        `json:"squash_commit_sha"`
	MergedAt             *time.Time     `json:"merged_at"`
	MergeUser            *personView    `json:"merge_user"`
	MergedBy             *personView    `json:"merged_by"`
	ClosedAt             *time.Time     `json:"closed_at"`
	ClosedBy             *personView    `json:"closed_by"`
	MergeStatus          string         `json:"merge_status"`
	DetailedMergeStatus  string         `json:"detailed_merge_status"`
	HasConflicts         bool           `json:"has_conflicts"`
	DiscussionsResolved  bool           `json:"blocking_discussions_resolved"`
	Squash               bool           `json:"squash"`
	SquashOnMerge        bool           `json:"squash_on_merge"`
	RemoveSource         bool           `json:"should_remove_source_branch"`
	ForceRemoveSource    bool           `json:"force_remove_source_branch"`
	AutoMerge            bool           `json:"merge_when_pipeline_succeeds"`
	WebURL               string         `json:"web_url"`
	References           referencesView `json:"references"`
	Upvotes              int            `json:"upvotes"`
	Downvotes            int            `json:"downvotes"`
	UserNotesCount       int            `json:"user_notes_count"`
	DiscussionLocked     bool           `json:"discussion_locked"`
	ChangesCount         string         `json:"changes_count,omitempty"`
	DiffRefs             *refsView      `json:"diff_refs,omitempty"`
	Pipeline             *pipelineBrief `json:"pipeline,omitempty"`
	HeadPipeline         *pipelineView  `json:"head_pipeline,omitempty"`
	User                 *mergeUserView `json:"user,omitempty"`
	DivergedCommitsCount *int           `json:"diverged_commits_count,omitempty"`
	RebaseInProgress     bool           `json:"rebase_in_progress"`
}

// mergeStatuses are GitLab's words for what blocks a merge.
var mergeStatuses = map[merge.Kind]string{
	merge.BlockClosed: "not_open", merge.BlockDraft: "draft_status", merge.BlockBranch: "commits_status", merge.BlockEmpty: "commits_status",
	merge.BlockConflict: "conflict", merge.BlockRebase: "need_rebase", merge.BlockApprovals: "not_approved", merge.BlockOwners: "not_approved",
	merge.BlockPipeline: "ci_must_pass", merge.BlockThreads: "discussions_not_resolved",
}

// draftMark is what a draft's title begins with in GitLab.
var draftMark = regexp.MustCompile(`(?i)^\s*(\[draft\]|\(draft\)|draft:)`)

// viewMerge is a merge request in a list.
func (c *call) viewMerge(p project.Project, s merge.Status) mergeView {
	r := s.Request
	view := mergeView{
		ID: r.ID, IID: r.Number, ProjectID: r.Project, SourceProjectID: r.Project, TargetProjectID: r.Project, Title: r.Title, Description: r.Description,
		State: r.State, CreatedAt: moment(r.CreatedAt), UpdatedAt: moment(r.UpdatedAt), PreparedAt: moment(r.CreatedAt),
		SourceBranch: r.Source, TargetBranch: r.Target, Author: c.viewMergePerson(r.Author), Assignees: []personView{},
		Reviewers: mapped(r.Reviewers, c.viewMergePerson), Labels: []string{}, Draft: r.Draft, WorkInProgress: r.Draft, SHA: s.Head,
		MergedAt: moment(r.MergedAt), MergeUser: c.someMergePerson(r.MergedBy), MergedBy: c.someMergePerson(r.MergedBy),
		ClosedAt: moment(r.ClosedAt), ClosedBy: c.someMergePerson(r.ClosedBy), MergeStatus: "can_be_merged", DetailedMergeStatus: "mergeable",
		HasConflicts: len(s.Conflicts) > 0, DiscussionsResolved: s.Unresolved == 0, Squash: r.Squash, SquashOnMerge: r.Squash,
		RemoveSource: r.RemoveSource, ForceRemoveSource: r.RemoveSource, WebURL: c.projectAddress(p) + "/merge-requests/" + strconv.Itoa(r.Number),
		UserNotesCount: s.Threads,
	}
	mark := "!" + strconv.Itoa(r.Number)
	view.References = referencesView{mark, mark, p.Path() + mark}
	if r.Draft {
		view.Title = "Draft: " + r.Title // where GitLab's clients look for it, and take it off
	}
	if r.MergeSHA != "" {
		view.MergeCommitSHA = &r.MergeSHA
	}
	for _, b := range s.Blockers {
		// What blocks only this actor is no state of the request.
		if word, ok := mergeStatuses[b.Kind]; ok {
			view.DetailedMergeStatus, view.MergeStatus = word, "cannot_be_merged"
			break
		}
	}
	return view
}

func (c *call) viewWholeMerge(p project.Project, s merge.Status) (mergeView, error) {
	view := c.viewMerge(p, s)
	view.ChangesCount = strconv.Itoa(s.Diff.Files)
	view.DiffRefs = &refsView{BaseSHA: s.Request.Base, HeadSHA: s.Head, StartSHA: s.Request.Base}
	view.User = &mergeUserView{s.MergeRefusal == nil}
	view.DivergedCommitsCount = &s.Behind
	pipelines, _, err := c.CI.List(c.ctx, c.actor, p.ID, ci.Filter{Ref: s.Request.Source, SHA: s.Head, Limit: 1})
	if tolerate(err) != nil {
		return view, err
	}
	if len(pipelines) > 0 {
		brief, whole := c.viewPipelineBrief(p, &pipelines[0]), c.viewPipeline(p, &pipelines[0])
		view.Pipeline, view.HeadPipeline = &brief, &whole
	}
	return view, nil
}

func (c *call) answerMerge(status int, p project.Project, r merge.Request, err error) error {
	if err != nil {
		return missing("Merge Request", err)
	}
	s, err := c.Merges.StatusOf(c.ctx, c.actor, r)
	if err != nil {
		return err
	}
	view, err := c.viewWholeMerge(p, s)
	if err != nil {
		return err
	}
	return c.answer(status, view)
}

// inMerge is the project and the number of the request that the path names.
func (c *call) inMerge() (project.Project, int, error) {
	p, err := c.project()
	if err != nil {
		return p, 0, err
	}
	number, err := c.number("iid")
	return p, int(number), err
}

func (c *call) merge() (project.Project, merge.Request, error) {
	p, number, err := c.inMerge()
	if err != nil {
		return p, merge.Request{}, err
	}
	r, err := c.Merges.Get(c.ctx, c.actor, p.ID, number)
	return p, r, missing("Merge Request", err)
}

func (c *call) listMerges() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	q := c.read()
	q.unsupported("labels", "milestone", "assignee_id", "assignee_username", "author_id", "reviewer_id", "approver_ids", "approved_by_ids", "my_reaction_emoji",
		"created_after", "created_before", "updated_after", "updated_before", "wip", "draft", "iids", "not", "deployed_before", "deployed_after", "environment")
	at := c.page()
	filter := merge.Filter{
		Search: q.text("search"), Author: q.text("author_username"), Reviewer: q.text("reviewer_username"),
		Source: q.text("source_branch"), Target: q.text("target_branch"), Offset: at.Offset, Limit: at.Limit,
	}
	switch state := q.text("state"); state {
	case "", "all":
	case "opened", "closed", "merged":
		filter.State = merge.State(state)
	case "locked":
		return whole(c, []mergeView{})
	default:
		q.fail("state", "does not have a valid value")
	}
	if q.err != nil {
		return q.err
	}
	requests, total, err := c.Merges.List(c.ctx, c.actor, p.ID, filter)
	if err != nil {
		return err
	}
	views := make([]mergeView, len(requests))
	for i, r := range requests {
		s, err := c.Merges.StatusOf(c.ctx, c.actor, r)
		if err != nil {
			return err
		}
		views[i] = c.viewMerge(p, s)
	}
	return listed(c, views, total)
}

func (c *call) getMerge() error {
	p, r, err := c.merge()
	return c.answerMerge(http.StatusOK, p, r, err)
}

// noSuchMerges are fields of GitLab's merge requests that there are none of here.
var noSuchMerges = []string{"labels", "add_labels", "remove_labels", "milestone_id", "assignee_id", "assignee_ids", "discussion_locked", "merge_after"}

func (c *call) createMerge() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	q := c.read()
	q.unsupported(noSuchMerges...)
	if other := q.number("target_project_id"); other != nil && *other != int64(p.ID) {
		q.fail("target_project_id", "must be the project itself: there are no forks on this server")
	}
	n := merge.Opening{
		Source: q.needed("source_branch"), Target: q.needed("target_branch"), Title: q.needed("title"), Description: q.text("description"),
		RemoveSource: q.flag("remove_source_branch"), Squash: q.on("squash"),
	}
	reviewers := q.numbers("reviewer_ids")
	if q.err != nil {
		return q.err
	}
	if err := c.may(p.ID, auth.CreateMerge); err != nil {
		return err
	}
	if reviewers != nil {
		if n.Reviewers, err = c.usernames(*reviewers); err != nil {
			return err
		}
	}
	r, err := c.Merges.Open(c.ctx, c.actor, p.ID, n)
	if fault.Is(err, fault.Missing) {
		return &refusal{http.StatusBadRequest, said{Message: fault.Message(err)}}
	}
	return c.answerMerge(http.StatusCreated, p, r, err)
}

func (c *call) updateMerge() error {
	p, r, err := c.merge()
	if err != nil {
		return err
	}
	q := c.read()
	q.unsupported(noSuchMerges...)
	edit := merge.Edit{
		Title: q.someText("title"), Description: q.someText("description"), Target: q.someText("target_branch"),
		RemoveSource: q.flag("remove_source_branch"), Squash: q.flag("squash"),
	}
	if edit.Title != nil { // a title says whether it is a draft
		draft := draftMark.MatchString(*edit.Title)
		edit.Draft = &draft
	}
	reviewers, event := q.numbers("reviewer_ids"), q.text("state_event")
	if event != "" && event != "close" && event != "reopen" {
		q.fail("state_event", "does not have a valid value")
	}
	if q.err != nil {
		return q.err
	}
	if reviewers != nil {
		names, err := c.usernames(*reviewers)
		if err != nil {
			return err
		}
		edit.Reviewers = &names
	}
	if edit != (merge.Edit{}) {
		if r, err = c.Merges.Edit(c.ctx, c.actor, p.ID, r.Number, edit); err != nil {
			return err
		}
	}
	switch event {
	case "close":
		r, err = c.Merges.Close(c.ctx, c.actor, p.ID, r.Number)
	case "reopen":
		r, err = c.Merges.Reopen(c.ctx, c.actor, p.ID, r.Number)
	}
	return c.answerMerge(http.StatusOK, p, r, err)
}

func (c *call) acceptMerge() error {
	p, r, err := c.merge()
	if err != nil {
		return err
	}
	q := c.read()
	q.unsupported("merge_when_pipeline_succeeds", "auto_merge")
	opts := merge.Options{SHA: q.text("sha"), Message: q.text("merge_commit_message"), Squash: q.flag("squash"), RemoveSource: q.flag("should_remove_source_branch")}
	if message := q.text("squash_commit_message"); message != "" {
		opts.Message = message
	}
	if q.err != nil {
		return q.err
	}
	switch {
	case r.State != merge.Opened:
		return &refusal{http.StatusMethodNotAllowed, said{Message: "405 Method Not Allowed - the merge request is " + string(r.State)}}
	case opts.SHA == "":
		opts.SHA = r.Head
	case opts.SHA != r.Head:
		return taken("SHA does not match HEAD of source branch: " + r.Head)
	}
	r, err = c.Merges.Merge(c.ctx, c.actor, p.ID, r.Number, opts)
	return c.answerMerge(http.StatusOK, p, r, err)
}

type rebaseView struct {
	RebaseInProgress bool    `json:"rebase_in_progress"`
	MergeError       *string `json:"merge_error"`
}

func (c *call) rebaseMerge() error {
	p, r, err := c.merge()
	if err != nil {
		return err
	}
	if _, err := c.Merges.Rebase(c.ctx, c.actor, p.ID, r.Number); err != nil {
		return err
	}
	// It is done already, where GitLab has only begun.
	return c.answer(http.StatusAccepted, rebaseView{})
}

func (c *call) mergeCommits() error {
	p, number, err := c.inMerge()
	if err != nil {
		return err
	}
	at := c.page()
	commits, total, err := c.Merges.Commits(c.ctx, c.actor, p.ID, number, at.Offset, at.Limit)
	if err != nil {
		return missing("Merge Request", err)
	}
	return listed(c, mapped(commits, func(g git.Commit) commitView { return c.viewCommit(p, g) }), total)
}

func (c *call) mergePipelines() error {
	p, r, err := c.merge()
	if err != nil {
		return err
	}
	versions, err := c.Merges.Versions(c.ctx, c.actor, p.ID, r.Number)
	if err != nil {
		return err
	}
	ours := map[string]bool{}
	for _, v := range versions {
		ours[v.Head] = true
	}
	const looked = 200
	pipelines, _, err := c.CI.List(c.ctx, c.actor, p.ID, ci.Filter{Ref: r.Source, Limit: looked})
	if err != nil {
		return err
	}
	views := []pipelineBrief{}
	for i := range pipelines {
		if ours[pipelines[i].SHA] {
			views = append(views, c.viewPipelineBrief(p, &pipelines[i]))
		}
	}
	return whole(c, views)
}

func (c *call) createMergePipeline() error {
	p, r, err := c.merge()
	if err != nil {
		return err
	}
	made, err := c.CI.Create(c.ctx, c.actor, p.ID, r.Source, nil)
	if err != nil {
		return err
	}
	return c.answerPipeline(http.StatusCreated, p, made.ID)
}

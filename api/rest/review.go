package rest

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"dasier/fault"
	"dasier/forge/discuss"
	"dasier/forge/merge"
	"dasier/forge/project"
	"dasier/git"
)

type approverView struct {
	User       personView `json:"user"`
	ApprovedAt *time.Time `json:"approved_at"`
}

type approvalsView struct {
	ID                merge.ID       `json:"id"`
	IID               int            `json:"iid"`
	ProjectID         project.ID     `json:"project_id"`
	Title             string         `json:"title"`
	Description       string         `json:"description"`
	State             merge.State    `json:"state"`
	CreatedAt         *time.Time     `json:"created_at"`
	UpdatedAt         *time.Time     `json:"updated_at"`
	MergeStatus       string         `json:"merge_status"`
	Approved          bool           `json:"approved"`
	ApprovalsRequired int            `json:"approvals_required"`
	ApprovalsLeft     int            `json:"approvals_left"`
	ApprovedBy        []approverView `json:"approved_by"`
	UserHasApproved   bool           `json:"user_has_approved"`
	UserCanApprove    bool           `json:"user_can_approve"`
	HasApprovalRules  bool           `json:"has_approval_rules"`
}

// viewApprovals counts what holds: an approval of other content is none to
// GitLab's clients.
func (c *call) viewApprovals(p project.Project, s merge.Status) approvalsView {
	of := c.viewMerge(p, s)
	view := approvalsView{
		ID: of.ID, IID: of.IID, ProjectID: of.ProjectID, Title: of.Title, Description: of.Description, State: of.State, CreatedAt: of.CreatedAt,
		UpdatedAt: of.UpdatedAt, MergeStatus: of.MergeStatus, Approved: true, ApprovedBy: []approverView{}, UserCanApprove: s.ApproveRefusal == nil,
	}
	if s.Rule != nil {
		view.ApprovalsRequired, view.HasApprovalRules = s.Rule.Approvals, s.Rule.Approvals > 0
		view.ApprovalsLeft = max(0, s.Rule.Approvals-s.Given)
	}
	for _, b := range s.Blockers {
		view.Approved = view.Approved && b.Kind != merge.BlockApprovals && b.Kind != merge.BlockOwners
	}
	for _, a := range s.Approvals {
		if a.Holds {
			view.ApprovedBy = append(view.ApprovedBy, approverView{c.viewMergePerson(a.User), moment(a.At)})
			view.UserHasApproved = view.UserHasApproved || a.User.ID == c.actor.User
		}
	}
	return view
}

func (c *call) answerApprovals(status int, p project.Project, number int) error {
	s, err := c.Merges.Status(c.ctx, c.actor, p.ID, number)
	if err != nil {
		return missing("Merge Request", err)
	}
	return c.answer(status, c.viewApprovals(p, s))
}

func (c *call) approvals() error {
	p, number, err := c.inMerge()
	if err != nil {
		return err
	}
	return c.answerApprovals(http.StatusOK, p, number)
}

func (c *call) approve() error {
	p, r, err := c.merge()
	if err != nil {
		return err
	}
	q := c.read()
	q.unsupported("approval_password")
	sha := q.text("sha")
	if q.err != nil {
		return q.err
	}
	if sha == "" {
		sha = r.Head
	} else if sha != r.Head {
		return taken("SHA does not match HEAD of source branch: " + r.Head)
	}
	if _, err := c.Merges.Approve(c.ctx, c.actor, p.ID, r.Number, sha); err != nil {
		return err
	}
	return c.answerApprovals(http.StatusCreated, p, r.Number)
}

func (c *call) unapprove() error {
	p, r, err := c.merge()
	if err != nil {
		return err
	}
	if _, err := c.Merges.Unapprove(c.ctx, c.actor, p.ID, r.Number); err != nil {
		return missing("Approval", err)
	}
	return c.answerApprovals(http.StatusCreated, p, r.Number)
}

func (c *call) mergeChangesOf(p project.Project, number int, r discuss.Range) ([]diffView, bool, error) {
	d, err := c.Discuss.Diff(c.ctx, c.actor, p.ID, number, r)
	if err != nil {
		return nil, false, missing("Merge Request", err)
	}
	return mapped(d.Files, viewChange), d.Truncated, nil
}

func (c *call) mergeDiffs() error {
	p, number, err := c.inMerge()
	if err != nil {
		return err
	}
	changes, _, err := c.mergeChangesOf(p, number, discuss.Range{})
	if err != nil {
		return err
	}
	return whole(c, changes)
}

type changesView struct {
	mergeView
	Changes  []diffView `json:"changes"`
	Overflow bool       `json:"overflow"`
}

func (c *call) mergeChanges() error {
	p, number, err := c.inMerge()
	if err != nil {
		return err
	}
	s, err := c.Merges.Status(c.ctx, c.actor, p.ID, number)
	if err != nil {
		return missing("Merge Request", err)
	}
	of, err := c.viewWholeMerge(p, s)
	if err != nil {
		return err
	}
	view := changesView{mergeView: of}
	if view.Changes, view.Overflow, err = c.mergeChangesOf(p, number, discuss.Range{}); err != nil {
		return err
	}
	return c.answer(http.StatusOK, view)
}

type versionView struct {
	ID        int          `json:"id"`
	Head      string       `json:"head_commit_sha"`
	Base      string       `json:"base_commit_sha"`
	Start     string       `json:"start_commit_sha"`
	CreatedAt *time.Time   `json:"created_at"`
	Request   merge.ID     `json:"merge_request_id"`
	State     string       `json:"state"`
	RealSize  string       `json:"real_size"`
	Commits   []commitView `json:"commits,omitempty"`
	Diffs     []diffView   `json:"diffs,omitempty"`
}

// viewVersion numbers versions by their place in the request.
func viewVersion(r merge.Request, v merge.Version) versionView {
	return versionView{
		ID: v.Number, Head: v.Head, Base: v.Base, Start: v.Base, CreatedAt: moment(v.CreatedAt), Request: r.ID, State: "collected", RealSize: strconv.Itoa(v.Files),
	}
}

func (c *call) mergeVersions() error {
	p, r, err := c.merge()
	if err != nil {
		return err
	}
	versions, err := c.Merges.Versions(c.ctx, c.actor, p.ID, r.Number)
	if err != nil {
		return err
	}
	views := []versionView{}
	for _, version := range slices.Backward(versions) { // GitLab has the newest first
		views = append(views, viewVersion(r, version))
	}
	return whole(c, views)
}

func (c *call) mergeVersion() error {
	p, r, err := c.merge()
	if err != nil {
		return err
	}
	wanted, err := c.number("version")
	if err != nil {
		return err
	}
	versions, err := c.Merges.Versions(c.ctx, c.actor, p.ID, r.Number)
	if err != nil {
		return err
	}
	for _, v := range versions {
		if int64(v.Number) != wanted {
			continue
		}
		view := viewVersion(r, v)
		if view.Diffs, _, err = c.mergeChangesOf(p, r.Number, discuss.Range{Version: v.Number}); err != nil {
			return err
		}
		const most = 1000
		commits, err := c.Repos.Between(c.ctx, p.ID, v.Base, v.Head, 0, most)
		if err != nil {
			return err
		}
		view.Commits = mapped(commits, func(g git.Commit) commitView { return c.viewCommit(p, g) })
		return c.answer(http.StatusOK, view)
	}
	return missing("Version", fault.Errorf(fault.Missing, "no version %d", wanted))
}

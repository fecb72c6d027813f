package console

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"dasier/ci"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/merge"
	"dasier/forge/project"
	"dasier/forge/repo"
)

type approvalCountView struct {
	Given  int `json:"given" doc:"that hold and count for the branch"`
	Needed int `json:"needed"`
}

type threadCountView struct {
	Unresolved int `json:"unresolved"`
	Total      int `json:"total"`
}

// MergeSummary is a merge request in a list.
type MergeSummary struct {
	Number    int               `json:"number"`
	Title     string            `json:"title"`
	State     merge.State       `json:"state" enum:"opened,closed,merged"`
	Draft     bool              `json:"draft"`
	Source    string            `json:"source"`
	Target    string            `json:"target"`
	Author    userView          `json:"author"`
	Reviewers []userView        `json:"reviewers"`
	CreatedAt time.Time         `json:"created_at"`
	UpdatedAt time.Time         `json:"updated_at"`
	Approvals approvalCountView `json:"approvals"`
	Threads   threadCountView   `json:"threads"`
	Pipeline  *PipelineSummary  `json:"pipeline,omitempty" doc:"the newest of the head commit"`
	Blocked   bool              `json:"blocked" doc:"something stands in the way of the caller's merge"`
	Conflicts bool              `json:"conflicts"`
}

type mergeRequestView struct {
	MergeSummary
	ID           merge.ID        `json:"id"`
	ProjectID    project.ID      `json:"project_id"`
	Description  string          `json:"description" doc:"Markdown"`
	HeadSHA      string          `json:"head_sha"`
	BaseSHA      string          `json:"base_sha"`
	TargetSHA    string          `json:"target_sha" doc:"empty when the target branch is gone"`
	Commits      int             `json:"commits"`
	Versions     int             `json:"versions"`
	Method       repo.Method     `json:"merge_method" enum:"merge,squash,rebase,ff"`
	Squash       bool            `json:"squash"`
	RemoveSource bool            `json:"remove_source_branch"`
	SourceExists bool            `json:"source_exists"`
	Blockers     []blockerView   `json:"blockers"`
	CanMerge     bool            `json:"can_merge" doc:"by the caller, now"`
	May          mergeRightsView `json:"may"`
	Given        []standingView  `json:"approvals_list"`
	Rule         *mergeRuleView  `json:"rule" doc:"of the target branch; null when it is not protected"`
	Owners       []ownersView    `json:"owners"`
	Content      contentView     `json:"content" doc:"what an approval is given for"`
	MergedAt     *time.Time      `json:"merged_at,omitempty"`
	MergedBy     *userView       `json:"merged_by,omitempty"`
	MergeSHA     string          `json:"merge_sha,omitempty"`
	ClosedAt     *time.Time      `json:"closed_at,omitempty"`
	ClosedBy     *userView       `json:"closed_by,omitempty"`
	Diff         diffSizeView    `json:"diff"`
	Behind       int             `json:"behind" doc:"commits that the target has and the source lacks"`
}

type blockerView struct {
	Kind    merge.Kind `json:"kind" enum:"closed,draft,empty,conflict,rebase,approvals,owners,pipeline,threads,role,branch"`
	Message string     `json:"message"`
	Unblock string     `json:"unblock" doc:"what would mend it"`
	Paths   []string   `json:"paths,omitempty"`
}

type mergeRightsView struct {
	Edit           bool   `json:"edit"`
	Approve        bool   `json:"approve"`
	ApproveRefusal string `json:"approve_refusal,omitempty"`
	Merge          bool   `json:"merge"`
	MergeRefusal   string `json:"merge_refusal,omitempty"`
	Comment        bool   `json:"comment"`
}

type standingView struct {
	User    userView  `json:"user"`
	Role    string    `json:"role"`
	At      time.Time `json:"at"`
	SHA     string    `json:"sha"`
	Holds   bool      `json:"holds"`
	Changed []string  `json:"changed" doc:"why it is void"`
}

type mergeRuleView struct {
	Pattern         string `json:"pattern"`
	Approvals       int    `json:"approvals"`
	ApprovalRole    string `json:"approval_role" enum:"developer,maintainer"`
	RequirePipeline bool   `json:"require_pipeline"`
	RequireResolved bool   `json:"require_resolved"`
	RequireOwners   bool   `json:"require_owners"`
}

type ownersView struct {
	Section   string   `json:"section"`
	Pattern   string   `json:"pattern"`
	Paths     []string `json:"paths"`
	Owners    []string `json:"owners"`
	Approvals int      `json:"approvals"`
	Given     int      `json:"given"`
	Optional  bool     `json:"optional"`
}

type contentModelView struct {
	Name    string `json:"name"`
	Version int    `json:"version"`
	Digest  string `json:"digest"`
}

type contentView struct {
	Tree   string             `json:"tree"`
	Models []contentModelView `json:"models"`
	Data   string             `json:"data"`
}

type diffSizeView struct {
	Files     int `json:"files"`
	Additions int `json:"additions"`
	Deletions int `json:"deletions"`
}

type mergeVersionView struct {
	Number    int       `json:"number"`
	HeadSHA   string    `json:"head_sha"`
	BaseSHA   string    `json:"base_sha"`
	CreatedAt time.Time `json:"created_at"`
	User      string    `json:"user"`
	Commits   int       `json:"commits"`
}

type proposalView struct {
	Source      string   `json:"source"`
	Target      string   `json:"target"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Commits     int      `json:"commits"`
	Conflicts   []string `json:"conflicts"`
	Exists      int      `json:"exists,omitempty" doc:"the number of the open request of the two branches"`
}

func viewPerson(p merge.Person) userView {
	return userView{ID: p.ID, Username: p.Username, Name: p.Name}
}

func somePerson(p merge.Person) *userView {
	if p.ID == 0 {
		return nil
	}
	view := viewPerson(p)
	return &view
}

func (a *API) viewMergeSummary(ctx context.Context, actor auth.Actor, s merge.Status) (MergeSummary, error) {
	r := s.Request
	view := MergeSummary{
		Number: r.Number, Title: r.Title, State: r.State, Draft: r.Draft, Source: r.Source, Target: r.Target, Author: viewPerson(r.Author),
		Reviewers: mapped(r.Reviewers, viewPerson), CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
		Threads: threadCountView{s.Unresolved, s.Threads}, Blocked: len(s.Blockers) > 0, Conflicts: len(s.Conflicts) > 0,
	}
	view.Approvals.Given = s.Given
	if s.Rule != nil {
		view.Approvals.Needed = s.Rule.Approvals
	}
	pipelines, _, err := a.CI.List(ctx, actor, r.Project, ci.Filter{Ref: r.Source, SHA: s.Head, Limit: 1})
	if err = tolerate(err); err == nil && len(pipelines) > 0 {
		summary := a.viewPipelineSummary(&pipelines[0])
		view.Pipeline = &summary
	}
	return view, err
}

func (a *API) viewMergeRequest(ctx context.Context, actor auth.Actor, s merge.Status) (mergeRequestView, error) {
	summary, err := a.viewMergeSummary(ctx, actor, s)
	r := s.Request
	view := mergeRequestView{
		MergeSummary: summary, ID: r.ID, ProjectID: r.Project, Description: r.Description, HeadSHA: s.Head, BaseSHA: r.Base, TargetSHA: s.TargetSHA,
		Commits: s.Commits, Versions: r.Versions, Method: s.Settings.Method, Squash: r.Squash, RemoveSource: r.RemoveSource, SourceExists: s.SourceExists,
		Blockers: mapped(s.Blockers, viewBlocker), CanMerge: s.CanMerge(),
		May: mergeRightsView{
			Edit: s.EditRefusal == nil, Approve: s.ApproveRefusal == nil, ApproveRefusal: refusalText(s.ApproveRefusal),
			Merge: s.MergeRefusal == nil, MergeRefusal: refusalText(s.MergeRefusal), Comment: s.CommentRefusal == nil,
		},
		Given: mapped(s.Approvals, func(a merge.Standing) standingView {
			return standingView{viewPerson(a.User), a.Role.String(), a.At, a.Head, a.Holds, append([]string{}, a.Changed...)}
		}),
		Owners: mapped(s.Owners, func(o merge.Owners) ownersView { return ownersView(o) }),
		Content: contentView{s.Content.Tree, mapped(s.Content.Models, func(m merge.Model) contentModelView {
			return contentModelView{m.Name, m.Number, m.Digest}
		}), s.Content.Data},
		MergedAt: moment(r.MergedAt), MergedBy: somePerson(r.MergedBy), MergeSHA: r.MergeSHA, ClosedAt: moment(r.ClosedAt), ClosedBy: somePerson(r.ClosedBy),
		Diff: diffSizeView(s.Diff), Behind: s.Behind,
	}
	if rule := s.Rule; rule != nil {
		view.Rule = &mergeRuleView{rule.Pattern, rule.Approvals, rule.ApprovalRole.String(), rule.RequirePipeline, rule.RequireResolved, rule.RequireOwners}
	}
	return view, err
}

func viewBlocker(b merge.Blocker) blockerView {
	return blockerView{b.Kind, b.Message, b.Unblock, b.Paths}
}

func refusalText(err error) string {
	if err == nil {
		return ""
	}
	return fault.Message(err)
}

type openMergeInput struct {
	InProject
	Body struct {
		Source       string   `json:"source"`
		Target       string   `json:"target"`
		Title        string   `json:"title" required:"false" doc:"of the only commit, or the branch's name, when absent"`
		Description  string   `json:"description" required:"false"`
		Draft        bool     `json:"draft" required:"false"`
		Reviewers    []string `json:"reviewers" required:"false" doc:"user names"`
		RemoveSource *bool    `json:"remove_source_branch" required:"false" doc:"as the project says when absent"`
		Squash       bool     `json:"squash" required:"false"`
	}
}

type editMergeInput struct {
	OfRequest
	Body struct {
		Title        *string   `json:"title" required:"false"`
		Description  *string   `json:"description" required:"false"`
		Draft        *bool     `json:"draft" required:"false"`
		Target       *string   `json:"target" required:"false"`
		Reviewers    *[]string `json:"reviewers" required:"false"`
		RemoveSource *bool     `json:"remove_source_branch" required:"false"`
		Squash       *bool     `json:"squash" required:"false"`
	}
}

type approveMergeInput struct {
	OfRequest
	Body struct {
		SHA string `json:"sha" doc:"the head that was looked at; another one is refused"`
	}
}

type mergeRequestInput struct {
	OfRequest
	Body struct {
		SHA          string `json:"sha" doc:"the head that was looked at; another one is refused"`
		Message      string `json:"message" required:"false"`
		Squash       *bool  `json:"squash" required:"false"`
		RemoveSource *bool  `json:"remove_source_branch" required:"false"`
	}
}

func (a *API) mergeRoutes() {
	const base = "/projects/{project}/merge-requests"
	route(a, http.MethodGet, base, "Merge requests, newest first", func(ctx context.Context, actor auth.Actor, q *struct {
		InProject
		Paging
		State    string `query:"state" enum:"opened,closed,merged,all" default:"all"`
		Search   string `query:"search" doc:"a part of title or description"`
		Author   string `query:"author" doc:"user name"`
		Reviewer string `query:"reviewer" doc:"user name"`
		Source   string `query:"source"`
		Target   string `query:"target"`
	},
	) (list[MergeSummary], error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (list[MergeSummary], error) {
			filter := merge.Filter{
				State: merge.State(q.State), Search: q.Search, Author: q.Author, Reviewer: q.Reviewer, Source: q.Source, Target: q.Target,
				Offset: q.offset(), Limit: q.PerPage,
			}
			if q.State == "all" {
				filter.State = ""
			}
			return a.mergeRequests(ctx, actor, p.ID, filter)
		})
	})
	route(a, http.MethodPost, base, "Open a merge request", func(ctx context.Context, actor auth.Actor, q *openMergeInput) (mergeRequestView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (mergeRequestView, error) {
			b := q.Body
			r, err := a.Merges.Open(ctx, actor, p.ID, merge.Opening{
				Source: b.Source, Target: b.Target, Title: b.Title, Description: b.Description, Draft: b.Draft, Reviewers: b.Reviewers,
				RemoveSource: b.RemoveSource, Squash: b.Squash,
			})
			return a.afterMerge(ctx, actor, r, err)
		})
	}, http.StatusCreated)
	route(a, http.MethodGet, base+"/new", "What a new merge request would be", func(ctx context.Context, actor auth.Actor, q *struct {
		InProject
		Source string `query:"source" required:"true"`
		Target string `query:"target" doc:"the default branch when absent"`
	},
	) (proposalView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (proposalView, error) {
			n, err := a.Merges.Propose(ctx, actor, p.ID, q.Source, q.Target)
			return proposalView{n.Source, n.Target, n.Title, n.Description, n.Commits, append([]string{}, n.Conflicts...), n.Exists}, err
		})
	})
	route(a, http.MethodGet, base+"/{number}", "A merge request, and what stands in its way", func(ctx context.Context, actor auth.Actor, q *OfRequest) (mergeRequestView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (mergeRequestView, error) {
			r, err := a.Merges.Get(ctx, actor, p.ID, q.Number)
			return a.afterMerge(ctx, actor, r, err)
		})
	})
	route(a, http.MethodPatch, base+"/{number}", "Change a merge request", func(ctx context.Context, actor auth.Actor, q *editMergeInput) (mergeRequestView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (mergeRequestView, error) {
			r, err := a.Merges.Edit(ctx, actor, p.ID, q.Number, merge.Edit(q.Body))
			return a.afterMerge(ctx, actor, r, err)
		})
	})
	a.mergeVerbRoutes()
	a.mergePartRoutes()
	a.waitingRoutes()
}

func (a *API) mergeVerbRoutes() {
	const base = "/projects/{project}/merge-requests/{number}"
	type verb = func(context.Context, auth.Actor, project.ID, int) (merge.Request, error)
	for name, v := range map[string]struct {
		summary string
		do      verb
	}{
		"close": {"Close a merge request", a.Merges.Close}, "reopen": {"Reopen a merge request", a.Merges.Reopen},
		"unapprove": {"Take one's approval back", a.Merges.Unapprove},
		"rebase":    {"Make the commits anew on top of the target", a.Merges.Rebase}, "update": {"Merge the target into the source branch", a.Merges.Update},
	} {
		route(a, http.MethodPost, base+"/"+name, v.summary, func(ctx context.Context, actor auth.Actor, q *OfRequest) (mergeRequestView, error) {
			return in(ctx, a, actor, q.Project, func(p project.Project) (mergeRequestView, error) {
				r, err := v.do(ctx, actor, p.ID, q.Number)
				return a.afterMerge(ctx, actor, r, err)
			})
		})
	}
	route(a, http.MethodPost, base+"/approve", "Approve a merge request as it is at a commit", func(ctx context.Context, actor auth.Actor, q *approveMergeInput) (mergeRequestView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (mergeRequestView, error) {
			r, err := a.Merges.Approve(ctx, actor, p.ID, q.Number, q.Body.SHA)
			return a.afterMerge(ctx, actor, r, err)
		})
	})
	route(a, http.MethodPost, base+"/merge", "Merge a merge request as it is at a commit", func(ctx context.Context, actor auth.Actor, q *mergeRequestInput) (mergeRequestView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (mergeRequestView, error) {
			b := q.Body
			r, err := a.Merges.Merge(ctx, actor, p.ID, q.Number, merge.Options{SHA: b.SHA, Message: b.Message, Squash: b.Squash, RemoveSource: b.RemoveSource})
			return a.afterMerge(ctx, actor, r, err)
		})
	})
}

func (a *API) mergePartRoutes() {
	const base = "/projects/{project}/merge-requests/{number}"
	route(a, http.MethodGet, base+"/commits", "A merge request's commits, newest first", func(ctx context.Context, actor auth.Actor, q *struct {
		OfRequest
		Paging
	},
	) (list[CommitView], error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (list[CommitView], error) {
			commits, total, err := a.Merges.Commits(ctx, actor, p.ID, q.Number, q.offset(), q.PerPage)
			return list[CommitView]{mapped(commits, viewCommit), total}, err
		})
	})
	route(a, http.MethodGet, base+"/pipelines", "The pipelines of a merge request's branch, newest first", func(ctx context.Context, actor auth.Actor, q *struct {
		OfRequest
		Paging
	},
	) (list[PipelineSummary], error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (list[PipelineSummary], error) {
			r, err := a.Merges.Get(ctx, actor, p.ID, q.Number)
			if err != nil {
				return list[PipelineSummary]{}, err
			}
			pipelines, total, err := a.CI.List(ctx, actor, p.ID, ci.Filter{Ref: r.Source, Offset: q.offset(), Limit: q.PerPage})
			return list[PipelineSummary]{mapped(pipelines, func(p ci.Pipeline) PipelineSummary { return a.viewPipelineSummary(&p) }), total}, err
		})
	})
	route(a, http.MethodGet, base+"/versions", "What a merge request's branch was, oldest first", func(ctx context.Context, actor auth.Actor, q *OfRequest) (list[mergeVersionView], error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (list[mergeVersionView], error) {
			versions, err := a.Merges.Versions(ctx, actor, p.ID, q.Number)
			return list[mergeVersionView]{mapped(versions, func(v merge.Version) mergeVersionView {
				return mergeVersionView{v.Number, v.Head, v.Base, v.CreatedAt, v.User.Username, v.Commits}
			}), len(versions)}, err
		})
	})
}

func (a *API) mergeRequests(ctx context.Context, actor auth.Actor, id project.ID, filter merge.Filter) (list[MergeSummary], error) {
	requests, total, err := a.Merges.List(ctx, actor, id, filter)
	views := list[MergeSummary]{Items: make([]MergeSummary, len(requests)), Total: total}
	for i, r := range requests {
		if err != nil {
			return views, err
		}
		var s merge.Status
		if s, err = a.Merges.StatusOf(ctx, actor, r); err == nil {
			views.Items[i], err = a.viewMergeSummary(ctx, actor, s)
		}
	}
	return views, err
}

// addMerges says how a project merges.
func (a *API) addMerges(ctx context.Context, actor auth.Actor, id project.ID, view *projectView) error {
	settings, err := a.Merges.Settings(ctx, actor, id)
	if err = tolerate(err); err != nil {
		return err
	}
	view.MergeMethod, view.RemoveSource = settings.Method, settings.RemoveSource
	view.OpenRequests, err = a.Merges.OpenCount(ctx, actor, id)
	return err
}

// afterMerge shows the request that a verb has answered, as it is now.
func (a *API) afterMerge(ctx context.Context, actor auth.Actor, r merge.Request, err error) (mergeRequestView, error) {
	if err != nil {
		return mergeRequestView{}, err
	}
	s, err := a.Merges.StatusOf(ctx, actor, r)
	if err != nil {
		return mergeRequestView{}, err
	}
	return a.viewMergeRequest(ctx, actor, s)
}

type waitingView struct {
	Kind    string    `json:"kind" enum:"review,mention,ready,deployment,failed"`
	Project string    `json:"project" doc:"its path"`
	Title   string    `json:"title"`
	Link    string    `json:"link" doc:"a path in the console"`
	At      time.Time `json:"at"`
	Who     string    `json:"who"`
}

// mostMentions bounds the calls that one person is shown.
const mostMentions = 50

func (a *API) waitingRoutes() {
	route(a, http.MethodGet, "/me/waiting", "What waits for me", func(ctx context.Context, actor auth.Actor, _ *none) (list[waitingView], error) {
		waits, err := a.Merges.Waiting(ctx, actor)
		if err != nil {
			return list[waitingView]{}, err
		}
		views := []waitingView{}
		for _, w := range waits {
			view, err := a.viewWaiting(ctx, actor, string(w.Kind), w.Request, w.At, w.Who)
			if err != nil {
				return list[waitingView]{}, err
			}
			views = append(views, view)
		}
		for _, more := range []func(context.Context, auth.Actor) ([]waitingView, error){a.waitingMentions, a.waitingDeployments, a.waitingPipelines} {
			found, err := more(ctx, actor)
			if err != nil {
				return list[waitingView]{}, err
			}
			views = append(views, found...)
		}
		return list[waitingView]{views, len(views)}, nil
	})
}

// waitingMentions are the calls that the actor has not answered.
func (a *API) waitingMentions(ctx context.Context, actor auth.Actor) ([]waitingView, error) {
	if a.Discuss == nil {
		return nil, nil
	}
	mentions, err := a.Discuss.Waiting(ctx, actor, mostMentions)
	if err != nil {
		return nil, err
	}
	var views []waitingView
	for _, m := range mentions {
		r, err := a.Merges.Get(ctx, actor, m.Project, m.Number)
		if err != nil && tolerate(err) == nil || err == nil && r.State != merge.Opened {
			continue
		}
		if err != nil {
			return nil, err
		}
		view, err := a.viewWaiting(ctx, actor, "mention", r, m.At, m.By.Username)
		if err != nil {
			return nil, err
		}
		view.Link += fmt.Sprintf("#note-%d", m.Note)
		views = append(views, view)
	}
	return views, nil
}

// waitingDeployments are those that the actor may approve.
func (a *API) waitingDeployments(ctx context.Context, actor auth.Actor) ([]waitingView, error) {
	blocked, err := a.Deploy.Waiting(ctx, actor)
	if err != nil {
		return nil, err
	}
	views := make([]waitingView, len(blocked))
	for i, d := range blocked {
		p, err := a.Projects.Get(ctx, actor, d.Project)
		if err != nil {
			return nil, err
		}
		link := fmt.Sprintf("/%s/environments/%s", p.Path(), url.PathEscape(d.EnvironmentName))
		views[i] = waitingView{"deployment", p.Path(), d.Title() + " → " + d.EnvironmentName, link, d.CreatedAt, d.Username}
	}
	return views, nil
}

// waitingPipelines are the actor's own that failed on protected branches.
func (a *API) waitingPipelines(ctx context.Context, actor auth.Actor) ([]waitingView, error) {
	failed, err := a.CI.Failing(ctx, actor)
	if err != nil {
		return nil, err
	}
	views := make([]waitingView, len(failed))
	for i, f := range failed {
		p, err := a.Projects.Get(ctx, actor, f.Project)
		if err != nil {
			return nil, err
		}
		views[i] = waitingView{"failed", p.Path(), f.Ref + ": " + f.Commit.Title, fmt.Sprintf("/%s/pipelines/%d", p.Path(), f.ID), f.Finished, f.Username}
	}
	return views, nil
}

func (a *API) viewWaiting(ctx context.Context, actor auth.Actor, kind string, r merge.Request, at time.Time, who string) (waitingView, error) {
	p, err := a.Projects.Get(ctx, actor, r.Project)
	return waitingView{kind, p.Path(), r.Title, fmt.Sprintf("/%s/merge-requests/%d", p.Path(), r.Number), at, who}, err
}

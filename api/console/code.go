package console

import (
	"context"
	"io"
	"net/http"
	"path"
	"strings"
	"time"

	"dasier/ci"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/forge/repo"
	"dasier/git"
)

// CommitView is a commit in a list.
type CommitView struct {
	SHA         string    `json:"sha"`
	Title       string    `json:"title"`
	Message     string    `json:"message"`
	AuthorName  string    `json:"author_name"`
	AuthorEmail string    `json:"author_email"`
	AuthoredAt  time.Time `json:"authored_at"`
	Parents     []string  `json:"parents"`
}

func viewCommit(c git.Commit) CommitView {
	title, _, _ := strings.Cut(c.Message, "\n")
	return CommitView{c.SHA, title, c.Message, c.AuthorName, c.AuthorEmail, c.AuthoredAt.UTC(), append([]string{}, c.Parents...)}
}

type branchView struct {
	Name      string     `json:"name"`
	SHA       string     `json:"sha"`
	Default   bool       `json:"default"`
	Protected bool       `json:"protected"`
	Commit    CommitView `json:"commit"`
}

type treeEntryView struct {
	Name string `json:"name"`
	Path string `json:"path"`
	Type string `json:"type" enum:"dir,file,link,submodule"`
	Size int64  `json:"size"`
	Mode string `json:"mode"`
}

type treeView struct {
	Ref     string          `json:"ref"`
	SHA     string          `json:"sha"`
	Path    string          `json:"path"`
	Entries []treeEntryView `json:"entries"`
}

type fileView struct {
	Path       string      `json:"path"`
	Ref        string      `json:"ref"`
	SHA        string      `json:"sha"`
	Size       int64       `json:"size"`
	Binary     bool        `json:"binary"`
	TooLarge   bool        `json:"too_large"`
	Text       string      `json:"text"`
	Language   string      `json:"language"`
	LastCommit *CommitView `json:"last_commit,omitempty"`
}

type blameRangeView struct {
	Commit CommitView `json:"commit"`
	Start  int        `json:"start"`
	Lines  []string   `json:"lines"`
}

type blameView struct {
	Ranges []blameRangeView `json:"ranges"`
}

type fileDiffView struct {
	OldPath   string `json:"old_path"`
	NewPath   string `json:"new_path"`
	Status    string `json:"status" enum:"added,deleted,modified,renamed"`
	Binary    bool   `json:"binary"`
	TooLarge  bool   `json:"too_large"`
	Additions int    `json:"additions"`
	Deletions int    `json:"deletions"`
	Patch     string `json:"patch" doc:"unified diff with its header"`
}

func viewFileDiff(d git.FileDiff) fileDiffView {
	return fileDiffView{d.OldPath, d.NewPath, string(d.Status), d.Binary, d.TooLarge, d.Additions, d.Deletions, d.Patch}
}

type commitDetailView struct {
	CommitView
	Files     []fileDiffView   `json:"files"`
	Truncated bool             `json:"truncated" doc:"there are more files than are listed"`
	Pipeline  *PipelineSummary `json:"pipeline,omitempty"`
}

type compareView struct {
	Commits   []CommitView   `json:"commits"`
	Files     []fileDiffView `json:"files"`
	Truncated bool           `json:"truncated"`
}

// AtPath asks for a path at a branch, tag or commit; the default branch when
// none is named.
type AtPath struct {
	InProject
	Ref  string `query:"ref" doc:"branch, tag or commit; the default branch when absent"`
	Path string `query:"path"`
}

func (a *API) codeRoutes() {
	const path = "/projects/{project}"
	route(a, http.MethodGet, path+"/branches", "A project's branches", func(ctx context.Context, actor auth.Actor, q *InProject) (list[branchView], error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (list[branchView], error) {
			branches, err := a.Repos.Branches(ctx, actor, p.ID)
			return list[branchView]{mapped(branches, func(b repo.Branch) branchView {
				return branchView{b.Name, b.Commit.SHA, b.Default, b.Protected, viewCommit(b.Commit)}
			}), len(branches)}, err
		})
	})
	route(a, http.MethodGet, path+"/tree", "A folder", func(ctx context.Context, actor auth.Actor, q *AtPath) (treeView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (treeView, error) {
			place, entries, err := a.Repos.Tree(ctx, actor, p.ID, q.Ref, q.Path)
			return treeView{place.Ref, place.SHA, place.Path, mapped(entries, func(e git.Entry) treeEntryView {
				return treeEntryView{e.Name, e.Path, string(e.Kind), e.Size, e.Mode}
			})}, err
		})
	})
	route(a, http.MethodGet, path+"/file", "A file as text", func(ctx context.Context, actor auth.Actor, q *AtPath) (fileView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (fileView, error) {
			f, err := a.Repos.File(ctx, actor, p.ID, q.Ref, q.Path)
			view := fileView{Path: f.Path, Ref: f.Ref, SHA: f.SHA, Size: f.Size, Binary: f.Binary, TooLarge: f.TooLarge, Text: f.Text, Language: f.Language}
			if f.LastCommit != nil {
				last := viewCommit(*f.LastCommit)
				view.LastCommit = &last
			}
			return view, err
		})
	})
	route(a, http.MethodGet, path+"/blame", "Who wrote which lines", func(ctx context.Context, actor auth.Actor, q *AtPath) (blameView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (blameView, error) {
			_, ranges, err := a.Repos.Blame(ctx, actor, p.ID, q.Ref, q.Path)
			return blameView{mapped(ranges, func(r git.BlameRange) blameRangeView {
				return blameRangeView{viewCommit(r.Commit), r.Start, r.Lines}
			})}, err
		})
	})
	route(a, http.MethodGet, path+"/commits", "History", func(ctx context.Context, actor auth.Actor, q *struct {
		AtPath
		Paging
	},
	) (list[CommitView], error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (list[CommitView], error) {
			commits, total, err := a.Repos.Commits(ctx, actor, p.ID, q.Ref, q.Path, q.offset(), q.PerPage)
			return list[CommitView]{mapped(commits, viewCommit), total}, err
		})
	})
	route(a, http.MethodGet, path+"/commits/{sha}", "A commit with its changes", func(ctx context.Context, actor auth.Actor, q *struct {
		InProject
		SHA string `path:"sha"`
	},
	) (commitDetailView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (commitDetailView, error) {
			return a.commit(ctx, actor, p, unescape(q.SHA))
		})
	})
	route(a, http.MethodGet, path+"/compare", "What two commits differ in", func(ctx context.Context, actor auth.Actor, q *struct {
		InProject
		From string `query:"from" required:"true"`
		To   string `query:"to" required:"true"`
	},
	) (compareView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (compareView, error) {
			c, err := a.Repos.Compare(ctx, actor, p.ID, q.From, q.To)
			return compareView{mapped(c.Commits, viewCommit), mapped(c.Diff.Files, viewFileDiff), c.Diff.Truncated}, err
		})
	})
	a.raw(foreign{
		method: http.MethodGet, path: path + "/raw", summary: "A file's bytes", gives: "text/plain",
		query: []asked{{name: "ref", about: "branch, tag or commit; the default branch when absent"}, {name: "path", about: "the file", required: true}},
	}, a.rawFile)
}

func (a *API) commit(ctx context.Context, actor auth.Actor, p project.Project, sha string) (commitDetailView, error) {
	c, diff, err := a.Repos.Commit(ctx, actor, p.ID, sha)
	if err != nil {
		return commitDetailView{}, err
	}
	view := commitDetailView{CommitView: viewCommit(c), Files: mapped(diff.Files, viewFileDiff), Truncated: diff.Truncated}
	pipelines, _, err := a.CI.List(ctx, actor, p.ID, ci.Filter{SHA: c.SHA, Limit: 1})
	if err != nil && !fault.Is(err, fault.Denied) {
		return view, err
	}
	if len(pipelines) > 0 {
		summary := a.viewPipelineSummary(&pipelines[0])
		view.Pipeline = &summary
	}
	return view, nil
}

// rawFile answers a file's bytes. Whatever it holds, the browser shows it as
// text or saves it: a page of somebody's repository must not run as ours.
func (a *API) rawFile(w http.ResponseWriter, r *http.Request, actor auth.Actor, p project.Project) error {
	query := r.URL.Query()
	blob, err := a.Repos.Raw(r.Context(), actor, p.ID, query.Get("ref"), query.Get("path"))
	if err != nil {
		return err
	}
	defer func() { _ = blob.Close() }()
	asForeign(w, path.Base(query.Get("path")), "text/plain; charset=utf-8")
	if _, err := io.Copy(w, blob); err != nil {
		a.Logger.DebugContext(r.Context(), "a file was not taken whole", "error", err)
	}
	return nil
}

// asForeign sets the headers under which content of users is harmless: no
// script runs, no cookie is sent, nothing is guessed.
func asForeign(w http.ResponseWriter, name, mediaType string) {
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:")
	disposition := "inline"
	if mediaType == "application/octet-stream" || mediaType == "application/zip" {
		disposition = "attachment"
	}
	h.Set("Content-Disposition", disposition+"; filename*=UTF-8''"+urlEscape(name))
}

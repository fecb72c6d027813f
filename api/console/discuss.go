package console

import (
	"context"
	"net/http"
	"time"

	"dasier/forge/auth"
	"dasier/forge/discuss"
	"dasier/forge/project"
)

type positionView struct {
	BaseSHA string `json:"base_sha"`
	HeadSHA string `json:"head_sha"`
	OldPath string `json:"old_path"`
	NewPath string `json:"new_path"`
	OldLine int    `json:"old_line" doc:"0: the line is not in the old file, or the thread is about the file"`
	NewLine int    `json:"new_line" doc:"0: the line is not in the new file, or the thread is about the file"`
}

type placeView struct {
	Path    string `json:"path"`
	OldLine int    `json:"old_line"`
	NewLine int    `json:"new_line"`
}

type threadView struct {
	ID         discuss.ThreadID `json:"id"`
	Resolvable bool             `json:"resolvable"`
	Resolved   bool             `json:"resolved"`
	ResolvedBy string           `json:"resolved_by,omitempty"`
	ResolvedAt *time.Time       `json:"resolved_at,omitempty"`
	Outdated   bool             `json:"outdated" doc:"the code it was written at has changed"`
	Position   *positionView    `json:"position,omitempty" doc:"as it was written"`
	Current    *placeView       `json:"current,omitempty" doc:"where it stands in the latest version; absent when outdated"`
	Lines      []string         `json:"lines,omitempty" doc:"the code it was written at, the line itself last"`
	Notes      []noteView       `json:"notes"`
}

type noteView struct {
	ID          discuss.NoteID   `json:"id"`
	Author      userView         `json:"author"`
	Body        string           `json:"body" doc:"Markdown"`
	System      bool             `json:"system" doc:"a line of the request's history"`
	CreatedAt   time.Time        `json:"created_at"`
	EditedAt    *time.Time       `json:"edited_at,omitempty"`
	MayEdit     bool             `json:"may_edit"`
	Suggestions []suggestionView `json:"suggestions"`
}

type suggestionView struct {
	Index      int    `json:"index" doc:"its place in the note, from 0"`
	FromLine   int    `json:"from_line"`
	ToLine     int    `json:"to_line"`
	Path       string `json:"path"`
	Text       string `json:"text"`
	Applied    bool   `json:"applied"`
	Applicable bool   `json:"applicable"`
	Refusal    string `json:"refusal,omitempty"`
}

func viewThread(v discuss.View) threadView {
	view := threadView{
		ID: v.ID, Resolvable: v.Resolvable, Resolved: v.Resolved(), ResolvedBy: v.ResolvedBy, ResolvedAt: v.ResolvedAt,
		Outdated: v.Outdated, Lines: v.Lines, Notes: mapped(v.Notes, viewNote),
	}
	if p := v.Position; p != nil {
		view.Position = &positionView{p.BaseSHA, p.HeadSHA, p.OldPath, p.NewPath, p.OldLine, p.NewLine}
	}
	if c := v.Current; c != nil {
		view.Current = &placeView{c.Path, c.OldLine, c.NewLine}
	}
	return view
}

func viewNote(n discuss.NoteView) noteView {
	return noteView{
		ID: n.ID, Author: userView{ID: n.Author.User, Username: n.Author.Username, Name: n.Author.Name, Admin: n.Author.Admin},
		Body: n.Body, System: n.System, CreatedAt: n.CreatedAt, EditedAt: n.EditedAt, MayEdit: n.MayEdit,
		Suggestions: mapped(n.Suggestions, func(s discuss.SuggestionView) suggestionView {
			return suggestionView{s.Index, s.From, s.To, s.Path, s.Text(), s.Applied, s.Refusal == "", s.Refusal}
		}),
	}
}

// OfRequest names a merge request in a path.
type OfRequest struct {
	InProject
	Number int `path:"number" minimum:"1" doc:"the merge request's number in its project"`
}

// OfNote names a note in a path.
type OfNote struct {
	OfRequest
	ID discuss.NoteID `path:"id"`
}

// OfThread names a thread in a path.
type OfThread struct {
	OfRequest
	ID discuss.ThreadID `path:"id"`
}

type startThreadInput struct {
	OfRequest
	Body struct {
		Body       string        `json:"body"`
		Position   *positionView `json:"position,omitempty" doc:"a line, or with both lines 0 a file; absent for the request as a whole"`
		Resolvable bool          `json:"resolvable" required:"false" doc:"a thread without a position asks to be resolved, too"`
	}
}

type noteBody struct {
	Body string `json:"body"`
}

type applyView struct {
	SHA string `json:"sha" doc:"the commit"`
}

func (a *API) discussRoutes() {
	const base = "/projects/{project}/merge-requests/{number}"
	route(a, http.MethodGet, base+"/threads", "What is said about a merge request", func(ctx context.Context, actor auth.Actor, q *OfRequest) (list[threadView], error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (list[threadView], error) {
			views, err := a.Discuss.Threads(ctx, actor, p.ID, q.Number)
			return list[threadView]{mapped(views, viewThread), len(views)}, err
		})
	})
	route(a, http.MethodPost, base+"/threads", "Begin a thread", func(ctx context.Context, actor auth.Actor, q *startThreadInput) (threadView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (threadView, error) {
			draft := discuss.Draft{Body: q.Body.Body, Resolvable: q.Body.Resolvable}
			if at := q.Body.Position; at != nil {
				draft.Position = &discuss.Position{BaseSHA: at.BaseSHA, HeadSHA: at.HeadSHA, OldPath: at.OldPath, NewPath: at.NewPath, OldLine: at.OldLine, NewLine: at.NewLine}
			}
			v, err := a.Discuss.Start(ctx, actor, p.ID, q.Number, draft)
			return viewThread(v), err
		})
	}, http.StatusCreated)
	route(a, http.MethodPatch, base+"/threads/{id}", "Resolve a thread, or open it again", func(ctx context.Context, actor auth.Actor, q *struct {
		OfThread
		Body struct {
			Resolved bool `json:"resolved"`
		}
	},
	) (threadView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (threadView, error) {
			v, err := a.Discuss.Resolve(ctx, actor, p.ID, q.Number, q.ID, q.Body.Resolved)
			return viewThread(v), err
		})
	})
	route(a, http.MethodPost, base+"/threads/{id}/notes", "Answer in a thread", func(ctx context.Context, actor auth.Actor, q *struct {
		OfThread
		Body noteBody
	},
	) (noteView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (noteView, error) {
			n, err := a.Discuss.Reply(ctx, actor, p.ID, q.Number, q.ID, q.Body.Body)
			return viewNote(n), err
		})
	}, http.StatusCreated)
	route(a, http.MethodPatch, base+"/notes/{id}", "Change a note", func(ctx context.Context, actor auth.Actor, q *struct {
		OfNote
		Body noteBody
	},
	) (noteView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (noteView, error) {
			n, err := a.Discuss.Edit(ctx, actor, p.ID, q.Number, q.ID, q.Body.Body)
			return viewNote(n), err
		})
	})
	route(a, http.MethodDelete, base+"/notes/{id}", "Delete a note", func(ctx context.Context, actor auth.Actor, q *OfNote) (none, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (none, error) {
			return none{}, a.Discuss.Delete(ctx, actor, p.ID, q.Number, q.ID)
		})
	})
	a.suggestionRoutes(base)
}

func (a *API) suggestionRoutes(base string) {
	route(a, http.MethodPost, base+"/notes/{id}/suggestions/{index}/apply", "Commit a suggestion", func(ctx context.Context, actor auth.Actor, q *struct {
		OfNote
		Index int `path:"index" minimum:"0"`
		Body  struct {
			Message string `json:"message" required:"false" doc:"of the commit; the server writes one when it is empty"`
		}
	},
	) (applyView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (applyView, error) {
			sha, err := a.Discuss.Apply(ctx, actor, p.ID, q.Number, []discuss.Pick{{Note: q.ID, Index: q.Index}}, q.Body.Message)
			return applyView{sha}, err
		})
	})
	route(a, http.MethodPost, base+"/suggestions/apply", "Commit several suggestions at once", func(ctx context.Context, actor auth.Actor, q *struct {
		OfRequest
		Body struct {
			Suggestions []struct {
				Note  discuss.NoteID `json:"note"`
				Index int            `json:"index"`
			} `json:"suggestions"`
			Message string `json:"message" required:"false"`
		}
	},
	) (applyView, error) {
		return in(ctx, a, actor, q.Project, func(p project.Project) (applyView, error) {
			var picks []discuss.Pick
			for _, s := range q.Body.Suggestions {
				picks = append(picks, discuss.Pick{Note: s.Note, Index: s.Index})
			}
			sha, err := a.Discuss.Apply(ctx, actor, p.ID, q.Number, picks, q.Body.Message)
			return applyView{sha}, err
		})
	})
}

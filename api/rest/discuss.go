package rest

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"

	"dasier/fault"
	"dasier/forge/discuss"
	"dasier/forge/project"
)

type positionView struct {
	BaseSHA  string `json:"base_sha"`
	StartSHA string `json:"start_sha"`
	HeadSHA  string `json:"head_sha"`
	Type     string `json:"position_type"`
	OldPath  string `json:"old_path"`
	NewPath  string `json:"new_path"`
	OldLine  *int   `json:"old_line"`
	NewLine  *int   `json:"new_line"`
}

type noteView struct {
	ID           discuss.NoteID `json:"id"`
	Type         *string        `json:"type"`
	Body         string         `json:"body"`
	Author       personView     `json:"author"`
	CreatedAt    *time.Time     `json:"created_at"`
	UpdatedAt    *time.Time     `json:"updated_at"`
	System       bool           `json:"system"`
	NoteableID   int64          `json:"noteable_id"`   //nolint:misspell // GitLab's word
	NoteableType string         `json:"noteable_type"` //nolint:misspell // GitLab's word
	NoteableIID  int            `json:"noteable_iid"`  //nolint:misspell // GitLab's word
	ProjectID    project.ID     `json:"project_id"`
	Resolvable   bool           `json:"resolvable"`
	Resolved     bool           `json:"resolved"`
	ResolvedAt   *time.Time     `json:"resolved_at,omitempty"`
	ResolvedBy   *personView    `json:"resolved_by,omitempty"`
	Internal     bool           `json:"internal"`
	Position     *positionView  `json:"position,omitempty"`
}

type discussionView struct {
	ID         string     `json:"id"`
	Individual bool       `json:"individual_note"`
	Notes      []noteView `json:"notes"`
}

func (c *call) viewNote(t discuss.Thread, n discuss.Note) noteView {
	view := noteView{
		ID: n.ID, Body: n.Body, Author: c.viewPerson(n.Author.User, n.Author.Username, n.Author.Name), CreatedAt: moment(n.CreatedAt),
		UpdatedAt: moment(n.CreatedAt), System: n.System, NoteableID: t.Request, NoteableType: "MergeRequest", NoteableIID: t.Number, ProjectID: t.Project,
		Resolvable: t.Resolvable && !n.System, Resolved: t.Resolved(), ResolvedAt: t.ResolvedAt,
	}
	if n.EditedAt != nil {
		view.UpdatedAt = n.EditedAt
	}
	kind := ""
	if at := t.Position; at != nil {
		kind = "DiffNote"
		view.Position = &positionView{
			BaseSHA: at.BaseSHA, StartSHA: at.BaseSHA, HeadSHA: at.HeadSHA, Type: "text", OldPath: at.OldPath, NewPath: at.NewPath,
			OldLine: someLine(at.OldLine), NewLine: someLine(at.NewLine),
		}
		if at.OldLine == 0 && at.NewLine == 0 {
			view.Position.Type = "file"
		}
	} else if t.Resolvable {
		kind = "DiscussionNote"
	}
	if kind != "" {
		view.Type = &kind
	}
	if t.ResolvedBy != "" {
		by := c.viewPerson(0, t.ResolvedBy, "")
		if u, err := c.Auth.UserByName(c.ctx, c.actor, t.ResolvedBy); err == nil {
			by = c.viewPerson(u.ID, u.Username, u.Name)
		}
		view.ResolvedBy = &by
	}
	return view
}

func someLine(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}

func (c *call) viewDiscussion(v discuss.View) discussionView {
	return discussionView{
		ID: strconv.FormatInt(int64(v.ID), 10), Individual: !v.Resolvable && len(v.Notes) == 1,
		Notes: mapped(v.Notes, func(n discuss.NoteView) noteView { return c.viewNote(v.Thread, n.Note) }),
	}
}

func (c *call) threads() (project.Project, int, []discuss.View, error) {
	p, number, err := c.inMerge()
	if err != nil {
		return p, 0, nil, err
	}
	views, err := c.Discuss.Threads(c.ctx, c.actor, p.ID, number)
	return p, number, views, missing("Merge Request", err)
}

func (c *call) thread() (project.Project, int, discuss.View, error) {
	p, number, views, err := c.threads()
	if err != nil {
		return p, number, discuss.View{}, err
	}
	for _, v := range views {
		if strconv.FormatInt(int64(v.ID), 10) == c.element("discussion") {
			return p, number, v, nil
		}
	}
	return p, number, discuss.View{}, missing("Discussion", fault.Errorf(fault.Missing, "no such discussion"))
}

func (c *call) discussions() error {
	_, _, views, err := c.threads()
	if err != nil {
		return err
	}
	return whole(c, mapped(views, c.viewDiscussion))
}

func (c *call) getDiscussion() error {
	_, _, v, err := c.thread()
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, c.viewDiscussion(v))
}

func (c *call) createDiscussion() error {
	p, number, err := c.inMerge()
	if err != nil {
		return err
	}
	q := c.read()
	q.unsupported("commit_id", "created_at")
	draft := discuss.Draft{Body: q.needed("body"), Resolvable: true}
	if at := q.object("position"); at != nil {
		if kind := at.text("position_type"); kind != "" && kind != "text" && kind != "file" {
			q.fail("position[position_type]", "is not supported by this server")
		}
		at.unsupported("line_range")
		draft.Position = &discuss.Position{
			BaseSHA: at.needed("base_sha"), HeadSHA: at.needed("head_sha"), OldPath: at.text("old_path"), NewPath: at.text("new_path"),
			OldLine: at.count("old_line"), NewLine: at.count("new_line"),
		}
		q.also(at)
	}
	if q.err != nil {
		return q.err
	}
	v, err := c.Discuss.Start(c.ctx, c.actor, p.ID, number, draft)
	if err != nil {
		return missing("Merge Request", err)
	}
	return c.answer(http.StatusCreated, c.viewDiscussion(v))
}

func (c *call) resolveDiscussion() error {
	p, number, v, err := c.thread()
	if err != nil {
		return err
	}
	q := c.read()
	resolved := q.flag("resolved")
	if resolved == nil {
		q.fail("resolved", "is missing")
	}
	if q.err != nil {
		return q.err
	}
	if v, err = c.Discuss.Resolve(c.ctx, c.actor, p.ID, number, v.ID, *resolved); err != nil {
		return err
	}
	return c.answer(http.StatusOK, c.viewDiscussion(v))
}

func (c *call) reply() error {
	p, number, v, err := c.thread()
	if err != nil {
		return err
	}
	q := c.read()
	q.unsupported("created_at")
	body := q.needed("body")
	if q.err != nil {
		return q.err
	}
	n, err := c.Discuss.Reply(c.ctx, c.actor, p.ID, number, v.ID, body)
	if err != nil {
		return err
	}
	return c.answer(http.StatusCreated, c.viewNote(v.Thread, n.Note))
}

// notes lists what was said, the newest first unless the caller wants otherwise.
func (c *call) notes() error {
	_, _, views, err := c.threads()
	if err != nil {
		return err
	}
	notes := []noteView{}
	for _, v := range views {
		for _, n := range v.Notes {
			notes = append(notes, c.viewNote(v.Thread, n.Note))
		}
	}
	slices.SortFunc(notes, func(a, b noteView) int { return cmp.Compare(b.ID, a.ID) })
	if c.read().text("sort") == "asc" {
		slices.Reverse(notes)
	}
	return whole(c, notes)
}

// note is the one that the path names, in the discussion that it names, if any.
func (c *call) note() (project.Project, int, discuss.View, discuss.Note, error) {
	p, number, views, err := c.threads()
	if err != nil {
		return p, number, discuss.View{}, discuss.Note{}, err
	}
	id, err := c.number("note")
	if err != nil {
		return p, number, discuss.View{}, discuss.Note{}, err
	}
	within := c.element("discussion")
	for _, v := range views {
		if within != "" && within != strconv.FormatInt(int64(v.ID), 10) {
			continue
		}
		for _, n := range v.Notes {
			if int64(n.ID) == id {
				return p, number, v, n.Note, nil
			}
		}
	}
	return p, number, discuss.View{}, discuss.Note{}, missing("Note", fault.Errorf(fault.Missing, "no note %d", id))
}

func (c *call) getNote() error {
	_, _, v, n, err := c.note()
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, c.viewNote(v.Thread, n))
}

func (c *call) createNote() error {
	p, number, err := c.inMerge()
	if err != nil {
		return err
	}
	q := c.read()
	q.unsupported("internal", "confidential", "created_at")
	body := q.needed("body")
	if q.err != nil {
		return q.err
	}
	v, err := c.Discuss.Start(c.ctx, c.actor, p.ID, number, discuss.Draft{Body: body})
	if err != nil {
		return missing("Merge Request", err)
	}
	return c.answer(http.StatusCreated, c.viewNote(v.Thread, v.Notes[0].Note))
}

func (c *call) editNote() error {
	p, number, v, n, err := c.note()
	if err != nil {
		return err
	}
	q := c.read()
	body, resolved := q.text("body"), q.flag("resolved")
	if body == "" && resolved == nil {
		q.fail("body", "is missing")
	}
	if q.err != nil {
		return q.err
	}
	if resolved != nil {
		if v, err = c.Discuss.Resolve(c.ctx, c.actor, p.ID, number, v.ID, *resolved); err != nil {
			return err
		}
	}
	if body != "" {
		edited, err := c.Discuss.Edit(c.ctx, c.actor, p.ID, number, n.ID, body)
		if err != nil {
			return err
		}
		n = edited.Note
	}
	return c.answer(http.StatusOK, c.viewNote(v.Thread, n))
}

func (c *call) deleteNote() error {
	p, number, _, n, err := c.note()
	if err != nil {
		return err
	}
	if err := c.Discuss.Delete(c.ctx, c.actor, p.ID, number, n.ID); err != nil {
		return err
	}
	return c.gone()
}

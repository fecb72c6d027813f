package discuss

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/forge/repo"
	"dasier/git"
)

// Gate is what discuss asks of forge/project.
type Gate interface {
	// May decides whether the actor may do p in the project.
	May(ctx context.Context, actor auth.Actor, id project.ID, p auth.Permission) error
	// Members lists who belongs to the project, and so can be called.
	Members(ctx context.Context, actor auth.Actor, id project.ID) ([]project.Member, error)
}

// Requests finds merge requests.
type Requests interface {
	// Request loads what a discussion needs of a request that the actor may
	// read: it asks for auth.ReadMerge.
	Request(ctx context.Context, actor auth.Actor, id project.ID, number int) (Subject, error)
}

// Code is what discuss asks of forge/repo. All but CommitEdits ask no
// permission.
type Code interface {
	DiffOf(ctx context.Context, id project.ID, from, to string, limits git.DiffLimits) (git.Diff, error)
	DiffOfFile(ctx context.Context, id project.ID, from, to, path string, limit int) (git.FileDiff, error)
	ChangedFiles(ctx context.Context, id project.ID, before, after string) ([]string, error)
	ReadFile(ctx context.Context, id project.ID, sha, path string, limit int64) ([]byte, error)
	Trace(ctx context.Context, id project.ID, pairs []git.Pair, paths []string) ([]map[string]git.Traced, error)
	CommitEdits(ctx context.Context, actor auth.Actor, id project.ID, branch, expected string, edits []repo.Edit, message string) (string, error)
}

// Config is what may be changed; its zero value works.
type Config struct {
	// NoteLimit is the most bytes of a note. 0 is 64 KiB.
	NoteLimit int
	// RequestLimit is the most notes of people in one request. 0 is 5,000.
	RequestLimit int
}

// Service is the verbs of discussions.
type Service struct {
	store    Store
	gate     Gate
	requests Requests
	code     Code
	cfg      Config
}

// New makes the service.
func New(store Store, gate Gate, requests Requests, code Code, cfg Config) *Service {
	if cfg.NoteLimit <= 0 {
		cfg.NoteLimit = 64 << 10
	}
	if cfg.RequestLimit <= 0 {
		cfg.RequestLimit = 5000
	}
	return &Service{store: store, gate: gate, requests: requests, code: code, cfg: cfg}
}

// Draft is a thread to begin.
type Draft struct {
	Body       string
	Position   *Position
	Resolvable bool // a thread without a position asks to be settled, too
}

// Start begins a thread.
func (s *Service) Start(ctx context.Context, actor auth.Actor, id project.ID, number int, d Draft) (View, error) {
	subject, err := s.commenting(ctx, actor, id, number)
	if err != nil {
		return View{}, err
	}
	if err := s.checkBody(d.Body); err != nil {
		return View{}, err
	}
	now := time.Now().UTC()
	t := Thread{
		Project: subject.Project, Request: subject.ID, Number: subject.Number, Starter: author(actor),
		Resolvable: d.Resolvable || d.Position != nil, CreatedAt: now,
		Notes: []Note{{Author: author(actor), Body: d.Body, CreatedAt: now}},
	}
	if d.Position != nil {
		if err := s.locate(ctx, subject, *d.Position, &t); err != nil {
			return View{}, err
		}
	}
	called, err := s.called(ctx, subject.Project, actor, d.Body, "")
	if err != nil {
		return View{}, err
	}
	if t, err = s.store.Start(ctx, t, called, s.cfg.RequestLimit, reportNote(actor, called, false)); err != nil {
		return View{}, err
	}
	return s.view(ctx, actor, subject, t.ID)
}

// Reply adds a note to a thread.
func (s *Service) Reply(ctx context.Context, actor auth.Actor, id project.ID, number int, thread ThreadID, body string) (NoteView, error) {
	subject, err := s.commenting(ctx, actor, id, number)
	if err != nil {
		return NoteView{}, err
	}
	if err := s.checkBody(body); err != nil {
		return NoteView{}, err
	}
	t, err := s.store.Thread(ctx, subject.ID, thread)
	if err != nil {
		return NoteView{}, err
	}
	if t.System {
		return NoteView{}, fault.Errorf(fault.Conflict, "this is a line of the request's history, not a conversation: begin a thread")
	}
	called, err := s.called(ctx, subject.Project, actor, body, "")
	if err != nil {
		return NoteView{}, err
	}
	n := Note{Author: author(actor), Body: body, CreatedAt: time.Now().UTC()}
	if n, err = s.store.Reply(ctx, t, n, called, s.cfg.RequestLimit, reportNote(actor, called, false)); err != nil {
		return NoteView{}, err
	}
	return s.viewNote(ctx, actor, subject, n.ID)
}

// Edit changes the body of one's own note, or, as a maintainer, of anybody's.
func (s *Service) Edit(ctx context.Context, actor auth.Actor, id project.ID, number int, note NoteID, body string) (NoteView, error) {
	subject, t, n, moderates, err := s.changing(ctx, actor, id, number, note)
	if err != nil {
		return NoteView{}, err
	}
	if err := s.checkBody(body); err != nil {
		return NoteView{}, err
	}
	called, err := s.called(ctx, subject.Project, actor, body, n.Body)
	if err != nil {
		return NoteView{}, err
	}
	now := time.Now().UTC()
	n.Body, n.EditedAt = body, &now
	events := reportNote(actor, called, true)(t, n)
	if moderates {
		events = append(events, moderation(actor, subject, "note.edited", n))
	}
	if err := s.store.EditNote(ctx, n, called, events...); err != nil {
		return NoteView{}, err
	}
	return s.viewNote(ctx, actor, subject, n.ID)
}

// Delete removes one's own note, or, as a maintainer, anybody's.
func (s *Service) Delete(ctx context.Context, actor auth.Actor, id project.ID, number int, note NoteID) error {
	subject, t, n, moderates, err := s.changing(ctx, actor, id, number, note)
	if err != nil {
		return err
	}
	events := []event.Event{Settled{Project: t.Project, Request: t.Request, Number: t.Number, Thread: t.ID, User: actor.User}}
	if moderates {
		events = append(events, moderation(actor, subject, "note.deleted", n))
	}
	return s.store.DeleteNote(ctx, t.ID, n.ID, events...)
}

// moderation is the audit line of a maintainer who changed what another wrote.
// What they wrote is not in it: it may be the secret that had to go.
func moderation(actor auth.Actor, subject Subject, action string, n Note) event.Act {
	act := actor.Act(action, int64(subject.Project), "!"+itoa(subject.Number))
	act.Before = map[string]any{"note": n.ID, "author": n.Author.Username, "written_at": n.CreatedAt, "bytes": len(n.Body)}
	return act
}

// Resolve settles a thread, or opens it again. The request's author, whoever
// began the thread and everyone from developer on may.
func (s *Service) Resolve(ctx context.Context, actor auth.Actor, id project.ID, number int, thread ThreadID, resolved bool) (View, error) {
	subject, err := s.commenting(ctx, actor, id, number)
	if err != nil {
		return View{}, err
	}
	t, err := s.store.Thread(ctx, subject.ID, thread)
	if err != nil {
		return View{}, err
	}
	concerned := wrote(actor, t.Starter) || wrote(actor, Author{User: subject.Author})
	if !concerned {
		if err := s.gate.May(ctx, actor, subject.Project, auth.ApproveMerge); err != nil {
			return View{}, err
		}
	}
	if !t.Resolvable {
		return View{}, fault.Errorf(fault.Conflict, "this is a comment, not a thread that asks to be settled: there is nothing to resolve")
	}
	if t.Resolved() != resolved {
		t.ResolvedBy, t.ResolvedAt = "", nil
		if resolved {
			now := time.Now().UTC()
			t.ResolvedBy, t.ResolvedAt = actor.Username, &now
		}
		err := s.store.Settle(ctx, t, Settled{Project: t.Project, Request: t.Request, Number: t.Number, Thread: t.ID, User: actor.User})
		if err != nil {
			return View{}, err
		}
	}
	return s.view(ctx, actor, subject, t.ID)
}

// commenting is the beginning of every verb that writes. Closed and merged
// requests may still be talked about.
func (s *Service) commenting(ctx context.Context, actor auth.Actor, id project.ID, number int) (Subject, error) {
	if err := s.gate.May(ctx, actor, id, auth.CommentMerge); err != nil {
		return Subject{}, err
	}
	return s.requests.Request(ctx, actor, id, number)
}

// changing loads a note that the actor may change; moderates tells that it is
// another's.
func (s *Service) changing(ctx context.Context, actor auth.Actor, id project.ID, number int, note NoteID) (subject Subject, t Thread, n Note, moderates bool, err error) {
	if subject, err = s.commenting(ctx, actor, id, number); err != nil {
		return subject, t, n, false, err
	}
	if t, err = s.store.ThreadOf(ctx, subject.ID, note); err != nil {
		return subject, t, n, false, err
	}
	n = t.Notes[slices.IndexFunc(t.Notes, func(n Note) bool { return n.ID == note })]
	switch {
	case n.System:
		err = fault.Errorf(fault.Conflict, "this is a line of the request's history: it stays as it is")
	case !wrote(actor, n.Author):
		moderates = true
		if err = s.gate.May(ctx, actor, subject.Project, moderate); fault.Is(err, fault.Denied) {
			err = fault.Errorf(fault.Denied, "permission %s refused: notes are changed by who wrote them, %s here, and by maintainers", moderate, n.Author.Username)
		}
	}
	return subject, t, n, moderates, err
}

// moderate is the permission to change what others wrote: that of those who
// answer for the members.
const moderate = auth.ManageMembers

func author(actor auth.Actor) Author { return Author{User: actor.User, Username: actor.Username} }

// wrote tells whether the actor is the author. A project's own token is no user:
// its name, which is unique in the project, says who it is.
func wrote(actor auth.Actor, a Author) bool {
	if actor.User != 0 || a.User != 0 {
		return actor.User == a.User
	}
	return actor.Via == auth.ViaDeploy && actor.Username == a.Username
}

func (s *Service) checkBody(body string) error {
	switch {
	case strings.TrimSpace(body) == "":
		return fault.Errorf(fault.Invalid, "the note is empty: write something").At("body")
	case len(body) > s.cfg.NoteLimit:
		return fault.Errorf(fault.Limited, "the note has %d bytes: at most %d are kept", len(body), s.cfg.NoteLimit).At("body")
	case !utf8.ValidString(body) || strings.ContainsRune(body, 0):
		return fault.Errorf(fault.Invalid, "the note is not text: it holds bytes that are not UTF-8, or NUL").At("body")
	}
	return nil
}

// called finds the members that a note calls and that an earlier version of it
// did not. Nobody calls themselves.
func (s *Service) called(ctx context.Context, id project.ID, actor auth.Actor, body, before string) ([]auth.UserID, error) {
	names := Mentions(body)
	if len(names) == 0 {
		return nil, nil
	}
	members, err := s.gate.Members(ctx, auth.System("discuss"), id)
	if err != nil {
		return nil, err
	}
	known := Mentions(before)
	has := func(names []string, name string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
	}
	var called []auth.UserID
	for _, m := range members {
		if m.User != 0 && m.User != actor.User && has(names, m.Username) && !has(known, m.Username) {
			called = append(called, m.User)
		}
	}
	return called, nil
}

func reportNote(actor auth.Actor, called []auth.UserID, edited bool) func(Thread, Note) []event.Event {
	return func(t Thread, n Note) []event.Event {
		return []event.Event{Noted{
			Project: t.Project, Request: t.Request, Number: t.Number, Thread: t.ID, Note: n.ID,
			User: actor.User, Username: actor.Username, Mentions: called, System: n.System, Edited: edited,
		}}
	}
}

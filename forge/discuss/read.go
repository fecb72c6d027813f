package discuss

import (
	"context"
	"fmt"
	"slices"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/git"
)

// View is a thread as somebody sees it now.
type View struct {
	Thread
	Outdated bool   // the code it was written at has changed
	Current  *Place // where it stands in the latest version; nil when it has no place
	Notes    []NoteView
}

// NoteView is a note as somebody sees it now.
type NoteView struct {
	Note
	MayEdit     bool
	Suggestions []SuggestionView
}

// SuggestionView is a suggestion and whether it can be applied now.
type SuggestionView struct {
	Suggestion
	Index   int
	Path    string // where it stands now; where it was written when it has no place
	From    int
	To      int
	Applied bool
	Refusal string // why it cannot be applied; "" when it can
}

// Threads lists a request's threads with where they stand now.
func (s *Service) Threads(ctx context.Context, actor auth.Actor, id project.ID, number int) ([]View, error) {
	subject, err := s.requests.Request(ctx, actor, id, number)
	if err != nil {
		return nil, err
	}
	threads, err := s.store.Threads(ctx, subject.ID)
	if err != nil {
		return nil, err
	}
	return s.views(ctx, actor, subject, threads)
}

func (s *Service) view(ctx context.Context, actor auth.Actor, subject Subject, id ThreadID) (View, error) {
	t, err := s.store.Thread(ctx, subject.ID, id)
	if err != nil {
		return View{}, err
	}
	views, err := s.views(ctx, actor, subject, []Thread{t})
	if err != nil {
		return View{}, err
	}
	return views[0], nil
}

func (s *Service) viewNote(ctx context.Context, actor auth.Actor, subject Subject, id NoteID) (NoteView, error) {
	t, err := s.store.ThreadOf(ctx, subject.ID, id)
	if err != nil {
		return NoteView{}, err
	}
	views, err := s.views(ctx, actor, subject, []Thread{t})
	if err != nil {
		return NoteView{}, err
	}
	return views[0].Notes[slices.IndexFunc(t.Notes, func(n Note) bool { return n.ID == id })], nil
}

func (s *Service) views(ctx context.Context, actor auth.Actor, subject Subject, threads []Thread) ([]View, error) {
	tr, err := s.trace(ctx, subject, threads)
	if err != nil {
		return nil, err
	}
	comments := s.gate.May(ctx, actor, subject.Project, auth.CommentMerge) == nil
	moderates := comments && s.gate.May(ctx, actor, subject.Project, moderate) == nil
	views := make([]View, len(threads))
	for i, t := range threads {
		v := View{Thread: t, Notes: make([]NoteView, len(t.Notes))}
		if t.Position != nil {
			if place, ok := tr.place(*t.Position); ok {
				v.Current = &place
			} else {
				v.Outdated = true
			}
		}
		for j, n := range t.Notes {
			v.Notes[j] = NoteView{
				Note: n, MayEdit: !n.System && comments && (moderates || wrote(actor, n.Author)),
				Suggestions: tr.suggestions(subject, t, n),
			}
		}
		views[i] = v
	}
	return views, nil
}

// trace follows everything that the threads are about, in one go. Where a
// commit is gone, what was written at it has no place any more, and the rest is
// followed without it.
func (s *Service) trace(ctx context.Context, subject Subject, threads []Thread) (traces, error) {
	tr := traces{head: subject.HeadSHA, base: subject.BaseSHA, byPair: map[git.Pair]map[string]git.Traced{}, unknown: map[git.Pair]bool{}}
	pairs, paths := asks(threads, subject)
	if len(pairs) == 0 {
		return tr, nil
	}
	traced, err := s.code.Trace(ctx, subject.Project, pairs, paths)
	if err == nil {
		for i, pair := range pairs {
			tr.byPair[pair] = traced[i]
		}
		return tr, nil
	}
	if !fault.Is(err, fault.Missing) && !fault.Is(err, fault.Invalid) {
		return tr, fmt.Errorf("following threads: %w", err)
	}
	for _, pair := range pairs {
		alone, err := s.code.Trace(ctx, subject.Project, []git.Pair{pair}, paths)
		switch {
		case fault.Is(err, fault.Missing), fault.Is(err, fault.Invalid):
			tr.unknown[pair] = true
		case err != nil:
			return tr, fmt.Errorf("following threads: %w", err)
		default:
			tr.byPair[pair] = alone[0]
		}
	}
	return tr, nil
}

// suggestions says of each suggestion of a note where it stands and whether it
// can be applied.
func (tr traces) suggestions(subject Subject, t Thread, n Note) []SuggestionView {
	parsed := ParseSuggestions(n.Body)
	if len(parsed) == 0 || n.System {
		return nil
	}
	views := make([]SuggestionView, len(parsed))
	for i, p := range parsed {
		v := SuggestionView{Suggestion: p, Index: i}
		v.Applied = slices.ContainsFunc(n.Applied, func(a Applied) bool { return a.Index == i })
		v.Refusal = tr.find(subject, t, &v)
		if v.Applied {
			v.Refusal = "it was applied already"
		}
		views[i] = v
	}
	return views
}

// find fills in where the suggestion stands, or says why it stands nowhere.
func (tr traces) find(subject Subject, t Thread, v *SuggestionView) string {
	if t.Position == nil || t.Position.NewLine == 0 {
		return "a suggestion needs a line to replace: write it at a line of the file as it is now"
	}
	p := *t.Position
	v.Path, v.From, v.To = p.NewPath, p.NewLine-v.Above, p.NewLine+v.Below
	switch {
	case v.Flaw != "":
		return v.Flaw
	case v.From < 1:
		return fmt.Sprintf("it begins %d lines above line %d: the file has no such lines", v.Above, p.NewLine)
	case t.FileLines > 0 && v.To > t.FileLines:
		return fmt.Sprintf("it ends at line %d: the file had %d when it was written", v.To, t.FileLines)
	}
	path, from, ok := tr.lines(git.Pair{From: p.HeadSHA, To: tr.head}, p.NewPath, v.From, v.To)
	if !ok {
		return fmt.Sprintf("lines %d to %d of %s have changed since it was written: apply it by hand, or write a new one", v.From, v.To, p.NewPath)
	}
	v.Path, v.From, v.To = path, from, from+v.To-v.From
	if !subject.Open {
		return "the merge request is not open"
	}
	return ""
}

package discuss

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/forge/repo"
)

// mostApplied is how many suggestions one commit may take.
const mostApplied = 100

// Pick names a suggestion: the note's and its place in the note, from 0.
type Pick struct {
	Note  NoteID
	Index int
}

// Apply commits suggestions to the source branch, all in one commit of the
// actor's, and settles their threads. It needs the right to push there. When
// one cannot be applied none is, and the answer says which and why.
func (s *Service) Apply(ctx context.Context, actor auth.Actor, id project.ID, number int, picks []Pick, message string) (string, error) {
	if err := s.gate.May(ctx, actor, id, auth.PushCode); err != nil {
		return "", err
	}
	subject, err := s.requests.Request(ctx, actor, id, number)
	if err != nil {
		return "", err
	}
	if err := checkPicks(picks); err != nil {
		return "", err
	}
	chosen, threads, err := s.choose(ctx, subject, picks)
	if err != nil {
		return "", err
	}
	edits, err := s.edits(ctx, subject, chosen)
	if err != nil {
		return "", err
	}
	if strings.TrimSpace(message) == "" {
		message = applyMessage(chosen, len(edits))
	}
	sha, err := s.code.CommitEdits(ctx, actor, subject.Project, subject.Source, subject.HeadSHA, edits, message)
	if err != nil {
		return "", err
	}
	// The commit is there: that it is not marked helps nobody.
	ctx = context.WithoutCancel(ctx)
	now := time.Now().UTC()
	var applied []Applied
	for _, pick := range picks {
		applied = append(applied, Applied{Note: pick.Note, Index: pick.Index, SHA: sha, By: actor.User, At: now})
	}
	var ids []ThreadID
	var events []event.Event
	for _, t := range threads {
		if t.Resolvable && !t.Resolved() {
			ids = append(ids, t.ID)
			events = append(events, Settled{Project: t.Project, Request: t.Request, Number: t.Number, Thread: t.ID, User: actor.User})
		}
	}
	if err := s.store.Apply(ctx, applied, ids, actor.Username, now, events...); err != nil {
		return "", fmt.Errorf("commit %s is made, marking its suggestions: %w", sha, err)
	}
	return sha, nil
}

func checkPicks(picks []Pick) error {
	if len(picks) == 0 {
		return fault.Errorf(fault.Invalid, "which suggestion? name at least one").At("suggestions")
	}
	if len(picks) > mostApplied {
		return fault.Errorf(fault.Limited, "%d suggestions: one commit takes %d", len(picks), mostApplied).At("suggestions")
	}
	for i, pick := range picks {
		if slices.Contains(picks[:i], pick) {
			return fault.Errorf(fault.Invalid, "suggestion %d of note %d is named twice", pick.Index, pick.Note).At("suggestions")
		}
	}
	return nil
}

// chosen is a suggestion that can be applied.
type chosen struct {
	SuggestionView
	by string
}

// choose finds the suggestions where they stand now.
func (s *Service) choose(ctx context.Context, subject Subject, picks []Pick) ([]chosen, []Thread, error) {
	var threads []Thread
	for _, pick := range picks {
		if slices.ContainsFunc(threads, func(t Thread) bool { return noteOf(t, pick.Note) != nil }) {
			continue
		}
		t, err := s.store.ThreadOf(ctx, subject.ID, pick.Note)
		if err != nil {
			return nil, nil, err
		}
		threads = append(threads, t)
	}
	tr, err := s.trace(ctx, subject, threads)
	if err != nil {
		return nil, nil, err
	}
	var all []chosen
	for _, pick := range picks {
		t := threads[slices.IndexFunc(threads, func(t Thread) bool { return noteOf(t, pick.Note) != nil })]
		n := noteOf(t, pick.Note)
		views := tr.suggestions(subject, t, *n)
		if pick.Index < 0 || pick.Index >= len(views) {
			return nil, nil, fault.Errorf(fault.Missing, "note %d has no suggestion %d", pick.Note, pick.Index)
		}
		v := views[pick.Index]
		if v.Refusal != "" {
			return nil, nil, fault.Errorf(fault.Conflict, "the suggestion of %s at %s:%d cannot be applied: %s", n.Author.Username, cmpOr(v.Path, "no file"), v.From, v.Refusal)
		}
		all = append(all, chosen{v, n.Author.Username})
	}
	return all, threads, nil
}

func noteOf(t Thread, id NoteID) *Note {
	for i := range t.Notes {
		if t.Notes[i].ID == id {
			return &t.Notes[i]
		}
	}
	return nil
}

// edits makes the files as they shall be.
func (s *Service) edits(ctx context.Context, subject Subject, all []chosen) ([]repo.Edit, error) {
	byPath := map[string][]chosen{}
	var paths []string
	for _, c := range all {
		if byPath[c.Path] == nil {
			paths = append(paths, c.Path)
		}
		byPath[c.Path] = append(byPath[c.Path], c)
	}
	var edits []repo.Edit
	for _, path := range paths {
		before, err := s.code.ReadFile(ctx, subject.Project, subject.HeadSHA, path, textLimit)
		if err != nil {
			return nil, err
		}
		if isBinary(before) {
			return nil, fault.Errorf(fault.Conflict, "%q is a binary file: it has no lines to replace", path)
		}
		after, err := rewrite(string(before), byPath[path])
		if err != nil {
			return nil, err
		}
		edits = append(edits, repo.Edit{Path: path, Content: []byte(after)})
	}
	return edits, nil
}

// rewrite puts suggestions into a file, from its end to its beginning, so that
// the numbers of the lines before stay true.
func rewrite(text string, suggestions []chosen) (string, error) {
	suggestions = slices.Clone(suggestions)
	slices.SortFunc(suggestions, func(a, b chosen) int { return cmp.Compare(b.From, a.From) })
	lines := slices.Collect(strings.Lines(text)) // each with its end
	for i, c := range suggestions {
		if i > 0 && c.To >= suggestions[i-1].From {
			return "", fault.Errorf(fault.Conflict, "two of the suggestions replace line %d of %s: apply one of them", c.To, c.Path)
		}
		if c.From < 1 || c.To > len(lines) {
			return "", fault.Errorf(fault.Conflict, "%s has %d lines, and the suggestion ends at line %d", c.Path, len(lines), c.To)
		}
		lines = slices.Replace(lines, c.From-1, c.To, replacement(lines[c.From-1:c.To], c.Lines, c.To == len(lines))...)
	}
	after := strings.Join(lines, "")
	if after == text {
		return "", fault.Errorf(fault.Conflict, "%s reads so already: the suggestion changes nothing", suggestions[0].Path)
	}
	return after, nil
}

// replacement gives the new lines the ends that the old ones have: Windows' or
// Unix's, and none at the end of a file that has none.
func replacement(old, new []string, last bool) []string {
	end := "\n"
	if strings.HasSuffix(old[0], "\r\n") {
		end = "\r\n"
	}
	made := make([]string, len(new))
	for i, line := range new {
		made[i] = line + end
	}
	if last && len(made) > 0 && !strings.HasSuffix(old[len(old)-1], "\n") {
		made[len(made)-1] = new[len(new)-1]
	}
	return made
}

// applyMessage is the commit's message when nobody wrote one. Whose idea it was
// stays with the code.
func applyMessage(all []chosen, files int) string {
	title := "Apply a suggestion to " + all[0].Path
	if len(all) > 1 {
		title = fmt.Sprintf("Apply %d suggestions to %s", len(all), all[0].Path)
	}
	if files > 1 {
		title = fmt.Sprintf("Apply %d suggestions to %d files", len(all), files)
	}
	var names []string
	for _, c := range all {
		if !slices.Contains(names, c.by) {
			names = append(names, c.by)
		}
	}
	return title + "\n\nSuggested-by: " + strings.Join(names, "\nSuggested-by: ")
}

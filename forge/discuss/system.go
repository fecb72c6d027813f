package discuss

import (
	"context"
	"slices"
	"strconv"
	"time"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// The verbs of this file are for other parts of the server, which answer for
// whom they act: they ask no permission.

// History is something that happened to a request.
type History struct {
	Event    int64 // its number; told once, however often it is reported
	Project  project.ID
	Request  int64
	Number   int
	User     auth.UserID
	Username string
	Text     string // "pushed 2 commits", "approved"
}

// Tell writes a line of history into a request's discussion. It is not
// counted, not resolved and never changed.
func (s *Service) Tell(ctx context.Context, h History) error {
	now := time.Now().UTC()
	who := Author{User: h.User, Username: h.Username}
	t := Thread{
		Project: h.Project, Request: h.Request, Number: h.Number, Starter: who, System: true, Event: h.Event, CreatedAt: now,
		Notes: []Note{{Author: who, Body: h.Text, System: true, CreatedAt: now}},
	}
	_, err := s.store.Start(ctx, t, nil, 0, reportNote(auth.Actor{User: h.User, Username: h.Username}, nil, false))
	if h.Event != 0 && fault.Is(err, fault.Conflict) {
		return nil
	}
	return err
}

// Unresolved counts the threads of a request that wait to be settled.
func (s *Service) Unresolved(ctx context.Context, request int64) (int, error) {
	counts, err := s.store.Counts(ctx, []int64{request})
	return counts[request].Unresolved, err
}

// Counts counts the resolvable threads of requests; one without any is not in
// the answer.
func (s *Service) Counts(ctx context.Context, requests []int64) (map[int64]Count, error) {
	return s.store.Counts(ctx, requests)
}

// Waiting lists the calls that a user has not answered, youngest first, in
// projects whose requests they may still read. Whether the request is still
// open is for the caller to say.
func (s *Service) Waiting(ctx context.Context, actor auth.Actor, limit int) ([]Mention, error) {
	if actor.User == 0 {
		return nil, nil
	}
	all, err := s.store.Mentions(ctx, actor.User, limit)
	if err != nil {
		return nil, err
	}
	may := map[project.ID]bool{}
	var waiting []Mention
	for _, m := range all {
		if _, asked := may[m.Project]; !asked {
			may[m.Project] = s.gate.May(ctx, actor, m.Project, auth.ReadMerge) == nil
		}
		if may[m.Project] {
			waiting = append(waiting, m)
		}
	}
	return waiting, nil
}

// Find loads a note and its thread by what an event says of them.
func (s *Service) Find(ctx context.Context, id project.ID, note NoteID) (Thread, Note, error) {
	t, err := s.store.ProjectThread(ctx, id, note)
	if err != nil {
		return Thread{}, Note{}, err
	}
	return t, t.Notes[slices.IndexFunc(t.Notes, func(n Note) bool { return n.ID == note })], nil
}

func itoa(n int) string { return strconv.Itoa(n) }

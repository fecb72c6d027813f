package app

import (
	"context"

	"dasier/ci"
	"dasier/forge/auth"
	"dasier/forge/discuss"
	"dasier/forge/hook"
	"dasier/forge/merge"
	"dasier/store/queue"
)

// reviewReactions is what is told of merge requests and of what is said about
// them, to webhooks and to live pages.
func (s *Server) reviewReactions() []queue.Reaction {
	return []queue.Reaction{
		after("tell webhooks of the merge request", func(ctx context.Context, id int64, e merge.Changed) error {
			return s.tell(ctx, id, e.Project, hook.MergeEvent, func(p hook.Project) (hook.Payload, error) {
				return s.mergePayload(ctx, p, e.Number, e.User, e.Username, e.Action)
			})
		}),
		after("tell webhooks of the note", func(ctx context.Context, id int64, e discuss.Noted) error {
			if e.System || e.Edited {
				return nil
			}
			return s.tell(ctx, id, e.Project, hook.NoteEvent, func(p hook.Project) (hook.Payload, error) { return s.notePayload(ctx, p, e) })
		}),
		after("tell live pages of the note", func(_ context.Context, _ int64, e discuss.Noted) error {
			s.ci.Announce(ci.Change{Kind: "merge_request", Project: e.Project, Number: e.Number})
			return nil
		}),
		after("tell live pages of the thread", func(_ context.Context, _ int64, e discuss.Settled) error {
			s.ci.Announce(ci.Change{Kind: "merge_request", Project: e.Project, Number: e.Number})
			return nil
		}),
	}
}

// hookActions is GitLab's word for what happened to a request.
var hookActions = map[merge.Action]string{
	merge.ActionOpened: "open", merge.ActionUpdated: "update", merge.ActionEdited: "update", merge.ActionVoided: "update",
	merge.ActionApproved: "approved", merge.ActionUnapproved: "unapproved",
	merge.ActionClosed: "close", merge.ActionReopened: "reopen", merge.ActionMerged: "merge",
}

func (s *Server) mergePayload(ctx context.Context, p hook.Project, number int, by auth.UserID, username string, action merge.Action) (hook.Merge, error) {
	r, err := s.merges.Get(ctx, byHooks, p.ID, number)
	if err != nil {
		return hook.Merge{}, err
	}
	head, err := s.repos.CommitAt(ctx, p.ID, r.Head)
	if err != nil {
		return hook.Merge{}, err
	}
	return hook.Merge{
		Project: p, User: s.hookPerson(ctx, by, username), Action: hookActions[action], ID: int64(r.ID), Number: int64(r.Number),
		Title: r.Title, Description: r.Description, Source: r.Source, Target: r.Target, State: string(r.State), Draft: r.Draft,
		Head: hookCommit(head), MergeSHA: r.MergeSHA, Created: r.CreatedAt, Update: r.UpdatedAt,
	}, nil
}

func (s *Server) notePayload(ctx context.Context, p hook.Project, e discuss.Noted) (hook.Payload, error) {
	t, n, err := s.discuss.Find(ctx, p.ID, e.Note)
	if err != nil {
		return nil, err
	}
	request, err := s.mergePayload(ctx, p, e.Number, e.User, e.Username, "")
	if err != nil {
		return nil, err
	}
	told := hook.Note{Project: p, User: request.User, ID: int64(n.ID), Text: n.Body, System: n.System, Created: n.CreatedAt, Merge: request}
	if at := t.Position; at != nil {
		told.Path, told.Line = at.NewPath, at.NewLine
		if told.Path == "" {
			told.Path, told.Line = at.OldPath, at.OldLine
		}
	}
	return told, nil
}

package repo

import (
	"context"
	"errors"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/git"
)

// mostTags bounds a list of tags.
const mostTags = 10_000

// Tags lists a project's tags, the newest first.
func (s *Service) Tags(ctx context.Context, actor auth.Actor, id project.ID) ([]git.Tag, error) {
	r, err := s.reading(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	return r.Tags(ctx, mostTags)
}

// CreateTag names a branch's, tag's or commit's commit by a plain tag.
func (s *Service) CreateTag(ctx context.Context, actor auth.Actor, id project.ID, tag, from string) (string, error) {
	r, err := s.pushing(ctx, actor, id)
	if err != nil {
		return "", err
	}
	found, err := resolve(ctx, r, from)
	if err != nil {
		return "", err
	}
	update := git.RefUpdate{Ref: git.Tags + tag, Before: git.Zero, After: found.SHA}
	if refusal, wrong := checkName(update); wrong {
		return "", fault.Errorf(fault.Invalid, "%s", refusal.Message).At("tag")
	}
	if err := s.mayMove(ctx, actor, id, r, update); err != nil {
		return "", err
	}
	err = s.move(ctx, actor, id, r, change{source: SourcePush, updates: []git.RefUpdate{update}})
	if errors.Is(err, git.ErrMoved) {
		return "", fault.Errorf(fault.Conflict, "there is a tag %q already, or one whose name is a part of it", tag).At("tag")
	}
	return found.SHA, err
}

// DeleteTag removes a tag.
func (s *Service) DeleteTag(ctx context.Context, actor auth.Actor, id project.ID, tag string) error {
	r, err := s.pushing(ctx, actor, id)
	if err != nil {
		return err
	}
	ref := git.Tags + tag
	refs, err := r.ReadRefs(ctx, ref)
	if err != nil {
		return explain(err, "")
	}
	update := git.RefUpdate{Ref: ref, Before: refs[ref], After: git.Zero}
	if update.Before == "" {
		return fault.Errorf(fault.Missing, "no tag %q", tag).At("tag")
	}
	if err := s.mayMove(ctx, actor, id, r, update); err != nil {
		return err
	}
	err = s.move(ctx, actor, id, r, change{source: SourcePush, updates: []git.RefUpdate{update}})
	if errors.Is(err, git.ErrMoved) {
		return fault.Errorf(fault.Conflict, "tag %s has moved", tag)
	}
	return err
}

package app

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"dasier/ci"
	"dasier/delivery/deploy"
	"dasier/event"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/forge/repo"
	"dasier/git"
	"dasier/model/registry"
	"dasier/store/queue"
)

// reactions is what happens after what: the one table. Each is durable and may
// run more than once, so each verb is idempotent. The lines of webhooks and the
// audit log, of merge requests and of their discussions stand in hook.go,
// merge.go and review.go, beside what they are made of.
func (s *Server) reactions() []queue.Reaction {
	return slices.Concat(s.hookReactions(), s.mergeReactions(), s.reviewReactions(), []queue.Reaction{
		after("make the repository", func(ctx context.Context, _ int64, e project.Created) error {
			return s.repos.Ensure(ctx, e.Project)
		}),
		after("stop the endpoints", func(ctx context.Context, _ int64, e project.Deleted) error {
			return s.deploy.Forget(ctx, e.Project)
		}),
		after("remove the repository", func(ctx context.Context, _ int64, e project.Deleted) error {
			return s.repos.Delete(ctx, e.Project)
		}),
		after("stop a blocked user's jobs", func(ctx context.Context, _ int64, e auth.Blocked) error {
			return s.ci.CancelOf(ctx, e.User)
		}),
		after("create a pipeline", func(ctx context.Context, id int64, e repo.Pushed) error {
			_, err := s.ci.CreateForPush(ctx, ci.Push{
				Event: strconv.FormatInt(id, 10), Project: e.Project, Ref: e.Ref, Before: e.Before, After: e.After,
				User: e.User, Username: e.Username, Source: pipelineSource(e.Source), Options: e.Options,
			})
			return err
		}),
		after("link the run", func(ctx context.Context, _ int64, e registry.Registered) error {
			return s.track.Link(ctx, e.Project, e.Run, e.Model, e.Version)
		}),
		after("keep the commit", func(ctx context.Context, _ int64, e registry.Registered) error {
			v, err := s.registry.Version(ctx, auth.System("registry"), e.Project, e.Model, e.Version)
			if err != nil || v.Lineage.Commit == "" {
				return err
			}
			return s.repos.Keep(ctx, e.Project, v.Lineage.Commit)
		}),
		after("deploy", func(ctx context.Context, _ int64, e deploy.Requested) error {
			return s.deploy.Run(ctx, e.Deployment)
		}),
		after("end the branch's previews", func(ctx context.Context, _ int64, e repo.Pushed) error {
			branch, ok := strings.CutPrefix(e.Ref, git.Heads)
			if !ok || e.After != git.Zero {
				return nil
			}
			return s.deploy.BranchDeleted(ctx, e.Project, branch)
		}),
		after("note that an environment was taken down", func(ctx context.Context, _ int64, e ci.JobFinished) error {
			return s.takenDown(ctx, e)
		}),
		after("remove logs and artifacts", func(ctx context.Context, _ int64, _ project.Deleted) error {
			return s.ci.RemoveLeft(ctx)
		}),
		after("remove the packages", func(ctx context.Context, _ int64, _ project.Deleted) error {
			return s.registry.RemoveLeft(ctx)
		}),
		after("forget the bundles", func(ctx context.Context, _ int64, e project.Deleted) error {
			return s.bundles.Forget(ctx, e.Project)
		}),
		after("tell the target", func(ctx context.Context, _ int64, e deploy.EnvironmentChanged) error {
			return s.deploy.Refresh(ctx, e.Environment)
		}),
	})
}

// keepEvents is how long events stay after their reactions, for those who look
// for what happened.
const keepEvents = 7 * 24 * time.Hour

// timers is what happens by the clock.
func (s *Server) timers() []queue.Timer {
	return []queue.Timer{
		{Name: "sweep pipelines", Every: 30 * time.Second, Do: s.ci.Sweep},
		{Name: "end memberships of projects", Every: time.Minute, Do: s.projects.Sweep},
		{Name: "end memberships of groups", Every: time.Minute, Do: s.groups.Sweep},
		{Name: "stop environments", Every: 30 * time.Second, Do: s.deploy.Sweep},
		{Name: "sweep bundles", Every: time.Hour, Do: s.bundles.Sweep},
		{Name: "sweep sessions", Every: time.Hour, Do: s.sessions.Sweep},
		{Name: "prune events", Every: time.Hour, Do: func(ctx context.Context) error { return s.queue.Prune(ctx, keepEvents) }},
	}
}

// after makes a line of the table: the event's type says what it follows.
func after[E event.Event](name string, do func(ctx context.Context, id int64, e E) error) queue.Reaction {
	var zero E
	return queue.Reaction{On: zero.EventKind(), Name: name, Do: func(ctx context.Context, id int64, payload []byte) error {
		var e E
		if err := json.Unmarshal(payload, &e); err != nil {
			return fmt.Errorf("reading event %s: %w", e.EventKind(), err)
		}
		return do(ctx, id, e)
	}}
}

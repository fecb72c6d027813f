package repo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/git"
)

// Gate is what repo asks of forge/project.
type Gate interface {
	// May decides whether the actor may do p in the project.
	May(ctx context.Context, actor auth.Actor, id project.ID, p auth.Permission) error
	// Get loads a project that the actor may see.
	Get(ctx context.Context, actor auth.Actor, id project.ID) (project.Project, error)
}

// Config is what may be changed; its zero value works.
type Config struct {
	// PushLimit is the most bytes one push may send. 0 is 2 GiB.
	PushLimit int64
	// FileLimit is the most bytes of a file that File and Blame give as text.
	// 0 is 1 MiB.
	FileLimit int64
	// Identity is the name and address that merges made here carry. Nil makes
	// one of the user name.
	Identity func(ctx context.Context, actor auth.Actor) git.Identity
	// Maker is the committer of what Land makes: the server itself, so that who
	// merges the work of others does not become one of its authors. The zero
	// value is Dasier <dasier@localhost>.
	Maker git.Identity
	// RequestLink is the address of the page that opens a merge request from
	// source into target; source may be "". Nil names no address.
	RequestLink func(ctx context.Context, id project.ID, source, target string) string
	// Log gets what went wrong where nobody waits for an answer. Nil is
	// slog.Default().
	Log *slog.Logger
}

// Service is the verbs of repositories.
type Service struct {
	store Store
	gate  Gate
	git   *git.Program
	root  string
	cfg   Config

	// starting is held for reading from before an intent is saved until it is
	// in flight, so that Reconcile, which holds it for writing, never takes a
	// living intent for an abandoned one.
	starting sync.RWMutex
	mu       sync.Mutex
	inFlight map[IntentID]bool
	merging  map[project.ID]chan struct{} // one merge at a time per project
}

// New makes the service of the repositories in the folder root.
func New(store Store, gate Gate, program *git.Program, root string, cfg Config) *Service {
	if cfg.PushLimit <= 0 {
		cfg.PushLimit = 2 << 30
	}
	if cfg.FileLimit <= 0 {
		cfg.FileLimit = 1 << 20
	}
	if cfg.Identity == nil {
		cfg.Identity = func(_ context.Context, actor auth.Actor) git.Identity {
			return git.Identity{Name: actor.Username, Email: actor.Username + "@users.noreply.localhost"}
		}
	}
	if cfg.Maker == (git.Identity{}) {
		cfg.Maker = git.Identity{Name: "Dasier", Email: "dasier@localhost"}
	}
	if cfg.RequestLink == nil {
		cfg.RequestLink = func(context.Context, project.ID, string, string) string { return "" }
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	return &Service{
		store: store, gate: gate, git: program, root: root, cfg: cfg,
		inFlight: map[IntentID]bool{}, merging: map[project.ID]chan struct{}{},
	}
}

// Path is where a project's repository stands: a thousand to a folder.
func (s *Service) Path(id project.ID) string {
	return filepath.Join(s.root, fmt.Sprintf("%02d", id/1000), fmt.Sprintf("%08d.git", id))
}

// Ensure makes a project's repository, empty and with its default branch
// protected, unless it is there already. It is the reaction to project.Created.
func (s *Service) Ensure(ctx context.Context, id project.ID) error {
	if s.git.Open(s.Path(id)).Exists() {
		return nil
	}
	p, err := s.gate.Get(ctx, auth.System("repo"), id)
	if err != nil {
		return err
	}
	// The protection first: a crash between the two repeats both, and never
	// leaves a repository whose default branch lies open.
	if err := s.store.AddProtection(ctx, id, defaultProtection(p.DefaultBranch)); err != nil {
		return err
	}
	_, err = s.git.Init(ctx, s.Path(id), p.DefaultBranch)
	return err
}

func defaultProtection(branch string) Protection {
	return Protection{Pattern: branch, PushRole: auth.Maintainer, MergeRole: auth.Maintainer, ApprovalRole: auth.Developer}
}

// Delete removes the repository of a project that is gone. It is the reaction
// to project.Deleted.
func (s *Service) Delete(_ context.Context, id project.ID) error {
	return s.git.Open(s.Path(id)).Remove()
}

// open gives a project's repository, and makes it when the reaction to the
// project's creation has not come round to it yet.
func (s *Service) open(ctx context.Context, id project.ID) (*git.Repo, error) {
	r := s.git.Open(s.Path(id))
	if r.Exists() {
		return r, nil
	}
	return r, s.Ensure(ctx, id)
}

// reading is the beginning of every verb that reads code.
func (s *Service) reading(ctx context.Context, actor auth.Actor, id project.ID) (*git.Repo, error) {
	if err := s.gate.May(ctx, actor, id, auth.ReadCode); err != nil {
		return nil, err
	}
	return s.open(ctx, id)
}

// SetDefaultBranch makes a branch the one that clones check out, and protects
// it unless a rule names it already. The project's own record of it is
// forge/project's.
func (s *Service) SetDefaultBranch(ctx context.Context, actor auth.Actor, id project.ID, branch string) error {
	if err := s.gate.May(ctx, actor, id, auth.EditProject); err != nil {
		return err
	}
	r, err := s.open(ctx, id)
	if err != nil {
		return err
	}
	if err := git.CheckBranch(branch); err != nil {
		return explain(err, "")
	}
	empty, err := r.Empty(ctx)
	if err != nil {
		return err
	}
	if !empty {
		refs, err := r.ReadRefs(ctx, git.Heads+branch)
		if err != nil {
			return err
		}
		if refs[git.Heads+branch] == "" {
			return fault.Errorf(fault.Missing, "no branch %q: push it before making it the default", branch).At("default_branch")
		}
	}
	rules, err := s.store.Protections(ctx, id)
	if err != nil {
		return err
	}
	if _, protected := ProtectionOf(rules, branch); !protected {
		if err := s.store.AddProtection(ctx, id, defaultProtection(branch)); err != nil {
			return err
		}
	}
	return r.SetHead(ctx, branch)
}

// Protections lists a project's rules.
func (s *Service) Protections(ctx context.Context, actor auth.Actor, id project.ID) ([]Protection, error) {
	if err := s.gate.May(ctx, actor, id, auth.ReadCode); err != nil {
		return nil, err
	}
	return s.store.Protections(ctx, id)
}

// Protect adds a rule or replaces the one with its pattern.
func (s *Service) Protect(ctx context.Context, actor auth.Actor, id project.ID, rule Protection) error {
	if err := s.gate.May(ctx, actor, id, auth.ManageBranches); err != nil {
		return err
	}
	rule = rule.settled()
	if err := rule.check(); err != nil {
		return err
	}
	act := actor.Act("protected_branch.changed", int64(id), rule.Pattern)
	var err error
	if act.Before, err = s.ruleBefore(ctx, id, rule.Pattern); err != nil {
		return err
	}
	act.After = rule.words()
	return s.store.SaveProtection(ctx, id, rule, act)
}

// ruleBefore is the rule with this very pattern, for the audit log; nil when
// there is none.
func (s *Service) ruleBefore(ctx context.Context, id project.ID, pattern string) (any, error) {
	rules, err := s.store.Protections(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, rule := range rules {
		if rule.Pattern == pattern {
			return rule.words(), nil
		}
	}
	return nil, nil
}

// Unprotect removes a rule. The default branch may be unprotected too, by whoever
// may manage branches: it is an act of its own.
func (s *Service) Unprotect(ctx context.Context, actor auth.Actor, id project.ID, pattern string) error {
	if err := s.gate.May(ctx, actor, id, auth.ManageBranches); err != nil {
		return err
	}
	act := actor.Act("protected_branch.removed", int64(id), pattern)
	var err error
	if act.Before, err = s.ruleBefore(ctx, id, pattern); err != nil {
		return err
	}
	return s.store.DeleteProtection(ctx, id, pattern, act)
}

// IsProtected tells whether a rule names the branch.
func (s *Service) IsProtected(ctx context.Context, id project.ID, branch string) (bool, error) {
	rules, err := s.store.Protections(ctx, id)
	if err != nil {
		return false, err
	}
	_, protected := ProtectionOf(rules, branch)
	return protected, nil
}

// events are what an intent's moves are to the rest of the server, and to the
// audit log where they changed a protected branch. A merge request's landing has
// its own line there.
func (s *Service) events(ctx context.Context, actor auth.Actor, intent Intent, moved []git.RefUpdate) []event.Event {
	events := intent.events(moved)
	if intent.Source == SourceLanding {
		return events
	}
	rules, err := s.store.Protections(ctx, intent.Project)
	for _, u := range moved {
		branch, isBranch := strings.CutPrefix(u.Ref, git.Heads)
		// Rather a line too many than a change that nobody reads of.
		if _, protected := ProtectionOf(rules, branch); !isBranch || !protected && err == nil {
			continue
		}
		act := actor.Act("protected_branch.moved", int64(intent.Project), branch)
		act.Before, act.After = map[string]any{"sha": u.Before}, map[string]any{"sha": u.After, "by": string(intent.Source)}
		events = append(events, act)
	}
	return events
}

// begin saves an intent and holds it in flight until end is called.
func (s *Service) begin(ctx context.Context, actor auth.Actor, id project.ID, source Source, options []string, updates []git.RefUpdate) (Intent, func(), error) {
	intent := Intent{
		Project: id, User: actor.User, Username: actor.Username, Source: source,
		Options: options, Updates: updates, CreatedAt: time.Now().UTC(),
	}
	s.starting.RLock()
	defer s.starting.RUnlock()
	var err error
	if intent.ID, err = s.store.AddIntent(ctx, intent); err != nil {
		return Intent{}, nil, fmt.Errorf("recording what a %s is about to do: %w", source, err)
	}
	s.mu.Lock()
	s.inFlight[intent.ID] = true
	s.mu.Unlock()
	end := func() {
		s.mu.Lock()
		delete(s.inFlight, intent.ID)
		s.mu.Unlock()
	}
	return intent, end, nil
}

// explain turns git's errors into faults; missing is the sentence for what
// does not exist.
func explain(err error, missing string, args ...any) error {
	said := ""
	if err != nil {
		said = strings.TrimPrefix(err.Error(), "git: ")
	}
	switch {
	case errors.Is(err, git.ErrNotFound):
		return fault.Errorf(fault.Missing, missing, args...)
	case errors.Is(err, git.ErrName):
		return fault.Errorf(fault.Invalid, "%s", said)
	case errors.Is(err, git.ErrTooLarge):
		return fault.Errorf(fault.Limited, "%s", said)
	}
	return err
}

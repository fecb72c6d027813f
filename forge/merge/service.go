package merge

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/forge/repo"
	"dasier/git"
)

// Gate decides who may do what (project.Service).
type Gate interface {
	May(ctx context.Context, actor auth.Actor, id project.ID, p auth.Permission) error
}

// People knows who is who.
type People interface {
	// User and ByName find a person; fault.Missing.
	User(ctx context.Context, id auth.UserID) (auth.User, error)
	ByName(ctx context.Context, username string) (auth.User, error)
	// Role is what a person is in the project; administrators count as owners.
	Role(ctx context.Context, id project.ID, user auth.User) (auth.Role, error)
	// Members lists those who have a role in the project, by user name.
	Members(ctx context.Context, id project.ID) ([]Member, error)
	// Owns tells whether a word of a CODEOWNERS file ("@ada", "ada@example.org",
	// "@group", "@@maintainers") means the person, in this project.
	Owns(ctx context.Context, id project.ID, word string, user auth.User) (bool, error)
}

// Member is a person with a role.
type Member struct {
	User Person
	Role auth.Role
}

// Evidence knows what was made from a commit.
type Evidence interface {
	// Of lists the newest version of each model that jobs made from the very
	// commit, by name, and the digests of the data that they were made from.
	Of(ctx context.Context, id project.ID, commit string) ([]Model, string, error)
}

// Pipelines knows how tests went.
type Pipelines interface {
	// Newest is the newest pipeline of the commit on the branch that says
	// something about it; nil when there is none.
	Newest(ctx context.Context, id project.ID, branch, commit string) (*Pipeline, error)
}

// Pipeline is as much of one as the gate looks at.
type Pipeline struct {
	ID     int64
	Status string // for people
	Passed bool
	Done   bool
	Link   string // the address of its page; may be ""
}

// Threads counts what is being discussed.
type Threads interface {
	Count(ctx context.Context, request int64) (unresolved, total int, err error)
}

// Parts are what a service is made of. Evidence, Pipelines and Threads may be
// nil: then there are no models, no pipelines and no threads.
type Parts struct {
	Gate      Gate
	Repos     *repo.Service
	People    People
	Evidence  Evidence
	Pipelines Pipelines
	Threads   Threads
}

// Config is what may be changed; its zero value works.
type Config struct {
	// Address is the page of the request, for messages and links. Nil names none.
	Address func(ctx context.Context, id project.ID, number int) string
}

// Service is the verbs of merge requests.
type Service struct {
	store Store
	Parts
	cfg Config

	conflicts memo[conflicts]
	replays   memo[replay]
	trees     memo[string]
	spans     memo[repo.Span]
	bases     memo[string]
	counts    memo[int]
	asked     memo[[]Owners]
	commits   memo[map[string]bool]
}

// replay is the commit that cannot be made anew on the target, and the files
// that stand in its way.
type replay struct {
	commit string
	files  []string
}

// conflicts is how two commits merge.
type conflicts struct {
	files     []string
	unrelated bool
}

// New makes the service.
func New(store Store, parts Parts, cfg Config) *Service {
	if cfg.Address == nil {
		cfg.Address = func(context.Context, project.ID, int) string { return "" }
	}
	return &Service{store: store, Parts: parts, cfg: cfg}
}

// Get loads a request.
func (s *Service) Get(ctx context.Context, actor auth.Actor, id project.ID, number int) (Request, error) {
	if err := s.Gate.May(ctx, actor, id, auth.ReadMerge); err != nil {
		return Request{}, err
	}
	return s.store.ByNumber(ctx, id, number)
}

// Versions lists what the source branch was while the request was open, oldest
// first.
func (s *Service) Versions(ctx context.Context, actor auth.Actor, id project.ID, number int) ([]Version, error) {
	r, err := s.Get(ctx, actor, id, number)
	if err != nil {
		return nil, err
	}
	return s.store.Versions(ctx, r.ID)
}

// Commits lists what a request brings, newest first, and how many commits there
// are.
func (s *Service) Commits(ctx context.Context, actor auth.Actor, id project.ID, number, skip, limit int) ([]git.Commit, int, error) {
	r, err := s.Get(ctx, actor, id, number)
	if err != nil {
		return nil, 0, err
	}
	commits, err := s.Repos.Between(ctx, id, r.Base, r.Head, skip, limit)
	if err != nil {
		return nil, 0, err
	}
	total, err := s.ahead(ctx, id, r.Base, r.Head)
	return commits, total, err
}

// List gives a project's requests, newest first, and how many match.
func (s *Service) List(ctx context.Context, actor auth.Actor, id project.ID, filter Filter) ([]Request, int, error) {
	if err := s.Gate.May(ctx, actor, id, auth.ReadMerge); err != nil {
		return nil, 0, err
	}
	switch filter.State {
	case "", Opened, Closed, Merged:
	default:
		return nil, 0, fault.Errorf(fault.Invalid, "state %q: expected opened, closed or merged", filter.State).At("state")
	}
	if filter.Limit <= 0 {
		filter.Limit = 50
	}
	return s.store.List(ctx, id, filter)
}

// OpenCount is how many requests of a project are open; 0 to those who may not
// see them.
func (s *Service) OpenCount(ctx context.Context, actor auth.Actor, id project.ID) (int, error) {
	if s.Gate.May(ctx, actor, id, auth.ReadMerge) != nil {
		return 0, nil //nolint:nilerr // a count of what they may see
	}
	_, total, err := s.store.List(ctx, id, Filter{State: Opened, Limit: 1})
	return total, err
}

// OpenOf lists the open requests of a source branch. It asks no permission: it
// is for other parts of the server.
func (s *Service) OpenOf(ctx context.Context, id project.ID, branch string) ([]Request, error) {
	return s.store.From(ctx, id, branch)
}

// Settings is how a project merges.
func (s *Service) Settings(ctx context.Context, actor auth.Actor, id project.ID) (Settings, error) {
	if err := s.Gate.May(ctx, actor, id, auth.ReadProject); err != nil {
		return Settings{}, err
	}
	return s.settings(ctx, id)
}

func (s *Service) settings(ctx context.Context, id project.ID) (Settings, error) {
	settings, err := s.store.Settings(ctx, id)
	if settings.Method == "" {
		settings.Method = repo.MergeCommit
	}
	return settings, err
}

// Configure changes how a project merges; nil leaves a setting as it is.
func (s *Service) Configure(ctx context.Context, actor auth.Actor, id project.ID, method *repo.Method, removeSource *bool) (Settings, error) {
	if err := s.Gate.May(ctx, actor, id, auth.EditProject); err != nil {
		return Settings{}, err
	}
	before, err := s.settings(ctx, id)
	if err != nil {
		return Settings{}, err
	}
	after := before
	if method != nil {
		after.Method = *method
	}
	if removeSource != nil {
		after.RemoveSource = *removeSource
	}
	switch after.Method {
	case repo.MergeCommit, repo.Squash, repo.Rebase, repo.FastForward:
	default:
		return Settings{}, fault.Errorf(fault.Invalid, "merge method %q: expected merge, squash, rebase or ff", after.Method).At("merge_method")
	}
	if after == before {
		return after, nil
	}
	act := actor.Act("merge_settings.changed", int64(id), "")
	act.Before, act.After = before.words(), after.words()
	return after, s.store.SaveSettings(ctx, id, after, act)
}

func (s Settings) words() map[string]any {
	return map[string]any{"merge_method": string(s.Method), "remove_source_branch": s.RemoveSource}
}

// Opening is a request in the making.
type Opening struct {
	Source       string
	Target       string
	Title        string // "" makes one of the commits
	Description  string
	Draft        bool
	Reviewers    []string // user names
	RemoveSource *bool    // nil: as the project says
	Squash       bool
}

// Open opens a request.
func (s *Service) Open(ctx context.Context, actor auth.Actor, id project.ID, n Opening) (Request, error) {
	if err := s.mayCreate(ctx, actor, id); err != nil {
		return Request{}, err
	}
	settings, err := s.settings(ctx, id)
	if err != nil {
		return Request{}, err
	}
	now := time.Now().UTC()
	r := Request{
		Project: id, State: Opened, Draft: n.Draft, Source: n.Source, Target: n.Target, Title: n.Title, Description: n.Description,
		Author: Person{ID: actor.User, Username: actor.Username}, Squash: n.Squash, RemoveSource: settings.RemoveSource,
		Versions: 1, CreatedAt: now, UpdatedAt: now, Version: 1,
	}
	if n.RemoveSource != nil {
		r.RemoveSource = *n.RemoveSource
	}
	p, err := s.propose(ctx, &r)
	if err != nil {
		return Request{}, err
	}
	if strings.TrimSpace(r.Title) == "" {
		r.Title = p.Title
		if r.Description == "" {
			r.Description = p.Description
		}
	}
	title, draft := cutDraft(r.Title)
	r.Title, r.Draft = title, r.Draft || draft
	if r.Reviewers, err = s.reviewers(ctx, id, n.Reviewers); err != nil {
		return Request{}, err
	}
	if err := r.check(); err != nil {
		return Request{}, err
	}
	first := Version{Number: 1, Head: r.Head, Base: r.Base, CreatedAt: now, User: r.Author}
	if err := s.measure(ctx, &first, r, p.span); err != nil {
		return Request{}, err
	}
	if err := s.keep(ctx, id, r.Head, r.Base); err != nil {
		return Request{}, err
	}
	return s.store.Create(ctx, r, first, func(made ID, number int) []event.Event {
		r.ID, r.Number = made, number
		return []event.Event{r.changed(actor, ActionOpened, "")}
	})
}

// mayCreate asks for a person: a request has an author who can be asked back.
func (s *Service) mayCreate(ctx context.Context, actor auth.Actor, id project.ID) error {
	if err := s.Gate.May(ctx, actor, id, auth.CreateMerge); err != nil {
		return err
	}
	if actor.User == 0 {
		return fault.Errorf(fault.Denied, "permission %s refused: a merge request is opened by a person, and %s is none", auth.CreateMerge, actor.Username)
	}
	return nil
}

// keep holds commits against pruning, whatever becomes of their branches.
func (s *Service) keep(ctx context.Context, id project.ID, commits ...string) error {
	for _, sha := range commits {
		if err := s.Repos.Keep(ctx, id, sha); err != nil {
			return err
		}
	}
	return nil
}

// measure fills in what a version brings and who had a hand in it. That is kept,
// because the log of a branch goes with the branch.
func (s *Service) measure(ctx context.Context, v *Version, r Request, span repo.Span) error {
	hands, err := s.hands(ctx, r.Project, r.Source, v.Base, v.Head)
	if err != nil {
		return err
	}
	v.Commits, v.Contributors = span.Commits, append(slices.Clone(span.Contributors), hands...)
	v.Files, v.Additions, v.Deletions = span.Size.Files, span.Size.Additions, span.Size.Deletions
	return nil
}

// reviewers finds the people by name. Only who may see a request can review it.
func (s *Service) reviewers(ctx context.Context, id project.ID, names []string) ([]Person, error) {
	if len(names) > mostReviewers {
		return nil, fault.Errorf(fault.Limited, "%d reviewers: at most %d can be asked", len(names), mostReviewers).At("reviewers")
	}
	people := []Person{}
	seen := map[auth.UserID]bool{}
	for i, name := range names {
		field := "reviewers[" + strconv.Itoa(i) + "]"
		u, err := s.People.ByName(ctx, strings.TrimPrefix(name, "@"))
		if fault.Is(err, fault.Missing) {
			return nil, fault.Errorf(fault.Invalid, "no user %q", name).At(field)
		}
		if err != nil {
			return nil, err
		}
		role, err := s.People.Role(ctx, id, u)
		if err != nil {
			return nil, err
		}
		if role < auth.RuleOf(auth.ReadMerge).Role {
			return nil, fault.Errorf(fault.Invalid, "%s cannot see merge requests of this project: make them a member first", u.Username).At(field)
		}
		if !seen[u.ID] {
			seen[u.ID] = true
			people = append(people, Person{ID: u.ID, Username: u.Username, Name: u.Name})
		}
	}
	return people, nil
}

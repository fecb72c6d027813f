// Package track keeps runs: what was tried, how it did, and which model
// version came of it.
//
// A run is recorded by whoever trains (a job, a person) when it has ended, in
// one piece, with its candidates and held-out metrics, each with its interval.
// A run never changes, but that it learns which version came of it. The package knows neither files nor learning: the
// package of the winning model is in the registry.
package track

import (
	"context"
	"time"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/ml/format/mlflow"
)

// Status is how a run ended.
type Status string

// The statuses.
const (
	Finished Status = "finished"
	Failed   Status = "failed"
)

// Run is one training.
type Run struct {
	ID           int64
	Project      project.ID
	Name         string
	Status       Status
	Commit       string
	Job          int64
	User         auth.UserID
	Username     string
	CreatedAt    time.Time
	FinishedAt   time.Time
	Params       map[string]string
	Metrics      []mlflow.Metric
	Candidates   []Candidate
	Model        string // the registered version; empty: none
	ModelVersion int
}

// Candidate is one line of a run's leaderboard.
type Candidate struct {
	Name       string            `json:"name"`
	Params     map[string]string `json:"params"`
	Score      float64           `json:"score"`
	ScoreLow   float64           `json:"score_low"`
	ScoreHigh  float64           `json:"score_high"`
	FitSeconds float64           `json:"fit_seconds"`
	Chosen     bool              `json:"chosen"`
	Tied       bool              `json:"tied"` // not told apart from the best by a paired test
}

// Store keeps runs.
type Store interface {
	// AddRun keeps a run and gives it an id.
	AddRun(ctx context.Context, r Run) (Run, error)
	// Runs lists newest first, and counts all.
	Runs(ctx context.Context, id project.ID, offset, limit int) ([]Run, int, error)
	// SetModel notes which version came of a run of the project; a run that is
	// not there is no error.
	SetModel(ctx context.Context, id project.ID, run int64, model string, version int) error
	// Run finds by id; fault.Missing.
	Run(ctx context.Context, id project.ID, run int64) (Run, error)
}

// Gate decides who may do what (project.Service).
type Gate interface {
	May(ctx context.Context, actor auth.Actor, id project.ID, p auth.Permission) error
}

// Service is the verbs of runs.
type Service struct {
	store Store
	gate  Gate
}

// New makes the service.
func New(store Store, gate Gate) *Service { return &Service{store, gate} }

// maxCandidates bounds what one run may hold.
const maxCandidates = 10_000

// Record keeps a run that has ended.
func (s *Service) Record(ctx context.Context, actor auth.Actor, r Run) (Run, error) {
	if err := s.gate.May(ctx, actor, r.Project, auth.RegisterModel); err != nil {
		return Run{}, err
	}
	if r.Name == "" || len(r.Name) > 255 {
		return Run{}, fault.Errorf(fault.Invalid, "a run needs a name of 1 to 255 characters").At("name")
	}
	if r.Status != Finished && r.Status != Failed {
		return Run{}, fault.Errorf(fault.Invalid, "status %q: expected finished or failed", r.Status).At("status")
	}
	if len(r.Candidates) > maxCandidates {
		return Run{}, fault.Errorf(fault.Limited, "%d candidates: at most %d are kept", len(r.Candidates), maxCandidates).At("candidates")
	}
	if actor.Job != 0 {
		r.Job = actor.Job
	}
	r.User, r.Username, r.FinishedAt = actor.User, actor.Username, time.Now().UTC()
	if r.CreatedAt.IsZero() || r.CreatedAt.After(r.FinishedAt) {
		r.CreatedAt = r.FinishedAt
	}
	return s.store.AddRun(ctx, r)
}

// Link notes which version came of a run: the reaction to a registration.
func (s *Service) Link(ctx context.Context, id project.ID, run int64, model string, version int) error {
	if run == 0 {
		return nil
	}
	return s.store.SetModel(ctx, id, run, model, version)
}

// Runs lists a project's runs, newest first.
func (s *Service) Runs(ctx context.Context, actor auth.Actor, id project.ID, offset, limit int) ([]Run, int, error) {
	if err := s.gate.May(ctx, actor, id, auth.ReadModel); err != nil {
		return nil, 0, err
	}
	return s.store.Runs(ctx, id, offset, limit)
}

// Run finds a run.
func (s *Service) Run(ctx context.Context, actor auth.Actor, id project.ID, run int64) (Run, error) {
	if err := s.gate.May(ctx, actor, id, auth.ReadModel); err != nil {
		return Run{}, err
	}
	return s.store.Run(ctx, id, run)
}

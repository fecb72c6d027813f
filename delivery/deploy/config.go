package deploy

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"dasier/delivery/bundle"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// Config adjusts a Service. The zero value works, for models.
type Config struct {
	// Now is the clock; time.Now by default.
	Now func() time.Time
	// ApplyTimeout ends an attempt of the target; 10 minutes by default: a
	// service may take five to become healthy, after its image was made.
	ApplyTimeout time.Duration
	// URL is where people reach the server, without a final slash; services are
	// told.
	URL string
	// AppsURL is the address whose sub-domains are services and sites, such as
	// https://apps.example.com; empty: they have no address.
	AppsURL string
	// Targets are the names of targets that environments may choose; default
	// Embedded alone.
	Targets []string

	// Bundles, Variables, Jobs and Listed may be absent in a server that has
	// none: then services and sites cannot be deployed, there are no variables,
	// no job is known, and no project lists another.
	Bundles   Archives
	Variables Variables
	Jobs      Jobs
	// Listed tells whether the jobs and sites of one project may reach another.
	Listed func(ctx context.Context, from, to project.ID) (bool, error)

	// Log is for what no caller can be told; slog.Default() by default.
	Log *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.Now == nil {
		c.Now = time.Now
	}
	c.ApplyTimeout = or(c.ApplyTimeout, 10*time.Minute)
	c.URL, c.AppsURL = strings.TrimSuffix(c.URL, "/"), strings.TrimSuffix(c.AppsURL, "/")
	if len(c.Targets) == 0 {
		c.Targets = []string{Embedded}
	}
	c.Log = or(c.Log, slog.Default())
	return c
}

// Archives tells which archives a project has: bundle.Keeper.
type Archives interface {
	// Find answers fault.Missing for what the project does not have.
	Find(ctx context.Context, id project.ID, digest string) (bundle.Bundle, error)
}

// Variables knows CI variables.
type Variables interface {
	// ForEnvironment gives a project's variables as a job that deploys to the
	// environment has them. Protected ones are among them only when protected.
	ForEnvironment(ctx context.Context, id project.ID, environment string, protected bool) ([]Variable, error)
}

// Jobs knows CI jobs.
type Jobs interface {
	// Origin is what a job of the project runs for; fault.Missing for an unknown
	// one.
	Origin(ctx context.Context, id project.ID, job int64) (Origin, error)
	// Play starts a manual job, as the actor. One that cannot be played (any
	// more) is fault.Conflict or fault.Missing.
	Play(ctx context.Context, actor auth.Actor, id project.ID, job int64) error
}

// Origin is what a CI job that deploys runs for.
type Origin struct {
	Ref       string // branch or tag
	Tag       bool
	Protected bool
	Commit    string
	// Environment is the one that the job declares; Action is start for a job
	// that deploys there.
	Environment string
	Action      string
	OnStop      int64         // the job that takes the environment down; 0: none
	AutoStopIn  time.Duration // 0: never
}

package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/lmittmann/tint"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"

	"dasier/api/console"
	"dasier/api/gateway"
	"dasier/api/githttp"
	"dasier/api/gitlab"
	"dasier/api/identity"
	"dasier/api/infer"
	"dasier/blob/disk"
	"dasier/ci"
	"dasier/ci/joblog"
	"dasier/ci/runner"
	"dasier/container"
	"dasier/delivery/bundle"
	"dasier/delivery/deploy"
	"dasier/delivery/meter"
	"dasier/delivery/serve"
	"dasier/delivery/target/docker"
	"dasier/delivery/target/process"
	"dasier/delivery/target/site"
	"dasier/forge/audit"
	"dasier/forge/auth"
	"dasier/forge/discuss"
	"dasier/forge/group"
	"dasier/forge/hook"
	"dasier/forge/hook/deliver"
	"dasier/forge/invite"
	"dasier/forge/merge"
	"dasier/forge/project"
	"dasier/forge/repo"
	"dasier/forge/variable"
	"dasier/git"
	"dasier/model/registry"
	"dasier/model/track"
	"dasier/store"
	"dasier/store/queue"
)

// Server is the whole product on one data folder.
type Server struct {
	config  Config
	version string
	logger  *slog.Logger
	started time.Time

	lock      *folderLock
	store     *store.Store
	sessions  *store.Sessions
	auth      *auth.Service
	projects  *project.Service
	repos     *repo.Service
	merges    *merge.Service
	discuss   *discuss.Service
	groups    *group.Service
	invites   *invite.Service
	variables *variable.Service
	audit     *audit.Service
	hooks     *hook.Service
	ci        *ci.Service
	registry  *registry.Service
	track     *track.Service
	engine    *serve.Engine
	deploy    *deploy.Service
	bundles   *bundle.Keeper
	services  *process.Target
	sites     *site.Target
	docker    *docker.Target
	engines   *container.Engine
	gateway   *gateway.Gateway
	queue     *queue.Queue
	metrics   *prometheus.Registry

	identity *identity.Identity
	console  *console.API
	meter    *meter.Meter
	git      *githttp.Handler
	runners  *gitlab.Face
	infer    *infer.Handler

	listener net.Listener
	setup    string // the one-time set-up token; empty when the server has users
	ready    atomic.Bool
	stopping context.Context // ends when streams must
	stop     context.CancelFunc
}

// Open joins the parts of a server on the data folder, and listens. Nothing is
// answered before Run.
func Open(ctx context.Context, config Config, version string) (*Server, error) {
	s := &Server{config: config, version: version, started: time.Now(), metrics: prometheus.NewRegistry()}
	s.stopping, s.stop = context.WithCancel(context.Background())
	s.logger = NewLogger(config)
	s.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Server) open(ctx context.Context) (err error) {
	if err := os.MkdirAll(s.config.Data, 0o700); err != nil {
		return fmt.Errorf("making the data folder: %w", err)
	}
	if s.config.Data, err = filepath.Abs(s.config.Data); err != nil {
		return fmt.Errorf("finding the data folder: %w", err)
	}
	if s.lock, err = lockFolder(ctx, s.config.Data); err != nil {
		return err
	}
	if s.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", s.config.Addr); err != nil {
		return fmt.Errorf("listening on %s: %w (choose another address with --addr)", s.config.Addr, err)
	}
	s.adoptPort()
	if s.store, err = store.Open(ctx, s.databaseAddress()); err != nil {
		return err
	}
	if err := closeData(s.config.Data); err != nil {
		return err
	}
	if err := s.openProduct(ctx); err != nil {
		return err
	}
	s.openFaces()
	if s.queue, err = queue.Open(ctx, s.store, s.reactions(), s.timers(), queue.Config{Logger: s.logger}); err != nil {
		return err
	}
	if s.setup, err = s.auth.StartSetup(ctx); err != nil {
		return err
	}
	return nil
}

// adoptPort learns the port that the system chose for port 0.
func (s *Server) adoptPort() {
	_, wanted, _ := net.SplitHostPort(s.config.Addr)
	_, got, _ := net.SplitHostPort(s.listener.Addr().String())
	if wanted == "0" {
		host, _, _ := net.SplitHostPort(s.config.Addr)
		before := "http://" + reachable(s.config.Addr)
		s.config.Addr = net.JoinHostPort(host, got)
		apps := appsURL(s.config.URL)
		if s.config.URL == before {
			s.config.URL = "http://" + reachable(s.config.Addr)
		}
		if s.config.AppsURL == apps {
			s.config.AppsURL = appsURL(s.config.URL)
		}
	}
}

// databaseAddress follows the data folder when it was made absolute.
func (s *Server) databaseAddress() string {
	if s.config.usesSQLite() {
		return filepath.Join(s.config.Data, "dasier.db")
	}
	return s.config.Database
}

func (s *Server) openProduct(ctx context.Context) error {
	program, err := git.Find(ctx)
	if err != nil {
		return err
	}
	artifacts, err := disk.Open(s.path("artifacts"))
	if err != nil {
		return err
	}
	packages, err := disk.Open(s.path("models"))
	if err != nil {
		return err
	}
	logs, err := joblog.Open(s.path("logs"))
	if err != nil {
		return err
	}
	// What a crash cut off is of no use to anyone.
	if err := errors.Join(os.RemoveAll(s.path("uploads")), os.Mkdir(s.path("uploads"), 0o700)); err != nil {
		return fmt.Errorf("making the folder of uploads: %w", err)
	}
	s.sessions = s.store.Sessions()
	s.auth = auth.New(s.store.Auth())
	s.projects = project.New(s.store.Project())
	s.groups = group.New(s.store.Group())
	s.invites = invite.New(s.store.Invite(), s.auth, s.projects, s.groups)
	s.repos = repo.New(s.store.Repo(), s.projects, program, s.path("repos"), repo.Config{PushLimit: s.config.PushLimit, Log: s.logger, Identity: s.gitIdentity, RequestLink: s.requestLink})
	key, err := openKey(ctx, s.config, s.store)
	if err != nil {
		return err
	}
	if s.audit, err = openAudit(s.store, s.projects, key); err != nil {
		return err
	}
	s.variables = variable.New(s.store.Variable(), s.projects, s.groups, key, variable.Config{})
	if err := s.variables.Adopt(ctx); err != nil {
		return err
	}
	s.hooks = hook.New(s.store.Hook(), s.projects, key, deliver.New(deliver.Config{AllowPrivate: s.config.HooksAnywhere, Allowed: s.config.HooksAllowed}), hook.Config{URL: s.config.URL, Log: s.logger})
	s.ci = ci.New(s.store.CI(), s.projects, ci.Repositories(s.repos, s.projects), logs, artifacts, ci.Config{
		URL: s.config.URL, Version: s.version, LogLimit: s.config.LogLimit, ArtifactLimit: s.config.ArtifactLimit, Log: s.logger, Variables: s.variables,
		// Deployments come after the pipelines in this function, and before any job is played.
		MayDeploy: func(ctx context.Context, actor auth.Actor, id project.ID, environment string) error {
			return s.deploy.MayDeploy(ctx, actor, id, environment)
		},
		MayHave: func(ctx context.Context, actor auth.Actor, id project.ID, environment string, protected bool) error {
			actor, err := s.auth.ByJob(ctx, actor)
			if err != nil {
				return err
			}
			return s.deploy.MayHave(ctx, actor, id, environment, protected)
		},
		OpenRequests: s.openRequests,
	})
	s.registry = registry.New(s.store.Registry(), packages, s.projects, s.repos, registry.Config{PackageLimit: s.config.ModelLimit, Origin: s.origin})
	s.track = track.New(s.store.Track(), s.projects)
	s.openMerges()
	s.engine = serve.New()
	s.engine.Limit(s.config.MaxModelMemory)
	s.meter = meter.New(s.store.Meter(), meter.Config{Log: s.logger})
	return s.openDelivery()
}

// origin is what a job runs for.
func (s *Server) origin(ctx context.Context, id project.ID, job int64) (registry.Lineage, error) {
	d, err := s.ci.Job(ctx, auth.System("registry"), id, ci.JobID(job))
	return registry.Lineage{Commit: d.Pipeline.SHA, Ref: d.Pipeline.Ref, Pipeline: int64(d.Pipeline.ID), Job: job}, err
}

func (s *Server) path(name string) string { return filepath.Join(s.config.Data, name) }

func (s *Server) openFaces() {
	s.identity = identity.New(s.auth, s.ci, s.sessions, identity.Config{Lifetime: s.config.Session, Secure: s.config.secure()})
	s.git = githttp.New(s.repos, s.projects, s.identity.Authenticate, githttp.Config{
		Log:    s.logger,
		Notice: s.pushNotice,
	})
	s.openGateway()
	s.runners = gitlab.New(s.ci, gitlab.Config{Log: s.logger, Interval: time.Second})
	s.infer = infer.New(s.engine, s.mayPredict, infer.Config{Registerer: s.metrics, Log: s.logger, Version: s.version, Ready: s.ready.Load, Remote: s.remoteModel, Remotes: s.docker.Endpoints, Meter: metered{s.meter}})
}

// gitIdentity is how a person signs the commits that the server makes for them.
func (s *Server) gitIdentity(ctx context.Context, actor auth.Actor) git.Identity {
	u, err := s.auth.User(ctx, actor.User)
	if err != nil {
		return git.Identity{Name: actor.Username, Email: actor.Username + "@users.noreply.localhost"}
	}
	return git.Identity{Name: u.Name, Email: u.Email}
}

// URL is where people reach the server.
func (s *Server) URL() string { return s.config.URL }

// SetupLink is the one-time link that makes the first administrator; empty when
// the server has users.
func (s *Server) SetupLink() string {
	if s.setup == "" {
		return ""
	}
	return s.config.URL + "/setup?token=" + s.setup
}

// Run serves until ctx ends, then finishes what is under way: requests are
// drained, jobs are stopped and marked, reactions end or are kept for the next
// start.
func (s *Server) Run(ctx context.Context) error {
	defer lateGarbage()() // before models are read: memory that they gave back has been touched
	// What a crash left behind comes first, before anything new can mix with it.
	if err := s.repos.Reconcile(ctx); err != nil {
		return fmt.Errorf("settling interrupted pushes: %w", err)
	}
	if err := s.ci.Recover(ctx); err != nil {
		return fmt.Errorf("marking interrupted jobs: %w", err)
	}
	if err := s.deploy.Restore(ctx, deploy.KindModel); err != nil {
		s.logger.ErrorContext(ctx, "some endpoints could not be brought back", "error", err)
	}
	group, ctx := errgroup.WithContext(ctx)
	// The server answers until the runner has told it how its jobs ended.
	serving, stopServing := context.WithCancel(context.WithoutCancel(ctx))
	defer stopServing()
	// Services answer requests for as long as requests are answered.
	drained, stopServices := context.WithCancel(context.WithoutCancel(ctx))
	defer stopServices()
	group.Go(func() error {
		defer stopServices()
		return s.serveHTTP(serving)
	})
	group.Go(func() error { return s.restoreDelivery(ctx) })
	group.Go(func() error { return s.docker.Run(ctx) })
	group.Go(func() error { return s.services.Run(drained) })
	group.Go(func() error {
		defer stopServing()
		return s.runJobs(ctx)
	})
	group.Go(func() error { return s.queue.Run(ctx) })
	group.Go(func() error { return s.repos.Run(ctx) })
	group.Go(func() error { return s.hooks.Run(ctx) })
	group.Go(func() error { return s.meter.Run(drained) })
	s.ready.Store(true)
	s.logger.InfoContext(ctx, "serving", "url", s.config.URL, "data", s.config.Data, "version", s.version, "after", time.Since(s.started).Round(time.Millisecond))
	err := group.Wait()
	s.logger.InfoContext(ctx, "stopped")
	return err
}

// runJobs is the embedded runner, until ctx ends. It speaks the same protocol
// as any other.
func (s *Server) runJobs(ctx context.Context) (err error) {
	if s.config.Jobs == 0 {
		<-ctx.Done()
		return nil
	}
	token, err := s.ci.EnsureEmbeddedRunner(ctx)
	if err != nil {
		return fmt.Errorf("registering the embedded runner: %w", err)
	}
	users, release, err := jobUsers(s.config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	if os.Geteuid() == 0 && len(users) == 0 {
		s.logger.WarnContext(ctx, "jobs run as root, as runner.user says: whoever may push can do anything on this machine")
	}
	var engine *container.Engine
	if s.config.Executor == "docker" {
		engine = s.engines
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding the dasier program for jobs: %w", err)
	}
	builds, temporary, err := buildsFolder(s.config, len(users) > 0)
	if err != nil {
		return err
	}
	err = runner.New("http://"+reachable(s.config.Addr), token, runner.Config{
		Jobs: s.config.Jobs, Dir: builds, Users: users, Shared: s.config.JobsUser != jobsOwn, Engine: engine, Image: s.config.JobImage, Program: self, CacheDir: s.path("caches"), Version: s.version, Log: s.logger,
	}).Run(ctx)
	if temporary {
		err = errors.Join(err, os.RemoveAll(builds))
	}
	return err
}

func (s *Server) serveHTTP(ctx context.Context) error {
	server := &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.logger.Handler(), slog.LevelDebug),
		Protocols:         spoken(), HTTP2: streams(),
	}
	giveBack()
	return serveUntil(ctx, server, s.listener, func() {
		s.logger.InfoContext(ctx, "stopping: requests under way are answered first")
		s.ready.Store(false)
		s.stop()
	})
}

// Close lets go of everything that Open took.
func (s *Server) Close() error {
	errs := []error{s.closeDocker()}
	if s.listener != nil {
		if err := s.listener.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if s.services != nil {
		errs = append(errs, s.services.Close())
	}
	if s.store != nil {
		errs = append(errs, s.store.Close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.release())
	}
	return errors.Join(errs...)
}

// versions lets deployments find the registry's versions.
type versions struct{ registry *registry.Service }

func (v versions) Resolve(ctx context.Context, actor auth.Actor, id project.ID, ref deploy.VersionRef) (deploy.Version, error) {
	found, err := v.registry.Resolve(ctx, actor, id, registry.VersionRef(ref))
	metrics := make([]deploy.Metric, len(found.Metrics))
	for i, m := range found.Metrics {
		metrics[i] = deploy.Metric{Name: m.Name, Value: m.Value, Low: m.Low, High: m.High, Level: m.Level}
	}
	return deploy.Version{
		Model: found.Model, Number: found.Number, Digest: found.Digest, Commit: found.Lineage.Commit, Size: found.Size, Metrics: metrics,
	}, err
}

// WithAuth opens the users of a data folder for a command of the shell. The
// server may be running on it.
func WithAuth(ctx context.Context, config Config, do func(*auth.Service) error) error {
	if _, err := os.Stat(config.Data); err != nil && config.usesSQLite() {
		return fmt.Errorf("there is no data folder %s: start `dasier server` there first, or name another with --data", config.Data)
	}
	opened, err := store.Open(ctx, config.Database)
	if err != nil {
		return err
	}
	return errors.Join(do(auth.New(opened.Auth())), opened.Close())
}

// NewLogger makes the server's log.
func NewLogger(config Config) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(config.LogLevel)) // the setting was checked
	if config.LogForm == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	}
	info, err := os.Stderr.Stat()
	plain := err != nil || info.Mode()&os.ModeCharDevice == 0 || os.Getenv("NO_COLOR") != ""
	return slog.New(tint.NewTextHandler(os.Stderr, &tint.Options{Level: level, NoColor: plain, TimeFormat: time.TimeOnly}))
}

package docker_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"

	"dasier/api/infer"
	"dasier/container"
	"dasier/delivery/deploy"
	"dasier/delivery/deploy/targettest"
	"dasier/delivery/serve"
	"dasier/delivery/serve/servetest"
	"dasier/delivery/target/docker"
	"dasier/fault"
	"dasier/forge/project"
)

// program is the dasier program that the tests' models are served with.
var program string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

// run builds the program once: what runs the tests is another one, and may be
// linked dynamically. DASIER_TEST_PROGRAM names one that was built before.
func run(m *testing.M) int {
	if program = os.Getenv("DASIER_TEST_PROGRAM"); program != "" {
		return withServers(m)
	}
	folder, err := os.MkdirTemp("", "dasier-docker-test")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(folder) }()
	program = filepath.Join(folder, "dasier")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, "dasier/cmd/dasier")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building dasier: %v\n%s", err, out)
		return 1
	}
	return withServers(m)
}

// servers are the names of servers that no test has just now. A test takes one
// and gives it back with none of its containers left; its network and the
// program's image, which take the engine longest, serve the next one.
var servers struct {
	sync.Mutex
	all, free []string
}

func takeServer() string {
	servers.Lock()
	defer servers.Unlock()
	if last := len(servers.free) - 1; last >= 0 {
		name := servers.free[last]
		servers.free = servers.free[:last]
		return name
	}
	name := fmt.Sprintf("t%d%x", os.Getpid(), time.Now().UnixNano()&0xffffff)
	servers.all = append(servers.all, name)
	return name
}

func giveServer(name string) {
	servers.Lock()
	defer servers.Unlock()
	servers.free = append(servers.free, name)
}

// withServers runs the tests, and removes the networks of their servers. The
// program's images stay: other packages' tests may be building of their layers.
func withServers(m *testing.M) int {
	code := m.Run()
	if len(servers.all) == 0 {
		return code
	}
	engine, err := container.Connect(container.Config{Host: os.Getenv("DASIER_TEST_DOCKER")})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for _, name := range servers.all {
		if err := engine.RemoveNetwork(context.Background(), "dasier-"+name); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	if err := engine.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	return code
}

// connect gives the engine of the tests: scripts/docker.sh starts one and
// prints its address.
func connect(t testing.TB) *container.Engine {
	t.Helper()
	host := os.Getenv("DASIER_TEST_DOCKER")
	if host == "" {
		t.Fatal("DASIER_TEST_DOCKER is not set: run `make test`, or `export DASIER_TEST_DOCKER=$(scripts/docker.sh start)` first")
	}
	engine, err := container.Connect(container.Config{Host: host})
	must(t, err)
	t.Cleanup(func() { must(t, engine.Close()) })
	return engine
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// shelf holds the packages of one model.
type shelf map[int]fs.FS

func (s shelf) Open(_ context.Context, _ project.ID, model string, version int) (fs.FS, error) {
	if pkg, ok := s[version]; ok {
		return pkg, nil
	}
	return nil, fault.Errorf(fault.Missing, "model %s has no version %d", model, version)
}

// site is a target on the real engine behind a prediction API, as in a server.
type site struct {
	t        testing.TB
	engine   *container.Engine
	target   *docker.Target
	cfg      docker.Config
	packages shelf
	bundles  deploy.Bundles
	archives archives // the same, where the test fills them
	api      http.Handler
	metrics  *prometheus.Registry
}

func open(t testing.TB, packages shelf) *site {
	t.Helper()
	kept := archives{}
	s := openWith(t, packages, kept)
	s.archives = kept
	return s
}

func openWith(t testing.TB, packages shelf, bundles deploy.Bundles) *site {
	t.Helper()
	s := &site{
		t: t, engine: connect(t), packages: packages, bundles: bundles,
		cfg: docker.Config{
			Server: takeServer(), Program: program, StartWithin: patience, Drain: patience, Watch: 200 * time.Millisecond,
			Log: slog.New(slog.DiscardHandler),
		},
	}
	s.restart()
	t.Cleanup(func() {
		s.target.Close()
		// A target that nothing was applied to collects everything.
		gone := docker.New(s.engine, packages, s.bundles, s.cfg)
		defer gone.Close()
		must(t, gone.Collect(context.Background()))
		left, err := s.engine.List(context.Background(), map[string]string{"dasier.server": s.cfg.Server})
		must(t, err)
		if len(left) > 0 {
			t.Fatalf("%d containers are left", len(left))
		}
		giveServer(s.cfg.Server)
	})
	return s
}

// restart is another life of the server on the same engine.
func (s *site) restart() {
	if s.target != nil {
		s.target.Close()
	}
	target := docker.New(s.engine, s.packages, s.bundles, s.cfg)
	s.target, s.metrics = target, prometheus.NewRegistry()
	face := infer.New(serve.New(), authorize, infer.Config{
		Registerer: s.metrics, Log: slog.New(slog.DiscardHandler),
		Remote: func(endpoint string) (infer.Remote, bool) {
			m, ok := target.Model(endpoint)
			p := m.Placement
			return infer.Remote{
				Meta: serve.Meta{
					Project: p.Project, Environment: p.Environment, Model: p.Model, Version: p.Version, Digest: p.Digest,
					Deployment: int64(p.Deployment), DeployedAt: p.DeployedAt, Public: p.Public,
				},
				Address: m.Address, Token: m.Token, Problem: m.Problem, Release: m.Release,
			}, ok
		},
	})
	router := chi.NewRouter()
	router.Group(face.Routes)
	s.api = router
	s.t.Cleanup(face.Close)
}

// authorize lets the members of project 7 ask.
func authorize(r *http.Request, meta *serve.Meta) (infer.Client, error) {
	if r.Header.Get("Authorization") == "Bearer member" && meta != nil && meta.Project == 7 {
		return infer.Client{}, nil
	}
	return infer.Client{}, fault.Errorf(fault.Unauthenticated, "permission predict needs a signed-in member")
}

// apiOf is the prediction API of models in this process.
func apiOf(engine *serve.Engine) http.Handler {
	router := chi.NewRouter()
	router.Group(infer.New(engine, authorize, infer.Config{Log: slog.New(slog.DiscardHandler)}).Routes)
	return router
}

const endpoint = "house-prices.model.staging"

func (s *site) placement(version int) deploy.Placement {
	p := deploy.Placement{
		Kind: deploy.KindModel, Target: deploy.Docker, Endpoint: endpoint, Project: 7, Environment: "staging",
		Model: "prices", Version: version, Deployment: deploy.ID(version), DeployedAt: time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC),
	}
	if pkg, ok := s.packages[version]; ok {
		p.Digest = servetest.Digest(s.t, pkg)
	}
	return p
}

func (s *site) apply(version int) {
	s.t.Helper()
	must(s.t, s.target.Apply(s.t.Context(), s.placement(version)))
}

// ask sends a request to the prediction API; headers are "Name: value".
func (s *site) ask(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	return askOf(s.t, s.api, method, path, body, headers...)
}

func askOf(t testing.TB, api http.Handler, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	return w
}

type answer struct {
	Prediction float64 `json:"prediction"`
	Version    int     `json:"version"`
}

// version asks an endpoint as a member does.
func (s *site) version(endpoint string) (int, bool) {
	w := s.ask("POST", "/api/v1/endpoints/"+endpoint+"/predict", servetest.Row, "Authorization: Bearer member")
	var a answer
	if w.Code != http.StatusOK || json.Unmarshal(w.Body.Bytes(), &a) != nil {
		return 0, false
	}
	return a.Version, true
}

func (s *site) want(version int) {
	s.t.Helper()
	if got, ok := s.version(endpoint); got != version || ok != (version != 0) {
		s.t.Errorf("version %d (%v) answers, want %d", got, ok, version)
	}
}

func houses(t testing.TB, versions ...int) shelf {
	t.Helper()
	packages := shelf{}
	for _, version := range versions {
		packages[version] = servetest.Package(t, servetest.Houses(version))
	}
	return packages
}

// patience bounds every wait for what has to come: on a busy machine it may take
// long, and only what never comes is wrong.
const patience = 4 * time.Minute

// eventually waits for what happens in the background.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("did not come: %s", what)
		}
	}
}

// containers lists what the engine has of the site's.
func (s *site) containers() (running, stopped int) {
	s.t.Helper()
	list, err := s.engine.List(s.t.Context(), map[string]string{"dasier.server": s.cfg.Server})
	must(s.t, err)
	for _, c := range list {
		if c.Running {
			running++
		} else {
			stopped++
		}
	}
	return running, stopped
}

func TestModelsConform(t *testing.T) {
	targettest.Run(t, func(t *testing.T) targettest.Harness {
		t.Helper()
		t.Parallel()
		packages := houses(t, 1, 2)
		packages[3] = servetest.Broken(t, 3)
		s := open(t, packages)
		return targettest.Harness{
			Target: s.target,
			First:  s.placement(1), Next: s.placement(2), Broken: s.placement(3), Absent: s.placement(4),
			Ask: s.version,
			Public: func(endpoint string) bool {
				return s.ask("POST", "/api/v1/endpoints/"+endpoint+"/predict", servetest.Row).Code == http.StatusOK
			},
		}
	})
}

// archives are bundles by digest.
type archives map[string][]byte

func (a archives) Open(_ context.Context, _ project.ID, digest string) (io.ReadCloser, int64, error) {
	text, ok := a[digest]
	if !ok {
		return nil, 0, fault.Errorf(fault.Missing, "no bundle %s", digest)
	}
	return io.NopCloser(strings.NewReader(string(text))), int64(len(text)), nil
}

func TestEngineThatIsNotThere(t *testing.T) {
	engine, err := container.Connect(container.Config{Host: "unix://" + filepath.Join(t.TempDir(), "docker.sock")})
	must(t, err)
	target := docker.New(engine, houses(t, 1), archives{}, docker.Config{Program: program})
	defer target.Close()
	s := &site{t: t, packages: houses(t, 1)}
	err = target.Apply(t.Context(), s.placement(1))
	if !fault.Is(err, fault.Unavailable) || !strings.Contains(fault.Message(err), "does not answer: is it running?") {
		t.Errorf("got %v", err)
	}
	if errors.Is(err, context.Canceled) {
		t.Error("a missing engine is not a cancellation")
	}
}

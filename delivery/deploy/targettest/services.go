package targettest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"dasier/blob"
	"dasier/delivery/bundle"
	"dasier/delivery/deploy"
	"dasier/fault"
	"dasier/forge/project"
)

// Shelf holds the bundles of a test; it is deploy.Bundles.
type Shelf struct {
	mu      sync.Mutex
	bundles map[string][]byte
}

// Open implements deploy.Bundles.
func (s *Shelf) Open(_ context.Context, _ project.ID, digest string) (io.ReadCloser, int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	packed, ok := s.bundles[digest]
	if !ok {
		return nil, 0, fault.Errorf(fault.Missing, "no bundle %s in this project", digest)
	}
	return io.NopCloser(bytes.NewReader(packed)), int64(len(packed)), nil
}

// Put packs files and answers the bundle's digest.
func (s *Shelf) Put(t testing.TB, files fstest.MapFS) string {
	t.Helper()
	var packed bytes.Buffer
	if _, err := bundle.Pack(t.Context(), &packed, files, []string{"."}); err != nil {
		t.Fatal(err)
	}
	return s.add(packed.Bytes())
}

func (s *Shelf) add(packed []byte) string {
	digest := string(blob.DigestOf(packed))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bundles == nil {
		s.bundles = map[string][]byte{}
	}
	s.bundles[digest] = packed
	return digest
}

// patience bounds every wait for what has to come. It is long on purpose: it says
// that something will not come any more, not how fast it has to be.
const patience = 2 * time.Minute

// program is the test's service, packed.
var program = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "program")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "program")
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", path, "dasier/delivery/deploy/targettest/program") //nolint:gosec,noctx // our own program
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building the test's service: %w\n%s", err, said)
	}
	text, err := os.ReadFile(path) //nolint:gosec // as above
	if err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	_, err = bundle.Pack(context.Background(), &packed, fstest.MapFS{
		"program": {Data: text, Mode: 0o755}, "data/houses.csv": {Data: []byte("a,b\n"), Mode: 0o644},
	}, []string{"."})
	return packed.Bytes(), err
})

// Service packs the test's program and makes a placement of it that says
// "version <deployment>".
func Service(t testing.TB, shelf *Shelf, deployment int, environ ...deploy.Variable) deploy.Placement {
	t.Helper()
	packed, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return deploy.Placement{
		Kind: deploy.KindService, Endpoint: "house-prices.api.staging", Project: 7, Environment: "staging", Target: deploy.Embedded,
		Deployment: deploy.ID(deployment), DeployedAt: time.Now().UTC(),
		Digest: shelf.add(packed),
		Service: &bundle.Service{
			Command: []string{"./program"}, Files: []string{"program"}, Health: "/health", StartWithin: patience,
			StopWithin: 2 * time.Second, PortVariable: "PORT",
		},
		Environ: append([]deploy.Variable{{Key: "VERSION", Value: fmt.Sprint(deployment)}}, environ...),
	}
}

// Ask asks a service through Target.Backend, as whoever routes does; false when
// nothing answers.
func Ask(t testing.TB, target deploy.Target, endpoint, path string) (string, bool) {
	t.Helper()
	backend, err := target.Backend(endpoint)
	if err != nil {
		return "", false
	}
	defer backend.Release()
	return get(t, backend, path)
}

func get(t testing.TB, backend deploy.Backend, path string) (string, bool) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+backend.Address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport, Timeout: patience}).Do(request)
	if err != nil {
		return err.Error(), false
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return string(text), err == nil && response.StatusCode == http.StatusOK
}

// RunServices holds a target of services to its contract. open makes a fresh
// one, with nothing applied, and cleans up after it.
func RunServices(t *testing.T, open func(t *testing.T, shelf *Shelf) deploy.Target) {
	t.Helper()
	harness := func(t *testing.T) (Harness, *Shelf) {
		shelf := &Shelf{}
		target := open(t, shelf)
		absent := Service(t, shelf, 4)
		absent.Digest = "sha256:" + strings.Repeat("0", 64)
		return Harness{
			Target: target,
			First:  Service(t, shelf, 1), Next: Service(t, shelf, 2),
			Broken: Service(t, shelf, 3, deploy.Variable{Key: "FAIL", Value: "no database"}), Absent: absent,
			Ask: func(endpoint string) (version int, ok bool) {
				text, ok := Ask(t, target, endpoint, "/")
				if ok {
					if _, err := fmt.Sscanf(text, "version %d", &version); err != nil {
						t.Errorf("%s answers %q", endpoint, text)
					}
				}
				return version, ok
			},
		}, shelf
	}
	for name, test := range map[string]func(*testing.T, Harness){
		"apply, swap, remove":       func(t *testing.T, h Harness) { applySwapRemove(t, h.byDeployment()) },
		"apply again":               func(t *testing.T, h Harness) { applyAgain(t, h.byDeployment()) },
		"failure leaves what was":   func(t *testing.T, h Harness) { failureLeavesWhatWas(t, h.byDeployment()) },
		"endpoints are apart":       func(t *testing.T, h Harness) { endpointsAreApart(t, h.byDeployment()) },
		"a failure tells the log":   failureTellsLog,
		"what is held goes on":      heldGoesOn,
		"what was not there":        notThere,
		"logs":                      logs,
		"the same keeps running":    sameKeepsRunning,
		"it has its own variables":  ownVariables,
		"another kind is refused":   otherKind,
		"health follows the answer": healthFollows,
	} {
		t.Run(name, func(t *testing.T) {
			h, _ := harness(t)
			test(t, h)
		})
	}
}

// byDeployment lets the tests of models judge services: their version is the
// deployment's number.
func (h Harness) byDeployment() Harness {
	for _, p := range []*deploy.Placement{&h.First, &h.Next, &h.Broken, &h.Absent} {
		p.Version = int(p.Deployment)
	}
	return h
}

func failureTellsLog(t *testing.T, h Harness) {
	err := h.Target.Apply(t.Context(), h.Broken)
	if err == nil || !strings.Contains(fault.Message(err), "no database") {
		t.Errorf("got %v, want the end of the program's log", err)
	}
}

func heldGoesOn(t *testing.T, h Harness) {
	h.apply(t, h.First)
	backend, err := h.Target.Backend(h.First.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	if backend.Deployment != h.First.Deployment {
		t.Errorf("the backend is of deployment %d, want %d", backend.Deployment, h.First.Deployment)
	}
	slow := make(chan string, 1)
	go func() {
		text, ok := get(t, backend, "/slow?ms=1500")
		slow <- fmt.Sprintf("%s %v", text, ok)
	}()
	h.apply(t, h.Next)
	if text, _ := Ask(t, h.Target, h.First.Endpoint, "/"); text != "version 2" {
		t.Errorf("after the switch %q answers, want version 2", text)
	}
	if got := <-slow; got != "version 1 true" {
		t.Errorf("the request that held the old one got %q, want its answer", got)
	}
	if text, ok := get(t, backend, "/"); text != "version 1" || !ok {
		t.Errorf("what is still held answers %q, want version 1", text)
	}
	backend.Release()
}

func notThere(t *testing.T, h Harness) {
	if _, err := h.Target.Backend("a.b.c"); !fault.Is(err, fault.Missing) {
		t.Errorf("the backend of what is not there: got %v, want it missing", err)
	}
	if err := h.Target.Health("a.b.c"); !fault.Is(err, fault.Missing) {
		t.Errorf("the health of what is not there: got %v, want it missing", err)
	}
	if _, err := h.Target.Logs(t.Context(), "a.b.c", 10, false); !fault.Is(err, fault.Missing) {
		t.Errorf("the log of what is not there: got %v, want it missing", err)
	}
}

func logs(t *testing.T, h Harness) {
	h.apply(t, h.First)
	endpoint := h.First.Endpoint
	for i := range 5 {
		Ask(t, h.Target, endpoint, fmt.Sprintf("/say?text=line-%d", i))
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	follow, err := h.Target.Logs(ctx, endpoint, 500, true)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = follow.Close() }()
	await(t, follow, "line-4\n")
	Ask(t, h.Target, endpoint, "/say?text=later")
	await(t, follow, "later\n")
	last, err := h.Target.Logs(t.Context(), endpoint, 2, false)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(last)
	if err != nil || last.Close() != nil {
		t.Fatal(err)
	}
	if string(text) != "line-4\nlater\n" {
		t.Errorf("the last two lines are %q", text)
	}
}

// await reads until the text has come.
func await(t *testing.T, r io.Reader, want string) {
	t.Helper()
	var all []byte
	part := make([]byte, 1024)
	for !bytes.Contains(all, []byte(want)) {
		n, err := r.Read(part)
		all = append(all, part[:n]...)
		if err != nil {
			t.Fatalf("the log ended with %v before %q came; it said %q", err, want, all)
		}
	}
}

func sameKeepsRunning(t *testing.T, h Harness) {
	h.apply(t, h.First)
	before, _ := Ask(t, h.Target, h.First.Endpoint, "/who")
	again := h.First
	again.Public = !again.Public
	h.apply(t, again)
	if after, _ := Ask(t, h.Target, h.First.Endpoint, "/who"); after != before {
		t.Errorf("the same deployment was started again: %q, then %q", before, after)
	}
	again.Environ = append([]deploy.Variable{{Key: "EXTRA", Value: "1"}}, again.Environ...)
	h.apply(t, again)
	if text, _ := Ask(t, h.Target, h.First.Endpoint, "/environment"); !strings.Contains(text, "EXTRA=1\n") {
		t.Error("a changed variable did not arrive")
	}
}

func ownVariables(t *testing.T, h Harness) {
	t.Setenv("DASIER_TEST_SECRET", "of-the-server")
	h.First.Environ = append(h.First.Environ, deploy.Variable{Key: "KEY_FILE", Value: "s3cret\n", File: true})
	h.apply(t, h.First)
	text, _ := Ask(t, h.Target, h.First.Endpoint, "/environment")
	if strings.Contains(text, "of-the-server") {
		t.Error("the service sees the server's environment")
	}
	var file string
	for line := range strings.Lines(text) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "KEY_FILE="); ok {
			file = name
		}
	}
	if got, _ := Ask(t, h.Target, h.First.Endpoint, "/file?name="+file); got != "s3cret\n" {
		t.Errorf("the variable's file %q has %q", file, got)
	}
}

func otherKind(t *testing.T, h Harness) {
	p := h.First
	p.Kind = "spaceship"
	if err := h.Target.Apply(t.Context(), p); !fault.Is(err, fault.Invalid) {
		t.Errorf("a spaceship: got %v, want a refusal", err)
	}
}

func healthFollows(t *testing.T, h Harness) {
	h.apply(t, h.First)
	if err := h.Target.Health(h.First.Endpoint); err != nil {
		t.Errorf("a service that answers: got %v", err)
	}
	Ask(t, h.Target, h.First.Endpoint, "/crash")
	// It comes back by itself.
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		if text, ok := Ask(t, h.Target, h.First.Endpoint, "/"); ok && text == "version 1" && h.Target.Health(h.First.Endpoint) == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("a service that crashed did not come back")
		}
	}
}

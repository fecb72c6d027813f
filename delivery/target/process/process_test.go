package process_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dasier/delivery/bundle"
	"dasier/delivery/deploy"
	"dasier/delivery/deploy/targettest"
	"dasier/delivery/target/process"
	"dasier/fault"
)

func open(t *testing.T, shelf *targettest.Shelf) deploy.Target {
	t.Helper()
	return opened(t, shelf, filepath.Join(reachable(t), "services"))
}

// reachable is a test's folder that other users may pass through, as services
// of a server that runs as root have one.
func reachable(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for at := dir; at != os.TempDir() && at != "/"; at = filepath.Dir(at) {
		if err := os.Chmod(at, 0o711); err != nil { //nolint:gosec // of this test
			t.Fatal(err)
		}
	}
	return dir
}

func opened(t *testing.T, shelf *targettest.Shelf, dir string) *process.Target {
	t.Helper()
	target, err := process.New(dir, shelf, process.Config{DrainTime: 2 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := target.Close(); err != nil {
			t.Error(err)
		}
	})
	return target
}

func TestServices(t *testing.T) { targettest.RunServices(t, open) }

// A program that takes more memory than it may is ended, and comes back.
func TestMemoryLimit(t *testing.T) {
	shelf := &targettest.Shelf{}
	target := opened(t, shelf, filepath.Join(reachable(t), "services"))
	p := targettest.Service(t, shelf, 1)
	p.Service.Limits = bundle.Limits{Memory: 64 << 20, CPU: 0.5}
	if err := target.Apply(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	before, _ := targettest.Ask(t, target, p.Endpoint, "/who")
	targettest.Ask(t, target, p.Endpoint, "/eat")
	for deadline := time.Now().Add(4 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if after, ok := targettest.Ask(t, target, p.Endpoint, "/who"); ok && after != before {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("it goes on with more memory than it may use")
		}
	}
	if said := logOf(t, target, p.Endpoint); !strings.Contains(said, "more than its limit of 64 MiB") {
		t.Errorf("the log does not say why it was killed: %s", said)
	}
}

func logOf(t *testing.T, target deploy.Target, endpoint string) string {
	t.Helper()
	r, err := target.Logs(t.Context(), endpoint, 1000, false)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	part := make([]byte, 4096)
	for {
		n, err := r.Read(part)
		all.Write(part[:n])
		if err != nil {
			break
		}
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	return all.String()
}

// A program that does not end when asked is killed when the target ends, and so
// is what an earlier run of the server left.
func TestNothingIsLeft(t *testing.T) {
	shelf := &targettest.Shelf{}
	dir := filepath.Join(reachable(t), "services")
	target := opened(t, shelf, dir)
	p := targettest.Service(t, shelf, 1, deploy.Variable{Key: "STUBBORN", Value: "1"})
	p.Service.StopWithin = 300 * time.Millisecond
	if err := target.Apply(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if err := target.Close(); err != nil {
		t.Fatal(err)
	}
	if err := target.Apply(t.Context(), p); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a target that was closed: got %v, want a refusal", err)
	}
	left, err := os.ReadDir(filepath.Join(dir, "run"))
	if err != nil || len(left) != 0 {
		t.Errorf("the folder still has %v, %v", left, err)
	}
	// The log is still there for the next run.
	again := opened(t, shelf, dir)
	if said := logOf(t, again, p.Endpoint); !strings.Contains(said, "is killed") {
		t.Errorf("the log of the run before says %q", said)
	}
}

// What a service may not be.
func TestRefusals(t *testing.T) {
	shelf := &targettest.Shelf{}
	target := opened(t, shelf, filepath.Join(reachable(t), "services"))
	for name, change := range map[string]func(*bundle.Service){
		"is outside the bundle":           func(s *bundle.Service) { s.Command = []string{"../../../bin/sh"} },
		"there is no \"./absent\"":        func(s *bundle.Service) { s.Command = []string{"./absent"} },
		"may not be run":                  func(s *bundle.Service) { s.Command = []string{"data/houses.csv"} },
		"there is no program \"absent\"":  func(s *bundle.Service) { s.Command = []string{"absent"} },
		"an image runs on a docker":       func(s *bundle.Service) { s.Command = nil; s.Image = "x" },
		"not healthy within 300ms":        func(s *bundle.Service) { s.StartWithin, s.PortVariable = 300*time.Millisecond, "OTHER" },
		"ended with status 3 before it w": func(s *bundle.Service) { s.Command = []string{"sh", "-c", "exit 3"} },
	} {
		p := targettest.Service(t, shelf, 1)
		change(p.Service)
		err := target.Apply(t.Context(), p)
		if fault.KindOf(err) == fault.Internal || !strings.Contains(fault.Message(err), name) {
			t.Errorf("got %v, want %q", err, name)
		}
	}
}

// Root's server does not run services as root.
func TestServicesAreNobody(t *testing.T) {
	shelf := &targettest.Shelf{}
	target := opened(t, shelf, filepath.Join(reachable(t), "services"))
	p := targettest.Service(t, shelf, 1)
	if err := target.Apply(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	who, _ := targettest.Ask(t, target, p.Endpoint, "/who")
	if strings.HasPrefix(who, "0 ") {
		t.Errorf("the service runs as root: %s", who)
	}
	if secret, ok := targettest.Ask(t, target, p.Endpoint, "/file?name=/proc/"+"self/../1/environ"); ok && os.Geteuid() == 0 {
		t.Errorf("the service reads another user's environment: %q", secret)
	}
}

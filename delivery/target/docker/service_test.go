package docker_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dasier/delivery/bundle"
	"dasier/delivery/deploy"
	"dasier/delivery/deploy/targettest"
	"dasier/fault"
)

// serviceProgram is a small program that needs nothing around it. It says what
// it was told and what it may do.
const serviceProgram = `package main

import (
	"fmt"
	"net/http"
	"os"
	"strings"
)

func main() {
	fmt.Println("starting with", len(os.Args)-1, "arguments")
	if os.Getenv("BROKEN") != "" {
		fmt.Println("the sky has fallen")
		os.Exit(3)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		secret, _ := os.ReadFile(os.Getenv("CERTIFICATE"))
		written := os.WriteFile("here", nil, 0o600)
		data, _ := os.ReadFile("data/words.txt")
		fmt.Fprintf(w, "version %s\nuid %d\nfile %s\nwrites %v\ndata %s\n", os.Getenv("VERSION"), os.Getuid(), secret, written == nil, strings.TrimSpace(string(data)))
	})
	http.HandleFunc("/health", func(w http.ResponseWriter, r *http.Request) {})
	panic(http.ListenAndServe(":"+os.Getenv("LISTEN"), nil))
}
`

var built = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "dasier-service")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	source, out := filepath.Join(folder, "main.go"), filepath.Join(folder, "service")
	if err := os.WriteFile(source, []byte(serviceProgram), 0o600); err != nil {
		return nil, err
	}
	build := exec.Command("go", "build", "-ldflags", "-s -w", "-o", out, source)
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if text, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building the service: %w\n%s", err, text)
	}
	return os.ReadFile(out)
})

// bundleOf packs files, and answers the digest.
func (s *site) bundleOf(files map[string][]byte) string {
	s.t.Helper()
	var packed bytes.Buffer
	zipped := gzip.NewWriter(&packed)
	w := tar.NewWriter(zipped)
	for name, text := range files {
		mode := int64(0o600) // as somebody keeps their files to themselves
		if bytes.HasPrefix(text, []byte("\x7fELF")) || bytes.HasPrefix(text, []byte("#!")) {
			mode = 0o700
		}
		must(s.t, w.WriteHeader(&tar.Header{Name: name, Mode: mode, Size: int64(len(text)), Typeflag: tar.TypeReg}))
		_, err := w.Write(text)
		must(s.t, err)
	}
	must(s.t, w.Close())
	must(s.t, zipped.Close())
	sum := sha256.Sum256(packed.Bytes())
	digest := "sha256:" + hex.EncodeToString(sum[:])
	s.archives[digest] = packed.Bytes()
	return digest
}

// One after the other: they are all of one bundle, and while an engine removes
// an image it fails to build another one of the same files.
func TestServicesConform(t *testing.T) {
	targettest.RunServices(t, func(t *testing.T, shelf *targettest.Shelf) deploy.Target {
		return openWith(t, nil, shelf).target
	})
}

const serviceEndpoint = "house-prices.api.production"

func (s *site) service(version int, files map[string][]byte, manifest bundle.Service) deploy.Placement {
	s.t.Helper()
	manifest.Health, manifest.PortVariable, manifest.StartWithin, manifest.StopWithin = "/health", "LISTEN", patience, 2*time.Second
	return deploy.Placement{
		Kind: deploy.KindService, Target: deploy.Docker, Endpoint: serviceEndpoint, Project: 7, Environment: "production",
		Deployment: deploy.ID(version), Digest: s.bundleOf(files), Service: &manifest,
		Environ: []deploy.Variable{{Key: "VERSION", Value: fmt.Sprint(version)}, {Key: "CERTIFICATE", Value: "sealed " + fmt.Sprint(version), File: true}},
	}
}

// served asks a service as the gateway does.
func (s *site) served() string {
	s.t.Helper()
	backend, err := s.target.Backend(serviceEndpoint)
	must(s.t, err)
	defer backend.Release()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+backend.Address+"/", http.NoBody)
	must(s.t, err)
	w, err := http.DefaultClient.Do(r)
	must(s.t, err)
	text, err := io.ReadAll(w.Body)
	must(s.t, err)
	must(s.t, w.Body.Close())
	return string(text)
}

func TestServiceOfAProgramAlone(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	program, err := built()
	must(t, err)
	files := map[string][]byte{"bin/service": program, "data/words.txt": []byte("some words\n")}
	manifest := bundle.Service{Command: []string{"./bin/service", "one"}, Limits: bundle.Limits{Memory: 64 << 20, CPU: 0.5}}
	first := s.service(1, files, manifest)
	must(t, s.target.Apply(t.Context(), first))
	if got, want := s.served(), "version 1\nuid 65532\nfile sealed 1\nwrites false\ndata some words\n"; got != want {
		t.Errorf("the service says %q, want %q", got, want)
	}
	before, err := s.target.Backend(serviceEndpoint)
	must(t, err)
	before.Release()
	// The same again changes nothing.
	must(t, s.target.Apply(t.Context(), first))
	after, err := s.target.Backend(serviceEndpoint)
	must(t, err)
	after.Release()
	if before.Address != after.Address {
		t.Error("the same placement again made another container")
	}
	// Another value of a variable does.
	changed := s.service(1, files, manifest)
	changed.Environ[0].Value = "one and a half"
	must(t, s.target.Apply(t.Context(), changed))
	if got := s.served(); !strings.HasPrefix(got, "version one and a half\n") {
		t.Errorf("the service says %q", got)
	}
	must(t, s.target.Apply(t.Context(), s.service(2, files, manifest)))
	if got := s.served(); !strings.HasPrefix(got, "version 2\n") {
		t.Errorf("the service says %q", got)
	}
	// One that falls over is refused with its last words; what was, stays.
	broken := s.service(3, files, manifest)
	broken.Environ = append(broken.Environ, deploy.Variable{Key: "BROKEN", Value: "yes, and secret"})
	err = s.target.Apply(t.Context(), broken)
	if !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Message(err), "ended with status 3") || !strings.HasSuffix(fault.Message(err), "the sky has fallen") {
		t.Errorf("a broken service: %v", err)
	}
	if err != nil && strings.Contains(err.Error(), "secret") {
		t.Errorf("the error shows a variable: %v", err)
	}
	if got := s.served(); !strings.HasPrefix(got, "version 2\n") {
		t.Errorf("after a failure the service says %q", got)
	}
	must(t, s.target.Remove(t.Context(), serviceEndpoint))
	if _, err := s.target.Backend(serviceEndpoint); !fault.Is(err, fault.Missing) {
		t.Errorf("the backend of what was removed: %v", err)
	}
	if up, stopped := s.containers(); up+stopped > 0 {
		t.Errorf("removing left %d containers", up+stopped)
	}
}

// Values of variables are in no label and no name.
func TestServiceKeepsItsSecrets(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	program, err := built()
	must(t, err)
	p := s.service(1, map[string][]byte{"service": program}, bundle.Service{Command: []string{"./service"}})
	p.Environ = append(p.Environ, deploy.Variable{Key: "PASSWORD", Value: "hunter2hunter2"})
	must(t, s.target.Apply(t.Context(), p))
	list, err := s.engine.List(t.Context(), map[string]string{"dasier.server": s.cfg.Server})
	must(t, err)
	for _, c := range list {
		text := fmt.Sprint(c)
		if strings.Contains(text, "hunter2") || strings.Contains(text, "sealed 1") {
			t.Errorf("a label shows a value: %s", text)
		}
	}
}

func TestServiceOfADockerfile(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	program, err := built()
	must(t, err)
	files := map[string][]byte{
		"server": program, "data/words.txt": []byte("from the Dockerfile"),
		"build/Dockerfile": []byte("FROM scratch\nCOPY . /app\nWORKDIR /app\nCMD [\"/app/server\"]\n"),
	}
	must(t, s.target.Apply(t.Context(), s.service(1, files, bundle.Service{Dockerfile: "build/Dockerfile"})))
	if got := s.served(); !strings.Contains(got, "uid 0\nfile sealed 1\n") || !strings.Contains(got, "data from the Dockerfile") {
		t.Errorf("the service says %q", got)
	}
	files["build/Dockerfile"] = []byte("FROM scratch\nCOPY nothing /app\n")
	err = s.target.Apply(t.Context(), s.service(2, files, bundle.Service{Dockerfile: "build/Dockerfile"}))
	if !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Message(err), "could not be built") || !strings.Contains(fault.Message(err), "nothing") {
		t.Errorf("a Dockerfile that fails: %v", err)
	}
	if got := s.served(); !strings.HasPrefix(got, "version 1\n") {
		t.Errorf("after a failure the service says %q", got)
	}
}

func TestServiceRefusals(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	dynamic, err := os.ReadFile("/bin/sh")
	must(t, err)
	for _, test := range []struct {
		name     string
		files    map[string][]byte
		manifest bundle.Service
		says     string
	}{
		{"script", map[string][]byte{"run": []byte("#!/bin/sh\n")}, bundle.Service{Command: []string{"./run"}}, "is a script, which needs its interpreter"},
		{"dynamic", map[string][]byte{"run": dynamic}, bundle.Service{Command: []string{"./run"}}, "CGO_ENABLED=0"},
		{"absent", map[string][]byte{"other": []byte("x")}, bundle.Service{Command: []string{"./run"}}, "is not among the service's files"},
		{"nothing", map[string][]byte{"other": []byte("x")}, bundle.Service{}, "there is nothing to run"},
		{"image", map[string][]byte{"other": []byte("x")}, bundle.Service{Image: "dasier.invalid/nothing:1"}, "cannot be pulled"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := s.target.Apply(t.Context(), s.service(1, test.files, test.manifest))
			if !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Message(err), test.says) {
				t.Errorf("got %v, want %q", err, test.says)
			}
		})
	}
	images, err := s.engine.Images(t.Context(), map[string]string{"dasier.server": s.cfg.Server})
	must(t, err)
	if slices.ContainsFunc(images, func(name string) bool { return strings.Contains(name, "/service:") }) {
		t.Errorf("refusals left images: %v", images)
	}
}

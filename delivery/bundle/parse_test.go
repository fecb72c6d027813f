package bundle_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dasier/delivery/bundle"
)

const houseAPI = `command: [./house-api, --quiet]
files: [house-api, data]
health: /health
port_variable: LISTEN_PORT
environment: {LOG: debug, WORKERS: 4}
variables: [DATABASE_URL, MODEL_TOKEN]
start_within: 30s
limits:
  memory: 256MiB
  cpu: 0.5
`

func TestParseService(t *testing.T) {
	got, err := bundle.ParseService("service.yaml", []byte(houseAPI))
	if err != nil {
		t.Fatal(err)
	}
	want := bundle.Service{
		Command: []string{"./house-api", "--quiet"}, Files: []string{"house-api", "data"}, Health: "/health", PortVariable: "LISTEN_PORT",
		Environment: map[string]string{"LOG": "debug", "WORKERS": "4"}, Variables: []string{"DATABASE_URL", "MODEL_TOKEN"},
		StartWithin: 30 * time.Second, StopWithin: 10 * time.Second, Limits: bundle.Limits{Memory: 256 << 20, CPU: 0.5},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A manifest travels as JSON and means the same.
func TestParseJSON(t *testing.T) {
	manifest, err := json.Marshal(map[string]any{
		"command": []string{"./a"}, "files": []string{"a"}, "environment": map[string]any{"N": 4, "ON": true}, "limits": map[string]any{"cpu": 2},
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := bundle.ParseService("service.yaml", manifest)
	if err != nil || got.Environment["N"] != "4" || got.Environment["ON"] != "true" || got.Limits.CPU != 2 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestProblems(t *testing.T) {
	for manifest, want := range map[string]string{
		"":                                      "service.yaml:1:1: the file is empty",
		"[]":                                    "service.yaml:1:1: expected keys and values, not a list",
		"command: ./a\nfiles: [a]":              "service.yaml:1:10: command: expected a list, not \"./a\"",
		"command: [./a]\nfile: [a]":             "service.yaml:2:1: there is no key \"file\": expected command,",
		"command: [./a]\nfiles: [../a]":         "service.yaml:2:9: files[0]: \"../a\": the name leaves the folder",
		"command: [./a]\nfiles: [/etc]":         "service.yaml:2:9: files[0]: \"/etc\": the name is absolute",
		"command: [./a]\ncommand: [./b]":        "service.yaml:2:1: \"command\" is given twice",
		"command: [./a]":                        "service.yaml: which files?",
		"files: [a]":                            "service.yaml: which program?",
		"command: [a]\nfiles: [a]\nhealth: up":  "service.yaml:3:9: health: \"up\": expected a path",
		"environment: {LD_PRELOAD: x}":          "service.yaml:1:15: environment.LD_PRELOAD: \"LD_PRELOAD\": names that begin with LD_",
		"variables: [A B]":                      "service.yaml:1:13: variables[0]: \"A B\": expected the name of a variable",
		"limits:\n  memory: 1KiB":               "service.yaml:2:11: limits.memory: \"1KiB\": expected a size",
		"limits:\n  memory: NaN":                "service.yaml:2:11: limits.memory",
		"limits:\n  cpu: -1":                    "service.yaml:2:8: limits.cpu",
		"start_within: 1h":                      "service.yaml:1:15: start_within",
		"command: &a [./a]\nfiles: *a":          "service.yaml:2:8: files: expected a list, not an alias",
		"a: b: c":                               "not valid YAML",
		"image: alpine\ndockerfile: Dockerfile": "service.yaml: give an image or a dockerfile",
		"---\nfiles: [a]\n---\nfiles: [a]":      "one file holds one document",
	} {
		_, err := bundle.ParseService("service.yaml", []byte(manifest))
		var problems bundle.Problems
		if !errors.As(err, &problems) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q:\n got %v\nwant %s", manifest, err, want)
		}
	}
}

func TestParseSite(t *testing.T) {
	got, err := bundle.ParseSite("site.yaml", []byte("folder: dist\nfallback: index.html\nproxy:\n  /api/: house-prices/api\n  /api/v2/: house-prices/api@staging\n"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"/api/v2/", "/api/"}, got.Prefixes()); diff != "" {
		t.Errorf("prefixes (-want +got):\n%s", diff)
	}
	for manifest, want := range map[string]string{
		"fallback: index.html":                          "site.yaml: which files?",
		"folder: dist\nproxy: {/api: a/b}":              "site.yaml:2:9: proxy./api: \"/api\": expected a path such as /api/",
		"folder: dist\nproxy: {/api/: http://10.0.0.1}": "expected the project of the service",
		"folder: ../x":                                  "leaves the folder",
	} {
		if _, err := bundle.ParseSite("site.yaml", []byte(manifest)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", manifest, err, want)
		}
	}
}

func FuzzManifest(f *testing.F) {
	f.Add(houseAPI)
	f.Add("folder: dist\nproxy: {/api/: a/b}")
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := bundle.ParseService("s", []byte(text)); err == nil && (len(s.Command) == 0 && s.Image == "" && s.Dockerfile == "") {
			t.Error("a service without a program was taken")
		}
		if s, err := bundle.ParseSite("s", []byte(text)); err == nil && s.Folder == "" {
			t.Error("a site without a folder was taken")
		}
	})
}

package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dasier/app"
	"dasier/fault"
)

func TestLoadLetsEachLayerOverrideTheOneBefore(t *testing.T) {
	file := filepath.Join(t.TempDir(), "dasier.yaml")
	write(t, file, "data: /srv/dasier\naddr: :9000\nlog:\n  level: warn\n  form: json\nlimits:\n  push: 3GiB\n")
	config, effective, err := app.Load(file, []string{"DASIER_LOG_LEVEL=debug", "DASIER_RUNNER_JOBS=5"}, map[string]string{"runner-jobs": "7"})
	if err != nil {
		t.Fatal(err)
	}
	if config.Data != "/srv/dasier" || config.LogLevel != "debug" || config.Jobs != 7 || config.PushLimit != 3<<30 || config.URL != "http://localhost:9000" {
		t.Errorf("got %+v", config)
	}
	sources := map[string]string{}
	for _, e := range effective {
		sources[e.Key] = e.Source
	}
	want := map[string]string{"data": file, "log.level": "environment DASIER_LOG_LEVEL", "runner.jobs": "flag --runner-jobs", "session.lifetime": "default", "url": "from addr"}
	for key, source := range want {
		if sources[key] != source {
			t.Errorf("%s comes from %q, want %q", key, sources[key], source)
		}
	}
}

func TestLoadNeedsNoFile(t *testing.T) {
	t.Chdir(t.TempDir())
	config, _, err := app.Load("", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := "http://127.0.0.1:8080"
	if diff := cmp.Diff(want, config.URL); diff != "" {
		t.Error(diff)
	}
}

func TestLoadSaysWhatIsWrongAndWhere(t *testing.T) {
	for text, want := range map[string]string{
		"adr: x":                 `:1: there is no setting "adr"`,
		"log:\n  loudness: x":    `:2: there is no setting "log.loudness"`,
		"log: loud":              ":1: expected keys and values",
		"addr: [1]":              ":1: addr takes one value",
		"addr: here":             `addr (`,
		"limits: {push: lots}":   `"lots": expected a size such as 500MiB`,
		"runner: {jobs: -1}":     "whole number from 0 to 1000",
		"url: ftp://x":           "expected http://host",
		"session: {lifetime: x}": "expected a duration",
		"a: b: c":                "dasier.yaml",
	} {
		file := filepath.Join(t.TempDir(), "dasier.yaml")
		write(t, file, text)
		_, _, err := app.Load(file, nil, nil)
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
	if _, _, err := app.Load(filepath.Join(t.TempDir(), "none.yaml"), nil, nil); !fault.Is(err, fault.Invalid) {
		t.Errorf("a named file that is not there answers %v", err)
	}
}

func TestShownSettingsHideThePassword(t *testing.T) {
	t.Chdir(t.TempDir())
	_, effective, err := app.Load("", []string{"DASIER_DATABASE=postgres://u:hunter22@db/x"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range effective {
		if strings.Contains(e.Value, "hunter22") {
			t.Errorf("%s shows %s", e.Key, e.Value)
		}
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

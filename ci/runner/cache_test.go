package runner_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"dasier/ci"
	"dasier/ci/runner"
)

func TestCachesPassFromPipelineToPipeline(t *testing.T) {
	s := newServer(t, ci.Config{})
	kept := filepath.Join(t.TempDir(), "kept")
	configuration := `
build:
  cache:
    - key: {files: [lock.txt], prefix: $WHAT}
      paths: [.cache/, ../outside]
    - key: reads
      paths: [read-only/]
      policy: pull
  variables: {WHAT: packages}
  script:
    - if [ -e .cache/packages ]; then cat .cache/packages; else echo "nothing kept"; fi
    - test ! -e read-only
    - mkdir -p .cache read-only && echo "kept by $CI_PIPELINE_ID" > .cache/packages && touch read-only/x
`
	s.start(runner.Config{Dir: filepath.Join(t.TempDir(), "builds"), CacheDir: kept})
	run := func(lock string) (id ci.PipelineID, log string) {
		t.Helper()
		id = s.pipeline(configuration, map[string]string{"lock.txt": lock})
		if state := s.await(id); state.Pipeline.Status != ci.Success {
			t.Fatalf("the pipeline is %s:\n%s", state.Pipeline.Status, s.log(s.job(id, "build").ID))
		}
		return id, s.log(s.job(id, "build").ID)
	}
	wants := func(log, text string) {
		t.Helper()
		if !strings.Contains(log, text) {
			t.Errorf("the log does not say %q:\n%s", text, log)
		}
	}

	first, log := run("one")
	wants(log, "nothing kept")
	wants(log, "No cache packages-")
	wants(log, "Saved the cache packages-")
	_, log = run("one\n\n")
	wants(log, "nothing kept")
	_, log = run("one")
	wants(log, "kept by "+strconv.FormatInt(int64(first), 10))

	// A broken archive costs the job its cache, and nothing else.
	must(t, filepath.WalkDir(kept, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		return os.WriteFile(name, []byte("no archive"), 0o600)
	}))
	_, log = run("one")
	wants(log, "the cache cannot be restored")
	wants(log, "nothing kept")
	_, log = run("one")
	wants(log, "kept by ")
}

func TestCachesStayWithinTheirLimit(t *testing.T) {
	s := newServer(t, ci.Config{})
	kept := filepath.Join(t.TempDir(), "kept")
	s.start(runner.Config{Dir: filepath.Join(t.TempDir(), "builds"), CacheDir: kept, CacheLimit: 150_000})
	id := s.pipeline(`
stages: [a, b]
.job:
  cache: {key: $CI_JOB_NAME, paths: [big]}
  script: head -c 100000 /dev/urandom > big
first: {extends: .job, stage: a}
second: {extends: .job, stage: b}
`, nil)
	if state := s.await(id); state.Pipeline.Status != ci.Success {
		t.Fatalf("the pipeline is %s", state.Pipeline.Status)
	}
	var archives []string
	must(t, filepath.WalkDir(kept, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			archives = append(archives, name)
		}
		return err
	}))
	if len(archives) != 1 {
		t.Errorf("100 KB each, at most 150 KB together: %d archives are kept", len(archives))
	}
}

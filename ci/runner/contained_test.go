package runner_test

import (
	"archive/tar"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"dasier/ci"
	"dasier/ci/runner"
	"dasier/container"
)

const jobImage = "dasier-test/busybox:1"

// dockerEngine is the engine of the tests, with a small image on it: a shell
// and what goes with it.
func dockerEngine(t *testing.T) *container.Engine {
	t.Helper()
	host := os.Getenv("DASIER_TEST_DOCKER")
	if host == "" {
		t.Fatal("DASIER_TEST_DOCKER is not set: run `make test`, or `export DASIER_TEST_DOCKER=$(scripts/docker.sh start)` first")
	}
	engine, err := container.Connect(container.Config{Host: host})
	must(t, err)
	t.Cleanup(func() { must(t, engine.Close()) })
	busybox, err := os.ReadFile("/bin/busybox")
	if err != nil {
		t.Fatalf("%v: the image of the tests is made of it: apt-get install busybox-static", err)
	}
	var files bytes.Buffer
	w := tar.NewWriter(&files)
	for name, text := range map[string]string{
		"busybox":    string(busybox),
		"Dockerfile": "FROM scratch\nCOPY busybox /bin/busybox\nRUN [\"/bin/busybox\",\"--install\",\"-s\",\"/bin\"]\nENV PATH=/bin TASTE=vanilla\n",
	} {
		must(t, w.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(text)), Typeflag: tar.TypeReg}))
		_, err := w.Write([]byte(text))
		must(t, err)
	}
	must(t, w.Close())
	must(t, engine.Build(t.Context(), container.Build{Context: &files, Tag: jobImage}))
	return engine
}

func TestJobsInContainers(t *testing.T) {
	engine := dockerEngine(t)
	s := newServer(t, ci.Config{})
	outside := t.TempDir()
	must(t, os.WriteFile(filepath.Join(outside, "secret.key"), []byte("CROWN JEWELS"), 0o600))
	program := filepath.Join(t.TempDir(), "program")
	must(t, os.WriteFile(program, []byte("#!/bin/sh\nwget -q -O - \"$DASIER_SERVER/lab/model.git/info/refs?service=git-upload-pack\" 2>&1 | head -c 200; echo \"asked as $0\"\n"), 0o755)) // #nosec G306 -- a program
	dir := filepath.Join(t.TempDir(), "builds")
	cfg := runner.Config{Dir: dir, Engine: engine, Image: jobImage, Program: program, Memory: 256 << 20, CPU: 1}
	if os.Geteuid() == 0 {
		cfg.Dir, cfg.Users = openFolder(t), jobUsers[:1]
	}
	s.start(cfg)
	id := s.pipeline(`
stages: [make, use]
make:
  stage: make
  image: `+jobImage+`
  services:
    - name: `+jobImage+`
      alias: greeter
      command: ["sh", "-c", "echo $GREETING > /hello; while true; do nc -l -p 7000 < /hello; done"]
  variables:
    GREETING: "hello from a service"
  script:
    - echo "made of $TASTE by $(id -u) in $PWD"
    - test "$PWD" = "$CI_PROJECT_DIR" && cat README.md "$SECRET_FILE"
    - mkdir -p out && echo made > out/file
    - until nc greeter 7000 </dev/null >out/greeting 2>nc-said && [ -s out/greeting ]; do sleep 0.2; done
    - cat out/greeting
    - dasier
    - cat "$OUTSIDE"/secret.key 2>/dev/null && echo "LEAK of the machine's files" || true
    - ls "$BUILDS"/../.. 2>/dev/null | grep -q data && echo "LEAK of the machine's names" || true
    - test $(ps | wc -l) -lt 12
    - (setsid sleep 4000 &)
  after_script:
    - echo "after it is $CI_JOB_STATUS"; cat out/file
  artifacts: {paths: [out]}
use:
  stage: use
  script: ["cat out/file out/greeting", "exit 7"]
`, map[string]string{"README.md": "read me\n"}, ci.Variable{Key: "SECRET_FILE", Value: "in a file\n", File: true},
		ci.Variable{Key: "OUTSIDE", Value: outside}, ci.Variable{Key: "BUILDS", Value: cfg.Dir})
	s.await(id)
	maker, user := s.log(s.job(id, "make").ID), s.log(s.job(id, "use").ID)
	contains(t, maker, "Using the image "+jobImage, "made of vanilla by 0 in ", "read me\n", "in a file\n", "hello from a service", "asked as "+cfg.Dir, "after it is success\n", "\nmade\n", "Job succeeded")
	lacks(t, maker, "\nLEAK", "CROWN JEWELS", "is recorded", "bad address", "refused")
	contains(t, user, "made\nhello from a service\n", "exit code 7")
	if j := s.job(id, "use"); j.ExitCode != 7 {
		t.Errorf("the second job ended with %d", j.ExitCode)
	}
	s.eventually("an engine without containers of the jobs", func() bool {
		list, err := engine.List(t.Context(), map[string]string{"dasier.runner": ""})
		must(t, err)
		networks, err := engine.Networks(t.Context(), map[string]string{"dasier.runner": ""})
		must(t, err)
		return len(list)+len(networks) == 0 && len(processesOf(t, "sleep\x004000")) == 0
	})
	s.eventually("no folder of the job", func() bool {
		_, err := os.Stat(filepath.Join(cfg.Dir, strconv.FormatInt(int64(s.job(id, "make").ID), 10)))
		return os.IsNotExist(err)
	})
}

func TestHowContainedJobsEnd(t *testing.T) {
	engine := dockerEngine(t)
	s := newServer(t, ci.Config{})
	s.start(runner.Config{Engine: engine})
	for _, test := range []struct {
		name, job string
		status    ci.Status
		why       ci.Failure
		code      int
		says      string
	}{
		{"no image", "job: {script: [echo hi]}", ci.Failed, ci.ScriptFailure, 1, "the job names no image"},
		{"unknown image", "job: {image: 'dasier.invalid/nothing:1', script: [echo hi]}", ci.Failed, ci.ScriptFailure, 1, "the image dasier.invalid/nothing:1 is not there, and cannot be pulled"},
		{"timeout", "job: {image: '" + jobImage + "', timeout: 3 seconds, script: [echo begun, sleep 600]}", ci.Failed, ci.TimeoutFailure, 0, "took longer than 3s"},
		{"success", "job: {image: '" + jobImage + "', script: [echo \"I am well\"]}", ci.Success, "", 0, "I am well"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, text := s.ended(s.pipeline(test.job, nil), test.status, test.why, test.code)
			contains(t, text, test.says)
		})
	}
	id := s.pipeline("job: {image: '"+jobImage+"', script: [echo begun, sleep 600]}", nil)
	s.logs(id, "job", "\nbegun")
	_, err := s.ci.Cancel(t.Context(), s.owner, s.project.ID, id)
	must(t, err)
	s.eventually("the end of a canceled container", func() bool {
		list, err := engine.List(context.Background(), map[string]string{"dasier.runner": ""})
		must(t, err)
		return len(list) == 0
	})
	if text := s.log(s.job(id, "job").ID); !strings.Contains(text, "begun") {
		t.Errorf("the log is %q", text)
	}
}

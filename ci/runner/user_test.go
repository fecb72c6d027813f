package runner_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"dasier/ci"
	"dasier/ci/runner"
)

// Two users that nothing else has.
var jobUsers = []runner.User{{UID: 60710, GID: 60710}, {UID: 60711, GID: 60711}}

// openFolder is one that every user may walk to, unlike the test's own.
func openFolder(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("/tmp", "dasier-runner-test")
	must(t, err)
	must(t, os.Chmod(folder, 0o755)) // #nosec G302 -- what is tested
	t.Cleanup(func() { must(t, os.RemoveAll(folder)) })
	return filepath.Join(folder, "builds")
}

// attack is what a job tries that wants what is not its own. It prints LEAK
// before whatever it gets.
const attack = `
attack:
  stage: test
  script:
    - id -u
    - cat "$DATA/secret.key" "$DATA/dasier.db" 2>/dev/null && echo "LEAK of the data folder"
    - ls "$DATA" 2>/dev/null && echo "LEAK of the data folder's names"
    - ls "$BUILDS" 2>/dev/null && echo "LEAK of the builds' names"
    - for f in "$BUILDS"/$VICTIM "$BUILDS"/$VICTIM/files "$BUILDS"/$VICTIM/home "$BUILDS"/$VICTIM/builds; do ls "$f" 2>/dev/null && echo "LEAK of $f"; done
    - cat "$BUILDS"/$VICTIM/files/script.script "$BUILDS"/$VICTIM/files/SECRET_FILE "$BUILDS"/$VICTIM/files/log 2>/dev/null && echo "LEAK of another job's files"
    - for p in /proc/[0-9]*; do tr '\0' '\n' < $p/environ 2>/dev/null | grep -q VICTIM_SECRET= && echo "LEAK by $p/environ"; done
    - echo x 2>/dev/null > "$BUILDS"/$VICTIM/home/x && echo "LEAK by writing"
    - kill -9 $(cat "$PIDFILE") 2>/dev/null && echo "LEAK by killing"
    - ln -s /etc/passwd files; ln "$DATA/secret.key" stolen 2>/dev/null && echo "LEAK by a second name"
    - (cd / && setsid env -i sleep 3217 &) ; echo hidden
    - git config core.fsmonitor 'id -u >> /tmp/dasier-fsmonitor-$PPID; false'
    - git config --global core.fsmonitor 'id -u > '"$PWD"'/monitored; false'
    - rm -rf ../files 2>/dev/null; rm -f "$CI_PROJECT_DIR"/../../files/* 2>/dev/null; mv ~/../files ~/../moved 2>/dev/null && echo "LEAK by moving the runner's folder"
  after_script:
    - echo "after the attack"
  allow_failure: true
  artifacts:
    untracked: true
`

func TestAJobReachesNothingOfOthers(t *testing.T) {
	if os.Geteuid() != 0 {
		// There is nothing to give to jobs then, and no pretending.
		err := runner.New("http://127.0.0.1:1", "x", runner.Config{Dir: openFolder(t), Users: jobUsers, Log: quiet()}).Run(context.Background())
		if err == nil || !strings.Contains(err.Error(), "only root can run jobs as other users") {
			t.Errorf("got %v", err)
		}
		return
	}
	s := newServer(t, ci.Config{})
	data := t.TempDir()
	must(t, os.Chmod(data, 0o700)) // #nosec G302 -- as the server makes it
	for _, name := range []string{"secret.key", "dasier.db"} {
		must(t, os.WriteFile(filepath.Join(data, name), []byte("CROWN JEWELS"), 0o600))
	}
	builds := openFolder(t)
	pids := filepath.Join(filepath.Dir(builds), "pid")
	s.start(runner.Config{Dir: builds, Jobs: 2, Users: jobUsers, Program: "/bin/true"})
	victim := s.pipeline(`
victim:
  script:
    - export VICTIM_SECRET=hunter2hunter2
    - sh -c 'echo waiting; while [ ! -e "$GO" ]; do sleep 0.1; done'
    - echo "the victim is well"
`, nil, ci.Variable{Key: "GO", Value: filepath.Join(filepath.Dir(builds), "go")})
	s.logs(victim, "victim", "\nwaiting")
	number := strconv.FormatInt(int64(s.job(victim, "victim").ID), 10)
	must(t, os.WriteFile(pids, []byte(victimProcess(t)), 0o644)) // #nosec G306 -- for the attacker
	id := s.pipeline(strings.ReplaceAll(attack, "\n    - ", "\n    - set +e; "), nil,
		ci.Variable{Key: "DATA", Value: data}, ci.Variable{Key: "BUILDS", Value: builds}, ci.Variable{Key: "VICTIM", Value: number}, ci.Variable{Key: "PIDFILE", Value: pids})
	state := s.await(id)
	text := s.log(state.Jobs[0].ID)
	lacks(t, text, "\nLEAK", "CROWN JEWELS", "hunter2hunter2")
	contains(t, text, "after the attack", "hidden")
	if !strings.Contains(text, "\n60710\n") && !strings.Contains(text, "\n60711\n") {
		t.Errorf("the job does not run as a user of its own:\n%s", end(text))
	}
	if got := s.artifact(state.Jobs[0].ID, "monitored"); strings.TrimSpace(got) == "0" {
		t.Error("git ran the job's program as root")
	}
	s.eventually("no process of the attacker", func() bool { return len(processesOf(t, "sleep\x003217")) == 0 })
	must(t, os.WriteFile(filepath.Join(filepath.Dir(builds), "go"), nil, 0o644)) // #nosec G306 -- for the victim
	if j, text := s.ended(victim, ci.Success, "", 0); j.Status != ci.Success {
		t.Errorf("the victim was hurt:\n%s", end(text))
	}
}

// processesOf finds processes by a part of their command line.
func processesOf(t *testing.T, part string) (pids []int) {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	must(t, err)
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		line, err := os.ReadFile("/proc/" + entry.Name() + "/cmdline") // #nosec G304 -- of the process table
		if err == nil && strings.Contains(string(line), part) && syscall.Kill(pid, 0) == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

func victimProcess(t *testing.T) string {
	t.Helper()
	for _, pid := range processesOf(t, "echo waiting; while") {
		info, err := os.Stat("/proc/" + strconv.Itoa(pid))
		must(t, err)
		if stat, ok := info.Sys().(*syscall.Stat_t); ok && stat.Uid >= 60710 {
			return strconv.Itoa(pid)
		}
	}
	t.Fatal("the victim has no process of its own user")
	return ""
}

// Files, artifacts and caches of one job are the next one's, although it runs
// as another user.
func TestJobsOfOtherUsersWorkTogether(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Log("only root can give jobs users; TestAJobReachesNothingOfOthers holds the refusal")
		return
	}
	s := newServer(t, ci.Config{})
	s.start(runner.Config{Dir: openFolder(t), Jobs: 2, Users: jobUsers, Program: "/bin/echo"})
	id := s.pipeline(`
stages: [make, use]
make:
  stage: make
  script: [mkdir -p out/deep, echo made > out/deep/file, chmod 600 out/deep/file, "echo NUMBER=42 > job.env", cat "$SECRET_FILE", dasier said]
  artifacts: {paths: [out], reports: {dotenv: job.env}}
use:
  stage: use
  parallel: 2
  script: [cat out/deep/file, echo more >> out/deep/file, "echo number $NUMBER", git log --oneline, git status --short, "echo $HOME $USER", "touch ~/x $TMPDIR/y"]
`, map[string]string{"README.md": "read me\n"}, ci.Variable{Key: "SECRET_FILE", Value: "in a file", File: true})
	state := s.await(id)
	for _, j := range state.Jobs {
		if j.Status != ci.Success {
			t.Errorf("%s: %s\n%s", j.Name, j.Status, end(s.log(j.ID)))
		}
	}
	contains(t, s.log(s.job(id, "make").ID), "in a file", "\nsaid\n")
	contains(t, s.log(s.job(id, "use 1/2").ID), "made\n", "number 42")
}

func TestAClosedFolderIsNamed(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Log("only root can give jobs users; TestAJobReachesNothingOfOthers holds the refusal")
		return
	}
	dir := filepath.Join(openFolder(t), "closed")
	must(t, os.MkdirAll(dir, 0o700))
	err := runner.New("http://127.0.0.1:1", "x", runner.Config{Dir: filepath.Join(dir, "builds"), Users: jobUsers[:1], Log: quiet()}).Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("got %v", err)
	}
}

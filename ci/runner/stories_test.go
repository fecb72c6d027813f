package runner_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"dasier/ci"
	"dasier/ci/runner"
)

func TestArtifactsAndVariablesPassFromJobToJob(t *testing.T) {
	s := newServer(t, ci.Config{})
	dir := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(dir, "7", "left"), 0o750)) // of an earlier run
	program := filepath.Join(t.TempDir(), "program")
	must(t, os.WriteFile(program, []byte("#!/bin/sh\necho I am dasier at $DASIER_SERVER\n"), 0o700)) // #nosec G306 -- a program
	id := s.pipeline(`
stages: [make, use]
make:
  stage: make
  image: python:3.13
  before_script:
    - WHO=world
  script:
    - echo "hello $WHO" > out.txt
    - mkdir -p deep/er && echo two > deep/er/two.txt && echo no > deep/er/no.log && ln -s er/two.txt deep/link && ln -s /etc/passwd deep/evil
    - echo "NUMBER=42" > job.env
    - dasier
    - git remote -v && git log --oneline | wc -l && git ls-remote origin refs/heads/main
    - echo "$GREETING; in $CI_PROJECT_DIR; home $HOME; raw $RAW"
    - |
      echo one
      echo more
  artifacts:
    name: files-$CI_JOB_NAME
    paths: [out.txt, deep/, ../outside, "*.nothing"]
    exclude: ["**/*.log"]
    reports:
      dotenv: job.env
  variables:
    GREETING: "hi $CI_JOB_NAME"
use:
  stage: use
  script:
    - cat out.txt deep/er/two.txt deep/link
    - echo "the number is $NUMBER"
    - test ! -e deep/er/no.log
    - test ! -e deep/evil
    - cat README.md
`, map[string]string{"README.md": "read me\n"}, ci.Variable{Key: "RAW", Value: "$HOME stays", Raw: true})
	s.start(runner.Config{Dir: dir, Program: program, Version: "1.2.3"})
	state := s.await(id)
	maker, user := s.log(s.job(id, "make").ID), s.log(s.job(id, "use").ID)
	if state.Pipeline.Status != ci.Success {
		t.Errorf("the pipeline is %s", state.Pipeline.Status)
	}
	contains(t, maker, "Running with dasier runner 1.2.3", "section_start:", ":get_sources\r\x1b[0K", "$ WHO=world", "Job succeeded",
		"I am dasier at http://"+s.address, "hi make; in "+dir+"/", "/lab/model; home "+dir+"/", "raw $HOME stays",
		"image python:3.13 is recorded", "# collapsed multi-line command", "one\nmore\n", "not in the project's folder", "refs/heads/main",
		"origin\thttp://"+s.address+"/lab/model.git (fetch)")
	lacks(t, maker, ci.JobTokenPrefix)
	contains(t, user, "hello world\ntwo\ntwo\n", "the number is 42", "read me", "Downloading artifacts for make")
	if got := s.artifact(s.job(id, "make").ID, "out.txt"); got != "hello world\n" {
		t.Errorf("the artifact holds %q", got)
	}
	s.eventually("an empty folder", func() bool {
		entries, err := os.ReadDir(dir)
		must(t, err)
		return len(entries) == 0
	})
}

func TestHowJobsEnd(t *testing.T) {
	s := newServer(t, ci.Config{ArtifactLimit: 1000})
	s.start(runner.Config{})
	for name, c := range map[string]struct {
		configuration string
		status        ci.Status
		why           ci.Failure
		code          int
		says, hides   []string
	}{
		"exit code": {
			"job:\n  script: [echo before, exit 7, echo after]\n", ci.Failed, ci.ScriptFailure, 7,
			[]string{"Job failed: exit code 7", "before"},
			[]string{"after"},
		},
		"first failing command": {"job:\n  script: ['false', echo after]\n", ci.Failed, ci.ScriptFailure, 1, nil, []string{"echo after"}},
		"failing pipe":          {"job:\n  script: ['false | cat', echo after]\n", ci.Failed, ci.ScriptFailure, 1, nil, []string{"echo after"}},
		"killed":                {"job:\n  script: ['kill -9 $$']\n", ci.Failed, ci.ScriptFailure, 137, nil, nil},
		"after_script sees a failure": {
			"job:\n  script: [exit 3]\n  after_script: ['echo \"it was $CI_JOB_STATUS\"']\n", ci.Failed, ci.ScriptFailure, 3,
			[]string{"it was failed"},
			nil,
		},
		"after_script sees success and changes nothing": {
			"job:\n  script: ['X=1']\n  after_script: ['echo \"it was $CI_JOB_STATUS$X\"', exit 1]\n", ci.Success, "", 0,
			[]string{"it was success\n", "WARNING: after_script failed", "Job succeeded"},
			nil,
		},
		"after_script too long": {
			"job:\n  variables: {RUNNER_AFTER_SCRIPT_TIMEOUT: 100ms}\n  script: ['true']\n  after_script: [sleep 1000]\n", ci.Success, "", 0,
			[]string{"took longer than 100ms"},
			nil,
		},
		"script too long": {
			"job:\n  variables: {RUNNER_SCRIPT_TIMEOUT: 100ms}\n  script: [sleep 1000]\n  after_script: ['echo \"it was $CI_JOB_STATUS\"']\n", ci.Failed, ci.TimeoutFailure, 0,
			[]string{"it was failed"},
			nil,
		},
		"artifacts too large": {
			"job:\n  script: [head -c 100000 /dev/urandom > big]\n  artifacts: {paths: [big]}\n", ci.Failed, ci.ScriptFailure, 1,
			[]string{"too large", "limit of 1000 bytes"},
			nil,
		},
		"nothing to upload": {"job:\n  script: ['true']\n  artifacts: {paths: [none]}\n", ci.Success, "", 0, []string{"none: no matching files", "No files to upload"}, nil},
		"no repository": {
			"job:\n  variables: {GIT_STRATEGY: none}\n  script: ['test ! -e .gitlab-ci.yml']\n", ci.Success, "", 0,
			[]string{"Skipping the repository"},
			nil,
		},
		"unfinished line":        {"job:\n  script: [printf unfinished]\n", ci.Success, "", 0, []string{"unfinished\nsection_end"}, nil},
		"background left behind": {"job:\n  script: ['sleep 1000 &', echo done]\n", ci.Success, "", 0, nil, nil},
		"path": {
			"job:\n  variables: {PATH: '/somewhere/bin:$PATH'}\n  script: ['ls / > /dev/null', 'echo \"$PATH\"']\n", ci.Success, "", 0,
			[]string{"/somewhere/bin:" + os.Getenv("PATH")},
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, text := s.ended(s.pipeline(c.configuration, nil), c.status, c.why, c.code)
			contains(t, text, c.says...)
			lacks(t, text, c.hides...)
		})
	}
}

func TestArtifactsOfFailedJobs(t *testing.T) {
	s := newServer(t, ci.Config{})
	s.start(runner.Config{Jobs: 2})
	id := s.pipeline(`
never: {script: [echo x > f, exit 1], artifacts: {paths: [f]}}
failed: {script: [echo x > f, exit 1], artifacts: {paths: [f], when: on_failure}}
always: {script: [echo x > f, exit 1], artifacts: {paths: [f], when: always, untracked: true}}
`, nil)
	s.await(id)
	for name, want := range map[string]string{"never": "MISSING", "failed": "x\n", "always": "x\n"} {
		if got := s.artifact(s.job(id, name).ID, "f"); got != want {
			t.Errorf("%s: the archive gives %q, want %q", name, got, want)
		}
	}
}

// alive tells whether a process is there and not only waits to be buried.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(state, "Z")
}

// hiders makes processes that leave the shell's group, session and family in
// four ways, and write their numbers into a folder.
const hiders = `
    - sleep 1000 & echo $! > "$PIDS/plain"
    - setsid sleep 1000 & echo $! > "$PIDS/session"
    - setsid sh -c 'echo $$ > "$PIDS/orphan"; trap "" TERM; while true; do sleep 1; done' > /dev/null 2>&1 < /dev/null &
    - (setsid env -i PATH="$PATH" sh -c "echo \$\$ > '$PIDS/bare'; exec sleep 1000" > /dev/null 2>&1 < /dev/null &)
    - while [ ! -s "$PIDS/orphan" ] || [ ! -s "$PIDS/bare" ]; do sleep 0.01; done
    - echo all "hidden"
`

func pids(t *testing.T, folder string) map[string]int {
	t.Helper()
	found := map[string]int{}
	for _, name := range []string{"plain", "session", "orphan", "bare"} {
		text, err := os.ReadFile(filepath.Join(folder, name)) // #nosec G304 -- the test's own
		must(t, err)
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		must(t, err)
		found[name] = pid
	}
	return found
}

func TestNoProcessSurvivesItsJob(t *testing.T) {
	for name, c := range map[string]struct {
		settings, last string
		stop           func(s *server, id ci.PipelineID, stopRunner func())
		status         ci.Status
		why            ci.Failure
		says           string
	}{
		"end":     {"", "echo end", nil, ci.Success, "", "Job succeeded"},
		"failure": {"", "exit 1", nil, ci.Failed, ci.ScriptFailure, "exit code 1"},
		"timeout": {"  timeout: %d seconds\n", "sleep 1000", nil, ci.Failed, ci.TimeoutFailure, "execution took longer than "},
		"cancel": {"", "sleep 1000", func(s *server, id ci.PipelineID, _ func()) {
			_, err := s.ci.Cancel(s.t.Context(), s.owner, s.project.ID, id)
			must(s.t, err)
		}, ci.Canceled, "", "after: canceled"},
		"stop of the runner": {"", "sleep 1000", func(_ *server, _ ci.PipelineID, stop func()) { stop() }, ci.Failed, ci.InterruptedFail, "the runner is stopping"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, ci.Config{})
			stop := s.start(runner.Config{})
			folder := t.TempDir()
			begin := func(settings string) ci.PipelineID {
				return s.pipeline("job:\n"+settings+"  script:"+hiders+"    - "+c.last+"\n  after_script: ['echo after: $CI_JOB_STATUS']\n", nil, ci.Variable{Key: "PIDS", Value: folder})
			}
			id := ci.PipelineID(0)
			if name == "timeout" {
				// On a busy machine the time may be up before all of them have hidden.
				for limit := 3; id == 0 || !strings.Contains(s.log(s.job(id, "job").ID), "all hidden"); limit *= 3 {
					must(t, errors.Join(os.RemoveAll(folder), os.Mkdir(folder, 0o750)))
					id = begin(fmt.Sprintf(c.settings, limit))
					s.await(id)
				}
			} else {
				id = begin(c.settings)
				s.logs(id, "job", "all hidden")
			}
			if c.stop != nil {
				c.stop(s, id, stop)
			}
			code := 0
			if name == "failure" {
				code = 1
			}
			_, text := s.ended(id, c.status, c.why, code)
			contains(t, text, c.says)
			for how, pid := range pids(t, folder) {
				s.eventually("the end of "+how, func() bool { return !alive(pid) })
			}
		})
	}
}

func TestCancelAtOnceSkipsAfterScript(t *testing.T) {
	s := newServer(t, ci.Config{})
	s.start(runner.Config{})
	id := s.pipeline("job:\n  script: [echo begun, sleep 1000]\n  after_script: [echo cleaning, sleep 1000, echo cleaned]\n", nil)
	s.logs(id, "job", "begun\n")
	j := s.job(id, "job")
	_, err := s.ci.CancelJob(t.Context(), s.owner, s.project.ID, j.ID)
	must(t, err)
	s.logs(id, "job", "cleaning\n")
	_, err = s.ci.CancelJob(t.Context(), s.owner, s.project.ID, j.ID)
	must(t, err)
	// The runner is free for the next job only when this one has ended.
	s.ended(s.pipeline("next:\n  script: ['true']\n", nil), ci.Success, "", 0)
	lacks(t, s.log(j.ID), "cleaned\n")
}

func TestSecretsDoNotReachTheLog(t *testing.T) {
	s := newServer(t, ci.Config{})
	s.start(runner.Config{})
	const secret = "hunter2/hunter+2"
	id := s.pipeline(`
job:
  script:
    - echo "whole $SECRET end"
    - printf 'split hunter2'; sleep 0.3; printf '/hunt'; sleep 0.3; echo 'er+2 end'
    - printf "user:$SECRET" | base64; printf "x:$SECRET" | base64; printf "$SECRET" | base64
    - echo "in an address http://x/?q=hunter2%2Fhunter%2B2"
    - echo "token $CI_JOB_TOKEN and dsr_pat_0123456789abcdef end"; git config --get remote.origin.url; env | sort
    - printf 'bytes \377\376 stay\n'
`, nil, ci.Variable{Key: "SECRET", Value: secret, Masked: true, Raw: true})
	_, text := s.ended(id, ci.Success, "", 0)
	contains(t, text, "whole [MASKED] end", "split [MASKED] end", "q=[MASKED]", "dsr_pat_[MASKED] end", "bytes \xff\xfe stay", "SECRET=[MASKED]")
	lacks(t, text, secret, "hunter2%2F", "aHVudGVyMi9odW50ZXIrM", "odW50ZXIyL2h1bnRlcisy", "0123456789abcdef", "whole hunter")
	for line := range strings.Lines(text) {
		if strings.Contains(line, "Basic ") && !strings.Contains(line, "[MASKED]") {
			t.Errorf("a password in %q", line)
		}
	}
}

func TestALargeLogIsWholeAndLimited(t *testing.T) {
	s := newServer(t, ci.Config{LogLimit: 8 << 20})
	s.start(runner.Config{LogLimit: 4 << 20})
	_, text := s.ended(s.pipeline("job:\n  script: [seq 1 300000]\n", nil), ci.Success, "", 0)
	at := 0
	for n := 1; n <= 300000; n++ {
		line := strconv.Itoa(n) + "\n"
		i := strings.Index(text[at:], line)
		if i < 0 || n > 1 && i != 0 {
			t.Fatalf("line %d is not where it should be", n)
		}
		at += i + len(line)
	}
	j, text := s.ended(s.pipeline("job:\n  script: [head -c 20000000 /dev/zero | tr '\\0' y]\n", nil), ci.Success, "", 0)
	if len(text) > 5<<20 || j.LogTruncated {
		t.Errorf("the log has %d bytes (cut by the server: %v)", len(text), j.LogTruncated)
	}
	contains(t, text[len(text)-200:], "the runner's limit of 4194304 bytes")
	s2 := newServer(t, ci.Config{LogLimit: 100 << 10})
	s2.start(runner.Config{})
	j, text = s2.ended(s2.pipeline("job:\n  script: [head -c 3000000 /dev/zero | tr '\\0' y]\n", nil), ci.Success, "", 0)
	if !j.LogTruncated || len(text) > 110<<10 {
		t.Errorf("the log has %d bytes (cut by the server: %v)", len(text), j.LogTruncated)
	}
}

func TestAServerThatRestartsLosesNothing(t *testing.T) {
	for _, when := range []string{"while the job runs", "when the job has ended"} {
		t.Run(when, func(t *testing.T) {
			s := newServer(t, ci.Config{})
			s.start(runner.Config{})
			gate := filepath.Join(t.TempDir(), "gate")
			id := s.pipeline(fmt.Sprintf("job:\n  script:\n    - echo begun\n    - while [ ! -e %q ]; do sleep 0.01; done\n    - seq 1 5000\n    - echo done > f; touch %q\n  artifacts: {paths: [f]}\n", gate, gate+".done"), nil)
			s.logs(id, "job", "begun\n")
			s.stop()
			must(t, os.WriteFile(gate, nil, 0o600))
			if when == "when the job has ended" {
				s.eventually("the script's end", func() bool { _, err := os.Stat(gate + ".done"); return err == nil })
				time.Sleep(500 * time.Millisecond) // for the runner to try in vain
			}
			s.serve()
			j, text := s.ended(id, ci.Success, "", 0)
			if got := strings.Count(text, "\n4999\n5000\n"); got != 1 {
				t.Errorf("the last lines are there %d times", got)
			}
			if got := s.artifact(j.ID, "f"); got != "done\n" {
				t.Errorf("the artifact holds %q", got)
			}
		})
	}
}

func TestARunnerWaitsForItsServer(t *testing.T) {
	s := newServer(t, ci.Config{})
	id := s.pipeline("job:\n  script: [echo hello]\n", nil)
	s.stop()
	s.start(runner.Config{})
	time.Sleep(200 * time.Millisecond) // the runner finds nobody at first
	s.serve()
	s.ended(id, ci.Success, "", 0)
}

func TestJobsRunSideBySide(t *testing.T) {
	s := newServer(t, ci.Config{})
	s.start(runner.Config{Jobs: 2})
	folder := t.TempDir()
	// Each waits for the other: one after the other they would not end.
	id := s.pipeline(`
a: {script: ['touch "$MEET/a"', 'while [ ! -e "$MEET/b" ]; do sleep 0.01; done']}
b: {script: ['touch "$MEET/b"', 'while [ ! -e "$MEET/a" ]; do sleep 0.01; done']}
`, nil, ci.Variable{Key: "MEET", Value: folder})
	if state := s.await(id); state.Pipeline.Status != ci.Success {
		t.Errorf("the pipeline is %s", state.Pipeline.Status)
	}
}

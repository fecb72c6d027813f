package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets this test binary be `dasier` itself: in the scripts, and, since
// the server hands its own program to jobs, in the jobs of its pipelines too.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"dasier": func() {
		learnInJob()
		main()
	}})
}

// learnInJob goes on as the program that make has built, if this is a pipeline's
// job that learns: with the race detector that takes ten times as long, and what
// stories are about is what surrounds it. What scripts learn themselves, they learn
// here, and so do the tests of the learning library.
func learnInJob() {
	if len(os.Args) < 2 || os.Args[1] != "train" || os.Getenv("CI_JOB_ID") == "" {
		return
	}
	self, err := os.Executable()
	if err != nil {
		return
	}
	for folder := filepath.Dir(self); folder != filepath.Dir(folder); folder = filepath.Dir(folder) {
		// Where the job's user cannot reach that program, this one does.
		_ = syscall.Exec(filepath.Join(folder, learnerLink), os.Args, os.Environ())
	}
}

// learnerLink leads to the built program from a folder around the one that jobs
// are given: of the story where the server makes a copy for other users, of the
// test's commands otherwise.
const learnerLink = ".learner"

func linkLearner(env *testscript.Env) error {
	built := os.Getenv("DASIER_TEST_PROGRAM")
	if built == "" {
		return nil
	}
	self, err := exec.LookPath("dasier")
	if err != nil {
		return err
	}
	for _, folder := range []string{env.WorkDir, filepath.Dir(self)} {
		if err := os.Symlink(built, filepath.Join(folder, learnerLink)); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

// TestStories plays what people do, on the real binary with the real git. A
// story is a file of testdata/script; testdata/script/README.md says what the
// scripts can say.
func TestStories(t *testing.T) {
	example, err := filepath.Abs("../../examples/house-prices/model")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Condition: func(name string) (bool, error) {
			if name == "root" {
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
		Setup: func(env *testscript.Env) error { return setStage(env, example) },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"server":        serverScript,
			"user":          userScript,
			"as":            asScript,
			"project":       projectScript,
			"api":           apiScript,
			"get":           getScript,
			"match":         matchScript,
			"near":          nearScript,
			"reasons-sum":   reasonsSumScript,
			"wait-pipeline": waitPipelineScript,
			"wait-job":      waitJobScript,
			"wait-log":      waitLogScript,
			"job-log":       jobLogScript,
			"wait-stopped":  waitStoppedScript,
			"gone":          goneScript,
			"until":         untilScript,
			"receiver":      receiverScript,
			"received":      receivedScript,
			"files":         filesScript,
			"sqlite":        sqliteScript,
			"parquet":       parquetScript,
		},
	})
}

// gitConfig signs git in as people do: git asks a helper when the server wants
// to know who someone is. The helper says who the script is at the time.
const gitConfig = `[credential]
	helper = "!f() { test -n \"$TOKEN\" && echo username=$AS && echo password=$TOKEN; }; f"
[init]
	defaultBranch = main
[advice]
	detachedHead = false
[protocol "file"]
	allow = never
`

// setStage isolates a script from the settings of the machine and gives it a
// stage: the folder and the server that its commands speak of.
func setStage(env *testscript.Env, example string) error {
	// The scripts' folders are below one that is closed to all others. A server of
	// root lets jobs and services run as others, who walk through it to what is
	// theirs.
	if err := os.Chmod(filepath.Dir(env.WorkDir), 0o711); err != nil { // #nosec G302 -- a folder, to pass through
		return err
	}
	config := filepath.Join(env.WorkDir, ".gitconfig")
	if err := os.WriteFile(config, []byte(gitConfig), 0o600); err != nil {
		return err
	}
	env.Setenv("HOME", env.WorkDir)
	env.Setenv("LC_ALL", "C.UTF-8")
	env.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	env.Setenv("GIT_CONFIG_GLOBAL", config)
	env.Setenv("GIT_TERMINAL_PROMPT", "0")
	env.Setenv("EXAMPLE", example)
	env.Setenv("DATA", filepath.Join(env.WorkDir, "data"))
	// A program with the race detector sleeps for a second when it ends, so as
	// not to miss what its last threads do; here that adds up.
	env.Setenv("GORACE", raceSettings)
	if err := linkLearner(env); err != nil {
		return err
	}
	s := &stage{t: env.T().(testing.TB), folder: env.WorkDir}
	env.Values[stageKey{}] = s
	env.Defer(s.clear)
	return nil
}

const raceSettings = "atexit_sleep_ms=10"

// stage is what the commands of one script share.
type stage struct {
	t       testing.TB
	folder  string
	server  *serverProcess
	address string // of the first start; the server keeps it
	answer  string // the body of the API's last answer

	receiver *receiver // of webhooks, where the script has one
}

type stageKey struct{}

func stageOf(ts *testscript.TestScript) *stage { return ts.Value(stageKey{}).(*stage) }

// positive refuses the ! before commands that it means nothing to.
func positive(ts *testscript.TestScript, neg bool, wrong bool, usage string) {
	if neg || wrong {
		ts.Fatalf("usage: %s", usage)
	}
}

// userScript makes a user and a token from the machine's shell, and puts the
// token into $TOKEN_name.
func userScript(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, len(args) < 1 || len(args) > 2 || len(args) == 2 && args[1] != "admin", "user NAME [admin]")
	name, data := args[0], ts.Getenv("DATA")
	create := []string{"-c", `echo "$1-password" | dasier admin user create "$1" --email "$1@example.com" --data "$2" $3`, "sh", name, data, ""}
	if len(args) == 2 {
		create[len(create)-1] = "--admin"
	}
	ts.Check(ts.Exec("sh", create...))
	ts.Check(ts.Exec("dasier", "admin", "token", "create", name, "--name", "story", "--data", data))
	ts.Setenv("TOKEN_"+name, strings.TrimSpace(ts.ReadFile("stdout")))
}

// asScript says as whom the API, git and dasier are used from here on; nobody
// is somebody without a token.
func asScript(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, len(args) != 1, "as NAME|nobody")
	name, token := args[0], ts.Getenv("TOKEN_"+args[0])
	if token == "" && name != "nobody" {
		ts.Fatalf("there is no user %s: use the command user first", name)
	}
	ts.Setenv("AS", name)
	ts.Setenv("TOKEN", token)
	ts.Setenv("BASIC", base64.StdEncoding.EncodeToString([]byte(name+":"+token)))
	ts.Setenv("DASIER_TOKEN", token)
	for _, role := range []string{"AUTHOR", "COMMITTER"} {
		ts.Setenv("GIT_"+role+"_NAME", name)
		ts.Setenv("GIT_"+role+"_EMAIL", name+"@example.com")
	}
}

package gitlab_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"dasier/api/gitlab"
	"dasier/blob/disk"
	"dasier/ci"
	"dasier/ci/joblog"
	"dasier/event"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/forge/repo"
	"dasier/git"
	"dasier/store"
	"dasier/store/storetest"
)

// coordinator is the face over a service with real parts, and a client that
// speaks as a runner does.
type coordinator struct {
	t       *testing.T
	ci      *ci.Service
	repos   *repo.Service
	project project.ID
	ada     auth.Actor
	token   string // the runner's
	url     string
	work    string
}

func newCoordinator(t *testing.T, cfg gitlab.Config) *coordinator {
	t.Helper()
	ctx, dir := t.Context(), t.TempDir()
	c := &coordinator{t: t, work: filepath.Join(dir, "work")}
	db, err := store.Open(ctx, storetest.At(t, filepath.Join(dir, "dasier.db")))
	c.must(err)
	t.Cleanup(func() { c.must(db.Close()) })
	user, err := db.Auth().CreateUser(ctx, auth.User{Username: "ada", Name: "Ada", Email: "ada@example.org"}, "hash")
	c.must(err)
	p, err := db.Project().Create(ctx, project.Project{Namespace: "house-prices", Name: "model", DefaultBranch: "main"}, user.ID,
		func(id project.ID) event.Event { return project.Created{Project: id} })
	c.must(err)
	c.project, c.ada = p.ID, auth.Actor{User: user.ID, Username: "ada", Via: auth.ViaSession}
	program, err := git.Find(ctx)
	c.must(err)
	projects := project.New(db.Project())
	c.repos = repo.New(db.Repo(), projects, program, filepath.Join(dir, "repos"), repo.Config{})
	c.must(c.repos.Ensure(ctx, p.ID))
	logs, err := joblog.Open(filepath.Join(dir, "logs"))
	c.must(err)
	artifacts, err := disk.Open(filepath.Join(dir, "artifacts"))
	c.must(err)
	c.ci = ci.New(db.CI(), projects, ci.Repositories(c.repos, projects), logs, artifacts, ci.Config{URL: "http://forge.example"})
	_, c.token, err = c.ci.AddRunner(ctx, auth.System("test"), "test runner", nil, true)
	c.must(err)
	router := chi.NewRouter()
	router.Route("/api/v4", gitlab.New(c.ci, cfg).Routes)
	server := httptest.NewServer(router)
	t.Cleanup(server.Close)
	c.url = server.URL + "/api/v4"
	c.must(os.Mkdir(c.work, 0o700))
	c.git("init", "-q", "-b", "main")
	return c
}

func (c *coordinator) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *coordinator) git(args ...string) string {
	c.t.Helper()
	cmd := exec.CommandContext(c.t.Context(), "git", args...) // #nosec G204 -- a test's own words
	cmd.Dir = c.work
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "HOME="+c.work,
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.org", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.org")
	out, err := cmd.CombinedOutput()
	if err != nil {
		c.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// push makes a pipeline of the configuration.
func (c *coordinator) push(config string) ci.PipelineID {
	c.t.Helper()
	c.must(os.WriteFile(filepath.Join(c.work, ".gitlab-ci.yml"), []byte(config), 0o600))
	c.git("add", "-A")
	c.git("commit", "-q", "--allow-empty", "-m", "a change")
	c.git("push", "-q", c.repos.Path(c.project), "HEAD:refs/heads/main")
	id, err := c.ci.CreateForPush(c.t.Context(), ci.Push{
		Project: c.project, Ref: "refs/heads/main", Before: strings.Repeat("0", 40), After: c.git("rev-parse", "HEAD"), User: c.ada.User, Username: "ada",
	})
	c.must(err)
	return id
}

// reply is an answer, read to its end.
type reply struct {
	*http.Response

	body []byte
}

func (c *coordinator) call(method, path string, header map[string]string, body io.Reader) reply {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, body)
	c.must(err)
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	c.must(err)
	text, err := io.ReadAll(response.Body)
	c.must(err)
	c.must(response.Body.Close())
	return reply{response, text}
}

func (c *coordinator) post(path string, body any) reply { return c.json(http.MethodPost, path, body) }

func (c *coordinator) json(method, path string, body any) reply {
	c.t.Helper()
	text, err := json.Marshal(body)
	c.must(err)
	return c.call(method, path, map[string]string{"Content-Type": "application/json"}, bytes.NewReader(text))
}

type object = map[string]any

func (c *coordinator) info() object {
	return object{"name": "gitlab-runner", "version": "19.4.0", "executor": "shell", "features": object{"cancel_gracefully": true, "variables": true}}
}

// wire is what a runner reads of a job.
type wire struct {
	ID        int64  `json:"id"`
	Token     string `json:"token"`
	Variables []struct {
		Key, Value  string
		Masked, Raw bool
	} `json:"variables"`
	Steps []struct {
		Name   string
		Script []string
	} `json:"steps"`
	Dependencies []struct {
		ID    int64
		Name  string
		Token string
		File  struct {
			Filename string
			Size     int64
		} `json:"artifacts_file"`
	} `json:"dependencies"`
	Artifacts []struct {
		Type   string `json:"artifact_type"`
		Format string `json:"artifact_format"`
		Paths  []string
		Expire string `json:"expire_in"`
	} `json:"artifacts"`
}

func (w *wire) variable(key string) string {
	value := ""
	for _, v := range w.Variables {
		if v.Key == key {
			value = v.Value
		}
	}
	return value
}

// take asks for a job and says that it has it.
func (c *coordinator) take() *wire {
	c.t.Helper()
	got := c.post("/jobs/request", object{"token": c.token, "info": c.info()})
	if got.StatusCode != http.StatusCreated || got.Header.Get("Content-Type") != "application/json" {
		c.t.Fatalf("no job: %s %s", got.Status, got.body)
	}
	var job wire
	c.must(json.Unmarshal(got.body, &job))
	if ack := c.put(&job, object{"state": "running"}); ack.StatusCode != http.StatusOK || ack.Header.Get("Job-Status") != "running" {
		c.t.Fatalf("the acknowledgement is answered %s, %v", ack.Status, ack.Header)
	}
	return &job
}

func (c *coordinator) put(job *wire, body object) reply {
	c.t.Helper()
	body["token"] = job.Token
	return c.json(http.MethodPut, fmt.Sprintf("/jobs/%d", job.ID), body)
}

func (c *coordinator) patch(job *wire, at int, text string) reply {
	c.t.Helper()
	return c.call(http.MethodPatch, fmt.Sprintf("/jobs/%d/trace?debug_trace=false", job.ID), map[string]string{
		"Job-Token": job.Token, "Content-Type": "text/plain", "Content-Range": fmt.Sprintf("%d-%d", at, at+len(text)-1),
	}, strings.NewReader(text))
}

// upload sends a chunked multipart body, as the runner's helper does.
func (c *coordinator) upload(job *wire, query, filename string, content []byte) reply {
	c.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreateFormFile("file", filename)
	c.must(err)
	_, err = part.Write(content)
	c.must(err)
	c.must(form.Close())
	return c.call(http.MethodPost, fmt.Sprintf("/jobs/%d/artifacts?%s", job.ID, query), map[string]string{
		"Job-Token": job.Token, "Content-Type": form.FormDataContentType(),
	}, io.MultiReader(&b)) // of unknown length: chunked
}

func (c *coordinator) status(id ci.PipelineID) ci.Status {
	c.t.Helper()
	state, err := c.ci.Get(c.t.Context(), c.ada, c.project, id)
	c.must(err)
	return state.Pipeline.Status
}

func want(t *testing.T, got reply, status int, headers ...string) {
	t.Helper()
	if got.StatusCode != status {
		t.Errorf("%s %s: %s %s, want %d", got.Request.Method, got.Request.URL.Path, got.Status, got.body, status)
	}
	for i := 0; i < len(headers); i += 2 {
		if value := got.Header.Get(headers[i]); value != headers[i+1] {
			t.Errorf("%s %s: %s is %q, want %q", got.Request.Method, got.Request.URL.Path, headers[i], value, headers[i+1])
		}
	}
}

const story = `
stages: [train, deploy]
train:
  stage: train
  before_script: [echo before]
  script: [echo training]
  after_script: [echo after]
  artifacts:
    paths: [out/]
    expire_in: 1 week
    reports: {dotenv: model.env, junit: junit.xml}
deploy:
  stage: deploy
  script: [echo deploying]
`

// A job from its claim to its last word, and the next one, which gets what the
// first one left.
func TestStory(t *testing.T) {
	c := newCoordinator(t, gitlab.Config{})
	id := c.push(story)
	job := c.take()
	if len(job.Steps) != 2 || strings.Join(job.Steps[0].Script, ";") != "echo before;echo training" || job.Steps[1].Name != "after_script" {
		t.Errorf("the steps are %+v", job.Steps)
	}
	if len(job.Artifacts) != 3 || job.Artifacts[0].Type != "archive" || job.Artifacts[0].Expire != "604800 seconds" || job.Artifacts[2].Format != "gzip" {
		t.Errorf("the artifacts are %+v", job.Artifacts)
	}

	log := "section_start:1:step_script\r\x1b[0Khello\n"
	size := len(log)
	want(t, c.patch(job, 0, log), http.StatusAccepted, "Range", fmt.Sprintf("0-%d", size), "Job-Status", "running", "X-GitLab-Trace-Update-Interval", "3")
	want(t, c.patch(job, 0, log), http.StatusRequestedRangeNotSatisfiable, "Range", fmt.Sprintf("0-%d", size))
	want(t, c.patch(job, size+5, "gap"), http.StatusRequestedRangeNotSatisfiable, "Range", fmt.Sprintf("0-%d", size))
	want(t, c.patch(job, size, "bye\n"), http.StatusAccepted, "Range", fmt.Sprintf("0-%d", size+4))
	log += "bye\n"

	archive := zipOf(t, "out/model.onnx", "the model")
	want(t, c.upload(job, "artifact_format=zip&artifact_type=archive&expire_in=1+week", "artifacts.zip", archive), http.StatusCreated)
	want(t, c.upload(job, "artifact_format=gzip&artifact_type=dotenv", ".env.gz", gzipOf(t, "MODEL_VERSION=3\nTITLE=\"a $b\"\n")), http.StatusCreated)
	want(t, c.upload(job, "artifact_format=gzip&artifact_type=junit", "junit.xml.gz", gzipOf(t, "<testsuites/>")), http.StatusCreated)
	want(t, c.upload(job, "artifact_format=zip&artifact_type=archive", "artifacts.zip", []byte("no zip")), http.StatusBadRequest)

	last := object{"state": "success", "output": object{"checksum": fmt.Sprintf("crc32:%08x", crc32.ChecksumIEEE([]byte(log))), "bytesize": len(log)}}
	want(t, c.put(job, last), http.StatusOK)
	want(t, c.put(job, last), http.StatusOK) // its answer was lost
	want(t, c.patch(job, len(log), "late"), http.StatusForbidden, "Job-Status", "success")
	want(t, c.upload(job, "artifact_type=archive", "a.zip", archive), http.StatusForbidden)

	next := c.take()
	if next.variable("MODEL_VERSION") != "3" || next.variable("TITLE") != "a $b" || next.variable("CI_JOB_NAME") != "deploy" {
		t.Errorf("the next job's variables are %+v", next.Variables)
	}
	if len(next.Dependencies) != 1 || next.Dependencies[0].ID != job.ID || next.Dependencies[0].File.Filename != "artifacts.zip" ||
		next.Dependencies[0].File.Size != int64(len(archive)) || next.Dependencies[0].Token != next.Token {
		t.Fatalf("its dependencies are %+v", next.Dependencies)
	}
	path := fmt.Sprintf("/jobs/%d/artifacts?direct_download=true", job.ID)
	got := c.call(http.MethodGet, path, map[string]string{"Job-Token": next.Token}, nil)
	want(t, got, http.StatusOK)
	if !bytes.Equal(got.body, archive) {
		t.Error("the archive is not what was uploaded")
	}
	want(t, c.call(http.MethodGet, path, map[string]string{"Job-Token": job.Token}, nil), http.StatusForbidden)
	want(t, c.call(http.MethodGet, fmt.Sprintf("/jobs/%d/artifacts", next.ID), map[string]string{"Job-Token": next.Token}, nil), http.StatusNotFound)
	want(t, c.put(next, object{"state": "failed", "failure_reason": "script_failure", "exit_code": 3}), http.StatusOK)
	if status := c.status(id); status != ci.Failed {
		t.Errorf("the pipeline is %s", status)
	}
	part, err := c.ci.Log(t.Context(), c.ada, c.project, ci.JobID(job.ID), 0)
	if err != nil || string(part.Text) != log {
		t.Errorf("the log is %q, %v", part.Text, err)
	}
}

func TestRunnerEndpoints(t *testing.T) {
	c := newCoordinator(t, gitlab.Config{})
	got := c.post("/runners/verify", object{"token": c.token, "system_id": "s_1", "info": c.info()})
	want(t, got, http.StatusOK, "Content-Type", "application/json")
	var verified struct {
		ID    int64  `json:"id"`
		Token string `json:"token"`
	}
	c.must(json.Unmarshal(got.body, &verified))
	if verified.ID == 0 || verified.Token != c.token || !strings.Contains(string(got.body), `"token_expires_at":null`) {
		t.Errorf("verified as %s", got.body)
	}
	want(t, c.post("/runners/verify", object{"token": "dsr_run_wrong"}), http.StatusForbidden)
	want(t, c.post("/runners", object{"token": "registration"}), http.StatusForbidden)
	want(t, c.call(http.MethodPost, "/runners/verify", map[string]string{"Runner-Token": "other"}, strings.NewReader(`{"token":"`+c.token+`"}`)), http.StatusForbidden)
	want(t, c.call(http.MethodPost, "/runners/verify", map[string]string{"Runner-Token": c.token}, nil), http.StatusOK)
	want(t, c.call(http.MethodPost, "/runners/verify", nil, strings.NewReader("{")), http.StatusBadRequest)

	got = c.post("/runners/reset_authentication_token", object{"token": c.token})
	want(t, got, http.StatusCreated)
	c.must(json.Unmarshal(got.body, &verified))
	want(t, c.post("/jobs/request", object{"token": c.token}), http.StatusForbidden)
	c.token = verified.Token
	want(t, c.post("/jobs/request", object{"token": c.token}), http.StatusNoContent)
	want(t, c.json(http.MethodDelete, "/runners/managers", object{"token": c.token, "system_id": "s_1"}), http.StatusNoContent)
	want(t, c.json(http.MethodDelete, "/runners", object{"token": c.token}), http.StatusNoContent)
	want(t, c.post("/jobs/request", object{"token": c.token}), http.StatusForbidden)
}

// A runner that knows the queue's state is held until it changes.
func TestRequestIsHeld(t *testing.T) {
	c := newCoordinator(t, gitlab.Config{Poll: time.Hour, Look: time.Hour})
	got := c.post("/jobs/request", object{"token": c.token})
	want(t, got, http.StatusNoContent)
	known := got.Header.Get("X-GitLab-Last-Update")
	if known == "" {
		t.Fatal("the state of the queue is not told")
	}
	answered := make(chan reply, 1)
	go func() {
		answered <- c.post("/jobs/request", object{"token": c.token, "last_update": known})
	}()
	select {
	case early := <-answered:
		t.Fatalf("answered before there was a job: %s", early.Status)
	case <-time.After(50 * time.Millisecond): // not a proof, only a chance to fail
	}
	c.push("test: {script: [\"true\"]}\n")
	want(t, <-answered, http.StatusCreated)
}

func TestRequestIsNotHeldForEver(t *testing.T) {
	c := newCoordinator(t, gitlab.Config{Poll: time.Millisecond, Look: time.Millisecond})
	known := c.ci.QueueVersion()
	want(t, c.post("/jobs/request", object{"token": c.token, "last_update": known}), http.StatusNoContent, "X-GitLab-Last-Update", known)
}

// The header Job-Status is how a runner learns that its job was canceled.
func TestCancelReachesTheRunner(t *testing.T) {
	c := newCoordinator(t, gitlab.Config{})
	id := c.push("test: {script: [\"true\"]}\n")
	job := c.take()
	cancel := func() {
		t.Helper()
		if _, err := c.ci.CancelJob(t.Context(), c.ada, c.project, ci.JobID(job.ID)); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	want(t, c.patch(job, 0, "still here\n"), http.StatusAccepted, "Job-Status", "canceling")
	want(t, c.put(job, object{"state": "running"}), http.StatusOK, "Job-Status", "canceling")
	cancel() // at once
	want(t, c.patch(job, 11, "no more\n"), http.StatusForbidden, "Job-Status", "canceled")
	want(t, c.put(job, object{"state": "running"}), http.StatusForbidden, "Job-Status", "canceled")
	want(t, c.put(job, object{"state": "failed", "failure_reason": "unknown_failure", "output": object{"checksum": "crc32:00000000", "bytesize": 99}}), http.StatusOK)
	if status := c.status(id); status != ci.Canceled {
		t.Errorf("the pipeline is %s", status)
	}
}

func TestCallsThatAreRefused(t *testing.T) {
	c := newCoordinator(t, gitlab.Config{})
	c.push("one: {script: [\"true\"]}\ntwo: {script: [\"true\"]}\n")
	job, other := c.take(), c.take()
	stolen := &wire{ID: job.ID, Token: other.Token}
	want(t, c.put(stolen, object{"state": "success"}), http.StatusForbidden)
	want(t, c.patch(stolen, 0, "x"), http.StatusForbidden)
	want(t, c.put(&wire{ID: 999, Token: job.Token}, object{"state": "success"}), http.StatusForbidden)
	want(t, c.json(http.MethodPut, "/jobs/x", object{"token": job.Token, "state": "success"}), http.StatusForbidden)
	want(t, c.put(job, object{"state": "perhaps"}), http.StatusBadRequest)
	for _, header := range []string{"", "bytes 0-1", "x-1", "-1-2", "0"} {
		got := c.call(http.MethodPatch, fmt.Sprintf("/jobs/%d/trace", job.ID), map[string]string{"Job-Token": job.Token, "Content-Range": header}, strings.NewReader("x"))
		want(t, got, http.StatusBadRequest)
	}
	want(t, c.call(http.MethodPost, fmt.Sprintf("/jobs/%d/artifacts", job.ID), map[string]string{"Job-Token": job.Token}, strings.NewReader("x")), http.StatusBadRequest)
	if got := c.put(stolen, object{"state": "success"}); !strings.Contains(string(got.body), `"message":"403 `) {
		t.Errorf("the error is %s", got.body)
	}
}

// Every field has the JSON type of the example that a real runner took: one of
// another type, and the runner drops the job without a word.
func TestPayloadHasTheTypesOfTheProtocol(t *testing.T) {
	c := newCoordinator(t, gitlab.Config{})
	c.push(story + "  image: {name: local/ci-base, docker: {user: root}, pull_policy: never}\n  services: [{name: local/svc, alias: web, variables: {A: b}}]\n" +
		"  artifacts: {paths: [x], exclude: [y]}\n")
	first := c.take()
	want(t, c.upload(first, "artifact_type=archive", "a.zip", zipOf(t, "a", "b")), http.StatusCreated)
	want(t, c.put(first, object{"state": "success"}), http.StatusOK)
	got := c.post("/jobs/request", object{"token": c.token, "info": c.info()})
	want(t, got, http.StatusCreated)
	text, err := os.ReadFile("testdata/payload.json")
	c.must(err)
	var example, ours any
	c.must(json.Unmarshal(text, &example))
	c.must(json.Unmarshal(got.body, &ours))
	for _, part := range []string{"dependencies", "variables", "steps", "services", "artifacts"} {
		if list, ok := ours.(map[string]any)[part].([]any); !ok || len(list) == 0 {
			t.Errorf("the payload has no %s to look at", part)
		}
	}
	compareTypes(t, "payload", example, ours)
}

func compareTypes(t *testing.T, path string, example, ours any) {
	t.Helper()
	if example == nil || ours == nil {
		return // null is the zero value of any type
	}
	if fmt.Sprintf("%T", example) != fmt.Sprintf("%T", ours) {
		t.Errorf("%s is %T, runners expect %T", path, ours, example)
		return
	}
	switch example := example.(type) {
	case map[string]any:
		for key, value := range ours.(map[string]any) {
			if known, ok := example[key]; ok {
				compareTypes(t, path+"."+key, known, value)
			} else if !allowedBesides[key] {
				t.Errorf("%s.%s is not in the protocol's example", path, key)
			}
		}
	case []any:
		for i, value := range ours.([]any) {
			if len(example) > 0 {
				compareTypes(t, fmt.Sprintf("%s[%d]", path, i), example[0], value)
			}
		}
	}
}

// allowedBesides are fields of the protocol that the example's elements lack.
var allowedBesides = map[string]bool{"raw": true, "file": true, "public": true, "masked": true, "command": true, "variables": true}

func zipOf(t *testing.T, name, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create(name)
	if err == nil {
		_, err = f.Write([]byte(text))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipOf(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

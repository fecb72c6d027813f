package console_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"dasier/api/console"
	"dasier/ci"
	"dasier/forge/auth"
)

const pipelineFile = `
stages: [test, deploy]
unit:
  stage: test
  script: ["true"]
  artifacts: {paths: [out]}
ship:
  stage: deploy
  script: ["true"]
  when: manual
  environment: staging
`

func (s *server) runner() string {
	s.t.Helper()
	_, token, err := s.ci.AddRunner(s.t.Context(), auth.System("test"), "test runner", nil, true)
	must(s.t, err)
	return token
}

func (s *server) trace(a *ci.Assignment, at int, text string) {
	s.t.Helper()
	_, _, err := s.ci.AppendTrace(s.t.Context(), a.Job.ID, a.Token, int64(at), []byte(text))
	must(s.t, err)
}

func (s *server) finish(a *ci.Assignment, u ci.Update) {
	s.t.Helper()
	_, err := s.ci.UpdateJob(s.t.Context(), a.Job.ID, a.Token, u)
	must(s.t, err)
}

// TestAPushBecomesAPipeline and its job is watched from the first line to the
// artifacts.
func TestAPushBecomesAPipeline(t *testing.T) {
	s := newHouse(t)
	sha := s.push("owner", "main", map[string]string{".gitlab-ci.yml": pipelineFile})
	list := s.call("reporter", "GET", base+"/pipelines?ref=main&status=pending", nil).want(200)
	if list.at("total") != 1.0 || list.at("items.0.sha") != sha || list.at("items.0.title") != "Change main" || list.at("items.0.source") != "push" || list.at("items.0.user") != "owner" || list.at("items.0.started_at") != nil {
		t.Errorf("the pipelines are %s", list.body)
	}
	if none := s.call("reporter", "GET", base+"/pipelines?ref=other", nil).want(200); none.at("total") != 0.0 {
		t.Errorf("another ref has %s", none.body)
	}
	path := base + "/pipelines/" + fmt.Sprint(list.at("items.0.id"))
	whole := s.call("reporter", "GET", path, nil).want(200)
	if whole.at("stages.1") != "deploy" || whole.at("jobs.0.name") != "unit" || whole.at("jobs.0.status") != "pending" || whole.at("jobs.1.when") != "manual" || whole.at("jobs.1.environment") != "staging" || len(whole.at("errors").([]any)) != 0 {
		t.Errorf("the pipeline is %s", whole.body)
	}
	s.call("guest", "GET", path, nil).refused(403, "read_pipeline")
	if p := s.call("reporter", "GET", base, nil).want(200); p.at("last_pipeline.sha") != sha {
		t.Errorf("the project shows %s", p.body)
	}
	if c := s.call("reporter", "GET", base+"/commits/"+sha, nil).want(200); c.at("pipeline.sha") != sha {
		t.Errorf("the commit shows %s", c.body)
	}

	a := s.take(s.runner())
	job := fmt.Sprintf("%s/jobs/%d", base, a.Job.ID)
	// A character that is half written waits for its other half.
	s.trace(a, 0, "section_start:1:build\r\x1b[0Kbuilding caf\xc3")
	if part := s.call("reporter", "GET", job+"/log", nil).want(200); part.at("text") != "section_start:1:build\r\x1b[0Kbuilding caf" || part.at("complete") != false {
		t.Errorf("the log begins %s", part.body)
	}
	s.stranger(a)
	events, closed := s.listen("reporter", job+"/log/stream?offset=26")
	expectEvent(t, events, "event: log", `data: {"offset":26,"next_offset":38,"text":"building caf","complete":false}`)
	s.trace(a, 39, "\xa9\n")
	expectEvent(t, events, "event: log", `"text":"é\n"`)
	must(t, s.ci.UploadArtifact(t.Context(), a.Job.ID, a.Token, ci.Upload{Filename: "artifacts.zip"}, bytes.NewReader(zipOf(t, map[string]string{
		"out/report.html": "<script>alert(1)</script>", "out/data.xyz": "\x00\x01", "out/a & ü.txt": "hello",
	}))))
	s.finish(a, ci.Update{State: ci.Success})
	expectEvent(t, events, "event: end", `data: {"status":"success"}`)
	closed()

	again, closed := s.listen("reporter", job+"/log/stream", "Last-Event-ID", "39")
	expectEvent(t, again, "event: log", `"offset":39`)
	expectEvent(t, again, "event: end", "success")
	closed()
	whole = s.call("reporter", "GET", job, nil).want(200)
	if whole.at("status") != "success" || whole.at("log_size") != 41.0 || whole.at("has_artifacts") != true || whole.at("runner") != "test runner" || whole.at("attempts.0.status") != "success" || whole.at("pipeline_id") != list.at("items.0.id") {
		t.Errorf("the job is %s", whole.body)
	}
	if part := s.call("reporter", "GET", job+"/log?offset=39", nil).want(200); part.at("complete") != true || part.at("next_offset") != 41.0 {
		t.Errorf("the log ends %s", part.body)
	}
	s.call("reporter", "GET", job+"/log?offset=-1", nil).wrongAt(422, "query.offset")
	s.artifacts(job)
	s.quiet()
}

// stranger checks what the job's own token may do here.
func (s *server) stranger(a *ci.Assignment) {
	s.t.Helper()
	token := []string{"JOB-TOKEN", a.Token}
	s.send("GET", base, nil, token...).want(200)
	s.send("GET", base+"/tree", nil, token...).want(200)
	if list := s.send("GET", "/projects", nil, token...).want(200); list.at("total") != 1.0 {
		s.t.Errorf("a job lists %s", list.body)
	}
	s.call("owner", "POST", "/projects", js{"namespace": "owner", "name": "private"}).want(201)
	s.send("GET", "/projects/owner%2Fprivate", nil, token...).refused(403, "another project")
	s.send("PUT", base+"/members/outsider", js{"role": "owner"}, token...).refused(403, "job's token may not")
	s.send("GET", base+"/variables", nil, token...).refused(403, "job's token may not")
	s.send("POST", base+"/merges", js{"source": "main", "target": "main"}, token...).refused(403, "job's token may not")
	s.send("DELETE", base, nil, token...).refused(403, "job's token may not")
	s.send("POST", "/me/tokens", js{"name": "x", "scopes": []string{"api"}}, token...).refused(403)
	s.send("GET", base, nil, "JOB-TOKEN", auth.JobPrefix+"wrong").refused(401, "job token")
}

func (s *server) artifacts(job string) {
	t := s.t
	t.Helper()
	files := s.call("reporter", "GET", job+"/artifacts", nil).want(200)
	if len(files.at("files").([]any)) != 3 || files.at("expires_at") == nil {
		t.Errorf("the artifacts are %s", files.body)
	}
	for path, media := range map[string]string{"out/report.html": "text/html; charset=utf-8", "out/data.xyz": "application/octet-stream", "out/a%20%26%20%C3%BC.txt": "text/plain; charset=utf-8"} {
		file := s.call("reporter", "GET", job+"/artifacts/file?path="+path, nil).want(200)
		if file.header.Get("Content-Type") != media || len(file.body) == 0 {
			t.Errorf("%s is %q as %s", path, file.body, file.header.Get("Content-Type"))
		}
		harmless(t, file)
	}
	s.call("reporter", "GET", job+"/artifacts/file?path=../secret", nil).refused(404)
	s.call("guest", "GET", job+"/artifacts/file?path=out/report.html", nil).refused(403, "read_pipeline")
	archive := s.call("reporter", "GET", job+"/artifacts/archive", nil).want(200)
	if !bytes.HasPrefix(archive.body, []byte("PK")) || !strings.Contains(archive.header.Get("Content-Disposition"), "attachment; filename*=UTF-8''artifacts.zip") {
		t.Errorf("the archive is %d bytes with %v", len(archive.body), archive.header)
	}
	harmless(t, archive)
	s.call("reporter", "GET", base+"/jobs/x/artifacts/archive", nil).wrongAt(422, "id")
	s.call("reporter", "GET", base+"/jobs/4711/artifacts/archive", nil).refused(404)
}

// listen opens a stream of events, whose lines it gives one by one.
func (s *server) listen(as, path string, headers ...string) (*bufio.Scanner, func()) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.address+console.Base+path, nil)
	must(s.t, err)
	if as != "" {
		r.Header.Set("Authorization", "Bearer "+s.secrets[as])
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	must(s.t, err)
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "text/event-stream" || answer.Header.Get("Cache-Control") != "no-store" {
		s.t.Fatalf("%s answered %d with %v", path, answer.StatusCode, answer.Header)
	}
	return bufio.NewScanner(answer.Body), func() { must(s.t, answer.Body.Close()) }
}

// expectEvent reads to the end of the next event, which must have the texts.
func expectEvent(t *testing.T, lines *bufio.Scanner, texts ...string) {
	t.Helper()
	var event strings.Builder
	for lines.Scan() {
		switch line := lines.Text(); {
		case strings.HasPrefix(line, ":"): // a comment keeps the connection
		case line != "":
			event.WriteString(line + "\n")
		case event.Len() > 0:
			for _, text := range texts {
				if !strings.Contains(event.String(), text) {
					t.Errorf("the event\n%shas no %s", event.String(), text)
				}
			}
			return
		}
	}
	t.Fatalf("the stream ended with %q, %v; want %q", event.String(), lines.Err(), texts)
}

func TestPeopleControlPipelines(t *testing.T) {
	s := newHouse(t)
	s.push("owner", "main", map[string]string{".gitlab-ci.yml": pipelineFile})
	s.push("owner", "feature", nil)
	runner := s.runner()
	s.call("reporter", "POST", base+"/pipelines", js{"ref": "feature"}).refused(403, "run_pipeline")
	s.call("developer", "POST", base+"/pipelines", js{"ref": "nothing"}).refused(404)
	made := s.call("developer", "POST", base+"/pipelines", js{"ref": "feature", "variables": []js{{"key": "WHERE", "value": "here"}}}).want(201)
	path := base + "/pipelines/" + fmt.Sprint(made.at("id"))
	if made.at("source") != "api" || made.at("user") != "developer" {
		t.Errorf("made %s", made.body)
	}
	if got := s.call("developer", "POST", path+"/cancel", nil).want(200); got.at("status") != "canceled" {
		t.Errorf("canceled: %s", got.body)
	}
	retried := s.call("developer", "POST", path+"/retry", nil).want(200)
	if retried.at("jobs.0.status") == "canceled" {
		t.Errorf("retried: %s", retried.body)
	}
	for range 3 { // the jobs of both pushes, and this one
		s.finish(s.take(runner), ci.Update{State: ci.Failed, Failure: ci.ScriptFailure, ExitCode: 1})
	}
	whole := s.call("developer", "GET", path, nil).want(200)
	job := base + "/jobs/"
	for _, j := range whole.at("jobs").([]any) {
		if j := j.(js); j["name"] == "unit" {
			job += fmt.Sprint(j["id"])
			if j["failure_reason"] != "script_failure" || j["status"] != "failed" {
				t.Errorf("the failed job is %v", j)
			}
		}
	}
	again := s.call("developer", "POST", job+"/retry", nil).want(200)
	if again.at("status") != "pending" || len(again.at("attempts").([]any)) < 2 {
		t.Errorf("retried: %s", again.body)
	}
	if got := s.call("developer", "POST", base+"/jobs/"+fmt.Sprint(again.at("id"))+"/cancel", nil).want(200); got.at("status") != "canceled" {
		t.Errorf("canceled: %s", got.body)
	}
	s.call("developer", "POST", job+"/play", nil).refused(409)

	s.push("owner", "broken", map[string]string{".gitlab-ci.yml": "unit:\n  scrip: x\n"})
	failed := s.call("reporter", "GET", base+"/pipelines?ref=broken", nil).want(200)
	mistakes := s.call("reporter", "GET", base+"/pipelines/"+fmt.Sprint(failed.at("items.0.id")), nil).want(200)
	if mistakes.at("status") != "failed" || mistakes.at("error") == nil || mistakes.at("errors.0.file") != ".gitlab-ci.yml" || mistakes.at("errors.0.line").(float64) < 1 || mistakes.at("errors.0.message") == "" {
		t.Errorf("a broken file is %s", mistakes.body)
	}
	s.quiet()
}

// TestPagesHearOfChanges in the projects that their user may see, and no other.
func TestPagesHearOfChanges(t *testing.T) {
	s := newHouse(t)
	s.call("", "GET", "/events", nil).refused(401)
	s.call("owner", "GET", "/events?x=1", nil).wrongAt(422, "query.x")
	mine, closed := s.listen("reporter", "/events")
	defer closed()
	others, closedOthers := s.listen("outsider", "/events")
	defer closedOthers()
	s.call("outsider", "POST", "/projects", js{"namespace": "outsider", "name": "own"}).want(201)
	for _, stream := range []*bufio.Scanner{mine, others} { // each is there when its first beat is
		if !stream.Scan() || !strings.HasPrefix(stream.Text(), ":") {
			t.Fatalf("a stream begins %q, %v", stream.Text(), stream.Err())
		}
	}
	s.push("owner", "main", map[string]string{".gitlab-ci.yml": pipelineFile})
	s.pushTo("outsider", "outsider/own", "main", map[string]string{".gitlab-ci.yml": pipelineFile})
	expectEvent(t, mine, "event: job", `"kind":"job"`, `"project_id":1`, `"pipeline_id":1`, `"job_id":1`)
	expectEvent(t, others, "event: job", `"project_id":2`) // the first that is heard
}

package ci

import (
	"bytes"
	"compress/gzip"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dasier/ci/lang"
	"dasier/fault"
	"dasier/forge/project"
	"dasier/forge/variable"
)

func someFacts() *facts {
	cfg := Config{URL: "https://forge.example:8443/", Version: "1.2"}.withDefaults()
	return &facts{
		cfg: &cfg, project: &project.Project{ID: 7, Namespace: "house-prices", Name: "model", DefaultBranch: "main"},
		pipeline: &Pipeline{
			ID: 5, Source: SourceMerge, Ref: "Feature/A_b", SHA: strings.Repeat("ab", 20), User: 3, Username: "ada",
			Commit:    Commit{Title: "costs $5", Message: "costs $5\n\nmore\n", AuthorName: "Ada", AuthorEmail: "ada@example.org", Authored: time.Unix(0, 0)},
			Variables: []Variable{{Key: "LEVEL", Value: "pipeline"}},
		},
	}
}

func TestPredefinedVariables(t *testing.T) {
	f := someFacts()
	f.job = &Job{ID: 9, Name: "train model", Stage: "train", Environment: "review/x"}
	f.spec, f.runner, f.token = &Spec{Environment: &lang.Environment{URL: "https://$CI_COMMIT_REF_SLUG.example"}}, &Runner{ID: 2, Description: "embedded"}, "dsr_job_x"
	values := expanded(f.predefined())
	want := map[string]string{
		"CI": "true", "CI_SERVER_URL": "https://forge.example:8443", "CI_SERVER_HOST": "forge.example", "CI_SERVER_PORT": "8443", "CI_SERVER_PROTOCOL": "https",
		"CI_PROJECT_PATH": "house-prices/model", "CI_PROJECT_PATH_SLUG": "house-prices-model", "CI_COMMIT_SHORT_SHA": "abababab", "CI_COMMIT_BRANCH": "Feature/A_b",
		"CI_COMMIT_REF_SLUG": "feature-a-b", "CI_COMMIT_MESSAGE": "costs $5\n\nmore\n", "CI_COMMIT_DESCRIPTION": "more", "CI_COMMIT_AUTHOR": "Ada <ada@example.org>",
		"CI_PIPELINE_SOURCE": "push", "CI_JOB_NAME_SLUG": "train-model", "CI_JOB_TOKEN": "dsr_job_x", "CI_ENVIRONMENT_SLUG": "review-x",
		"CI_ENVIRONMENT_URL": "https://feature-a-b.example", "CI_COMMIT_BEFORE_SHA": zeros, "CI_RUNNER_TAGS": "[]",
		"CI_REPOSITORY_URL": "https://gitlab-ci-token:dsr_job_x@forge.example:8443/house-prices/model.git",
	}
	for key, value := range want {
		if values[key] != value {
			t.Errorf("%s is %q, want %q", key, values[key], value)
		}
	}
	if _, ok := values["CI_COMMIT_TAG"]; ok {
		t.Error("a branch has CI_COMMIT_TAG")
	}
	for _, v := range f.predefined() {
		if strings.Contains(v.Value, "dsr_job_x") && (!v.Masked || v.Public) {
			t.Errorf("%s has the token, and is not secret", v.Key)
		}
	}
}

func TestOpenMergeRequests(t *testing.T) {
	f := someFacts()
	s := &Service{cfg: *f.cfg}
	s.cfg.OpenRequests = func(_ context.Context, id project.ID, branch string) ([]int, error) {
		return map[string][]int{"topic": {12, 13}, "many": {1, 2, 3, 4, 5}, "lost": nil}[branch], nil
	}
	for _, c := range []struct {
		ref  string
		tag  bool
		want string
	}{
		{"topic", false, "house-prices/model!12,house-prices/model!13"},
		{"many", false, "house-prices/model!1,house-prices/model!2,house-prices/model!3,house-prices/model!4"},
		{"lost", false, ""},
		{"topic", true, ""},
	} {
		var err error
		if f.requests, err = s.openRequests(t.Context(), f.project, &Pipeline{Project: 7, Ref: c.ref, Tag: c.tag}); err != nil {
			t.Fatal(err)
		}
		if got, ok := expanded(f.predefined())["CI_OPEN_MERGE_REQUESTS"]; got != c.want || ok != (c.want != "") {
			t.Errorf("%s (a tag: %v): got %q, want %q", c.ref, c.tag, got, c.want)
		}
	}
}

func TestPredefinedVariablesAreListedOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range PredefinedVariables {
		if seen[row.Name] || row.About == "" {
			t.Errorf("%s stands twice, or says nothing", row.Name)
		}
		seen[row.Name] = true
	}
}

// From weak to strong, each level hides the ones before.
func TestPrecedence(t *testing.T) {
	f := someFacts()
	levels := []struct {
		want string
		add  func()
	}{
		{"yaml", func() {
			f.pipeline.Variables = nil
			f.spec = &Spec{Variables: []lang.Variable{{Key: "LEVEL", Value: "yaml"}, {Key: "CI_COMMIT_SHA", Value: "mine"}}}
		}},
		{"dotenv", func() { f.reports = []Variable{{Key: "LEVEL", Value: "dotenv"}} }},
		{"project", func() {}},
		{"pipeline", func() { f.pipeline.Variables = []Variable{{Key: "LEVEL", Value: "pipeline"}} }},
		{"played", func() { f.job, f.runner = &Job{Variables: []Variable{{Key: "LEVEL", Value: "played"}}}, &Runner{} }},
	}
	var own []variable.Variable
	for _, level := range levels {
		level.add()
		if level.want == "project" {
			own = []variable.Variable{{Key: "LEVEL", Value: "project", Masked: true}}
		}
		if got := expanded(f.variables(own))["LEVEL"]; got != level.want {
			t.Errorf("LEVEL is %q, want %q", got, level.want)
		}
	}
	if got := expanded(f.variables(own))["CI_COMMIT_SHA"]; got != "mine" {
		t.Errorf("the configuration's CI_COMMIT_SHA is hidden by %q", got)
	}
}

func zipped(t *testing.T, text string) *bytes.Reader {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b.Bytes())
}

func TestReadDotenv(t *testing.T) {
	list, err := readDotenv(zipped(t, "# what train found\nVERSION=3\nNAME=\"a b\"\nPRICE=$5\n"))
	want := []Variable{{Key: "NAME", Value: "a b", Public: true, Raw: true}, {Key: "PRICE", Value: "$5", Public: true, Raw: true}, {Key: "VERSION", Value: "3", Public: true, Raw: true}}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for text, kind := range map[string]fault.Kind{
		"1X=2\n":                              fault.Invalid,
		strings.Repeat("A=b\n", 20_000):       fault.Limited,
		"no assignment at all in this line\n": fault.Invalid,
	} {
		if _, err := readDotenv(zipped(t, text)); !fault.Is(err, kind) {
			t.Errorf("%.20q: got %v, want %s", text, err, kind)
		}
	}
	if _, err := readDotenv(strings.NewReader("VERSION=3")); !fault.Is(err, fault.Invalid) {
		t.Errorf("bytes that are not gzip: got %v", err)
	}
}

// A dotenv report comes from a job, which may send anything.
func FuzzReadDotenv(f *testing.F) {
	f.Add([]byte("A=1\nB=\"x\"\n"))
	f.Add([]byte("export A='1'\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := readDotenv(zipped(t, string(text)))
		if err == nil && checkVariables(list) != nil {
			t.Errorf("%q hands on %v", text, list)
		}
	})
}

// An archive comes from a job, too.
func FuzzFiles(f *testing.F) {
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, content []byte) {
		list, err := files(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			return
		}
		for _, file := range list {
			if strings.HasPrefix(file.Path, "/") || strings.Contains("/"+file.Path+"/", "/../") {
				t.Errorf("%q is outside", file.Path)
			}
		}
	})
}

func TestPushOptions(t *testing.T) {
	options := []string{"ci.skip", `ci.variable="A=1"`, "ci.variable=B=x=y", "ci.variable=1=no", "merge_request.create"}
	want := []Variable{{Key: "A", Value: "1"}, {Key: "B", Value: "x=y"}}
	if diff := cmp.Diff(want, optionVariables(options)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !skipOption(options) || skipOption(options[1:]) {
		t.Error("ci.skip is an option of its own")
	}
	for message, skip := range map[string]bool{"fix [CI skip]": true, "docs [skip ci]": true, "skip ci": false} {
		if skipMessage(message) != skip {
			t.Errorf("%q: skip is not %v", message, skip)
		}
	}
}

package gitlab

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"dasier/ci"
	"dasier/ci/lang"
)

// payload is a job as runners read it. The types are the protocol's: a value of
// another type loses the job. Lists are empty rather than null.
type payload struct {
	ID            ci.JobID     `json:"id"`
	Token         string       `json:"token"`
	AllowGitFetch bool         `json:"allow_git_fetch"`
	JobInfo       jobInfo      `json:"job_info"`
	GitInfo       gitInfo      `json:"git_info"`
	RunnerInfo    runnerInfo   `json:"runner_info"`
	Variables     []variable   `json:"variables"`
	Steps         []step       `json:"steps"`
	Image         *image       `json:"image"`
	Services      []image      `json:"services"`
	Artifacts     []artifact   `json:"artifacts"`
	Cache         []cache      `json:"cache"`
	Credentials   []credential `json:"credentials"`
	Dependencies  []dependency `json:"dependencies"`
	Features      features     `json:"features"`
}

type jobInfo struct {
	ID          ci.JobID `json:"id"`
	Name        string   `json:"name"`
	Stage       string   `json:"stage"`
	ProjectID   int64    `json:"project_id"`
	ProjectName string   `json:"project_name"`
	ProjectPath string   `json:"project_full_path"`
	PipelineID  int64    `json:"pipeline_id"`
	UserID      int64    `json:"user_id"`
	Waited      float64  `json:"time_in_queue_seconds"`
	OnInstance  string   `json:"project_jobs_running_on_instance_runners_count"`
}

type gitInfo struct {
	RepoURL      string   `json:"repo_url"`
	Ref          string   `json:"ref"`
	SHA          string   `json:"sha"`
	BeforeSHA    string   `json:"before_sha"`
	RefType      string   `json:"ref_type"`
	Refspecs     []string `json:"refspecs"`
	Depth        int      `json:"depth"`
	ObjectFormat string   `json:"repo_object_format"`
	Protected    bool     `json:"protected"`
}

type runnerInfo struct {
	Timeout int    `json:"timeout"`
	UUID    string `json:"uuid"`
}

type variable struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	Public bool   `json:"public"`
	File   bool   `json:"file"`
	Masked bool   `json:"masked"`
	Raw    bool   `json:"raw"`
}

type step struct {
	Name         string   `json:"name"`
	Script       []string `json:"script"`
	Timeout      int      `json:"timeout"`
	When         string   `json:"when"`
	AllowFailure bool     `json:"allow_failure"`
}

type image struct {
	Name       string       `json:"name"`
	Alias      string       `json:"alias,omitempty"`
	Entrypoint []string     `json:"entrypoint"`
	Command    []string     `json:"command"`
	PullPolicy []string     `json:"pull_policy"`
	Ports      []int        `json:"ports"`
	Variables  []variable   `json:"variables,omitempty"`
	Options    imageOptions `json:"executor_opts"`
}

// imageOptions must hold nothing that the runner does not know: it would refuse
// the job.
type imageOptions struct {
	Docker *dockerOptions `json:"docker,omitempty"`
}

type dockerOptions struct {
	User string `json:"user,omitempty"`
}

type artifact struct {
	Name      string   `json:"name"`
	Untracked bool     `json:"untracked"`
	Paths     []string `json:"paths"`
	Exclude   []string `json:"exclude"`
	When      string   `json:"when"`
	ExpireIn  string   `json:"expire_in,omitempty"`
	Type      string   `json:"artifact_type"`
	Format    string   `json:"artifact_format"`
}

type cache struct {
	Key          string   `json:"key"`
	Untracked    bool     `json:"untracked"`
	Paths        []string `json:"paths"`
	Policy       string   `json:"policy"`
	When         string   `json:"when"`
	FallbackKeys []string `json:"fallback_keys"`
}

type credential struct {
	Type     string `json:"type"`
	URL      string `json:"url"`
	Username string `json:"username"`
	Password string `json:"password"`
}

type dependency struct {
	ID    ci.JobID `json:"id"`
	Name  string   `json:"name"`
	Token string   `json:"token"`
	File  file     `json:"artifacts_file"`
}

type file struct {
	Filename string `json:"filename"`
	Size     int64  `json:"size"`
}

type features struct {
	TraceSections  bool         `json:"trace_sections"`
	TokenPrefixes  []string     `json:"token_mask_prefixes"`
	FailureReasons []ci.Failure `json:"failure_reasons"`
}

// payloadOf spells an assignment.
func payloadOf(a *ci.Assignment) payload {
	spec := &a.Spec
	timeout := int(a.Job.Timeout / time.Second)
	return payload{
		ID: a.Job.ID, Token: a.Token, AllowGitFetch: a.Fetch,
		JobInfo: jobInfo{
			ID: a.Job.ID, Name: a.Job.Name, Stage: a.Job.Stage, ProjectID: int64(a.Project.ID), ProjectName: a.Project.Name, ProjectPath: a.Project.Path(),
			PipelineID: int64(a.Pipeline.ID), UserID: int64(a.Pipeline.User), Waited: a.Waited.Seconds(), OnInstance: "0",
		},
		GitInfo:      gitInfoOf(a),
		RunnerInfo:   runnerInfo{Timeout: timeout, UUID: strconv.FormatInt(int64(a.Runner.ID), 10)},
		Variables:    variablesOf(a.Variables),
		Steps:        stepsOf(spec, timeout),
		Image:        imageOf(spec.Image),
		Services:     servicesOf(spec.Services),
		Artifacts:    artifactsOf(spec.Artifacts),
		Cache:        cachesOf(spec.Cache),
		Credentials:  []credential{},
		Dependencies: dependenciesOf(a),
		Features: features{
			TraceSections: true, TokenPrefixes: []string{ci.JobTokenPrefix, ci.RunnerTokenPrefix, "dsr_pat_"}, FailureReasons: ci.Failures,
		},
	}
}

func gitInfoOf(a *ci.Assignment) gitInfo {
	refType := "branch"
	if a.Pipeline.Tag {
		refType = "tag"
	}
	format := "sha1"
	if len(a.Pipeline.SHA) == 64 {
		format = "sha256"
	}
	return gitInfo{
		RepoURL: a.RepositoryURL, Ref: a.Pipeline.Ref, SHA: a.Pipeline.SHA, BeforeSHA: a.Pipeline.Before, RefType: refType,
		Refspecs: a.Refspecs, Depth: a.Depth, ObjectFormat: format, Protected: a.Pipeline.Protected,
	}
}

func variablesOf(list []ci.Variable) []variable {
	spelt := make([]variable, len(list))
	for i, v := range list {
		spelt[i] = variable{Key: v.Key, Value: v.Value, Public: v.Public, File: v.File, Masked: v.Masked, Raw: v.Raw}
	}
	return spelt
}

func stepsOf(spec *ci.Spec, timeout int) []step {
	script := append(append([]string{}, spec.BeforeScript...), spec.Script...)
	steps := []step{{Name: "script", Script: script, Timeout: timeout, When: "on_success"}}
	if len(spec.AfterScript) > 0 {
		steps = append(steps, step{Name: "after_script", Script: spec.AfterScript, Timeout: timeout, When: "always", AllowFailure: true})
	}
	return steps
}

func imageOf(i *lang.Image) *image {
	if i == nil || i.Name == "" {
		return nil
	}
	spelt := &image{Name: i.Name, Entrypoint: i.Entrypoint, PullPolicy: i.PullPolicy, Ports: []int{}}
	if i.User != "" {
		spelt.Options.Docker = &dockerOptions{User: i.User}
	}
	return spelt
}

func servicesOf(list []lang.Service) []image {
	spelt := make([]image, len(list))
	for i, s := range list {
		spelt[i] = image{Name: s.Name, Alias: s.Alias, Entrypoint: s.Entrypoint, Command: s.Command, PullPolicy: s.PullPolicy, Ports: []int{}}
		for _, v := range s.Variables {
			spelt[i].Variables = append(spelt[i].Variables, variable{Key: v.Key, Value: v.Value, Public: true, Raw: v.Raw})
		}
	}
	return spelt
}

// artifactsOf is one upload for the archive and one for each kind of report.
func artifactsOf(a *lang.Artifacts) []artifact {
	list := []artifact{}
	if a == nil {
		return list
	}
	expire := ""
	switch {
	case a.Never:
		expire = "never"
	case a.ExpireIn > 0:
		expire = strconv.FormatInt(int64(a.ExpireIn/time.Second), 10) + " seconds"
	}
	if len(a.Paths) > 0 || a.Untracked {
		list = append(list, artifact{
			Name: a.Name, Untracked: a.Untracked, Paths: orEmpty(a.Paths), Exclude: orEmpty(a.Exclude), When: orWhen(a.When, "on_success"),
			ExpireIn: expire, Type: "archive", Format: "zip",
		})
	}
	for _, kind := range []string{"junit", "dotenv", "metrics"} {
		if paths := a.Reports[kind]; len(paths) > 0 {
			// Reports are worth most when the job failed.
			list = append(list, artifact{
				Name: reportNames[kind], Paths: paths, Exclude: []string{}, When: "always", ExpireIn: expire, Type: kind, Format: "gzip",
			})
		}
	}
	return list
}

var reportNames = map[string]string{"junit": "junit.xml", "dotenv": ".env", "metrics": "metrics.txt"}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func orWhen(when, otherwise string) string {
	if strings.TrimSpace(when) == "" {
		return otherwise
	}
	return when
}

func dependenciesOf(a *ci.Assignment) []dependency {
	list := make([]dependency, len(a.Dependencies))
	for i, d := range a.Dependencies {
		list[i] = dependency{ID: d.Job, Name: d.Name, Token: a.Token, File: file{Filename: d.Filename, Size: d.Size}}
	}
	return list
}

func cachesOf(list []lang.Cache) []cache {
	out := make([]cache, len(list))
	for i, c := range list {
		out[i] = cache{
			Key: c.Key, Untracked: c.Untracked, Paths: append([]string{}, c.Paths...), Policy: cmp.Or(c.Policy, "pull-push"),
			When: cmp.Or(c.When, "on_success"), FallbackKeys: append([]string{}, c.FallbackKeys...),
		}
	}
	return out
}

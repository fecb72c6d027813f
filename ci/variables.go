package ci

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"dasier/ci/lang"
	"dasier/fault"
	"dasier/forge/project"
	"dasier/forge/variable"
)

// facts is what predefined variables are made of. job, spec, runner and token
// are missing while a pipeline is planned.
type facts struct {
	cfg      *Config
	project  *project.Project
	pipeline *Pipeline
	job      *Job
	spec     *Spec
	runner   *Runner
	token    string
	reports  []Variable
	requests string // the branch's open merge requests
}

// Level says from when on a predefined variable is there.
type Level string

// The levels. Those of the pipeline can be asked in rules.
const (
	PipelineLevel Level = "pipeline"
	JobLevel      Level = "job"
)

// Predefined is one variable that every job gets, named as GitLab names it.
type Predefined struct {
	Name   string
	Level  Level
	About  string
	Secret bool // masked in logs, and not given to service containers
	// value makes it; an empty one is left out.
	value func(f *facts) string
}

// PredefinedVariables is the one table of them. Order is for reading.
var PredefinedVariables = []Predefined{
	{"CI", PipelineLevel, "always true", false, constant("true")},
	{"GITLAB_CI", PipelineLevel, "always true: scripts that ask for it find what they expect", false, constant("true")},
	{"CI_SERVER", PipelineLevel, "always yes", false, constant("yes")},
	{"CI_SERVER_NAME", PipelineLevel, "the server's name", false, constant("Dasier")},
	{"CI_SERVER_VERSION", PipelineLevel, "the server's version", false, func(f *facts) string { return f.cfg.Version }},
	{"CI_SERVER_URL", PipelineLevel, "the server's address", false, func(f *facts) string { return f.cfg.URL }},
	{"CI_SERVER_HOST", PipelineLevel, "its host", false, func(f *facts) string { return f.server().Hostname() }},
	{"CI_SERVER_FQDN", PipelineLevel, "its host, with the port where it is not the scheme's own", false, func(f *facts) string { return f.server().Host }},
	{"CI_SERVER_PORT", PipelineLevel, "its port", false, (*facts).port},
	{"CI_SERVER_PROTOCOL", PipelineLevel, "http or https", false, func(f *facts) string { return f.server().Scheme }},
	{"CI_API_V4_URL", PipelineLevel, "where the GitLab API is", false, func(f *facts) string { return f.cfg.URL + "/api/v4" }},

	{"CI_PROJECT_ID", PipelineLevel, "the project's number", false, func(f *facts) string { return decimal(f.project.ID) }},
	{"CI_PROJECT_NAME", PipelineLevel, "its name", false, func(f *facts) string { return f.project.Name }},
	{"CI_PROJECT_TITLE", PipelineLevel, "its name for people", false, func(f *facts) string { return f.project.Name }},
	{"CI_PROJECT_DESCRIPTION", PipelineLevel, "what it says of itself", false, func(f *facts) string { return f.project.Description }},
	{"CI_PROJECT_NAMESPACE", PipelineLevel, "what it is in", false, func(f *facts) string { return f.project.Namespace }},
	{"CI_PROJECT_ROOT_NAMESPACE", PipelineLevel, "the outermost of those", false, func(f *facts) string { return f.project.Namespace }},
	{"CI_PROJECT_PATH", PipelineLevel, "namespace/name", false, func(f *facts) string { return f.project.Path() }},
	{"CI_PROJECT_PATH_SLUG", PipelineLevel, "that in lower case with - between", false, func(f *facts) string { return slug(f.project.Path()) }},
	{"CI_PROJECT_URL", PipelineLevel, "its page", false, (*facts).projectURL},
	{"CI_DEFAULT_BRANCH", PipelineLevel, "its default branch", false, func(f *facts) string { return f.project.DefaultBranch }},
	{"CI_CONFIG_PATH", PipelineLevel, "the configuration's file", false, func(f *facts) string { return f.cfg.File }},

	{"CI_COMMIT_SHA", PipelineLevel, "the commit", false, func(f *facts) string { return f.pipeline.SHA }},
	{"CI_COMMIT_SHORT_SHA", PipelineLevel, "its first eight digits", false, func(f *facts) string { return f.pipeline.SHA[:min(8, len(f.pipeline.SHA))] }},
	{"CI_COMMIT_BEFORE_SHA", PipelineLevel, "what the ref was before; zeros when nothing", false, func(f *facts) string { return or(f.pipeline.Before, zeros) }},
	{"CI_COMMIT_REF_NAME", PipelineLevel, "the branch or tag", false, func(f *facts) string { return f.pipeline.Ref }},
	{"CI_COMMIT_REF_SLUG", PipelineLevel, "that in lower case with - between, at most 63", false, func(f *facts) string { return slug(f.pipeline.Ref) }},
	{"CI_COMMIT_REF_PROTECTED", PipelineLevel, "true or false", false, func(f *facts) string { return strconv.FormatBool(f.pipeline.Protected) }},
	{"CI_COMMIT_BRANCH", PipelineLevel, "the branch; not there for tags", false, func(f *facts) string { return f.refIf(false) }},
	{"CI_COMMIT_TAG", PipelineLevel, "the tag; not there for branches", false, func(f *facts) string { return f.refIf(true) }},
	{"CI_OPEN_MERGE_REQUESTS", PipelineLevel, "the branch's open merge requests, at most four: namespace/name!12,namespace/name!13", false, func(f *facts) string { return f.requests }},
	{"CI_COMMIT_MESSAGE", PipelineLevel, "the commit's message", false, func(f *facts) string { return f.pipeline.Commit.Message }},
	{"CI_COMMIT_TITLE", PipelineLevel, "its first line", false, func(f *facts) string { return f.pipeline.Commit.Title }},
	{"CI_COMMIT_DESCRIPTION", PipelineLevel, "the rest of it", false, (*facts).description},
	{"CI_COMMIT_AUTHOR", PipelineLevel, "Name <address>", false, (*facts).author},
	{"CI_COMMIT_TIMESTAMP", PipelineLevel, "when it was written", false, func(f *facts) string { return stamp(f.pipeline.Commit.Authored) }},

	{"CI_PIPELINE_ID", JobLevel, "the pipeline's number", false, func(f *facts) string { return decimal(f.pipeline.ID) }},
	{"CI_PIPELINE_IID", JobLevel, "the same", false, func(f *facts) string { return decimal(f.pipeline.ID) }},
	{"CI_PIPELINE_URL", JobLevel, "its page", false, func(f *facts) string { return f.projectURL() + "/pipelines/" + decimal(f.pipeline.ID) }},
	{"CI_PIPELINE_NAME", JobLevel, "workflow:name", false, func(f *facts) string { return f.pipeline.Name }},
	{"CI_PIPELINE_SOURCE", PipelineLevel, "push or api", false, (*facts).source},
	{"CI_PIPELINE_CREATED_AT", PipelineLevel, "when it was made", false, func(f *facts) string { return stamp(f.pipeline.Created) }},
	{"GITLAB_USER_ID", PipelineLevel, "the number of who started it", false, func(f *facts) string { return decimal(f.pipeline.User) }},
	{"GITLAB_USER_LOGIN", PipelineLevel, "their user name", false, func(f *facts) string { return f.pipeline.Username }},
	{"GITLAB_USER_NAME", PipelineLevel, "their user name", false, func(f *facts) string { return f.pipeline.Username }},

	{"CI_JOB_ID", JobLevel, "the job's number", false, func(f *facts) string { return decimal(f.job.ID) }},
	{"CI_JOB_NAME", JobLevel, "its name", false, func(f *facts) string { return f.job.Name }},
	{"CI_JOB_NAME_SLUG", JobLevel, "that in lower case with - between, at most 63", false, func(f *facts) string { return slug(f.job.Name) }},
	{"CI_JOB_STAGE", JobLevel, "its stage", false, func(f *facts) string { return f.job.Stage }},
	{"CI_JOB_URL", JobLevel, "its page", false, func(f *facts) string { return f.projectURL() + "/jobs/" + decimal(f.job.ID) }},
	{"CI_JOB_STARTED_AT", JobLevel, "when a runner took it", false, func(f *facts) string { return stamp(f.job.Started) }},
	{"CI_JOB_MANUAL", JobLevel, "true for a job that a person started", false, func(f *facts) string { return trueIf(f.job.When == "manual") }},
	{"CI_JOB_IMAGE", JobLevel, "the container image it asks for", false, (*facts).image},
	{"CI_JOB_TOKEN", JobLevel, "stands for who started the pipeline, while the job runs", true, func(f *facts) string { return f.token }},
	{"CI_REPOSITORY_URL", JobLevel, "the repository's address, with the token", true, (*facts).repositoryURL},
	{"CI_ENVIRONMENT_NAME", JobLevel, "what it deploys to", false, func(f *facts) string { return f.job.Environment }},
	{"CI_ENVIRONMENT_SLUG", JobLevel, "that in lower case with - between, at most 24", false, func(f *facts) string { return short(slug(f.job.Environment), 24) }},
	{"CI_ENVIRONMENT_URL", JobLevel, "environment:url", false, func(f *facts) string { return f.environment().URL }},
	{"CI_ENVIRONMENT_ACTION", JobLevel, "environment:action", false, func(f *facts) string { return f.environment().Action }},
	{"CI_ENVIRONMENT_TIER", JobLevel, "environment:deployment_tier", false, func(f *facts) string { return f.environment().Tier }},
	{"CI_RUNNER_ID", JobLevel, "the runner's number", false, func(f *facts) string { return decimal(f.runner.ID) }},
	{"CI_RUNNER_DESCRIPTION", JobLevel, "the runner's name", false, func(f *facts) string { return f.runner.Description }},
	{"CI_RUNNER_TAGS", JobLevel, "its tags, as a JSON list", false, func(f *facts) string { return quotedList(f.runner.Tags) }},
}

const zeros = "0000000000000000000000000000000000000000"

func constant(value string) func(*facts) string { return func(*facts) string { return value } }

func decimal[N ~int64](n N) string { return strconv.FormatInt(int64(n), 10) }

func trueIf(is bool) string {
	if is {
		return "true"
	}
	return ""
}

// quotedList is a list of words as JSON.
func quotedList(words []string) string {
	text, err := json.Marshal(append([]string{}, words...))
	if err != nil {
		return "[]" // cannot happen: strings always encode
	}
	return string(text)
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func short(text string, length int) string {
	return strings.Trim(text[:min(length, len(text))], "-")
}

var notSlug = regexp.MustCompile(`[^a-z0-9]+`)

// slug makes a name fit for hosts and labels, as GitLab does.
func slug(name string) string {
	return strings.Trim(short(notSlug.ReplaceAllString(strings.ToLower(name), "-"), 63), "-")
}

func (f *facts) server() *url.URL {
	parsed, err := url.Parse(f.cfg.URL)
	if err != nil {
		return &url.URL{}
	}
	return parsed
}

func (f *facts) port() string {
	server := f.server()
	switch {
	case server.Port() != "":
		return server.Port()
	case server.Scheme == "https":
		return "443"
	default:
		return "80"
	}
}

func (f *facts) projectURL() string { return f.cfg.URL + "/" + f.project.Path() }

// repositoryURL is where the job clones from, with its token.
func (f *facts) repositoryURL() string {
	scheme, rest, _ := strings.Cut(f.cfg.URL, "://")
	return scheme + "://gitlab-ci-token:" + f.token + "@" + rest + "/" + f.project.Path() + ".git"
}

func (f *facts) refIf(tag bool) string {
	if f.pipeline.Tag != tag {
		return ""
	}
	return f.pipeline.Ref
}

// mostRequests is how many merge requests a job is told of, as in GitLab.
const mostRequests = 4

// openRequests names the open merge requests of the pipeline's branch as
// GitLab does, namespace/name!12, with commas between.
func (s *Service) openRequests(ctx context.Context, owner *project.Project, p *Pipeline) (string, error) {
	if p.Tag || s.cfg.OpenRequests == nil {
		return "", nil
	}
	numbers, err := s.cfg.OpenRequests(ctx, p.Project, p.Ref)
	if err != nil {
		return "", fmt.Errorf("finding the merge requests of %s: %w", p.Ref, err)
	}
	names := make([]string, min(len(numbers), mostRequests))
	for i := range names {
		names[i] = owner.Path() + "!" + strconv.Itoa(numbers[i])
	}
	return strings.Join(names, ","), nil
}

func (f *facts) description() string {
	_, rest, _ := strings.Cut(f.pipeline.Commit.Message, "\n")
	return strings.TrimSpace(rest)
}

func (f *facts) author() string {
	c := &f.pipeline.Commit
	if c.AuthorName == "" {
		return ""
	}
	return c.AuthorName + " <" + c.AuthorEmail + ">"
}

// source is what rules compare with: a merge is a push to them.
func (f *facts) source() string {
	if f.pipeline.Source == SourceMerge {
		return string(SourcePush)
	}
	return string(f.pipeline.Source)
}

func (f *facts) image() string {
	if f.spec.Image == nil {
		return ""
	}
	return f.spec.Image.Name
}

func (f *facts) environment() lang.Environment {
	if f.spec.Environment == nil {
		return lang.Environment{}
	}
	return *f.spec.Environment
}

// predefined makes the variables of the table that are there now.
func (f *facts) predefined() []Variable {
	list := make([]Variable, 0, len(PredefinedVariables))
	for i := range PredefinedVariables {
		row := &PredefinedVariables[i]
		if row.Level == JobLevel && f.job == nil {
			continue
		}
		value := row.value(f)
		if value == "" {
			continue
		}
		// What people wrote (messages, names) is no template; an environment's
		// address is one.
		raw := row.Name != "CI_ENVIRONMENT_URL" && row.Name != "CI_JOB_IMAGE"
		list = append(list, Variable{Key: row.Name, Value: value, Public: !row.Secret, Masked: row.Secret, Raw: raw})
	}
	return list
}

// variables is all that a job gets, in rising order of precedence, which is
// GitLab's ("CI/CD variable precedence"): predefined, the configuration's,
// dotenv reports, the project's, the pipeline's, those of who played the job.
func (f *facts) variables(own []variable.Variable) []Variable {
	list := f.predefined()
	if f.spec != nil {
		for _, v := range f.spec.Variables {
			list = append(list, Variable{Key: v.Key, Value: v.Value, Public: true, Raw: v.Raw})
		}
	}
	list = append(list, f.reports...)
	list = append(list, projectVariables(own)...)
	list = append(list, f.pipeline.Variables...)
	if f.job != nil {
		list = append(list, f.job.Variables...)
	}
	return list
}

func projectVariables(own []variable.Variable) []Variable {
	list := make([]Variable, len(own))
	for i, v := range own {
		list[i] = Variable{Key: v.Key, Value: v.Value, Masked: v.Masked, File: v.File, Raw: v.Raw}
	}
	return list
}

// expanded gives each variable's final value.
func expanded(list []Variable) map[string]string {
	last := map[string]int{}
	var unique []lang.Variable
	for _, v := range list {
		at, known := last[v.Key]
		if !known {
			at = len(unique)
			last[v.Key] = at
			unique = append(unique, lang.Variable{})
		}
		unique[at] = lang.Variable{Key: v.Key, Value: v.Value, Raw: v.Raw}
	}
	values := make(map[string]string, len(unique))
	for _, v := range lang.ExpandAll(unique, nil) {
		values[v.Key] = v.Value
	}
	return values
}

// depth is how much history the job fetches.
func depth(values map[string]string, otherwise int) int {
	if n, err := strconv.Atoi(values["GIT_DEPTH"]); err == nil && n >= 0 {
		return n
	}
	return otherwise
}

var keyPattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,254}$`)

// checkVariables refuses what no environment can hold.
func checkVariables(list []Variable) error {
	for _, v := range list {
		if !keyPattern.MatchString(v.Key) {
			return fault.Errorf(fault.Invalid, "variable name %q: expected letters, digits and _, not beginning with a digit", v.Key).At("variables")
		}
		if len(v.Value) > 64<<10 || strings.ContainsRune(v.Value, 0) {
			return fault.Errorf(fault.Invalid, "the value of %s is longer than 65,536 bytes or has a zero byte", v.Key).At("variables")
		}
	}
	return nil
}

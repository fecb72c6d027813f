package lang

import (
	"slices"
	"strings"
	"time"
)

// jobConfig is a job before its rules are judged.
type jobConfig struct {
	job Job // what no rule changes; Variables are the job's own
	at  position

	rules    []rule
	rulesSet bool
	only     *policy
	except   *policy

	when         string // as written; empty when absent
	allowFailure *bool

	// Where each need, each dependency and environment stand.
	needsAt        []position
	dependenciesAt []position
	environmentAt  position

	inheritVariables inheritance
	parallel         parallel
}

// inheritance is one half of `inherit`: all, none, or those named.
type inheritance struct {
	set   bool
	all   bool
	names []string
}

func (i inheritance) takes(name string) bool {
	return !i.set || i.all || slices.Contains(i.names, name)
}

// job reads one job with the defaults that it takes.
func (r reader) job(e entry, defaults map[string]entry, c *Config) (jobConfig, bool) {
	path := "jobs." + e.key
	job := jobConfig{at: e.at, job: Job{Name: e.key, Line: e.at.line}}
	switch {
	case e.value.kind == kindBroken:
		return job, false
	case e.value.kind != kindDict:
		r.fail(e.at, path, "%s is %s; a job is a mapping with a script%s", quoted(e.key), e.value.phrase(), r.unknownHint(inFile, e.key))
		return job, false
	case strings.TrimSpace(e.key) == "":
		r.fail(e.at, path, "a job needs a name")
	case len(e.key) > maxNameBytes:
		r.fail(e.at, path, "the name of a job has at most %d bytes", maxNameBytes)
	}
	f := r.fields(e.value, path, inJob)
	takes := r.inherit(f.get("inherit"), f.pathTo("inherit"), &job)
	for name, field := range defaults {
		if !f.has(name) && takes.takes(name) {
			f.set[name] = field
		}
	}
	if e.key == "pages" {
		r.notice("a job named \"pages\" publishes no site here: deploy it with an \"environment\"")
	}
	r.shared(f, &job)
	r.own(f, &job, c.stages)
	return job, true
}

// inherit reads which defaults and global variables the job takes ("inherit").
func (r reader) inherit(v *value, path string, job *jobConfig) inheritance {
	if silent(v) || !r.isDict(v, path) {
		return inheritance{}
	}
	f := r.fields(v, path, inInherit)
	read := func(name string) inheritance {
		said := f.get(name)
		switch {
		case silent(said):
			return inheritance{}
		case said.kind == kindList:
			return inheritance{set: true, names: r.texts(said, f.pathTo(name))}
		case said.kind != kindBoolean:
			r.wants(said, f.pathTo(name), "true, false or a list of names")
			return inheritance{}
		}
		all, _ := r.boolean(said, f.pathTo(name))
		return inheritance{set: true, all: all}
	}
	takes := read("default")
	for _, name := range takes.names {
		if _, ok := keyword(inDefault, name); !ok {
			r.fail(f.get("default").at, f.pathTo("default"), "%s is no keyword of default%s", quoted(name), r.unknownHint(inDefault, name))
		}
	}
	job.inheritVariables = read("variables")
	return takes
}

// shared reads the keywords that jobs may take from default.
func (r reader) shared(f fields, job *jobConfig) {
	j := &job.job
	j.Image = r.image(f.get("image"), f.pathTo("image"))
	j.Services = r.services(f.get("services"), f.pathTo("services"))
	j.BeforeScript = r.script(f.get("before_script"), f.pathTo("before_script"))
	j.AfterScript = r.script(f.get("after_script"), f.pathTo("after_script"))
	j.Artifacts = r.artifacts(f.get("artifacts"), f.pathTo("artifacts"))
	j.Cache = r.cache(f.get("cache"), f.pathTo("cache"))
	j.Interruptible, _ = r.boolean(f.get("interruptible"), f.pathTo("interruptible"))
	j.Retry = r.retry(f.get("retry"), f.pathTo("retry"))
	j.Tags = r.texts(f.get("tags"), f.pathTo("tags"))
	j.Timeout = r.timeout(f.get("timeout"), f.pathTo("timeout"))
}

// own reads the keywords that stand in jobs only.
func (r reader) own(f fields, job *jobConfig, stages []string) {
	j := &job.job
	r.ownScript(f, job)
	j.Stage = r.stage(f, job, stages)
	j.Variables = r.variables(f.get("variables"), f.pathTo("variables"), false)
	j.Needs, job.needsAt, j.NeedsSet = r.needs(f.get("needs"), f.pathTo("needs"))
	r.dependencies(f.get("dependencies"), f.pathTo("dependencies"), job)
	job.when = r.when(f.get("when"), f.pathTo("when"))
	r.allowFailure(f.get("allow_failure"), f.pathTo("allow_failure"), job)
	j.Environment = r.environment(f.get("environment"), f.pathTo("environment"))
	job.environmentAt = f.set["environment"].at
	j.ResourceGroup, _ = r.filled(f.get("resource_group"), f.pathTo("resource_group"))
	j.Coverage = r.coverage(f.get("coverage"), f.pathTo("coverage"))
	job.parallel = r.parallel(f.get("parallel"), f.pathTo("parallel"))
	job.rules, job.rulesSet = r.rules(f.get("rules"), f.pathTo("rules"), inRule)
	job.only = r.policy(f.get("only"), f.pathTo("only"))
	job.except = r.policy(f.get("except"), f.pathTo("except"))
	for _, name := range []string{"only", "except"} {
		if job.rulesSet && f.has(name) {
			r.fail(f.set[name].at, f.pathTo(name), "%s and rules cannot stand in one job; say it in rules", name)
		}
	}
}

// ownScript wants a script, unless the job has a refused keyword in its place
// or failed to inherit one.
func (r reader) ownScript(f fields, job *jobConfig) {
	said := f.get("script")
	job.job.Script = r.script(said, f.pathTo("script"))
	excused := f.has("trigger") || f.has("run") || brokenField(f, "extends")
	switch {
	case said == nil && !excused:
		r.fail(job.at, f.path, "the job has no script")
	case said != nil && len(job.job.Script) == 0 && (said.kind == kindList && len(said.items) == 0 || said.kind == kindText):
		r.fail(said.at, f.pathTo("script"), "must not be empty")
	case said != nil && len(job.job.Script) > 0 && strings.TrimSpace(strings.Join(job.job.Script, "")) == "":
		r.fail(said.at, f.pathTo("script"), "must not be empty")
	}
}

func brokenField(f fields, name string) bool {
	v := f.get(name)
	return v != nil && v.kind == kindBroken
}

func (r reader) stage(f fields, job *jobConfig, stages []string) string {
	said := f.get("stage")
	if said == nil {
		if !slices.Contains(stages, stageTest) && !brokenField(f, "extends") {
			r.fail(job.at, f.path, "the job has no stage, and the one that stands in for it, %s, is not among the stages: %s", stageTest, strings.Join(stages, ", "))
		}
		return stageTest
	}
	name, ok := r.text(said, f.pathTo("stage"))
	if ok && !slices.Contains(stages, name) {
		r.fail(said.at, f.pathTo("stage"), "there is no stage %s; the stages are %s%s", quoted(name), strings.Join(stages, ", "), r.meant(name, stages, ""))
	}
	return name
}

// The words of `when`. delayed is refused by name.
const (
	whenSuccess = "on_success"
	whenFailure = "on_failure"
	whenAlways  = "always"
	whenManual  = "manual"
	whenNever   = "never"
	whenDelayed = "delayed"
)

func (r reader) when(v *value, path string) string {
	if v != nil && v.kind == kindText && v.text == whenDelayed {
		r.fail(v.at, path, "when: delayed is GitLab's and not supported here yet: use when: manual or a schedule")
		return ""
	}
	chosen, _ := r.choice(v, path, whenSuccess, whenFailure, whenAlways, whenManual, whenNever)
	return chosen
}

// allowFailure reads a boolean or exit codes ("allow_failure:exit_codes").
func (r reader) allowFailure(v *value, path string, job *jobConfig) {
	switch {
	case silent(v):
	case v.kind == kindDict:
		f := r.fields(v, path, inAllowFailure)
		if said := f.get("exit_codes"); said != nil {
			job.job.AllowFailureExitCodes = r.integers(said, f.pathTo("exit_codes"), 0, 255)
		} else {
			r.fail(v.at, path, "must have exit_codes")
		}
		no := false
		job.allowFailure = &no
	case v.kind == kindList:
		r.wants(v, path, "true, false or a mapping with exit_codes")
	default:
		if allow, ok := r.boolean(v, path); ok {
			job.allowFailure = &allow
		}
	}
}

// retryReasons are the words of retry:when.
var retryReasons = []string{
	"always", "unknown_failure", "script_failure", "api_failure", "stuck_or_timeout_failure",
	"runner_system_failure", "runner_unsupported", "stale_schedule", "job_execution_timeout",
	"archived_failure", "unmet_prerequisites", "scheduler_failure", "data_integrity_failure",
}

func (r reader) retry(v *value, path string) Retry {
	var retry Retry
	switch {
	case silent(v):
	case v.kind == kindNumber:
		retry.Max, _ = r.integer(v, path, 0, 2)
	case v.kind == kindDict:
		f := r.fields(v, path, inRetry)
		retry.Max, _ = r.integer(f.get("max"), f.pathTo("max"), 0, 2)
		retry.When = r.choices(f.get("when"), f.pathTo("when"), retryReasons...)
		retry.ExitCodes = r.integers(f.get("exit_codes"), f.pathTo("exit_codes"), 0, 255)
	default:
		r.wants(v, path, "a number from 0 to 2 or a mapping with max, when, exit_codes")
	}
	return retry
}

func (r reader) timeout(v *value, path string) time.Duration {
	const month = 30 * 24 * time.Hour
	d, ok := r.duration(v, path)
	if ok && d > month {
		r.fail(v.at, path, "a job runs for a month at most")
	}
	return d
}

// coverage keeps the pattern without its slashes ("coverage").
func (r reader) coverage(v *value, path string) string {
	s, ok := r.text(v, path)
	if !ok {
		return ""
	}
	if _, err := compilePattern(s); err != nil {
		r.fail(v.at, path, "%v", err)
		return ""
	}
	if !strings.HasSuffix(s, "/") {
		r.fail(v.at, path, "the pattern of coverage takes no flags")
		return ""
	}
	return s[1 : len(s)-1]
}

// dependencies reads the jobs whose artifacts this one takes ("dependencies").
func (r reader) dependencies(v *value, path string, job *jobConfig) {
	if silent(v) {
		return
	}
	job.job.DependenciesSet = true
	for _, item := range v.items {
		if item.kind == kindText {
			job.dependenciesAt = append(job.dependenciesAt, item.at)
		}
	}
	job.job.Dependencies = r.texts(v, path)
}

// needs reads the jobs that this one waits for ("needs").
func (r reader) needs(v *value, path string) ([]Need, []position, bool) {
	if silent(v) {
		return nil, nil, false
	}
	if v.kind != kindList {
		r.wants(v, path, "a list of jobs")
		return nil, nil, false
	}
	if len(v.items) > maxNeeds {
		r.fail(v.at, path, "names %d jobs, more than the %d that may be", len(v.items), maxNeeds)
	}
	needs := []Need{}
	var places []position
	for i, item := range v.items {
		need, ok := r.need(item, nth(path, i))
		if !ok {
			continue
		}
		if slices.ContainsFunc(needs, func(n Need) bool { return n.Job == need.Job }) {
			r.fail(item.at, nth(path, i), "%s is needed twice", quoted(need.Job))
			continue
		}
		needs = append(needs, need)
		places = append(places, item.at)
	}
	return needs, places, true
}

func (r reader) need(v *value, path string) (Need, bool) {
	need := Need{Artifacts: true}
	switch {
	case v.kind == kindBroken:
		return need, false
	case v.kind == kindText:
		need.Job = v.text
		return need, true
	case v.kind != kindDict:
		r.wants(v, path, "the name of a job or a mapping with job, artifacts, optional")
		return need, false
	}
	f := r.fields(v, path, inNeed)
	if is, ok := r.boolean(f.get("artifacts"), f.pathTo("artifacts")); ok {
		need.Artifacts = is
	}
	need.Optional, _ = r.boolean(f.get("optional"), f.pathTo("optional"))
	name, ok := r.filled(f.get("job"), f.pathTo("job"))
	if !f.has("job") && !f.has("pipeline") {
		r.fail(v.at, path, "must name a job")
	}
	need.Job = name
	return need, ok
}

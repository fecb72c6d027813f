package lang

import (
	"slices"
	"strings"
)

// Status says what becomes of a keyword.
type Status string

// Supported keywords do what GitLab's documentation says, recorded ones are
// kept without effect and give a notice, refused ones are an error.
const (
	Supported Status = "supported"
	Recorded  Status = "recorded"
	Refused   Status = "refused"
)

// Keyword is one word of the language in one place.
type Keyword struct {
	// Where is the mapping that the word stands in.
	Where  string
	Name   string
	Status Status
	Note   string
}

// The places, spelt as the documentation spells them.
const (
	inFile         = "top level"
	inDefault      = "default"
	inJob          = "job"
	inWorkflow     = "workflow"
	inWorkflowRule = "workflow:rules"
	inAutoCancel   = "workflow:auto_cancel"
	inRule         = "rules"
	inChanges      = "rules:changes"
	inExists       = "rules:exists"
	inVariable     = "variables"
	inImage        = "image"
	inDocker       = "image:docker"
	inService      = "services"
	inArtifacts    = "artifacts"
	inReports      = "artifacts:reports"
	inCache        = "cache"
	inCacheKey     = "cache:key"
	inNeed         = "needs"
	inRetry        = "retry"
	inAllowFailure = "allow_failure"
	inEnvironment  = "environment"
	inInherit      = "inherit"
	inParallel     = "parallel"
	inOnly         = "only, except"
)

const (
	noteContainer  = "for executors that use containers"
	noteCache      = "kept by the runner, on its own machine; a job must work without"
	noteScanReport = "write the file as an ordinary artifact with `paths`"
	noteKubernetes = "no executor here is driven from the file through Kubernetes"
)

// keywords is the one table: the parser accepts and refuses by it, and
// docs/reference/ci-yaml.md is printed from it.
var keywords = []Keyword{
	{inFile, "default", Supported, ""},
	{inFile, "stages", Supported, "`build`, `test`, `deploy` when absent; `.pre` and `.post` always exist"},
	{inFile, "variables", Supported, ""},
	{inFile, "workflow", Supported, ""},
	{inFile, "image", Supported, "as in `default`, where GitLab wants it now"},
	{inFile, "services", Supported, "as in `default`, where GitLab wants it now"},
	{inFile, "before_script", Supported, "as in `default`, where GitLab wants it now"},
	{inFile, "after_script", Supported, "as in `default`, where GitLab wants it now"},
	{inFile, "cache", Supported, noteCache},
	{inFile, "include", Refused, "copy the jobs into this file; anchors, `extends` and `!reference` share what repeats"},
	{inFile, "spec", Refused, "use `variables` with `options` in place of inputs"},
	{inFile, "types", Refused, "its name is `stages`"},

	{inDefault, "after_script", Supported, ""},
	{inDefault, "artifacts", Supported, ""},
	{inDefault, "before_script", Supported, ""},
	{inDefault, "cache", Supported, noteCache},
	{inDefault, "hooks", Refused, "put the commands into `before_script`"},
	{inDefault, "id_tokens", Refused, "a job signs in to this server with CI_JOB_TOKEN"},
	{inDefault, "identity", Refused, "a job signs in to this server with CI_JOB_TOKEN"},
	{inDefault, "image", Supported, noteContainer},
	{inDefault, "interruptible", Supported, ""},
	{inDefault, "retry", Supported, ""},
	{inDefault, "services", Supported, noteContainer},
	{inDefault, "tags", Supported, ""},
	{inDefault, "timeout", Supported, ""},

	{inJob, "after_script", Supported, ""},
	{inJob, "allow_failure", Supported, ""},
	{inJob, "artifacts", Supported, ""},
	{inJob, "before_script", Supported, ""},
	{inJob, "cache", Supported, noteCache},
	{inJob, "coverage", Supported, ""},
	{inJob, "dast_configuration", Refused, "call the scanner in `script`"},
	{inJob, "dependencies", Supported, ""},
	{inJob, "environment", Supported, "a name, or a mapping"},
	{inJob, "except", Supported, "`rules` say the same more clearly"},
	{inJob, "extends", Supported, "up to 11 levels"},
	{inJob, "hooks", Refused, "put the commands into `before_script`"},
	{inJob, "id_tokens", Refused, "a job signs in to this server with CI_JOB_TOKEN"},
	{inJob, "identity", Refused, "a job signs in to this server with CI_JOB_TOKEN"},
	{inJob, "image", Supported, noteContainer},
	{inJob, "inherit", Supported, ""},
	{inJob, "inputs", Refused, "use `variables`"},
	{inJob, "interruptible", Supported, ""},
	{inJob, "manual_confirmation", Refused, "a manual job starts without a question"},
	{inJob, "needs", Supported, "up to 50"},
	{inJob, "only", Supported, "`rules` say the same more clearly"},
	{inJob, "pages", Refused, "deploy a site with an `environment`"},
	{inJob, "parallel", Supported, "a number or a matrix, up to 200"},
	{inJob, "publish", Refused, "deploy a site with an `environment`"},
	{inJob, "release", Refused, "make the release in `script`"},
	{inJob, "resource_group", Supported, ""},
	{inJob, "retry", Supported, ""},
	{inJob, "rules", Supported, ""},
	{inJob, "run", Refused, "use `script`"},
	{inJob, "script", Supported, ""},
	{inJob, "secrets", Refused, "use masked variables of the project"},
	{inJob, "services", Supported, noteContainer},
	{inJob, "stage", Supported, "`test` when absent"},
	{inJob, "start_in", Refused, "`when: delayed` does not exist here; use `when: manual` or a schedule"},
	{inJob, "tags", Supported, ""},
	{inJob, "timeout", Supported, ""},
	{inJob, "trigger", Refused, "start the other pipeline through the API in `script`"},
	{inJob, "variables", Supported, ""},
	{inJob, "when", Supported, "`on_success`, `on_failure`, `always`, `manual`, `never`; `delayed` is refused"},

	{inWorkflow, "auto_cancel", Recorded, "a newer pipeline does not cancel an older one yet"},
	{inWorkflow, "name", Supported, ""},
	{inWorkflow, "rules", Supported, ""},
	{inWorkflowRule, "auto_cancel", Recorded, "a newer pipeline does not cancel an older one yet"},
	{inWorkflowRule, "changes", Supported, ""},
	{inWorkflowRule, "exists", Supported, ""},
	{inWorkflowRule, "if", Supported, ""},
	{inWorkflowRule, "variables", Supported, ""},
	{inWorkflowRule, "when", Supported, "`always` or `never`"},
	{inAutoCancel, "on_job_failure", Recorded, ""},
	{inAutoCancel, "on_new_commit", Recorded, ""},

	{inRule, "allow_failure", Supported, ""},
	{inRule, "changes", Supported, "a list, or a mapping"},
	{inRule, "exists", Supported, "a list, or a mapping"},
	{inRule, "if", Supported, ""},
	{inRule, "interruptible", Supported, ""},
	{inRule, "needs", Supported, ""},
	{inRule, "start_in", Refused, "`when: delayed` does not exist here; use `when: manual` or a schedule"},
	{inRule, "variables", Supported, ""},
	{inRule, "when", Supported, "as in a job"},
	{inChanges, "compare_to", Supported, ""},
	{inChanges, "paths", Supported, ""},
	{inExists, "paths", Supported, ""},
	{inExists, "project", Refused, "only files of this project can be asked for"},
	{inExists, "ref", Refused, "only files of the pipeline's commit can be asked for"},

	{inVariable, "description", Supported, "global variables only"},
	{inVariable, "expand", Supported, ""},
	{inVariable, "options", Supported, "global variables only"},
	{inVariable, "value", Supported, ""},

	{inImage, "docker", Supported, ""},
	{inImage, "entrypoint", Supported, ""},
	{inImage, "kubernetes", Refused, noteKubernetes},
	{inImage, "name", Supported, ""},
	{inImage, "pull_policy", Supported, ""},
	{inDocker, "platform", Refused, "images run on the runner's own platform"},
	{inDocker, "user", Supported, ""},
	{inService, "alias", Supported, ""},
	{inService, "command", Supported, ""},
	{inService, "docker", Refused, "services run as their image says"},
	{inService, "entrypoint", Supported, ""},
	{inService, "kubernetes", Refused, noteKubernetes},
	{inService, "name", Supported, ""},
	{inService, "pull_policy", Supported, ""},
	{inService, "variables", Supported, ""},

	{inArtifacts, "access", Refused, "artifacts are for whoever may read the project"},
	{inArtifacts, "exclude", Supported, ""},
	{inArtifacts, "expire_in", Supported, ""},
	{inArtifacts, "expose_as", Recorded, "merge requests do not link single artifacts"},
	{inArtifacts, "name", Supported, ""},
	{inArtifacts, "paths", Supported, ""},
	{inArtifacts, "public", Refused, "artifacts are for whoever may read the project"},
	{inArtifacts, "reports", Supported, ""},
	{inArtifacts, "untracked", Supported, ""},
	{inArtifacts, "when", Supported, ""},
	{inReports, "accessibility", Refused, noteScanReport},
	{inReports, "annotations", Refused, noteScanReport},
	{inReports, "api_fuzzing", Refused, noteScanReport},
	{inReports, "browser_performance", Refused, noteScanReport},
	{inReports, "cluster_image_scanning", Refused, noteScanReport},
	{inReports, "codequality", Refused, noteScanReport},
	{inReports, "container_scanning", Refused, noteScanReport},
	{inReports, "coverage_fuzzing", Refused, noteScanReport},
	{inReports, "coverage_report", Refused, noteScanReport},
	{inReports, "cyclonedx", Refused, noteScanReport},
	{inReports, "dast", Refused, noteScanReport},
	{inReports, "dependency_scanning", Refused, noteScanReport},
	{inReports, "dotenv", Supported, ""},
	{inReports, "junit", Supported, ""},
	{inReports, "load_performance", Refused, noteScanReport},
	{inReports, "metrics", Supported, ""},
	{inReports, "repository_xray", Refused, noteScanReport},
	{inReports, "requirements", Refused, noteScanReport},
	{inReports, "requirements_v2", Refused, noteScanReport},
	{inReports, "sast", Refused, noteScanReport},
	{inReports, "secret_detection", Refused, noteScanReport},
	{inReports, "terraform", Refused, noteScanReport},

	{inCache, "fallback_keys", Supported, ""},
	{inCache, "key", Supported, ""},
	{inCache, "paths", Supported, ""},
	{inCache, "policy", Supported, ""},
	{inCache, "unprotect", Supported, ""},
	{inCache, "untracked", Supported, ""},
	{inCache, "when", Supported, ""},
	{inCacheKey, "files", Supported, "the digest of their contents"},
	{inCacheKey, "files_commits", Refused, "name the files in `files`: the digest of their contents is the key"},
	{inCacheKey, "prefix", Supported, ""},

	{inNeed, "artifacts", Supported, ""},
	{inNeed, "job", Supported, ""},
	{inNeed, "optional", Supported, ""},
	{inNeed, "parallel", Refused, "need the whole parallel job"},
	{inNeed, "pipeline", Refused, "pipelines do not wait for each other"},
	{inNeed, "project", Refused, "artifacts of other projects are fetched through the API"},
	{inNeed, "ref", Refused, "artifacts of other pipelines are fetched through the API"},

	{inRetry, "exit_codes", Supported, ""},
	{inRetry, "max", Supported, "0, 1 or 2"},
	{inRetry, "when", Supported, ""},
	{inAllowFailure, "exit_codes", Supported, ""},

	{inEnvironment, "action", Supported, ""},
	{inEnvironment, "auto_stop_in", Supported, ""},
	{inEnvironment, "deployment_tier", Supported, ""},
	{inEnvironment, "kubernetes", Refused, noteKubernetes},
	{inEnvironment, "name", Supported, ""},
	{inEnvironment, "on_stop", Supported, ""},
	{inEnvironment, "url", Supported, ""},

	{inInherit, "default", Supported, ""},
	{inInherit, "variables", Supported, ""},
	{inParallel, "matrix", Supported, ""},
	{inOnly, "changes", Supported, ""},
	{inOnly, "kubernetes", Refused, noteKubernetes},
	{inOnly, "refs", Supported, "names, `/patterns/`, `branches`, `tags` and the sources of pipelines"},
	{inOnly, "variables", Supported, ""},
}

// Keywords is the table of the language, in the order of the documentation.
func Keywords() []Keyword { return slices.Clone(keywords) }

// keyword finds a word in a place.
func keyword(where, name string) (Keyword, bool) {
	for _, k := range keywords {
		if k.Where == where && k.Name == name {
			return k, true
		}
	}
	return Keyword{}, false
}

// unknownHint ends the sentence about a word that the table does not have:
// what it may have meant, or where it belongs.
func (f *findings) unknownHint(where, name string) string {
	if f.full() {
		return ""
	}
	var here []string
	var elsewhere []string
	for _, k := range keywords {
		switch {
		case k.Where == where:
			here = append(here, k.Name)
		case k.Name == name && k.Status != Refused && !slices.Contains(elsewhere, k.Where):
			elsewhere = append(elsewhere, k.Where)
		}
	}
	if near := nearest(name, here); near != "" {
		return "; did you mean " + quoted(near) + "?"
	}
	if len(elsewhere) > 0 {
		return "; it belongs in " + strings.Join(elsewhere, " or ")
	}
	return ""
}

// quoted puts a word of the user into a sentence.
func quoted(word string) string { return `"` + word + `"` }

// meant ends a sentence about an unknown name; but is never suggested.
func (f *findings) meant(name string, names []string, but string) string {
	if f.full() {
		return ""
	}
	const looked = 1000 // names, so that no file makes this the work of minutes
	var others []string
	for _, n := range names[:min(looked, len(names))] {
		if n != but {
			others = append(others, n)
		}
	}
	if near := nearest(name, others); near != "" {
		return "; did you mean " + quoted(near) + "?"
	}
	return ""
}

// nearest finds the word that name is most likely a slip of: at most one edit
// in three letters. Empty when none is near.
func nearest(name string, words []string) string {
	best, least := "", min(3, len(name)/3)+1
	for _, word := range words {
		if d := distance(strings.ToLower(name), word); d < least {
			best, least = word, d
		}
	}
	return best
}

// distance counts the edits from a to b: insert, delete, replace, and swap of
// neighbours (Damerau 1964, "A technique for computer detection and correction
// of spelling errors"). Long words are not compared: no keyword is long.
func distance(a, b string) int {
	const most = 64
	if len(a) > most || len(b) > most {
		return most
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

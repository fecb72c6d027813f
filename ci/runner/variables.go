package runner

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"dasier/ci/lang"
)

// inherited are the variables of the runner's own environment that jobs get:
// what finds programs and says how text is written. Caches, tokens and settings
// of whoever started the runner stay with them.
var inherited = []string{"PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "USER", "LOGNAME"}

// environment is a job's variables in their final form.
type environment struct {
	values  map[string]string
	secrets []string // values that the log must not show
}

// newEnvironment gathers the variables of a job and expands them. Files that
// variables stand for are written.
func newEnvironment(j *job, w *workspace, cfg *Config) (*environment, error) {
	e := &environment{values: map[string]string{}, secrets: []string{j.Token}}
	list := make([]lang.Variable, 0, len(j.Variables)+24)
	position := map[string]int{}
	set := func(key, value string, raw bool) {
		v := lang.Variable{Key: key, Value: value, Raw: raw}
		if at, known := position[key]; known {
			list[at] = v
			return
		}
		position[key] = len(list)
		list = append(list, v)
	}
	for _, name := range slices.Concat(inherited, cfg.Inherit) {
		if value, ok := os.LookupEnv(name); ok {
			set(name, value, true)
		}
	}
	for key, value := range e.own(j, w, cfg) {
		set(key, value, true)
	}
	before := map[string]string{} // so that PATH: "$PATH:more" works
	for _, v := range list {
		before[v.Key] = v.Value
	}
	masked := map[string]bool{"CI_JOB_TOKEN": true}
	for _, v := range j.Variables {
		masked[v.Key] = masked[v.Key] || v.Masked
		if v.File {
			path, err := w.writeVariable(v.Key, v.Value)
			if err != nil {
				return nil, err
			}
			if v.Masked {
				e.secrets = append(e.secrets, v.Value)
			}
			set(v.Key, path, true)
			masked[v.Key] = false
			continue
		}
		value := v.Value
		if outer, known := before[v.Key]; known && !v.Raw {
			value = withOuter(value, v.Key, outer)
		}
		set(v.Key, value, v.Raw)
		if v.Masked {
			// Another variable of the name may hide this one; its value is
			// still a secret.
			e.secrets = append(e.secrets, v.Value)
		}
	}
	for _, v := range lang.ExpandAll(list, nil) {
		e.values[v.Key] = v.Value
		if masked[v.Key] {
			e.secrets = append(e.secrets, v.Value)
		}
	}
	if w.bin != "" {
		e.values["PATH"] = w.bin + string(os.PathListSeparator) + e.values["PATH"]
	}
	e.values[markVariable] = w.root
	return e, nil
}

// withOuter puts the runner's value of a variable into the job's value of the
// same name.
func withOuter(value, key, outer string) string {
	name := regexp.QuoteMeta(key)
	return regexp.MustCompile(`\$(?:`+name+`\b|\{`+name+`\})`).ReplaceAllLiteralString(value, outer)
}

// own are the variables that the runner itself adds.
func (*environment) own(j *job, w *workspace, cfg *Config) map[string]string {
	values := map[string]string{
		"HOME": w.home, "TMPDIR": w.temporary, "SHELL": cfg.shell,
		"CI_PROJECT_DIR": w.project, "CI_BUILDS_DIR": w.builds, "RUNNER_TEMP_PROJECT_DIR": w.temporary,
		"CI_SERVER": "yes", "CI_CONCURRENT_ID": "0", "CI_CONCURRENT_PROJECT_ID": "0", "CI_JOB_STATUS": "running",
		"CI_JOB_TIMEOUT":    strconv.Itoa(int(j.timeout() / time.Second)),
		"CI_RUNNER_VERSION": cfg.Version, "CI_DISPOSABLE_ENVIRONMENT": "false", "CI_SHARED_ENVIRONMENT": "true",
	}
	if w.user != nil {
		values["USER"], values["LOGNAME"] = jobUserName, jobUserName
	}
	if os.Getenv("LANG") == "" && os.Getenv("LC_ALL") == "" {
		values["LANG"] = "C.UTF-8"
	}
	// The dasier program in a job is signed in: who it is comes from these.
	for _, v := range j.Variables {
		switch v.Key {
		case "CI_SERVER_URL":
			values["DASIER_SERVER"] = v.Value
		case "CI_JOB_TOKEN":
			values["DASIER_TOKEN"] = v.Value
		}
	}
	return values
}

// jobUserName is what programs hear that ask for the user's name; the system
// has none for it.
const jobUserName = "job"

// get is the value of a variable; "" when it is not set.
func (e *environment) get(key string) string { return e.values[key] }

// expand puts variables in their places.
func (e *environment) expand(text string) string {
	return lang.Expand(text, func(key string) (string, bool) {
		value, ok := e.values[key]
		return value, ok
	})
}

// list is the environment of a process, with some variables set otherwise.
func (e *environment) list(changed map[string]string) []string {
	values := maps.Clone(e.values)
	maps.Copy(values, changed)
	list := make([]string, 0, len(values))
	for _, key := range slices.Sorted(maps.Keys(values)) {
		list = append(list, key+"="+values[key])
	}
	return list
}

// duration reads a variable such as RUNNER_AFTER_SCRIPT_TIMEOUT: 90s, 5m, 1h.
func (e *environment) duration(key string, otherwise time.Duration) time.Duration {
	if d, err := time.ParseDuration(strings.ReplaceAll(e.get(key), " ", "")); err == nil && d > 0 {
		return d
	}
	return otherwise
}

// writeVariable keeps the value of a file variable.
func (w *workspace) writeVariable(key, value string) (string, error) {
	if key == "" || strings.ContainsAny(key, "/\x00") || strings.HasPrefix(key, ".") {
		return "", &jobError{fmt.Errorf("the variable name %q cannot name a file", key)}
	}
	path := filepath.Join(w.files, key)
	if err := w.write(path, value); err != nil {
		return "", fmt.Errorf("writing the file of variable %s: %w", key, err)
	}
	return path, nil
}

// timeout is how long the job may take.
func (j *job) timeout() time.Duration {
	if j.Runner.Timeout <= 0 {
		return 2 * time.Hour
	}
	return time.Duration(j.Runner.Timeout) * time.Second
}

package lang

import (
	"maps"
	"slices"
	"strings"
)

// Config is a configuration file that was read without problems. It is
// immutable; one Config may be planned many times and at once.
type Config struct {
	file      string
	stages    []string // .pre first, .post last
	variables []Variable
	workflow  workflow
	jobs      []jobConfig
	notices   []string
}

type workflow struct {
	name       string
	rules      []rule
	rulesSet   bool
	autoCancel AutoCancel
}

// The stages that always exist, and those of a file that names none.
const (
	stagePre  = ".pre"
	stagePost = ".post"
	stageTest = "test"
)

var defaultStages = []string{"build", stageTest, "deploy"}

// Stages are all stages of the file in running order, .pre and .post included.
func (c *Config) Stages() []string { return slices.Clone(c.stages) }

// JobNames are the jobs of the file in its order, hidden ones left out.
func (c *Config) JobNames() []string {
	names := make([]string, len(c.jobs))
	for i, job := range c.jobs {
		names[i] = job.job.Name
	}
	return names
}

// Variables are the global ones, with what a form for a manual pipeline shows.
func (c *Config) Variables() []Variable { return slices.Clone(c.variables) }

// Notices say which accepted keywords have no effect, a sentence each.
func (c *Config) Notices() []string { return slices.Clone(c.notices) }

// Parse reads a configuration file. It never panics and reports every problem
// it can find; with a problem there is no Config. file is only a name for
// messages.
func Parse(file string, text []byte) (*Config, Problems) {
	found := newFindings(file)
	t := &tree{findings: found}
	root := t.load(text)
	if root == nil || root.kind == kindBroken {
		return nil, found.sorted()
	}
	r := reader{found}
	if root.kind != kindDict {
		r.wants(root, "", "a mapping of keywords and jobs")
		return nil, found.sorted()
	}
	entries := t.dereference(t.extend(root.entries))
	whole := t.fits(measured(&value{kind: kindDict, entries: entries, at: root.at}), "")
	if whole.kind == kindBroken {
		return nil, found.sorted()
	}
	c := r.config(file, whole)
	if len(found.problems) > 0 {
		return nil, found.sorted()
	}
	c.notices = found.notices
	return c, nil
}

// config reads the file's keywords, then its jobs, then what jobs say of each
// other.
func (r reader) config(file string, root *value) *Config {
	global := fields{set: map[string]entry{}}
	var jobs []entry
	for _, e := range root.entries {
		switch {
		case isReserved(e.key):
			one := r.fields(&value{kind: kindDict, entries: []entry{e}, at: e.at}, "", inFile)
			maps.Copy(global.set, one.set)
		case !strings.HasPrefix(e.key, "."):
			jobs = append(jobs, e)
		}
	}
	c := &Config{file: file}
	c.stages = r.stages(global.get("stages"))
	c.variables = r.variables(global.get("variables"), "variables", true)
	c.workflow = r.workflow(global.get("workflow"))
	defaults := r.defaults(global)
	if len(jobs) > maxJobs {
		r.fail(jobs[maxJobs].at, "jobs."+jobs[maxJobs].key, "the file has %d jobs, more than the %d that may be", len(jobs), maxJobs)
		return c
	}
	for _, e := range jobs {
		if job, ok := r.job(e, defaults, c); ok {
			c.jobs = append(c.jobs, job)
		}
	}
	if len(jobs) == 0 && len(r.problems) == 0 {
		r.fail(root.at, "", "the file has no job that can run: it needs at least one with a script and a name that does not start with a dot")
	}
	copies := 0
	for i := range c.jobs {
		copies += max(1, c.jobs[i].parallel.total)
	}
	if copies > maxJobs {
		r.fail(root.at, "", "parallel makes %d jobs of the file's, more than the %d that may be", copies, maxJobs)
	}
	names := make([]string, len(jobs))
	for i, e := range jobs {
		names[i] = e.key
	}
	r.relations(c, names)
	return c
}

// stages puts .pre and .post around the stages that the file names.
func (r reader) stages(v *value) []string {
	named := r.texts(v, "stages")
	if len(named) == 0 {
		named = defaultStages
	}
	all := []string{stagePre}
	for _, stage := range named {
		switch {
		case strings.TrimSpace(stage) == "":
			r.fail(v.at, "stages", "a stage needs a name")
		case stage != stagePre && stage != stagePost && !slices.Contains(all, stage):
			all = append(all, stage)
		}
	}
	return append(all, stagePost)
}

// globalDefaults are the keywords that may also stand outside of `default`
// ("Globally-defined image, services, cache, before_script, after_script").
var globalDefaults = []string{"image", "services", "before_script", "after_script", "cache"}

// defaults gives the entries that jobs without them take, and reads them once,
// so that a mistake shows even if no job takes it.
func (r reader) defaults(global fields) map[string]entry {
	out := map[string]entry{}
	if v := global.get("default"); v != nil && !r.isDict(v, "default") {
		return out
	} else if v != nil {
		f := r.fields(v, "default", inDefault)
		for name, e := range f.set {
			if k, _ := keyword(inDefault, name); k.Status != Refused {
				out[name] = e
			}
		}
	}
	for _, name := range globalDefaults {
		e, ok := global.set[name]
		if !ok {
			continue
		}
		if _, twice := out[name]; twice {
			r.fail(e.at, name, "%s is also in default; keep that one", quoted(name))
			continue
		}
		out[name] = e
	}
	var probe jobConfig
	r.shared(fields{path: "default", set: out}, &probe)
	return out
}

// isDict tells a mapping, and reports anything else.
func (r reader) isDict(v *value, path string) bool {
	if v.kind != kindDict {
		r.wants(v, path, "a mapping")
	}
	return v.kind == kindDict
}

func (r reader) workflow(v *value) workflow {
	var w workflow
	if silent(v) || !r.isDict(v, "workflow") {
		return w
	}
	f := r.fields(v, "workflow", inWorkflow)
	w.name, _ = r.filled(f.get("name"), f.pathTo("name"))
	w.rules, w.rulesSet = r.rules(f.get("rules"), f.pathTo("rules"), inWorkflowRule)
	w.autoCancel = r.autoCancel(f.get("auto_cancel"), f.pathTo("auto_cancel"))
	return w
}

func (r reader) autoCancel(v *value, path string) AutoCancel {
	var a AutoCancel
	if silent(v) || !r.isDict(v, path) {
		return a
	}
	f := r.fields(v, path, inAutoCancel)
	a.OnNewCommit, _ = r.choice(f.get("on_new_commit"), f.pathTo("on_new_commit"), "conservative", "interruptible", "none")
	a.OnJobFailure, _ = r.choice(f.get("on_job_failure"), f.pathTo("on_job_failure"), "all", "none")
	return a
}

// variables reads a mapping of variables; global ones may have a description
// and options ("variables").
func (r reader) variables(v *value, path string, global bool) []Variable {
	if silent(v) {
		return nil
	}
	if v.kind != kindDict {
		r.wants(v, path, "a mapping of names and values")
		return nil
	}
	if len(v.entries) > maxVariables {
		r.fail(v.at, path, "has %d variables, more than the %d that may be", len(v.entries), maxVariables)
		return nil
	}
	out := make([]Variable, 0, len(v.entries))
	for _, e := range v.entries {
		below := join(path, e.key)
		if !isVariableName(e.key) {
			r.fail(e.at, below, "%s is no name for a variable: letters, digits and _ make one, and no digit comes first", quoted(e.key))
			continue
		}
		if variable, ok := r.variable(e.key, e.value, below, global); ok {
			out = append(out, variable)
		}
	}
	return out
}

func isVariableName(s string) bool {
	return s != "" && nameLength(s) == len(s) && (s[0] < '0' || s[0] > '9')
}

func (r reader) variable(name string, v *value, path string, global bool) (Variable, bool) {
	variable := Variable{Key: name}
	if v.kind != kindDict {
		if v.kind == kindList {
			r.wants(v, path, "a string, a number or a mapping with value, description, options, expand")
			return variable, false
		}
		s, ok := r.scalar(v, path)
		variable.Value = s
		return variable, ok
	}
	f := r.fields(v, path, inVariable)
	if value := f.get("value"); value != nil {
		variable.Value, _ = r.scalar(value, f.pathTo("value"))
	}
	if expanded, ok := r.boolean(f.get("expand"), f.pathTo("expand")); ok {
		variable.Raw = !expanded
	}
	variable.Description, _ = r.text(f.get("description"), f.pathTo("description"))
	variable.Options = r.texts(f.get("options"), f.pathTo("options"))
	if !global && (f.has("description") || f.has("options")) {
		r.fail(f.at, path, "description and options are for global variables only")
	}
	if f.has("options") && len(variable.Options) > 0 && !slices.Contains(variable.Options, variable.Value) {
		r.fail(f.at, path, "its value %q must be one of its options: %s", variable.Value, strings.Join(variable.Options, ", "))
	}
	return variable, true
}

package lang

import (
	"slices"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"
)

// The readers of the larger mappings of a job.

func (r reader) image(v *value, path string) *Image {
	if silent(v) {
		return nil
	}
	if v.kind == kindText {
		name, _ := r.filled(v, path)
		return &Image{Name: name}
	}
	if v.kind != kindDict {
		r.wants(v, path, "the name of an image or a mapping with a name")
		return nil
	}
	f := r.fields(v, path, inImage)
	image := &Image{
		Name:       r.requiredName(f),
		Entrypoint: r.textOrTexts(f.get("entrypoint"), f.pathTo("entrypoint")),
		PullPolicy: r.pullPolicy(f),
	}
	if docker := f.get("docker"); docker != nil && r.isDict(docker, f.pathTo("docker")) {
		d := r.fields(docker, f.pathTo("docker"), inDocker)
		image.User, _ = r.filled(d.get("user"), d.pathTo("user"))
	}
	return image
}

func (r reader) requiredName(f fields) string {
	if !f.has("name") {
		r.fail(f.at, f.path, "must have a name")
	}
	name, _ := r.filled(f.get("name"), f.pathTo("name"))
	return name
}

func (r reader) pullPolicy(f fields) []string {
	return r.choices(f.get("pull_policy"), f.pathTo("pull_policy"), "always", "if-not-present", "never")
}

func (r reader) services(v *value, path string) []Service {
	if silent(v) {
		return nil
	}
	if v.kind != kindList {
		r.wants(v, path, "a list of images")
		return nil
	}
	var services []Service
	for i, item := range v.items {
		below := nth(path, i)
		switch item.kind {
		case kindBroken:
		case kindText:
			name, _ := r.filled(item, below)
			services = append(services, Service{Name: name})
		case kindDict:
			f := r.fields(item, below, inService)
			service := Service{
				Name:       r.requiredName(f),
				Entrypoint: r.textOrTexts(f.get("entrypoint"), f.pathTo("entrypoint")),
				Command:    r.textOrTexts(f.get("command"), f.pathTo("command")),
				PullPolicy: r.pullPolicy(f),
				Variables:  r.variables(f.get("variables"), f.pathTo("variables"), false),
			}
			service.Alias, _ = r.filled(f.get("alias"), f.pathTo("alias"))
			services = append(services, service)
		default:
			r.wants(item, below, "the name of an image or a mapping with a name")
		}
	}
	return services
}

func (r reader) artifacts(v *value, path string) *Artifacts {
	if silent(v) || !r.isDict(v, path) {
		return nil
	}
	f := r.fields(v, path, inArtifacts)
	a := &Artifacts{
		When:    whenSuccess,
		Paths:   r.texts(f.get("paths"), f.pathTo("paths")),
		Exclude: r.texts(f.get("exclude"), f.pathTo("exclude")),
	}
	a.Name, _ = r.filled(f.get("name"), f.pathTo("name"))
	a.ExposeAs, _ = r.filled(f.get("expose_as"), f.pathTo("expose_as"))
	a.Untracked, _ = r.boolean(f.get("untracked"), f.pathTo("untracked"))
	if when, ok := r.choice(f.get("when"), f.pathTo("when"), whenSuccess, whenFailure, whenAlways); ok {
		a.When = when
	}
	a.ExpireIn, a.Never = r.expiry(f.get("expire_in"), f.pathTo("expire_in"))
	if reports := f.get("reports"); reports != nil && r.isDict(reports, f.pathTo("reports")) {
		a.Reports = r.reports(reports, f.pathTo("reports"))
	}
	if a.ExposeAs != "" && len(a.Paths) == 0 {
		r.fail(v.at, path, "expose_as needs paths")
	}
	if !f.has("paths") && !f.has("reports") && !f.has("untracked") {
		r.fail(v.at, path, "keeps nothing: it needs paths, reports or untracked")
	}
	return a
}

// expiry reads artifacts:expire_in, where never is a word.
func (r reader) expiry(v *value, path string) (time.Duration, bool) {
	if v != nil && v.kind == kindText && strings.EqualFold(v.text, "never") {
		return 0, true
	}
	d, _ := r.duration(v, path)
	return d, false
}

func (r reader) reports(v *value, path string) map[string][]string {
	f := r.fields(v, path, inReports)
	reports := map[string][]string{}
	for _, e := range v.entries {
		if k, ok := keyword(inReports, e.key); !ok || k.Status == Refused {
			continue
		}
		if paths := r.textOrTexts(f.get(e.key), f.pathTo(e.key)); len(paths) > 0 {
			reports[e.key] = paths
		}
	}
	return reports
}

// cache reads one mapping or a list of them.
func (r reader) cache(v *value, path string) []Cache {
	if silent(v) {
		return nil
	}
	items := []*value{v}
	if v.kind == kindList {
		items = v.items
	}
	var caches []Cache
	for _, item := range items {
		if item.kind == kindNull || !r.isDict(item, path) {
			continue
		}
		f := r.fields(item, path, inCache)
		c := Cache{Paths: r.texts(f.get("paths"), f.pathTo("paths"))}
		c.Untracked, _ = r.boolean(f.get("untracked"), f.pathTo("untracked"))
		c.Unprotect, _ = r.boolean(f.get("unprotect"), f.pathTo("unprotect"))
		c.FallbackKeys = r.texts(f.get("fallback_keys"), f.pathTo("fallback_keys"))
		c.Policy, _ = r.filled(f.get("policy"), f.pathTo("policy"))
		c.When, _ = r.choice(f.get("when"), f.pathTo("when"), whenSuccess, whenFailure, whenAlways)
		if key := f.get("key"); key != nil && key.kind == kindDict {
			k := r.fields(key, f.pathTo("key"), inCacheKey)
			c.KeyFiles = r.texts(k.get("files"), k.pathTo("files"))
			c.Key, _ = r.text(k.get("prefix"), k.pathTo("prefix"))
		} else if key != nil {
			c.Key, _ = r.scalar(key, f.pathTo("key"))
		}
		caches = append(caches, c)
	}
	return caches
}

func (r reader) environment(v *value, path string) *Environment {
	if silent(v) {
		return nil
	}
	e := &Environment{Action: "start"}
	if v.kind == kindText {
		e.Name, _ = r.filled(v, path)
		return e
	}
	if v.kind != kindDict {
		r.wants(v, path, "a name or a mapping with a name")
		return nil
	}
	f := r.fields(v, path, inEnvironment)
	e.Name = r.requiredName(f)
	e.URL, _ = r.filled(f.get("url"), f.pathTo("url"))
	e.OnStop, _ = r.filled(f.get("on_stop"), f.pathTo("on_stop"))
	if action, ok := r.choice(f.get("action"), f.pathTo("action"), "start", "prepare", "stop", "verify", "access"); ok {
		e.Action = action
	}
	e.Tier, _ = r.choice(f.get("deployment_tier"), f.pathTo("deployment_tier"), "production", "staging", "testing", "development", "other")
	if v := f.get("auto_stop_in"); v != nil && (v.kind != kindText || !strings.EqualFold(v.text, "never")) {
		e.AutoStopIn, _ = r.duration(v, f.pathTo("auto_stop_in"))
	}
	return e
}

// parallel is how a job is multiplied; the zero value leaves it alone.
type parallel struct {
	total  int
	copies [][]Variable // of a matrix, in order
}

// parallel reads a number or a matrix ("parallel:matrix").
func (r reader) parallel(v *value, path string) parallel {
	var p parallel
	switch {
	case silent(v):
	case v.kind == kindNumber:
		p.total, _ = r.integer(v, path, 1, maxParallel)
	case v.kind == kindDict:
		f := r.fields(v, path, inParallel)
		matrix := f.get("matrix")
		if matrix == nil || matrix.kind != kindList || len(matrix.items) == 0 {
			r.fail(v.at, path, "must have a matrix: a list of mappings of variables")
			return p
		}
		for i, item := range matrix.items {
			p.copies = append(p.copies, r.combinations(item, nth(f.pathTo("matrix"), i))...)
			if len(p.copies) > maxParallel {
				r.fail(v.at, path, "makes more than %d jobs", maxParallel)
				return parallel{}
			}
		}
		p.total = len(p.copies)
	default:
		r.wants(v, path, "a number or a mapping with matrix")
	}
	return p
}

// combinations is every choice of one value for each variable, the last one
// changing fastest.
func (r reader) combinations(v *value, path string) [][]Variable {
	if silent(v) || !r.isDict(v, path) {
		return nil
	}
	out := [][]Variable{nil}
	for _, e := range v.entries {
		below := join(path, e.key)
		if !isVariableName(e.key) {
			r.fail(e.at, below, "%s is no name for a variable", quoted(e.key))
			continue
		}
		items := []*value{e.value}
		if e.value.kind == kindList {
			items = e.value.items
		}
		if len(out)*len(items) > maxParallel {
			r.fail(v.at, path, "makes more than %d jobs", maxParallel)
			return nil
		}
		var longer [][]Variable
		for _, chosen := range out {
			for _, item := range items {
				s, ok := r.scalar(item, below)
				if !ok {
					continue
				}
				longer = append(longer, append(slices.Clone(chosen), Variable{Key: e.key, Value: s}))
			}
		}
		out = longer
	}
	if len(out) == 1 && out[0] == nil {
		return nil
	}
	return out
}

// patterns reads the paths of changes and exists, which may hold variables.
func (r reader) patterns(v *value, path string) []string {
	patterns := r.texts(v, path)
	if len(patterns) > maxPatterns {
		r.fail(v.at, path, "has %d patterns, more than the %d that may be", len(patterns), maxPatterns)
	}
	for i, pattern := range patterns {
		if !strings.Contains(pattern, "$") && !doublestar.ValidatePattern(pattern) {
			r.fail(v.at, nth(path, i), "%q is no pattern of paths", pattern)
		}
	}
	return patterns
}

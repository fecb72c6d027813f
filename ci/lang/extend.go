package lang

import (
	"slices"
	"strings"
)

// extender resolves `extends` among the jobs of a file, hidden ones included.
type extender struct {
	*tree
	jobs  map[string]entry
	names []string // in the order of the file, for hints
	done  map[string]*value
	depth map[string]int
	chain []string
}

// extend gives the file's entries with every job's parents merged in.
func (t *tree) extend(entries []entry) []entry {
	x := extender{tree: t, jobs: map[string]entry{}, done: map[string]*value{}, depth: map[string]int{}}
	for _, e := range entries {
		if !isReserved(e.key) {
			x.jobs[e.key] = e
			x.names = append(x.names, e.key)
		}
	}
	out := slices.Clone(entries)
	for i, e := range out {
		if _, isJob := x.jobs[e.key]; isJob {
			out[i].value = x.resolve(e.key)
		}
	}
	return out
}

// resolve merges a job onto its parents: "extends: Merge details" and
// "extends: you can use up to eleven levels".
func (x *extender) resolve(name string) *value {
	if v, ok := x.done[name]; ok {
		return v
	}
	job := x.jobs[name]
	x.depth[name] = 1
	said := job.value.get("extends")
	if job.value.kind != kindDict || !said.isSet() {
		x.done[name] = job.value
		return job.value
	}
	path := "jobs." + name + ".extends"
	own := withoutExtends(job.value)
	parents, ok := x.parents(said, path)
	x.chain = append(x.chain, name)
	defer func() { x.chain = x.chain[:len(x.chain)-1] }()

	merged := &value{kind: kindDict, at: job.value.at, size: 1}
	for _, parent := range parents {
		base, found := x.parent(name, parent, said, path)
		if !found {
			ok = false
			continue
		}
		merged = x.overlay(merged, withoutExtends(base), path)
		x.depth[name] = max(x.depth[name], x.depth[parent]+1)
	}
	if x.depth[name] > maxExtends {
		x.fail(said.at, path, "extends over more than %d levels", maxExtends)
	}
	merged = x.overlay(merged, own, path)
	if !ok && merged.kind == kindDict {
		// Mark the job: what it lacks may be what it failed to inherit.
		mark := entry{"extends", said.at, &value{kind: kindBroken, at: said.at, size: 1}}
		merged = measured(&value{kind: kindDict, at: merged.at, entries: append(slices.Clone(merged.entries), mark)})
	}
	x.done[name] = merged
	return merged
}

// parents reads the names after `extends`.
func (x *extender) parents(said *value, path string) (names []string, ok bool) {
	items := []*value{said}
	if said.kind == kindList {
		items = said.items
	}
	ok = said.kind != kindBroken
	for _, item := range items {
		switch item.kind {
		case kindText, kindNumber:
			names = append(names, item.text)
		case kindBroken:
			ok = false
		default:
			x.fail(item.at, path, "must be the name of a job or a list of names, not %s", item.phrase())
			ok = false
		}
	}
	return names, ok
}

// parent resolves one parent; false after reporting why it cannot be one.
func (x *extender) parent(name, parent string, said *value, path string) (*value, bool) {
	if slices.Contains(x.chain, parent) {
		circle := slices.Concat(x.chain[slices.Index(x.chain, parent):], []string{parent})
		x.fail(said.at, path, "extends goes in a circle: %s", strings.Join(circle, " → "))
		return nil, false
	}
	job, exists := x.jobs[parent]
	switch {
	case !exists && isReserved(parent):
		x.fail(said.at, path, "%s is a keyword of the file and cannot be extended", quoted(parent))
	case !exists:
		x.fail(said.at, path, "extends %s, which is not in this file%s", quoted(parent), x.meant(parent, x.names, name))
	case job.value.kind != kindDict:
		if job.value.kind != kindBroken {
			x.fail(said.at, path, "extends %s, which is %s and not a mapping", quoted(parent), job.value.phrase())
		}
	case len(x.chain) >= maxExtends:
		x.fail(said.at, path, "extends over more than %d levels", maxExtends)
	default:
		base := x.resolve(parent)
		return base, base.kind == kindDict
	}
	return nil, false
}

func withoutExtends(v *value) *value {
	if v.get("extends") == nil {
		return v
	}
	entries := slices.DeleteFunc(slices.Clone(v.entries), func(e entry) bool {
		return e.key == "extends" && e.value.kind != kindBroken
	})
	return measured(&value{kind: kindDict, entries: entries, at: v.at})
}

// isReserved tells whether a word at the top level is a keyword, not a job.
func isReserved(name string) bool {
	_, ok := keyword(inFile, name)
	return ok
}

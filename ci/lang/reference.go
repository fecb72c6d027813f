package lang

import (
	"slices"
	"strings"
)

// resolver puts what `!reference` tags name in their place ("!reference tags").
type resolver struct {
	*tree
	root map[string]*value
	done map[*value]*value
	open map[*value]bool
}

// dereference gives the entries with all references resolved. Hidden jobs stay
// as they are: what nobody names needs no check.
func (t *tree) dereference(entries []entry) []entry {
	r := resolver{tree: t, root: map[string]*value{}, done: map[*value]*value{}, open: map[*value]bool{}}
	for _, e := range entries {
		r.root[e.key] = e.value
	}
	out := slices.Clone(entries)
	for i, e := range out {
		if !strings.HasPrefix(e.key, ".") {
			out[i].value = r.value(e.value, 0, pathOf(e.key))
		}
	}
	return out
}

func (r *resolver) value(v *value, depth int, path string) *value {
	if !v.refers {
		return v
	}
	if known, ok := r.done[v]; ok {
		return known
	}
	var resolved *value
	switch v.kind {
	case kindReference:
		resolved = r.reference(v, depth, path)
	case kindList:
		items := make([]*value, len(v.items))
		for i, item := range v.items {
			items[i] = r.value(item, depth, path)
		}
		resolved = r.fits(measured(&value{kind: kindList, items: items, at: v.at}), path)
	default:
		entries := slices.Clone(v.entries)
		for i, e := range entries {
			entries[i].value = r.value(e.value, depth, join(path, e.key))
		}
		resolved = r.fits(measured(&value{kind: kindDict, entries: entries, at: v.at}), path)
	}
	r.done[v] = resolved
	return resolved
}

func (r *resolver) reference(v *value, depth int, path string) *value {
	bad := &value{kind: kindBroken, at: v.at, size: 1}
	if r.open[v] {
		r.fail(v.at, path, "%s leads back to itself", spelt(v))
		return bad
	}
	if depth >= maxReferences {
		r.fail(v.at, path, "!reference is nested deeper than %d levels", maxReferences)
		return bad
	}
	r.open[v] = true
	defer delete(r.open, v)

	target := r.root[v.items[0].text]
	if target == nil {
		names := make([]string, 0, len(r.root))
		for name := range r.root {
			names = append(names, name)
		}
		slices.Sort(names)
		r.fail(v.at, path, "%s: there is no %s in this file%s", spelt(v), quoted(v.items[0].text), r.meant(v.items[0].text, names, ""))
		return bad
	}
	for i, step := range v.items[1:] {
		if target.kind == kindReference {
			target = r.value(target, depth+1, path)
		}
		if target.kind == kindBroken {
			return bad
		}
		next := target.get(step.text)
		if next == nil {
			r.fail(v.at, path, "%s: there is no %s in %s", spelt(v), quoted(step.text), spelling(v.items[:i+1]))
			return bad
		}
		target = next
	}
	return r.value(target, depth+1, path)
}

func spelt(v *value) string { return "!reference [" + spelling(v.items) + "]" }

func spelling(items []*value) string {
	words := make([]string, len(items))
	for i, item := range items {
		words[i] = item.text
	}
	return strings.Join(words, ", ")
}

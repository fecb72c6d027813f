package lang

import "errors"

// rule is one entry of rules or workflow:rules. Its clauses are joined by and;
// without any it always matches.
type rule struct {
	at   position
	path string

	condition  *expression
	changes    []string
	changesSet bool
	compareTo  string
	exists     []string
	existsSet  bool

	when          string // empty when absent
	allowFailure  *bool
	variables     []Variable
	needs         []Need
	needsAt       []position
	needsSet      bool
	interruptible *bool
	autoCancel    *AutoCancel
}

// rules reads a list of rules; references in it may make nested lists, which
// are laid flat ("rules: nest up to 10 levels").
func (r reader) rules(v *value, path, where string) ([]rule, bool) {
	if silent(v) {
		return nil, false
	}
	if v.kind != kindList {
		r.wants(v, path, "a list of rules")
		return nil, false
	}
	return r.ruleList(v, path, where, 1), true
}

func (r reader) ruleList(v *value, path, where string, depth int) []rule {
	if depth > maxScriptDepth {
		r.fail(v.at, path, "lists are nested deeper than %d levels", maxScriptDepth)
		return nil
	}
	var out []rule
	for i, item := range v.items {
		below := nth(path, i)
		switch item.kind {
		case kindDict:
			out = append(out, r.rule(item, below, where))
		case kindList:
			out = append(out, r.ruleList(item, below, where, depth+1)...)
		default:
			r.wants(item, below, "a mapping with if, changes, exists, when, ...")
		}
	}
	return out
}

func (r reader) rule(v *value, path, where string) rule {
	f := r.fields(v, path, where)
	one := rule{at: v.at, path: path}
	one.condition = r.condition(f.get("if"), f.pathTo("if"))
	r.changes(f.get("changes"), f.pathTo("changes"), &one)
	r.exists(f.get("exists"), f.pathTo("exists"), &one)
	one.variables = r.variables(f.get("variables"), f.pathTo("variables"), false)
	if where == inWorkflowRule {
		one.when, _ = r.choice(f.get("when"), f.pathTo("when"), whenAlways, whenNever)
		if said := f.get("auto_cancel"); said != nil {
			a := r.autoCancel(said, f.pathTo("auto_cancel"))
			one.autoCancel = &a
		}
		return one
	}
	one.when = r.when(f.get("when"), f.pathTo("when"))
	if allow, ok := r.boolean(f.get("allow_failure"), f.pathTo("allow_failure")); ok {
		one.allowFailure = &allow
	}
	if is, ok := r.boolean(f.get("interruptible"), f.pathTo("interruptible")); ok {
		one.interruptible = &is
	}
	one.needs, one.needsAt, one.needsSet = r.needs(f.get("needs"), f.pathTo("needs"))
	return one
}

// condition reads an expression; its problems point into it.
func (r reader) condition(v *value, path string) *expression {
	if v != nil && (v.kind == kindBoolean || v.kind == kindNumber) {
		r.fail(v.at, path, `must be an expression like $CI_COMMIT_BRANCH == "main", not %s`, v.phrase())
		return nil
	}
	s, ok := r.filled(v, path)
	if !ok {
		return nil
	}
	if known := r.parsed[s]; known != nil {
		return known
	}
	e, err := parseExpression(s)
	if wrong, ok := errors.AsType[*exprError](err); ok {
		r.fail(inside(v, wrong.offset), path, "%s (character %d of the expression)", wrong.message, len([]rune(s[:wrong.offset]))+1)
		return nil
	}
	r.parsed[s] = e
	return e
}

// inside is the place of an offset into a text, where the text stands on one
// line of the file; else of the text.
func inside(v *value, offset int) position {
	if v.textAt == (position{}) {
		return v.at
	}
	for _, c := range v.text {
		if c == '\n' {
			return v.at
		}
	}
	return position{v.textAt.line, v.textAt.column + len([]rune(v.text[:offset]))}
}

// changes reads a list of patterns or {paths, compare_to} ("rules:changes").
func (r reader) changes(v *value, path string, one *rule) {
	switch {
	case silent(v):
		return
	case v.kind == kindDict:
		f := r.fields(v, path, inChanges)
		if !f.has("paths") {
			r.fail(v.at, path, "must have paths")
		}
		one.changes = r.patterns(f.get("paths"), f.pathTo("paths"))
		one.compareTo, _ = r.filled(f.get("compare_to"), f.pathTo("compare_to"))
	case v.kind == kindList:
		one.changes = r.patterns(v, path)
	default:
		r.wants(v, path, "a list of patterns or a mapping with paths")
	}
	one.changesSet = true
}

// exists reads a list of patterns or {paths} ("rules:exists").
func (r reader) exists(v *value, path string, one *rule) {
	switch {
	case silent(v):
		return
	case v.kind == kindDict:
		f := r.fields(v, path, inExists)
		if !f.has("paths") {
			r.fail(v.at, path, "must have paths")
		}
		one.exists = r.patterns(f.get("paths"), f.pathTo("paths"))
	case v.kind == kindList:
		one.exists = r.patterns(v, path)
	default:
		r.wants(v, path, "a list of patterns or a mapping with paths")
	}
	one.existsSet = true
}

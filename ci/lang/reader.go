package lang

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// reader turns values into Go's types. Every method reports what it expected
// and answers false or a zero when the value is something else; absent, null
// and broken values answer the same without a word.
type reader struct{ *findings }

func itoa(n int) string { return strconv.Itoa(n) }

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func nth(path string, i int) string { return path + "[" + itoa(i) + "]" }

// pathOf is the path of an entry of the file: jobs are under "jobs".
func pathOf(key string) string {
	if isReserved(key) {
		return key
	}
	return "jobs." + key
}

// silent tells values that need no word.
func silent(v *value) bool { return v == nil || v.kind == kindNull || v.kind == kindBroken }

func (r reader) wants(v *value, path, expected string) {
	if v.kind != kindBroken {
		r.fail(v.at, path, "must be %s, not %s", expected, v.phrase())
	}
}

// fields are the entries of a mapping whose words the table knows.
type fields struct {
	path string
	at   position
	set  map[string]entry
}

func (f fields) get(name string) *value {
	if e, ok := f.set[name]; ok {
		return e.value
	}
	return nil
}

func (f fields) has(name string) bool { _, ok := f.set[name]; return ok }

// pathTo is the path of one field.
func (f fields) pathTo(name string) string { return join(f.path, name) }

// fields checks a mapping's words against the table and gives those with a
// value. A null value is as good as none.
func (r reader) fields(v *value, path, where string) fields {
	f := fields{path: path, at: v.at, set: map[string]entry{}}
	for _, e := range v.entries {
		k, known := keyword(where, e.key)
		switch {
		case !known:
			r.fail(e.at, join(path, e.key), "unknown keyword %s in %s%s", quoted(e.key), where, r.unknownHint(where, e.key))
		case k.Status == Refused:
			r.refuse(e.at, join(path, e.key), k)
			f.set[e.key] = e
		case e.value.kind != kindNull:
			if k.Status == Recorded && k.Note != "" {
				r.notice("%q is kept without effect: %s", join(noticePlace(where), e.key), plain(k.Note))
			}
			f.set[e.key] = e
		}
	}
	return f
}

// noticePlace is where people know a keyword from.
func noticePlace(where string) string {
	if where == inWorkflowRule {
		return inWorkflow
	}
	return where
}

func (r reader) refuse(at position, path string, k Keyword) {
	r.fail(at, path, "%s is GitLab's keyword and not supported here yet: %s", k.Name, plain(k.Note))
}

// plain puts the table's Markdown into a sentence.
func plain(note string) string { return strings.ReplaceAll(note, "`", `"`) }

func (r reader) text(v *value, path string) (string, bool) {
	if silent(v) {
		return "", false
	}
	if v.kind != kindText {
		r.wants(v, path, "a string")
		return "", false
	}
	return v.text, true
}

// filled is a text that says something.
func (r reader) filled(v *value, path string) (string, bool) {
	s, ok := r.text(v, path)
	if ok && strings.TrimSpace(s) == "" {
		r.fail(v.at, path, "must not be empty")
		return "", false
	}
	return s, ok
}

// texts reads a list of strings.
func (r reader) texts(v *value, path string) []string {
	if silent(v) {
		return nil
	}
	if v.kind != kindList {
		r.wants(v, path, "a list of strings")
		return nil
	}
	out := make([]string, 0, len(v.items))
	for i, item := range v.items {
		if item.kind == kindNull {
			r.wants(item, nth(path, i), "a string")
		}
		if s, ok := r.text(item, nth(path, i)); ok {
			out = append(out, s)
		}
	}
	return out
}

// textOrTexts reads one string or a list of them.
func (r reader) textOrTexts(v *value, path string) []string {
	switch {
	case silent(v):
		return nil
	case v.kind == kindText:
		return []string{v.text}
	case v.kind == kindList:
		return r.texts(v, path)
	}
	r.wants(v, path, "a string or a list of strings")
	return nil
}

// script reads one line or nested lists of lines ("script: a string or an
// array, nested up to 10 levels").
func (r reader) script(v *value, path string) []string {
	switch {
	case silent(v):
		return nil
	case v.kind == kindText:
		return []string{v.text}
	case v.kind == kindList:
		return r.lines(v, path, 1)
	}
	r.wants(v, path, "a string or a list of strings")
	return nil
}

func (r reader) lines(v *value, path string, depth int) []string {
	if depth > maxScriptDepth {
		r.fail(v.at, path, "lists are nested deeper than %d levels", maxScriptDepth)
		return nil
	}
	var out []string
	for i, item := range v.items {
		switch item.kind {
		case kindText:
			out = append(out, item.text)
		case kindList:
			out = append(out, r.lines(item, nth(path, i), depth+1)...)
		case kindDict:
			r.fail(item.at, nth(path, i), `must be a string, not a mapping: quote a line that has ": " in it`)
		case kindBroken:
		default:
			r.fail(item.at, nth(path, i), "must be a string, not %s: quote it", item.phrase())
		}
	}
	return out
}

// scalar reads anything written in one word or line, as written.
func (r reader) scalar(v *value, path string) (string, bool) {
	if v.kind == kindBroken {
		return "", false
	}
	switch v.kind {
	case kindNull:
		return "", true
	case kindText, kindNumber, kindBoolean:
		return v.text, true
	}
	r.wants(v, path, "a string or a number")
	return "", false
}

func (r reader) boolean(v *value, path string) (is, ok bool) {
	if silent(v) {
		return false, false
	}
	// YAML 1.1, which GitLab reads, has more words for it.
	if v.kind == kindBoolean || (v.kind == kindText && v.textAt == v.at) {
		switch strings.ToLower(v.text) {
		case "true", "yes", "on":
			return true, true
		case "false", "no", "off":
			return false, true
		}
	}
	r.wants(v, path, "true or false")
	return false, false
}

func (r reader) integer(v *value, path string, low, high int) (int, bool) {
	if silent(v) {
		return 0, false
	}
	n, err := strconv.Atoi(v.text)
	if v.kind != kindNumber || err != nil {
		r.wants(v, path, "a whole number from "+itoa(low)+" to "+itoa(high))
		return 0, false
	}
	if n < low || n > high {
		r.fail(v.at, path, "must be from %d to %d, not %d", low, high, n)
		return 0, false
	}
	return n, true
}

// integers reads one number or a list of them.
func (r reader) integers(v *value, path string, low, high int) []int {
	if silent(v) {
		return nil
	}
	items := []*value{v}
	if v.kind == kindList {
		items = v.items
	}
	var out []int
	for _, item := range items {
		if n, ok := r.integer(item, path, low, high); ok {
			out = append(out, n)
		}
	}
	return out
}

// choice reads one of the words.
func (r reader) choice(v *value, path string, words ...string) (string, bool) {
	if silent(v) {
		return "", false
	}
	if v.kind == kindText && slices.Contains(words, v.text) {
		return v.text, true
	}
	if v.kind == kindText {
		r.fail(v.at, path, "must be one of %s, not %s%s", strings.Join(words, ", "), quoted(v.text), r.meant(v.text, words, ""))
	} else {
		r.wants(v, path, "one of "+strings.Join(words, ", "))
	}
	return "", false
}

// choices reads one of the words or a list of them.
func (r reader) choices(v *value, path string, words ...string) []string {
	if silent(v) {
		return nil
	}
	items := []*value{v}
	if v.kind == kindList {
		items = v.items
	}
	var out []string
	for _, item := range items {
		if s, ok := r.choice(item, path, words...); ok {
			out = append(out, s)
		}
	}
	return out
}

func (r reader) duration(v *value, path string) (time.Duration, bool) {
	if silent(v) {
		return 0, false
	}
	if v.kind != kindText && v.kind != kindNumber {
		r.wants(v, path, `a duration like "1h 30m", "2 days" or a number of seconds`)
		return 0, false
	}
	d, err := ParseDuration(v.text)
	if err != nil {
		r.fail(v.at, path, "%v", err)
		return 0, false
	}
	return d, true
}

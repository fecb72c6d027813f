package rest

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"dasier/forge/auth"
)

// values is what a call was given, as JSON has it. What came as a form has texts
// where JSON has numbers; the readers below take both.
type values map[string]any

// addForm takes a query or form in. "a[b]" is a field of an object, "a[]" an
// entry of a list, as Rack reads them; deeper ones are not used here.
func (v values) addForm(form url.Values) {
	for key, texts := range form {
		name, rest, nested := strings.Cut(key, "[")
		inner := strings.TrimSuffix(rest, "]")
		switch {
		case !nested:
			v[key] = texts[len(texts)-1]
		case inner == "":
			list := make([]any, len(texts))
			for i, text := range texts {
				list[i] = text
			}
			v[name] = list
		default:
			object, ok := v[name].(map[string]any)
			if !ok {
				object = map[string]any{}
				v[name] = object
			}
			object[inner] = texts[len(texts)-1]
		}
	}
}

// reader takes values out, and keeps the first that is wrong.
type reader struct {
	values values
	err    error
}

func (c *call) read() *reader { return &reader{values: c.given} }

func (r *reader) fail(name, why string) {
	if r.err == nil {
		r.err = invalid(name, why)
	}
}

func (r *reader) value(name string) any { return r.values[name] }

// text is "" when it was not given.
func (r *reader) text(name string) string {
	if t := r.someText(name); t != nil {
		return *t
	}
	return ""
}

// needed is a text that must be given.
func (r *reader) needed(name string) string {
	t := r.someText(name)
	if t == nil || *t == "" {
		r.fail(name, "is missing")
		return ""
	}
	return *t
}

// someText is nil when it was not given.
func (r *reader) someText(name string) *string {
	switch t := r.value(name).(type) {
	case nil:
		return nil
	case string:
		return &t
	default:
		r.fail(name, "is invalid")
		return nil
	}
}

// flag is nil when it was not given.
func (r *reader) flag(name string) *bool {
	switch t := r.value(name).(type) {
	case nil:
		return nil
	case bool:
		return &t
	case string:
		yes := slices.Contains([]string{"true", "1", "yes", "on"}, t)
		if !yes && !slices.Contains([]string{"false", "0", "no", "off", ""}, t) {
			r.fail(name, "is invalid")
		}
		return &yes
	default:
		r.fail(name, "is invalid")
		return nil
	}
}

func (r *reader) on(name string) bool {
	f := r.flag(name)
	return f != nil && *f
}

// number is nil when it was not given.
func (r *reader) number(name string) *int64 {
	n, ok := asNumber(r.value(name))
	if !ok {
		r.fail(name, "is invalid")
	}
	return n
}

func asNumber(value any) (*int64, bool) {
	switch t := value.(type) {
	case nil:
		return nil, true
	case float64:
		if t != math.Trunc(t) || math.Abs(t) > 1<<53 {
			return nil, false
		}
		n := int64(t)
		return &n, true
	case string:
		if t == "" {
			return nil, true
		}
		n, err := strconv.ParseInt(t, 10, 64)
		return &n, err == nil
	default:
		return nil, false
	}
}

// count is a number that is 0 when it was not given, and never large.
func (r *reader) count(name string) int {
	n := r.number(name)
	if n == nil {
		return 0
	}
	if *n < 0 || *n > math.MaxInt32 {
		r.fail(name, "is invalid")
		return 0
	}
	return int(*n)
}

// list is nil when it was not given. A text is a list with commas, as old
// clients send it.
func (r *reader) list(name string) []any {
	switch t := r.value(name).(type) {
	case nil:
		return nil
	case []any:
		return t
	case string:
		list := []any{}
		for part := range strings.SplitSeq(t, ",") {
			if part != "" {
				list = append(list, part)
			}
		}
		return list
	default:
		r.fail(name, "is invalid")
		return nil
	}
}

func (r *reader) texts(name string) []string {
	var out []string
	for _, entry := range r.list(name) {
		text, ok := entry.(string)
		if !ok {
			r.fail(name, "is invalid")
			return nil
		}
		out = append(out, text)
	}
	return out
}

// numbers is nil when it was not given. Clients send 0 alone for "none".
func (r *reader) numbers(name string) *[]int64 {
	entries := r.list(name)
	if entries == nil {
		return nil
	}
	out := []int64{}
	for _, entry := range entries {
		n, ok := asNumber(entry)
		if !ok || n == nil {
			r.fail(name, "is invalid")
			return nil
		}
		if *n != 0 {
			out = append(out, *n)
		}
	}
	return &out
}

// objects is a list of objects, each with a reader that reports here.
func (r *reader) objects(name string) []*reader {
	var out []*reader
	for _, entry := range r.list(name) {
		object, ok := entry.(map[string]any)
		if !ok {
			r.fail(name, "is invalid")
			return nil
		}
		out = append(out, &reader{values: object})
	}
	return out
}

// object is nil when it was not given.
func (r *reader) object(name string) *reader {
	switch t := r.value(name).(type) {
	case nil:
		return nil
	case map[string]any:
		return &reader{values: t}
	default:
		r.fail(name, "is invalid")
		return nil
	}
}

// level is an access level that is a role here.
func (r *reader) level(name string) auth.Role {
	n := r.number(name)
	if n == nil {
		r.fail(name, "is missing")
		return auth.None
	}
	role := auth.Role(*n)
	switch role {
	case auth.Guest, auth.Reporter, auth.Developer, auth.Maintainer, auth.Owner:
		return role
	default:
		r.fail(name, "does not have a valid value")
		return auth.None
	}
}

// day is when a day begins on which something ends; nil when it was not given.
func (r *reader) day(name string) *time.Time {
	text := r.text(name)
	if text == "" {
		return nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			return &t
		}
	}
	r.fail(name, "is invalid")
	return nil
}

// unsupported refuses what GitLab takes and this house does not have.
func (r *reader) unsupported(names ...string) {
	for _, name := range names {
		switch t := r.value(name).(type) {
		case nil:
		case bool:
			if t {
				r.fail(name, "is not supported by this server")
			}
		case []any:
			if len(t) > 0 {
				r.fail(name, "is not supported by this server")
			}
		case string:
			if t != "" && t != "false" {
				r.fail(name, "is not supported by this server")
			}
		default:
			r.fail(name, "is not supported by this server")
		}
	}
}

// also takes the faults of an inner reader.
func (r *reader) also(inner *reader) {
	if r.err == nil {
		r.err = inner.err
	}
}

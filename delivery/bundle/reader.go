package bundle

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// maxManifest bounds the text of a manifest.
const maxManifest = 64 << 10

// reader collects what is wrong with one manifest while it is read.
type reader struct {
	file     string
	problems Problems
}

func (r *reader) fail(n *yaml.Node, path, format string, args ...any) {
	p := Problem{File: r.file, Path: path, Message: fmt.Sprintf(format, args...)}
	if n != nil {
		p.Line, p.Column = n.Line, n.Column
	}
	r.problems = append(r.problems, p)
}

// field reads one key's value.
type field func(r *reader, n *yaml.Node, path string)

// read parses the text, which is YAML or (being a part of it) JSON, and gives
// each key of its mapping to its field.
func (r *reader) read(text []byte, fields map[string]field) {
	root := r.load(text)
	if root == nil {
		return
	}
	r.mapping(root, "", fields)
}

func (r *reader) load(text []byte) *yaml.Node {
	if len(text) > maxManifest {
		r.fail(nil, "", "the file has %d bytes, more than the %d that are read", len(text), maxManifest)
		return nil
	}
	if !utf8.Valid(text) {
		r.fail(nil, "", "the file is not UTF-8 text")
		return nil
	}
	loader, err := yaml.NewLoader(bytes.NewReader(text))
	if err != nil {
		r.fail(nil, "", "not valid YAML: %v", err)
		return nil
	}
	var document, next yaml.Node
	if err := loader.Load(&document); err != nil && !errors.Is(err, io.EOF) {
		r.syntax(err)
		return nil
	}
	if len(document.Content) == 0 {
		r.fail(&yaml.Node{Line: 1, Column: 1}, "", "the file is empty")
		return nil
	}
	if err := loader.Load(&next); err == nil {
		r.fail(&next, "", `one file holds one document: take this "---" away`)
		return nil
	} else if !errors.Is(err, io.EOF) {
		r.syntax(err)
		return nil
	}
	return document.Content[0]
}

func (r *reader) syntax(err error) {
	if failure, ok := errors.AsType[*yaml.LoadError](err); ok {
		r.fail(&yaml.Node{Line: failure.Mark.Line, Column: failure.Mark.Column}, "", "not valid YAML: %s", failure.Message)
		return
	}
	r.fail(nil, "", "not valid YAML: %v", err)
}

func (r *reader) mapping(n *yaml.Node, path string, fields map[string]field) {
	r.pairs(n, path, func(key, value *yaml.Node, at string) {
		read, ok := fields[key.Value]
		if !ok {
			r.fail(key, path, "there is no key %q: expected %s", clip(key.Value), strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
			return
		}
		read(r, value, at)
	})
}

// pairs walks a mapping. Anchors and aliases are refused: no manifest needs
// them, and expanding them is how a small file becomes a large one.
func (r *reader) pairs(n *yaml.Node, path string, each func(key, value *yaml.Node, path string)) {
	if n.Kind != yaml.MappingNode {
		r.fail(n, path, "expected keys and values, not %s", describe(n))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			r.fail(key, path, "expected a name, not %s", describe(key))
			continue
		}
		if seen[key.Value] {
			r.fail(key, path, "%q is given twice", clip(key.Value))
			continue
		}
		seen[key.Value] = true
		at := key.Value
		if path != "" {
			at = path + "." + key.Value
		}
		each(key, value, clip(at))
	}
}

// text reads a scalar as it is written: 8080 and true are texts, too.
func text(to *string) field {
	return func(r *reader, n *yaml.Node, path string) {
		if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
			r.fail(n, path, "expected a text, not %s", describe(n))
			return
		}
		if strings.ContainsRune(n.Value, 0) {
			r.fail(n, path, "a text cannot hold the character NUL")
			return
		}
		*to = n.Value
	}
}

// texts reads a list of texts; check says what is wrong with one, or "".
func texts(to *[]string, check func(string) string) field {
	return func(r *reader, n *yaml.Node, path string) {
		if n.Kind != yaml.SequenceNode {
			r.fail(n, path, "expected a list, not %s", describe(n))
			return
		}
		for i, item := range n.Content {
			at, before := path+"["+strconv.Itoa(i)+"]", len(r.problems)
			var one string
			text(&one)(r, item, at)
			if len(r.problems) > before {
				continue
			}
			if wrong := check(one); wrong != "" {
				r.fail(item, at, "%s", wrong)
				continue
			}
			*to = append(*to, one)
		}
	}
}

// table reads a mapping of texts; check says what is wrong with a pair, or "".
func table(to *map[string]string, check func(key, value string) string) field {
	return func(r *reader, n *yaml.Node, path string) {
		*to = map[string]string{}
		r.pairs(n, path, func(key, value *yaml.Node, at string) {
			before := len(r.problems)
			var one string
			text(&one)(r, value, at)
			if len(r.problems) > before {
				return
			}
			if wrong := check(key.Value, one); wrong != "" {
				r.fail(key, at, "%s", wrong)
				return
			}
			(*to)[key.Value] = one
		})
	}
}

func checked(to *string, check func(string) string) field {
	return func(r *reader, n *yaml.Node, path string) {
		before := len(r.problems)
		text(to)(r, n, path)
		if len(r.problems) > before {
			return
		}
		if wrong := check(*to); wrong != "" {
			r.fail(n, path, "%s", wrong)
		}
	}
}

func span(to *time.Duration, most time.Duration) field {
	return func(r *reader, n *yaml.Node, path string) {
		d, err := time.ParseDuration(n.Value)
		if n.Kind != yaml.ScalarNode || err != nil || d <= 0 || d > most {
			r.fail(n, path, "%s: expected a duration such as 30s, at most %s", quote(n), most)
			return
		}
		*to = d
	}
}

var sizeUnits = []struct {
	name  string
	bytes float64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}}

func size(to *int64, least int64) field {
	return func(r *reader, n *yaml.Node, path string) {
		number, unit := n.Value, 1.0
		for _, u := range sizeUnits {
			if rest, ok := strings.CutSuffix(number, u.name); ok {
				number, unit = strings.TrimSpace(rest), u.bytes
				break
			}
		}
		v, err := strconv.ParseFloat(number, 64)
		v *= unit
		if n.Kind != yaml.ScalarNode || err != nil || math.IsNaN(v) || v < float64(least) || v > 1<<50 {
			r.fail(n, path, "%s: expected a size such as 256MiB, at least %dMiB", quote(n), least>>20)
			return
		}
		*to = int64(v)
	}
}

func cores(to *float64) field {
	return func(r *reader, n *yaml.Node, path string) {
		v, err := strconv.ParseFloat(n.Value, 64)
		if n.Kind != yaml.ScalarNode || err != nil || math.IsNaN(v) || v < 0.01 || v > 1024 {
			r.fail(n, path, "%s: expected a number of cores such as 0.5, from 0.01 to 1024", quote(n))
			return
		}
		*to = v
	}
}

func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias: write the value out"
	}
	if n.Tag == "!!null" {
		return "nothing"
	}
	return quote(n)
}

func quote(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode {
		return describe(n)
	}
	return strconv.Quote(clip(n.Value))
}

// clip keeps a refusal readable when the refused text is not.
func clip(s string) string {
	const limit = 80
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}

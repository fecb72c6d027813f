package train

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// maxRecipeBytes bounds what is read: a recipe is written by hand.
const maxRecipeBytes = 1 << 20

// document reads the YAML tree of a recipe and gathers problems. Its methods
// never stop at a problem, so that a person corrects a file in one round.
type document struct {
	file     string
	at       map[string]Position
	problems Problems
}

func (d *document) fail(n *yaml.Node, format string, args ...any) {
	d.failAt(Position{n.Line, n.Column}, format, args...)
}

func (d *document) failAt(at Position, format string, args ...any) {
	at = Position{max(at.Line, 1), max(at.Column, 1)}
	d.problems = append(d.problems, Problem{File: d.file, Position: at, Message: fmt.Sprintf(format, args...)})
}

// root parses the text; nil after a complaint.
func (d *document) root(text []byte) *yaml.Node {
	if len(text) > maxRecipeBytes {
		d.failAt(Position{}, "the recipe has %d bytes, at most %d are read", len(text), maxRecipeBytes)
		return nil
	}
	if !utf8.Valid(text) {
		d.failAt(Position{}, "the recipe is not UTF-8 text")
		return nil
	}
	loader, err := yaml.NewLoader(bytes.NewReader(text))
	if err != nil {
		d.failAt(Position{}, "not valid YAML: %v", err)
		return nil
	}
	var first, second yaml.Node
	err = loader.Load(&first)
	if errors.Is(err, io.EOF) || err == nil && len(first.Content) == 0 {
		d.failAt(Position{}, "the recipe is empty: it needs at least a name, data and candidates")
		return nil
	}
	if err == nil {
		if err = loader.Load(&second); err == nil {
			d.fail(&second, "one recipe is one document: take this second one away")
			return nil
		}
	}
	if !errors.Is(err, io.EOF) {
		d.syntax(err)
		return nil
	}
	return first.Content[0]
}

func (d *document) syntax(err error) {
	var failure *yaml.LoadError
	if !errors.As(err, &failure) {
		d.failAt(Position{}, "not valid YAML: %v", err)
		return
	}
	d.failAt(Position{failure.Mark.Line, failure.Mark.Column}, "not valid YAML: %s", strings.TrimSpace(failure.Message+" "+failure.ContextMsg))
}

// entry is one key of a mapping with its value.
type entry struct {
	key   string
	value *yaml.Node
	path  string
}

// mapping lists the entries of a mapping. Keys that are not among keys are
// refused with the nearest one that is; keys nil allows any.
func (d *document) mapping(n *yaml.Node, path string, keys []string) []entry {
	if n = resolve(n); n.Kind != yaml.MappingNode {
		d.fail(n, "%s must be a mapping of keys to values, it is %s", nameOf(path), describe(n))
		return nil
	}
	var entries []entry
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case key.Kind != yaml.ScalarNode || key.Tag == "!!merge":
			d.fail(key, "%s: a key must be plain text here", nameOf(path))
			continue
		case seen[key.Value]:
			d.fail(key, "the key %q stands twice", key.Value)
			continue
		case keys != nil && !slices.Contains(keys, key.Value):
			d.fail(key, "unknown key %q in %s%s", key.Value, nameOf(path), hint(key.Value, keys))
			continue
		}
		seen[key.Value] = true
		at := key.Value
		if path != "" {
			at = path + "." + key.Value
		}
		value = resolve(value)
		d.at[at] = Position{value.Line, value.Column}
		entries = append(entries, entry{key: key.Value, value: value, path: at})
	}
	return entries
}

func hint(name string, keys []string) string {
	if len(keys) == 0 {
		return ": it has no settings"
	}
	if near := didYouMean(name, keys); near != "" {
		return near
	}
	return ": the keys are " + strings.Join(keys, ", ")
}

// list gives the items of a sequence; a scalar counts as a list of one.
func (d *document) list(n *yaml.Node, path string) []entry {
	n = resolve(n)
	if n.Kind != yaml.SequenceNode {
		if n.Kind == yaml.ScalarNode && n.Tag != "!!null" {
			return []entry{{value: n, path: path}}
		}
		d.fail(n, "%s must be a list, it is %s: begin each of its values with a hyphen", nameOf(path), describe(n))
		return nil
	}
	entries := make([]entry, len(n.Content))
	for i, item := range n.Content {
		item = resolve(item)
		at := path + "[" + strconv.Itoa(i) + "]"
		d.at[at] = Position{item.Line, item.Column}
		entries[i] = entry{value: item, path: at}
	}
	return entries
}

func (d *document) text(n *yaml.Node, path string) string {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		d.fail(n, "%s must be text, it is %s", nameOf(path), describe(n))
		return ""
	}
	return n.Value
}

func (d *document) texts(n *yaml.Node, path string) []string {
	texts := []string{}
	for _, item := range d.list(n, path) {
		texts = append(texts, d.text(item.value, item.path))
	}
	return texts
}

func (d *document) truth(n *yaml.Node, path string) bool {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!bool" {
		if v, err := strconv.ParseBool(strings.ToLower(n.Value)); err == nil {
			return v
		}
	}
	d.fail(n, "%s must be true or false, it is %s", nameOf(path), describe(n))
	return false
}

func (d *document) number(n *yaml.Node, path string) float64 {
	if n.Kind == yaml.ScalarNode && (n.Tag == "!!int" || n.Tag == "!!float") {
		if v, err := strconv.ParseFloat(strings.ReplaceAll(n.Value, "_", ""), 64); err == nil && !math.IsNaN(v) && !math.IsInf(v, 0) {
			return v
		}
	}
	d.fail(n, "%s must be a number, it is %s", nameOf(path), describe(n))
	return math.NaN()
}

// between is a number within bounds, which what describes; NaN and a complaint
// otherwise.
func (d *document) between(n *yaml.Node, path, what string, inside func(float64) bool) float64 {
	v := d.number(n, path)
	if !math.IsNaN(v) && !inside(v) {
		d.fail(n, "%s must be %s, it is %s", nameOf(path), what, n.Value)
		return math.NaN()
	}
	return v
}

func (d *document) whole(n *yaml.Node, path string) uint64 {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!int" {
		if v, err := strconv.ParseUint(n.Value, 10, 63); err == nil {
			return v
		}
	}
	d.fail(n, "%s must be a whole number of at least 0, it is %s", nameOf(path), describe(n))
	return 0
}

func (d *document) choice(n *yaml.Node, path string, names []string) string {
	v := d.text(n, path)
	if v != "" && !slices.Contains(names, v) {
		d.fail(n, "%s cannot be %q%s", nameOf(path), v, choices(v, names))
		return ""
	}
	return v
}

func choices(v string, names []string) string {
	return didYouMean(v, names) + " (one of " + strings.Join(names, ", ") + ")"
}

// resolve follows an alias to what it stands for. The YAML reader refuses
// aliases that contain themselves.
func resolve(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func nameOf(path string) string {
	if path == "" {
		return "the recipe"
	}
	return path
}

func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	default:
		if n.Tag == "!!null" {
			return "empty"
		}
		return strconv.Quote(n.Value)
	}
}

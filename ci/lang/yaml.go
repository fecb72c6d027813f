package lang

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// load reads one YAML document into values with aliases and merge keys in
// place. It answers nil after reporting when there is nothing to go on with.
func (t *tree) load(file []byte) *value {
	if len(file) > maxFileBytes {
		t.fail(position{}, "", "the file has %d bytes, more than the %d that are read", len(file), maxFileBytes)
		return nil
	}
	if !utf8.Valid(file) {
		t.fail(position{}, "", "the file is not UTF-8 text")
		return nil
	}
	loader, err := yaml.NewLoader(bytes.NewReader(file))
	if err != nil {
		t.fail(position{}, "", "not valid YAML: %v", err)
		return nil
	}
	var document, next yaml.Node
	if err := loader.Load(&document); err != nil {
		t.syntax(err, file)
		return nil
	}
	if err := loader.Load(&next); err == nil {
		t.secondDocument(&document, &next)
		return nil
	} else if !errors.Is(err, io.EOF) {
		t.syntax(err, file)
		return nil
	}
	if len(document.Content) == 0 {
		t.fail(position{1, 1}, "", "the file is empty: it needs at least one job with a script")
		return nil
	}
	c := converter{tree: t, done: map[*yaml.Node]*value{}, open: map[*yaml.Node]bool{}}
	return c.value(document.Content[0], 0, "")
}

// secondDocument refuses a file of several documents: GitLab's `spec` header,
// or a mistake.
func (t *tree) secondDocument(first, second *yaml.Node) {
	at := position{second.Line, second.Column}
	if len(first.Content) == 1 && first.Content[0].Kind == yaml.MappingNode {
		for _, key := range first.Content[0].Content {
			if k, _ := keyword(inFile, key.Value); key.Value == "spec" {
				reader{t.findings}.refuse(position{key.Line, key.Column}, "spec", k)
				return
			}
		}
	}
	t.fail(at, "", `one file holds one document: take this "---" away`)
}

// syntax reports what the YAML reader says, with a hint for what people mostly
// do wrong.
func (t *tree) syntax(err error, file []byte) {
	if errors.Is(err, io.EOF) {
		t.fail(position{1, 1}, "", "the file is empty: it needs at least one job with a script")
		return
	}
	var failure *yaml.LoadError
	if !errors.As(err, &failure) {
		t.fail(position{}, "", "not valid YAML: %v", err)
		return
	}
	at := position{failure.Mark.Line, failure.Mark.Column}
	message := failure.Message
	if failure.ContextMsg != "" {
		message += " " + failure.ContextMsg
		if failure.ContextMark.Line > 0 && failure.ContextMark.Line != at.line {
			message += " that starts on line " + itoa(failure.ContextMark.Line)
		}
	}
	t.fail(at, "", "not valid YAML: %s%s", message, syntaxHint(failure.Message, lineOf(file, at.line)))
}

func syntaxHint(message, line string) string {
	indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
	switch {
	case strings.Contains(indent, "\t"):
		return "; YAML is indented with spaces, never with tabs"
	case strings.Contains(message, "mapping values are not allowed"):
		return `; text with ": " in it must be quoted, and a [ or { above must be closed`
	case strings.Contains(message, "did not find expected key"):
		return "; is the line indented like its neighbours?"
	}
	return ""
}

func lineOf(file []byte, n int) string {
	lines := strings.Split(string(file), "\n")
	if n < 1 || n > len(lines) {
		return ""
	}
	return lines[n-1]
}

// converter turns YAML nodes into values. An alias gives the value of its
// anchor, so the work is linear in the file, whatever it expands to.
type converter struct {
	*tree
	done map[*yaml.Node]*value
	open map[*yaml.Node]bool
}

func (c *converter) value(n *yaml.Node, depth int, path string) *value {
	at := position{n.Line, n.Column}
	if v, ok := c.done[n]; ok {
		return v
	}
	bad := &value{kind: kindBroken, at: at, size: 1}
	if depth >= maxNesting {
		c.fail(at, path, "is nested deeper than %d levels", maxNesting)
		return bad
	}
	if n.Kind == yaml.AliasNode {
		if n.Alias == nil {
			return bad
		}
		if c.open[n.Alias] {
			c.fail(at, path, "the alias *%s stands inside its own anchor", n.Value)
			return bad
		}
		return c.value(n.Alias, depth+1, path)
	}
	c.open[n] = true
	defer delete(c.open, n)
	var v *value
	switch n.Kind {
	case yaml.ScalarNode:
		v = c.scalar(n, path)
	case yaml.SequenceNode:
		v = c.sequence(n, depth, path)
	case yaml.MappingNode:
		v = c.mapping(n, depth, path)
	default:
		c.fail(at, path, "cannot be read as a value")
		v = bad
	}
	c.done[n] = v
	return v
}

func (c *converter) scalar(n *yaml.Node, path string) *value {
	v := &value{kind: kindText, text: n.Value, at: position{n.Line, n.Column}, height: 1}
	v.size = 1 + len(v.text)/textPerValue
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
	case n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		v.textAt = position{n.Line, n.Column + 1}
	default:
		v.textAt = v.at
	}
	switch n.ShortTag() {
	case "!!str", "!!timestamp", "!!merge":
		// A date is what its letters are: nothing here wants the day.
	case "!!null":
		v.kind = kindNull
	case "!!bool":
		v.kind = kindBoolean
	case "!!int", "!!float":
		v.kind = kindNumber
	case "!reference":
		c.fail(v.at, path, "!reference takes a list, like !reference [.setup, script]")
		v.kind = kindBroken
	default:
		c.fail(v.at, path, "unknown tag %s", n.ShortTag())
		v.kind = kindBroken
	}
	return v
}

func (c *converter) sequence(n *yaml.Node, depth int, path string) *value {
	v := &value{kind: kindList, at: position{n.Line, n.Column}}
	switch tag := n.ShortTag(); tag {
	case "!!seq":
	case "!reference":
		v.kind = kindReference
	default:
		c.fail(v.at, path, "unknown tag %s", tag)
		return &value{kind: kindBroken, at: v.at, size: 1}
	}
	for _, item := range n.Content {
		v.items = append(v.items, c.value(item, depth+1, path))
	}
	if v.kind == kindReference && !isReferencePath(v.items) {
		c.fail(v.at, path, "!reference takes the names of a job and of keywords in it, like !reference [.setup, script]")
		return &value{kind: kindBroken, at: v.at, size: 1}
	}
	return c.fits(measured(v), path)
}

func isReferencePath(items []*value) bool {
	for _, item := range items {
		if item.kind != kindText && item.kind != kindNumber {
			return false
		}
	}
	return len(items) > 0
}

func (c *converter) mapping(n *yaml.Node, depth int, path string) *value {
	v := &value{kind: kindDict, at: position{n.Line, n.Column}}
	if tag := n.ShortTag(); tag != "!!map" {
		c.fail(v.at, path, "unknown tag %s", tag)
		return &value{kind: kindBroken, at: v.at, size: 1}
	}
	m := merger{place: map[string]int{}, written: map[string]position{}}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, at := n.Content[i], position{n.Content[i].Line, n.Content[i].Column}
		for key.Kind == yaml.AliasNode && key.Alias != nil {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode {
			c.fail(at, path, "a key must be a plain word")
			continue
		}
		below := join(path, key.Value)
		if depth == 0 {
			below = pathOf(key.Value)
		}
		item := c.value(n.Content[i+1], depth+1, below)
		if key.ShortTag() == "!!merge" {
			c.mergeKey(&m, item, at, path)
			continue
		}
		if first, twice := m.written[key.Value]; twice {
			c.fail(at, below, "%s is here for the second time; the first is on line %d", quoted(key.Value), first.line)
			continue
		}
		m.written[key.Value] = at
		m.set(entry{key.Value, at, item})
	}
	v.entries = m.entries
	return c.fits(measured(v), path)
}

// mergeKey takes the mappings of one `<<` in.
func (c *converter) mergeKey(m *merger, v *value, at position, path string) {
	sources := []*value{v}
	if v.kind == kindList {
		// Of a list the earlier wins, so it is laid down last.
		sources = nil
		for _, item := range slices.Backward(v.items) {
			sources = append(sources, item)
		}
	}
	for _, source := range sources {
		if c.work > maxMergeWork {
			return // fits reports it
		}
		switch source.kind {
		case kindDict:
			for _, e := range source.entries {
				if _, written := m.written[e.key]; !written {
					m.set(e)
				}
			}
			c.work += len(source.entries)
		case kindBroken:
		default:
			c.fail(at, path, "`<<` merges mappings, not %s", source.phrase())
		}
	}
}

// merger collects the entries of a mapping: a written key wins over a merged
// one, wherever it stands.
type merger struct {
	entries []entry
	place   map[string]int
	written map[string]position
}

func (m *merger) set(e entry) {
	if i, ok := m.place[e.key]; ok {
		m.entries[i] = e
		return
	}
	m.place[e.key] = len(m.entries)
	m.entries = append(m.entries, e)
}

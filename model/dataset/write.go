package dataset

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"dasier/ml/frame"

	"go.yaml.in/yaml/v4"
)

// YAML writes the contract so that ParseContract reads it back the same.
func (c *Contract) YAML() ([]byte, error) {
	root := &yaml.Node{Kind: yaml.MappingNode}
	rows := &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle}
	if c.MinRows > 0 {
		put(rows, "min", plain(strconv.Itoa(c.MinRows)))
	}
	if c.MaxRows > 0 {
		put(rows, "max", plain(strconv.Itoa(c.MaxRows)))
	}
	if len(rows.Content) > 0 {
		put(root, "rows", rows)
	}
	put(root, "extra_columns", plain(strconv.FormatBool(c.Extra)))
	columns := &yaml.Node{Kind: yaml.MappingNode}
	for _, rule := range c.Columns {
		columns.Content = append(columns.Content, text(rule.Name), rule.node())
	}
	put(root, "columns", columns)
	out, err := yaml.Dump(root, yaml.WithV4Defaults())
	if err != nil {
		return nil, fmt.Errorf("writing contract: %w", err)
	}
	return out, nil
}

func (r *Rule) node() *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	if r.Kind != nil {
		put(n, "kind", plain(r.Kind.String()))
	}
	if !r.Required {
		put(n, "required", plain("false"))
	}
	bound := func(v float64) *yaml.Node {
		if r.Kind != nil && *r.Kind == frame.Time {
			return plain(instant(v))
		}
		return plain(decimal(v))
	}
	if r.Min != nil {
		put(n, "min", bound(*r.Min))
	}
	if r.Max != nil {
		put(n, "max", bound(*r.Max))
	}
	if r.Missing != nil {
		put(n, "missing", plain(decimal(*r.Missing)))
	}
	if r.Unique {
		put(n, "unique", plain("true"))
	}
	if r.Levels != nil {
		levels := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for _, level := range r.Levels {
			levels.Content = append(levels.Content, text(level))
		}
		put(n, "levels", levels)
	}
	if len(n.Content) == 0 {
		n.Style = yaml.FlowStyle
	}
	return n
}

func put(mapping *yaml.Node, key string, value *yaml.Node) {
	mapping.Content = append(mapping.Content, text(key), value)
}

// text is a string scalar: quoted when it would be read as something else.
func text(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	if strings.ContainsAny(s, "\n\r\t\u0085\u2028\u2029") {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

// plain is a scalar that is written as it is.
func plain(s string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: s} }

// decimal writes the shortest digits that read back the same, without an
// exponent where a person would not use one.
func decimal(v float64) string {
	if v == 0 || (v < 1e15 && v > -1e15 && (v > 1e-6 || v < -1e-6)) {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// instant writes seconds since 1970 as a date, or a date and time.
func instant(seconds float64) string {
	t := time.UnixMicro(int64(seconds * 1e6)).UTC()
	if t.Equal(t.Truncate(24 * time.Hour)) {
		return t.Format(time.DateOnly)
	}
	return t.Format(time.RFC3339Nano)
}

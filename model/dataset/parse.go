package dataset

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"dasier/fault"
	"dasier/ml/frame"

	"go.yaml.in/yaml/v4"
)

// ParseContract reads a contract. name is what errors call it: each is a
// fault.Invalid that reads "name:line:column: what".
func ParseContract(name string, text []byte) (*Contract, error) {
	p := parser{name: name}
	var document yaml.Node
	if err := yaml.Load(text, &document); err != nil {
		return nil, p.syntax(err)
	}
	contract := &Contract{Extra: true}
	err := p.mapping(document.Content[0], "the contract", map[string]func(*yaml.Node) error{
		"rows": func(n *yaml.Node) error {
			return p.mapping(n, "rows", map[string]func(*yaml.Node) error{
				"min": func(n *yaml.Node) error { return p.count(n, &contract.MinRows) },
				"max": func(n *yaml.Node) error { return p.count(n, &contract.MaxRows) },
			})
		},
		"extra_columns": func(n *yaml.Node) error { return p.truth(n, &contract.Extra) },
		"columns": func(n *yaml.Node) error {
			return p.pairs(n, "columns", func(key, value *yaml.Node) error {
				rule, err := p.rule(key, value)
				contract.Columns = append(contract.Columns, rule)
				return err
			})
		},
	})
	if err != nil {
		return nil, err
	}
	if contract.MaxRows > 0 && contract.MinRows > contract.MaxRows {
		return nil, p.at(document.Content[0], "rows: min %d is more than max %d", contract.MinRows, contract.MaxRows)
	}
	return contract, nil
}

// parser walks the node tree, which knows lines and columns.
type parser struct{ name string }

func (p parser) at(n *yaml.Node, format string, args ...any) error {
	return fault.Errorf(fault.Invalid, "%s:%d:%d: %s", p.name, n.Line, n.Column, fmt.Sprintf(format, args...))
}

// syntax tells what the YAML library found, and where if it knows.
func (p parser) syntax(err error) error {
	var one *yaml.LoadError
	var many *yaml.LoadErrors
	if errors.As(err, &many) && len(many.Errors) > 0 {
		one = many.Errors[0]
	}
	if one == nil && !errors.As(err, &one) {
		return fault.Errorf(fault.Invalid, "%s: %s", p.name, err.Error())
	}
	if strings.Contains(one.Message, "no documents") {
		return fault.Errorf(fault.Invalid, "%s: the contract is empty", p.name)
	}
	return fault.Errorf(fault.Invalid, "%s:%d:%d: this is not YAML: %s", p.name, max(1, one.Mark.Line), max(1, one.Mark.Column), strings.TrimPrefix(one.Message, "yaml: "))
}

// pairs visits a mapping's keys in order and refuses one that stands twice.
func (p parser) pairs(n *yaml.Node, what string, visit func(key, value *yaml.Node) error) error {
	n = resolve(n)
	if n.Kind != yaml.MappingNode {
		return p.at(n, "%s must be a mapping", what)
	}
	seen := make(map[string]bool)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
			return p.at(key, "%s: a key must be a plain text", what)
		}
		if seen[key.Value] {
			return p.at(key, "%s: %q stands twice", what, key.Value)
		}
		seen[key.Value] = true
		if err := visit(key, value); err != nil {
			return err
		}
	}
	return nil
}

// mapping visits a mapping whose keys are known; any other is refused.
func (p parser) mapping(n *yaml.Node, what string, known map[string]func(*yaml.Node) error) error {
	return p.pairs(n, what, func(key, value *yaml.Node) error {
		read, ok := known[key.Value]
		if !ok {
			return p.at(key, "%s has no key %q: the keys are %s", what, key.Value, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
		return read(resolve(value))
	})
}

// resolve follows an alias to what it names.
func resolve(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		return n.Alias
	}
	return n
}

func (p parser) rule(key, value *yaml.Node) (Rule, error) {
	rule := Rule{Name: key.Value, Required: true}
	if strings.TrimSpace(key.Value) == "" {
		return rule, p.at(key, "a column has no name")
	}
	if v := resolve(value); v.Kind == yaml.ScalarNode && v.Tag == "!!null" {
		return rule, nil // "Street:" alone: it must be there
	}
	var low, high, levels *yaml.Node
	what := fmt.Sprintf("column %q", key.Value)
	err := p.mapping(value, what, map[string]func(*yaml.Node) error{
		"kind": func(n *yaml.Node) error {
			rule.Kind = new(frame.Kind)
			if err := rule.Kind.UnmarshalText([]byte(n.Value)); err != nil {
				return p.at(n, "%s", fault.Message(err))
			}
			return nil
		},
		"required": func(n *yaml.Node) error { return p.truth(n, &rule.Required) },
		"unique":   func(n *yaml.Node) error { return p.truth(n, &rule.Unique) },
		"min":      func(n *yaml.Node) error { low = n; return nil },
		"max":      func(n *yaml.Node) error { high = n; return nil },
		"levels":   func(n *yaml.Node) error { levels = n; return nil },
		"missing": func(n *yaml.Node) error {
			share, ok := frame.ParseNumber(n.Value)
			if n.Kind != yaml.ScalarNode || !ok || share < 0 || share > 1 {
				return p.at(n, "missing must be a share from 0 to 1, got %q", n.Value)
			}
			rule.Missing = &share
			return nil
		},
	})
	if err != nil {
		return rule, err
	}
	// The bounds wait for the kind, which may stand below them.
	if rule.Min, err = p.bound(low, "min", &rule); err != nil {
		return rule, err
	}
	if rule.Max, err = p.bound(high, "max", &rule); err != nil {
		return rule, err
	}
	if rule.Min != nil && rule.Max != nil && *rule.Min > *rule.Max {
		return rule, p.at(low, "%s: min is more than max", what)
	}
	rule.Levels, err = p.levels(levels, &rule)
	return rule, err
}

// bound reads min or max: a number, or a date when the kind is time.
func (p parser) bound(n *yaml.Node, what string, rule *Rule) (*float64, error) {
	if n == nil {
		return nil, nil //nolint:nilnil // no bound is a value of its own
	}
	kind := frame.Number
	if rule.Kind != nil {
		kind = *rule.Kind
	}
	switch kind {
	case frame.Time:
		if seconds, ok := frame.ParseTime(n.Value); n.Kind == yaml.ScalarNode && ok {
			return &seconds, nil
		}
		return nil, p.at(n, "%s of a time must be a date such as 2006-01-02, got %q", what, n.Value)
	case frame.Number:
		if value, ok := frame.ParseNumber(n.Value); n.Kind == yaml.ScalarNode && ok {
			return &value, nil
		}
		return nil, p.at(n, "%s must be a number, got %q", what, n.Value)
	default:
		return nil, p.at(n, "%s is of numbers and times: column %q is a %s", what, rule.Name, kind)
	}
}

func (p parser) levels(n *yaml.Node, rule *Rule) ([]string, error) {
	if n == nil {
		return nil, nil
	}
	if rule.Kind != nil && *rule.Kind != frame.Category {
		return nil, p.at(n, "levels are of categories: column %q is a %s", rule.Name, *rule.Kind)
	}
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		return nil, p.at(n, "levels must be a list of texts")
	}
	var levels []string
	for _, item := range n.Content {
		item = resolve(item)
		if item.Kind != yaml.ScalarNode || item.Tag == "!!null" {
			return nil, p.at(item, "a level must be a text; what may be missing is said by missing")
		}
		if slices.Contains(levels, item.Value) {
			return nil, p.at(item, "level %q stands twice", item.Value)
		}
		levels = append(levels, item.Value) // verbatim: 01 and yes are texts
	}
	return levels, nil
}

func (p parser) count(n *yaml.Node, to *int) error {
	v, err := strconv.Atoi(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil || v < 0 {
		return p.at(n, "expected a whole number from 0, got %q", n.Value)
	}
	*to = v
	return nil
}

func (p parser) truth(n *yaml.Node, to *bool) error {
	if n.Kind != yaml.ScalarNode || (n.Value != "true" && n.Value != "false") {
		return p.at(n, "expected true or false, got %q", n.Value)
	}
	*to = n.Value == "true"
	return nil
}

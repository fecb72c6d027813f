package train

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

func (d *document) candidates(section entry) []Candidate {
	var candidates []Candidate
	for _, item := range d.list(section.value, section.path) {
		candidates = append(candidates, d.candidate(item, algorithmNames())...)
	}
	return candidates
}

// candidate is a name, or a mapping of names to settings.
func (d *document) candidate(item entry, names []string) []Candidate {
	if item.value.Kind == yaml.ScalarNode { // "- linear" means "- linear: {}"
		name := d.choice(item.value, item.path, names)
		if name == "" {
			return nil
		}
		c := Candidate{Algorithm: name}
		d.complete(item, &c)
		return []Candidate{c}
	}
	var candidates []Candidate
	for _, e := range d.mapping(item.value, item.path, names) {
		c := Candidate{Algorithm: e.key}
		if e.value.Kind != yaml.ScalarNode || e.value.Tag != "!!null" {
			d.settings(e, &c)
		}
		d.complete(e, &c)
		candidates = append(candidates, c)
	}
	return candidates
}

// complete fills in what is tried by default, and refuses what cannot do without.
func (d *document) complete(e entry, c *Candidate) {
	a := algorithmNamed(c.Algorithm)
	for _, s := range a.settings {
		if _, given := c.Settings[s.name]; given || s.tries == nil {
			continue
		}
		if c.Settings == nil {
			c.Settings = map[string]Values{}
		}
		c.Settings[s.name] = Values{List: s.tries}
	}
	if a.composed && len(c.Of) < 2 && !d.stands(e.path+".of") {
		d.fail(e.value, "%s is made of other candidates: list at least two, such as %s: {of: [ridge, forest]}", c.Algorithm, c.Algorithm)
	}
}

func (d *document) settings(section entry, c *Candidate) {
	a := algorithmNamed(c.Algorithm)
	known := a.settingNames()
	if a.composed {
		known = append([]string{"of"}, known...)
	}
	for _, e := range d.mapping(section.value, section.path, known) {
		if a.composed && e.key == "of" {
			c.Of = d.below(e)
			continue
		}
		s := a.setting(e.key)
		if c.Settings == nil {
			c.Settings = map[string]Values{}
		}
		c.Settings[s.name] = d.values(e, s)
	}
}

// below are the models that a composed one is made of: each with one value a
// setting, for what is searched is the whole.
func (d *document) below(section entry) []Candidate {
	var simple []string
	for _, a := range algorithms {
		if !a.composed {
			simple = append(simple, a.name)
		}
	}
	var candidates []Candidate
	for _, item := range d.list(section.value, section.path) {
		for _, c := range d.candidate(item, simple) {
			for name, values := range c.Settings {
				switch {
				case d.isDefault(c.Algorithm, name, values):
					delete(c.Settings, name)
				case values.Range != nil || len(values.List) != 1:
					d.fail(item.value, "%s: %s of %s needs one value here: the candidates below are not searched", item.path, name, c.Algorithm)
				}
			}
			candidates = append(candidates, c)
		}
	}
	if len(candidates) < 2 {
		d.fail(section.value, "%s needs at least two candidates to combine", section.path)
	}
	return candidates
}

// isDefault tells a list that nobody wrote.
func (d *document) isDefault(algorithm, name string, values Values) bool {
	s := algorithmNamed(algorithm).setting(name)
	return len(s.tries) > 1 && slices.Equal(s.tries, values.List)
}

// values is one value, a list of them, or a range.
func (d *document) values(e entry, s setting) Values {
	if e.value.Kind == yaml.MappingNode {
		return Values{Range: d.spread(e, s)}
	}
	var values Values
	for _, item := range d.list(e.value, e.path) {
		v, ok := d.value(item, s)
		switch {
		case !ok:
		case slices.Contains(values.List, v):
			d.fail(item.value, "%s: the value %v stands twice", e.path, v)
		default:
			values.List = append(values.List, v)
		}
	}
	if len(values.List) == 0 && e.value.Kind == yaml.SequenceNode && len(e.value.Content) == 0 {
		d.fail(e.value, "%s has no value to try: list one, or take it away", e.path)
	}
	return values
}

// value is one value of a setting, within its bounds.
func (d *document) value(e entry, s setting) (any, bool) {
	switch s.kind {
	case isTruth:
		return d.truth(e.value, e.path), true
	case isWord:
		word := d.choice(e.value, e.path, s.words)
		return word, word != ""
	}
	v := d.between(e.value, e.path, s.bounds(), s.inside)
	return v, !math.IsNaN(v)
}

// spread is {log: [low, high]}, {int: [low, high]} or {range: [low, high]}.
func (d *document) spread(section entry, s setting) *Spread {
	if s.kind != isNumber && s.kind != isWhole {
		d.fail(section.value, "%s is a %s and has no range: list its values", section.path, s.kind)
		return nil
	}
	entries := d.mapping(section.value, section.path, []string{"log", "int", "range"})
	if len(entries) != 1 {
		if len(section.value.Content) != 2 { // an unknown key has had its complaint
			d.fail(section.value, "%s: a range is one of {log: [1, 100]}, {int: [1, 100]} and {range: [0, 1]}", section.path)
		}
		return nil
	}
	e := entries[0]
	if e.value.Kind != yaml.SequenceNode || len(e.value.Content) != 2 {
		d.fail(e.value, "%s must be the lowest and the highest value, such as [1, 100]", e.path)
		return nil
	}
	ends := d.list(e.value, e.path)
	low := d.between(ends[0].value, ends[0].path, s.bounds(), s.inside)
	high := d.between(ends[1].value, ends[1].path, s.bounds(), s.inside)
	switch {
	case math.IsNaN(low) || math.IsNaN(high):
	case low >= high:
		d.fail(e.value, "%s: the lowest value %g is not below the highest, %g", e.path, low, high)
	case e.key == "log" && low <= 0:
		d.fail(e.value, "%s: orders of magnitude begin above 0: use range, or a lowest value above 0", e.path)
	case e.key == "int" && (low != math.Trunc(low) || high != math.Trunc(high)):
		d.fail(e.value, "%s: both ends must be whole numbers", e.path)
	default:
		return &Spread{Low: low, High: high, Log: e.key == "log", Whole: e.key == "int" || s.kind == isWhole}
	}
	return nil
}

func (s setting) inside(v float64) bool {
	return (v > s.min || v == s.min && !s.openMin) && (v < s.max || v == s.max && !s.openMax) && (s.kind != isWhole || v == math.Trunc(v))
}

// bounds says what inside asks for.
func (s setting) bounds() string {
	var parts []string
	if !math.IsInf(s.min, -1) {
		parts = append(parts, map[bool]string{true: "above ", false: "at least "}[s.openMin]+spell(s.min))
	}
	if !math.IsInf(s.max, 1) {
		parts = append(parts, map[bool]string{true: "below ", false: "at most "}[s.openMax]+spell(s.max))
	}
	text := strings.Join(parts, " and ")
	if s.kind == isWhole {
		return strings.TrimSpace("a whole number " + text)
	}
	return text
}

func spell(v any) string {
	if n, ok := v.(float64); ok {
		form := byte('g')
		if math.Abs(n) >= 1e-3 && math.Abs(n) < 1e12 { // "1000000" rather than "1e+06"
			form = 'f'
		}
		return strconv.FormatFloat(n, form, -1, 64)
	}
	return fmt.Sprint(v)
}

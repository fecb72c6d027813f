package sklearn

import (
	"math"
	"slices"

	"dasier/ml/pickle"
	"dasier/ml/stage"
)

// categories are what one column may be, as an encoder was fitted on them.
type categories struct {
	labels  []string // per category; empty where it is the missing one
	names   []string // per category, as Python writes it
	texts   map[string]int
	numbers map[float64]int
	missing int  // the place of the missing category; -1: there is none
	none    bool // the missing category is None, not NaN
	empty   int  // the place of the empty text; -1: it is none of them
	truth   bool // all are True or False, or missing
}

// table is what one output column of an encoder makes of a category.
type table struct {
	keys *categories
	// values per category; without them, 1 for those whose place is hot, else 0.
	values []float64
	place  []int
	hot    int

	unknown        float64
	missing        float64
	refuses        bool // it fails on what it does not know
	refusesMissing bool
}

// readCategories reads one list of them.
func readCategories(p part, column string, list any) (*categories, error) {
	items, ok := pickle.Items(list)
	if !ok {
		return nil, p.wrong("its categories of the column %q are none", column)
	}
	k := &categories{missing: -1, empty: -1, truth: len(items) > 0}
	for i, item := range items {
		_, isTruth := item.(bool)
		text, missing, ok := label(item)
		k.truth = k.truth && (isTruth || missing)
		if item == "" {
			text, missing, ok = "", false, true
			k.empty = i
		}
		switch x, isNumber := pickle.Number(item); {
		case !ok:
			return nil, p.wrong("the category %v of the column %q is no text and no number", item, column)
		case missing:
			k.missing, k.none = i, item == nil
		case isTruth || isNumber:
			if isTruth {
				x = 0
				if item == true {
					x = 1
				}
			}
			if k.numbers == nil {
				k.numbers = make(map[float64]int, len(items))
			}
			k.numbers[x] = i
		default:
			if k.texts == nil {
				k.texts = make(map[string]int, len(items))
			}
			k.texts[text] = i
		}
		k.labels, k.names = append(k.labels, text), append(k.names, written(item, text))
	}
	k.truth = k.truth && len(k.numbers) > 0
	return k, nil
}

// textCategories are categories that are texts, none of them empty.
func textCategories(labels []string) *categories {
	k := &categories{labels: labels, names: labels, texts: make(map[string]int, len(labels)), missing: -1, empty: -1}
	for i, text := range labels {
		k.texts[text] = i
	}
	return k
}

// written is a category as Python's str writes it.
func written(item any, text string) string {
	switch item := item.(type) {
	case nil:
		return "None"
	case bool:
		if item {
			return "True"
		}
		return "False"
	case float64:
		switch {
		case math.IsNaN(item):
			return "nan"
		case item == math.Trunc(item) && math.Abs(item) < 1e16:
			return text + ".0"
		}
	}
	return text
}

// at is what the table makes of category k.
func (t *table) at(k int) float64 {
	switch {
	case k == t.keys.missing:
		return t.missing
	case t.values != nil:
		return t.values[k]
	case t.place[k] == t.hot:
		return 1
	}
	return 0
}

// value is something a column may hold: a number (NaN is missing), a text, or
// what no encoder knows. A level of a category may be read as both.
type value struct {
	text    string
	x       float64
	isText  bool
	unknown bool
}

// of looks a value up; it fails where the encoder does.
func (t *table) of(v value) (x float64, ok bool) {
	if v.unknown {
		return t.unknown, !t.refuses
	}
	if v.isText {
		if k, found := t.keys.texts[v.text]; found {
			return t.at(k), true
		}
	}
	if !math.IsNaN(v.x) {
		if k, found := t.keys.numbers[v.x]; found {
			return t.at(k), true
		}
	}
	if !v.isText && math.IsNaN(v.x) {
		return t.missing, !t.refusesMissing
	}
	return t.unknown, !t.refuses
}

// run does everything that is done to a column to a value; it fails where an
// encoder does.
func (c *column) run(v value) (x float64, ok bool) {
	for _, l := range c.links {
		switch {
		case l.table != nil:
			x, ok := l.table.of(v)
			if !ok {
				return math.NaN(), false
			}
			v = value{x: x}
		case l.words != nil: // scikit-learn fails where there is no text
			return math.NaN(), false
		case l.fill != nil:
			missing := !v.isText && !v.unknown && math.IsNaN(v.x)
			if l.fill.mark == nil && missing || l.fill.mark != nil && v.isText && v.text == *l.fill.mark {
				v = value{text: l.fill.with, x: math.NaN(), isText: true}
			}
		case l.step.Op == "missing":
			missing := !v.isText && !v.unknown && math.IsNaN(v.x)
			v = value{}
			if missing {
				v.x = 1
			}
		case v.unknown:
		case l.step.Op == "impute" || l.step.Op == "replace": // a level stays a level unless it is the one
			before := v.x
			if v.isText && math.IsNaN(before) {
				continue
			}
			v.x = l.step.Compile().Of(before)
			if v.x != before {
				v.text, v.isText = "", false
			}
		default:
			v = value{x: l.step.Compile().Of(v.x)}
		}
	}
	return v.x, true
}

// step says a table as one step on numbers, where it is one.
func (t *table) step() (stage.Step, bool) {
	if t.values != nil || t.unknown != 0 {
		return stage.Step{}, false
	}
	only := -1
	for k, place := range t.place {
		if place == t.hot {
			if only >= 0 {
				return stage.Step{}, false
			}
			only = k
		}
	}
	switch {
	case only < 0 || (t.missing != 0) != (only == t.keys.missing):
		return stage.Step{}, false
	case only == t.keys.missing:
		return stage.Step{Op: "missing"}, true
	}
	for x, k := range t.keys.numbers {
		if k == only {
			return stage.Step{Op: "equals", A: x}, true
		}
	}
	return stage.Step{}, false
}

// encoding says a table as one on numbers.
func (t *table) encoding() *stage.Encoding {
	l := &stage.Encoding{Missing: t.missing, Other: t.unknown}
	if t.refusesMissing {
		l.Missing = math.NaN()
	}
	if t.refuses {
		l.Other = math.NaN()
	}
	for x := range t.keys.numbers {
		l.Keys = append(l.Keys, x)
	}
	slices.Sort(l.Keys)
	for _, x := range l.Keys {
		l.Values = append(l.Values, t.at(t.keys.numbers[x]))
	}
	return l
}

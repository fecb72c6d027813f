package sklearn

import (
	"math"
	"strconv"

	"dasier/ml/pickle"
)

// encoded are the categories of one column as an encoder was fitted on them.
type encoded struct {
	labels  []string // per category; empty where it is the missing one
	missing int      // the place of the missing category; -1: there is none
}

// categories reads what an encoder was fitted on, for its every column.
func categories(p part, d *design) ([]encoded, error) {
	lists, err := p.items("categories_")
	if err != nil {
		return nil, err
	}
	if len(lists) != len(d.columns) {
		return nil, p.wrong("it was fitted on %d columns, there are %d", len(lists), len(d.columns))
	}
	all := make([]encoded, len(lists))
	for j, list := range lists {
		items, ok := pickle.Items(list)
		if !ok {
			return nil, p.wrong("its categories of column %d are none", j)
		}
		e := encoded{missing: -1}
		for k, item := range items {
			text, missing, ok := label(item)
			if !ok {
				return nil, p.wrong("the category %v of the column %q is no text and no number, or an empty text", item, d.columns[j].name)
			}
			if missing {
				e.missing = k
			}
			e.labels = append(e.labels, text)
		}
		all[j] = e
	}
	return all, nil
}

// declare makes the input of a column a category with these levels.
func (d *design) declare(p part, c *column, e encoded, refuses bool) error {
	in := d.in(c)
	if c.table != nil || len(c.steps) > 0 || in.kind == numeric {
		return p.wrong("the column %q is computed with before it is encoded, which is not read: encode it as it comes", c.name)
	}
	known := make(map[string]bool, len(in.levels))
	for _, level := range in.levels {
		known[level] = true
	}
	if in.kind == category && len(in.levels) > 0 && refuses != in.refuses {
		return p.wrong("the column %q is encoded twice, with different rules for unknown categories", c.name)
	}
	in.kind, in.refuses = category, refuses
	for k, level := range e.labels {
		if k != e.missing && !known[level] {
			in.levels, known[level] = append(in.levels, level), true
		}
	}
	return nil
}

// tabulate makes the table of one output column: value by category, and what
// unknown and missing ones give. Without a missing category, a missing value is
// unknown, and an encoder that fails on those needs a value.
func tabulate(c column, e encoded, value func(k int) float64, unknown float64, refuses bool) column {
	t := &table{values: make(map[string]float64, len(e.labels)), unknown: unknown, missing: unknown, missingFails: refuses}
	for k, level := range e.labels {
		if k == e.missing {
			t.missing, t.missingFails = value(k), false
			continue
		}
		t.values[level] = value(k)
	}
	if c.fill != nil {
		v, ok := t.values[*c.fill]
		if ok {
			t.missing, t.missingFails = v, false
		} else {
			t.missing, t.missingFails = unknown, refuses
		}
	}
	c.table, c.fill = t, nil
	return c
}

// grouping reads which categories of a column are infrequent: the place among
// the outputs of every category, and how many places there are.
func grouping(p part, j, n int) (place []int, outputs, infrequent int) {
	place, outputs, infrequent = make([]int, n), n, -1
	for k := range place {
		place[k] = k
	}
	if !p.truth("_infrequent_enabled", false) {
		return place, outputs, infrequent
	}
	maps, ok := pickle.Items(p.get("_default_to_infrequent_mappings"))
	if !ok || j >= len(maps) || maps[j] == nil {
		return place, outputs, infrequent
	}
	array, ok := maps[j].(*pickle.Array)
	if !ok {
		return place, outputs, infrequent
	}
	to, err := array.Floats()
	if err != nil || len(to) < n {
		return place, outputs, infrequent
	}
	outputs = 0
	for k := range place {
		if !(to[k] >= 0 && to[k] < float64(n)) {
			return place, n, -1
		}
		place[k] = int(to[k])
		outputs = max(outputs, place[k]+1)
	}
	return place, outputs, outputs - 1
}

func oneHotEncoder(p part, d *design) (*design, error) {
	all, err := categories(p, d)
	if err != nil {
		return nil, err
	}
	unknown := p.text("handle_unknown")
	drops, _ := pickle.Items(p.get("drop_idx_"))
	grouped, hasGrouped := pickle.Items(p.get("_drop_idx_after_grouping"))
	var out []column
	for j, c := range d.columns {
		e := all[j]
		if err := d.declare(p, &c, e, unknown == "" || unknown == "error"); err != nil {
			return nil, err
		}
		place, outputs, infrequent := grouping(p, j, len(e.labels))
		dropped := -1
		if j < len(drops) {
			if at, ok := pickle.Number(drops[j]); ok && int(at) >= 0 && int(at) < len(place) {
				dropped = place[int(at)]
			}
		}
		if hasGrouped && j < len(grouped) && infrequent >= 0 {
			if at, ok := pickle.Number(grouped[j]); ok {
				dropped = int(at)
			}
		}
		for o := range outputs {
			if o == dropped {
				continue
			}
			elsewhere := 0.0
			if o == infrequent && (unknown == "infrequent_if_exist" || unknown == "warn") {
				elsewhere = 1
			}
			hot := tabulate(c, e, func(k int) float64 {
				if place[k] == o {
					return 1
				}
				return 0
			}, elsewhere, unknown == "" || unknown == "error")
			hot.name = c.name + "=" + nameOf(e, place, o, infrequent)
			out = append(out, hot)
		}
	}
	design := d.with(out)
	design.sparse = p.truth("sparse_output", p.truth("sparse", true))
	if v, ok := p.get("sparse").(bool); ok && p.version() == 102 { // 1.2 has both names: "deprecated" stands in the old one
		design.sparse = v
	}
	return design, nil
}

func nameOf(e encoded, place []int, o, infrequent int) string {
	if o == infrequent {
		return "infrequent"
	}
	for k, at := range place {
		if at == o {
			if k == e.missing {
				return "missing"
			}
			return e.labels[k]
		}
	}
	return strconv.Itoa(o)
}

func ordinalEncoder(p part, d *design) (*design, error) {
	all, err := categories(p, d)
	if err != nil {
		return nil, err
	}
	if p.truth("_infrequent_enabled", false) {
		return nil, p.wrong("it groups infrequent categories, which is not read: leave min_frequency and max_categories out")
	}
	unknown, refuses := math.NaN(), p.text("handle_unknown") != "use_encoded_value"
	if !refuses {
		if unknown, err = p.number("unknown_value"); err != nil {
			return nil, err
		}
	}
	missing := math.NaN()
	if x, ok := pickle.Number(p.get("encoded_missing_value")); ok {
		missing = x
	}
	out := make([]column, len(d.columns))
	for j, c := range d.columns {
		e := all[j]
		if err := d.declare(p, &c, e, refuses); err != nil {
			return nil, err
		}
		out[j] = tabulate(c, e, func(k int) float64 {
			if k == e.missing {
				return missing
			}
			return float64(k)
		}, unknown, refuses)
	}
	design := d.with(out)
	design.sparse = false
	return design, nil
}

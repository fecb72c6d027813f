package sklearn

import (
	"math"

	"dasier/ml/pickle"
)

func encoderFamily(class string) transformer {
	switch class {
	case "OneHotEncoder":
		return oneHotEncoder
	case "OrdinalEncoder":
		return ordinalEncoder
	case "TargetEncoder":
		return targetEncoder
	case "LabelEncoder":
		return labelEncoder
	case "LabelBinarizer":
		return labelBinarizer
	}
	return nil
}

// known reads what an encoder was fitted on, for its every column, and tells
// the inputs.
func (d *design) known(p part, refuses bool) ([]*categories, error) {
	lists, err := p.items("categories_")
	if err != nil {
		return nil, err
	}
	if len(lists) != len(d.columns) {
		return nil, p.wrong("it was fitted on %d columns, there are %d", len(lists), len(d.columns))
	}
	all := make([]*categories, len(lists))
	for j, list := range lists {
		if all[j], err = readCategories(p, d.columns[j].name, list); err != nil {
			return nil, err
		}
		if err := d.declare(p, &d.columns[j], all[j], refuses); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// declare tells the input of a column which categories an encoder knows, and
// what becomes of the others.
func (d *design) declare(p part, c *column, k *categories, refuses bool) error {
	in := d.in(c)
	if err := d.emptyText(p, c, k); err != nil {
		return err
	}
	if len(k.texts) > 0 {
		for _, l := range c.links {
			if l.fill == nil {
				return p.wrong("the column %q is computed with before its texts are encoded", c.name)
			}
		}
		if in.numbers || c.input < 0 {
			return p.wrong("the column %q holds texts here, and numbers where something computes with it", c.name)
		}
		in.texts = true
	}
	t := &table{keys: k, values: make([]float64, len(k.labels)), refuses: refuses, refusesMissing: refuses && k.missing < 0}
	guard := c.thenLink(link{table: t})
	if c.input >= 0 {
		if _, ok := guard.run(value{x: math.NaN()}); !ok {
			in.required = true
		}
	}
	if c.raw() {
		in.encoded = append(in.encoded, guard)
		return nil
	}
	if !refuses {
		return nil
	}
	one, err := d.with([]column{guard}).materialize(p, takesMissing)
	d.builder.guards = append(d.builder.guards, one...)
	return err
}

// emptyText makes an empty text the missing category: from a client, it means
// missing. Where both mean something else, they cannot be told apart.
func (d *design) emptyText(p part, c *column, k *categories) error {
	if k.empty < 0 {
		return nil
	}
	same := k.missing < 0
	for _, l := range c.links {
		if l.fill != nil && l.fill.mark == nil && l.fill.with != "" {
			same = false
		}
	}
	if !same {
		return p.wrong("the column %q has an empty text for a category, and missing values besides: an empty text that is sent means missing. Fill one of them in before training", c.name)
	}
	k.missing = k.empty
	return nil
}

// encode puts a column through a table, of which its input is told.
func (d *design) encode(p part, c *column, k *categories, t table) (column, error) {
	if err := d.declare(p, c, k, t.refuses); err != nil {
		return column{}, err
	}
	return tabled(c, t, k, c.name), nil
}

// tabled gives the columns of tables over a column, with what is common to an
// encoder's tables filled in.
func tabled(c *column, t table, k *categories, name string) column {
	t.keys = k
	if k.missing < 0 {
		t.missing, t.refusesMissing = t.unknown, t.refuses
	}
	out := c.thenLink(link{table: &t})
	out.name = name
	return out
}

func ordinalEncoder(p part, d *design) (*design, error) {
	unknown, refuses := math.NaN(), p.text("handle_unknown") != "use_encoded_value"
	if !refuses {
		var err error
		if unknown, err = p.number("unknown_value"); err != nil {
			return nil, err
		}
	}
	all, err := d.known(p, refuses)
	if err != nil {
		return nil, err
	}
	missing := math.NaN()
	if x, ok := pickle.Number(p.get("encoded_missing_value")); ok {
		missing = x
	}
	out := make([]column, len(d.columns))
	for j := range d.columns {
		k := all[j]
		place, _, _ := grouping(p, j, len(k.labels))
		t := table{values: make([]float64, len(k.labels)), unknown: unknown, missing: missing, refuses: refuses}
		for at := range t.values {
			t.values[at] = float64(place[at])
		}
		if k.missing >= 0 && (k.none || k.missing == k.empty) { // these are categories like others
			t.missing = t.values[k.missing]
		}
		out[j] = tabled(&d.columns[j], t, k, d.columns[j].name)
	}
	return d.with(out).dense(), nil
}

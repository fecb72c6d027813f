package sklearn

import (
	"math"
	"slices"

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
	if _, ok := p.attribute("categories_"); !ok {
		return oldOneHotEncoder(p, d)
	}
	if d, rest, err := someColumns(p, d); err != nil || rest != nil {
		if err != nil {
			return nil, err
		}
		hot, err := oneHot(p, d)
		if err != nil {
			return nil, err
		}
		hot.columns = append(hot.columns, rest...)
		return hot, nil
	}
	return oneHot(p, d)
}

// someColumns are those that an encoder before 0.22 was told to encode; the rest
// it puts behind them.
func someColumns(p part, d *design) (some *design, rest []column, err error) {
	v := p.get("categorical_features")
	if v == nil || v == "all" {
		return d, nil, nil
	}
	places, err := chosen(p, v, d.names())
	if err != nil {
		return nil, nil, err
	}
	taken, rest := make([]bool, len(d.columns)), []column{}
	some = d.with(nil)
	for _, j := range places {
		some.columns, taken[j] = append(some.columns, d.columns[j]), true
	}
	for j, c := range d.columns {
		if !taken[j] {
			rest = append(rest, c)
		}
	}
	return some, rest, nil
}

func oneHot(p part, d *design) (*design, error) {
	unknown := p.text("handle_unknown")
	refuses := unknown == "" || unknown == "error"
	all, err := d.known(p, refuses)
	if err != nil {
		return nil, err
	}
	drops, _ := pickle.Items(p.get("drop_idx_"))
	grouped, hasGrouped := pickle.Items(p.get("_drop_idx_after_grouping"))
	var out []column
	for j := range d.columns {
		c, k := &d.columns[j], all[j]
		place, outputs, infrequent := grouping(p, j, len(k.labels))
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
			t := table{place: place, hot: o, refuses: refuses}
			if k.missing >= 0 && place[k.missing] == o {
				t.missing = 1
			}
			if o == infrequent && (unknown == "infrequent_if_exist" || unknown == "warn") {
				t.unknown = 1
			}
			out = append(out, tabled(c, t, k, c.name+"_"+categoryName(k, place, o, infrequent)))
		}
	}
	design := d.with(out)
	design.sparse = p.truth("sparse_output", p.truth("sparse", true))
	if v, ok := p.get("sparse").(bool); ok && p.version() == 102 { // 1.2 has both names: "deprecated" stands in the old one
		design.sparse = v
	}
	return design, nil
}

func categoryName(k *categories, place []int, o, infrequent int) string {
	if o == infrequent {
		return "infrequent_sklearn"
	}
	for at, to := range place {
		if to == o {
			return k.names[at]
		}
	}
	return ""
}

// oldOneHotEncoder reads the one before 0.20, of whole numbers from 0: the
// columns that it encodes come first, then those that it leaves.
func oldOneHotEncoder(p part, d *design) (*design, error) {
	starts, err := p.floats("feature_indices_")
	if err != nil {
		return nil, p.wrong("it has no categories_: was it fitted?")
	}
	var active []float64
	if p.get("active_features_") != nil {
		if active, err = p.floats("active_features_"); err != nil {
			return nil, err
		}
	}
	d, rest, err := someColumns(p, d)
	if err != nil {
		return nil, err
	}
	if len(starts) != len(d.columns)+1 {
		return nil, p.wrong("it has %d places for %d columns", len(starts), len(d.columns))
	}
	refuses := p.text("handle_unknown") != "ignore"
	var out []column
	for j := range d.columns {
		c, k := &d.columns[j], &categories{missing: -1, empty: -1, numbers: map[float64]int{}}
		if !(starts[j+1]-starts[j] <= maxWide) {
			return nil, p.wrong("it encodes more than %d categories of the column %q", maxWide, c.name)
		}
		for v := starts[j]; v < starts[j+1]; v++ {
			if active != nil && !slices.Contains(active, v) {
				continue
			}
			k.numbers[v-starts[j]] = len(k.labels)
			text, _, _ := label(v - starts[j])
			k.labels, k.names = append(k.labels, text), append(k.names, text)
		}
		if err := d.declare(p, c, k, refuses); err != nil {
			return nil, err
		}
		place := everyColumn(len(k.labels))
		for o := range k.labels {
			out = append(out, tabled(c, table{place: place, hot: o, refuses: refuses}, k, c.name+"_"+k.names[o]))
		}
	}
	design := d.with(append(out, rest...))
	design.sparse = p.truth("sparse", true)
	return design, nil
}

// maxWide bounds the columns that one input becomes.
const maxWide = 100_000

func everyColumn(n int) []int {
	all := make([]int, n)
	for j := range all {
		all[j] = j
	}
	return all
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

// targetEncoder gives every category the mean of the target over its rows; what
// it does not know, the mean over all.
func targetEncoder(p part, d *design) (*design, error) {
	all, err := d.known(p, false)
	if err != nil {
		return nil, err
	}
	encodings, err := p.items("encodings_")
	if err != nil {
		return nil, err
	}
	means, err := p.floats("target_mean_")
	if err != nil {
		return nil, err
	}
	if len(means) == 0 || len(encodings) != len(d.columns)*len(means) {
		return nil, p.wrong("it has %d encodings for %d columns and %d means", len(encodings), len(d.columns), len(means))
	}
	var classes []string
	if len(means) > 1 {
		if classes, err = p.classes(); err != nil {
			return nil, err
		}
	}
	var out []column
	for j := range d.columns {
		for m, mean := range means { // of several classes, one encoding each
			k := all[j]
			list, _ := pickle.Items(encodings[j*len(means)+m])
			if len(list) != len(k.labels) {
				return nil, p.wrong("it has %d encodings for %d categories of the column %q", len(list), len(k.labels), d.columns[j].name)
			}
			t := table{values: make([]float64, len(list)), unknown: mean}
			for at, item := range list {
				x, ok := pickle.Number(item)
				if !ok {
					return nil, p.wrong("it encodes a category of the column %q as %v", d.columns[j].name, item)
				}
				t.values[at] = x
			}
			if k.missing >= 0 {
				t.missing = t.values[k.missing]
			}
			name := d.columns[j].name
			if m < len(classes) {
				name += "_" + classes[m]
			}
			out = append(out, tabled(&d.columns[j], t, k, name))
		}
	}
	return d.with(out).dense(), nil
}

// labelEncoder numbers the classes of a target; as a model of its own.
func labelEncoder(p part, d *design) (*design, error) {
	k, err := labelKeysOf(p, d, true)
	if err != nil {
		return nil, err
	}
	c := &d.columns[0]
	t := table{values: make([]float64, len(k.labels)), refuses: true, unknown: math.NaN()}
	for at := range t.values {
		t.values[at] = float64(at)
	}
	if k.missing >= 0 {
		t.missing = t.values[k.missing]
	}
	return d.with([]column{tabled(c, t, k, c.name)}).dense(), nil
}

// labelBinarizer gives an indicator per class; of two classes, of the second.
func labelBinarizer(p part, d *design) (*design, error) {
	k, err := labelKeysOf(p, d, false)
	if err != nil {
		return nil, err
	}
	if kind := p.text("y_type_"); kind != "binary" && kind != "multiclass" && kind != "" {
		return nil, p.wrong("it was fitted on a %s target. One class per row is read", kind)
	}
	negative, positive := 0.0, 1.0
	if x, ok := pickle.Number(p.get("neg_label")); ok {
		negative = x
	}
	if x, ok := pickle.Number(p.get("pos_label")); ok {
		positive = x
	}
	var out []column
	c := &d.columns[0]
	for o := range k.labels {
		if len(k.labels) <= 2 && o == 0 && len(k.labels) == 2 {
			continue
		}
		t := table{values: make([]float64, len(k.labels)), unknown: negative}
		for at := range t.values {
			t.values[at] = negative
		}
		if len(k.labels) > 1 { // one class alone is always negative
			t.values[o] = positive
		}
		if k.missing >= 0 {
			t.missing = t.values[k.missing]
		}
		out = append(out, tabled(c, t, k, k.names[o]))
	}
	design := d.with(out)
	design.sparse = p.truth("sparse_output", false)
	return design, nil
}

// labelKeysOf are the classes of an encoder of a target, which has one column.
func labelKeysOf(p part, d *design, refuses bool) (*categories, error) {
	if len(d.columns) != 1 {
		return nil, p.wrong("it encodes one column, there are %d", len(d.columns))
	}
	k, err := readCategories(p, d.columns[0].name, p.get("classes_"))
	if err != nil {
		return nil, err
	}
	return k, d.declare(p, &d.columns[0], k, refuses)
}

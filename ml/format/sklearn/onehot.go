package sklearn

import (
	"slices"

	"dasier/ml/pickle"
)

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
		return oldOneHotEncoder(p, d, "")
	}
	// With a number of values given, 0.20 and 0.21 went by that, and wrote too
	// few categories.
	if p.truth("_legacy_mode", false) && p.get("_feature_indices_") != nil && p.get("_active_features_") == nil {
		return oldOneHotEncoder(p, d, "_")
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
		if err := d.builder.encode(p, len(k.labels), outputs); err != nil {
			return nil, err
		}
		if err := d.builder.widen(p, outputs, len(c.name)); err != nil {
			return nil, err
		}
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
// columns that it encodes come first, then those that it leaves. Its attributes
// got a prefix later.
func oldOneHotEncoder(p part, d *design, prefix string) (*design, error) {
	starts, err := p.floats(prefix + "feature_indices_")
	if err != nil {
		return nil, p.wrong("it has no categories_: was it fitted?")
	}
	var active []float64
	if p.get(prefix+"active_features_") != nil {
		if active, err = p.floats(prefix + "active_features_"); err != nil {
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
		width := int(max(starts[j+1]-starts[j], 0))
		if err := d.builder.encode(p, max(width, len(active)), width); err != nil {
			return nil, err
		}
		if err := d.builder.widen(p, width, len(c.name)); err != nil {
			return nil, err
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

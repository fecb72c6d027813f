package sklearn

import (
	"math"

	"dasier/ml/pickle"
)

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

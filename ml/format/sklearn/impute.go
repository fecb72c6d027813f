package sklearn

import (
	"math"

	"dasier/ml/pickle"
	"dasier/ml/stage"
)

func (r *reader) imputerFamily(class string) transformer {
	switch class {
	case "SimpleImputer", "Imputer":
		return simpleImputer
	case "KNNImputer":
		return knnImputer
	case "MissingIndicator":
		return func(p part, d *design) (*design, error) {
			mark, err := missingMark(p)
			if err != nil {
				return nil, err
			}
			columns, err := indicated(p, d, mark)
			return d.with(columns).dense(), err
		}
	case "IterativeImputer":
		return r.iterativeImputer
	}
	return nil
}

// mark is what an imputer takes for missing: a number (NaN: a missing value), or
// a text.
type mark struct {
	x    float64
	text *string
}

// missingMark reads it.
func missingMark(p part) (mark, error) {
	v, given := p.attribute("missing_values")
	if text, ok := v.(string); ok {
		if _, old := p.attribute("axis"); old && text == "NaN" { // Imputer, before 0.20
			return mark{x: math.NaN()}, nil
		}
		return mark{text: &text}, nil
	}
	if _, isGlobal := v.(pickle.Global); !given || v == nil || isGlobal { // None, or pandas' NA
		return mark{x: math.NaN()}, nil
	}
	if x, ok := pickle.Number(v); ok {
		return mark{x: x}, nil
	}
	if o, ok := v.(*pickle.Object); ok && o.Class.Name == "NAType" {
		return mark{x: math.NaN()}, nil
	}
	return mark{}, p.wrong("it takes %v for missing. Numbers, texts, None and NaN are read", v)
}

// fill is the step that writes x in place of what is missing.
func (m mark) fill(x float64) stage.Step {
	if math.IsNaN(m.x) {
		return stage.Step{Op: "impute", A: x}
	}
	return stage.Step{Op: "replace", A: m.x, B: x}
}

// simpleImputer fills what is missing, drops columns that had no value when it
// was fitted, and may append indicators.
func simpleImputer(p part, d *design) (*design, error) {
	if axis, ok := pickle.Number(p.get("axis")); ok && axis != 0 {
		return nil, p.wrong("it fills rows by their own means (axis=1), which is not read")
	}
	statistics, err := p.items("statistics_")
	if err != nil {
		return nil, err
	}
	if len(statistics) != len(d.columns) {
		return nil, p.wrong("its statistics_ are of %d columns, there are %d", len(statistics), len(d.columns))
	}
	m, err := missingMark(p)
	if err != nil {
		return nil, err
	}
	var out []column
	for j := range d.columns {
		c, keep, err := m.imputed(p, d, d.columns[j], statistics[j])
		if err != nil {
			return nil, err
		}
		if keep {
			out = append(out, c)
		}
	}
	more, err := indicators(p, d, m)
	return d.with(append(out, more...)), err
}

// imputed fills one column; it is dropped where it had no value at all.
func (m mark) imputed(p part, d *design, c column, statistic any) (column, bool, error) {
	if text, isText := statistic.(string); isText {
		in := d.in(&c)
		if !c.text() || in.numbers || !math.IsNaN(m.x) && m.text == nil {
			return c, false, p.wrong("it fills the text %q into the column %q, which holds numbers", text, c.name)
		}
		in.texts = true
		return c.thenLink(link{fill: &filling{mark: m.text, with: text}}), true, nil
	}
	x, ok := pickle.Number(statistic)
	if truth, isTruth := statistic.(bool); isTruth {
		ok = true
		if truth {
			x = 1
		}
	}
	if statistic == nil { // None was the most frequent value, and is what fills: as missing as what it fills
		return c, true, nil
	}
	if !ok {
		return c, false, p.wrong("it fills %v into the column %q", statistic, c.name)
	}
	if math.IsNaN(x) && !p.truth("keep_empty_features", false) && p.text("strategy") != "constant" {
		return c, false, nil
	}
	if c.text() && d.in(&c).texts || m.text != nil {
		return c, false, p.wrong("it fills the number %v into the column %q, which holds texts", x, c.name)
	}
	if math.IsNaN(x) && p.truth("keep_empty_features", false) { // kept, and 0
		x = 0
	}
	return c.then(m.fill(x)), true, nil
}

// indicators are the columns of an imputer's indicator, where it has one.
func indicators(p part, d *design, m mark) ([]column, error) {
	indicator, ok := p.child("indicator_")
	if !ok {
		return nil, nil
	}
	return indicated(indicator, d, m)
}

// indicated tells of the columns of an indicator whether they are missing.
func indicated(p part, d *design, m mark) ([]column, error) {
	features, err := p.floats("features_")
	if err != nil {
		return nil, err
	}
	if m.text != nil {
		return nil, p.wrong("it tells where the text %q stands, which is not read", *m.text)
	}
	out := make([]column, len(features))
	for k, f := range features {
		if !(f >= 0 && f < float64(len(d.columns))) {
			return nil, p.wrong("it tells of column %v, there are %d", f, len(d.columns))
		}
		c := d.columns[int(f)]
		if math.IsNaN(m.x) {
			c = c.then(stage.Step{Op: "missing"})
		} else {
			if err := d.number(p, &c); err != nil {
				return nil, err
			}
			c = c.then(stage.Step{Op: "equals", A: m.x})
		}
		c.name = "missingindicator_" + c.name
		out[k] = c
	}
	return out, nil
}

// marked gives a design of numbers in which what is missing is NaN.
func (m mark) marked(p part, d *design) (*design, error) {
	if m.text != nil {
		return nil, p.wrong("it takes the text %q for missing, which is not read: numbers and NaN are", *m.text)
	}
	return d.each(p, func(int) []stage.Step {
		if math.IsNaN(m.x) {
			return nil
		}
		return []stage.Step{{Op: "replace", A: m.x, B: math.NaN()}}
	})
}

// knnImputer fills from the nearest rows of the training data.
func knnImputer(p part, d *design) (*design, error) {
	m, err := missingMark(p)
	if err != nil {
		return nil, err
	}
	n := len(d.columns)
	rows, err := p.floats("_fit_X")
	if err != nil {
		return nil, err
	}
	if n == 0 || len(rows)%n != 0 {
		return nil, p.wrong("its rows have %d numbers, of %d columns", len(rows), n)
	}
	nearest, err := p.number("n_neighbors")
	if err != nil {
		return nil, err
	}
	if metric := p.text("metric"); metric != "nan_euclidean" && metric != "" {
		return nil, p.wrong("its metric %q is not read. nan_euclidean is", metric)
	}
	do := &stage.Donors{Rows: rows, Width: n, Nearest: upTo(nearest, max(len(rows)/n, 1)), Means: make([]float64, n)}
	switch weights := p.get("weights"); weights {
	case "uniform", nil:
	case "distance":
		do.Weighted = true
	default:
		return nil, p.wrong("its weights are a function (%v). \"uniform\" and \"distance\" are read", weights)
	}
	counts := make([]int, n)
	for i, x := range rows {
		if x == m.x {
			rows[i], x = math.NaN(), math.NaN()
		}
		if !math.IsNaN(x) {
			do.Means[i%n] += x
			counts[i%n]++
		}
	}
	for j := range counts {
		do.Means[j] /= float64(max(counts[j], 1)) // 0 where no row has one: kept empty features
	}
	marked, err := m.marked(p, d)
	if err != nil {
		return nil, err
	}
	full, err := marked.through(p, do, takesMissing, d.names())
	if err != nil {
		return nil, err
	}
	out := full.columns[:0]
	for j, c := range full.columns {
		switch {
		case counts[j] > 0:
			out = append(out, c)
		case p.truth("keep_empty_features", false):
			out = append(out, c.then(stage.Step{Op: "mul"}, stage.Step{Op: "impute"}))
		}
	}
	more, err := indicators(p, d, m)
	return d.with(append(out, more...)).dense(), err
}

// iterativeImputer fills column after column by an estimator's prediction from
// the others, round after round.
func (r *reader) iterativeImputer(p part, d *design) (*design, error) {
	if p.truth("sample_posterior", false) {
		return nil, p.wrong("it draws what it fills in at random (sample_posterior=True), which has no single answer")
	}
	m, err := missingMark(p)
	if err != nil {
		return nil, err
	}
	initial, ok := p.child("initial_imputer_")
	if !ok {
		return nil, p.wrong("it has no initial imputer: was it fitted?")
	}
	marked, err := m.marked(p, d)
	if err != nil {
		return nil, err
	}
	statistics, err := initial.exactly("statistics_", len(d.columns))
	if err != nil {
		return nil, err
	}
	given, start := d.with(nil).dense(), d.with(nil).dense()
	for j, c := range marked.columns {
		if math.IsNaN(statistics[j]) && !p.truth("keep_empty_features", false) {
			continue
		}
		given.columns = append(given.columns, c)
		start.columns = append(start.columns, c.then(stage.Step{Op: "impute", A: statistics[j]}))
	}
	raw, err := given.materialize(p, takesMissing)
	if err != nil {
		return nil, err
	}
	current, err := start.materialize(p, takesMissing)
	if err != nil {
		return nil, err
	}
	sequence, err := p.items("imputation_sequence_")
	if err != nil {
		return nil, err
	}
	low, errLow := p.exactly("_min_value", len(raw))
	high, errHigh := p.exactly("_max_value", len(raw))
	if errLow != nil || errHigh != nil {
		low, high = bounds(p, "min_value", -math.MaxFloat64, len(raw)), bounds(p, "max_value", math.MaxFloat64, len(raw))
	}
	names := given.names()
	for k, item := range sequence {
		feature, others, estimator, err := triplet(p, item, len(raw))
		if err != nil {
			return nil, err
		}
		from := d.with(nil)
		for _, at := range others {
			from.columns = append(from.columns, column{input: -1, cell: current[at], name: names[at]})
		}
		estimator.path = join(p.path, "imputation_sequence_")
		said, err := r.inside(estimator, from)
		if err != nil {
			return nil, err
		}
		values, err := d.builder.values(estimator, &said)
		if err != nil {
			return nil, err
		}
		if len(values) != 1 {
			return nil, p.wrong("its estimator %d predicts %d numbers", k, len(values))
		}
		filled, err := d.builder.stage(p, stage.Fill{Low: low[feature], High: high[feature]}, []cell{raw[feature], values[0]})
		if err != nil {
			return nil, err
		}
		current[feature] = filled[0]
	}
	more, err := indicators(p, d, m)
	return d.with(append(columnsOf(current, names), more...)).dense(), err
}

// triplet reads one step of an IterativeImputer: which column, from which
// others, by what.
func triplet(p part, item any, n int) (feature int, others []int, estimator part, err error) {
	fields, ok := pickle.Items(item)
	if o, isObject := item.(*pickle.Object); isObject && !ok { // a named tuple is made with its fields
		fields = o.Args
	}
	if len(fields) != 3 {
		return 0, nil, part{}, p.wrong("its imputation sequence has a step that is none")
	}
	at, isNumber := pickle.Number(fields[0])
	list, isList := pickle.Items(fields[1])
	o, isObject := fields[2].(*pickle.Object)
	if !isNumber || !isList || !isObject || !(at >= 0 && at < float64(n)) {
		return 0, nil, part{}, p.wrong("its imputation sequence has a step that is none")
	}
	for _, item := range list {
		x, ok := pickle.Number(item)
		if !ok || !(x >= 0 && x < float64(n)) {
			return 0, nil, part{}, p.wrong("its imputation sequence takes column %v, there are %d", item, n)
		}
		others = append(others, int(x))
	}
	return int(at), others, part{Object: o}, nil
}

func bounds(p part, name string, otherwise float64, n int) []float64 {
	if x, ok := pickle.Number(p.get(name)); ok && !math.IsInf(x, 0) {
		otherwise = x
	}
	return repeat(otherwise, n)
}

package sklearn

import (
	"math"
	"slices"

	"dasier/fault"
	"dasier/ml/forest"
	"dasier/ml/pickle"
	"dasier/ml/predict"
)

// histogram reads histogram gradient boosting: the rate is in its leaves.
func (r *reader) histogram(p part, d *design) (answer, error) {
	base, err := p.floats("_baseline_prediction")
	if err != nil {
		return answer{}, err
	}
	rounds, err := p.items("_predictors")
	if err != nil {
		return answer{}, err
	}
	if d, err = preprocessed(p, d); err != nil {
		return answer{}, err
	}
	h := &histogramTrees{grove: grove{trees: &forest.Trees{Rule: forest.DoubleAtMost, Base: base}, width: 1, output: true}, known: map[int32][]uint32{}}
	h.thresholds, _ = binThresholds(p)
	for _, item := range rounds {
		members, ok := pickle.Items(item)
		if !ok || len(members) != len(base) {
			return answer{}, p.wrong("it has a round of %d trees for %d scores", len(members), len(base))
		}
		for k, member := range members {
			o, ok := member.(*pickle.Object)
			if !ok {
				return answer{}, p.wrong("it has a predictor that is none")
			}
			if err := h.tree(part{o, join(p.path, "_predictors")}, whole(float64(k))); err != nil {
				return answer{}, err
			}
		}
	}
	a := answer{trees: h.trees}
	if a.takes, err = d.materialize(p, takesMissing); err != nil {
		return answer{}, err
	}
	return a, histogramTask(p, &a, len(base))
}

// histogramTask says what the scores are.
func histogramTask(p part, a *answer, scores int) (err error) {
	if p.class() == "HistGradientBoostingRegressor" {
		a.task = predict.TaskRegression
		if scores != 1 {
			return p.wrong("it has %d scores", scores)
		}
		switch loss := p.text("loss"); loss {
		case "squared_error", "absolute_error", "quantile", "least_squares", "least_absolute_deviation", "":
		case "poisson", "gamma":
			a.log = true
		default:
			return p.wrong("its loss %q is not read", loss)
		}
		return nil
	}
	if a.classes, err = p.classes(); err != nil {
		return err
	}
	a.task, a.link = predict.TaskMulticlass, predict.Softmax
	if scores == 1 {
		a.task, a.link = predict.TaskBinary, predict.Logistic
	}
	return nil
}

// histogramTrees collects trees, some of whose nodes test for categories.
type histogramTrees struct {
	grove

	thresholds []any              // of the bins, per feature: of a categorical one, its categories
	known      map[int32][]uint32 // those as bits
}

func (h *histogramTrees) tree(p part, output int32) error {
	array, ok := p.get("nodes").(*pickle.Array)
	if !ok {
		return p.wrong("it has no nodes")
	}
	n, threshold := nodes{width: 1}, "num_threshold"
	if _, ok := array.Field(threshold); !ok {
		threshold = "threshold" // before 0.24
	}
	var leaf, categorical, places []float64
	fields := map[string]*[]float64{
		"left": &n.left, "right": &n.right, "feature_idx": &n.feature, threshold: &n.threshold, "count": &n.cover,
		"missing_go_to_left": &n.missing, "value": &n.values, "is_leaf": &leaf,
	}
	if _, ok := array.Field("is_categorical"); ok { // since 0.24
		fields["is_categorical"], fields["bitset_idx"] = &categorical, &places
	}
	if _, ok := array.Field("missing_go_to_left"); !ok { // before 0.22
		delete(fields, "missing_go_to_left")
		n.missing = make([]float64, array.Len())
	}
	for name, to := range fields {
		if err := field(p, array, name, to); err != nil {
			return err
		}
	}
	for i, is := range leaf {
		if is != 0 {
			n.left[i] = -1
		} else if i < len(categorical) && categorical[i] != 0 {
			n.threshold[i] = 0 // says nothing, and may be no number
		}
	}
	begin := len(h.trees.Feature)
	h.add(n, output, func(values, into []float64) { into[0] = values[0] })
	for i, is := range categorical {
		if is == 0 || leaf[i] != 0 {
			continue
		}
		if err := h.set(p, begin+i, n.feature[i], places[i]); err != nil {
			return err
		}
	}
	if h.trees.Set != nil {
		h.pad(len(h.trees.Feature))
	}
	return nil
}

// pad brings Set to n nodes: most models have none.
func (h *histogramTrees) pad(n int) {
	for len(h.trees.Set) < n {
		h.trees.Set = append(h.trees.Set, -1)
	}
}

// words is the length of scikit-learn's sets: 256 categories.
const words = 8

// set makes a node test for categories: those in the set go left, other known
// ones right, and what is negative or unknown goes where missing values go.
func (h *histogramTrees) set(p part, node int, feature, place float64) error {
	array, ok := p.get("raw_left_cat_bitsets").(*pickle.Array)
	if !ok {
		return p.wrong("it tests for categories and has none")
	}
	bits, err := array.Floats()
	if err != nil || !(place >= 0 && (place+1)*words <= float64(len(bits))) {
		return p.wrong("it has no set %v of categories", place)
	}
	known, err := h.categoriesOf(p, feature)
	if err != nil {
		return err
	}
	set := forest.Set{Known: known}
	for _, word := range bits[int(place)*words : (int(place)+1)*words] {
		set.Bits = append(set.Bits, uint32(word))
	}
	h.pad(node)
	h.trees.Set = append(h.trees.Set[:node], int32(len(h.trees.Sets))) //nolint:gosec // fewer than nodes
	h.trees.Sets = append(h.trees.Sets, set)
	return nil
}

// categoriesOf are the categories of a feature that training knew.
func (h *histogramTrees) categoriesOf(p part, feature float64) ([]uint32, error) {
	f := whole(feature)
	if bits, ok := h.known[f]; ok {
		return bits, nil
	}
	if int(f) >= len(h.thresholds) || f < 0 {
		return nil, p.wrong("it tests for categories of feature %v, which the bins do not know", feature)
	}
	bits := make([]uint32, words)
	items, ok := pickle.Items(h.thresholds[f])
	if !ok {
		return nil, p.wrong("the categories of feature %v are none", feature)
	}
	for _, item := range items {
		x, ok := pickle.Number(item)
		if !ok || !(x >= 0 && x < 32*words) {
			return nil, p.wrong("feature %v has the category %v: 0 to %d are possible", feature, item, 32*words-1)
		}
		bits[int(x)/32] |= 1 << (int(x) % 32)
	}
	h.known[f] = bits
	return bits, nil
}

// binThresholds are needed with categories only.
func binThresholds(p part) ([]any, bool) {
	bins, ok := p.child("_bin_mapper")
	if !ok {
		return nil, false
	}
	return pickle.Items(bins.get("bin_thresholds_"))
}

// preprocessed is what the trees see since 1.4 when there are categories: those
// first, as their places among the categories of training, then all else.
func preprocessed(p part, d *design) (*design, error) {
	transformer, ok := p.child("_preprocessor")
	if !ok {
		return d, nil
	}
	items, err := transformer.items("transformers_")
	if err != nil {
		return nil, err
	}
	out := d.with(nil)
	out.sparse = false
	for _, item := range items {
		triple, ok := pickle.Items(item)
		if !ok || len(triple) != 3 {
			return nil, transformer.wrong("it has a transformer that is none")
		}
		places, err := chosen(transformer, triple[2], names(d))
		if err != nil {
			return nil, err
		}
		name, _ := triple[0].(string)
		o, isPart := triple[1].(*pickle.Object)
		switch {
		case triple[1] == "drop" || len(places) == 0:
			continue
		case isPart && name == "encoder":
			mine := d.with(nil)
			for _, at := range places {
				mine.columns = append(mine.columns, d.columns[at])
			}
			if mine, err = placed(part{o, join(transformer.path, name)}, mine); err != nil {
				return nil, err
			}
			out.columns = append(out.columns, mine.columns...)
		default: // numbers, as they are
			for _, at := range places {
				out.columns = append(out.columns, d.columns[at])
			}
		}
	}
	return out, nil
}

// placed puts the place among a column's categories for each: what training did
// not know, and what is missing, is missing.
func placed(p part, d *design) (*design, error) {
	lists, err := p.items("categories_")
	if err != nil {
		return nil, err
	}
	if len(lists) != len(d.columns) {
		return nil, p.wrong("it was fitted on %d columns, there are %d", len(lists), len(d.columns))
	}
	out := d.with(nil)
	for j, c := range d.columns {
		items, ok := pickle.Items(lists[j])
		if !ok {
			return nil, p.wrong("its categories of column %d are none", j)
		}
		if values, ok := allNumbers(items); ok {
			if c, err = d.placeNumbers(p, c, values); err != nil {
				return nil, err
			}
			out.columns = append(out.columns, c)
			continue
		}
		k, err := readCategories(p, c.name, lists[j])
		if err != nil {
			return nil, err
		}
		places := table{values: make([]float64, len(k.labels)), unknown: math.NaN(), missing: math.NaN()}
		for at := range places.values {
			places.values[at] = float64(at)
		}
		if c, err = d.encode(p, &c, k, places); err != nil {
			return nil, err
		}
		out.columns = append(out.columns, c)
	}
	return out, nil
}

// allNumbers are categories that are numbers, without the missing one.
func allNumbers(items []any) ([]float64, bool) {
	var values []float64
	for _, item := range items {
		x, ok := pickle.Number(item)
		if _, isBool := item.(bool); isBool || !ok {
			return nil, false
		}
		if !math.IsNaN(x) {
			values = append(values, x)
		}
	}
	return values, true
}

// placeNumbers is place for categories that are numbers: the column stays one.
func (d *design) placeNumbers(p part, c column, values []float64) (column, error) {
	same := true
	for k, x := range values {
		same = same && x == float64(k)
	}
	if same { // the sets say what is unknown
		return c, d.number(p, &c)
	}
	if !slices.IsSorted(values) {
		return column{}, p.wrong("the categories of %q are not sorted", c.name)
	}
	from, err := d.materializeColumn(p, &c, takesMissing)
	if err != nil {
		return column{}, err
	}
	cells, err := d.builder.stage(p, ordinals(values), []cell{from})
	if err != nil {
		return column{}, err
	}
	return columnsOf(cells, []string{c.name})[0], nil
}

// ordinals gives the place of a number among sorted ones; NaN where it is none
// of them.
type ordinals []float64

// Check wants one cell.
func (o ordinals) Check(in int) (int, error) {
	if in != 1 {
		return 0, fault.Errorf(fault.Invalid, "a place is of one number, there are %d", in)
	}
	return 1, nil
}

// Work is nothing.
func (ordinals) Work(int) int { return 0 }

// Apply looks it up.
func (o ordinals) Apply(in, out, _ []float64) {
	out[0] = math.NaN()
	if at, found := slices.BinarySearch(o, in[0]); found {
		out[0] = float64(at)
	}
}

package sklearn

import (
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"dasier/ml/pickle"
)

// selectFamily are the transformers that leave columns out.
func (r *reader) selectFamily(class string) transformer {
	var mask func(p part, n int) ([]bool, error)
	switch class {
	case "VarianceThreshold":
		mask = byVariance
	case "SelectKBest", "SelectPercentile", "SelectFpr", "SelectFdr", "SelectFwe":
		mask = func(p part, n int) ([]bool, error) { return byScore(p, n, p.class(), "") }
	case "GenericUnivariateSelect":
		mask = generic
	case "RFE", "RFECV", "SequentialFeatureSelector":
		mask = bySupport
	case "SelectFromModel":
		mask = byModel
	default:
		return nil
	}
	return func(p part, d *design) (*design, error) {
		keep, err := mask(p, len(d.columns))
		if err != nil {
			return nil, err
		}
		if len(keep) != len(d.columns) {
			return nil, p.wrong("it chooses among %d columns, there are %d", len(keep), len(d.columns))
		}
		var columns []column
		for j, c := range d.columns {
			if keep[j] {
				columns = append(columns, c)
			}
		}
		return d.with(columns), nil
	}
}

// selectionFamily are the transformers that predict as well, by the estimator
// that they chose columns with.
func (r *reader) selectionFamily(class string) estimator {
	if class != "RFE" && class != "RFECV" {
		return nil
	}
	return func(p part, d *design) (answer, error) {
		chosen, err := r.transform(p, d, 0)
		if err != nil {
			return answer{}, err
		}
		model, ok := p.child("estimator_")
		if !ok {
			return answer{}, p.wrong("it has no estimator_: was it fitted?")
		}
		return r.inside(model, chosen)
	}
}

func byVariance(p part, n int) ([]bool, error) {
	variances, err := p.exactly("variances_", n)
	if err != nil {
		return nil, err
	}
	threshold := 0.0
	if x, ok := pickle.Number(p.get("threshold")); ok {
		threshold = x
	}
	return above(variances, func(v float64) bool { return v > threshold }), nil
}

func above(values []float64, is func(float64) bool) []bool {
	mask := make([]bool, len(values))
	for j, v := range values {
		mask[j] = is(v)
	}
	return mask
}

// bySupport reads a mask that is in the file.
func bySupport(p part, n int) ([]bool, error) {
	support, err := p.exactly("support_", n)
	if err != nil {
		return nil, err
	}
	return above(support, func(v float64) bool { return v != 0 }), nil
}

func generic(p part, n int) ([]bool, error) {
	modes := map[string]string{"percentile": "SelectPercentile", "k_best": "SelectKBest", "fpr": "SelectFpr", "fdr": "SelectFdr", "fwe": "SelectFwe"}
	class, ok := modes[p.text("mode")]
	if !ok {
		return nil, p.wrong("its mode %q is not known", p.text("mode"))
	}
	return byScore(p, n, class, "param")
}

// byScore recomputes the choice from each column's score or p-value, as
// scikit-learn does whenever it transforms.
func byScore(p part, n int, class, parameter string) ([]bool, error) {
	values, names := "scores_", map[string]string{"SelectKBest": "k", "SelectPercentile": "percentile"}
	name, ok := names[class]
	if !ok {
		values, name = "pvalues_", "alpha"
	}
	if parameter != "" {
		name = parameter
	}
	list, err := p.exactly(values, n)
	if err != nil {
		return nil, err
	}
	if p.get(name) == "all" {
		return above(list, func(float64) bool { return true }), nil
	}
	x, err := p.number(name)
	if err != nil {
		return nil, err
	}
	if math.IsNaN(x) {
		return nil, p.wrong("its %s is no number", name)
	}
	switch class {
	case "SelectKBest":
		return best(numbersFirst(list), upTo(x, n)), nil
	case "SelectPercentile":
		return percentile(numbersFirst(list), x), nil
	case "SelectFpr":
		return above(list, func(v float64) bool { return v < x }), nil
	case "SelectFwe":
		return above(list, func(v float64) bool { return v < x/float64(n) }), nil
	}
	// Benjamini and Hochberg's procedure.
	sorted := slices.Clone(list)
	slices.Sort(sorted)
	most := math.Inf(-1)
	for k, v := range sorted {
		if v <= x/float64(n)*float64(k+1) {
			most = v
		}
	}
	return above(list, func(v float64) bool { return v <= most }), nil
}

// numbersFirst gives scores in which none is the lowest.
func numbersFirst(scores []float64) []float64 {
	clean := slices.Clone(scores)
	for j, v := range clean {
		if math.IsNaN(v) {
			clean[j] = -math.MaxFloat64
		}
	}
	return clean
}

// upTo is a count that a file says, from 0 to most.
func upTo(x float64, most int) int {
	if !(x > 0) {
		return 0
	}
	return int(min(x, float64(most)))
}

// best keeps the k highest; of equals the last.
func best(scores []float64, k int) []bool {
	order := everyColumn(len(scores))
	sort.SliceStable(order, func(a, b int) bool { return scores[order[a]] < scores[order[b]] })
	mask := make([]bool, len(scores))
	for _, j := range order[len(order)-k:] {
		mask[j] = true
	}
	return mask
}

func percentile(scores []float64, share float64) []bool {
	n := len(scores)
	switch {
	case share >= 100 || n == 0:
		return above(scores, func(float64) bool { return true })
	case share <= 0:
		return make([]bool, n)
	}
	sorted := slices.Clone(scores)
	slices.Sort(sorted)
	threshold := between(sorted, (100-share)/100)
	mask := above(scores, func(v float64) bool { return v > threshold })
	room := int(float64(n) * share / 100)
	for _, kept := range mask {
		if kept {
			room--
		}
	}
	var ties []int
	for j, v := range scores {
		if v == threshold {
			ties = append(ties, j)
		}
	}
	if room < 0 { // as Python slices
		room = max(len(ties)+room, 0)
	}
	for _, j := range ties[:min(room, len(ties))] {
		mask[j] = true
	}
	return mask
}

// between is numpy's percentile: linear between the values beside the place.
func between(sorted []float64, share float64) float64 {
	place := share * float64(len(sorted)-1)
	low := int(math.Floor(place))
	if low >= len(sorted)-1 {
		return sorted[len(sorted)-1]
	}
	t, a, b := place-float64(low), sorted[low], sorted[low+1]
	if t >= 0.5 {
		return b - (b-a)*(1-t)
	}
	return a + (b-a)*t
}

// byModel keeps the columns that another model, fitted before, finds important.
func byModel(p part, n int) ([]bool, error) {
	model, ok := p.child("estimator_")
	if !ok {
		if model, ok = p.child("estimator"); !ok {
			return nil, p.wrong("it has no estimator: was it fitted?")
		}
	}
	order := 1.0
	if x, ok := pickle.Number(p.get("norm_order")); ok {
		order = x
	}
	if !(order > 0) {
		return nil, p.wrong("its norm_order is %v: numbers above 0 are read", order)
	}
	getter := "auto"
	if v, given := p.attribute("importance_getter"); given {
		if getter, ok = v.(string); !ok {
			return nil, p.wrong("its importance_getter is a function, which a file does not hold: use \"auto\"")
		}
	}
	scores, err := importances(model, getter, order)
	if err != nil {
		return nil, err
	}
	if len(scores) != n {
		return nil, p.wrong("its estimator has importances of %d columns, there are %d", len(scores), n)
	}
	threshold, err := importanceThreshold(p, model, scores)
	if err != nil {
		return nil, err
	}
	mask := above(scores, func(float64) bool { return true })
	most := p.get("max_features_")
	if most == nil {
		most = p.get("max_features")
	}
	if most != nil {
		x, ok := pickle.Number(most)
		if !ok || !(x >= 0) {
			return nil, p.wrong("its max_features is %v, which is no number", most)
		}
		order := everyColumn(n)
		sort.SliceStable(order, func(a, b int) bool { return scores[order[a]] > scores[order[b]] })
		mask = make([]bool, n)
		for _, j := range order[:upTo(x, n)] {
			mask[j] = true
		}
	}
	for j, s := range scores {
		if s < threshold {
			mask[j] = false
		}
	}
	return mask, nil
}

// importanceThreshold is how important a column has to be.
func importanceThreshold(p, model part, scores []float64) (float64, error) {
	v := p.get("threshold")
	if x, ok := pickle.Number(v); ok {
		return x, nil
	}
	rule, isText := v.(string)
	if v == nil {
		rule, isText = "mean", true
		if sparseModel(model) {
			return 1e-5, nil
		}
	}
	if !isText {
		return 0, p.wrong("its threshold is %v", v)
	}
	scale := 1.0
	if factor, reference, found := strings.Cut(rule, "*"); found {
		x, err := strconv.ParseFloat(strings.TrimSpace(factor), 64)
		if err != nil {
			return 0, p.wrong("its threshold is %q", rule)
		}
		scale, rule = x, strings.TrimSpace(reference)
	}
	switch rule {
	case "mean":
		sum := 0.0
		for _, s := range scores {
			sum += s
		}
		return scale * sum / float64(len(scores)), nil
	case "median":
		sorted := slices.Clone(scores)
		slices.Sort(sorted)
		n := len(sorted)
		if n%2 == 1 {
			return scale * sorted[n/2], nil
		}
		return scale * (sorted[n/2-1] + sorted[n/2]) / 2, nil
	}
	return 0, p.wrong("its threshold is %q, which is neither mean nor median", rule)
}

// sparseModel tells whether a model leaves columns out by an L1 penalty.
func sparseModel(model part) bool {
	if model.text("penalty") == "l1" || strings.Contains(model.class(), "Lasso") {
		return true
	}
	var names []string
	switch v := model.version(); {
	case strings.Contains(model.class(), "ElasticNet") && (v == 0 || v >= 101): // not looked at before
		names = []string{"l1_ratio_", "l1_ratio"}
	case model.class() == "LogisticRegression" && v >= 108: // in place of the penalty
		names = []string{"l1_ratio"}
	case model.class() == "LogisticRegressionCV" && v >= 108:
		names = []string{"l1_ratio_"} // one per class
	}
	for _, name := range names {
		ratios, err := model.floats(name)
		if err == nil && len(ratios) > 0 && !slices.ContainsFunc(ratios, func(x float64) bool { return !(math.Abs(x-1) <= 1e-8+1e-5) }) {
			return true
		}
	}
	return false
}

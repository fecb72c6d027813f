package sklearn

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"dasier/ml/format/booster"
	"dasier/ml/format/lightgbm"
	"dasier/ml/format/xgboost"
	"dasier/ml/pickle"
	"dasier/ml/predict"
	"dasier/ml/stage"
)

// xgb reads XGBoost's wrappers and its own Booster.
func (r *reader) xgb(p part, d *design) (answer, error) {
	if err := r.handle(p); err != nil {
		return answer{}, err
	}
	m, err := xgbModel(p)
	if err != nil {
		return answer{}, err
	}
	r.facts.Single = true
	if m.Features > len(d.columns) {
		return answer{}, p.wrong("it has %d features, there are %d columns", m.Features, len(d.columns))
	}
	// Before 1.0 trailing columns that were empty in training are not counted.
	d = d.with(slices.Clone(d.columns[:m.Features]))
	list, err := m.Columns(names(d))
	if err != nil {
		return answer{}, p.wrong("%v", err)
	}
	if err := d.categorical(p, list); err != nil {
		return answer{}, err
	}
	if d, err = markMissing(p, d); err != nil {
		return answer{}, err
	}
	classes, err := boosterClasses(p)
	if err != nil {
		return answer{}, err
	}
	said, err := m.Answer(classes)
	if err != nil {
		return answer{}, p.wrong("%v", err)
	}
	a, err := d.boosted(p, &said)
	if err != nil || a.task != predict.TaskVector || !strings.HasSuffix(p.class(), "Classifier") {
		return a, err
	}
	// Several labels at once: each is 1 where its probability is above a half.
	above, err := booster.Each(len(a.scores), stage.Step{Op: "above", A: 0.5})
	if err != nil {
		return answer{}, p.wrong("%v", err)
	}
	a.outputs = append(a.outputs, named{"predict_proba", a.scores})
	a.scores, err = d.builder.stage(p, above, a.scores)
	return a, err
}

// xgbModel reads the booster of a wrapper, or a Booster itself.
func xgbModel(p part) (*xgboost.Model, error) {
	b, options := p, xgboost.Options{}
	if p.class() != "Booster" {
		child, ok := p.child("_Booster")
		if !ok {
			return nil, p.wrong("it has no booster: was it fitted?")
		}
		b, options.Wrapped = child, true
		if best, ok := pickle.Number(b.get("best_iteration")); ok && best >= 0 && best < 1e6 {
			options.Best = int(best) + 1
		}
	}
	handle, ok := b.get("handle").(pickle.Bytes)
	if !ok {
		return nil, b.wrong("it has no handle: was it fitted?")
	}
	m, err := xgboost.Read(handle, options)
	if err != nil {
		return nil, p.wrong("%v", err)
	}
	return m, nil
}

// markMissing makes missing what XGBoost takes for it: the wrapper's mark, and
// the zeros of a sparse matrix, which are not there.
func markMissing(p part, d *design) (*design, error) {
	var marks []stage.Step
	if mark, ok := pickle.Number(p.get("missing")); ok && !math.IsNaN(mark) {
		marks = append(marks, stage.Step{Op: "replace", A: mark, B: math.NaN()})
	}
	if d.sparse {
		marks = append(marks, stage.Step{Op: "replace", A: 0, B: math.NaN()})
	}
	if marks == nil {
		return d, nil
	}
	out, err := d.each(p, func(int) []stage.Step { return marks })
	if err != nil {
		return nil, err
	}
	for j := range out.columns {
		if c := &d.columns[j]; d.sparse && c.stored && len(c.links) == 1 { // as it is given
			out.columns[j] = *c
			out.columns[j].links = nil
			out.columns[j] = out.columns[j].then(marks[:len(marks)-1]...)
		}
	}
	return out, nil
}

// boosterClasses are the labels of a wrapped classifier; nil for others, and for
// those that number their classes themselves.
func boosterClasses(p part) ([]string, error) {
	if !strings.HasSuffix(p.class(), "Classifier") {
		return nil, nil
	}
	for _, name := range []string{"_le", "_LGBMLabelEncoder"} {
		encoder, ok := p.child(name)
		if !ok {
			continue
		}
		if _, ok := encoder.attribute("classes_"); ok {
			return encoder.classes()
		}
	}
	if _, ok := p.attribute("classes_"); ok {
		return p.classes()
	}
	if items, ok := pickle.Items(p.get("_classes")); ok {
		return labelsOf(p, items)
	}
	if n, ok := pickle.Number(p.get("n_classes_")); ok && n == 2 {
		return []string{"0", "1"}, nil
	}
	return nil, nil
}

func labelsOf(p part, items []any) ([]string, error) {
	labels := make([]string, len(items))
	for k, item := range items {
		text, missing, ok := label(item)
		if !ok || missing {
			return nil, p.wrong("its class %d is %v: classes must be texts or numbers", k, item)
		}
		labels[k] = text
	}
	return labels, nil
}

// lgbm reads LightGBM's wrappers and its own Booster.
func (r *reader) lgbm(p part, d *design) (answer, error) {
	if err := r.handle(p); err != nil {
		return answer{}, err
	}
	text, best, err := lgbmText(p)
	if err != nil {
		return answer{}, err
	}
	m, err := lightgbm.Read(text, lightgbm.Options{Best: best})
	if err != nil {
		return answer{}, p.wrong("%v", err)
	}
	if len(m.Names) != len(d.columns) {
		return answer{}, p.wrong("it has %d features, there are %d columns", len(m.Names), len(d.columns))
	}
	d = d.with(slices.Clone(d.columns))
	list, err := m.Columns(names(d))
	if err != nil {
		return answer{}, p.wrong("%v", err)
	}
	if err := d.categorical(p, list); err != nil {
		return answer{}, err
	}
	classes, err := boosterClasses(p)
	if err != nil {
		return answer{}, err
	}
	if m.Output == lightgbm.Plain { // the user's own objective: the wrapper, too, answers scores
		classes = nil
	}
	said, err := m.Answer(classes)
	if err != nil {
		return answer{}, p.wrong("%v", err)
	}
	return d.boosted(p, &said)
}

// lgbmText is the model's text in a wrapper or a Booster, and how many rounds
// count; 0 for all.
func lgbmText(p part) (text []byte, best int, err error) {
	b := p
	if p.class() != "Booster" {
		child, ok := p.child("_Booster")
		if !ok {
			return nil, 0, p.wrong("it has no booster: was it fitted?")
		}
		b = child
	}
	for _, name := range []string{"_handle", "handle"} {
		switch v := b.get(name).(type) {
		case string:
			text = []byte(v)
		case pickle.Bytes:
			text = v
		}
	}
	if text == nil {
		return nil, 0, b.wrong("it has no handle: was it fitted?")
	}
	for _, v := range []any{b.get("best_iteration"), p.get("_best_iteration")} {
		if x, ok := pickle.Number(v); ok && x > 0 && x < 1e6 {
			return text, int(x), nil
		}
	}
	return text, 0, nil
}

// boosterColumns are the columns that a wrapper or a Booster was trained on: how
// many, and their names where it has any; -1 for other parts.
func boosterColumns(p part) (columns []string, n int) {
	module, _, _ := strings.Cut(p.Class.Module, ".")
	switch module {
	case "xgboost":
		m, err := xgbModel(p)
		if err != nil {
			return nil, -1
		}
		if b, ok := p.child("_Booster"); ok && len(m.Names) == 0 {
			return b.names("feature_names"), m.Features
		}
		return m.Names, m.Features
	case "lightgbm":
		text, _, err := lgbmText(p)
		if err != nil {
			return nil, -1
		}
		list := lightgbm.Names(text)
		for j, name := range list {
			if name != "Column_"+strconv.Itoa(j) {
				return list, len(list)
			}
		}
		return nil, len(list)
	}
	return nil, -1
}

func names(d *design) []string {
	list := make([]string, len(d.columns))
	for j := range list {
		list[j] = d.columns[j].name
	}
	return list
}

// categorical makes categories of the columns that a booster knows as such.
func (d *design) categorical(p part, list []booster.Column) error {
	for j := range list {
		if list[j].Levels == nil {
			continue
		}
		c := &d.columns[j]
		if c.input < 0 || len(c.links) > 0 {
			return p.wrong("the column %q holds categories of a DataFrame in training, and is computed before it comes here", c.name)
		}
		// A missing value is one more category, so that it passes where others are refused.
		k := textCategories(append(slices.Clone(list[j].Levels), ""))
		delete(k.texts, "")
		k.missing = len(k.labels) - 1
		t := table{values: append(slices.Clone(list[j].Codes), math.NaN()), unknown: math.NaN(), missing: math.NaN(), refuses: list[j].Strict}
		encoded, err := d.encode(p, c, k, t)
		if err != nil {
			return err
		}
		d.columns[j] = encoded
	}
	return nil
}

// boosted says a booster's answer in cells.
func (d *design) boosted(p part, said *booster.Answer) (answer, error) {
	takes, err := d.materialize(p, takesMissing)
	if err != nil {
		return answer{}, err
	}
	a := answer{task: said.Task, classes: said.Classes, targets: said.Targets, link: said.Link, log: said.Log, silent: true}
	if said.Trees != nil {
		a.trees, a.takes = said.Trees, takes
		return a, nil
	}
	cells := takes
	for k, do := range said.Stages {
		if cells, err = d.builder.stage(p, do, cells); err != nil {
			return answer{}, err
		}
		if k == 0 && len(said.Stages) > 1 {
			a.outputs = append(a.outputs, named{said.Raw, cells})
		}
	}
	a.scores = cells
	return a, nil
}

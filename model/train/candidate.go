package train

import (
	"dasier/fault"
	"dasier/ml/derive"
	"dasier/ml/learn"
	"dasier/ml/predict"
	"dasier/ml/prep"
	"dasier/ml/search"
)

// defaultCandidates are tried where a recipe lists none: one that is easy to
// look through, one that is hardly ever far off, and those that are usually best.
var defaultCandidates = map[string][]string{
	predict.TaskRegression: {"linear", "ridge", "forest", "boosting"},
	predict.TaskBinary:     {"logistic", "forest", "boosting"},
	predict.TaskMulticlass: {"logistic", "forest", "boosting"},
}

// candidatesFor are the recipe's candidates, or the default ones of the task.
func (r *Recipe) candidatesFor(target learn.Target) ([]Candidate, error) {
	task := target.Task
	if len(r.Candidates) == 0 {
		var d document
		var list []Candidate
		for _, name := range defaultCandidates[task] {
			if algorithmNamed(name).build == nil {
				continue
			}
			c := Candidate{Algorithm: name}
			d.complete(entry{}, &c)
			list = append(list, c)
		}
		return list, nil
	}
	for i, c := range r.Candidates {
		for _, one := range append([]Candidate{c}, c.Of...) {
			if !algorithmNamed(one.Algorithm).learns(task) {
				return nil, r.wrong(fault.Invalid, r.placeOf(i), "%s cannot learn %q, which is %s: use one of %s", one.Algorithm, r.Data.Target, learned(target), algorithmsFor(task))
			}
		}
	}
	return r.Candidates, nil
}

// placeOf is the path of the recipe's i-th candidate, as far as it is known:
// one item of the list may have several.
func (r *Recipe) placeOf(i int) string {
	if path := indexed("candidates", i); r.at[path] != (Position{}) {
		return path
	}
	return "candidates"
}

func algorithmsFor(task string) string {
	text := ""
	for _, a := range algorithms {
		if a.learns(task) && text != "" {
			text += ", "
		}
		if a.learns(task) {
			text += a.name
		}
	}
	return text
}

// sources are the candidates as the search takes them.
func (u *run) sources(candidates []Candidate, shop workshop) []search.Source {
	sources := make([]search.Source, len(candidates))
	for i, c := range candidates {
		sources[i] = search.Source{
			Name: c.Algorithm, Space: c.space(),
			Make: func(s search.Settings) (learn.Learner, error) { return u.calibrated(u.bent(c.learner(s, shop))), nil },
		}
		if resource := algorithmNamed(c.Algorithm).resource; c.Settings[resource].given() {
			sources[i].Resource = resource
		}
	}
	return sources
}

// learner builds a candidate with one value for each setting.
func (c Candidate) learner(values search.Settings, shop workshop) learn.Learner {
	shop.below, shop.names = nil, nil
	for _, below := range c.Of {
		fixed := search.Settings{}
		for name, v := range below.Settings {
			fixed[name] = v.List[0]
		}
		shop.below = append(shop.below, below.learner(fixed, shop))
		shop.names = append(shop.names, below.Algorithm)
	}
	algorithm := algorithmNamed(c.Algorithm)
	if !algorithm.derived || len(shop.splines)+len(shop.products) == 0 {
		return algorithm.build(chosen(values), shop)
	}
	own := shop.prep.Columns
	shop.prep.Columns = map[string]prep.Column{}
	for name, column := range own {
		if _, replaced := shop.splines[name]; !replaced {
			shop.prep.Columns[name] = column
		}
	}
	return derive.Columns{Learner: algorithm.build(chosen(values), shop), Splines: shop.splines, Products: shop.products}
}

// space is what a candidate is tried at, in the order of the algorithm's settings.
func (c Candidate) space() search.Space {
	var space search.Space
	for _, s := range algorithmNamed(c.Algorithm).settings {
		values := c.Settings[s.name]
		switch {
		case values.Range != nil:
			space = append(space, search.Param{Name: s.name, Low: values.Range.Low, High: values.Range.High, Log: values.Range.Log, Whole: values.Range.Whole})
		case len(values.List) > 0:
			space = append(space, search.Param{Name: s.name, Values: values.List})
		}
	}
	return space
}

func (v Values) given() bool { return v.Range != nil || len(v.List) > 0 }

// strategy is the recipe's, or the one that its settings need.
func (r *Recipe) strategy() search.Strategy {
	if r.Search.Strategy != "" {
		return search.Strategy(r.Search.Strategy)
	}
	for _, c := range r.Candidates {
		for _, v := range c.Settings {
			if v.Range != nil {
				return search.Random
			}
		}
	}
	return search.Grid
}

// rules are the search's, by what recipes call them.
var rules = map[string]search.Rule{"best": search.Best, "simplest": search.Smallest, "fastest": search.Fastest}

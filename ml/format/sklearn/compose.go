package sklearn

import (
	"slices"

	"dasier/ml/pickle"
	"dasier/ml/stage"
)

// maxNesting bounds parts inside parts; a file may say that a pipeline is its
// own step.
const maxNesting = 16

// transforms tells whether a class transforms rows instead of predicting.
func (r *reader) transforms(class string) bool {
	switch class {
	case "ColumnTransformer", "FeatureUnion":
		return true
	}
	return r.transformerOf(class) != nil
}

// transform follows one transformer, whatever it is made of.
func (r *reader) transform(p part, d *design, depth int) (*design, error) {
	if depth > maxNesting {
		return nil, p.wrong("parts nest deeper than %d, or in a circle", maxNesting)
	}
	if err := r.spend(p); err != nil {
		return nil, err
	}
	if err := d.short(p); err != nil {
		return nil, err
	}
	if f := r.transformerOf(p.class()); f != nil {
		return f(p, d)
	}
	switch p.class() {
	case "Pipeline":
		steps, err := pipelineSteps(p)
		if err != nil {
			return nil, err
		}
		for _, s := range steps {
			if d, err = r.transform(s, d, depth+1); err != nil {
				return nil, err
			}
		}
		return d, nil
	case "ColumnTransformer":
		return r.columnTransformer(p, d, depth)
	case "FeatureUnion":
		return r.featureUnion(p, d, depth)
	}
	return nil, p.unsupported(whatToDo)
}

// pipelineSteps gives the steps that do something.
func pipelineSteps(p part) ([]part, error) {
	items, err := p.items("steps")
	if err != nil {
		return nil, err
	}
	var steps []part
	for _, item := range items {
		pair, ok := pickle.Items(item)
		if !ok || len(pair) != 2 {
			return nil, p.wrong("it has a step that is none")
		}
		name, _ := pair[0].(string)
		if pair[1] == nil || pair[1] == "passthrough" {
			continue
		}
		step, ok := pair[1].(*pickle.Object)
		if !ok {
			return nil, p.wrong("its step %q is no transformer and no estimator", name)
		}
		if pickle.IsSampler(step.Class.Module) {
			continue
		}
		steps = append(steps, part{step, join(p.path, name)})
	}
	return steps, nil
}

// columnTransformer does each of its transformers to its own columns and puts
// the results side by side.
func (r *reader) columnTransformer(p part, d *design, depth int) (*design, error) {
	items, err := p.items("transformers_")
	if err != nil {
		return nil, err
	}
	names := d.names()
	for _, attribute := range []string{"feature_names_in_", "_feature_names_in", "_df_columns"} {
		if fitted := p.names(attribute); len(fitted) == len(names) {
			names = fitted
			break
		}
	}
	weights, _ := p.get("transformer_weights").(*pickle.Dict)
	out := d.with(nil)
	out.sparse = p.truth("sparse_output_", false)
	for _, item := range items {
		triple, ok := pickle.Items(item)
		if !ok || len(triple) != 3 {
			return nil, p.wrong("it has a transformer that is none")
		}
		name, _ := triple[0].(string)
		if triple[1] == "drop" {
			continue
		}
		places, err := chosen(p, triple[2], names)
		if err != nil {
			return nil, err
		}
		if len(places) == 0 {
			continue // without columns, it was never fitted
		}
		if err := d.builder.widen(p, len(places), 0); err != nil {
			return nil, err
		}
		mine := d.with(nil)
		for _, at := range places {
			mine.columns = append(mine.columns, d.columns[at])
		}
		done, err := r.member(p, name, triple[1], mine, depth)
		if err != nil {
			return nil, err
		}
		if done, err = weighted(p, name, weights, done); err != nil {
			return nil, err
		}
		if err := out.join(p, name, done); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// member does one of several transformers.
func (r *reader) member(p part, name string, what any, d *design, depth int) (*design, error) {
	if what == "passthrough" || what == nil {
		return d, nil
	}
	o, ok := what.(*pickle.Object)
	if !ok {
		return nil, p.wrong("its transformer %q is none", name)
	}
	return r.transform(part{o, join(p.path, name)}, d, depth+1)
}

// join puts the columns of one of several transformers behind the others.
func (d *design) join(p part, name string, done *design) error {
	if len(d.columns)+len(done.columns) > maxBeside {
		return p.wrong("it makes more than %d columns", maxBeside)
	}
	longest := 0
	for j := range done.columns {
		longest = max(longest, len(done.columns[j].name))
	}
	if err := d.builder.widen(p, len(done.columns), longest+len(word(name))); err != nil {
		return err
	}
	d.columns = append(d.columns, prefixed(p, name, done).columns...)
	return nil
}

// prefixed names the columns of one of several transformers as scikit-learn
// does: with its name before theirs.
func prefixed(p part, name string, d *design) *design {
	if !p.truth("verbose_feature_names_out", true) {
		return d
	}
	columns := slices.Clone(d.columns)
	for j := range columns {
		columns[j].name = word(name) + "__" + columns[j].name
	}
	out := d.with(columns)
	out.sparse = d.sparse
	return out
}

func weighted(p part, name string, weights *pickle.Dict, d *design) (*design, error) {
	if weights == nil {
		return d, nil
	}
	v, ok := weights.Get(name)
	if !ok || v == nil {
		return d, nil
	}
	x, ok := pickle.Number(v)
	if !ok {
		return nil, p.wrong("the weight of %q is no number", name)
	}
	return d.each(p, func(int) []stage.Step { return []stage.Step{{Op: "mul", A: x}} })
}

func (r *reader) featureUnion(p part, d *design, depth int) (*design, error) {
	items, err := p.items("transformer_list")
	if err != nil {
		return nil, err
	}
	weights, _ := p.get("transformer_weights").(*pickle.Dict)
	out := d.with(nil)
	for _, item := range items {
		pair, ok := pickle.Items(item)
		if !ok || len(pair) != 2 {
			return nil, p.wrong("it has a transformer that is none")
		}
		name, _ := pair[0].(string)
		if pair[1] == "drop" || pair[1] == nil { // None, before 0.24
			continue
		}
		done, err := r.member(p, name, pair[1], d, depth)
		if err != nil {
			return nil, err
		}
		if done, err = weighted(p, name, weights, done); err != nil {
			return nil, err
		}
		if err := out.join(p, name, done); err != nil {
			return nil, err
		}
		out.sparse = out.sparse || done.sparse
	}
	return out, nil
}

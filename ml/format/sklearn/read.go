package sklearn

import (
	"slices"
	"strings"

	"dasier/fault"
	"dasier/ml/format/xgboost"
	"dasier/ml/pickle"
	"dasier/ml/predict"
)

// Hint is what the file itself may not say.
type Hint struct {
	Target  string   // the name of what is predicted; default "prediction"
	Columns []string // the inputs' names, for models that were fitted without names
}

// Facts describe what was read.
type Facts struct {
	Estimator string   // "RandomForestClassifier"
	Parts     []string // classes from the data to the estimator
	Writer    string   // "scikit-learn 1.2.1"
	Columns   []string // all that it was fitted on, in order
}

// keys are where bundles keep the model, the likeliest first.
var keys = []string{"model", "pipeline", "estimator", "classifier", "regressor", "best_model", "clf", "pipe"}

// labelKeys are where bundles keep the encoder of the target.
var labelKeys = []string{"label_encoder", "labels", "target_encoder", "encoder", "le"}

// Read says a pickled model as a compiled one.
func Read(value any, hint Hint) (predict.Spec, Facts, error) {
	root, labels, err := find(value)
	if err != nil {
		return predict.Spec{}, Facts{}, err
	}
	spec := predict.Spec{Version: 1, Target: predict.Target{Name: hint.Target}}
	if hint.Target == "" {
		spec.Target.Name = "prediction"
	}
	names, err := inputNames(root, hint)
	if err != nil {
		return predict.Spec{}, Facts{}, err
	}
	r, d := &reader{}, newDesign(names)
	r.facts.Columns = names
	said, err := r.follow(root, d, 0)
	if err != nil {
		return predict.Spec{}, Facts{}, err
	}
	if labels != nil {
		if err := relabel(*labels, &said); err != nil {
			return predict.Spec{}, Facts{}, err
		}
	}
	if err := d.builder.conclude(root, &said, &spec); err != nil {
		return predict.Spec{}, Facts{}, err
	}
	if version := root.text("_sklearn_version"); version != "" {
		r.facts.Writer = "scikit-learn " + version
	}
	return spec, r.facts, nil
}

// find gives the estimator of a file, and a label encoder beside it.
func find(value any) (part, *part, error) {
	if o, ok := value.(*pickle.Object); ok && !strings.HasPrefix(o.Class.Module, "builtins") {
		return part{o, ""}, nil, nil
	}
	bundle, ok := value.(*pickle.Dict)
	if !ok {
		return part{}, nil, fault.Errorf(fault.Invalid, "the file holds no model: its value is %s. Save the fitted pipeline itself, or a dict with the key \"model\"", kindOf(value))
	}
	var labels *part
	for _, key := range labelKeys {
		if v, ok := bundle.Get(key); ok {
			if o, ok := v.(*pickle.Object); ok && o.Class.Name == "LabelEncoder" {
				labels = &part{o, key}
			}
		}
	}
	for _, key := range keys {
		if v, ok := bundle.Get(key); ok {
			if o, ok := v.(*pickle.Object); ok {
				return part{o, key}, labels, nil
			}
		}
	}
	var names []string
	for key := range bundle.All {
		if text, ok := key.(string); ok {
			names = append(names, text)
		}
	}
	return part{}, nil, fault.Errorf(fault.Invalid, "the file holds a dict without a model: it has the keys %s, and \"model\" is looked for", strings.Join(names, ", "))
}

func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "None"
	case *pickle.Tuple:
		return "a tuple"
	case *pickle.List:
		return "a list"
	case *pickle.Array:
		return "an array"
	case string, pickle.Bytes:
		return "a text"
	}
	return "neither an estimator nor a dict"
}

// inputNames are the columns that the whole model takes.
func inputNames(root part, hint Hint) ([]string, error) {
	n, p := -1, root
	for range maxNesting {
		for _, attribute := range []string{"feature_names_in_", "_feature_names_in", "_df_columns"} {
			if names := p.names(attribute); len(names) > 0 {
				return unique(p, names)
			}
		}
		for _, attribute := range []string{"n_features_in_", "n_features_", "_n_features"} {
			if x, ok := pickle.Number(p.get(attribute)); ok && n < 0 && x >= 0 && x <= 100_000 {
				n = int(x)
			}
		}
		next, ok := p.child("best_estimator_")
		if !ok && p.class() == "Pipeline" {
			steps, err := pipelineSteps(p)
			if err != nil {
				return nil, err
			}
			if len(steps) > 0 {
				next, ok = steps[0], true
			}
		}
		if !ok {
			break
		}
		p = next
	}
	if n < 0 {
		n = widthOf(p)
	}
	switch {
	case len(hint.Columns) == 0 && n >= 0:
		return unnamed(n), nil
	case n < 0 || len(hint.Columns) == n:
		return hint.Columns, nil
	}
	return nil, root.wrong("it was fitted on %d columns without names, and %d columns are known: name those that it was fitted on, in their order", n, len(hint.Columns))
}

func unique(p part, names []string) ([]string, error) {
	sorted := slices.Clone(names)
	slices.Sort(sorted)
	if len(slices.Compact(sorted)) != len(names) {
		return nil, p.wrong("two of its columns have one name")
	}
	return names, nil
}

// widthOf is how many features an old estimator takes, by its coefficients.
func widthOf(p part) int {
	for _, attribute := range []string{"coef_", "scale_", "mean_", "statistics_"} {
		if a, ok := p.get(attribute).(*pickle.Array); ok && len(a.Shape) > 0 {
			return a.Shape[len(a.Shape)-1]
		}
	}
	if booster, ok := p.child("_Booster"); ok {
		if handle, ok := booster.get("handle").(pickle.Bytes); ok {
			if m, err := xgboost.Read(handle, xgboost.Options{}); err == nil {
				return m.Features
			}
		}
	}
	return -1
}

// reader follows one model.
type reader struct {
	facts Facts
}

// follow goes through pipelines and searches to the estimator, or to the last
// transformer where there is none.
func (r *reader) follow(p part, d *design, depth int) (answer, error) {
	if depth > maxNesting {
		return answer{}, p.wrong("parts nest deeper than %d, or in a circle", maxNesting)
	}
	r.facts.Parts = append(r.facts.Parts, p.class())
	switch p.class() {
	case "Pipeline":
		steps, err := pipelineSteps(p)
		if err != nil {
			return answer{}, err
		}
		if len(steps) == 0 {
			return answer{}, p.wrong("it has no steps")
		}
		for _, s := range steps[:len(steps)-1] {
			r.facts.Parts = append(r.facts.Parts, s.class())
			if d, err = r.transform(s, d, depth+1); err != nil {
				return answer{}, err
			}
		}
		return r.follow(steps[len(steps)-1], d, depth+1)
	case "GridSearchCV", "RandomizedSearchCV", "HalvingGridSearchCV", "HalvingRandomSearchCV":
		best, ok := p.child("best_estimator_")
		if !ok {
			return answer{}, p.wrong("it has no best_estimator_: was it fitted, with refit=True?")
		}
		return r.follow(best, d, depth+1)
	}
	if r.transforms(p.class()) {
		out, err := r.transform(p, d, depth+1)
		if err != nil {
			return answer{}, err
		}
		return transformed(p, out)
	}
	r.facts.Estimator = p.class()
	return r.estimate(p, d)
}

// transformed is what a model answers that ends in a transformer: its columns.
func transformed(p part, d *design) (answer, error) {
	cells, err := d.materialize(p, takesMissing)
	if err != nil {
		return answer{}, err
	}
	a := answer{task: predict.TaskVector, scores: cells}
	for j := range d.columns {
		a.targets = append(a.targets, d.columns[j].name)
	}
	return a, nil
}

// relabel names the classes as they were before a LabelEncoder numbered them.
func relabel(p part, a *answer) error {
	labels, err := p.classes()
	if err != nil {
		return err
	}
	if len(labels) != len(a.classes) {
		return p.wrong("it knows %d classes, the model has %d", len(labels), len(a.classes))
	}
	a.classes = labels
	return nil
}

package sklearn

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"dasier/fault"
	"dasier/ml/pickle"
)

// root is the model of a file.
type root struct {
	part    part
	labels  *part    // an encoder of the target that stands beside it
	columns []string // names of its columns that stand beside it
	before  []part   // what makes numbers of texts or of dicts, and stands beside it
	notes   []string
}

// keys are where bundles keep the model, the likeliest first.
var keys = []string{
	"model", "pipeline", "estimator", "classifier", "regressor", "best_model", "clf", "reg", "pipe", "best_estimator", "best_pipeline",
	"trained_model", "final_model", "full_pipeline", "model_pipeline", "predictor", "rf_model", "xgb_model", "lgb_model", "lgbm_model",
}

// labelKeys are where bundles keep the encoder of the target, and no other.
var labelKeys = []string{"label_encoder", "labels", "target_encoder", "le_target", "target_le", "y_encoder", "class_encoder", "label_enc"}

// columnKeys are where bundles keep the names of the model's columns.
var columnKeys = []string{
	"feature_names", "features", "columns", "feature_columns", "input_cols", "input_columns", "feature_cols", "feature_names_in", "feature_list", "model_columns",
	"train_columns", "training_columns", "X_columns", "cols", "feature_order", "selected_features",
}

// find gives the model of a file: the one at a path, or else the only one, or
// the one under the likeliest key.
func find(value any, object string) (root, error) {
	if object != "" {
		v, err := pickle.At(value, object)
		if err != nil {
			return root{}, err
		}
		if o, ok := model(v); ok {
			return root{part: part{o, object}}, nil
		}
		found, err := search(v, object, 0)
		if err != nil {
			return root{}, err
		}
		return found, nil
	}
	return search(value, "", 0)
}

// model tells an object of a library from what Python's own containers are.
func model(v any) (*pickle.Object, bool) {
	o, ok := v.(*pickle.Object)
	if !ok || o.State == nil && o.Class.Name != "FunctionTransformer" || strings.HasPrefix(o.Class.Module, "pandas.") {
		return nil, false
	}
	switch top, _, _ := strings.Cut(o.Class.Module, "."); top {
	case "sklearn", "imblearn", "skopt", "optuna", "optuna_integration":
		return o, !pickle.IsSampler(o.Class.Module) && o.Class.Name != "Bunch" && !strings.HasPrefix(o.Class.Module, "sklearn.metrics") && !strings.HasPrefix(o.Class.Module, "sklearn.model_selection._split")
	case "xgboost", "lightgbm", "catboost":
		return o, true
	}
	return nil, false
}

// search looks for the model in a value: an estimator, a dict, a tuple or a list
// of things, or one of those in another.
func search(value any, path string, depth int) (root, error) {
	if o, ok := model(value); ok {
		return root{part: part{o, path}}, nil
	}
	entries, what := entriesOf(value)
	if len(entries) == 0 || depth > maxNesting {
		return root{}, fault.Errorf(fault.Invalid, "the file holds no model: %s. Save the fitted pipeline itself, or a dict with the key \"model\"", what).At(path)
	}
	chosen, err := choose(entries, path, depth)
	if err != nil {
		return root{}, err
	}
	found, err := search(chosen.value, join(path, chosen.name), depth+1)
	if err != nil {
		return root{}, err
	}
	found.beside(entries, chosen.name)
	return found, nil
}

// entry is a member of a bundle.
type entry struct {
	name  string
	value any
}

// entriesOf are the members of a bundle, and what to call it.
func entriesOf(value any) ([]entry, string) {
	var list []entry
	if o, ok := value.(*pickle.Object); ok && o.Items != nil { // a Bunch, an OrderedDict
		value = o.Items
	}
	if o, ok := value.(*pickle.Object); ok && (o.Class.Name == "SimpleNamespace" || o.Class.Name == "Namespace") {
		value = o.State
	}
	switch v := value.(type) {
	case *pickle.Dict:
		for key, value := range v.All {
			switch key := key.(type) {
			case string:
				list = append(list, entry{key, value})
			case int64:
				list = append(list, entry{strconv.FormatInt(key, 10), value})
			}
		}
		return list, "it is an empty dict"
	case *pickle.Tuple:
		return inOrder(v.Items), "it is an empty tuple"
	case *pickle.List:
		return inOrder(v.Items), "it is an empty list"
	case *pickle.Array:
		if v.DType.Kind == 'O' {
			return inOrder(v.Objects), "it is an empty array"
		}
		return nil, "it is an array of numbers"
	case *pickle.Set:
		return nil, "it is a set"
	case *pickle.Object:
		if strings.HasPrefix(v.Class.Module, "pandas.") {
			return nil, "it is a table of pandas (" + v.Class.Name + ")"
		}
		return nil, "it is " + article(v.Class.String())
	case *pickle.Opaque:
		return nil, "it is " + article(v.Class.String()) + ", which is not read"
	case pickle.Global:
		return nil, "it is only the name of " + v.String() + ", without anything of it"
	case nil:
		return nil, "it is None"
	case string:
		return nil, "it is a text"
	case pickle.Bytes:
		return nil, "it is bytes, as pickle.dumps makes them: write them to a file as they are"
	}
	return nil, "it is a number"
}

func article(name string) string {
	if strings.ContainsRune("aeiouAEIOU", rune(name[0])) {
		return "an " + name
	}
	return "a " + name
}

func inOrder(items []any) []entry {
	list := make([]entry, len(items))
	for i, item := range items {
		list[i] = entry{strconv.Itoa(i), item}
	}
	return list
}

// choose picks the member that is the model. Predictors come before
// transformers, likely keys before others; several that are as likely as each
// other are left to the person.
func choose(entries []entry, path string, depth int) (entry, error) {
	for _, wanted := range []func(any) bool{predicts, transformsAlone} {
		var found []entry
		for _, e := range entries {
			if wanted(e.value) {
				found = append(found, e)
			}
		}
		for _, key := range keys {
			for _, e := range found {
				if strings.EqualFold(e.name, key) {
					return e, nil
				}
			}
		}
		switch {
		case len(found) == 1:
			return found[0], nil
		case len(found) > 1:
			return entry{}, fault.Errorf(fault.Invalid, "the file holds several models: %s. Name the one that is meant by its place: %q", listed(found, path), join(path, found[0].name)).At(path)
		}
	}
	// What is left are containers that may hold one.
	var holders []entry
	left := maxHeld
	for _, e := range entries {
		if left < 0 {
			break
		}
		if inner, _ := entriesOf(e.value); len(inner) > 0 && holds(inner, depth+1, &left) {
			holders = append(holders, e)
		}
	}
	switch len(holders) {
	case 1:
		return holders[0], nil
	case 0:
		return entry{}, missingModel(entries, path)
	}
	return entry{}, fault.Errorf(fault.Invalid, "the file holds models in several places: %s. Name the one that is meant by its place, such as %q", listed(holders, path), join(path, holders[0].name)).At(path)
}

// maxHeld is how many parts of containers are looked at for a model.
const maxHeld = 10_000

// holds tells whether a model stands somewhere in a bundle, in the first parts
// that are looked at: containers may be shared, so that there are more ways down
// than anyone could go.
func holds(entries []entry, depth int, left *int) bool {
	if *left -= len(entries); *left < 0 || depth > maxNesting {
		return false
	}
	for _, e := range entries {
		if _, ok := model(e.value); ok {
			return true
		}
	}
	for _, e := range entries {
		if *left < 0 {
			return false
		}
		if inner, _ := entriesOf(e.value); len(inner) > 0 && holds(inner, depth+1, left) {
			return true
		}
	}
	return false
}

// predicts tells a part that predicts rather than transforms.
func predicts(v any) bool {
	o, ok := model(v)
	return ok && !isTransformer(part{o, ""}, 0)
}

func transformsAlone(v any) bool {
	o, ok := model(v)
	return ok && o.Class.Name != "LabelEncoder" && o.Class.Name != "LabelBinarizer" && o.Class.Name != "MultiLabelBinarizer"
}

// isTransformer tells the parts that make columns and no prediction.
func isTransformer(p part, depth int) bool {
	if depth > maxNesting {
		return false
	}
	for _, module := range []string{
		"sklearn.preprocessing", "sklearn.impute", "sklearn.compose._column_transformer", "sklearn.decomposition", "sklearn.feature_", "sklearn.random_projection",
		"sklearn.kernel_approximation",
	} {
		if strings.HasPrefix(p.Class.Module, module) {
			return true
		}
	}
	switch p.class() {
	case "FeatureUnion":
		return true
	case "Pipeline":
		steps, err := pipelineSteps(p)
		return err == nil && len(steps) > 0 && isTransformer(steps[len(steps)-1], depth+1)
	}
	return false
}

// beside looks at what stands in the bundle with the model: an encoder of its
// target, the names of its columns, and what a person may think is applied.
func (r *root) beside(entries []entry, chosen string) {
	for _, e := range entries {
		if e.name == chosen {
			continue
		}
		if o, ok := model(e.value); ok {
			switch {
			case textFamily(o.Class.Name) != nil:
				r.before = append(r.before, part{o, e.name})
			case o.Class.Name == "LabelEncoder" && r.labels == nil && slices.Contains(labelKeys, strings.ToLower(e.name)):
				r.labels = &part{o, e.name}
			case transformsAlone(e.value) && isTransformer(part{o, ""}, 0):
				r.notes = append(r.notes, fmt.Sprintf("beside the model stands %q (%s), which is not applied: rows are taken as the model takes them", e.name, o.Class.Name))
			case predicts(e.value):
				r.notes = append(r.notes, fmt.Sprintf("beside the model stands another, %q (%s)", e.name, o.Class.Name))
			case o.Class.Name == "LabelEncoder":
				r.notes = append(r.notes, fmt.Sprintf("beside the model stands %q (LabelEncoder), which is not applied: it may be of a column or of the target", e.name))
			}
		}
		if r.columns == nil && slices.Contains(columnKeys, e.name) {
			if items, ok := pickle.Items(e.value); ok {
				r.columns = texts(items)
			}
		}
	}
}

// relabel names the classes as they were before a LabelEncoder numbered them:
// where the encoder that stands beside the model numbers exactly its classes.
func (r *reader) relabel(found root, a *answer) {
	if found.labels == nil || len(a.classes) == 0 {
		return
	}
	labels, err := found.labels.classes()
	numbered := err == nil && len(labels) == len(a.classes)
	for k, class := range a.classes {
		numbered = numbered && class == strconv.Itoa(k)
	}
	if !numbered {
		r.facts.Notes = append(r.facts.Notes, fmt.Sprintf("beside the model stands %q (LabelEncoder), which does not number the model's classes and is not applied", found.labels.path))
		return
	}
	a.classes = labels
	r.facts.Notes = append(r.facts.Notes, fmt.Sprintf("the classes have their names from %q (LabelEncoder), which stands beside the model", found.labels.path))
}

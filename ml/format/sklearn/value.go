package sklearn

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"dasier/fault"
	"dasier/ml/pickle"
)

// part is an estimator or transformer and where it stands: "pipeline.prep.num".
type part struct {
	*pickle.Object

	path string
}

// class is the last name of its class, which stays the same when modules move. Of
// imblearn's ensembles it is the class of scikit-learn that they predict as.
func (p part) class() string {
	if strings.HasPrefix(p.Class.Module, "imblearn.ensemble.") {
		switch p.Class.Name {
		case "BalancedRandomForestClassifier":
			return "RandomForestClassifier"
		case "BalancedBaggingClassifier", "EasyEnsembleClassifier":
			return "BaggingClassifier"
		case "RUSBoostClassifier":
			return "AdaBoostClassifier"
		}
	}
	return p.Class.Name
}

func (p part) wrong(format string, args ...any) error {
	for _, arg := range args { // for want of memory nothing is wrong with the file
		if err, ok := arg.(error); ok {
			if _, ok := errors.AsType[*pickle.MemoryError](err); ok {
				return fault.Errorf(fault.Limited, "%s: %w", p.where(), err).At(p.path)
			}
		}
	}
	return fault.Errorf(fault.Invalid, "%s: %s", p.where(), fmt.Sprintf(format, args...)).At(p.path)
}

func (p part) where() string {
	if p.path == "" {
		return p.Class.Name
	}
	return p.path + " (" + p.Class.Name + ")"
}

// unsupported refuses a part by name.
func (p part) unsupported(what string) error {
	if p.Class.Module == "catboost.core" {
		what += ". Save the CatBoost model as ONNX, or use XGBoost, LightGBM or scikit-learn's own boosting"
	}
	return p.wrong("%s is not read natively. %s", p.Class, what)
}

func (p part) attribute(name string) (any, bool) { return p.Attribute(name) }

// get is an attribute, nil when it is absent or None.
func (p part) get(name string) any { v, _ := p.Attribute(name); return v }

// text is an attribute that is a text; empty otherwise.
func (p part) text(name string) string { text, _ := p.get(name).(string); return text }

// truth is an attribute that is a bool, or what it is by default.
func (p part) truth(name string, absent bool) bool {
	if v, ok := p.get(name).(bool); ok {
		return v
	}
	return absent
}

// child is an attribute that is another part.
func (p part) child(name string) (part, bool) {
	o, ok := p.get(name).(*pickle.Object)
	return part{o, join(p.path, name)}, ok
}

func join(path, name string) string {
	if path == "" {
		return word(name)
	}
	return path + "." + word(name)
}

// number is an attribute that is one number.
func (p part) number(name string) (float64, error) {
	x, ok := pickle.Number(p.get(name))
	if !ok {
		return 0, p.wrong("its %s is no number: was it fitted?", name)
	}
	return x, nil
}

// floats is an attribute that is an array of numbers, row by row.
func (p part) floats(name string) ([]float64, error) {
	v := p.get(name)
	if array, ok := v.(*pickle.Array); ok {
		values, err := array.Floats()
		if err != nil {
			return nil, p.wrong("its %s: %v", name, err)
		}
		return values, nil
	}
	if x, ok := pickle.Number(v); ok {
		return []float64{x}, nil
	}
	if items, ok := pickle.Items(v); ok {
		values := make([]float64, len(items))
		for i, item := range items {
			x, ok := pickle.Number(item)
			if !ok {
				return nil, p.wrong("its %s holds what is no number", name)
			}
			values[i] = x
		}
		return values, nil
	}
	return nil, p.wrong("it has no %s: was it fitted?", name)
}

// exactly is floats of a known length.
func (p part) exactly(name string, n int) ([]float64, error) {
	values, err := p.floats(name)
	if err == nil && len(values) != n {
		err = p.wrong("its %s has %d values for %d columns", name, len(values), n)
	}
	return values, err
}

// items is an attribute that is a list, a tuple or an array.
func (p part) items(name string) ([]any, error) {
	items, ok := pickle.Items(p.get(name))
	if !ok {
		return nil, p.wrong("it has no %s: was it fitted?", name)
	}
	return items, nil
}

// names is an attribute that lists texts; nil otherwise.
func (p part) names(name string) []string {
	items, ok := pickle.Items(p.get(name))
	if !ok {
		return nil
	}
	return texts(items)
}

func texts(items []any) []string {
	list := make([]string, len(items))
	for i, item := range items {
		text, ok := item.(string)
		if !ok {
			return nil
		}
		list[i] = text
	}
	return list
}

// version is the writer's, as a number to compare: 1.2.1 is 102.
func (p part) version() int {
	said := p.text("_sklearn_version")
	if said == "" && strings.HasPrefix(p.Class.Module, "imblearn.") { // only scikit-learn's own classes say it
		for _, attribute := range []string{"estimator_", "base_estimator_"} {
			if inner, ok := p.child(attribute); ok && said == "" {
				said = inner.text("_sklearn_version")
			}
		}
	}
	major, rest, _ := strings.Cut(said, ".")
	minor, _, _ := strings.Cut(rest, ".")
	a, errA := strconv.Atoi(major)
	b, errB := strconv.Atoi(minor)
	if errA != nil || errB != nil {
		return 0
	}
	return a*100 + b
}

// label is a category or class as text: what a person or a CSV file writes.
func label(v any) (text string, missing, ok bool) {
	switch v := v.(type) {
	case nil:
		return "", true, true
	case string:
		return v, false, v != ""
	case bool:
		return strconv.FormatBool(v), false, true
	case int64:
		return strconv.FormatInt(v, 10), false, true
	case float64:
		if math.IsNaN(v) {
			return "", true, true
		}
		return strconv.FormatFloat(v, 'f', -1, 64), false, true
	}
	return "", false, false
}

// classes are a classifier's labels.
func (p part) classes() ([]string, error) {
	const name = "classes_"
	items, err := p.items(name)
	if err != nil {
		return nil, err
	}
	labels := make([]string, len(items))
	for i, item := range items {
		text, missing, ok := label(item)
		if !ok || missing {
			return nil, p.wrong("its class %d is %v: classes must be texts or numbers (one target at a time)", i, item)
		}
		labels[i] = text
	}
	return labels, nil
}

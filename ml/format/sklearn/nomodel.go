package sklearn

import (
	"fmt"
	"strings"

	"dasier/fault"
	"dasier/ml/pickle"
)

// missingModel refuses a bundle without a model by what it holds.
func missingModel(entries []entry, path string) error {
	for _, e := range entries {
		if o, ok := e.value.(*pickle.Opaque); ok {
			return fmt.Errorf("%s: %w", join(path, e.name), o.Reason)
		}
	}
	if what := apart(entries); what != "" {
		return fault.Errorf(fault.Invalid, "the file holds no model, but %s: the model is saved elsewhere, or put both into one dict with the keys \"model\" and \"columns\"", what).At(path)
	}
	return fault.Errorf(fault.Invalid, "the file holds no model, but %s: a fitted estimator of scikit-learn, XGBoost or LightGBM is looked for", listed(entries, path)).At(path)
}

// apart tells what people save in a file of its own beside the model's: names of
// columns, and encoders of them.
func apart(entries []entry) string {
	texts, encoders := 0, 0
	for _, e := range entries {
		if text, ok := e.value.(string); ok && len(text) < manyLetters {
			texts++
		}
		if o, ok := model(e.value); ok && o.Class.Name == "LabelEncoder" {
			encoders++
		}
	}
	switch {
	case texts == len(entries) && texts > 1 && entries[0].name == "0":
		return fmt.Sprintf("%d texts (%q …), as names of columns are", texts, entries[0].value)
	case encoders == len(entries):
		return fmt.Sprintf("the encoders of %d columns (%s)", encoders, listed(entries, ""))
	}
	return ""
}

const (
	manyEntries = 12
	manyLetters = 80
)

// listed names members and what they are.
func listed(entries []entry, path string) string {
	var names []string
	for _, e := range entries[:min(len(entries), manyEntries)] {
		names = append(names, fmt.Sprintf("%q (%s)", join(path, e.name), kindOf(e.value)))
	}
	if len(entries) > manyEntries {
		names = append(names, "and more")
	}
	return strings.Join(names, ", ")
}

func kindOf(v any) string {
	switch v := v.(type) {
	case *pickle.Object:
		return v.Class.Name
	case *pickle.Opaque:
		return v.Class.String()
	case *pickle.Dict:
		return "a dict"
	case *pickle.Tuple:
		return "a tuple"
	case *pickle.List:
		return "a list"
	case *pickle.Array:
		return "an array"
	case *pickle.Set:
		return "a set"
	case string:
		return "a text"
	case pickle.Bytes:
		return "bytes"
	case bool:
		return "a truth"
	case nil:
		return "None"
	}
	return "a number"
}

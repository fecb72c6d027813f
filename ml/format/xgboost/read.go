package xgboost

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"strconv"
	"strings"

	"dasier/fault"
	"dasier/ml/forest"
)

// Model is a booster read.
type Model struct {
	Version   string
	Objective string
	Names     []string // of its features; none when it was trained without
	Features  int
	Groups    int  // scores: one, or one per class
	Classwise bool // the objective is one of several classes
	Binary    bool
	Log       bool // the scores are logarithms
	Trees     *forest.Trees
	Wrapped   bool // saved by scikit-learn's kind of wrapper
}

// Options tell what the file itself does not.
type Options struct {
	// Best is how many rounds count, when training stopped early and the caller
	// knows; 0: what the file says of a wrapped model, or all.
	Best int
	// Wrapped: the booster is of an XGBClassifier or XGBRegressor, which use the
	// best iteration only.
	Wrapped bool
}

// Is tells whether a file looks like one that Read reads.
func Is(data []byte) bool {
	head := data[:min(len(data), 4096)]
	return bytes.Contains(head, []byte("learner")) && bytes.HasPrefix(bytes.TrimSpace(head), []byte("{")) || bytes.HasPrefix(head, []byte("binf"))
}

// Read reads a model file or the handle of a pickled Booster.
func Read(data []byte, options Options) (*Model, error) {
	switch {
	case bytes.HasPrefix(data, []byte("CONFIG-offset:")):
		return readConfigured(data, options)
	case bytes.HasPrefix(data, []byte("binf")):
		return readLegacy(data[4:], options)
	case len(data) > 1 && data[0] == '{' && (data[1] == 'L' || data[1] == 'l' || data[1] == 'i' || data[1] == 'U' || data[1] == 'I'):
		u := &ubjson{data: data, pos: 1}
		v, err := u.value('{', 0)
		if err != nil {
			return nil, err
		}
		return fromDocument(v, options)
	case len(bytes.TrimSpace(data[:min(len(data), 64)])) > 0 && bytes.TrimSpace(data[:min(len(data), 64)])[0] == '{':
		var v any
		if err := json.Unmarshal(data, &v); err != nil {
			return nil, fault.Errorf(fault.Invalid, "the XGBoost model is no JSON that can be read: %w", err)
		}
		return fromDocument(v, options)
	}
	return readLegacy(data, options)
}

// readConfigured reads the handle of XGBoost 1.0 to 1.5: an offset, the legacy
// model, and a configuration that predictions do not need.
func readConfigured(data []byte, options Options) (*Model, error) {
	const head = len("CONFIG-offset:")
	if len(data) < head+8 {
		return nil, fault.Errorf(fault.Invalid, "the booster's handle is cut off")
	}
	offset := binary.LittleEndian.Uint64(data[head:])
	body := data[head+8:]
	if offset > uint64(len(body)) {
		return nil, fault.Errorf(fault.Invalid, "the booster's handle is cut off")
	}
	body = body[:offset]
	return readLegacy(bytes.TrimPrefix(body, []byte("binf")), options)
}

// document is a JSON value with forgiving access: what is absent is nil.
type document struct{ v any }

func (d document) at(names ...string) document {
	for _, name := range names {
		object, _ := d.v.(map[string]any)
		d.v = object[name]
	}
	return d
}

func (d document) text() string {
	switch v := d.v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return ""
}

func (d document) whole() int {
	x, err := strconv.ParseFloat(d.text(), 64)
	if err != nil || x < -1e9 || x > 1e9 {
		return 0
	}
	return int(x)
}

func (d document) list() []any {
	list, _ := d.v.([]any)
	return list
}

func (d document) texts() []string {
	var texts []string
	for _, v := range d.list() {
		if text, ok := v.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

// floats reads an array of numbers or truths.
func (d document) floats() ([]float64, bool) {
	if values, ok := d.v.([]float64); ok {
		return values, true
	}
	list, ok := d.v.([]any)
	if !ok {
		return nil, false
	}
	values := make([]float64, len(list))
	for i, v := range list {
		switch v := v.(type) {
		case float64:
			values[i] = v
		case bool:
			if v {
				values[i] = 1
			}
		default:
			return nil, false
		}
	}
	return values, true
}

// fromDocument reads the layout that JSON and UBJSON share.
func fromDocument(v any, options Options) (*Model, error) {
	root := document{v}
	if inner := root.at("Model"); inner.v != nil { // a pickled handle: with its configuration
		root = inner
	}
	learner := root.at("learner")
	if learner.v == nil {
		return nil, fault.Errorf(fault.Invalid, "the document has no learner: it is no XGBoost model")
	}
	m := &Model{Objective: learner.at("objective", "name").text(), Names: learner.at("feature_names").texts()}
	if version, ok := root.at("version").floats(); ok {
		for i, part := range version {
			if i > 0 {
				m.Version += "."
			}
			m.Version += strconv.Itoa(int(part))
		}
	}
	param := learner.at("learner_model_param")
	m.Features = param.at("num_feature").whole()
	m.Groups = max(param.at("num_class").whole(), 1)
	m.Wrapped = options.Wrapped || learner.at("attributes", "scikit_learn").text() != ""
	if targets := param.at("num_target").whole(); targets > 1 {
		return nil, fault.Errorf(fault.Invalid, "the XGBoost model predicts %d targets at once: train one model per target", targets)
	}
	booster := learner.at("gradient_booster")
	weights, _ := booster.at("weight_drop").floats()
	switch name := booster.at("name").text(); name {
	case "gbtree":
	case "dart":
		if inner := booster.at("gbtree"); inner.v != nil {
			booster = inner
		}
	default:
		return nil, fault.Errorf(fault.Invalid, "the XGBoost model has the booster %q: gbtree and dart are read; train with booster=\"gbtree\"", name)
	}
	body := booster.at("model")
	if w, ok := body.at("weight_drop").floats(); ok {
		weights = w
	}
	trees := body.at("trees").list()
	groups, _ := body.at("tree_info").floats()
	if len(groups) != len(trees) {
		return nil, fault.Errorf(fault.Invalid, "the XGBoost model has %d trees and says the score of %d", len(trees), len(groups))
	}
	b := &builder{model: m, parallel: max(body.at("gbtree_model_param", "num_parallel_tree").whole(), 1), weights: weights}
	if err := b.begin(param.at("base_score").text(), false); err != nil {
		return nil, err
	}
	best := options.Best
	if best == 0 && m.Wrapped {
		if text := learner.at("attributes", "best_iteration").text(); text != "" {
			best = learner.at("attributes", "best_iteration").whole() + 1
		}
	}
	for i := range trees[:b.rounds(len(trees), best)] {
		if err := b.document(i, document{trees[i]}, int32(groups[i])); err != nil { //nolint:gosec // predict checks it
			return nil, err
		}
	}
	return m, nil
}

// number reads base_score: a number, or since 3.1 a list of them in a text.
func numbers(text string) ([]float64, error) {
	var list []float64
	for part := range strings.SplitSeq(strings.Trim(text, "[]"), ",") {
		x, err := strconv.ParseFloat(strings.TrimSpace(part), 32)
		if err != nil {
			return nil, fault.Errorf(fault.Invalid, "the XGBoost model's base score is %q", text)
		}
		list = append(list, x)
	}
	return list, nil
}

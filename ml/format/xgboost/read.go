package xgboost

import (
	"bytes"
	"encoding/binary"

	"dasier/fault"
	"dasier/ml/forest"
)

// Model is a booster read.
type Model struct {
	Version   string
	Objective string
	Names     []string // of its features; none when it was trained without
	Features  int
	Groups    int           // margins: one, or one per class, target or quantile
	Trees     *forest.Trees // of gbtree and dart
	Linear    *Linear       // of gblinear
	Wrapped   bool          // saved by scikit-learn's kind of wrapper
	// Categories are the values of a DataFrame's category columns by their
	// codes, per feature; nil for the other features, and for models before 3.1,
	// which hold codes alone.
	Categories [][]any

	objective struct {
		answer transform
		base   space
	}
	alphas []float64 // of several quantiles or expectiles
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

// Limits: far above any sensible model.
const (
	maxGroups   = 1_000
	maxFeatures = 100_000
	maxNodes    = 50_000_000
	maxWords    = 1 << 24 // of 32 categories each, over all nodes
)

// Is tells whether a file looks like one that Read reads.
func Is(data []byte) bool {
	head := data[:min(len(data), 4096)]
	return bytes.Contains(head, []byte("learner")) && bytes.HasPrefix(bytes.TrimSpace(head), []byte("{")) ||
		bytes.HasPrefix(head, []byte("binf")) || isLegacy(head)
}

// Read reads a model file or the handle of a pickled Booster.
func Read(data []byte, options Options) (*Model, error) {
	start := bytes.TrimSpace(data[:min(len(data), 64)])
	switch {
	case bytes.HasPrefix(data, []byte("CONFIG-offset:")):
		return readConfigured(data, options)
	case bytes.HasPrefix(data, []byte("binf")):
		return readLegacy(data[4:], options)
	case len(data) > 1 && data[0] == '{' && bytes.IndexByte([]byte("LliUI"), data[1]) >= 0:
		u := &ubjson{data: data, pos: 1}
		v, err := u.value('{', 0)
		if err != nil {
			return nil, err
		}
		return fromDocument(v, options)
	case len(start) > 0 && start[0] == '{':
		v, err := readJSON(data)
		if err != nil {
			return nil, err
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

// begin decides what kind of model it is, and what its margins begin with.
func (m *Model) begin(base string, isMargin bool) ([]float64, error) {
	objective, ok := objectives[m.Objective]
	if !ok {
		return nil, fault.Errorf(fault.Invalid, "the XGBoost model has the objective %.60q, which is not known", m.Objective)
	}
	m.objective.answer, m.objective.base = objective.answer, objective.base
	if m.Groups > maxGroups || m.Features < 0 || m.Features > maxFeatures {
		return nil, fault.Errorf(fault.Limited, "the XGBoost model has %d margins and %d features, at most %d and %d are read", m.Groups, m.Features, maxGroups, maxFeatures)
	}
	return m.margins(base, isMargin)
}

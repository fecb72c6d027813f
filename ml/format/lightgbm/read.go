package lightgbm

import (
	"bytes"
	"strings"

	"dasier/fault"
	"dasier/ml/forest"
)

// Model is a booster read.
type Model struct {
	Version   string // of the layout: "v4"
	Objective string // "binary sigmoid:1"; empty where it was the user's own
	Output    Output // from scores to the answer
	Sigmoid   float64
	Names     []string // of its features
	Groups    int      // scores: one, or one per class
	Rounds    int      // of a random forest, whose scores are divided by it; else 0
	Trees     *forest.Trees
	// Categories are the values of a DataFrame's category columns by their
	// codes, per feature; nil for the other features, and where there was no
	// such column.
	Categories [][]any
}

// Options tell what the file itself does not.
type Options struct {
	// Best is how many rounds count, when training stopped early and the caller
	// knows; 0: all that are in the file.
	Best int
}

// Limits: far above any sensible model.
const (
	maxFeatures = 100_000
	maxGroups   = 1_000
	maxNodes    = 50_000_000
)

// Is tells whether a file looks like one that Read reads.
func Is(data []byte) bool {
	head := bytes.TrimLeft(data[:min(len(data), 4096)], "\ufeff \t\r\n")
	if line, _, found := bytes.Cut(head, []byte("\n")); found && string(bytes.TrimSpace(line)) == "tree" {
		return true
	}
	return bytes.HasPrefix(head, []byte("{")) && bytes.Contains(head, []byte(`"num_tree_per_iteration"`))
}

// Read reads a model's text or the JSON of dump_model.
func Read(data []byte, options Options) (*Model, error) {
	text := strings.TrimLeft(string(data), "\ufeff \t\r\n")
	if strings.HasPrefix(text, "{") {
		return readDump(text, options)
	}
	return readText(text, options)
}

// builder collects trees.
type builder struct {
	model    *Model
	features int
	average  bool // the answer is the mean of the rounds
	trees    int
}

func newBuilder(m *Model, perRound, features int, average bool) (*builder, error) {
	switch {
	case perRound < 1 || perRound > maxGroups:
		return nil, fault.Errorf(fault.Limited, "the LightGBM model has %d scores, 1 to %d are read", perRound, maxGroups)
	case features < 1 || features > maxFeatures:
		return nil, fault.Errorf(fault.Limited, "the LightGBM model has %d features, 1 to %d are read", features, maxFeatures)
	case len(m.Names) != features:
		return nil, fault.Errorf(fault.Invalid, "the LightGBM model has %d features and %d names for them", features, len(m.Names))
	}
	m.Groups = perRound
	m.Trees = &forest.Trees{Base: make([]float64, perRound), Rule: forest.DoubleAtMost}
	return &builder{model: m, features: features, average: average}, nil
}

// wants tells whether the next tree counts, when only the best rounds do.
func (b *builder) wants(best int) bool { return best <= 0 || b.trees/b.model.Groups < best }

// finish is called after the last tree.
func (b *builder) finish() error {
	m, t := b.model, b.model.Trees
	if len(t.Roots) == 0 {
		return fault.Errorf(fault.Invalid, "the LightGBM model has no trees")
	}
	if len(t.Roots)%m.Groups != 0 {
		return fault.Errorf(fault.Invalid, "the LightGBM model has %d trees, which is no whole number of rounds of %d", len(t.Roots), m.Groups)
	}
	if b.average {
		m.Rounds = len(t.Roots) / m.Groups
	}
	return nil
}

package lightgbm

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"dasier/fault"
)

// maxWords bounds the sets of categories, 32 of which are a word: the document
// names the largest and does not spell the others out.
const maxWords = 1 << 22

// maxDepth bounds the JSON form, in which trees nest; package forest has the
// same bound for walking.
const maxDepth = 500

// dump is the document of Booster.dump_model.
type dump struct {
	Version     string          `json:"version"`
	PerRound    int             `json:"num_tree_per_iteration"`
	Highest     int             `json:"max_feature_idx"`
	Objective   string          `json:"objective"`
	Average     bool            `json:"average_output"`
	Names       []string        `json:"feature_names"`
	Trees       []dumpTree      `json:"tree_info"`
	PandasLists json.RawMessage `json:"pandas_categorical"`
}

type dumpTree struct {
	Index     int       `json:"tree_index"`
	Structure *dumpNode `json:"tree_structure"`
}

// dumpNode is a test or a leaf.
type dumpNode struct {
	Feature   *int32          `json:"split_feature"`
	Threshold json.RawMessage `json:"threshold"` // a number, or the text "0||2||5"
	Decision  string          `json:"decision_type"`
	Default   bool            `json:"default_left"`
	Missing   string          `json:"missing_type"`
	Count     float64         `json:"internal_count"`
	Left      *dumpNode       `json:"left_child"`
	Right     *dumpNode       `json:"right_child"`
	Value     *float64        `json:"leaf_value"`
	LeafCount float64         `json:"leaf_count"`
	Constant  *float64        `json:"leaf_const"`
	Features  []int32         `json:"leaf_features"`
	Weights   []float64       `json:"leaf_coeff"`
}

// readDump reads the JSON form.
func readDump(text string, options Options) (*Model, error) {
	var d dump
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return nil, fault.Errorf(fault.Invalid, "the LightGBM model is no JSON that can be read: %v", err)
	}
	m := &Model{Version: d.Version, Objective: strings.TrimSpace(d.Objective), Names: d.Names}
	var err error
	if m.Output, m.Sigmoid, err = outputOf(m.Objective); err != nil {
		return nil, err
	}
	b, err := newBuilder(m, max(d.PerRound, 1), d.Highest+1, d.Average)
	if err != nil {
		return nil, err
	}
	words := 0
	for _, one := range d.Trees {
		if !b.wants(options.Best) {
			break
		}
		t := &tree{words: &words}
		if one.Structure == nil {
			err = fmt.Errorf("it has no tree_structure")
		} else if _, err = t.flatten(one.Structure, 0); err == nil {
			err = b.add(t)
		}
		if err != nil {
			return nil, fault.Errorf(fault.Invalid, "the LightGBM model, tree %d: %v", one.Index, err)
		}
	}
	if err := b.finish(); err != nil {
		return nil, err
	}
	if len(d.PandasLists) == 0 {
		return m, nil
	}
	var lists [][]any
	if err := json.Unmarshal(d.PandasLists, &lists); err != nil {
		return nil, fault.Errorf(fault.Invalid, "the LightGBM model's pandas_categorical is no list of lists: %v", err)
	}
	return m, b.assign(lists, nil, "")
}

// flatten appends a node and all below it, and gives its number as a child. The
// depth is bounded, so that recursion is.
func (t *tree) flatten(n *dumpNode, depth int) (int32, error) {
	switch {
	case depth > maxDepth:
		return 0, fmt.Errorf("it is deeper than %d", maxDepth)
	case n.Feature == nil && n.Value == nil:
		return 0, fmt.Errorf("a node is neither a test nor a leaf")
	case n.Feature == nil:
		return t.dumpedLeaf(n)
	case n.Left == nil || n.Right == nil:
		return 0, fmt.Errorf("a test has no two children")
	}
	at := len(t.feature)
	threshold, decision, err := t.dumpedTest(n)
	if err != nil {
		return 0, err
	}
	t.feature, t.threshold, t.decision = append(t.feature, *n.Feature), append(t.threshold, threshold), append(t.decision, decision)
	t.left, t.right, t.cover = append(t.left, 0), append(t.right, 0), append(t.cover, n.Count)
	left, err := t.flatten(n.Left, depth+1)
	if err != nil {
		return 0, err
	}
	right, err := t.flatten(n.Right, depth+1)
	if err != nil {
		return 0, err
	}
	t.left[at], t.right[at] = left, right
	return int32(at), nil //nolint:gosec // fewer than the file has bytes
}

func (t *tree) dumpedLeaf(n *dumpNode) (int32, error) {
	at := len(t.leaf)
	t.leaf, t.leafCover = append(t.leaf, *n.Value), append(t.leafCover, n.LeafCount)
	if len(n.Features) != len(n.Weights) {
		return 0, fmt.Errorf("leaf %d has %d features and %d weights", at, len(n.Features), len(n.Weights))
	}
	if n.Constant != nil || t.lines != nil {
		for len(t.lines) < at {
			t.lines = append(t.lines, line{constant: t.leaf[len(t.lines)]})
		}
		l := line{constant: *n.Value, features: n.Features, weights: n.Weights}
		if n.Constant != nil {
			l.constant = *n.Constant
		}
		t.lines = append(t.lines, l)
	}
	return ^int32(at), nil //nolint:gosec // fewer than the file has bytes
}

// dumpedTest reads what a node compares with.
func (t *tree) dumpedTest(n *dumpNode) (float64, uint8, error) {
	decision := uint8(0)
	if n.Default {
		decision |= defaultLeft
	}
	switch n.Missing {
	case "None", "":
	case "Zero":
		decision |= missingZero << missingShift
	case "NaN":
		decision |= missingNaN << missingShift
	default:
		return 0, 0, fmt.Errorf("the missing type %.40q", n.Missing)
	}
	if n.Decision != "==" && n.Decision != "<=" {
		return 0, 0, fmt.Errorf("the decision type %.40q", n.Decision)
	}
	var x float64
	if n.Decision == "<=" {
		if err := json.Unmarshal(n.Threshold, &x); err != nil {
			return 0, 0, fmt.Errorf("the threshold %.40q", n.Threshold)
		}
		return x, decision, nil
	}
	var text string
	if err := json.Unmarshal(n.Threshold, &text); err != nil {
		return 0, 0, fmt.Errorf("the categories %.40q", n.Threshold)
	}
	var bits []uint32
	for word := range strings.SplitSeq(text, "||") {
		k, err := strconv.ParseUint(word, 10, 32)
		if err != nil || k > 1<<24 {
			return 0, 0, fmt.Errorf("the category %.40q", word)
		}
		if more := int(k/32) + 1 - len(bits); more > 0 {
			if *t.words += more; *t.words > maxWords {
				return 0, 0, fmt.Errorf("the sets of categories are larger than %d bytes with those before it", 4*maxWords)
			}
			bits = append(bits, make([]uint32, more)...)
		}
		bits[k/32] |= 1 << (k % 32)
	}
	t.sets = append(t.sets, bits)
	return float64(len(t.sets) - 1), decision | categorical, nil
}

package lightgbm

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"dasier/fault"
)

// lines is a text on its way in.
type lines struct {
	rest   string
	number int // of the line read last, from 1
}

func (l *lines) next() (string, bool) {
	if l.rest == "" {
		return "", false
	}
	var line string
	line, l.rest, _ = strings.Cut(l.rest, "\n")
	l.number++
	return strings.TrimRight(line, "\r"), true
}

// field is a value and the line on which it stands.
type field struct {
	text string
	line int
}

// fields are the lines "key=value" of one block.
type fields map[string]field

// end of trees, and what stands before the first.
const (
	endOfTrees = "end of trees"
	treeMark   = "Tree="
)

// readText reads header, trees and what follows them.
func readText(text string, options Options) (*Model, error) {
	l := &lines{rest: text}
	if first, _ := l.next(); strings.TrimSpace(first) != "tree" {
		return nil, fault.Errorf(fault.Invalid, "the file is no LightGBM model: it begins with %.40q, not with \"tree\"", first)
	}
	header, mark := l.block()
	b, err := begin(header)
	if err != nil {
		return nil, err
	}
	for mark != "" && mark != endOfTrees {
		index, at := strings.TrimSpace(strings.TrimPrefix(mark, treeMark)), l.number
		var block fields
		block, mark = l.block()
		if !b.wants(options.Best) {
			continue
		}
		t, err := block.tree()
		if err == nil {
			err = b.add(t)
		}
		if err != nil {
			return nil, fault.Errorf(fault.Invalid, "the LightGBM model, tree %.20s (line %d): %v", index, at, err)
		}
	}
	if mark == "" {
		announced := len(strings.Fields(header["tree_sizes"].text))
		if announced == 0 || announced != b.trees {
			return nil, fault.Errorf(fault.Invalid, "the LightGBM model is cut off: it has %d trees and no line \"end of trees\"", b.trees)
		}
	}
	if err := b.finish(); err != nil {
		return nil, err
	}
	return b.model, b.tail(l, header)
}

// block reads the fields up to the next tree or the end of them all, and says
// which: empty at the end of the text.
func (l *lines) block() (fields, string) {
	block := fields{}
	for {
		line, ok := l.next()
		if !ok {
			return block, ""
		}
		if strings.HasPrefix(line, treeMark) {
			return block, line
		}
		if strings.TrimSpace(line) == endOfTrees {
			return block, endOfTrees
		}
		if key, value, found := strings.Cut(line, "="); found {
			block[key] = field{value, l.number}
		} else if line != "" {
			block[line] = field{"", l.number}
		}
	}
}

// begin reads the header.
func begin(header fields) (*builder, error) {
	m := &Model{Version: header["version"].text, Objective: strings.TrimSpace(header["objective"].text)}
	if m.Version == "" {
		return nil, fault.Errorf(fault.Invalid, "the LightGBM model has no version: it is of LightGBM before 2.1, or cut off. Load and save it with a newer one")
	}
	highest, err := header.whole("max_feature_idx")
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "the LightGBM model's header: %v", err)
	}
	perRound := 1
	for _, key := range []string{"num_class", "num_tree_per_iteration"} { // the second is absent in old files
		if _, ok := header[key]; !ok {
			continue
		}
		if perRound, err = header.whole(key); err != nil {
			return nil, fault.Errorf(fault.Invalid, "the LightGBM model's header: %v", err)
		}
	}
	if m.Output, m.Sigmoid, err = outputOf(m.Objective); err != nil {
		return nil, err
	}
	m.Names = strings.Fields(header["feature_names"].text)
	_, average := header["average_output"]
	return newBuilder(m, perRound, highest+1, average)
}

// tail reads what stands after the trees: parameters and the values of a
// DataFrame's categories.
func (b *builder) tail(l *lines, header fields) error {
	var declared string
	for {
		line, ok := l.next()
		if !ok {
			return nil
		}
		if value, found := strings.CutPrefix(line, "[categorical_feature:"); found {
			declared = strings.TrimSpace(strings.TrimSuffix(value, "]"))
		}
		text, found := strings.CutPrefix(line, "pandas_categorical:")
		if !found {
			continue
		}
		var lists [][]any
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		if err := decoder.Decode(&lists); err != nil {
			return fault.Errorf(fault.Invalid, "the LightGBM model, line %d: pandas_categorical is no list of lists: %v", l.number, err)
		}
		infos := strings.Fields(header["feature_infos"].text)
		return b.assign(lists, infos, declared)
	}
}

// tree reads a block.
func (block fields) tree() (*tree, error) {
	leaves, err := block.whole("num_leaves")
	if err != nil {
		return nil, err
	}
	t := &tree{}
	if t.leaf, err = floats(block, "leaf_value", leaves); err != nil {
		return nil, err
	}
	if t.leafCover, err = block.covers("leaf_count", "leaf_weight", leaves); err != nil {
		return nil, err
	}
	inner := leaves - 1
	if inner > 0 {
		if err := block.tests(t, inner); err != nil {
			return nil, err
		}
	}
	if linear, ok := block["is_linear"]; ok && strings.TrimSpace(linear.text) == "1" {
		return t, block.linear(t)
	}
	return t, nil
}

// tests reads the arrays of inner nodes.
func (block fields) tests(t *tree, inner int) (err error) {
	if t.feature, err = wholes(block, "split_feature", inner); err != nil {
		return err
	}
	if t.threshold, err = floats(block, "threshold", inner); err != nil {
		return err
	}
	if t.left, err = wholes(block, "left_child", inner); err != nil {
		return err
	}
	if t.right, err = wholes(block, "right_child", inner); err != nil {
		return err
	}
	decisions, err := wholes(block, "decision_type", inner)
	if err != nil {
		return err
	}
	for _, d := range decisions {
		if d < 0 || d > 15 {
			return fmt.Errorf("line %d: the decision type %d", block["decision_type"].line, d)
		}
		t.decision = append(t.decision, uint8(d))
	}
	if t.cover, err = block.covers("internal_count", "internal_weight", inner); err != nil {
		return err
	}
	return block.categories(t)
}

// categories reads the sets of categories that nodes test.
func (block fields) categories(t *tree) error {
	if _, ok := block["num_cat"]; !ok {
		return nil
	}
	count, err := block.whole("num_cat")
	if err != nil || count == 0 {
		return err
	}
	bounds, err := wholes(block, "cat_boundaries", count+1)
	if err != nil {
		return err
	}
	at := block["cat_threshold"]
	words := strings.Fields(at.text)
	bits := make([]uint32, len(words))
	for k, word := range words {
		v, err := strconv.ParseUint(word, 10, 32)
		if err != nil {
			return fmt.Errorf("line %d: cat_threshold[%d] is %.40q", at.line, k, word)
		}
		bits[k] = uint32(v)
	}
	for k := range count {
		from, to := bounds[k], bounds[k+1]
		if from < 0 || to < from || int(to) > len(bits) {
			return fmt.Errorf("line %d: the set %d of categories is from %d to %d of %d", block["cat_boundaries"].line, k, from, to, len(bits))
		}
		t.sets = append(t.sets, bits[from:to:to])
	}
	return nil
}

// linear reads leaves that are linear. Leaves without features leave their
// places in the arrays empty, which counting by num_features makes up for.
func (block fields) linear(t *tree) error {
	leaves := len(t.leaf)
	constants, err := floats(block, "leaf_const", leaves)
	if err != nil {
		return err
	}
	counts, err := wholes(block, "num_features", leaves)
	if err != nil {
		return err
	}
	total := 0
	for leaf, n := range counts {
		if n < 0 || n > maxFeatures {
			return fmt.Errorf("line %d: leaf %d has %d features", block["num_features"].line, leaf, n)
		}
		total += int(n)
	}
	features, err := wholes(block, "leaf_features", total)
	if err != nil {
		return err
	}
	weights, err := floats(block, "leaf_coeff", total)
	if err != nil {
		return err
	}
	for leaf, n := range counts {
		t.lines = append(t.lines, line{constants[leaf], features[:n:n], weights[:n:n]})
		features, weights = features[n:], weights[n:]
	}
	return nil
}

// whole is a field of one number.
func (block fields) whole(key string) (int, error) {
	f, ok := block[key]
	if !ok {
		return 0, fmt.Errorf("it has no %s", key)
	}
	n, err := strconv.ParseInt(strings.TrimSpace(f.text), 10, 32)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("line %d: %s is %.40q", f.line, key, f.text)
	}
	return int(n), nil
}

// covers is how many training rows came to each node: counts, or weights where
// a file has no counts, or nothing.
func (block fields) covers(counts, weights string, n int) ([]float64, error) {
	for _, key := range []string{counts, weights} {
		if f, ok := block[key]; ok && strings.TrimSpace(f.text) != "" {
			return floats(block, key, n)
		}
	}
	return make([]float64, n), nil
}

// array splits a field into exactly n words. The field's own length bounds the
// memory, whatever n says.
func (block fields) array(key string, n int) ([]string, error) {
	f, ok := block[key]
	if !ok {
		return nil, fmt.Errorf("it has no %s", key)
	}
	words := strings.Fields(f.text)
	if len(words) != n {
		return nil, fmt.Errorf("line %d: %s has %d values, %d are expected", f.line, key, len(words), n)
	}
	return words, nil
}

func floats(block fields, key string, n int) ([]float64, error) {
	words, err := block.array(key, n)
	if err != nil {
		return nil, err
	}
	values := make([]float64, n)
	for k, word := range words {
		if values[k], err = strconv.ParseFloat(word, 64); err != nil {
			return nil, fmt.Errorf("line %d: %s[%d] is %.40q", block[key].line, key, k, word)
		}
	}
	return values, nil
}

func wholes(block fields, key string, n int) ([]int32, error) {
	words, err := block.array(key, n)
	if err != nil {
		return nil, err
	}
	values := make([]int32, n)
	for k, word := range words {
		v, err := strconv.ParseInt(word, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("line %d: %s[%d] is %.40q", block[key].line, key, k, word)
		}
		values[k] = int32(v)
	}
	return values, nil
}

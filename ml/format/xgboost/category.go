package xgboost

import (
	"fmt"
	"math"

	"dasier/fault"
)

// maxCategory bounds the codes: what float32 holds exactly, as in XGBoost.
const maxCategory = 1 << 24

// categorical reads which nodes test for categories. The set's members go
// right; all else goes left, whatever it is.
func (b *builder) categorical(d document, nodes []node) error {
	kinds, _ := d.at("split_type").floats()
	if len(kinds) == 0 {
		return nil
	}
	if len(kinds) != len(nodes) {
		return fmt.Errorf("it has %d split_type for %d nodes", len(kinds), len(nodes))
	}
	codes, _ := d.at("categories").floats()
	at, _ := d.at("categories_nodes").floats()
	begins, _ := d.at("categories_segments").floats()
	sizes, _ := d.at("categories_sizes").floats()
	if len(begins) != len(at) || len(sizes) != len(at) {
		return fmt.Errorf("it has %d nodes with categories, and %d and %d places of them", len(at), len(begins), len(sizes))
	}
	for k := range at {
		from, size := begins[k], sizes[k]
		if !(at[k] >= 0 && at[k] < float64(len(nodes))) {
			return fmt.Errorf("node %v has categories, there are %d nodes", at[k], len(nodes))
		}
		if !(from >= 0 && size >= 0 && from+size <= float64(len(codes))) {
			return fmt.Errorf("node %v has the categories %v to %v of %d", at[k], from, from+size, len(codes))
		}
		set, err := b.bits(codes[int(from):int(from+size)])
		if err != nil {
			return err
		}
		nodes[int(at[k])].set = set
	}
	for i := range nodes {
		switch {
		case kinds[i] == 0:
			nodes[i].set = nil
		case kinds[i] != 1:
			return fmt.Errorf("node %d has the split type %v", i, kinds[i])
		case nodes[i].set == nil:
			nodes[i].set = []uint32{}
		}
	}
	return nil
}

// bits makes a set of codes.
func (b *builder) bits(codes []float64) ([]uint32, error) {
	most := -1.0
	for _, code := range codes {
		if !(code >= 0 && code < maxCategory) || code != math.Trunc(code) {
			return nil, fmt.Errorf("there is no category %v", code)
		}
		most = max(most, code)
	}
	set := make([]uint32, (int(most)+32)/32)
	if b.words += len(set); b.words > maxWords {
		return nil, fmt.Errorf("its sets of categories are larger than %d bytes with those of the trees before it", 4*maxWords)
	}
	for _, code := range codes {
		set[int(code)/32] |= 1 << (int(code) % 32)
	}
	return set, nil
}

// vectors reads leaves of several values: in base_weights, a row per node; since
// 3.1 in leaf_weights, a row per leaf, whose number is the leaf's right child.
func (b *builder) vectors(d document, nodes []node, right []float64) error {
	width := d.at("tree_param", "size_leaf_vector").whole()
	if width <= 1 {
		return nil
	}
	if width != b.model.Groups {
		return fmt.Errorf("its leaves have %d values for %d targets", width, b.model.Groups)
	}
	values, byLeaf := d.at("leaf_weights").floats()
	if !byLeaf {
		values, _ = d.at("base_weights").floats()
	}
	none := make([]float64, width)
	for i := range nodes {
		n := &nodes[i]
		n.leaf = none
		if n.left >= 0 {
			continue
		}
		row := float64(i)
		if byLeaf {
			row = right[i]
		}
		if !(row >= 0 && (row+1)*float64(width) <= float64(len(values))) {
			return fmt.Errorf("node %d has the values %v of %d", i, row, len(values)/width)
		}
		n.leaf = make([]float64, width)
		for k := range n.leaf {
			n.leaf[k] = float64(float32(values[int(row)*width+k]))
		}
	}
	return nil
}

// categories reads the values behind the codes, which files have since 3.1 when
// the model was trained on a DataFrame.
func (m *Model) categories(d document) error {
	lists := d.at("enc").list()
	if len(lists) == 0 {
		return nil
	}
	if len(lists) != m.Features {
		return fault.Errorf(fault.Invalid, "the XGBoost model has categories of %d features, there are %d", len(lists), m.Features)
	}
	found := make([][]any, m.Features)
	for f, one := range lists {
		values, err := categoryValues(document{one})
		if err != nil {
			return fault.Errorf(fault.Invalid, "the XGBoost model's categories of feature %d: %v", f, err)
		}
		if len(values) > 0 {
			found[f], m.Categories = values, found
		}
	}
	return nil
}

func categoryValues(d document) ([]any, error) {
	raw, ok := d.at("values").floats()
	if !ok {
		return nil, fmt.Errorf("it has no values")
	}
	offsets, isText := d.at("offsets").floats()
	if !isText {
		values := make([]any, len(raw))
		for k, x := range raw {
			values[k] = x
		}
		return values, nil
	}
	text := make([]byte, len(raw))
	for k, x := range raw {
		text[k] = byte(int(x))
	}
	var values []any
	for k := range max(len(offsets)-1, 0) {
		from, to := offsets[k], offsets[k+1]
		if !(from >= 0 && to >= from && to <= float64(len(text))) {
			return nil, fmt.Errorf("the text %d is from %v to %v of %d", k, from, to, len(text))
		}
		values = append(values, string(text[int(from):int(to)]))
	}
	return values, nil
}

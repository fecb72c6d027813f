package lightgbm

import (
	"encoding/json"
	"strconv"
	"strings"

	"dasier/fault"
)

// maxCategories bounds the values of all category columns.
const maxCategories = 200_000

// assign finds the features that the lists of a DataFrame's categories belong
// to. The file lists them in the order of the columns and does not say which
// columns: they are those that training used as categories, or, when there were
// also ordered categories (whose codes are numbers to LightGBM), the only choice
// of columns whose values fit.
func (b *builder) assign(lists [][]any, infos []string, declared string) error {
	if len(lists) == 0 {
		return nil
	}
	total := 0
	for _, list := range lists {
		total += len(list)
	}
	if total > maxCategories {
		return fault.Errorf(fault.Limited, "the LightGBM model has %d categories, at most %d are read", total, maxCategories)
	}
	columns := b.declared(declared)
	if len(columns) != len(lists) {
		columns = b.used(infos)
	}
	if len(columns) != len(lists) {
		columns = fitting(lists, infos)
	}
	if len(columns) != len(lists) {
		return fault.Errorf(fault.Invalid, "the LightGBM model was trained on a DataFrame with %d category columns, and the file does not say which of its %d features they are: encode categories as codes before training", len(lists), b.features)
	}
	b.model.Categories = make([][]any, b.features)
	for k, f := range columns {
		values := make([]any, 0, len(lists[k]))
		for _, v := range lists[k] {
			if n, ok := v.(json.Number); ok {
				x, err := n.Float64()
				if err != nil {
					return fault.Errorf(fault.Invalid, "the LightGBM model's category %s is no number that can be read", n)
				}
				v = x
			}
			values = append(values, v)
		}
		b.model.Categories[f] = values
	}
	return nil
}

// declared reads the parameter categorical_feature: places, ascending or not.
func (b *builder) declared(text string) []int {
	seen := make([]bool, b.features)
	for word := range strings.SplitSeq(text, ",") {
		f, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil || f < 0 || f >= b.features {
			return nil
		}
		seen[f] = true
	}
	return places(seen)
}

// used are the features that the header or a test of a tree knows as categories.
func (b *builder) used(infos []string) []int {
	seen := make([]bool, b.features)
	for f, info := range infos {
		if f < b.features && isCategories(info) {
			seen[f] = true
		}
	}
	t := b.model.Trees
	for node, set := range t.Set {
		if set >= 0 {
			seen[t.Feature[node]] = true
		}
	}
	return places(seen)
}

func places(seen []bool) []int {
	var list []int
	for f, is := range seen {
		if is {
			list = append(list, f)
		}
	}
	return list
}

// isCategories tells a feature_info of categories, "0:2:1", from that of
// numbers, "[0:2]", and of a feature that was not used, "none".
func isCategories(info string) bool { return info != "" && info != "none" && info[0] != '[' }

// fitting assigns lists to features in order such that every feature of
// categories has one, and gives nothing when there is no way or more than one.
func fitting(lists [][]any, infos []string) []int {
	if len(infos) == 0 || len(lists) > len(infos) || len(infos)*len(lists) > 10_000_000 {
		return nil
	}
	// ways[k][f]: how the lists from k on fit the features from f on; 2 is many.
	ways := make([][]uint8, len(lists)+1)
	for k := range ways {
		ways[k] = make([]uint8, len(infos)+1)
	}
	ways[len(lists)][len(infos)] = 1
	for f := len(infos) - 1; f >= 0; f-- {
		for k := len(lists); k >= 0; k-- {
			if !isCategories(infos[f]) {
				ways[k][f] = ways[k][f+1]
			}
			if k < len(lists) && fits(infos[f], len(lists[k])) {
				ways[k][f] = min(2, ways[k][f]+ways[k+1][f+1])
			}
		}
	}
	if ways[0][0] != 1 {
		return nil
	}
	var columns []int
	for f, k := 0, 0; f < len(infos) && k < len(lists); f++ {
		if fits(infos[f], len(lists[k])) && ways[k+1][f+1] == 1 {
			columns = append(columns, f)
			k++
		}
	}
	return columns
}

// fits tells whether what training saw of a feature may be n codes.
func fits(info string, n int) bool {
	if info == "none" {
		return true
	}
	for word := range strings.SplitSeq(strings.Trim(info, "[]"), ":") {
		x, err := strconv.ParseFloat(word, 64)
		if err != nil || x < -1 || x >= float64(n) || x != float64(int(x)) {
			return false
		}
	}
	return true
}

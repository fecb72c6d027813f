package prep

import (
	"cmp"
	"math"
	"slices"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/predict"
)

// nativeCategory is codes. A compiled program computes a category's code as a
// number: its place, -1 for an unknown level (no member of any set, so that it
// goes where members do not), NaN for a missing one.
func nativeCategory(c *frame.Column) made {
	input := categoryInput(c, levelCounts(c))
	table := tableOf(&input, -1, math.NaN(), func(k int) float64 { return float64(k) })
	return tabled(c, input, table, true)
}

// tableOf is a table of what each level gives, then an unknown and a missing one.
func tableOf(input *predict.Input, unknown, missing float64, level func(k int) float64) predict.Numbers {
	table := make(predict.Numbers, len(input.Levels)+2)
	for k := range input.Levels {
		table[k] = level(k)
	}
	table[len(table)-2], table[len(table)-1] = unknown, missing
	return table
}

func tabled(c *frame.Column, input predict.Input, table predict.Numbers, codes bool) made {
	feature := predict.Feature{Name: c.Name, Op: opTable, Table: table, Scale: 1}
	return made{input: input, features: []predict.Feature{feature}, codes: codes, reference: -1}
}

// scaleTable centres and scales a table by what it gives for the rows.
func scaleTable(c *frame.Column, input *predict.Input, tables ...predict.Numbers) {
	places := placesOf(c, input)
	values := make([]float64, len(c.Codes))
	for i, code := range c.Codes {
		values[i] = tables[0][places.of(code)]
	}
	mean, deviation := spread(values)
	for _, table := range tables {
		for k := range table {
			table[k] = (table[k] - mean) / deviation
		}
	}
}

// oneHot is an indicator per level.
func oneHot(c *frame.Column, want Column) (made, error) {
	counts := levelCounts(c)
	input := categoryInput(c, counts)
	kept := keptLevels(counts, want)
	indicator := hasMissing(c) && want.Missing != MissingImpute
	fill := input.Mode
	switch want.Fill {
	case FillConstant:
		if fill = want.Level; !slices.Contains(input.Levels, fill) {
			return made{}, fault.Errorf(fault.Invalid, "column %q cannot be filled with %q: no training row has that level", c.Name, fill)
		}
	case FillMean, FillMedian:
		return made{}, fault.Errorf(fault.Invalid, "column %q is a category and has no %s: fill it with its mode, or a constant", c.Name, want.Fill)
	}
	m := made{input: input, reference: -1}
	most, grouped := 0, false
	for code, count := range counts {
		if count == 0 {
			continue
		}
		if !kept[code] {
			grouped = true
			continue
		}
		level := predict.Feature{Name: c.Name + "=" + c.Levels[code], Op: opEquals, Level: c.Levels[code], Scale: 1}
		// Without an indicator of its own a missing value counts as the fill.
		if !indicator && c.Levels[code] == fill {
			level.Impute = 1
		}
		if count > most {
			m.reference, most = len(m.features), count
		}
		m.features = append(m.features, level)
	}
	if grouped && want.Grouped {
		m.features = append(m.features, groupOf(c, &input, counts, kept, fill, indicator))
	}
	if indicator {
		m.features = append(m.features, missingFeature(c))
	}
	if len(m.features) == 0 {
		return made{left: "each of its levels is rarer than asked for"}, nil
	}
	return m, nil
}

// keptLevels are the levels that get an indicator.
func keptLevels(counts []int, want Column) []bool {
	kept := make([]bool, len(counts))
	var codes []int
	for code, count := range counts {
		if count > 0 && count >= want.Rare {
			codes = append(codes, code)
		}
	}
	if want.Levels > 0 && len(codes) > want.Levels {
		slices.SortStableFunc(codes, func(a, b int) int { return cmp.Compare(counts[b], counts[a]) })
		codes = codes[:want.Levels]
	}
	for _, code := range codes {
		kept[code] = true
	}
	return kept
}

// groupOf is the indicator of all levels that have none, and of unseen ones.
func groupOf(c *frame.Column, input *predict.Input, counts []int, kept []bool, fill string, indicator bool) predict.Feature {
	var rare []float64
	missing := 0.0
	for code, count := range counts {
		if count == 0 {
			continue
		}
		x := 1.0
		if kept[code] {
			x = 0
		} else if !indicator && c.Levels[code] == fill {
			missing = 1
		}
		rare = append(rare, x)
	}
	table := tableOf(input, 1, missing, func(k int) float64 { return rare[k] })
	return predict.Feature{Name: c.Name + "=(rare)", Op: opTable, Table: table, Scale: 1}
}

// frequency is the share of training rows that have the level: 0 of an unseen
// one, and of a missing one the share of rows that miss it.
func frequency(c *frame.Column, native bool) made {
	counts := levelCounts(c)
	input := categoryInput(c, counts)
	rows := float64(len(c.Codes))
	var shares []float64
	missing := rows
	for _, count := range counts {
		if count > 0 {
			shares = append(shares, float64(count)/rows)
			missing -= float64(count)
		}
	}
	table := tableOf(&input, 0, missing/rows, func(k int) float64 { return shares[k] })
	if !native {
		scaleTable(c, &input, table)
	}
	m := tabled(c, input, table, false)
	m.features[0].Name += ": share of rows"
	return m
}

// ordinal is the place in an order. Trees take an unseen level for a missing one;
// else it is, as a missing one, the most frequent level, or the one to fill with.
func ordinal(c *frame.Column, want Column, native bool) (made, error) {
	input := categoryInput(c, levelCounts(c))
	levels := want.Order
	if levels == nil {
		levels = input.Levels
	}
	place := make(map[string]int, len(levels))
	for k, level := range levels {
		if _, twice := place[level]; twice {
			return made{}, fault.Errorf(fault.Invalid, "the order of column %q has %q twice", c.Name, level)
		}
		place[level] = k
	}
	for _, level := range input.Levels {
		if _, ok := place[level]; !ok {
			return made{}, fault.Errorf(fault.Invalid, "column %q has the level %q, which its order leaves out: put it in its place", c.Name, level)
		}
	}
	fill := input.Mode
	if want.Fill == FillConstant {
		fill = want.Level
	}
	at, ok := place[fill]
	if !ok {
		return made{}, fault.Errorf(fault.Invalid, "column %q cannot be filled with %q: its order has no such level", c.Name, fill)
	}
	// A level that is in the order is known, though no training row has it.
	input.Levels = slices.Sorted(slices.Values(levels))
	instead := float64(at)
	if native {
		instead = math.NaN()
	}
	table := tableOf(&input, instead, instead, func(k int) float64 { return float64(place[input.Levels[k]]) })
	if !native {
		scaleTable(c, &input, table)
	}
	m := tabled(c, input, table, false)
	if !native && want.Missing == MissingIndicator && hasMissing(c) {
		m.features = append(m.features, missingFeature(c))
	}
	return m, nil
}

// places finds a frame's codes among the levels of an input.
type places []int32 // per code, and last for a missing one

func placesOf(c *frame.Column, input *predict.Input) places {
	known := make(map[string]int32, len(input.Levels))
	for k, level := range input.Levels {
		known[level] = int32(k) //nolint:gosec // a column has fewer than 2^31 levels: codes are int32
	}
	unknown := int32(len(input.Levels)) //nolint:gosec // as above
	p := make(places, len(c.Levels)+1)
	for code, level := range c.Levels {
		p[code] = unknown
		if k, ok := known[level]; ok {
			p[code] = k
		}
	}
	p[len(c.Levels)] = unknown + 1
	return p
}

func (p places) of(code int32) int32 {
	if code < 0 {
		return p[len(p)-1]
	}
	return p[code]
}

package explain

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"dasier/ml/frame"
)

// Bin is the contributions of the rows whose value lies in a range, or is a
// level, or is missing.
type Bin struct {
	From    float64 `json:"from"`
	To      float64 `json:"to"`
	Level   string  `json:"level,omitempty"`
	Missing bool    `json:"missing,omitempty"`
	Rows    int     `json:"rows"`
	Mean    float64 `json:"mean"`
	// Quantiles of the contributions: 5, 25, 50, 75 and 95 per cent, to four digits.
	Quantiles [5]float64 `json:"quantiles"`
}

// How many bins a shape has at most.
const (
	maxBins   = 16
	maxLevels = 12
)

// pairOf is one row's value and what it contributed.
type pairOf struct{ value, effect float64 }

// describe fills in the shape of an input's effects and what it says.
func (s *survey) describe(i int, e *Effect) {
	k := max(0, slices.IndexFunc(s.classes, func(class int) bool {
		return len(s.classes) > 1 && s.program.Classes()[class] == e.Class
	}))
	inputs := len(s.program.Inputs())
	var pairs []pairOf
	var missing []float64
	for r := range s.rows {
		value, effect := s.values[r*inputs+i], s.effects[k][r*inputs+i]
		if math.IsNaN(value) {
			missing = append(missing, effect)
			continue
		}
		pairs = append(pairs, pairOf{value: value, effect: effect})
	}
	slices.SortFunc(pairs, func(a, b pairOf) int {
		return cmp.Or(cmp.Compare(a.value, b.value), cmp.Compare(a.effect, b.effect))
	})
	if s.levels[i] != nil {
		e.Shape = byLevel(pairs, s.levels[i])
	} else {
		e.Shape = byValue(pairs)
	}
	s.words(i, e)
	if len(missing) > 0 {
		bin := binOf(missing)
		bin.Missing = true
		e.Shape = append(e.Shape, bin)
	}
}

// byValue cuts sorted values into bins of about equally many rows; equal values
// stay together, and few different ones have a bin each.
func byValue(pairs []pairOf) []Bin {
	var bins []Bin
	different := 0
	for at := range pairs {
		if at == 0 || pairs[at].value != pairs[at-1].value {
			different++
		}
	}
	size := max(1, len(pairs)/maxBins)
	if different <= maxBins {
		size = 1
	}
	for from := 0; from < len(pairs); {
		to := min(from+size, len(pairs))
		for to < len(pairs) && pairs[to].value == pairs[to-1].value {
			to++
		}
		if len(pairs)-to < size/2 { // too few for a bin of their own
			to = len(pairs)
		}
		bin := binOf(effectsOf(pairs[from:to]))
		bin.From, bin.To = pairs[from].value, pairs[to-1].value
		bins = append(bins, bin)
		from = to
	}
	return bins
}

// byLevel has a bin for each of the most frequent levels, in the order of their
// means.
func byLevel(pairs []pairOf, levels []string) []Bin {
	of := make([][]float64, len(levels))
	for _, p := range pairs {
		of[int(p.value)] = append(of[int(p.value)], p.effect)
	}
	var bins []Bin
	for k, list := range of {
		if len(list) > 0 {
			bin := binOf(list)
			bin.Level = levels[k]
			bins = append(bins, bin)
		}
	}
	slices.SortStableFunc(bins, func(a, b Bin) int { return cmp.Compare(b.Rows, a.Rows) })
	bins = bins[:min(len(bins), maxLevels)]
	slices.SortStableFunc(bins, func(a, b Bin) int { return cmp.Compare(b.Mean, a.Mean) })
	return bins
}

func effectsOf(pairs []pairOf) []float64 {
	list := make([]float64, len(pairs))
	for k, p := range pairs {
		list[k] = p.effect
	}
	return list
}

func binOf(list []float64) Bin {
	slices.Sort(list)
	b := Bin{Rows: len(list), Mean: stat.Mean(list, nil)}
	for k, share := range [...]float64{0.05, 0.25, 0.5, 0.75, 0.95} {
		b.Quantiles[k] = digits(stat.Quantile(share, stat.Empirical, list, nil))
	}
	return b
}

// digits keeps four of them: what a plot shows.
func digits(v float64) float64 {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return v
	}
	unit := math.Pow(10, math.Floor(math.Log10(math.Abs(v)))-3)
	if unit >= 1 { // dividing by a whole power keeps the decimal number short
		return math.Round(v/unit) * unit
	}
	return math.Round(v*math.Round(1/unit)) / math.Round(1/unit)
}

// ordered tells whether an input's values have an order.
func ordered(kind frame.Kind) bool { return kind != frame.Category }

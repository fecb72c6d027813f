package prep

import (
	"fmt"
	"math"
	"math/rand/v2"

	"dasier/ml/frame"
	"dasier/ml/predict"
)

// crossFolds is how many parts training rows are encoded in, each by the others.
const crossFolds = 5

// The bounds of a smoothing that is found in the data.
const leastSmoothing, mostSmoothing = 0.1, 1e6

// crossing is how the encoding of training rows differs from that of others: by
// the fold of the row.
type crossing struct {
	folds  []uint8
	tables map[int][]predict.Numbers // per feature, a table per fold
}

// drawFolds puts as many rows into each fold.
func drawFolds(rows int, seed uint64) []uint8 {
	folds := make([]uint8, rows)
	for k, row := range rand.New(rand.NewPCG(seed, 0xf01d)).Perm(rows) { //nolint:gosec // a reproducible draw is the point
		folds[row] = uint8(k % crossFolds) //nolint:gosec // below crossFolds
	}
	return folds
}

// byTarget encodes a category by the mean target of its level, shrunk to the mean
// of all rows: (n mean + m prior) / (n + m), which is equations 3 to 5 of
// Micci-Barreca, A Preprocessing Scheme for High-Cardinality Categorical
// Attributes in Classification and Prediction Problems, SIGKDD Explorations 3(1),
// 2001, with m the variance within levels over that between them: what makes the
// encoding the best linear prediction of a level's mean. The two variances are
// those of the analysis of variance of one way (Searle, Casella and McCulloch,
// Variance Components, 1992, section 3.6). Of classes there is a feature each, of
// two one, of the second.
//
// Training rows are encoded by the rows of the four other folds, mean and
// smoothing included: with their own target in it the encoding would be the
// answer, the more so the rarer the level. A level that was never seen gets the
// mean of all rows; missing values are a level of their own; and no level is
// encoded further out than a training row is.
func (t *fitting) byTarget(c *frame.Column, want Column) (made, error) {
	input := categoryInput(c, levelCounts(c))
	places := placesOf(c, &input)
	m := made{input: input, reference: -1}
	for _, class := range t.encoded() {
		sums := t.sums(c, places, len(input.Levels)+2, class)
		all := sums[crossFolds]
		table := all.encode(want.Smoothing)
		crossed := make([]predict.Numbers, crossFolds)
		for fold := range crossed {
			crossed[fold] = all.without(sums[fold]).encode(want.Smoothing)
		}
		t.within(c, places, table, crossed)
		if t.cfg.Form == Dense {
			all.scale(append([]predict.Numbers{table}, crossed...))
		}
		m.features = append(m.features, predict.Feature{Name: c.Name + ": " + t.named(class), Op: opTable, Table: table, Scale: 1})
		m.crossed = append(m.crossed, crossed)
	}
	return m, nil
}

// encoded are the classes to encode by; one that is none for a number.
func (t *fitting) encoded() []int {
	switch t.target.Task {
	case predict.TaskBinary:
		return []int{1}
	case predict.TaskMulticlass:
		classes := make([]int, len(t.target.Classes))
		for k := range classes {
			classes[k] = k
		}
		return classes
	}
	return []int{-1}
}

func (t *fitting) named(class int) string {
	if class < 0 {
		return "mean of " + t.target.Name
	}
	return fmt.Sprintf("share of %s", t.target.Classes[class])
}

// value is what is averaged of a row.
func (t *fitting) value(i, class int) float64 {
	switch {
	case class < 0:
		return t.target.Y[i]
	case int(t.target.Y[i]) == class:
		return 1
	}
	return 0
}

// levelSums are, per level, the weights of rows, and of their targets the sums
// and the sums of squares around a common value, which costs no digits.
type levelSums struct {
	around               float64
	weight, sum, squares []float64
}

func newSums(places int, around float64) levelSums {
	return levelSums{around, make([]float64, places), make([]float64, places), make([]float64, places)}
}

// sums are those of every fold, and last those of all.
func (t *fitting) sums(c *frame.Column, places places, size, class int) []levelSums {
	around, total := 0.0, 0.0
	for i := range c.Codes {
		total += t.target.Weight(i)
		around += t.target.Weight(i) * t.value(i, class)
	}
	around /= total
	sums := make([]levelSums, crossFolds+1)
	for k := range sums {
		sums[k] = newSums(size, around)
	}
	for i, code := range c.Codes {
		at, s := places.of(code), &sums[t.folds[i]]
		w, d := t.target.Weight(i), t.value(i, class)-around
		s.weight[at] += w
		s.sum[at] += w * d
		s.squares[at] += w * d * d
	}
	all := &sums[crossFolds]
	for _, s := range sums[:crossFolds] {
		for k := range s.weight {
			all.weight[k] += s.weight[k]
			all.sum[k] += s.sum[k]
			all.squares[k] += s.squares[k]
		}
	}
	return sums
}

// without takes the rows of a fold away.
func (s levelSums) without(fold levelSums) levelSums {
	rest := newSums(len(s.weight), s.around)
	for k := range s.weight {
		if left := s.weight[k] - fold.weight[k]; left > 1e-12*s.weight[k] { // or it is rounding
			rest.weight[k], rest.sum[k], rest.squares[k] = left, s.sum[k]-fold.sum[k], s.squares[k]-fold.squares[k]
		}
	}
	return rest
}

// encode is the table of shrunk means.
func (s levelSums) encode(smoothing float64) predict.Numbers {
	total, sum := 0.0, 0.0
	for k := range s.weight {
		total += s.weight[k]
		sum += s.sum[k]
	}
	prior := 0.0
	if total > 0 {
		prior = sum / total
	}
	if smoothing == 0 {
		smoothing = s.smoothing(total, prior)
	}
	table := make(predict.Numbers, len(s.weight))
	for k := range table {
		table[k] = s.around + (s.sum[k]+smoothing*prior)/(s.weight[k]+smoothing)
	}
	return table
}

// smoothing is the variance within levels over that between them.
func (s levelSums) smoothing(total, prior float64) float64 {
	levels, within, between, squaredWeights := 0.0, 0.0, 0.0, 0.0
	for k, w := range s.weight {
		if w == 0 {
			continue
		}
		mean := s.sum[k] / w
		levels++
		within += max(s.squares[k]-w*mean*mean, 0)
		between += w * (mean - prior) * (mean - prior)
		squaredWeights += w * w
	}
	if levels < 2 || total <= levels {
		return mostSmoothing
	}
	within /= total - levels
	usual := (total - squaredWeights/total) / (levels - 1)
	if !(usual > 0) {
		return mostSmoothing
	}
	between = (between/(levels-1) - within) / usual
	if between <= within/mostSmoothing {
		return mostSmoothing
	}
	return max(within/between, leastSmoothing)
}

// within keeps a table to what the training rows get. What a level of few rows is
// encoded by then lies further out than any learner has seen, as its own rows
// count in it: a weight that was found without it must not meet it.
func (t *fitting) within(c *frame.Column, places places, table predict.Numbers, crossed []predict.Numbers) {
	low, high := math.Inf(1), math.Inf(-1)
	for i, code := range c.Codes {
		v := crossed[t.folds[i]][places.of(code)]
		low, high = min(low, v), max(high, v)
	}
	for k, v := range table {
		table[k] = min(max(v, low), high)
	}
}

// scale measures encodings by the target: from its mean, in its deviations. All
// encoded columns are then of one unit. Each in its own deviation, a column that
// says nothing would be as large as one that says all, and its noise with it.
func (s *levelSums) scale(tables []predict.Numbers) {
	total, sum, squares := 0.0, 0.0, 0.0
	for k, w := range s.weight {
		total, sum, squares = total+w, sum+s.sum[k], squares+s.squares[k]
	}
	mean := sum / total
	deviation := math.Sqrt(max(squares/total-mean*mean, 0))
	if deviation == 0 {
		deviation = 1
	}
	for _, table := range tables {
		for k := range table {
			table[k] = (table[k] - s.around - mean) / deviation
		}
	}
}

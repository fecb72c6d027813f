package stack

import (
	"context"
	"math"
	"slices"
	"strings"

	"dasier/fault"
	"dasier/ml/metric"
)

// truth is what perfect predictions of rows would be.
func (e *ensemble) truth(rows []int) []float64 {
	width := e.target.Scores()
	truth := make([]float64, len(rows)*width)
	for i, row := range rows {
		if width == 1 {
			truth[i] = e.target.Y[row]
		} else {
			truth[i*width+int(e.target.Y[row])] = 1
		}
	}
	return truth
}

// of are each learner's predictions of some rows.
func (e *ensemble) of(said [][]float64, rows []int) [][]float64 {
	width := e.target.Scores()
	picked := make([][]float64, len(said))
	for k := range said {
		picked[k] = make([]float64, 0, len(rows)*width)
		for _, row := range rows {
			picked[k] = append(picked[k], said[k][row*width:(row+1)*width]...)
		}
	}
	return picked
}

// leastSquares are weights of at least 0 by their squared error on rows; when
// they come out as 0 for all, the best learner alone.
func (e *ensemble) leastSquares(said [][]float64, rows []int, toOne bool) []float64 {
	m := sumMoments(e.of(said, rows), e.truth(rows), e.target.Scores(), func(i int) float64 { return e.target.Weight(rows[i]) })
	weights := m.nonNegative(toOne)
	for _, w := range weights {
		if w > 0 {
			return weights
		}
	}
	weights[m.best()] = 1
	return weights
}

// greedy picks learners one by one.
func (e *ensemble) greedy(ctx context.Context, said [][]float64, rows []int, b Blending) ([]float64, error) {
	measure, err := metric.Lookup(b.Metric)
	switch {
	case err != nil:
		return nil, err
	case !slices.Contains(measure.Tasks, e.target.Task):
		return nil, fault.Errorf(fault.Invalid, "%s is no metric of a %s target: use one of %s", b.Metric, e.target.Task, strings.Join(metric.Names(e.target.Task), ", "))
	}
	said = e.of(said, rows)
	truth := e.target.Take(rows).Y
	sums, mean := make([]float64, len(said[0])), make([]float64, len(said[0]))
	counts, kept, least := make([]float64, len(said)), []float64(nil), math.NaN()
	for pick := range b.Picks {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		best, score := -1, math.NaN()
		for k := range said {
			for i, v := range said[k] {
				mean[i] = (sums[i] + v) / float64(pick+1)
			}
			if s := measure.Of(truth, mean); !math.IsNaN(s) && (best < 0 || measure.Better(s, score)) {
				best, score = k, s
			}
		}
		if best < 0 {
			return nil, fault.Errorf(fault.Invalid, "%s is undefined for the %d rows that the weights are found on: hold back more, or use another metric", measure.Title, len(rows))
		}
		counts[best]++
		if kept == nil || measure.Better(score, least) {
			kept, least = slices.Clone(counts), score
		}
		for i, v := range said[best] {
			sums[i] += v
		}
	}
	total := 0.0
	for _, n := range kept {
		total += n
	}
	for k := range kept {
		kept[k] /= total
	}
	return kept, nil
}

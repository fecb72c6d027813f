package linear

import (
	"context"
	"math"
)

// passSum is what one worker keeps of a pass over the rows.
type passSum struct {
	panel    panel
	scores   [][block]float64 // per output
	slopes   [][block]float64
	gradient []float64 // per output: the features, then the intercept
	value    float64
}

// pass walks the rows with weights per output: each block's scores go to slope,
// which gives the value of the block and writes how it changes with each score;
// the sums of value and of gradient over all rows come back. What is added is in
// the order of the rows.
//
// A weight vector has a number per feature and the intercept last; features
// count from their shifts.
func (x *rows) pass(ctx context.Context, weights [][]float64, slope func(first, n int, scores, slopes [][block]float64) float64) (float64, [][]float64, error) {
	return x.passOf(ctx, weights, slope, x.collect)
}

// squaresOf is the curvature of a loss along each feature and the intercept.
func (x *rows) squaresOf(ctx context.Context, at point, of loss) ([][]float64, error) {
	_, sums, err := x.passOf(ctx, at, func(first, n int, scores, slopes [][block]float64) float64 {
		of.curve(first, n, scores, slopes)
		return 0
	}, func(to []float64, from *panel, first int, curves *[block]float64) {
		for at := range from.columns {
			column := &from.columns[at]
			for i, v := range column {
				column[i] = v * v
			}
		}
		x.collect(to, from, first, curves)
		for at := range from.columns {
			column := &from.columns[at]
			for i, v := range column {
				column[i] = math.Sqrt(v) // only squares are asked of it again
			}
		}
	})
	return sums, err
}

func (x *rows) passOf(ctx context.Context, weights [][]float64, slope func(first, n int, scores, slopes [][block]float64) float64,
	collect func(to []float64, from *panel, first int, slopes *[block]float64),
) (float64, [][]float64, error) {
	p := x.cols() + 1
	total := make([]float64, len(weights)*p)
	value := 0.0
	err := inOrder(ctx, x.n, chunk,
		func() *passSum {
			return &passSum{
				panel:  panel{columns: make([][block]float64, x.dense)},
				scores: make([][block]float64, len(weights)), slopes: make([][block]float64, len(weights)),
				gradient: make([]float64, len(weights)*p),
			}
		},
		func(s *passSum, first, last int) {
			for ; first < last && ctx.Err() == nil; first += block {
				if x.skips(first) {
					continue
				}
				x.load(&s.panel, first)
				for k, w := range weights {
					x.score(&s.scores[k], &s.panel, first, w)
				}
				s.value += slope(first, s.panel.rows, s.scores, s.slopes)
				for k := range weights {
					if collect == nil {
						break
					}
					clear(s.slopes[k][s.panel.rows:])
					collect(s.gradient[k*p:(k+1)*p], &s.panel, first, &s.slopes[k])
				}
			}
		},
		func(s *passSum) {
			value += s.value
			s.value = 0
			addAndClear(total, s.gradient)
		})
	if err != nil {
		return 0, nil, err
	}
	gradient := make([][]float64, len(weights))
	for k := range gradient {
		gradient[k] = total[k*p : (k+1)*p]
	}
	return value, gradient, nil
}

// score computes the scores of a block.
func (x *rows) score(to *[block]float64, from *panel, first int, weights []float64) {
	intercept := weights[len(weights)-1]
	for i := range to {
		to[i] = intercept
	}
	at := 0
	for ; at+4 <= x.dense; at += 4 {
		add4(to, &from.columns[at], &from.columns[at+1], &from.columns[at+2], &from.columns[at+3], weights[at:at+4])
	}
	for ; at < x.dense; at++ {
		axpy(weights[at], from.columns[at][:], to[:])
	}
	for k := range x.groups {
		g := &x.groups[k]
		for i, code := range g.codes[first : first+from.rows] {
			if at := g.place[code+1]; at >= 0 {
				to[i] += weights[at]
			}
		}
	}
}

// collect adds the inner products of each column with the slopes.
func (x *rows) collect(to []float64, from *panel, first int, slopes *[block]float64) {
	at := 0
	for ; at+4 <= x.dense; at += 4 {
		dot4(slopes, &from.columns[at], &from.columns[at+1], &from.columns[at+2], &from.columns[at+3], to[at:at+4])
	}
	for ; at < x.dense; at++ {
		to[at] += dot(slopes[:], from.columns[at][:])
	}
	for k := range x.groups {
		g := &x.groups[k]
		for i, code := range g.codes[first : first+from.rows] {
			if at := g.place[code+1]; at >= 0 {
				to[at] += slopes[i]
			}
		}
	}
	sum := 0.0
	for _, s := range slopes[:from.rows] {
		sum += s
	}
	to[len(to)-1] += sum
}

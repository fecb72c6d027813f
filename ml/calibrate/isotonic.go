package calibrate

import (
	"cmp"
	"slices"

	"dasier/ml/stage"
)

// isotonic is the non-decreasing function of the scores with the least squared
// error: pool adjacent violators (Ayer, Brunk, Ewing, Reid and Silverman 1955, "An
// empirical distribution function for sampling with incomplete information";
// weighted and in one pass: Best and Chakravarti 1990, "Active set algorithms for
// isotonic regression", section 3), as Zadrozny and Elkan 2002, "Transforming
// classifier scores into accurate multiclass probability estimates", section 4, use
// it. Between the scores of the rows it is interpolated, beyond them it stays.
func isotonic(scores, truth []float64, weight func(i int) float64) *stage.Curve {
	order := make([]int, 0, len(scores))
	for i := range scores {
		if weight(i) > 0 {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(scores[a], scores[b]), cmp.Compare(a, b)) })
	type block struct {
		mean, weight float64
		points       int // different scores that it holds
	}
	var xs []float64
	var blocks []block
	for k := 0; k < len(order); {
		x, sum, all := scores[order[k]], 0.0, 0.0
		for ; k < len(order) && scores[order[k]] == x; k++ { // rows of one score are one point
			w := weight(order[k])
			sum, all = sum+w*truth[order[k]], all+w
		}
		xs = append(xs, x)
		next := block{sum / all, all, 1}
		for len(blocks) > 0 && blocks[len(blocks)-1].mean >= next.mean {
			last := blocks[len(blocks)-1]
			blocks = blocks[:len(blocks)-1]
			both := last.weight + next.weight
			next = block{last.mean + (next.mean-last.mean)*(next.weight/both), both, last.points + next.points}
		}
		blocks = append(blocks, next)
	}
	curve, at := &stage.Curve{}, 0
	for _, b := range blocks { // of a level stretch its ends are enough
		curve.X, curve.Y = append(curve.X, xs[at]), append(curve.Y, b.mean)
		if b.points > 1 {
			curve.X, curve.Y = append(curve.X, xs[at+b.points-1]), append(curve.Y, b.mean)
		}
		at += b.points
	}
	return curve
}

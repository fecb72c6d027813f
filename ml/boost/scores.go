package boost

import "context"

// addLeaves adds a tree to the scores of the rows that it was grown from, which
// still lie by leaves.
func (r *run) addLeaves(ctx context.Context, t *tree, class int, scale float64) error {
	leaves := t.leaves()
	return parallel(ctx, r.workersFor(len(r.grower.entries)), len(leaves), func(_, k int) {
		leaf := leaves[k]
		add := t.value[leaf.node] * scale
		for _, e := range r.grower.entries[leaf.begin:leaf.end] {
			r.scores[e.row()*r.classes+class] += add
		}
	})
}

// addWalked adds a tree to the scores of other rows.
func (r *run) addWalked(ctx context.Context, t *tree, class int, scale float64, rows rowList) error {
	blocks := (rows.len() + blockRows - 1) / blockRows
	return parallel(ctx, r.workersFor(rows.len()), blocks, func(_, block int) {
		var room [blockRows]int32
		for _, row := range rows.block(block*blockRows, min((block+1)*blockRows, rows.len()), &room) {
			r.scores[int(row)*r.classes+class] += t.value[t.leafOf(r.codes.of(int(row)))] * scale
		}
	})
}

// workersFor is how many goroutines so many rows are worth.
func (r *run) workersFor(rows int) int { return min(r.workers, 1+rows/(16*blockRows)) }

// meanLoss is of the rows held back, or else of those learned from.
func (r *run) meanLoss(ctx context.Context) (float64, error) {
	rows := r.rows
	if r.held != nil {
		rows = rowList{listed: r.held}
	}
	blocks := (rows.len() + blockRows - 1) / blockRows
	r.losses = resize(r.losses, blocks)
	sums := r.losses
	err := parallel(ctx, r.workersFor(rows.len()), blocks, func(_, block int) {
		var room [blockRows]int32
		sums[block] = r.lossOf(rows.block(block*blockRows, min((block+1)*blockRows, rows.len()), &room))
	})
	var loss, weight total
	for _, sum := range sums {
		loss.add(sum[0])
		weight.add(sum[1])
	}
	return finite(loss.value() / weight.value()), err
}

// lossOf is the weighted sum of losses, and the weight.
func (r *run) lossOf(rows []int32) (sums [2]float64) {
	if _, squared := r.Loss.(Squared); squared && r.target.Weights == nil {
		var four [4]float64 // an addition need not wait for the one before it
		for i, row := range rows {
			d := r.scores[row] - r.target.Y[row]
			four[i&3] += d * d
		}
		return [2]float64{(four[0] + four[1] + (four[2] + four[3])) / 2, float64(len(rows))}
	}
	for _, row := range rows {
		w, y := r.target.Weight(int(row)), r.target.Y[row]
		scores := r.scores[int(row)*r.classes:][:r.classes]
		if r.Loss == nil {
			sums[0] += w * (logSum(scores) - scores[int(y)])
		} else {
			sums[0] += w * r.slopes.loss.Value(y, scores[0])
		}
		sums[1] += w
	}
	return sums
}

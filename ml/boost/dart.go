package boost

import "context"

// leaveOut takes rounds out of the scores, as dropout will have it.
func (r *run) leaveOut(ctx context.Context, d draw) ([]int, error) {
	dropped := d.leftOut(len(r.rounds), r.Dart)
	for _, k := range dropped {
		if err := r.addAgain(ctx, k, -r.rounds[k].scale); err != nil {
			return nil, err
		}
	}
	return dropped, nil
}

// putBack adds the rounds that were left out, weaker: of k+1 that said about the
// same, the new one and k old ones, each keeps its part.
func (r *run) putBack(ctx context.Context, dropped []int) error {
	for _, k := range dropped {
		r.rounds[k].scale *= float64(len(dropped)) / float64(len(dropped)+1)
		if err := r.addAgain(ctx, k, r.rounds[k].scale); err != nil {
			return err
		}
	}
	return nil
}

// addAgain adds a round to the scores of all rows.
func (r *run) addAgain(ctx context.Context, k int, scale float64) error {
	for class, t := range r.rounds[k].trees {
		if t == nil {
			continue
		}
		for _, rows := range []rowList{r.rows, {listed: r.held}} {
			if err := r.addWalked(ctx, t, class, scale, rows); err != nil {
				return err
			}
		}
	}
	return nil
}

package boost

// renew sets the leaves of a tree anew, where the loss says how: Friedman 2001,
// algorithm 1, line 5, and section 4.3.
func (r *run) renew(t *tree) {
	renewer, ok := r.slopes.loss.(Renewer)
	if !ok {
		return
	}
	var residuals, weights []float64
	for _, leaf := range t.leaves() {
		residuals, weights = residuals[:0], weights[:0]
		for _, e := range r.grower.entries[leaf.begin:leaf.end] {
			residuals = append(residuals, r.target.Y[e.row()]-r.scores[e.row()])
			if r.target.Weights != nil {
				weights = append(weights, r.target.Weights[e.row()])
			}
		}
		if r.target.Weights == nil {
			weights = nil
		}
		bounds := t.bounds[leaf.node]
		t.value[leaf.node] = max(bounds[0], min(bounds[1], bounded(renewer.Renew(residuals, weights))))
	}
}

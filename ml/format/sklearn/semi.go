package sklearn

import "dasier/ml/stage"

// propagation reads label propagation and spreading: every row that they were
// fitted on votes with the shares of its labels, by its kernel or among the
// nearest.
func (r *reader) propagation(p part, d *design) (answer, error) {
	labels, err := p.labels()
	if err != nil {
		return answer{}, err
	}
	points, err := p.table("X_", len(d.columns))
	if err != nil {
		return answer{}, err
	}
	shares, err := p.table("label_distributions_", len(labels))
	if err != nil {
		return answer{}, err
	}
	if shares.rows != points.rows {
		return answer{}, p.wrong("it has the labels of %d rows, of %d", shares.rows, points.rows)
	}
	var sum stage.Operation
	switch kernel, _ := p.get("kernel").(string); kernel {
	case "rbf":
		gamma, err := p.number("gamma")
		if err != nil {
			return answer{}, err
		}
		byClass := shares.transposed()
		all := &stage.KernelSum{Kernel: stage.Kernel{Kind: stage.KernelRBF, Gamma: gamma}, Vectors: points.values, Bias: make([]float64, len(labels))}
		for k := range labels {
			all.Terms = append(all.Terms, stage.KernelTerm{Out: k, Weights: byClass.row(k)})
		}
		sum = all
	case "knn":
		nearest, ok := p.child("nn_fit")
		if !ok {
			return answer{}, p.wrong("it has no nn_fit: was it fitted?")
		}
		n, err := nearest.neighbours(d)
		if err != nil {
			return answer{}, err
		}
		n.ByDistance, n.Values, n.Width = false, shares.values, len(labels)
		sum = n
	default:
		return answer{}, p.wrong("its kernel is a function of its own, which a file does not hold: use \"rbf\" or \"knn\"")
	}
	takes, err := d.materialize(p, refusesMissing)
	if err != nil {
		return answer{}, err
	}
	votes, err := d.builder.stage(p, sum, takes)
	if err != nil {
		return answer{}, err
	}
	scores, err := d.builder.stage(p, stage.Shares{}, votes)
	return shared(labels, scores), err
}

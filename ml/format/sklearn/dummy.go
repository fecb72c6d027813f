package sklearn

import (
	"slices"

	"dasier/ml/pickle"
	"dasier/ml/stage"
)

func (r *reader) dummyFamily(class string) estimator {
	switch class {
	case "DummyRegressor":
		return r.dummyRegression
	case "DummyClassifier":
		return r.dummyClassifier
	}
	return nil
}

// constant is cells that no column has a say in.
func constant(p part, d *design, values []float64) ([]cell, error) {
	return d.builder.stage(p, &stage.Affine{Bias: values}, nil)
}

func (r *reader) dummyRegression(p part, d *design) (answer, error) {
	values, err := p.floats("constant_")
	if err != nil {
		return answer{}, err
	}
	scores, err := constant(p, d, values)
	return numbers(scores), err
}

func (r *reader) dummyClassifier(p part, d *design) (answer, error) {
	labels, err := p.labels()
	if err != nil {
		return answer{}, err
	}
	priors, err := p.exactly("class_prior_", len(labels))
	if err != nil {
		return answer{}, err
	}
	strategy := p.text("_strategy")
	if strategy == "" {
		strategy = p.text("strategy")
	}
	likeliest := 0
	for k, v := range priors {
		if v > priors[likeliest] {
			likeliest = k
		}
	}
	switch strategy {
	case "prior":
	case "most_frequent":
		clear(priors)
		priors[likeliest] = 1
	case "constant":
		given := p.get("constant")
		if items, ok := pickle.Items(given); ok && len(items) == 1 {
			given = items[0]
		}
		text, _, _ := label(given)
		at := slices.Index(labels, text)
		if at < 0 {
			return answer{}, p.wrong("its constant %q is none of its classes", text)
		}
		clear(priors)
		priors[at] = 1
	default:
		return answer{}, p.wrong("its strategy %q answers at random: \"prior\", \"most_frequent\" and \"constant\" are read", strategy)
	}
	scores, err := constant(p, d, priors)
	return shared(labels, scores), err
}

package sklearn

import (
	"math"

	"dasier/ml/pickle"
	"dasier/ml/stage"
)

func scalerFamily(class string) transformer {
	switch class {
	case "StandardScaler":
		return standardScaler
	case "MinMaxScaler":
		return minMaxScaler
	case "MaxAbsScaler":
		return maxAbsScaler
	case "RobustScaler":
		return robustScaler
	case "Normalizer":
		return normalizer
	case "Binarizer":
		return binarizer
	case "PowerTransformer":
		return powerTransformer
	case "QuantileTransformer":
		return quantileTransformer
	}
	return nil
}

func standardScaler(p part, d *design) (*design, error) {
	n := len(d.columns)
	var mean, scale []float64
	var err error
	if p.truth("with_mean", true) {
		if mean, err = p.exactly("mean_", n); err != nil {
			return nil, err
		}
	}
	if p.truth("with_std", true) {
		if scale, err = p.exactly("scale_", n); err != nil {
			return nil, err
		}
	}
	return d.each(p, func(j int) []stage.Step { return affine(mean, scale, j) })
}

func affine(center, scale []float64, j int) []stage.Step {
	var steps []stage.Step
	if center != nil {
		steps = append(steps, stage.Step{Op: "sub", A: center[j]})
	}
	if scale != nil {
		steps = append(steps, stage.Step{Op: "div", A: scale[j]})
	}
	return steps
}

func minMaxScaler(p part, d *design) (*design, error) {
	scale, err := p.exactly("scale_", len(d.columns))
	if err != nil {
		return nil, err
	}
	low, err := p.exactly("min_", len(d.columns))
	if err != nil {
		return nil, err
	}
	var clip []stage.Step
	if p.truth("clip", false) {
		bounds, err := p.exactly("feature_range", 2)
		if err != nil {
			return nil, err
		}
		clip = []stage.Step{{Op: "clip", A: bounds[0], B: bounds[1]}}
	}
	return d.each(p, func(j int) []stage.Step {
		return append([]stage.Step{{Op: "mul", A: scale[j]}, {Op: "add", A: low[j]}}, clip...)
	})
}

func maxAbsScaler(p part, d *design) (*design, error) {
	scale, err := p.exactly("scale_", len(d.columns))
	if err != nil {
		return nil, err
	}
	var clip []stage.Step
	if p.truth("clip", false) {
		clip = []stage.Step{{Op: "clip", A: -1, B: 1}}
	}
	return d.each(p, func(j int) []stage.Step { return append(affine(nil, scale, j), clip...) })
}

func robustScaler(p part, d *design) (*design, error) {
	var center, scale []float64
	var err error
	if p.truth("with_centering", true) {
		if center, err = p.exactly("center_", len(d.columns)); err != nil {
			return nil, err
		}
	}
	if p.truth("with_scaling", true) {
		if scale, err = p.exactly("scale_", len(d.columns)); err != nil {
			return nil, err
		}
	}
	return d.each(p, func(j int) []stage.Step { return affine(center, scale, j) })
}

// normalizer divides each row by its norm.
func normalizer(p part, d *design) (*design, error) {
	norm := p.text("norm")
	if norm == "" {
		norm = stage.NormL2
	}
	sparse := d.sparse
	out, err := d.through(p, stage.Normalize{Norm: norm}, refusesMissing, d.names())
	if err != nil {
		return nil, err
	}
	out.sparse = sparse
	return out, nil
}

func binarizer(p part, d *design) (*design, error) {
	threshold := 0.0
	if x, ok := pickle.Number(p.get("threshold")); ok {
		threshold = x
	}
	return d.each(p, func(int) []stage.Step { return []stage.Step{{Op: "above", A: threshold}} })
}

func powerTransformer(p part, d *design) (*design, error) {
	powers, err := p.exactly("lambdas_", len(d.columns))
	if err != nil {
		return nil, err
	}
	op := "yeojohnson"
	switch method := p.text("method"); method {
	case "yeo-johnson", "":
	case "box-cox":
		op = "boxcox"
	default:
		return nil, p.wrong("its method %q is not known", method)
	}
	for j := range powers {
		if math.IsNaN(powers[j]) { // a column that was all missing is left as it is
			powers[j] = 1
		}
	}
	out, err := d.each(p, func(j int) []stage.Step { return []stage.Step{{Op: op, A: powers[j]}} })
	if err != nil || !p.truth("standardize", true) {
		return out, err
	}
	scaler, ok := p.child("_scaler")
	if !ok {
		return nil, p.wrong("it has no scaler: was it fitted?")
	}
	return standardScaler(scaler, out)
}

func quantileTransformer(p part, d *design) (*design, error) {
	references, err := p.floats("references_")
	if err != nil {
		return nil, err
	}
	n := len(d.columns)
	all, err := p.exactly("quantiles_", n*len(references))
	if err != nil {
		return nil, err
	}
	do := &stage.Quantiles{References: references, Normal: p.text("output_distribution") == "normal", Values: make([][]float64, n)}
	for j := range n {
		for k := range references {
			do.Values[j] = append(do.Values[j], all[k*n+j])
		}
	}
	sparse := d.sparse
	out, err := d.through(p, do, takesMissing, d.names())
	if err != nil {
		return nil, err
	}
	out.sparse = sparse
	return out, nil
}

package prep

import (
	"math"

	"gonum.org/v1/gonum/mathext"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/predict"
	"dasier/ml/stage"
)

// The operations of features, as package predict knows them.
const (
	opValue   = "value"
	opEquals  = "equals"
	opMissing = "missing"
	opSteps   = "steps"
	opTable   = "table"
	opHashed  = "hashed"
	opCurve   = "curve"
)

// largestPowered bounds what is raised to a power, so that nothing overflows.
const largestPowered = 1e25

// ranks is how many points the distribution of a Normal column is kept by.
const ranks = 1000

func (t *fitting) nativeNumber(c *frame.Column) (made, error) {
	input, _, err := t.numberInput(c)
	return made{input: input, reference: -1, features: []predict.Feature{{Name: c.Name, Op: opSteps, Scale: 1}}}, err
}

// number is a dense number, bool or time.
func (t *fitting) number(c *frame.Column, treatment Treatment, want Column) (made, error) {
	input, look, err := t.numberInput(c)
	if err != nil {
		return made{}, err
	}
	fill, err := fillOf(c, &input, want)
	if err != nil {
		return made{}, err
	}
	feature := predict.Feature{Name: c.Name, Op: opValue, Impute: fill, Scale: 1}
	steps := []stage.Step{{Op: "impute", A: fill}}
	low, high := -largestPowered, largestPowered
	var present order
	if want.Clip > 0 || treatment == Power || treatment == Normal || treatment == Robust {
		present = presentOf(c)
	}
	if want.Clip > 0 {
		low, high = present.quantile(want.Clip), present.quantile(1-want.Clip)
		steps = append(steps, stage.Step{Op: "clip", A: low, B: high})
	}
	switch treatment {
	case Log:
		if max(low, input.Min) <= -1 || fill <= -1 {
			return made{}, fault.Errorf(fault.Invalid, "column %q has the value %g and log(1+x) needs values above -1: choose the treatment scale or signed-log", c.Name, min(input.Min, fill))
		}
		feature.Log = true
		steps = append(steps, stage.Step{Op: "clip", A: math.Nextafter(-1, 0), B: math.MaxFloat64}, stage.Step{Op: "log1p"})
	case SignedLog:
		steps = append(steps, stage.Step{Op: "symlog"})
	case Power:
		if want.Clip == 0 {
			steps = append(steps, stage.Step{Op: "clip", A: low, B: high})
		}
		for i, v := range present {
			present[i] = min(max(v, low), high)
		}
		steps = append(steps, stage.Step{Op: "yeojohnson", A: powerOf(present, nil, leastPower, mostPower)})
	case Normal:
		for i, v := range present {
			present[i] = min(max(v, low), high)
		}
		feature = normal(feature, present)
	}
	if want.Clip > 0 && treatment != Normal || treatment == SignedLog || treatment == Power {
		feature = predict.Feature{Name: c.Name, Op: opSteps, Steps: steps, Scale: 1}
	}
	switch treatment {
	case Scale, Log, SignedLog, Power:
		center(&feature, c.Numbers(), func(feature predict.Feature, values frame.Numbers) (float64, float64) {
			if feature.Op == opValue && !feature.Log {
				return look.moments(feature.Impute, values)
			}
			return moments(feature, values)
		})
	case Robust:
		center(&feature, c.Numbers(), func(predict.Feature, frame.Numbers) (float64, float64) {
			return robust(present, low, high)
		})
	case MinMax:
		from, to := max(input.Min, low), min(input.Max, high)
		center(&feature, c.Numbers(), func(predict.Feature, frame.Numbers) (float64, float64) { return from, to - from })
	}
	m := made{input: input, reference: -1, features: []predict.Feature{feature}}
	if want.Missing == MissingIndicator && look.missing > 0 {
		m.features = append(m.features, missingFeature(c))
	}
	return m, nil
}

// center sets a feature's centre and scale, which the last steps do of a feature
// that is steps.
func center(feature *predict.Feature, values frame.Numbers, of func(predict.Feature, frame.Numbers) (float64, float64)) {
	at, scale := of(*feature, values)
	if !(scale > 0) || math.IsInf(scale, 0) {
		scale = 1
	}
	if feature.Op == opSteps {
		feature.Steps = append(feature.Steps, stage.Step{Op: "sub", A: at}, stage.Step{Op: "div", A: scale})
		return
	}
	feature.Center, feature.Scale = at, scale
}

// fillOf is what a missing number is replaced with.
func fillOf(c *frame.Column, input *predict.Input, want Column) (float64, error) {
	fill := want.Fill
	if fill == FillAuto && c.Kind == frame.Bool {
		fill = FillMode
		if input.Median == 0.5 { // a tie: what is less usual to say
			return 1, nil
		}
	}
	switch fill {
	case FillMean:
		return presentOf(c).mean(), nil
	case FillMode:
		return presentOf(c).mode(), nil
	case FillConstant:
		if !(math.Abs(want.Constant) <= largest) {
			return 0, fault.Errorf(fault.Invalid, "column %q cannot be filled with %g: give a number", c.Name, want.Constant)
		}
		return want.Constant, nil
	}
	return input.Median, nil
}

// robust is the median and the distance of the quartiles, within the clipping.
func robust(present order, low, high float64) (middle, distance float64) {
	quantile := func(q float64) float64 { return min(max(present.quantile(q), low), high) }
	return quantile(0.5), quantile(0.75) - quantile(0.25)
}

// normal maps numbers to the quantiles of the normal distribution that their
// ranks are: a line through 1,000 points of the distribution, or all points of
// fewer. As scikit-learn's QuantileTransformer, it is cut off at the ranks 1e-7
// and 1-1e-7. Different: lines connect the normal quantiles rather than the ranks,
// and equal values have their middle rank even where they are the least or the
// greatest, which there goes to the cut-off however many rows it has.
func normal(feature predict.Feature, present order) predict.Feature {
	const edge = 1e-7
	sortAll(present)
	points := min(len(present), ranks)
	feature.Op = opCurve
	for k := 0; k < points; {
		x := present.at(k, points)
		end := k
		for end+1 < points && present.at(end+1, points) == x {
			end++
		}
		rank := 0.5
		if points > 1 {
			rank = float64(k+end) / 2 / float64(points-1)
		}
		feature.X = append(feature.X, x)
		feature.Y = append(feature.Y, mathext.NormalQuantile(min(max(rank, edge), 1-edge)))
		k = end + 1
	}
	return feature
}

func missingFeature(c *frame.Column) predict.Feature {
	return predict.Feature{Name: c.Name + " is missing", Op: opMissing, Scale: 1}
}

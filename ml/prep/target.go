package prep

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/predict"
)

// Transform is what a learner learns in place of a number.
type Transform uint8

// The transforms of a target.
const (
	Identity    Transform = iota // the number itself
	Logarithm                    // its natural logarithm; the number must be above 0
	PowerTarget                  // Yeo and Johnson's, the power by maximum likelihood, centred and scaled
)

var transformNames = [...]string{"none", "log", "yeo-johnson"}

// String is the transform's name in recipes and errors.
func (t Transform) String() string { return transformNames[t] }

// ParseTransform reads a transform's name.
func ParseTransform(name string) (Transform, error) {
	k, err := parse(transformNames[:], name, "transform", " of the target")
	return Transform(k), err
}

// Correction says what the answer of a transformed target is.
type Correction uint8

// The corrections.
const (
	// ToMean makes answers the mean of the target: what squared error wants.
	ToMean Correction = iota
	// ToMedian transforms the score back and no more: near the median.
	ToMedian
)

var correctionNames = [...]string{"mean", "median"}

// String is the correction's name in recipes and errors.
func (c Correction) String() string { return correctionNames[c] }

// ParseCorrection reads a correction's name.
func ParseCorrection(name string) (Correction, error) {
	k, err := parse(correctionNames[:], name, "answer", " of a transformed target")
	return Correction(k), err
}

// The rows whose misses correct an answer to the mean: of that many folds all
// where rows are few, and one where they are many.
const (
	missFolds   = 5
	fewRows     = 2_000
	smearValues = 32 // an answer is the mean of so many
	leastRows   = 2 * missFolds
)

// TransformedTarget is a learner that learns a transform of the target, and whose
// model undoes it.
//
// Undoing the transform of a mean gives no mean. With ToMean the answer is
// corrected by Duan's smearing (Smearing Estimate: A Nonparametric
// Retransformation Method, Journal of the American Statistical Association 78,
// 1983, section 3): the mean of the score undone with each miss added. Different
// from Duan: the misses are of rows that the fit did not see, because a learner
// that follows its training rows closely misses them by next to nothing. Of
// fewer than 2,000 rows all five folds are left out in turn (five more fits), of
// more one of five (one more fit). For a logarithm the misses make one exact
// factor; for a power they are kept as 32 equally likely values, the means of as
// many groups of sorted misses, which keeps their mean and about 99 % of their
// variance.
//
// Intervals need no correction: their bounds are quantiles, and Program.Bound
// transforms them back as they are.
type TransformedTarget struct {
	Learner   learn.Learner
	Transform Transform
	Answer    Correction
	Seed      uint64 // draws the rows that are left out
}

var _ learn.Learner = TransformedTarget{}

// Fit learns the transformed target.
func (l TransformedTarget) Fit(ctx context.Context, features *frame.Frame, target learn.Target) (*learn.Model, error) {
	if l.Learner == nil {
		return nil, fault.Errorf(fault.Invalid, "a transformed target needs a learner")
	}
	if l.Transform == Identity {
		return l.Learner.Fit(ctx, features, target)
	}
	if err := target.Check(features.Rows()); err != nil {
		return nil, err
	}
	way, err := l.way(&target)
	if err != nil {
		return nil, err
	}
	scores := target
	scores.Y = make([]float64, len(target.Y))
	for i, y := range target.Y {
		scores.Y[i] = way.Score(y)
	}
	if err := scores.Check(features.Rows()); err != nil {
		return nil, fmt.Errorf("transforming the target: %w", err)
	}
	var misses []miss
	tell := func(int) context.Context { return ctx }
	if l.Answer == ToMean && features.Rows() >= leastRows {
		folds := missFolds
		if features.Rows() >= fewRows {
			folds = 1
		}
		tell = func(fit int) context.Context { return portion(ctx, fit, folds+1) }
		if misses, err = l.misses(tell, features, scores, folds); err != nil {
			return nil, err
		}
	}
	model, err := l.Learner.Fit(tell(missFolds), features, scores)
	if err != nil {
		return nil, err
	}
	if l.Answer == ToMean && misses == nil { // too few rows to leave any out
		if misses, err = missesOf(model, features, scores); err != nil {
			return nil, err
		}
	}
	if model.Spec.Task != predict.TaskRegression || model.Spec.Target.Transformed() {
		return nil, fault.Errorf(fault.Invalid, "the learner's model has a transformed target already: transform it once")
	}
	transformed := *model
	way.Name, way.Unit = model.Spec.Target.Name, model.Spec.Target.Unit
	way.Smear = smear(misses, l.Transform)
	transformed.Spec.Target = way
	return &transformed, nil
}

// way finds the transform of a target's numbers.
func (l TransformedTarget) way(target *learn.Target) (predict.Target, error) {
	if target.Task != predict.TaskRegression {
		return predict.Target{}, fault.Errorf(fault.Invalid, "the target %q has classes: only a number can be transformed", target.Name)
	}
	way := predict.Target{Log: l.Transform == Logarithm}
	if way.Log {
		for i, y := range target.Y {
			if y <= 0 {
				return way, fault.Errorf(fault.Invalid,
					"the target %q is %g in row %d and has no logarithm: leave such rows out, or use the transform yeo-johnson", target.Name, y, i+1)
			}
		}
		return way, nil
	}
	power := powerOf(target.Y, target.Weights, leastTargetPower, mostTargetPower)
	way.Power = &power
	mean, total := 0.0, 0.0
	for i, y := range target.Y {
		total += target.Weight(i)
		mean += target.Weight(i) * way.Score(y)
	}
	mean /= total
	squares := 0.0
	for i, y := range target.Y {
		d := way.Score(y) - mean
		squares += target.Weight(i) * d * d
	}
	way.Center, way.Scale = mean, math.Sqrt(squares/total)
	if !(way.Scale > 0) || math.IsInf(way.Scale, 0) {
		way.Scale = 1
	}
	return way, nil
}

// miss is what a score misses by, and the row's weight.
type miss struct{ by, weight float64 }

// misses fits without some rows and says by how much it misses those, of so many
// of the folds. tell is the context of each fit.
func (l TransformedTarget) misses(tell func(int) context.Context, features *frame.Frame, scores learn.Target, folds int) ([]miss, error) {
	order := rand.New(rand.NewPCG(l.Seed, 0x5eed)).Perm(features.Rows()) //nolint:gosec // a reproducible draw is the point
	var all []miss
	for fold := range folds {
		var kept, left []int
		for k, row := range order {
			if k%missFolds == fold {
				left = append(left, row)
			} else {
				kept = append(kept, row)
			}
		}
		sort.Ints(kept)
		sort.Ints(left)
		few := scores.Take(kept)
		if few.Check(len(kept)) != nil {
			continue // the rows that are left are all alike: this fold cannot say
		}
		model, err := l.Learner.Fit(tell(fold), features.Take(kept), few)
		if err != nil {
			if flaw := learn.CheckFeatures(features); flaw != nil && fault.Is(err, fault.Invalid) {
				return nil, flaw // the row has another number without the others
			}
			return nil, fmt.Errorf("fitting without one row of five, for the mean: %w", err)
		}
		more, err := missesOf(model, features.Take(left), scores.Take(left))
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

func missesOf(model *learn.Model, features *frame.Frame, scores learn.Target) ([]miss, error) {
	program, err := model.Compile()
	if err != nil {
		return nil, err
	}
	answers, err := program.ScoreFrame(features)
	if err != nil {
		return nil, err
	}
	misses := make([]miss, 0, len(answers))
	for i, score := range answers {
		if w := scores.Weight(i); w > 0 {
			misses = append(misses, miss{scores.Y[i] - score, w})
		}
	}
	return misses, nil
}

// smear makes equally likely values of misses: of a logarithm the one that makes
// the same factor.
func smear(misses []miss, transform Transform) []float64 {
	if len(misses) == 0 {
		return nil
	}
	total := 0.0
	for _, m := range misses {
		total += m.weight
	}
	if transform == Logarithm {
		factor := 0.0
		for _, m := range misses {
			factor += m.weight / total * math.Exp(m.by)
		}
		if math.IsInf(factor, 0) {
			return nil
		}
		return []float64{math.Log(factor)}
	}
	slices.SortFunc(misses, func(a, b miss) int {
		switch {
		case a.by < b.by:
			return -1
		case a.by > b.by:
			return 1
		}
		return 0
	})
	values := make([]float64, smearValues)
	share, group, room := total/smearValues, 0, total/smearValues
	for _, m := range misses {
		for m.weight > 0 {
			part := min(m.weight, room)
			if group == smearValues-1 {
				part = m.weight // the last takes what rounding leaves
			}
			values[group] += part / share * m.by
			m.weight -= part
			if room -= part; room <= 0 && group < smearValues-1 {
				group, room = group+1, share
			}
		}
	}
	return values
}

// portion is the context of one fit of several: its progress is that of a part.
func portion(ctx context.Context, fit, fits int) context.Context {
	fit = min(fit, fits-1)
	return learn.WithProgress(ctx, func(done, total int) {
		if total > 0 {
			learn.Progress(ctx, fit*total+done, fits*total)
		}
	})
}

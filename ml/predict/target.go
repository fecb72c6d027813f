package predict

import (
	"fmt"
	"math"
)

// maxSmear bounds the values that an answer is the mean of.
const maxSmear = 1_000

// Transformed tells whether the estimator predicts another number than the
// target.
func (t *Target) Transformed() bool { return t.Log || t.Power != nil }

// Score is what the estimator should say of a row with this target: the
// logarithm, or Yeo and Johnson's transform (A new family of power
// transformations to improve normality or symmetry, Biometrika 87, 2000,
// equation 2.1), centred and scaled; or the target itself.
func (t *Target) Score(y float64) float64 {
	switch {
	case t.Log:
		return math.Log(y)
	case t.Power != nil:
		return (yeoJohnson(y, *t.Power) - t.Center) / t.scale()
	}
	return y
}

// Undo is the target that has this score: Score's inverse, at most the largest
// double. Of a score's median it is the target's median, of a quantile the
// quantile; of a mean it is not the mean.
func (t *Target) Undo(score float64) float64 {
	switch {
	case t.Log:
		return min(math.Exp(score), math.MaxFloat64)
	case t.Power != nil:
		return unYeoJohnson(score*t.scale()+t.Center, *t.Power)
	}
	return score
}

// Answer is the mean of the target where the estimator's score is this: the mean
// of what the score undone would be if it missed by each value of Smear (Duan,
// Smearing Estimate: A Nonparametric Retransformation Method, Journal of the
// American Statistical Association 78, 1983, section 3). Of a logarithm that is a
// factor, whatever the score. Without Smear it is Undo.
func (t *Target) Answer(score float64) float64 {
	if len(t.Smear) == 0 || !t.Transformed() {
		return t.Undo(score)
	}
	sum, share := 0.0, 1/float64(len(t.Smear))
	for _, miss := range t.Smear {
		sum += float64(share * t.Undo(score+miss))
	}
	return min(max(sum, -math.MaxFloat64), math.MaxFloat64)
}

func (t *Target) scale() float64 {
	if t.Scale == 0 {
		return 1
	}
	return t.Scale
}

// yeoJohnson is exact where the power is near 0 or 2, too: (x+1)^p - 1 is
// expm1(p log1p(x)).
func yeoJohnson(x, power float64) float64 {
	if x < 0 {
		return -yeoJohnson(-x, 2-power)
	}
	if power == 0 {
		return math.Log1p(x)
	}
	return math.Expm1(power*math.Log1p(x)) / power
}

// unYeoJohnson is its inverse for powers from 0 to 2.
func unYeoJohnson(score, power float64) float64 {
	if score < 0 {
		return -unYeoJohnson(-score, 2-power)
	}
	logarithm := score
	if power != 0 {
		logarithm = math.Log1p(power*score) / power
	}
	return min(math.Expm1(logarithm), math.MaxFloat64)
}

// answerOf is Target.Answer; of a logarithm the mean is one factor, made once.
func (p *Program) answerOf(score float64) float64 {
	if p.spec.Target.Log {
		return min(float64(math.Exp(score)*p.factor), math.MaxFloat64)
	}
	return p.spec.Target.Answer(score)
}

// Bound turns a score into the target's unit without correcting it to the mean:
// the bounds of an interval are quantiles, which a transform keeps.
func (p *Program) Bound(score float64) float64 {
	if p.transformed {
		return p.spec.Target.Undo(score)
	}
	return p.Answer(score)
}

// checkTarget holds a transform to what a regression can undo.
func checkTarget(s *Spec) error {
	t := &s.Target
	switch {
	case t.Log && t.Power != nil:
		return wrong("target.power", "the target has a logarithm already")
	case t.Transformed() && s.Task != TaskRegression:
		return wrong("target.log", "only a regression has a transformed target")
	case t.Power == nil && (t.Center != 0 || t.Scale != 0):
		return wrong("target.scale", "only a power is centred and scaled")
	case t.Power != nil && !(*t.Power >= 0 && *t.Power <= 2):
		return wrong("target.power", "must be from 0 to 2, it is %v", *t.Power)
	case !t.Transformed() && len(t.Smear) > 0:
		return wrong("target.smear", "only a transformed target is corrected")
	case len(t.Smear) > maxSmear:
		return wrong("target.smear", "there are %d, at most %d are allowed", len(t.Smear), maxSmear)
	case !(t.Scale >= 0):
		return wrong("target.scale", "must be above 0, it is %v", t.Scale)
	}
	for k, miss := range t.Smear {
		if err := checkNumber(fmt.Sprintf("target.smear[%d]", k), miss); err != nil {
			return err
		}
	}
	if err := checkNumber("target.center", t.Center); err != nil {
		return err
	}
	return checkNumber("target.scale", t.Scale)
}

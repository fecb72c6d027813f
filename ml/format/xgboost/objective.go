package xgboost

import (
	"math"
	"strconv"
	"strings"

	"dasier/fault"
)

// transform is how margins become what XGBoost's predict answers.
type transform uint8

const (
	plain     transform = iota // the margins themselves
	logistic                   // the probability of a row's second class, or of each of several labels
	share                      // the logistic of a target between 0 and 1
	exponent                   // exp(margin)
	softmax                    // a probability per class
	positive                   // hinge: 1 where the margin is above 0
	sorted                     // quantiles, which do not cross
	expectile                  // each expectile is the one before it and a softplus more
)

// space is where a base score stands: it is given as a prediction, and the
// margins begin elsewhere.
type space uint8

const (
	marginSpace space = iota
	logitSpace
	logSpace
)

// objectives are all that XGBoost has, with the names of older versions.
var objectives = map[string]struct {
	answer transform
	base   space
}{
	"reg:squarederror": {}, "reg:linear": {}, "reg:absoluteerror": {}, "reg:pseudohubererror": {}, "reg:squaredlogerror": {},
	"reg:quantileerror": {answer: sorted}, "reg:expectileerror": {answer: expectile}, "reg:normal": {},
	"rank:pairwise": {}, "rank:ndcg": {}, "rank:map": {},
	"reg:logistic":    {share, logitSpace},
	"binary:logistic": {logistic, logitSpace},
	"binary:logitraw": {},
	"binary:hinge":    {answer: positive},
	"multi:softprob":  {answer: softmax}, "multi:softmax": {answer: softmax},
	"count:poisson": {exponent, logSpace}, "reg:gamma": {exponent, logSpace}, "reg:tweedie": {exponent, logSpace},
	"survival:cox": {exponent, logSpace}, "survival:aft": {exponent, logSpace},
}

// margins turns a base score into what the margins begin with, in float32 as
// XGBoost does. Before 1.0 a base score was a margin.
func (m *Model) margins(base string, isMargin bool) ([]float64, error) {
	given, err := numbers(base)
	if err != nil {
		return nil, err
	}
	if len(given) != 1 && len(given) != m.Groups {
		return nil, fault.Errorf(fault.Invalid, "the XGBoost model has %d base scores for %d margins", len(given), m.Groups)
	}
	list := make([]float64, m.Groups)
	for k := range list {
		score := float32(given[min(k, len(given)-1)])
		switch {
		case isMargin:
		case m.objective.base == logitSpace:
			if m.atLeast(3, 0) || !(score > 0 && score < 1) {
				score = min(max(score, 1e-6), 1-1e-6)
			}
			score = -float32(math.Log(float64(1/score - 1)))
		case m.objective.base == logSpace:
			score = float32(math.Log(float64(score)))
		}
		list[k] = float64(score)
	}
	if m.objective.answer == expectile && !isMargin {
		for k := len(list) - 1; k > 0; k-- {
			list[k] = softPlusInverse(float32(list[k]) - float32(list[k-1]) - leastGap)
		}
	}
	for _, x := range list {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, fault.Errorf(fault.Invalid, "the XGBoost model's base score is %.60q, which its objective %q does not allow", base, m.Objective)
		}
	}
	return list, nil
}

// leastGap is between two expectiles at least.
const leastGap = float32(1e-6)

// softPlusInverse is log(exp(x)-1), of what is above 0.
func softPlusInverse(x float32) float64 {
	if x > 20 {
		return float64(x)
	}
	const least = 1.1754943508222875e-38 // the smallest normal float32
	return float64(float32(math.Log(max(math.Expm1(float64(x)), least))))
}

// numbers reads base_score: a number, or since 3.1 a list of them in a text.
func numbers(text string) ([]float64, error) {
	var list []float64
	for part := range strings.SplitSeq(strings.Trim(text, "[]"), ",") {
		x, err := strconv.ParseFloat(strings.TrimSpace(part), 32)
		if err != nil || len(list) >= maxGroups {
			return nil, fault.Errorf(fault.Invalid, "the XGBoost model's base score is %.60q", text)
		}
		list = append(list, x)
	}
	return list, nil
}

// atLeast compares the writer's version.
func (m *Model) atLeast(major, minor int) bool {
	a, rest, _ := strings.Cut(m.Version, ".")
	b, _, _ := strings.Cut(rest, ".")
	x, errX := strconv.Atoi(a)
	y, errY := strconv.Atoi(b)
	return errX == nil && errY == nil && (x > major || x == major && y >= minor)
}

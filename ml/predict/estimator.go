package predict

import (
	"fmt"
	"math"

	"dasier/ml/frame"
	"dasier/ml/stage"
)

// Limits.
const (
	maxClasses = 1_000
	maxSteps   = 100 // of one feature
	maxPoints  = 10_000
)

// checkTask holds task, classes and link to each other.
func checkTask(s *Spec) error {
	switch s.Task {
	case TaskRegression:
		if len(s.Classes) > 0 || s.Positive != "" || s.Link != "" {
			return wrong("classes", "a regression has no classes and no link")
		}
		return nil
	case TaskBinary:
		if len(s.Classes) != 2 {
			return wrong("classes", "a binary model has two, there are %d", len(s.Classes))
		}
		if s.Positive != "" && s.Positive != s.Classes[0] && s.Positive != s.Classes[1] {
			return wrong("positive", "%q is none of the classes %q and %q", s.Positive, s.Classes[0], s.Classes[1])
		}
		if s.Link != "" && s.Link != Logistic && s.Link != Decision {
			return wrong("link", "must be \"logistic\", \"decision\" or empty for a binary model, it is %q", s.Link)
		}
	case TaskMulticlass:
		if len(s.Classes) < 2 || len(s.Classes) > maxClasses {
			return wrong("classes", "there must be 2 to %d, there are %d", maxClasses, len(s.Classes))
		}
		if s.Positive != "" {
			return wrong("positive", "only a binary model has a positive class")
		}
		if s.Link != "" && s.Link != Softmax && s.Link != OneVsAll && s.Link != Decision {
			return wrong("link", "must be \"softmax\", \"onevsall\", \"decision\" or empty for a multiclass model, it is %q", s.Link)
		}
	case TaskVector:
		return checkVector(s)
	default:
		return wrong("task", "must be \"regression\", \"binary\", \"multiclass\" or \"vector\", it is %q", s.Task)
	}
	if s.Target.Transformed() || s.Interval != nil {
		return wrong("target.log", "a classifier predicts no logarithm and has no interval")
	}
	_, err := checkLevels("classes", s.Classes)
	return err
}

func checkVector(s *Spec) error {
	switch {
	case len(s.Classes) > 0 || s.Positive != "" || s.Link != "":
		return wrong("classes", "several numbers have no classes and no link")
	case s.Target.Transformed() || s.Interval != nil:
		return wrong("target.log", "several numbers have no common logarithm and no interval")
	case s.Answer == nil:
		return wrong("answer", "several numbers are the answer of stages")
	case len(s.Targets) == 0 || len(s.Targets) > maxFeatures:
		return wrong("targets", "there must be 1 to %d, there are %d", maxFeatures, len(s.Targets))
	}
	seen := make(map[string]bool, len(s.Targets))
	for k, name := range s.Targets {
		if seen[name] || name == "" {
			return wrong(fmt.Sprintf("targets[%d]", k), "%q is empty or stands twice", name)
		}
		seen[name] = true
		if err := checkText(fmt.Sprintf("targets[%d]", k), name); err != nil {
			return err
		}
	}
	return nil
}

// outputs is how many scores the estimator gives.
func (s *Spec) outputs() int {
	switch s.Task {
	case TaskMulticlass:
		return len(s.Classes)
	case TaskVector:
		return len(s.Targets)
	}
	return 1
}

// width is how many cells Linear, Classwise or Trees see.
func (s *Spec) width() int {
	if s.Takes == nil {
		return len(s.Features)
	}
	return len(s.Takes)
}

// taken is the cell that the estimator sees at a place.
func (s *Spec) taken(j int) int {
	if s.Takes == nil {
		return j
	}
	return int(s.Takes[j])
}

// plain tells the features that the first layout had: one affine function.
func (f *Feature) plain() bool {
	return f.Op != opSteps && f.Op != opTable && f.Op != opCurve && f.Op != opTerm && f.Op != opTerms
}

func checkSteps(field string, f *Feature, in *Input) error {
	if in.Kind == frame.Category {
		return wrong(field+".op", "\"steps\" of %q, which is a category", in.Name)
	}
	if len(f.Steps) > maxSteps {
		return wrong(field+".steps", "there are %d, at most %d are allowed", len(f.Steps), maxSteps)
	}
	for k, step := range f.Steps {
		if !stage.IsStep(step.Op) {
			return wrong(fmt.Sprintf("%s.steps[%d].op", field, k), "there is no step %q", step.Op)
		}
	}
	return nil
}

func checkTable(field string, f *Feature, in *Input) error {
	if in.Kind != frame.Category {
		return wrong(field+".op", "\"table\" of %q, which is no category but a %s", in.Name, in.Kind)
	}
	if len(f.Table) != len(in.Levels)+2 {
		return wrong(field+".table", "there are %d entries for %d levels, an unknown and a missing one", len(f.Table), len(in.Levels))
	}
	return nil
}

func checkCurve(field string, f *Feature, in *Input) error {
	switch {
	case in.Kind == frame.Category:
		return wrong(field+".op", "\"curve\" of %q, which is a category", in.Name)
	case len(f.X) == 0 || len(f.X) != len(f.Y) || len(f.X) > maxPoints:
		return wrong(field+".x", "there must be 1 to %d, and as many y: there are %d and %d", maxPoints, len(f.X), len(f.Y))
	}
	for k := range f.X {
		if err := checkNumber(fmt.Sprintf("%s.x[%d]", field, k), f.X[k]); err != nil {
			return err
		}
		if err := checkNumber(fmt.Sprintf("%s.y[%d]", field, k), f.Y[k]); err != nil {
			return err
		}
		if k > 0 && f.X[k] <= f.X[k-1] {
			return wrong(fmt.Sprintf("%s.x[%d]", field, k), "%v does not come after %v", f.X[k], f.X[k-1])
		}
	}
	return checkNumber(field+".impute", f.Impute)
}

// checkEstimator bounds everything that is multiplied, so that no linear
// program can overflow, and follows every tree to its leaves.
func checkEstimator(s *Spec, cells int) error {
	set := 0
	for _, is := range []bool{s.Linear != nil, s.Classwise != nil, s.Trees != nil, s.Answer != nil} {
		if is {
			set++
		}
	}
	switch {
	case set == 0:
		return wrong("linear", "the model has no estimator")
	case set > 1:
		return wrong("linear", "the model has more than one estimator")
	case s.Linear != nil:
		if s.outputs() != 1 {
			return wrong("linear", "a multiclass model has one linear function per class")
		}
		return checkLinear("linear", s, s.Linear)
	case s.Trees != nil:
		return under("trees", s.Trees.Check(s.width(), s.outputs()))
	case s.Answer != nil:
		return checkAnswer(s, cells)
	}
	if len(s.Classwise) != s.outputs() || s.Task != TaskMulticlass {
		return wrong("classwise", "there are %d linear functions for %d classes", len(s.Classwise), len(s.Classes))
	}
	for k := range s.Classwise {
		if err := checkLinear(fmt.Sprintf("classwise[%d]", k), s, &s.Classwise[k]); err != nil {
			return err
		}
	}
	return nil
}

func checkLinear(field string, s *Spec, l *Linear) error {
	if len(l.Weights) != s.width() {
		return wrong(field+".weights", "there are %d for %d features", len(l.Weights), s.width())
	}
	if len(l.Base) != s.width() {
		return wrong(field+".base", "there are %d for %d features", len(l.Base), s.width())
	}
	if err := checkNumber(field+".bias", l.Bias); err != nil {
		return err
	}
	for j, weight := range l.Weights {
		if err := checkNumber(fmt.Sprintf("%s.weights[%d]", field, j), weight); err != nil {
			return err
		}
		if err := checkNumber(fmt.Sprintf("%s.base[%d]", field, j), l.Base[j]); err != nil {
			return err
		}
		at := s.taken(j)
		if at >= len(s.Features) {
			continue
		}
		f := &s.Features[at]
		slope, center := weight, 0.0
		if f.plain() {
			slope, center = weight/f.Scale, f.Center
		}
		if !(math.Abs(slope) <= largestSlope && math.Abs(slope*center) <= largestSlope && math.Abs(weight*l.Base[j]) <= largestSlope) {
			return wrong(fmt.Sprintf("features[%d].scale", at), "weight %v over scale %v with centre %v and base %v overflows", weight, f.Scale, f.Center, l.Base[j])
		}
	}
	return nil
}

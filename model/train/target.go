package train

import (
	"math"
	"slices"
	"strings"

	"dasier/fault"
	"dasier/ml/calibrate"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/prep"
)

// bent is a learner of the recipe's transform of the target: its models know of
// it, and answer in the target's unit.
func (u *run) bent(learner learn.Learner) learn.Learner {
	t := u.recipe.Target
	bent := prep.TransformedTarget{Learner: learner, Answer: prep.ToMedian, Seed: u.recipe.Search.Seed}
	if t.CorrectMean {
		bent.Answer = prep.ToMean
	}
	switch {
	case t.Log:
		bent.Transform = prep.Logarithm
	case t.Power != "":
		bent.Transform = prep.PowerTarget
	default:
		return learner
	}
	return bent
}

// calibrated is a learner whose probabilities come true, where the recipe wants it.
func (u *run) calibrated(learner learn.Learner) learn.Learner {
	if u.recipe.Calibrate == "" {
		return learner
	}
	c := calibrate.Calibrated{Learner: learner, Method: calibrate.Method(u.recipe.Calibrate), Seed: u.recipe.Search.Seed}
	if u.quick != nil {
		c.Folds = 3
	}
	return c
}

// scores puts true values on the scale that the estimator predicts on.
func (u *run) scores(y []float64) []float64 {
	scores := make([]float64, len(y))
	for i, v := range y {
		scores[i] = u.model.Spec.Target.Score(v)
	}
	return scores
}

func pick(values []float64, rows []int) []float64 {
	picked := make([]float64, len(rows))
	for i, row := range rows {
		picked[i] = values[row]
	}
	return picked
}

// takeTarget finds out what is to be learned, and holds it to what can be.
func (t *table) takeTarget(r *Recipe) error {
	c, _ := t.all.Column(r.Data.Target) // checkColumns has seen it
	if c.Kind == frame.Time {
		return r.wrong(fault.Invalid, "data.target", "the target %q is a time: predict a number of days or the like instead", c.Name)
	}
	if err := t.targetPresent(r, c); err != nil {
		return err
	}
	if said := t.mixture(c); said != "" && r.Target.Task != "classification" {
		return r.wrong(fault.Invalid, "data.target", "%s; or set target.task to classification, to tell its values apart", said)
	}
	var err error
	if r.Target.Task == "classification" || r.Target.Task == "" && c.Kind != frame.Number {
		err = t.takeClasses(r, c)
	} else {
		err = t.takeNumbers(r, c)
	}
	if err != nil {
		return err
	}
	return t.takeWeights(r)
}

// targetPresent refuses a target without a value, by the row of the file.
func (t *table) targetPresent(r *Recipe, c *frame.Column) error {
	missing, first := 0, 0
	for i := range c.Len() {
		if c.Missing(i) {
			if missing++; missing == 1 {
				first = t.rows[i] + 1
			}
		}
	}
	if missing > 0 {
		return r.wrong(fault.Invalid, "data.target", "the target %q has no value in %s (first: row %d): fill them in or take the rows out of the file", c.Name, plural(missing, "row"), first)
	}
	return nil
}

func (t *table) takeNumbers(r *Recipe, c *frame.Column) error {
	if c.Kind == frame.Category {
		return r.wrong(fault.Invalid, "data.target", "the target %q is text: a regression predicts a number; correct the column, or take target.task away to tell its classes apart", c.Name)
	}
	if r.Target.Positive != "" {
		return r.wrong(fault.Invalid, "target.positive", "the target %q is a number and has no positive class: take target.positive away, or set target.task to classification", c.Name)
	}
	for i, v := range c.Numbers().All() {
		switch {
		case math.IsInf(v, 0):
			return r.wrong(fault.Invalid, "data.target", "the target %q is infinite in row %d: correct the value or take the row out of the file", c.Name, t.rows[i]+1)
		case math.Abs(v) > learn.Largest:
			return r.wrong(fault.Invalid, "data.target", "the target %q is %g in row %d, and numbers beyond %g cannot be learned: correct it, or give the target in a larger unit", c.Name, v, t.rows[i]+1, learn.Largest)
		case r.Target.Log && v <= 0:
			return r.wrong(fault.Invalid, "data.target", "the target %q is %g in row %d and has no logarithm: set target.log to false or take the row out of the file", c.Name, v, t.rows[i]+1)
		}
	}
	values := c.Numbers().Floats()
	if len(values) > 0 && slices.Min(values) == slices.Max(values) {
		return r.wrong(fault.Invalid, "data.target", "the target %q has the same value in every row: there is nothing to learn", c.Name)
	}
	t.target = learn.Regression(c.Name, values)
	t.target.Unit = r.Target.Unit
	return nil
}

func (t *table) takeClasses(r *Recipe, c *frame.Column) error {
	var err error
	if t.target, err = learn.Classification(c); err != nil {
		return r.wrong(fault.KindOf(err), "data.target", "%s", fault.Message(err))
	}
	classes := t.target.Classes
	for _, number := range []struct {
		path string
		set  bool
	}{{"target.log", r.Target.Log}, {"target.power", r.Target.Power != ""}, {"target.unit", r.Target.Unit != ""}} {
		if number.set {
			return r.wrong(fault.Invalid, number.path, "the target %q is the classes %s, and %s is for numbers: take it away", c.Name, some(classes), number.path)
		}
	}
	return t.takePositive(r)
}

// takeWeights reads how much each row counts.
func (t *table) takeWeights(r *Recipe) error {
	if r.Data.Weight == "" {
		return nil
	}
	c, _ := t.all.Column(r.Data.Weight)
	if c.Kind != frame.Number && c.Kind != frame.Bool {
		return r.wrong(fault.Invalid, "data.weight", "the weight %q is a %s: it must be a number of at least 0", c.Name, c.Kind)
	}
	sum := 0.0
	for i, w := range c.Numbers().All() {
		if !(w >= 0) || math.IsInf(w, 0) {
			return r.wrong(fault.Invalid, "data.weight", "the weight %q is %g in row %d: it must be a number of at least 0", c.Name, w, t.rows[i]+1)
		}
		sum += w
	}
	if sum == 0 {
		return r.wrong(fault.Invalid, "data.weight", "the weight %q is 0 in every row: there is nothing to learn from", c.Name)
	}
	t.target.Weights = c.Numbers().Floats()
	return nil
}

// some lists names, the first few where there are many.
func some(names []string) string {
	const shown = 6
	if len(names) <= shown {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:shown], ", ") + " and others"
}

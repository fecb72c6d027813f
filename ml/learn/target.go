package learn

import (
	"math"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/predict"
)

// Target is what is to be predicted, row by row.
type Target struct {
	Name string
	Unit string // of a number: "USD"
	Task string // predict.TaskRegression, TaskBinary or TaskMulticlass
	// Y has a value per row: the number, or the place of the class in Classes.
	// Numbers are at most Largest, and one is at least 1/Largest, in size.
	Y       []float64
	Classes []string // of a choice, sorted
	// Weights of the rows, at least 0, the greatest from 1/Largest to Largest; nil:
	// 1 each.
	Weights []float64
}

// Regression is a target of numbers.
func Regression(name string, y []float64) Target {
	return Target{Name: name, Task: predict.TaskRegression, Y: y}
}

// Classification is a target of classes: binary when there are two, multiclass
// when there are more. The column may be text, or numbers and bools whose values
// are the classes.
func Classification(c *frame.Column) (Target, error) {
	texts, codes, err := classesOf(c)
	if err != nil {
		return Target{}, err
	}
	t := Target{Name: c.Name, Task: predict.TaskMulticlass, Y: codes, Classes: texts}
	if len(texts) == 2 {
		t.Task = predict.TaskBinary
	}
	return t, nil
}

// Of splits a table into features and target: a number is a regression, text and
// bools are classes.
func Of(f *frame.Frame, name string) (*frame.Frame, Target, error) {
	c, ok := f.Column(name)
	if !ok {
		return nil, Target{}, fault.Errorf(fault.Missing, "there is no column %q to predict", name)
	}
	var rest []string
	for _, other := range f.Columns() {
		if other.Name != name {
			rest = append(rest, other.Name)
		}
	}
	features, err := f.Select(rest...)
	if err != nil {
		return nil, Target{}, err
	}
	switch c.Kind {
	case frame.Number:
		t := Regression(name, c.Numbers().Floats())
		return features, t, t.Check(f.Rows())
	case frame.Time:
		return nil, Target{}, fault.Errorf(fault.Invalid, "the target %q is a time: predict a number of days or the like instead", name)
	}
	t, err := Classification(c)
	return features, t, err
}

// Take is the target of the given rows, in that order. Classes stay as they are,
// even one that none of the rows has.
func (t Target) Take(rows []int) Target {
	taken := t
	taken.Y = make([]float64, len(rows))
	for i, row := range rows {
		taken.Y[i] = t.Y[row]
	}
	if t.Weights != nil {
		taken.Weights = make([]float64, len(rows))
		for i, row := range rows {
			taken.Weights[i] = t.Weights[row]
		}
	}
	return taken
}

// Weight is the weight of a row.
func (t Target) Weight(i int) float64 {
	if t.Weights == nil {
		return 1
	}
	return t.Weights[i]
}

// Scores is how many numbers a prediction has: one, or one per class where there
// are more than two.
func (t Target) Scores() int {
	if t.Task == predict.TaskMulticlass {
		return len(t.Classes)
	}
	return 1
}

// Check holds the target to what can be learned from so many rows. Learners call
// it first.
func (t Target) Check(rows int) error {
	switch {
	case rows == 0:
		return fault.Errorf(fault.Invalid, "there are no rows to learn from: look at the data file and the split")
	case len(t.Y) != rows:
		return fault.Errorf(fault.Invalid, "%d rows have %d targets", rows, len(t.Y))
	case t.Weights != nil && len(t.Weights) != rows:
		return fault.Errorf(fault.Invalid, "%d rows have %d weights", rows, len(t.Weights))
	}
	if err := t.checkWeights(); err != nil {
		return err
	}
	switch t.Task {
	case predict.TaskRegression:
		return t.checkNumbers()
	case predict.TaskBinary, predict.TaskMulticlass:
		return t.checkClasses()
	}
	return fault.Errorf(fault.Invalid, "the task is %q: use regression, binary or multiclass", t.Task)
}

func (t Target) checkWeights() error {
	greatest := 0.0
	for i, w := range t.Weights {
		if !(w >= 0) || math.IsInf(w, 0) {
			return fault.Errorf(fault.Invalid, "the weight of row %d is %g: it must be a number of at least 0", i+1, w)
		}
		greatest = max(greatest, w)
	}
	switch {
	case t.Weights == nil:
	case greatest == 0:
		return fault.Errorf(fault.Invalid, "every row has the weight 0: there is nothing to learn from")
	case greatest > Largest || greatest < 1/Largest:
		return fault.Errorf(fault.Invalid, "the greatest weight of a row is %g: multiply all weights by the same number, so that it is nearer to 1", greatest)
	}
	return nil
}

func (t Target) checkNumbers() error {
	same, greatest := true, 0.0
	for i, v := range t.Y {
		if math.IsNaN(v) {
			return fault.Errorf(fault.Invalid, "the target %q has no value in row %d: fill it in or leave the row out", t.Name, i+1)
		}
		if math.IsInf(v, 0) {
			return fault.Errorf(fault.Invalid, "the target %q is infinite in row %d: correct the value or leave the row out", t.Name, i+1)
		}
		if math.Abs(v) > Largest {
			return fault.Errorf(fault.Invalid, "the target %q is %g in row %d, and numbers beyond %g cannot be learned: correct it, or give the target in a larger unit", t.Name, v, i+1, Largest)
		}
		same, greatest = same && v == t.Y[0], max(greatest, math.Abs(v))
	}
	switch {
	case same:
		return fault.Errorf(fault.Invalid, "the target %q is %g in every row: there is nothing to learn", t.Name, t.Y[0])
	case greatest < 1/Largest:
		return fault.Errorf(fault.Invalid, "the target %q is nowhere larger than %g, too small to be learned: give it in a smaller unit", t.Name, greatest)
	}
	return nil
}

func (t Target) checkClasses() error {
	if len(t.Classes) < 2 || (t.Task == predict.TaskBinary) != (len(t.Classes) == 2) {
		return fault.Errorf(fault.Invalid, "a %s target cannot have %d classes", t.Task, len(t.Classes))
	}
	for k, class := range t.Classes {
		if flaw := predict.TextFlaw(class); flaw != "" {
			return fault.Errorf(fault.Invalid, "the class %.60q of the target %q (number %d) %s: change the text", class, t.Name, k+1, flaw)
		}
	}
	counts := make([]int, len(t.Classes))
	for i, v := range t.Y {
		k := int(v)
		if float64(k) != v || k < 0 || k >= len(t.Classes) {
			return fault.Errorf(fault.Invalid, "the target %q is class %g in row %d, and there are the classes 0 to %d", t.Name, v, i+1, len(t.Classes)-1)
		}
		counts[k]++
	}
	for k, n := range counts {
		if n == len(t.Y) {
			return fault.Errorf(fault.Invalid, "every row has the class %q: there is nothing to tell apart", t.Classes[k])
		}
	}
	return nil
}

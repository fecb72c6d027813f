package train

import (
	"fmt"
	"slices"
	"strings"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/metric"
	"dasier/ml/predict"
	"dasier/ml/prep"
)

// suits holds to what is learned whatever of the recipe depends on it: what a
// person can correct is told before anything is fitted.
func (r *Recipe) suits(target learn.Target, inputs *frame.Frame) error {
	if _, err := r.measure(target); err != nil {
		return err
	}
	if err := r.checkGates(target); err != nil {
		return err
	}
	if r.Calibrate != "" && target.Task == predict.TaskRegression {
		return r.wrong(fault.Invalid, "calibrate", "%s calibration is of the probabilities of classes, and %q is a number: take calibrate away, or set target.task to classification", r.Calibrate, r.Data.Target)
	}
	candidates, err := r.candidatesFor(target)
	if err != nil {
		return err
	}
	if err := r.checkScales(candidates); err != nil {
		return err
	}
	return r.checkTreatments(inputs)
}

// measure is the metric that candidates are compared by.
func (r *Recipe) measure(target learn.Target) (metric.Metric, error) {
	name := r.Search.Metric
	if name == "" {
		return metric.Usual(target.Task)[0], nil
	}
	m, err := metric.Lookup(name)
	if err == nil && !slices.Contains(m.Tasks, target.Task) {
		err = r.wrong(fault.Invalid, "search.metric", "%s does not measure what is learned here, %s: use one of %s", name, learned(target), strings.Join(metric.Names(target.Task), ", "))
	}
	return m, err
}

// checkGates refuses a gate that this target cannot have.
func (r *Recipe) checkGates(target learn.Target) error {
	for i, g := range r.Gates {
		if m, err := metric.Lookup(g.Metric); err == nil && !slices.Contains(m.Tasks, target.Task) {
			return r.wrong(fault.Invalid, indexed("gates", i)+".metric", "%s does not measure what is learned here, %s: judge one of %s", g.Metric, learned(target), strings.Join(metric.Names(target.Task), ", "))
		}
	}
	return nil
}

// logarithmic learn on a logarithm of their own.
var logarithmic = []string{"poisson", "gamma", "tweedie"}

// checkScales refuses to bend a target twice.
func (r *Recipe) checkScales(candidates []Candidate) error {
	if !r.Target.Log && r.Target.Power == "" {
		return nil
	}
	for i, c := range candidates {
		for _, one := range append([]Candidate{c}, c.Of...) {
			if slices.Contains(logarithmic, one.Algorithm) {
				return r.wrong(fault.Invalid, r.placeOf(i), "%s has a logarithm of its own, and target.log or target.power bends the target before: take one of both away", one.Algorithm)
			}
		}
	}
	return nil
}

// checkTreatments refuses what the recipe says of a column of another kind.
func (r *Recipe) checkTreatments(inputs *frame.Frame) error {
	var problems Problems
	for _, c := range inputs.Columns() {
		said := r.Features.Columns[c.Name]
		path := "features.columns." + c.Name
		if !said.Treatment.Fits(c.Kind) {
			problems = append(problems, r.problem(path+".treatment", "the column %q is a %s and cannot be treated as %q: set its kind, or another treatment", c.Name, c.Kind, said.Treatment))
		}
		if number := c.Kind == frame.Number || c.Kind == frame.Bool; said.Splines > 0 && !number {
			problems = append(problems, r.problem(path+".splines", "the column %q is a %s, and only numbers have splines: set its kind, or take splines away", c.Name, c.Kind))
		} else if said.Splines > 0 && said.Treatment != prep.Auto {
			problems = append(problems, r.problem(path+".splines", "the column %q has the treatment %s and splines, which are two ways of one thing: keep one", c.Name, said.Treatment))
		}
		if level := unordered(c, said.Order); said.Treatment == prep.Ordinal && level != "" {
			problems = append(problems, r.problem(path+".order", "the order leaves out the level %q, which the column %q has: put it in its place", level, c.Name))
		}
		if said.Monotone != 0 && c.Kind == frame.Category && said.Treatment != prep.Ordinal {
			problems = append(problems, r.problem(path+".monotone", "the column %q is text, whose levels have no order, so nothing can rise with it: take monotone away, or give it the treatment ordinal with an order", c.Name))
		}
	}
	for i, set := range r.Features.Products {
		for k, name := range set {
			path := indexed(indexed("features.products", i), k)
			c, used := inputs.Column(name)
			switch {
			case !used:
				problems = append(problems, r.problem(path, "the column %q is no feature, so it has no part in a product", name))
			case c.Kind != frame.Number && c.Kind != frame.Bool:
				problems = append(problems, r.problem(path, "the column %q is a %s, and only numbers have products", name, c.Kind))
			}
		}
	}
	return problems.err()
}

// unordered is a level of the column that the order leaves out.
func unordered(c *frame.Column, order []string) string {
	if len(order) == 0 || c.Kind != frame.Category {
		return ""
	}
	for _, level := range c.Levels {
		if !slices.Contains(order, level) {
			return level
		}
	}
	return ""
}

// learned says what a target is: "a number", "the classes no, yes".
func learned(target learn.Target) string {
	if target.Task == predict.TaskRegression {
		return "a number"
	}
	return "the classes " + some(target.Classes)
}

// mostlyNumbers tells a column that is text because of a few of its values.
const mostlyNumbers = 0.8

// mixed finds out whether a column of text seems to be meant as numbers, and
// which value prevents it. The row counts the rows in use, from 0.
func mixed(c *frame.Column) (text string, row int, found bool) {
	if c.Kind != frame.Category || c.Len() == 0 {
		return "", 0, false
	}
	number := make([]bool, len(c.Levels))
	for i, level := range c.Levels {
		_, number[i] = frame.ParseNumber(level)
	}
	numbers, present, row := 0, 0, -1
	for i := range c.Len() {
		if c.Missing(i) {
			continue
		}
		present++
		switch code := c.Codes[i]; {
		case number[code]:
			numbers++
		case row < 0:
			row, text = i, c.Levels[code]
		}
	}
	return text, row, row >= 0 && present > 2 && float64(numbers) >= mostlyNumbers*float64(present)
}

// mixture is the sentence about a column that mixes numbers and text.
func (t *table) mixture(c *frame.Column) string {
	text, row, found := mixed(c)
	if !found {
		return ""
	}
	return fmt.Sprintf("the column %q is text because of values such as %q in row %d, while most of its values are numbers: correct them, or list %q under data.missing", c.Name, text, t.rows[row]+1, text)
}

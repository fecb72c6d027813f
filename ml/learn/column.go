package learn

import (
	"math"
	"slices"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/predict"
)

// Largest bounds the numbers that are learned from, and so the answers: squares
// and sums of such numbers are finite. Package predict bounds the numbers that
// it is asked with alike.
const Largest = 1e100

// CheckFeatures tells the first column that no learner takes. Learners find that
// themselves where a column matters; those that fit others to some of the rows
// ask here when one of them fails, for the row's place in the table that the
// caller knows.
func CheckFeatures(features *frame.Frame) error {
	for _, c := range features.Columns() {
		if err := CheckColumn(c); err != nil {
			return err
		}
	}
	return nil
}

// CheckColumn tells why a column cannot be learned from: a number that is
// infinite or too large, or a name or a level that a Spec cannot hold.
func CheckColumn(c *frame.Column) error {
	if flaw := predict.TextFlaw(c.Name); flaw != "" {
		return fault.Errorf(fault.Invalid, "the name of the column %.60q %s: name it otherwise", c.Name, flaw)
	}
	if c.Kind == frame.Category {
		return checkLevels(c)
	}
	for i, v := range c.Numbers().All() {
		switch {
		case math.IsInf(v, 0):
			return fault.Errorf(fault.Invalid, "column %q is infinite in row %d: correct it, or leave it empty to have it imputed", c.Name, i+1)
		case math.Abs(v) > Largest:
			return fault.Errorf(fault.Invalid, "column %q is %g in row %d, and numbers beyond %g cannot be learned from: correct it, leave it empty, or give the column in another unit", c.Name, v, i+1, Largest)
		}
	}
	return nil
}

// checkLevels looks at levels that some row has: others do not reach the Spec.
func checkLevels(c *frame.Column) error {
	for k, level := range c.Levels {
		flaw := predict.TextFlaw(c.Name + "=" + level) // the longest name made of it
		if level == "" {
			flaw = "is empty, which means missing"
		}
		if flaw == "" {
			continue
		}
		if row := slices.Index(c.Codes, int32(k)); row >= 0 { //nolint:gosec // a place among levels
			return fault.Errorf(fault.Invalid, "column %q has in row %d the level %.60q, which %s: change the text, or leave the column out", c.Name, row+1, level, flaw)
		}
	}
	return nil
}

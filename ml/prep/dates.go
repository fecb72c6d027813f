package prep

import (
	"math"
	"slices"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/predict"
	"dasier/ml/stage"
)

// Part is a part of a date and time, all in UTC and of the Gregorian calendar.
type Part uint8

// The parts. A cycle is two features, sine and cosine of the part's place in it,
// so that its end is near its beginning.
const (
	Days         Part = iota // days since Column.Since, as a fraction
	Year                     // 2026
	Month                    // 1 to 12
	Day                      // of the month, 1 to 31
	Weekday                  // 1, Monday, to 7
	Yearday                  // 1 to 366
	Hour                     // 0 to 23
	MonthCycle               // of 12 months
	WeekdayCycle             // of 7 days
	YeardayCycle             // of 365.25 days
	HourCycle                // of 24 hours
)

var partNames = [...]string{
	"days", "year", "month", "day", "weekday", "day-of-year", "hour",
	"month-cycle", "weekday-cycle", "day-of-year-cycle", "hour-cycle",
}

// String is the part's name in recipes and errors.
func (p Part) String() string { return partNames[p] }

// ParsePart reads a part's name.
func ParsePart(name string) (Part, error) {
	k, err := parse(partNames[:], name, "part", " of a date")
	return Part(k), err
}

// partSteps are how a part is computed from a time.
var partSteps = [...][]stage.Step{
	Year: {{Op: "year"}}, Month: {{Op: "month"}}, Day: {{Op: "day"}}, Weekday: {{Op: "weekday"}},
	Yearday: {{Op: "yearday"}}, Hour: {{Op: "hour"}},
	MonthCycle:   {{Op: "month"}, {Op: "mul", A: 2 * math.Pi / 12}},
	WeekdayCycle: {{Op: "weekday"}, {Op: "mul", A: 2 * math.Pi / 7}},
	YeardayCycle: {{Op: "yearday"}, {Op: "mul", A: 2 * math.Pi / 365.25}},
	HourCycle:    {{Op: "hour"}, {Op: "mul", A: 2 * math.Pi / 24}},
}

// parts makes features of a time. Of a dense one a missing part is the median of
// the parts, and all are scaled.
func (t *fitting) parts(c *frame.Column, want Column, native bool) (made, error) {
	input, look, err := t.numberInput(c)
	if err != nil {
		return made{}, err
	}
	present := presentOf(c)
	for k, part := range want.Parts {
		if slices.Contains(want.Parts[:k], part) {
			return made{}, fault.Errorf(fault.Invalid, "the parts of column %q have %s twice", c.Name, part)
		}
	}
	m := made{input: input, reference: -1}
	chosen := want.Parts
	if chosen == nil {
		chosen = usualParts(&input, present, native)
	}
	for _, part := range chosen {
		for _, feature := range partFeatures(c.Name, part, want.Since) {
			if !native {
				feature = dense(feature, c, present, part)
			}
			m.features = append(m.features, feature)
		}
	}
	if !native && want.Missing == MissingIndicator && look.missing > 0 {
		m.features = append(m.features, missingFeature(c))
	}
	return m, nil
}

func partFeatures(name string, part Part, since float64) []predict.Feature {
	of := func(name string, more ...stage.Step) predict.Feature {
		steps := append([]stage.Step{}, partSteps[part]...)
		return predict.Feature{Name: name, Op: opSteps, Steps: append(steps, more...), Scale: 1}
	}
	switch part {
	case Days:
		var steps []stage.Step
		if since != 0 {
			steps = append(steps, stage.Step{Op: "sub", A: since})
		}
		return []predict.Feature{of(name, append(steps, stage.Step{Op: "div", A: 86400})...)}
	case MonthCycle, WeekdayCycle, YeardayCycle, HourCycle:
		return []predict.Feature{
			of(name+" "+part.String()+" sine", stage.Step{Op: "sin"}),
			of(name+" "+part.String()+" cosine", stage.Step{Op: "cos"}),
		}
	}
	return []predict.Feature{of(name + " " + part.String())}
}

// dense puts a value where a part is missing, and centres and scales it.
func dense(feature predict.Feature, c *frame.Column, present order, part Part) predict.Feature {
	if part == Days { // one term of a sum, where nothing else is in the way
		days := feature.Steps
		feature = predict.Feature{Name: feature.Name, Op: opValue, Impute: present.quantile(0.5), Scale: 1}
		if center(&feature, c.Numbers(), moments); len(days) > 0 {
			return feature
		}
	}
	values := make(order, len(present))
	compile(&feature)(present, values, 1)
	feature.Steps = append(feature.Steps, stage.Step{Op: "impute", A: values.quantile(0.5)})
	center(&feature, c.Numbers(), moments)
	return feature
}

// usualParts are the parts that the training rows tell apart: the month when they
// span a year, the weekday when they span a fortnight, the hour when there is one.
func usualParts(input *predict.Input, present order, native bool) []Part {
	month, weekday, hour := MonthCycle, WeekdayCycle, HourCycle
	if native {
		month, weekday, hour = Month, Weekday, Hour
	}
	chosen := []Part{Days}
	const day = 86400
	for _, usual := range []struct {
		part Part
		step string
		span float64
	}{{month, "month", 365 * day}, {weekday, "weekday", 14 * day}, {hour, "hour", 0}} {
		if input.Max-input.Min >= usual.span && varies(present, usual.step) {
			chosen = append(chosen, usual.part)
		}
	}
	return chosen
}

func varies(present order, op string) bool {
	step := (stage.Step{Op: op}).Compile()
	first := step.Of(present[0])
	for _, v := range present {
		if step.Of(v) != first {
			return true
		}
	}
	return false
}

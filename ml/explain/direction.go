package explain

import (
	"fmt"
	"math"
	"time"

	"dasier/ml/frame"
	"dasier/ml/predict"
)

// Direction is which way the answer goes as an input grows.
type Direction string

// The directions.
const (
	Rises    Direction = "rises"
	Falls    Direction = "falls"
	Peaks    Direction = "rises, then falls"
	Dips     Direction = "falls, then rises"
	Wavers   Direction = "goes up and down"
	Differs  Direction = "differs by level" // of categories
	Constant Direction = "does not change"
)

// one-sided is the share of ups in all ups and downs from which an answer counts
// as rising: the rest is the noise of bins.
const oneSided = 0.9

// course is the ups and downs of a shape.
type course struct {
	bins     []Bin
	up, down float64
}

func newCourse(bins []Bin) course {
	c := course{bins: bins}
	for b := 1; b < len(bins); b++ {
		step := bins[b].Mean - bins[b-1].Mean
		c.up, c.down = c.up+max(step, 0), c.down+max(-step, 0)
	}
	return c
}

// rising is the share of ups.
func (c course) rising() float64 {
	if c.up+c.down == 0 {
		return 0.5
	}
	return c.up / (c.up + c.down)
}

// words says in which direction the input moves the answer.
func (s *survey) words(i int, e *Effect) {
	in := &s.program.Inputs()[i]
	if len(e.Shape) < 2 {
		return
	}
	subject := s.subject(e)
	if !ordered(in.Kind) {
		first, last := e.Shape[0], e.Shape[len(e.Shape)-1]
		e.Direction = Differs
		e.Sentence = fmt.Sprintf("%s is highest where %s is %q%s and lowest where it is %q%s", subject, in.Name, first.Level, s.aside(first.Mean), last.Level, s.aside(last.Mean))
		return
	}
	c := newCourse(e.Shape)
	rising := c.rising()
	e.Rising = &rising
	if in.Kind == frame.Bool {
		e.Direction = map[bool]Direction{true: Rises, false: Falls}[rising > 0.5]
		which := map[bool]string{true: "higher", false: "lower"}[rising > 0.5]
		e.Sentence = fmt.Sprintf("%s is %s where %s is true%s than where it is false%s", subject, which, in.Name, s.aside(e.Shape[1].Mean), s.aside(e.Shape[0].Mean))
		return
	}
	e.Direction, e.Sentence = c.direction(in, subject)
	if e.Direction == Rises || e.Direction == Falls {
		first, last := e.Shape[0], e.Shape[len(e.Shape)-1]
		if from := s.amount(first.Mean); from != "" {
			e.Sentence += fmt.Sprintf(": %s at the lowest values, %s at the highest", from, s.amount(last.Mean))
		}
	}
}

// direction finds the words for ordered values.
func (c course) direction(in *predict.Input, subject string) (Direction, string) {
	name := in.Name
	switch rising := c.rising(); {
	case c.up+c.down == 0:
		return Constant, fmt.Sprintf("%s does not change with %s", subject, name)
	case rising >= oneSided:
		return Rises, subject + c.slope(in, "rises", "levels off", 1)
	case rising <= 1-oneSided:
		return Falls, subject + c.slope(in, "falls", "levels off", -1)
	}
	for _, way := range []struct {
		sign      float64
		direction Direction
		words     string
	}{{1, Peaks, "%s rises with %s up to about %s, then falls"}, {-1, Dips, "%s falls with %s down to about %s, then rises"}} {
		if turn, ok := c.turn(way.sign); ok {
			return way.direction, fmt.Sprintf(way.words, subject, name, value(in, (c.bins[turn].From+c.bins[turn].To)/2))
		}
	}
	return Wavers, fmt.Sprintf("%s goes up and down with %s", subject, name)
}

// slope adds where a rise or fall begins or ends, when that is well inside the
// rows.
func (c course) slope(in *predict.Input, verb, rest string, sign float64) string {
	total, passed, rows, all := 0.0, 0.0, 0, 0
	for b, bin := range c.bins {
		all += bin.Rows
		if b > 0 {
			total += max(sign*(bin.Mean-c.bins[b-1].Mean), 0)
		}
	}
	const little, inside = 0.05, 0.3
	for b, bin := range c.bins {
		rows += bin.Rows
		if b > 0 {
			passed += max(sign*(bin.Mean-c.bins[b-1].Mean), 0)
		}
		if share := float64(rows) / float64(all); passed >= (1-little)*total && share <= 1-inside {
			return fmt.Sprintf(" %s with %s up to about %s and then %s", verb, in.Name, value(in, bin.To), rest)
		}
	}
	passed, rows = 0, 0
	for b := len(c.bins) - 1; b > 0; b-- {
		rows += c.bins[b].Rows
		passed += max(sign*(c.bins[b].Mean-c.bins[b-1].Mean), 0)
		if share := float64(rows) / float64(all); passed >= (1-little)*total && share <= 1-inside {
			return fmt.Sprintf(" changes little with %s below about %s and then %s", in.Name, value(in, c.bins[b].From), verb)
		}
	}
	return fmt.Sprintf(" %s with %s", verb, in.Name)
}

// turn finds the bin where a rise (of the falling sign: a fall) ends and the
// contrary begins, both one-sided and neither negligible.
func (c course) turn(sign float64) (int, bool) {
	best := 0
	for b := range c.bins {
		if sign*c.bins[b].Mean > sign*c.bins[best].Mean {
			best = b
		}
	}
	before, after := newCourse(c.bins[:best+1]), newCourse(c.bins[best:])
	if sign < 0 {
		before.up, before.down, after.up, after.down = before.down, before.up, after.down, after.up
	}
	climb, descent := before.up-before.down, after.down-after.up
	steady := before.up >= oneSided*(before.up+before.down) && after.down >= oneSided*(after.up+after.down)
	return best, steady && min(climb, descent) >= 0.2*max(climb, descent) && min(climb, descent) > 0
}

// subject is what the effects move.
func (s *survey) subject(e *Effect) string {
	spec := s.program.Spec()
	switch {
	case e.Class != "":
		return fmt.Sprintf("the chance of %q", e.Class)
	case s.program.Positive() >= 0:
		return fmt.Sprintf("the chance of %q", s.program.Classes()[s.program.Positive()])
	}
	return spec.Target.Name
}

// amount is an effect in words, where a person can read it: in the target's
// unit, or as a percentage.
func (s *survey) amount(effect float64) string {
	switch ScaleOf(s.program) {
	case Additive:
		if s.program.Classifies() {
			return ""
		}
		unit := s.program.Spec().Target.Unit
		if unit != "" {
			unit = " " + unit
		}
		if math.Abs(effect) >= 1000 {
			return group(effect) + unit
		}
		return fmt.Sprintf("%+.3g%s", effect, unit)
	case Log:
		return fmt.Sprintf("%+.0f %%", 100*(Factor(effect)-1))
	}
	return ""
}

// aside is an amount in brackets, if there is one.
func (s *survey) aside(effect float64) string {
	if text := s.amount(effect); text != "" {
		return " (" + text + ")"
	}
	return ""
}

// group writes -12345.6 as -12,346, and a sign before what is above 0 as well.
func group(v float64) string {
	digits := fmt.Sprintf("%+.0f", v)
	for at := len(digits) - 3; at > 1; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// value is an input's value in words.
func value(in *predict.Input, v float64) string {
	if in.Kind == frame.Time {
		return time.Unix(int64(v), 0).UTC().Format(time.DateOnly)
	}
	text := fmt.Sprintf("%.3g", v)
	if math.Abs(v) >= 1000 {
		text = fmt.Sprintf("%.0f", v)
	}
	if in.Unit != "" {
		text += " " + in.Unit
	}
	return text
}

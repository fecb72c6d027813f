package adopt

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"

	"dasier/fault"
	"dasier/ml/conformal"
	"dasier/ml/format/foreign"
	"dasier/ml/format/mlflow"
	"dasier/ml/frame"
	"dasier/ml/predict"
)

// measuredShare is how many of the unseen rows, one in so many, calibrate nothing
// and measure instead how often the promise held.
const measuredShare = 3

// promise gives a model an interval, or sets of classes, by split conformal
// prediction (package conformal) on rows that it was not trained on, and says what
// came out; "" when there are no such rows.
func promise(p *mlflow.Package, r Request) (string, error) {
	if r.Unseen == nil {
		return "", nil
	}
	level := r.Level
	if level == 0 {
		level = 0.9
	}
	if !(level > 0 && level < 1) {
		return "", fault.Errorf(fault.Invalid, "the level of an interval is between 0 and 1, like 0.9: it is %v", level).At("level")
	}
	switch spec := &p.Spec; {
	case spec.Task == predict.TaskVector:
		return "", fault.Errorf(fault.Invalid, "the model answers several numbers at once, and only one has an interval: leave the unseen rows out").At("unseen")
	case len(spec.Classes) > 0 && spec.Link == predict.Decision:
		return "", fault.Errorf(fault.Invalid, "the model gives no probabilities, and sets of classes need them: calibrate it (CalibratedClassifierCV), or leave the unseen rows out").At("unseen")
	}
	if seen := repeated(r.Unseen, r.Data); seen > 0.5 {
		return "", fault.Errorf(fault.Invalid, "%.0f %% of the rows of %s stand in %s too: a model errs less on rows that it was trained on, and the interval would be too narrow. Give rows that it has not seen", 100*seen, r.UnseenName, r.DataName).At("unseen")
	}
	kinds := foreign.Kinds(p.Spec.Inputs)
	kinds[r.Target] = frame.Number
	if len(p.Spec.Classes) > 0 {
		kinds[r.Target] = frame.Category
	}
	rows, err := tableOf(p, r, r.Unseen, r.UnseenName, kinds)
	if err != nil {
		return "", err
	}
	truth, ok := rows.Column(r.Target)
	if !ok {
		return "", fault.Errorf(fault.Invalid, "%s has no column %q, which is said to be the target: an interval rests on the truth", r.UnseenName, r.Target).At("unseen")
	}
	program, err := predict.Compile(p.Spec)
	if err != nil {
		return "", err
	}
	a := &answers{classes: p.Spec.Classes}
	if err := a.collect(program, rows, truth); err != nil {
		return "", err
	}
	n := len(a.y)
	measured := n / measuredShare
	if n-measured < conformal.Needed(level) || measured == 0 {
		return "", fault.Errorf(fault.Limited, "%s has %d rows with a target that the model answers, and a promise of %.0f %% needs at least %d", r.UnseenName, n, 100*level, conformal.Needed(level)*measuredShare/(measuredShare-1)+1).At("unseen")
	}
	if len(p.Spec.Classes) > 0 {
		return a.sets(&p.Spec, level)
	}
	return a.interval(&p.Spec, level)
}

// answers are what a model says of rows whose truth is known, on the scale of its
// score.
type answers struct {
	classes []string
	y       []float64 // the number, or the place of the class
	said    []float64 // the number, or the probabilities of all classes side by side
}

// collect asks the model about every row that has a target. Rows that it has no
// answer to are left out, as a client gets none either.
func (a *answers) collect(program *predict.Program, rows *frame.Frame, truth *frame.Column) error {
	places, err := a.places(truth)
	if err != nil {
		return err
	}
	spec, n := program.Spec(), -1
	return program.EachRow(rows, func(row *predict.Row) {
		n++
		if truth.Missing(n) {
			return
		}
		if a.classes == nil {
			y := spec.Target.Score(truth.Value(n))
			if score := program.Score(row); !math.IsNaN(score) && !math.IsNaN(y) && !math.IsInf(y, 0) {
				a.y, a.said = append(a.y, y), append(a.said, score)
			}
			return
		}
		if o := program.Outcome(row); !slices.ContainsFunc(o.Probabilities, math.IsNaN) {
			a.y, a.said = append(a.y, float64(places[truth.Codes[n]])), append(a.said, o.Probabilities...)
		}
	})
}

// places finds the model's classes among the levels of the true ones: as texts,
// or as the same number.
func (a *answers) places(truth *frame.Column) ([]int, error) {
	if a.classes == nil {
		return nil, nil
	}
	places := make([]int, len(truth.Levels))
	for k, level := range truth.Levels {
		places[k] = slices.IndexFunc(a.classes, func(class string) bool { return class == level || sameNumber(class, level) })
		if places[k] < 0 {
			return nil, fault.Errorf(fault.Invalid, "the column %q has the class %q, and the model chooses from %q", truth.Name, level, a.classes).At("unseen")
		}
	}
	return places, nil
}

func sameNumber(a, b string) bool {
	x, err := strconv.ParseFloat(a, 64)
	y, other := strconv.ParseFloat(b, 64)
	return err == nil && other == nil && x == y
}

// split parts the rows: every third measures, the others calibrate.
func (a *answers) split() (calibrate, measure *answers) {
	calibrate, measure = &answers{classes: a.classes}, &answers{classes: a.classes}
	width := max(len(a.classes), 1)
	for n, y := range a.y {
		to := calibrate
		if n%measuredShare == measuredShare-1 {
			to = measure
		}
		to.y, to.said = append(to.y, y), append(to.said, a.said[n*width:(n+1)*width]...)
	}
	return calibrate, measure
}

func (a *answers) interval(spec *predict.Spec, level float64) (string, error) {
	calibrate, measure := a.split()
	c, err := conformal.New(calibrate.y, calibrate.said)
	if err != nil {
		return "", err
	}
	coverage, err := c.Cover(measure.y, measure.said, level)
	if err != nil {
		return "", err
	}
	spec.Interval = &predict.Interval{Level: level, Residuals: c.Residuals(), Coverage: coverage.Share, CoveredOf: coverage.Of}
	return said("intervals", level, coverage), nil
}

func (a *answers) sets(spec *predict.Spec, level float64) (string, error) {
	calibrate, measure := a.split()
	with, _, err := conformal.Classes(*spec, calibrate.said, calibrate.y, level, false)
	if err != nil {
		return "", err
	}
	program, err := predict.Compile(with)
	if err != nil {
		return "", err
	}
	coverage, _, err := conformal.CoverClasses(program, measure.said, measure.y, level)
	if err != nil {
		return "", err
	}
	with.Set.Coverage, with.Set.CoveredOf = coverage.Share, coverage.Of
	*spec = with
	return said("sets of classes", level, coverage), nil
}

func said(what string, level float64, c conformal.Coverage) string {
	return fmt.Sprintf("its %.0f %% %s held for %.1f %% of %d rows that it was not trained on", 100*level, what, 100*c.Share, c.Of)
}

// repeated is the share of a table's lines that stand in another as well.
func repeated(text, other []byte) float64 {
	known := map[string]bool{}
	for line := range bytes.Lines(other) {
		known[string(bytes.TrimSpace(line))] = true
	}
	n, found := 0, 0
	for line := range bytes.Lines(text) {
		if n++; n > 1 && known[string(bytes.TrimSpace(line))] { // but the names
			found++
		}
	}
	if n < 2 {
		return 0
	}
	return float64(found) / float64(n-1)
}

package train

import (
	"context"
	"math/rand/v2"
	"slices"

	"dasier/fault"
	"dasier/ml/explain"
	"dasier/ml/frame"
	"dasier/ml/inspect"
	"dasier/ml/learn"
	"dasier/ml/metric"
	"dasier/ml/predict"
)

// Evidence is what pages draw of a model, beside its figures. Everything in it is
// bounded, whatever the rows. It is of the held-out rows, but for the learning
// curve. What these rows do not allow is absent.
type Evidence struct {
	Residuals   *inspect.ResidualReport     `json:"residuals,omitempty"`   // of a regression
	Calibration []inspect.CalibrationReport `json:"calibration,omitempty"` // of classes
	Confusion   *Confused                   `json:"confusion,omitempty"`
	Curves      []ClassCurve                `json:"roc,omitempty"`
	Precision   []ClassCurve                `json:"precision_recall,omitempty"`
	Choices     []metric.Choice             `json:"thresholds,omitempty"` // of the positive class of two
	Effects     *explain.Overview           `json:"effects,omitempty"`    // contributions to single rows' predictions
	Permutation *inspect.ImportanceReport   `json:"permutation,omitempty"`
	Dependence  *inspect.DependenceReport   `json:"dependence,omitempty"`
	Slices      *inspect.SliceReport        `json:"slices,omitempty"`
	Learning    *inspect.LearningReport     `json:"learning_curve,omitempty"`
}

// Confused is which class was told for rows of which class.
type Confused struct {
	metric.Confusion
	Figures []metric.ClassFigures `json:"figures"`
	More    int                   `json:"more,omitempty"` // classes that are not listed
}

// ClassCurve is a curve of a class against the rest: ROC, or precision over recall.
type ClassCurve struct {
	Class string `json:"class"`
	metric.Curve
}

// Shortcuts is what a quick run left out.
type Shortcuts struct {
	Skipped []string `json:"skipped"` // as sentences
}

// How much evidence is gathered at most.
const (
	curvedInputs   = 8          // with a dependence curve
	shapedInputs   = 10         // with the shape of their effects
	answeredTrees  = 30_000_000 // tests of a tree for what the model would miss, and for curves
	learningRows   = 20_000     // for the learning curve
	learningOften  = 3_000      // up to so many rows it is repeated
	confusedMost   = 12         // classes of a confusion
	curvesMost     = 6          // classes with a curve of their own
	curvePoints    = 60
	permutedInputs = 30
	shuffles       = 3 // of each input
)

// explain finds out what the model does and where it is weak.
func (u *run) explain(ctx context.Context, cfg Config) error {
	inputs := u.table.inputs.Take(u.parts.holdout)
	target := u.table.target.Take(u.parts.holdout)
	steps := []func() error{
		func() error { return u.describeErrors(target) },
		func() error { return u.weigh(ctx, inputs, target) },
		func() (err error) {
			u.evidence.Dependence, err = inspect.Dependence(ctx, u.program, inputs, inspect.DependenceConfig{
				Columns: u.strongest(curvedInputs), Points: 20, Lines: -1, Rows: u.affordable(curvedInputs*20, 300), Seed: u.recipe.Split.Seed,
			})
			return err
		},
		func() (err error) {
			u.evidence.Slices, err = inspect.Slices(ctx, inputs, target, u.holdout, inspect.SliceConfig{Seed: u.recipe.Split.Seed})
			return err
		},
		func() error { return u.learning(ctx) },
	}
	for i, step := range steps {
		cfg.Watch(Event{Stage: StageExplain, Done: i, Total: len(steps)})
		// Rows that are too few for one kind of evidence are no failure of the run.
		if err := step(); err != nil && fault.KindOf(err) != fault.Invalid && fault.KindOf(err) != fault.Limited {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// describeErrors looks at the errors of a regression, and at the probabilities of
// a classifier.
func (u *run) describeErrors(target learn.Target) error {
	if !u.classified() {
		var err error
		u.evidence.Residuals, err = inspect.Residuals(target.Y, u.holdout, inspect.ResidualConfig{
			Target: target.Name, Unit: u.recipe.Target.Unit, Seed: u.recipe.Split.Seed,
			Proportional: u.recipe.Target.Log || u.recipe.Target.Power != "",
		})
		return err
	}
	confusion, err := metric.Confuse(target.Y, u.holdout, u.measuring())
	if err != nil {
		return err
	}
	u.evidence.Confusion = confused(confusion)
	for k, class := range target.Classes {
		if target.Task == predict.TaskBinary && k != 1 || k >= curvesMost { // probabilities of two are the second's
			continue
		}
		if curve, err := metric.ROC(target.Y, u.holdout, k, u.measuring()); err == nil {
			curve.Points = thinned(curve.Points)
			u.evidence.Curves = append(u.evidence.Curves, ClassCurve{Class: class, Curve: *curve})
		}
		if curve, err := metric.PrecisionRecall(target.Y, u.holdout, k, u.measuring()); err == nil {
			curve.Points = thinned(curve.Points)
			u.evidence.Precision = append(u.evidence.Precision, ClassCurve{Class: class, Curve: *curve})
		}
	}
	if target.Task == predict.TaskBinary {
		var thresholds []float64
		for k := 1; k < 20; k++ {
			thresholds = append(thresholds, float64(k)/20)
		}
		// An error says that the rows are of one class: there is nothing to choose.
		u.evidence.Choices, _ = metric.Choices(target.Y, u.holdout, 1, thresholds, u.measuring())
	}
	calibration, err := inspect.Calibrate(target, u.holdout, inspect.CalibrationConfig{Seed: u.recipe.Split.Seed})
	if err == nil {
		u.evidence.Calibration = append(u.evidence.Calibration, *calibration)
	}
	return err
}

// confused keeps the most frequent classes.
func confused(c *metric.Confusion) *Confused {
	report := &Confused{Confusion: *c, Figures: c.PerClass(0.95)}
	if more := len(c.Classes) - confusedMost; more > 0 {
		report.More = more
		report.Classes, report.Figures = c.Classes[:confusedMost], report.Figures[:confusedMost]
		report.Counts = slices.Clone(c.Counts[:confusedMost])
		for i := range report.Counts {
			report.Counts[i] = report.Counts[i][:confusedMost]
		}
	}
	return report
}

func thinned(points []metric.Point) []metric.Point {
	if len(points) <= curvePoints {
		return points
	}
	few := make([]metric.Point, curvePoints)
	for i := range few {
		few[i] = points[i*(len(points)-1)/(curvePoints-1)]
	}
	return few
}

// weigh finds out which inputs matter: by their contributions where the model can
// be explained, and by what is lost without each.
func (u *run) weigh(ctx context.Context, inputs *frame.Frame, target learn.Target) error {
	seed := u.recipe.Split.Seed
	lost, err := inspect.Importance(ctx, u.program, inputs, target, inspect.ImportanceConfig{
		Rows: u.affordable(len(u.spec.Inputs)*shuffles, 1000), Repeats: shuffles, Metric: u.found.Metric, Seed: seed,
	})
	if err != nil {
		return err
	}
	share := map[string]float64{}
	total := 0.0
	for _, c := range lost.Columns {
		share[c.Columns[0]] = max(c.Rise, 0)
		total += max(c.Rise, 0)
	}
	lost.Columns = lost.Columns[:min(len(lost.Columns), permutedInputs)]
	u.evidence.Permutation = lost
	if u.program.Explained() {
		overview, err := explain.Survey(ctx, u.program, inputs, explain.Config{Detailed: shapedInputs, Seed: seed})
		if err != nil {
			return err
		}
		for i, e := range overview.Inputs {
			share[e.Input] = e.Mean
			overview.Inputs[i].Label = u.recipe.Features.Columns[e.Input].Label
		}
		total = 0
		for _, e := range overview.Inputs {
			total += e.Mean
		}
		overview.Inputs = overview.Inputs[:min(len(overview.Inputs), shapedInputs)]
		u.evidence.Effects = overview
		u.warnings = append(u.warnings, overview.Warnings...)
	}
	for _, in := range u.spec.Inputs {
		s := share[in.Name]
		if total > 0 {
			s /= total
		}
		u.importance = append(u.importance, Share{Input: in.Name, Label: in.Label, Share: s})
	}
	slices.SortStableFunc(u.importance, func(a, b Share) int {
		switch {
		case a.Share > b.Share:
			return -1
		case a.Share < b.Share:
			return 1
		}
		return 0
	})
	return nil
}

// affordable is how many rows may be answered so often: fewer of a model of many
// trees. It counts trees rather than seconds, because the same recipe must give
// the same report.
func (u *run) affordable(times, most int) int {
	trees := 1
	if t := u.program.Trees(); t != nil {
		trees = max(len(t.Roots), 1)
	}
	return min(max(answeredTrees/(max(times, 1)*trees), 100), most)
}

// strongest names the inputs that matter most.
func (u *run) strongest(most int) []string {
	var names []string
	for _, s := range u.importance[:min(most, len(u.importance))] {
		if s.Share > 0 {
			names = append(names, s.Input)
		}
	}
	return names
}

// learning fits the chosen candidate to growing shares of the training rows. How
// much work that is depends on rows and candidate alone, not on a clock: the same
// recipe must give the same report.
func (u *run) learning(ctx context.Context) error {
	winner := u.found.Winner()
	cfg := inspect.LearningConfig{Metric: u.found.Metric, Sizes: 4, Repeats: 1, Seed: u.recipe.Split.Seed}
	if u.quick != nil || u.recipe.Data.Time != "" || u.recipe.Data.Group != "" {
		return nil // shares by chance would mix past and future, or split groups
	}
	inputs, target := u.inputs, u.target
	if n := inputs.Rows(); n > learningRows {
		rows := rand.New(rand.NewPCG(cfg.Seed, 0x6c6561726e)).Perm(n)[:learningRows] //nolint:gosec // a reproducible draw is the point
		slices.Sort(rows)
		inputs, target = inputs.Take(rows), target.Take(rows)
	} else if n <= learningOften && algorithmNamed(winner.Name).quick {
		cfg.Repeats = 3
	}
	var err error
	u.evidence.Learning, err = inspect.Learning(ctx, u.found.Entries[winner.Family].Learner, inputs, target, cfg)
	return err
}

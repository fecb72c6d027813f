package inspect

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/metric"
)

// LearningConfig says how a learning curve is made. The zero value is sensible.
type LearningConfig struct {
	Sizes    int     // of training sets, each about twice the one before. Default: 5
	Smallest int     // rows of the smallest one. Default: 50, less where there are few
	Repeats  int     // divisions into training and test rows. Default: 3
	Test     float64 // share of the rows that test. Default: 0.25
	Metric   string  // default: the first usual one of the task
	Level    float64 // default: 0.95
	Seed     uint64
}

// LearningReport is how good a learner gets from how many rows.
type LearningReport struct {
	Metric  string          `json:"metric"`
	Title   string          `json:"title"`
	Level   float64         `json:"level"`
	Repeats int             `json:"repeats"`
	Points  []LearningPoint `json:"points"` // from the smallest
	// Last compares the largest with the size before it, on the same test rows.
	Last *metric.Comparison `json:"last,omitempty"`
	// Helps is true where the last doubling still helped, by a per cent at least.
	Helps     bool     `json:"helps"`
	Sentences []string `json:"sentences"`
}

// LearningPoint is the metric of fits on so many rows: on rows that they have not
// seen, with an interval over these, and on those that they have.
type LearningPoint struct {
	Rows  int     `json:"rows"`
	Test  float64 `json:"test"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Train float64 `json:"train"`
}

// maxTrainRows bounds the seen rows that are predicted for the training score.
const maxTrainRows = 5000

// Learning fits the learner on growing sets of rows, each within the next, and
// measures every fit on the same other rows: Perlich, Provost and Simonoff 2003,
// "Tree induction vs. logistic regression: a learning-curve analysis".
// The intervals draw test rows; they do not tell how much another training set of
// that size would change, but for what the repeats average out.
func Learning(ctx context.Context, learner learn.Learner, f *frame.Frame, target learn.Target, cfg LearningConfig) (*LearningReport, error) {
	cfg.Sizes, cfg.Smallest, cfg.Repeats = cmp.Or(cfg.Sizes, 5), cmp.Or(cfg.Smallest, 50), cmp.Or(cfg.Repeats, 3)
	cfg.Test, cfg.Level = cmp.Or(cfg.Test, 0.25), level(cfg.Level)
	if err := checkRows(f, target, 20); err != nil {
		return nil, err
	}
	if cfg.Sizes < 2 || cfg.Sizes > 20 || cfg.Repeats < 1 || cfg.Repeats > 50 || !(cfg.Test > 0 && cfg.Test < 1) {
		return nil, fault.Errorf(fault.Invalid, "a learning curve takes 2 to 20 sizes, 1 to 50 repeats and a share of test rows between 0 and 1, not %d, %d and %g", cfg.Sizes, cfg.Repeats, cfg.Test)
	}
	c := curve{learner: learner, features: f, target: target, cfg: cfg}
	var err error
	if c.measure, c.metric, err = measure(target, cfg.Metric, cfg.Level, cfg.Seed); err != nil {
		return nil, err
	}
	test := max(2, int(cfg.Test*float64(f.Rows())))
	c.sizes = sizes(f.Rows()-test, cfg)
	c.points = make([]pooled, len(c.sizes))
	random, done := source(cfg.Seed, "learning"), 0
	for range cfg.Repeats {
		order := stratified(target, random)
		for k, n := range c.sizes {
			if err := c.fit(ctx, order[test:test+n], order[:test], &c.points[k]); err != nil {
				return nil, err
			}
			done++
			learn.Progress(ctx, done, cfg.Repeats*len(c.sizes))
		}
	}
	return c.report()
}

// sizes are the geometric training sizes up to all rows.
func sizes(most int, cfg LearningConfig) []int {
	smallest := min(cfg.Smallest, max(most/4, 1))
	var list []int
	for k := range cfg.Sizes {
		n := float64(most) / math.Pow(2, float64(cfg.Sizes-1-k))
		if int(n) >= smallest {
			list = append(list, int(n))
		}
	}
	return list
}

// stratified is a random order of the rows in which every stretch has about the
// same share of each class.
func stratified(target learn.Target, random *rand.Rand) []int {
	order := random.Perm(len(target.Y))
	if target.Classes == nil {
		return order
	}
	total, passed := make([]float64, len(target.Classes)), make([]float64, len(target.Classes))
	for _, v := range target.Y {
		total[int(v)]++
	}
	key := make([]float64, len(order))
	for _, row := range order {
		k := int(target.Y[row])
		key[row] = (passed[k] + random.Float64()) / total[k]
		passed[k]++
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(key[a], key[b]) })
	return order
}

type curve struct {
	learner  learn.Learner
	features *frame.Frame
	target   learn.Target
	cfg      LearningConfig
	measure  metric.Config
	metric   metric.Metric
	sizes    []int
	points   []pooled
}

// pooled is what the repeats of one size have predicted for unseen rows.
type pooled struct {
	y, predictions, weights []float64
	rows                    []int
	train, fits             float64
	refused                 error
}

// fit adds one fit. A size at which the learner refuses the rows (too few of a
// class) gives no point.
func (c *curve) fit(ctx context.Context, train, test []int, into *pooled) error {
	if into.refused != nil {
		return ctx.Err()
	}
	// The inner progress of fits is of no interest: this curve tells its own.
	model, err := c.learner.Fit(learn.WithProgress(ctx, func(int, int) {}), c.features.Take(train), c.target.Take(train))
	if err != nil {
		if ctx.Err() == nil && fault.Is(err, fault.Invalid) {
			into.refused = err
			return nil
		}
		return err
	}
	program, err := model.Compile()
	if err != nil {
		return err
	}
	predictions, err := learn.Predictions(program, c.features.Take(test))
	if err != nil {
		return err
	}
	seen := train[:min(len(train), maxTrainRows)]
	own, err := learn.Predictions(program, c.features.Take(seen))
	if err != nil {
		return err
	}
	truth, of := c.target.Take(test), c.target.Take(seen)
	into.y, into.predictions, into.rows = append(into.y, truth.Y...), append(into.predictions, predictions...), append(into.rows, test...)
	into.weights = append(into.weights, truth.Weights...)
	score := c.metric.Weighted(of.Y, own, of.Weights)
	if math.IsNaN(score) || math.IsInf(score, 0) {
		return fault.Errorf(fault.Invalid, "%s is undefined on the %d rows that were learned from: choose another metric", c.metric.Title, len(seen))
	}
	into.train += score
	into.fits++
	return nil
}

func (c *curve) report() (*LearningReport, error) {
	r := &LearningReport{Metric: c.metric.Name, Title: c.metric.Title, Level: c.cfg.Level, Repeats: c.cfg.Repeats}
	var before *pooled
	var refused error
	for k, n := range c.sizes {
		p := &c.points[k]
		if p.refused != nil {
			refused = p.refused
			continue
		}
		cfg := c.measure
		cfg.Groups, cfg.Weights = p.rows, nil
		if c.target.Weights != nil {
			cfg.Weights = p.weights
		}
		m, err := metric.Measure(p.y, p.predictions, cfg)
		if err != nil {
			return nil, err
		}
		if len(m.Undefined) > 0 {
			return nil, fault.Errorf(fault.Invalid, "%s", m.Undefined[0].Reason)
		}
		e := m.Estimates[0]
		r.Points = append(r.Points, LearningPoint{Rows: n, Test: e.Value, Low: e.Low, High: e.High, Train: p.train / p.fits})
		if before != nil && k == len(c.sizes)-1 {
			compared, err := metric.Compare(p.y, before.predictions, p.predictions, cfg)
			if err != nil {
				return nil, err
			}
			if len(compared) > 0 {
				r.Last = &compared[0]
			}
		}
		before = p
	}
	if len(r.Points) == 0 && refused != nil {
		return nil, refused
	}
	r.words(c.metric)
	return r, nil
}

// words says whether more rows help.
func (r *LearningReport) words(m metric.Metric) {
	n := len(r.Points)
	if r.Last == nil || n < 2 {
		r.Sentences = []string{"the rows are too few to tell whether more would help"}
		return
	}
	step := fmt.Sprintf("from %s to %s rows", group(int64(r.Points[n-2].Rows)), group(int64(r.Points[n-1].Rows)))
	relative := r.Last.Gain / 100
	if r.Last.GainUnit != "%" { // of how far the present figure is from the best there is
		relative = r.Last.Gain / max(math.Abs(r.Last.Current), 1e-300)
	}
	switch {
	case r.Last.Verdict == metric.Better && relative >= 0.01:
		r.Helps = true
		r.Sentences = append(r.Sentences, fmt.Sprintf("more rows would still help: %s %s went from %s to %s", step, r.Title, figure(r.Last.Current), figure(r.Last.Candidate)))
	case r.Last.Verdict == metric.Better:
		r.Sentences = append(r.Sentences, fmt.Sprintf("more rows would help a little: %s %s improved by less than a per cent", step, r.Title))
	case r.Last.Verdict == metric.Worse:
		r.Sentences = append(r.Sentences, fmt.Sprintf("more rows did not help: %s %s got worse, from %s to %s", step, r.Title, figure(r.Last.Current), figure(r.Last.Candidate)))
	default:
		r.Sentences = append(r.Sentences, fmt.Sprintf("more rows of the same kind would hardly help: %s %s changed by less than can be measured; other columns may help more", step, r.Title))
	}
	if last := r.Points[n-1]; !m.Greater && last.Train >= 0 && last.Test > 1.5*last.Train && last.Test > 0 {
		r.Sentences = append(r.Sentences, fmt.Sprintf("the model knows the rows that it has seen much better than others (%s %s against %s): a simpler or more regularised model may do as well", r.Title, figure(last.Train), figure(last.Test)))
	}
}

package inspect

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"dasier/fault"
	"dasier/ml/learn"
	"dasier/ml/metric"
)

// CalibrationConfig says how probabilities are held against what happened.
type CalibrationConfig struct {
	// Class whose probability is looked at. Default, with 0: the second of two; of
	// more, the class that is predicted, whichever it is. A class k of more is k+1.
	Class int
	Bins  int     // of about equally many rows. Default: 10, fewer where rows are few
	Level float64 // default: 0.95
	Seed  uint64
}

// CalibrationReport says whether a probability of 0.7 comes true in 7 of 10 cases.
type CalibrationReport struct {
	Class string           `json:"class"` // whose probability; "the predicted class"
	Rows  int              `json:"rows"`
	Level float64          `json:"level"`
	Bins  []CalibrationBin `json:"bins"`
	// Error is the expected calibration error: the mean distance of probability and
	// frequency over bins (Naeini, Cooper and Hauskrecht 2015, "Obtaining well
	// calibrated probabilities using Bayesian binning"); Largest the
	// largest of a bin. By chance alone, were every probability true, Error would be
	// ByChance in the mean and below Usual in 95 of 100 samples (consistency
	// resampling: Bröcker and Smith 2007, "Increasing the reliability of
	// reliability diagrams").
	Error    Figure  `json:"error"`
	Largest  Figure  `json:"largest"`
	ByChance float64 `json:"by_chance"`
	Usual    float64 `json:"usual"`
	// Slope and Intercept are of the logistic regression of what happened on the
	// log-odds of the probabilities (Cox 1958, "Two further applications of a model
	// for binary regression"): 1 and 0 where they are true; a slope below 1 means
	// too extreme.
	Slope     Figure `json:"slope"`
	Intercept Figure `json:"intercept"`
	Brier     Brier  `json:"brier"`
	Sentence  string `json:"sentence"`
}

// Figure is a number with its interval.
type Figure struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// CalibrationBin is rows of about the same probability.
type CalibrationBin struct {
	From      float64 `json:"from"`
	To        float64 `json:"to"`
	Rows      int     `json:"rows"`
	Predicted float64 `json:"predicted"` // the mean probability
	Observed  float64 `json:"observed"`  // the frequency, with Wilson's interval
	Low       float64 `json:"low"`
	High      float64 `json:"high"`
}

// Brier is the Brier score and its parts over the bins: Score = Reliability -
// Resolution + Uncertainty + Within (Murphy 1973, "A new vector partition of the
// probability score"; Within is what bins leave, Stephenson, Coelho and Jolliffe
// 2008, "Two extra components in the Brier score decomposition").
type Brier struct {
	Score       float64 `json:"score"`
	Reliability float64 `json:"reliability"` // the less the better
	Resolution  float64 `json:"resolution"`  // the more the better
	Uncertainty float64 `json:"uncertainty"` // of the rows themselves
	Within      float64 `json:"within"`
}

// Calibrate holds a classifier's probabilities against what happened.
func Calibrate(target learn.Target, predictions []float64, cfg CalibrationConfig) (*CalibrationReport, error) {
	cfg.Level = level(cfg.Level)
	if target.Classes == nil {
		return nil, fault.Errorf(fault.Invalid, "only classifiers have probabilities to calibrate: of a regression look at the residuals")
	}
	if _, err := metric.Measure(target.Y, predictions, metric.Config{Task: target.Task, Metrics: []string{"accuracy"}}); err != nil {
		return nil, err
	}
	if len(target.Y) < 20 {
		return nil, fault.Errorf(fault.Invalid, "%d rows are too few to judge probabilities by: hold out at least 20", len(target.Y))
	}
	c, err := newCalibration(target, predictions, cfg)
	if err != nil {
		return nil, err
	}
	r := &CalibrationReport{Class: c.class, Rows: len(c.p), Level: cfg.Level}
	r.Bins, r.Brier = c.report(cfg.Level)
	c.errors(r, cfg)
	c.cox(r, cfg.Level)
	r.words()
	return r, nil
}

// calibration is rows sorted by probability, and cut into bins.
type calibration struct {
	class string
	p     []float64
	hit   []bool
	ends  []int // of the bins
}

func newCalibration(target learn.Target, predictions []float64, cfg CalibrationConfig) (*calibration, error) {
	c := &calibration{class: "the predicted class"}
	width, class := target.Scores(), cfg.Class-1
	switch {
	case cfg.Class < 0 || class >= len(target.Classes):
		return nil, fault.Errorf(fault.Invalid, "there is no class number %d: there are %d", cfg.Class, len(target.Classes))
	case class >= 0:
		c.class = target.Classes[class]
	case width == 1:
		class, c.class = 1, target.Classes[1]
	}
	order := make([]int, len(target.Y))
	p, hit := make([]float64, len(order)), make([]bool, len(order))
	for i, v := range target.Y {
		k, row := class, predictions[i*width:(i+1)*width]
		if k < 0 {
			k = 0
			for other, value := range row {
				if value > row[k] {
					k = other
				}
			}
		}
		switch {
		case width > 1:
			p[i] = row[k]
		case k == 1:
			p[i] = row[0]
		default:
			p[i] = 1 - row[0]
		}
		order[i], hit[i] = i, int(v) == k
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	for _, i := range order {
		c.p, c.hit = append(c.p, p[i]), append(c.hit, hit[i])
	}
	c.cut(min(cmp.Or(cfg.Bins, 10), 50, max(2, len(order)/10)))
	return c, nil
}

// cut makes bins of about equally many rows; equal probabilities stay together.
func (c *calibration) cut(bins int) {
	n := len(c.p)
	for k := 1; k <= bins; k++ {
		end := k * n / bins
		for end > 0 && end < n && c.p[end] == c.p[end-1] {
			end++
		}
		if len(c.ends) == 0 && end > 0 || len(c.ends) > 0 && end > c.ends[len(c.ends)-1] {
			c.ends = append(c.ends, end)
		}
	}
}

// each visits the bins.
func (c *calibration) each(visit func(bin, from, to int)) {
	from := 0
	for bin, to := range c.ends {
		visit(bin, from, to)
		from = to
	}
}

func (c *calibration) report(level float64) (bins []CalibrationBin, b Brier) {
	n, all := float64(len(c.p)), 0.0
	for i, p := range c.p {
		y := truth(c.hit[i])
		all += y / n
		b.Score += (p - y) * (p - y) / n
	}
	b.Uncertainty = all * (1 - all)
	c.each(func(_, from, to int) {
		bin := CalibrationBin{From: c.p[from], To: c.p[to-1], Rows: to - from}
		rows := float64(bin.Rows)
		for i := from; i < to; i++ {
			bin.Predicted += c.p[i] / rows
			bin.Observed += truth(c.hit[i]) / rows
		}
		bin.Low, bin.High = metric.Wilson(bin.Observed, rows, level)
		b.Reliability += rows / n * (bin.Predicted - bin.Observed) * (bin.Predicted - bin.Observed)
		b.Resolution += rows / n * (bin.Observed - all) * (bin.Observed - all)
		for i := from; i < to; i++ {
			moved := c.p[i] - bin.Predicted
			b.Within += (moved*moved - 2*moved*(truth(c.hit[i])-bin.Observed)) / n
		}
		bins = append(bins, bin)
	})
	return bins, b
}

func truth(hit bool) float64 {
	if hit {
		return 1
	}
	return 0
}

// draws of the calibration error.
const calibrationDraws = 500

// errors computes the calibration errors, with bootstrap intervals within bins and
// what chance alone would give. Rows of a bin are drawn as counts: of frequencies
// for the interval, of the probabilities themselves for chance.
func (c *calibration) errors(r *CalibrationReport, cfg CalibrationConfig) {
	expected, largest := c.distance(func(bin int) float64 { return r.Bins[bin].Observed })
	var errors, most, chance []float64
	random := source(cfg.Seed, "calibration")
	// A count is nearly normal with its variance; the rounding to whole rows that
	// this leaves out is far below what is told.
	count := func(mean, variance, rows float64) float64 {
		return min(max(mean+math.Sqrt(variance)*random.NormFloat64(), 0), rows) / rows
	}
	variance := make([]float64, len(r.Bins))
	c.each(func(bin, from, to int) {
		for _, p := range c.p[from:to] {
			variance[bin] += p * (1 - p)
		}
	})
	for range calibrationDraws {
		e, m := c.distance(func(bin int) float64 {
			b := r.Bins[bin]
			rows := float64(b.Rows)
			// Agresti and Coull's share keeps bins of 0 and 1 uncertain.
			share := (b.Observed*rows + 2) / (rows + 4)
			return count(b.Observed*rows, rows*share*(1-share), rows)
		})
		errors, most = append(errors, e), append(most, m)
		e, _ = c.distance(func(bin int) float64 {
			b := r.Bins[bin]
			return count(b.Predicted*float64(b.Rows), variance[bin], float64(b.Rows))
		})
		chance = append(chance, e)
	}
	slices.Sort(errors)
	slices.Sort(most)
	slices.Sort(chance)
	// Drawing anew adds noise that is already in the estimate, so that draws lie
	// above it: the basic interval turns them round (Davison and Hinkley 1997,
	// "Bootstrap methods and their application", section 5.2).
	r.Error, r.Largest = basic(expected, errors, cfg.Level), basic(largest, most, cfg.Level)
	for _, v := range chance {
		r.ByChance += v / calibrationDraws
	}
	r.Usual = chance[calibrationDraws*95/100]
}

func basic(value float64, sorted []float64, level float64) Figure {
	tail := (1 - level) / 2
	at := func(share float64) float64 {
		return sorted[min(max(int(share*float64(len(sorted))), 0), len(sorted)-1)]
	}
	return Figure{Value: value, Low: min(value, max(0, 2*value-at(1-tail))), High: max(value, min(1, 2*value-at(tail)))}
}

// distance is the mean and the largest distance of probability and frequency.
func (c *calibration) distance(observed func(bin int) float64) (mean, largest float64) {
	c.each(func(bin, from, to int) {
		sum := 0.0
		for _, p := range c.p[from:to] {
			sum += p
		}
		gap := math.Abs(sum/float64(to-from) - observed(bin))
		mean += gap * float64(to-from) / float64(len(c.p))
		largest = max(largest, gap)
	})
	return mean, largest
}

// words says what to make of it.
func (r *CalibrationReport) words() {
	verdict := fmt.Sprintf("the probabilities of %s miss by %.1f percentage points on average", r.Class, 100*r.Error.Value)
	switch {
	case r.Error.Value <= r.Usual:
		r.Sentence = verdict + fmt.Sprintf(", no more than chance gives on %s rows (up to %.1f): nothing speaks against them", group(int64(r.Rows)), 100*r.Usual)
	case r.Slope.High < 1:
		r.Sentence = verdict + ", more than chance gives: they are too extreme (overconfident); calibrate the model, or regularise it more"
	case r.Slope.Low > 1:
		r.Sentence = verdict + ", more than chance gives: they are too cautious; calibrate the model"
	case r.Intercept.Low > 0:
		r.Sentence = verdict + ", more than chance gives: they are too low on the whole; calibrate the model on rows as frequent as in use"
	case r.Intercept.High < 0:
		r.Sentence = verdict + ", more than chance gives: they are too high on the whole; calibrate the model on rows as frequent as in use"
	default:
		r.Sentence = verdict + ", more than chance gives: look at the bins"
	}
}

package metric

import "math"

// logLoss is the negative mean logarithm of the probability of the true class,
// bounded where that is 0, as scikit-learn's.
func logLoss() Metric {
	return defined(Metric{
		Name: "log_loss", Title: "log loss", About: "How surprised the probabilities are by the true classes; 0 is certain and right.",
		Tasks: []string{Binary, Multiclass}, scale: ratio, usual: true, needs: "classes and probabilities",
		basis: func(d *data) basis {
			const least = 2.220446049250313e-16
			return basis{name: "log_loss", k: 2, add: func(i int, w float64, sums []float64) {
				k, p, sum := d.class(i), math.NaN(), 1.0
				if k >= 0 {
					p, sum = d.probability(i, k), 0
					for c := range d.classes() {
						sum += min(max(d.probability(i, c), least), 1-least)
					}
				}
				sums[0] += w
				sums[1] -= w * math.Log(min(max(p, least), 1-least)/sum)
			}}
		},
		value: mean,
	})
}

func mean(_ *data, sums []float64) float64 { return sums[1] / sums[0] }

// brier is the score of Brier 1950, "Verification of forecasts expressed in terms
// of probability"; of two classes it is half of his, as is usual.
func brier() Metric {
	return defined(Metric{
		Name: "brier", Title: "Brier score", About: "The mean squared distance of the probabilities from what happened.",
		Tasks: []string{Binary, Multiclass}, scale: ratio, usual: true, needs: "classes and probabilities",
		basis: func(d *data) basis {
			return basis{name: "brier", k: 2, add: func(i int, w float64, sums []float64) {
				k, squares := d.class(i), 0.0
				for c := range d.classes() {
					e := d.probability(i, c)
					if c == k {
						e--
					}
					squares += e * e
				}
				if d.width == 1 {
					squares /= 2
				}
				if k < 0 {
					squares = math.NaN()
				}
				sums[0] += w
				sums[1] += w * squares
			}}
		},
		value: mean,
	})
}

func hit(d *data, i int) bool { return d.chosen(i) == d.class(i) }

// proportion is a share of some rows. Its needs name those.
func proportion(name, title, about string, tasks []string, usual bool, rows string, of, hits func(d *data, i int) bool) Metric {
	m := Metric{
		Name: name, Title: title, About: about, Greater: true, Tasks: tasks, scale: share, usual: usual, needs: rows,
		basis: func(d *data) basis {
			return basis{name: name, k: 4, add: func(i int, w float64, sums []float64) {
				if d.class(i) < 0 {
					sums[1] = math.NaN()
					return
				}
				sums[3] += w * d.y[i]
				if !of(d, i) {
					return
				}
				sums[0] += w
				sums[2] += w * w
				if hits(d, i) {
					sums[1] += w
				}
			}}
		},
	}
	m.value = func(_ *data, s []float64) float64 {
		if s[0] == 0 && s[3] > 0 && name == "precision" {
			return 0 // positive rows, and none was named so
		}
		return s[1] / s[0]
	}
	m.analytic = &analytic{method: "Wilson", interval: func(d *data, value, level float64) (float64, float64) {
		b := m.basis(d)
		sums := make([]float64, b.k)
		for i := range d.y {
			b.add(i, d.weight(i), sums)
		}
		return Wilson(value, effective(sums[0], sums[2]), level)
	}}
	return defined(m)
}

// Top counts a row as right when its class is among the k most probable ones; of
// equally probable ones the earlier class counts as more so.
func Top(k int) Metric {
	name := "top_" + digits(k)
	return proportion(name, "top "+digits(k), "The share of rows whose class is among the "+digits(k)+" most probable.", []string{Multiclass}, false, "rows",
		func(*data, int) bool { return true },
		func(d *data, i int) bool {
			at, above := d.class(i), 0
			own := d.probability(i, at)
			for c := range d.classes() {
				if p := d.probability(i, c); p > own || p == own && c < at {
					above++
				}
			}
			return above < k
		})
}

func digits(k int) string {
	if k >= 10 {
		return digits(k/10) + digits(k%10)
	}
	return string(rune('0' + k))
}

// ofCounts is a metric of the confusion matrix, of which the diagonal and the
// margins are enough: per class how many rows were found, predicted and true.
func ofCounts(name, title, about string, tasks []string, usual bool, scale scale, value func(c counts) float64) Metric {
	return defined(Metric{
		Name: name, Title: title, About: about, Greater: true, Tasks: tasks, scale: scale, usual: usual, needs: "rows of two classes at least",
		basis: func(d *data) basis {
			return basis{name: "counts", k: 3 * d.classes(), add: func(i int, w float64, sums []float64) {
				at, chosen := d.class(i), d.chosen(i)
				if at < 0 {
					sums[0] = math.NaN()
					return
				}
				sums[3*chosen+1] += w
				sums[3*at+2] += w
				if chosen == at {
					sums[3*at] += w
				}
			}}
		},
		value: func(_ *data, sums []float64) float64 { return value(sums) },
	})
}

// counts are three numbers per class: found, predicted, true.
type counts []float64

func (c counts) classes() int                                 { return len(c) / 3 }
func (c counts) of(k int) (found, predicted, present float64) { return c[3*k], c[3*k+1], c[3*k+2] }

// sums over classes: of rows, and of those found.
func (c counts) total() (rows, found float64) {
	for k := range c.classes() {
		f, _, present := c.of(k)
		rows, found = rows+present, found+f
	}
	return rows, found
}

// several tells whether rows of more than one class are there.
func (c counts) several() bool {
	classes := 0
	for k := range c.classes() {
		if _, _, present := c.of(k); present > 0 {
			classes++
		}
	}
	return classes > 1
}

func balancedAccuracy(c counts) float64 {
	sum, classes := 0.0, 0.0
	for k := range c.classes() {
		if found, _, present := c.of(k); present > 0 {
			sum, classes = sum+found/present, classes+1
		}
	}
	if classes < 2 {
		return math.NaN()
	}
	return sum / classes
}

func f1(c counts) float64 {
	found, predicted, present := c.of(1)
	if present == 0 {
		return math.NaN()
	}
	return f1Of(found, predicted, present)
}

// The figures of a class that rows have or that was predicted; 0 where that is
// one of the two only.
func f1Of(found, predicted, present float64) float64 { return 2 * found / (predicted + present) }

func precisionOf(found, predicted, _ float64) float64 {
	if predicted == 0 {
		return 0
	}
	return found / predicted
}

func recallOf(found, _, present float64) float64 {
	if present == 0 {
		return 0
	}
	return found / present
}

// macro averages over classes that rows have or that were predicted.
func macro(of func(found, predicted, present float64) float64) func(counts) float64 {
	return func(c counts) float64 {
		sum, classes := 0.0, 0.0
		for k := range c.classes() {
			if found, predicted, present := c.of(k); predicted+present > 0 {
				sum, classes = sum+of(found, predicted, present), classes+1
			}
		}
		if !c.several() {
			return math.NaN()
		}
		return sum / classes
	}
}

func byFrequency(of func(found, predicted, present float64) float64) func(counts) float64 {
	return func(c counts) float64 {
		sum, rows := 0.0, 0.0
		for k := range c.classes() {
			if found, predicted, present := c.of(k); present > 0 {
				sum, rows = sum+present*of(found, predicted, present), rows+present
			}
		}
		if !c.several() {
			return math.NaN()
		}
		return sum / rows
	}
}

// mcc is Gorodkin's 2004 correlation of two classifications, "Comparing two
// K-category assignments by a K-category correlation coefficient"; of two classes
// it is Matthews'. Predictions of one class alone have the correlation 0.
func mcc(c counts) float64 {
	rows, found := c.total()
	both, ofTrue, ofPredicted := found*rows, rows*rows, rows*rows
	for k := range c.classes() {
		_, predicted, present := c.of(k)
		both -= predicted * present
		ofTrue -= present * present
		ofPredicted -= predicted * predicted
	}
	if !c.several() {
		return math.NaN()
	}
	if ofPredicted <= 1e-12*rows*rows {
		return 0
	}
	return both / math.Sqrt(ofTrue*ofPredicted)
}

// kappa is Cohen's, 1960.
func kappa(c counts) float64 {
	rows, found := c.total()
	chance := 0.0
	for k := range c.classes() {
		_, predicted, present := c.of(k)
		chance += predicted / rows * present / rows
	}
	if !c.several() || chance >= 1 {
		return math.NaN()
	}
	return (found/rows - chance) / (1 - chance)
}

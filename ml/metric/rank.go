package metric

import "math"

// areaUnderROC is the probability that a row of the second class is ranked above
// one of the first, ties counting half (Hanley and McNeil 1982); of more classes
// the mean over each against the rest (Provost and Domingos 2000 weigh by
// frequency; this mean, as scikit-learn's "macro", does not).
//
// Its standard error is DeLong's, written as an influence per row, so that it
// serves weighted rows, means over classes and differences of two models alike:
// the variance is the sum of squares.
func areaUnderROC() Metric {
	return defined(Metric{
		Name: "auc", Title: "AUC", About: "The chance that a positive row is ranked above a negative one; 0.5 is guessing.", Greater: true,
		Tasks: []string{Binary, Multiclass}, needs: "rows of both classes", scale: points, usual: true,
		direct: func(d *data) float64 {
			value, _ := rocArea(d, nil)
			return value
		},
		analytic: &analytic{method: "DeLong", interval: func(d *data, value, level float64) (float64, float64) {
			influence := make([]float64, len(d.y))
			_, n := rocArea(d, influence)
			return logit(value, length(grouped(influence, d.groups)), n, level)
		}},
	})
}

// rocArea is the AUC, and where there is room for it each row's influence. n is
// how many rows the scarcest class has, or its complement.
func rocArea(d *data, influence []float64) (value, n float64) {
	var measured []int
	for k := range d.classes() {
		if d.width == 1 && k == 0 {
			continue
		}
		if least := d.scarcer(k); least > 0 {
			if n == 0 || least < n {
				n = least
			}
			measured = append(measured, k)
		}
	}
	if len(measured) == 0 {
		return math.NaN(), 0
	}
	share := 1 / float64(len(measured))
	for _, k := range measured {
		value += share * oneArea(d, k, share, influence)
	}
	return value, n
}

// scarcer is how many rows of class k there are, or of the others if these are
// fewer.
func (d *data) scarcer(k int) float64 {
	in, out := 0.0, 0.0
	for i := range d.y {
		at := d.class(i)
		switch {
		case at < 0:
			return 0
		case d.weight(i) == 0:
		case at == k:
			in++
		default:
			out++
		}
	}
	return min(in, out)
}

// oneArea is the AUC of class k against the rest. It adds share of each row's
// influence.
func oneArea(d *data, k int, share float64, influence []float64) float64 {
	order := d.order(k)
	weightIn, weightOut, rowsIn, rowsOut := 0.0, 0.0, 0.0, 0.0
	for i := range d.y {
		w := d.weight(i)
		switch {
		case w == 0:
		case d.class(i) == k:
			weightIn, rowsIn = weightIn+w, rowsIn+1
		default:
			weightOut, rowsOut = weightOut+w, rowsOut+1
		}
	}
	// From the highest score down: a row of k is above the rest not yet passed.
	area, passedIn, passedOut := 0.0, 0.0, 0.0
	placements := func(visit func(row int32, placement float64)) {
		passedIn, passedOut = 0, 0
		for from := 0; from < len(order); {
			to, in, out := from, 0.0, 0.0
			score := d.probability(int(order[from]), k)
			for ; to < len(order) && d.probability(int(order[to]), k) == score; to++ {
				if w := d.weight(int(order[to])); d.class(int(order[to])) == k {
					in += w
				} else {
					out += w
				}
			}
			for _, row := range order[from:to] {
				if d.class(int(row)) == k {
					visit(row, (weightOut-passedOut-out/2)/weightOut)
				} else {
					visit(row, (passedIn+in/2)/weightIn)
				}
			}
			passedIn, passedOut, from = passedIn+in, passedOut+out, to
		}
	}
	placements(func(row int32, placement float64) {
		if d.class(int(row)) == k {
			area += d.weight(int(row)) / weightIn * placement
		}
	})
	area = min(max(area, 0), 1)
	if influence != nil {
		// DeLong's variances are of samples: they divide by one less.
		ofIn, ofOut := math.Sqrt(rowsIn/(rowsIn-1))/weightIn, math.Sqrt(rowsOut/(rowsOut-1))/weightOut
		placements(func(row int32, placement float64) {
			of := ofOut
			if d.class(int(row)) == k {
				of = ofIn
			}
			if w := d.weight(int(row)); w > 0 {
				influence[row] += share * w * of * (placement - area)
			}
		})
	}
	return area
}

// grouped adds up what rows of a group do together.
func grouped(influence []float64, groups []int) []float64 {
	if groups == nil {
		return influence
	}
	place, sums := map[int]int{}, []float64{}
	for i, v := range influence {
		at, known := place[groups[i]]
		if !known {
			at = len(sums)
			place[groups[i]] = at
			sums = append(sums, 0)
		}
		sums[at] += v
	}
	return sums
}

func length(v []float64) float64 {
	squares := 0.0
	for _, x := range v {
		squares += x * x
	}
	return math.Sqrt(squares)
}

// averagePrecision is the mean precision over the positive rows, by falling
// score: the sum over thresholds of precision times the recall won there.
func averagePrecision() Metric {
	return defined(Metric{
		Name: "average_precision", Title: "average precision", About: "The precision found by going down the ranking, averaged over the positive rows.", Greater: true,
		Tasks: []string{Binary}, needs: "rows of the second class", scale: points,
		direct: precisionArea,
		analytic: &analytic{method: "Boyd", interval: func(d *data, value, level float64) (float64, float64) {
			sum, squares := 0.0, 0.0
			for i := range d.y {
				if w := d.weight(i); d.y[i] == 1 {
					sum, squares = sum+w, squares+w*w
				}
			}
			n := effective(sum, squares)
			return logit(value, math.Sqrt(value*(1-value)/n), n, level)
		}},
	})
}

func precisionArea(d *data) float64 {
	if d.width != 1 {
		return math.NaN()
	}
	order := d.order(1)
	positive := 0.0
	for i := range d.y {
		if d.class(i) < 0 {
			return math.NaN()
		}
		positive += d.weight(i) * d.y[i]
	}
	if positive == 0 {
		return math.NaN()
	}
	area, in, all := 0.0, 0.0, 0.0
	for from := 0; from < len(order); {
		score, won := d.p[order[from]], 0.0
		to := from
		for ; to < len(order) && d.p[order[to]] == score; to++ {
			w := d.weight(int(order[to]))
			all += w
			won += w * d.y[order[to]]
		}
		if in += won; won > 0 {
			area += won / positive * in / all
		}
		from = to
	}
	return area
}

package inspect

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"dasier/fault"
	"dasier/ml/learn"
)

// Costs is what the two kinds of error cost, in any unit.
type Costs struct {
	FalsePositive float64 `json:"false_positive"` // acting where it was not needed
	FalseNegative float64 `json:"false_negative"` // not acting where it was
}

// ThresholdReport is the probability above which the second class should be
// chosen.
type ThresholdReport struct {
	// Best is cheapest on these rows; Low and High bound what could as well be,
	// over resampled rows. Cost is per row, at Best, and at 0.5 for comparison.
	Best   float64 `json:"best"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	Cost   float64 `json:"cost"`
	AtHalf float64 `json:"at_half"`
	// InTheory is the best threshold of true probabilities (Elkan 2001, "The
	// foundations of cost-sensitive learning"): use it where the model
	// is calibrated, for it owes nothing to the luck of these rows.
	InTheory float64     `json:"in_theory"`
	Curve    []CostPoint `json:"curve"`
	Sentence string      `json:"sentence"`
}

// CostPoint is the cost per row at a threshold.
type CostPoint struct {
	Threshold float64 `json:"threshold"`
	Cost      float64 `json:"cost"`
	Recall    float64 `json:"recall"`
	Chosen    float64 `json:"chosen"` // share of the rows
}

// thresholds that are tried: every hundredth.
const thresholdSteps = 100

// ChooseThreshold finds the cheapest threshold of a binary choice.
func ChooseThreshold(target learn.Target, predictions []float64, costs Costs, seed uint64) (*ThresholdReport, error) {
	n := len(target.Y)
	positive := 0
	for _, v := range target.Y {
		positive += int(v)
	}
	switch {
	case len(target.Classes) != 2 || len(predictions) != n:
		return nil, fault.Errorf(fault.Invalid, "a threshold is for a choice between two classes, with a probability per row")
	case !(costs.FalsePositive > 0) || !(costs.FalseNegative > 0) || math.IsInf(costs.FalsePositive+costs.FalseNegative, 0):
		return nil, fault.Errorf(fault.Invalid, "the costs are %g and %g: both must be numbers above 0", costs.FalsePositive, costs.FalseNegative)
	case positive == 0 || positive == n:
		return nil, fault.Errorf(fault.Invalid, "all %d rows are of one class: hold out more rows, or split so that every class is on both sides (stratified)", n)
	}
	// Rows by step and class are all that costs depend on.
	var counts [2][thresholdSteps]float64
	for i, p := range predictions {
		step := min(max(int(math.Ceil(p*thresholdSteps-1e-9))-1, 0), thresholdSteps-1)
		counts[int(target.Y[i])][step]++
	}
	r := &ThresholdReport{InTheory: costs.FalsePositive / (costs.FalsePositive + costs.FalseNegative)}
	r.Curve = costCurve(counts, costs)
	r.Best, r.Cost = cheapest(r.Curve)
	r.AtHalf = r.Curve[thresholdSteps/2].Cost
	random, best := source(seed, "threshold"), make([]float64, 0, calibrationDraws)
	for range calibrationDraws {
		var drawn [2][thresholdSteps]float64
		if n > 5000 { // counts of cells are nearly Poisson's, and those normal
			for k := range drawn {
				for step, c := range counts[k] {
					drawn[k][step] = max(0, math.Round(c+math.Sqrt(c)*random.NormFloat64()))
				}
			}
		} else {
			for range n {
				row := random.IntN(n)
				drawn[int(target.Y[row])][min(max(int(math.Ceil(predictions[row]*thresholdSteps-1e-9))-1, 0), thresholdSteps-1)]++
			}
		}
		threshold, _ := cheapest(costCurve(drawn, costs))
		best = append(best, threshold)
	}
	slices.Sort(best)
	r.Low, r.High = min(r.Best, best[calibrationDraws/40]), max(r.Best, best[calibrationDraws-1-calibrationDraws/40])
	r.Sentence = fmt.Sprintf("choosing %q above %.2f costs least on these rows (%s per row; at 0.5 it is %s); anything from %.2f to %.2f may be best on others, and of true probabilities %.2f is",
		target.Classes[1], r.Best, figure(r.Cost), figure(r.AtHalf), r.Low, r.High, r.InTheory)
	return r, nil
}

// costCurve has the cost of every threshold 0, 0.01, …, 1.
func costCurve(counts [2][thresholdSteps]float64, costs Costs) []CostPoint {
	negatives, positives := 0.0, 0.0
	for step := range thresholdSteps {
		negatives, positives = negatives+counts[0][step], positives+counts[1][step]
	}
	all := max(negatives+positives, 1)
	points := make([]CostPoint, 0, thresholdSteps+1)
	missed, left := 0.0, 0.0 // positive and other rows that are not chosen
	for step := 0; step <= thresholdSteps; step++ {
		wrong := negatives - left
		points = append(points, CostPoint{
			Threshold: float64(step) / thresholdSteps,
			Cost:      (costs.FalsePositive*wrong + costs.FalseNegative*missed) / all,
			Recall:    (positives - missed) / max(positives, 1), Chosen: (all - missed - left) / all,
		})
		if step < thresholdSteps {
			missed, left = missed+counts[1][step], left+counts[0][step]
		}
	}
	return points
}

// cheapest is the middle of the thresholds of least cost.
func cheapest(points []CostPoint) (threshold, cost float64) {
	best := slices.MinFunc(points, func(a, b CostPoint) int { return cmp.Compare(a.Cost, b.Cost) })
	first, last := 1.0, 0.0
	for _, p := range points {
		if p.Cost == best.Cost {
			first, last = min(first, p.Threshold), max(last, p.Threshold)
		}
	}
	return (first + last) / 2, best.Cost
}

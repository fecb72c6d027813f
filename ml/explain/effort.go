package explain

import (
	"math"

	"dasier/ml/predict"
	"dasier/ml/stage"
)

// Affordable is how many rows are explained, of one score each, with so many
// multiplications: at least the fewest that say anything. Of a sum it is any number.
func Affordable(p *predict.Program, budget float64, fewest int) int {
	effort := effortOf(p)
	if effort == 0 {
		return math.MaxInt
	}
	return max(int(min(budget/effort, math.MaxInt32)), fewest)
}

// effortOf estimates what the effects on one score of a row cost, in multiplications.
func effortOf(p *predict.Program) float64 {
	effort := 0.0
	if f := p.Forest(); f != nil {
		_, nodes := f.Size()
		effort = float64(max(nodes, 1) * (p.TreeDepth()/2 + 1))
	}
	if p.Chained() {
		for k := range p.Spec().Stages {
			if of := p.StageTrees(k); of.Forest != nil {
				_, nodes := of.Forest.Size()
				effort += float64(nodes * (of.Depth/2 + 1))
			}
		}
	}
	if p.Explanation() != predict.Sampled {
		return effort
	}
	asked := 100.0 * float64(len(p.Spec().Features)) // what answering takes
	spec := p.Spec()
	for k := range spec.Stages {
		asked += 1000
		if do, ok := spec.Stages[k].Do.(*stage.Neighbours); ok {
			asked += float64(len(do.Points))
		}
	}
	return 2 * asked * float64(len(p.Inputs())*len(spec.Background.Rows))
}

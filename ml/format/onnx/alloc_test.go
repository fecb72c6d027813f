//go:build !race

package onnx

import (
	"testing"

	"dasier/ml/predict"
)

// The race detector makes pools forget at random, so that counting allocations
// under it says nothing.

// TestApplyAllocates: a steady state needs no memory but for texts.
func TestApplyAllocates(t *testing.T) {
	models, _ := conversions(t)
	for _, name := range []string{"forest_rfr", "zpipe_house_rf", "clf_gnb", "svr_rbf", "mlpr_relu"} {
		m, err := Read(models[name], Hint{})
		if err != nil {
			t.Fatal(err)
		}
		p, err := predict.Compile(m.Spec)
		if err != nil {
			t.Fatal(err)
		}
		row := p.NewRow()
		if n := testing.AllocsPerRun(100, func() { p.Outcome(row) }); n > 2 {
			t.Errorf("%s: %v allocations a row", name, n)
		}
	}
}

package graft_test

import (
	"math"
	"testing"

	"dasier/ml/forest"
	"dasier/ml/frame"
	"dasier/ml/graft"
	"dasier/ml/predict"
	"dasier/ml/predict/spectest"
)

// guest is trees on numbers and on a category that the house model has, too, with
// other levels, and on an input of its own.
func guest() predict.Spec {
	return predict.Spec{
		Version: 1, Task: predict.TaskRegression, Target: predict.Target{Name: "spread", Log: true},
		Inputs: []predict.Input{
			{Name: "Neighborhood", Kind: frame.Category, Levels: []string{"Abroad", "Gilbert"}, Unknown: "ignore"},
			{Name: "Age", Kind: frame.Number},
		},
		Features: []predict.Feature{
			{Name: "Neighborhood", Input: 0, Op: "table", Table: predict.Numbers{0, 1, -1, math.NaN()}, Scale: 1},
			{Name: "Age", Input: 1, Op: "steps", Scale: 1},
		},
		Trees: &forest.Trees{
			Roots: []int32{0}, Rule: forest.DoubleAtMost, Base: []float64{0.5},
			Feature: []int32{0, -1, 1, -1, -1}, Threshold: []float64{0, 0, 30, 0, 0}, Left: []int32{1, -1, 3, -1, -1}, Right: []int32{2, -1, 4, -1, -1},
			MissingLeft: []bool{true, false, false, false, false}, Value: []float64{0, 1, 0, 2, 3}, Cover: []float64{4, 1, 3, 1, 2},
			Set: []int32{0, -1, -1, -1, -1}, Sets: []forest.Set{{Bits: []uint32{2}}},
		},
	}
}

// houses is rows with levels that one model knows, or both, or neither.
func houses(t *testing.T, p *predict.Program) *frame.Frame {
	t.Helper()
	levels := []string{"Abroad", "Gilbert", "Nowhere", "Somerst"}
	columns := []*frame.Column{{Name: "Age", Kind: frame.Number, Values: []float64{10, 50, 30, math.NaN(), 20, 40}}}
	for _, in := range p.Inputs() {
		switch {
		case in.Name == "Neighborhood":
			columns = append(columns, &frame.Column{Name: in.Name, Kind: in.Kind, Levels: levels, Codes: []int32{0, 1, 2, 3, -1, 1}})
		case in.Kind != frame.Category:
			columns = append(columns, &frame.Column{Name: in.Name, Kind: in.Kind, Values: []float64{0, 1, math.NaN(), 1, 0, 1}})
		}
	}
	f, err := frame.New(columns...)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func scores(t *testing.T, p *predict.Program, f *frame.Frame) []float64 {
	t.Helper()
	all, err := p.ScoreFrame(f)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func compile(t *testing.T, spec predict.Spec) *predict.Program {
	t.Helper()
	p, err := predict.Compile(spec)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func beside(t *testing.T, model predict.Spec, others ...predict.Spec) (predict.Spec, [][]int32) {
	t.Helper()
	var list []*predict.Spec
	for i := range others {
		list = append(list, &others[i])
	}
	joined, cells, err := graft.Beside(&model, list...)
	if err != nil {
		t.Fatal(err)
	}
	return joined, cells
}

func TestJoinedModelsAnswerAsAlone(t *testing.T) {
	host := spectest.House(false)
	alone, other := compile(t, host), compile(t, guest())
	once, _ := beside(t, host, guest())
	joined, cells := beside(t, once, guest(), host) // a model of stages as the host
	f := houses(t, alone)
	want := scores(t, alone, f)
	for i, got := range scores(t, compile(t, joined), f) {
		if math.Abs(got-want[i]) > 1e-9*math.Abs(want[i]) {
			t.Errorf("row %d: the host says %v, and %v alone", i, got, want[i])
		}
	}
	of := func(cell int32) *predict.Program {
		spec := joined
		spec.Linear, spec.Takes, spec.Interval, spec.Answer = nil, nil, nil, &predict.Answer{Scores: []int32{cell}}
		return compile(t, spec)
	}
	for i, got := range scores(t, of(cells[1][0]), f) {
		if math.Abs(got-want[i]) > 1e-9*math.Abs(want[i]) {
			t.Errorf("row %d: the host as a guest says %v, and %v alone", i, got, want[i])
		}
	}
	answers, err := other.PredictFrame(f)
	if err != nil {
		t.Fatal(err)
	}
	for i, got := range scores(t, of(cells[0][0]), f) {
		if math.Abs(got-answers[i]) > 1e-12*answers[i] {
			t.Errorf("row %d: the guest says %v, and %v alone", i, got, answers[i])
		}
	}
	if host.Features[0].Input != 0 || len(host.Stages) != 0 || len(guest().Features[0].Table) != 4 {
		t.Error("joining changed a model")
	}
	kind := guest()
	kind.Inputs[0] = predict.Input{Name: "Neighborhood", Kind: frame.Number}
	kind.Features[0] = predict.Feature{Name: "Neighborhood", Op: "steps", Scale: 1}
	kind.Trees.Set, kind.Trees.Sets = nil, nil
	if _, _, err := graft.Beside(&host, &kind); err == nil {
		t.Error("one input of two kinds: no error")
	}
}

func TestIntervalsOfVaryingWidth(t *testing.T) {
	host := spectest.House(false)
	joined, cells := beside(t, host, guest())
	f := houses(t, compile(t, host))
	spreads, err := compile(t, guest()).PredictFrame(f)
	if err != nil {
		t.Fatal(err)
	}
	joined.Interval = &predict.Interval{Level: 0.5, Residuals: []float64{1, 2, 3}, Cells: cells[0], Least: 10}
	p := compile(t, joined)
	i := 0
	err = p.EachRow(f, func(row *predict.Row) {
		score := p.Score(row)
		low, high, ok := p.Interval(row, score, 0.5)
		if half := 2 * max(spreads[i], 10); !ok || math.Abs(high-score-half) > 1e-6 || math.Abs(score-low-half) > 1e-6 {
			t.Errorf("row %d: %v to %v around %v, want ±%v", i, low, high, score, half)
		}
		i++
	})
	if err != nil {
		t.Fatal(err)
	}
	joined.Interval = &predict.Interval{Level: 0.5, Residuals: []float64{-3, -2, 5}, Cells: []int32{cells[0][0], cells[0][0]}}
	p = compile(t, joined)
	row := p.NewRow()
	score := p.Score(row)
	if low, high, ok := p.Interval(row, score, 0.5); !ok || !(low <= score && score <= high) {
		t.Errorf("%v to %v does not hold the prediction %v", low, high, score)
	}
}

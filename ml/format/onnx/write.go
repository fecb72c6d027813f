package onnx

import (
	"fmt"
	"io"
	"math"

	"dasier/ml/frame"
	"dasier/ml/predict"
)

const mlDomain = "ai.onnx.ml"

// versions are what a file declares, ModelProto: the oldest that have its
// operators.
type versions struct{ ir, core, ml int64 }

var (
	ofSum     = versions{8, 17, 3}
	ofVectors = versions{8, 18, 3}
	ofTrees   = versions{10, 21, 5} // TreeEnsemble
)

// Write writes the program as an ONNX model, or says what of it ONNX cannot
// carry.
func Write(w io.Writer, p *predict.Program) error {
	e := newEmitter(p)
	for i := range e.spec.Inputs {
		e.inputs = append(e.inputs, inputColumn(&e.spec.Inputs[i]))
	}
	scores, err := e.score()
	if err == nil {
		err = e.problem
	}
	if err != nil {
		return err
	}
	outputs := e.answer(scores)
	declares := ofVectors
	switch {
	case e.trees:
		declares = ofTrees
	case p.Fused():
		declares = ofSum
	}
	var m message
	m.number(1, declares.ir)
	m.text(2, "dasier")
	m.number(5, 1)
	m.raw(7, e.bytes("model", "Predicts "+withUnit(e.spec.Target.Name, e.spec.Target.Unit), outputs))
	m.raw(8, operatorSet("", declares.core))
	m.raw(8, operatorSet(mlDomain, declares.ml))
	if _, err := w.Write(m); err != nil {
		return fmt.Errorf("writing the ONNX model: %w", err)
	}
	return nil
}

// OutputName is the name of the output of a program that is no classifier.
func OutputName(p *predict.Program) string {
	name := "prediction"
	for {
		if _, taken := p.InputIndex(name); !taken {
			return name
		}
		name += "_"
	}
}

func operatorSet(domain string, version int64) message {
	var m message
	m.text(1, domain)
	m.number(2, version)
	return m
}

func inputColumn(in *predict.Input) message {
	doc := in.Description
	if doc == "" {
		doc = withUnit(in.Label, in.Unit)
	}
	if in.Kind == frame.Category {
		return column(in.Name, typeString, doc)
	}
	return column(in.Name, typeDouble, doc)
}

func withUnit(text, unit string) string {
	if unit == "" || text == "" {
		return text
	}
	return text + " (" + unit + ")"
}

// addAll gives the score: the bias, all numbers, all categories.
func addAll(g *graph, p *predict.Program, terms predict.Terms) string {
	var parts []string
	if len(terms.Numbers) > 0 {
		parts = append(parts, addNumbers(g, p, terms.Numbers))
	}
	if len(terms.Choices) > 0 {
		parts = append(parts, addChoices(g, p, terms.Choices))
	}
	if len(parts) == 0 { // the answer is the bias, once per row
		shape := g.node("Shape", []string{p.Inputs()[0].Name})
		bias := tensorMessage("", typeDouble, []int64{1}, doubles([]float64{terms.Bias}))
		return g.node("ConstantOfShape", []string{shape}, tensorAttribute("value", bias))
	}
	score := g.scalar("bias", terms.Bias)
	for _, part := range parts {
		score = g.node("Add", []string{score, part})
	}
	return score
}

// addNumbers handles all number terms as one [N, K] matrix.
func addNumbers(g *graph, p *predict.Program, terms []predict.NumberTerm) string {
	columns := make([]string, len(terms))
	slopes, centers, missing := make([]float64, len(terms)), make([]float64, len(terms)), make([]float64, len(terms))
	for k, t := range terms {
		columns[k] = p.Inputs()[t.Input].Name
		slopes[k], centers[k], missing[k] = t.Slope, t.Center, t.Missing
	}
	x := g.concat(columns)
	// x-x is NaN for NaN and for infinities, which both mean missing.
	absent := g.node("IsNaN", []string{g.node("Sub", []string{x, x})})
	centred := g.node("Sub", []string{x, g.rowOf("center", centers)})
	linear := g.node("Mul", []string{centred, g.rowOf("slope", slopes)})
	sum := g.sum(g.node("Where", []string{absent, g.rowOf("missing", missing), linear}))
	if logs := addLogs(g, terms, x, absent); logs != "" {
		sum = g.node("Add", []string{sum, logs})
	}
	return sum
}

// addLogs adds the log1p parts of the columns that have one; what a missing
// value costs is in the linear part already.
func addLogs(g *graph, terms []predict.NumberTerm, x, absent string) string {
	var which []int64
	var slopes, centers []float64
	for k, t := range terms {
		if t.Logs {
			which = append(which, int64(k))
			slopes, centers = append(slopes, t.LogSlope), append(centers, t.LogCenter)
		}
	}
	if len(which) == 0 {
		return ""
	}
	columns := g.constant("logs", typeInt64, []int64{int64(len(which))}, int64s(which))
	axis := intAttribute("axis", 1)
	x = g.node("Gather", []string{x, columns}, axis)
	absent = g.node("Gather", []string{absent, columns}, axis)
	// Above -1, where log1p is finite; a NaN is replaced below.
	x = g.node("Max", []string{x, g.scalar("above_minus_one", math.Nextafter(-1, 0))})
	logs := g.node("Log", []string{g.node("Add", []string{x, g.scalar("one", 1)})})
	centred := g.node("Sub", []string{logs, g.rowOf("log_center", centers)})
	values := g.node("Mul", []string{centred, g.rowOf("log_slope", slopes)})
	return g.sum(g.node("Where", []string{absent, g.scalar("zero", 0), values}))
}

// addChoices turns each category into its code and looks all codes up in one
// table, in which each input has its own stretch.
func addChoices(g *graph, p *predict.Program, terms []predict.ChoiceTerm) string {
	codes := make([]string, len(terms))
	starts := make([]int64, len(terms))
	var table []float64
	for k, t := range terms {
		in := &p.Inputs()[t.Input]
		starts[k] = int64(len(table))
		table = append(table, t.Table...)
		codes[k] = encode(g, in)
	}
	at := g.constant("start", typeInt64, []int64{1, int64(len(starts))}, int64s(starts))
	index := g.node("Add", []string{g.concat(codes), at})
	weights := g.constant("weights", typeDouble, []int64{int64(len(table))}, doubles(table))
	return g.sum(g.node("Gather", []string{weights, index}))
}

// encode gives the code of each text: its level's, or unknown, or missing.
func encode(g *graph, in *predict.Input) string {
	unknown := int64(len(in.Levels))
	keys := make([]string, 0, len(in.Levels)+1)
	values := make([]int64, 0, len(in.Levels)+1)
	for code, level := range in.Levels {
		keys, values = append(keys, level), append(values, int64(code))
	}
	keys, values = append(keys, ""), append(values, unknown+1)
	return g.nodeAs(g.fresh("code"), mlDomain, "LabelEncoder", []string{in.Name},
		stringsAttribute("keys_strings", keys), intsAttribute("values_int64s", values), intAttribute("default_int64", unknown))
}

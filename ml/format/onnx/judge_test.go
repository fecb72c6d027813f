package onnx

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"dasier/ml/tensor"
)

// runtimeTensor is a tensor as judge.mjs takes and gives it.
type runtimeTensor struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Dims []int  `json:"dims"`
	Data []any  `json:"data"`
}

type verdict struct {
	Error   string          `json:"error"`
	Outputs []runtimeTensor `json:"outputs"`
}

var runtimeTypes = map[tensor.Type]string{
	tensor.Float: "float32", tensor.Double: "float64", tensor.Int64: "int64", tensor.Int32: "int32",
	tensor.Bool: "bool", tensor.Uint8: "uint8", tensor.String: "string",
}

func forRuntime(name string, t *tensor.Tensor) runtimeTensor {
	r := runtimeTensor{Name: name, Type: runtimeTypes[t.Type], Dims: append([]int{}, t.Shape...), Data: []any{}}
	for i := range t.Count() {
		switch v := cellOf(t, i); {
		case t.Type == tensor.String:
			r.Data = append(r.Data, t.String[i])
		case t.Type == tensor.Int64:
			r.Data = append(r.Data, strconv.FormatInt(t.Int64[i], 10))
		case math.IsNaN(v):
			r.Data = append(r.Data, "NaN")
		case math.IsInf(v, 0):
			r.Data = append(r.Data, map[bool]string{true: "Infinity", false: "-Infinity"}[v > 0])
		default:
			r.Data = append(r.Data, v)
		}
	}
	return r
}

// trial is one graph with inputs.
type trial struct {
	name    string
	graph   *tensor.Graph
	inputs  []tensor.Tensor
	outputs []tensor.Tensor // ours
	err     error           // ours
	within  float64         // tolerance; 0: 2e-6
	undone  bool            // ONNX Runtime has no kernel for it
}

// judge runs trials with ONNX Runtime.
func judge(t *testing.T, trials []trial) []verdict {
	t.Helper()
	folder := t.TempDir()
	type question struct {
		Model  string          `json:"model"`
		Inputs []runtimeTensor `json:"inputs"`
	}
	var questions []question
	for i := range trials {
		c := &trials[i]
		machine, err := tensor.Compile(c.graph)
		var ports []tensor.Port
		if c.err = err; err == nil {
			ports = machine.Outputs()
			c.outputs = make([]tensor.Tensor, len(ports))
			c.err = machine.Run(c.inputs, c.outputs)
		}
		if ports == nil { // the runtime shall say what it thinks all the same
			for _, name := range c.graph.Outputs {
				ports = append(ports, tensor.Port{Name: name, Type: tensor.Float})
			}
		}
		path := filepath.Join(folder, strconv.Itoa(i)+".onnx")
		if err := os.WriteFile(path, encodeFile(c.graph, ports), 0o600); err != nil {
			t.Fatal(err)
		}
		q := question{Model: path}
		for k := range c.inputs {
			q.Inputs = append(q.Inputs, forRuntime(c.graph.Inputs[k].Name, &c.inputs[k]))
		}
		questions = append(questions, q)
	}
	stdin, err := json.Marshal(questions)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "node", "testdata/judge.mjs", judgeModules(t))
	command.Stdin = bytes.NewReader(stdin)
	var problem bytes.Buffer
	command.Stderr = &problem
	stdout, err := command.Output()
	if err != nil {
		t.Fatalf("running ONNX Runtime under node: %v\n%s", err, problem.String())
	}
	var verdicts []verdict
	if err := json.Unmarshal(stdout, &verdicts); err != nil {
		t.Fatal(err)
	}
	if len(verdicts) != len(trials) {
		t.Fatalf("%d verdicts for %d trials", len(verdicts), len(trials))
	}
	return verdicts
}

func judgeModules(t *testing.T) string {
	t.Helper()
	if folder := os.Getenv("DASIER_ORT_NODE"); folder != "" {
		return folder
	}
	out, err := exec.CommandContext(t.Context(), "sh", "../../../scripts/onnxruntime.sh").Output()
	if err != nil {
		t.Fatalf("ONNX Runtime is needed to judge what operators mean: %v", err)
	}
	return strings.TrimSpace(string(out))
}

// agrees holds our answers to the runtime's.
func (c *trial) agrees(v *verdict) error {
	switch {
	case v.Error != "" && c.err != nil:
		return nil //nolint:nilerr // both refuse
	case v.Error != "" && c.undone && (strings.Contains(v.Error, "NOT_IMPLEMENTED") || strings.Contains(v.Error, "Could not find an implementation")):
		return nil
	case v.Error != "":
		return fmt.Errorf("it runs, ONNX Runtime says %s", v.Error)
	case c.err != nil:
		return fmt.Errorf("ONNX Runtime runs it: %w", c.err)
	}
	tolerance := c.within
	if tolerance == 0 {
		tolerance = 2e-6
	}
	for i := range v.Outputs {
		theirs, ours := &v.Outputs[i], &c.outputs[i]
		if theirs.Type != runtimeTypes[ours.Type] || !slices.Equal(theirs.Dims, ours.Shape) {
			return fmt.Errorf("%s is %s %v, not %s %v", theirs.Name, theirs.Type, theirs.Dims, ours.Type, ours.Shape)
		}
		for k, want := range theirs.Data {
			if ours.Type == tensor.String {
				if ours.String[k] != want {
					return fmt.Errorf("cell %d is %q, not %q", k, want, ours.String[k])
				}
				continue
			}
			x := runtimeNumber(want)
			got := cellOf(ours, k)
			if got == x || math.IsNaN(got) && math.IsNaN(x) || math.Abs(got-x) <= tolerance*max(math.Abs(x), 1e-2) {
				continue
			}
			return fmt.Errorf("%s, cell %d is %v, not %v", theirs.Name, k, x, got)
		}
	}
	return nil
}

func runtimeNumber(v any) float64 {
	switch v := v.(type) {
	case float64:
		return v
	case string:
		if x, err := strconv.ParseFloat(v, 64); err == nil {
			return x
		}
	}
	return math.NaN()
}

// Short forms for tables of trials.

func floats(shape []int, values ...float32) tensor.Tensor {
	return tensor.Tensor{Type: tensor.Float, Shape: shape, Float: values}
}

func doubleTensor(shape []int, values ...float64) tensor.Tensor {
	return tensor.Tensor{Type: tensor.Double, Shape: shape, Double: values}
}

func ints(shape []int, values ...int64) tensor.Tensor {
	return tensor.Tensor{Type: tensor.Int64, Shape: shape, Int64: values}
}

func bools(shape []int, values ...bool) tensor.Tensor {
	return tensor.Tensor{Type: tensor.Bool, Shape: shape, Bool: values}
}

func texts(shape []int, values ...string) tensor.Tensor {
	return tensor.Tensor{Type: tensor.String, Shape: shape, String: values}
}

type attributes map[string]any

func (list attributes) graph() map[string]tensor.Attribute {
	out := make(map[string]tensor.Attribute)
	for name, v := range list {
		switch v := v.(type) {
		case int:
			out[name] = tensor.Attribute{Kind: tensor.AttributeInt, Int: int64(v)}
		case float64:
			out[name] = tensor.Attribute{Kind: tensor.AttributeFloat, Float: float32(v)}
		case string:
			out[name] = tensor.Attribute{Kind: tensor.AttributeText, Text: v}
		case []int64:
			out[name] = tensor.Attribute{Kind: tensor.AttributeInts, Ints: v}
		case []float32:
			out[name] = tensor.Attribute{Kind: tensor.AttributeFloats, Floats: v}
		case []string:
			out[name] = tensor.Attribute{Kind: tensor.AttributeTexts, Texts: v}
		case tensor.Tensor:
			out[name] = tensor.Attribute{Kind: tensor.AttributeTensor, Tensor: &v}
		case *tensor.Graph:
			out[name] = tensor.Attribute{Kind: tensor.AttributeGraph, Graph: v}
		default:
			panic(fmt.Sprintf("attribute %q of type %T", name, v))
		}
	}
	return out
}

// one is a trial of one node: op may have "ai.onnx.ml." before it; a nil among
// the inputs is one left out.
func one(op string, version, outputs int, list attributes, inputs ...any) trial {
	g := &tensor.Graph{Opsets: map[string]int{"": 17}}
	node := tensor.Node{Name: "node", Op: op, Attributes: list.graph()}
	if ml, ok := strings.CutPrefix(op, "ai.onnx.ml."); ok {
		node.Domain, node.Op = "ai.onnx.ml", ml
	}
	if ms, ok := strings.CutPrefix(op, "com.microsoft."); ok {
		node.Domain, node.Op = "com.microsoft", ms
	}
	g.Opsets[node.Domain] = version
	c := trial{name: fmt.Sprintf("%s-%d", op, version), graph: g}
	for i, in := range inputs {
		name := "in" + strconv.Itoa(i)
		switch in := in.(type) {
		case nil:
			name = ""
		case tensor.Tensor:
			g.Inputs = append(g.Inputs, tensor.Port{Name: name, Type: in.Type, Shape: slices.Repeat([]int{-1}, len(in.Shape))})
			c.inputs = append(c.inputs, in)
		case *tensor.Tensor: // known
			if g.Constants == nil {
				g.Constants = make(map[string]*tensor.Tensor)
			}
			g.Constants[name] = in
		}
		node.Inputs = append(node.Inputs, name)
	}
	for i := range outputs {
		node.Outputs = append(node.Outputs, "out"+strconv.Itoa(i))
	}
	g.Nodes, g.Outputs = []tensor.Node{node}, node.Outputs
	return c
}

// random gives a tensor of numbers between -3 and 3 with few digits, so that
// ties and zeros come.
func random(r *rand.Rand, kind tensor.Type, shape ...int) tensor.Tensor {
	n := 1
	for _, d := range shape {
		n *= d
	}
	t := blank(kind, shape, n)
	for i := range n {
		v := float64(r.IntN(25)-12) / 4
		switch kind {
		case tensor.Float:
			t.Float[i] = float32(v)
		case tensor.Double:
			t.Double[i] = v
		case tensor.Int64:
			t.Int64[i] = int64(v)
		case tensor.Int32:
			t.Int32[i] = int32(v)
		case tensor.Bool:
			t.Bool[i] = v > 0
		case tensor.Uint8:
			t.Uint8[i] = uint8(max(v, 0))
		case tensor.String:
			t.String[i] = strconv.FormatFloat(v, 'g', -1, 64)
		}
	}
	return t
}

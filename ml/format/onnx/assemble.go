package onnx

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/predict"
	"dasier/ml/tensor"
)

// maxWidth bounds the columns of a matrix whose width a file does not say and
// that is found by trying.
const maxWidth = 2048

// patience is how long a file may take to try out, beyond one row.
const patience = 2 * time.Second

// assembly makes a spec of a graph: columns, the graph as one stage, the
// answer.
type assembly struct {
	model   *model
	graph   *tensor.Graph
	machine *tensor.Machine
	hint    Hint

	op    *Operation
	spec  predict.Spec
	names []string // of all columns
	texts *tracer
}

func (a *assembly) assemble() error {
	a.spec = predict.Spec{Version: 1, Target: predict.Target{Name: a.hint.Target}}
	a.op = &Operation{machine: a.machine}
	a.texts = trace(a.graph)
	if len(a.graph.Inputs) == 0 {
		return fault.Errorf(fault.Invalid, "the graph has no inputs: there is nothing to predict from")
	}
	matrices := 0
	for i := range a.graph.Inputs {
		if width := columnsOf(&a.graph.Inputs[i]); width != 1 {
			matrices++
		}
	}
	for i := range a.graph.Inputs {
		if err := a.input(i, matrices); err != nil {
			return err
		}
	}
	answers, err := a.try()
	if err != nil {
		return err
	}
	stage := predict.Stage{From: make([]int32, a.op.in), Do: a.op}
	for i := range stage.From {
		stage.From[i] = int32(i) //nolint:gosec // columns are bounded by predict
	}
	a.spec.Stages = []predict.Stage{stage}
	return a.answer(answers)
}

// columnsOf is how many columns an input has, -1 where it does not say.
func columnsOf(in *tensor.Port) int {
	switch len(in.Shape) {
	case 0:
		return -1
	case 1:
		return 1
	default:
		return in.Shape[len(in.Shape)-1]
	}
}

// input adds the columns of one of the graph's inputs.
func (a *assembly) input(i, matrices int) error {
	in := &a.graph.Inputs[i]
	if len(in.Shape) > 2 || in.Shape != nil && len(in.Shape) == 0 {
		return fault.Errorf(fault.Invalid, "the input %q has %d axes: it is no row of a table; models of images, texts and sequences are not read", shortened(in.Name), len(in.Shape))
	}
	if len(in.Shape) > 0 && in.Shape[0] > 1 {
		return fault.Errorf(fault.Invalid, "the input %q takes exactly %d rows at a time; export the model with any number of rows", shortened(in.Name), in.Shape[0])
	}
	if a.texts.numeric[i] {
		return fault.Errorf(fault.Invalid, "the input %q is texts that are read as numbers; export the model with a numeric input", shortened(in.Name))
	}
	width := columnsOf(in)
	if width < 0 {
		var err error
		if width, err = a.width(i); err != nil {
			return err
		}
	}
	from := operand{shape: []int{1, width}, width: width}
	if len(in.Shape) == 1 {
		from.shape = []int{1}
	}
	a.op.inputs = append(a.op.inputs, from)
	for k := range width {
		name := in.Name
		switch {
		case width > 1 && matrices == 1 && len(a.graph.Inputs) == 1 && len(a.hint.Columns) == width:
			name = a.hint.Columns[k]
		case len(a.graph.Inputs) == 1 && (width > 1 || name == "X"):
			name = "x" + strconv.Itoa(k)
			if len(a.hint.Columns) == width {
				name = a.hint.Columns[k]
			}
		case width > 1:
			name += "_" + strconv.Itoa(k)
		}
		a.column(i, name)
	}
	return nil
}

// column adds one column: an input of the spec and its cell.
func (a *assembly) column(i int, name string) {
	in := predict.Input{Name: a.fresh(name), Kind: frame.Number, Required: !a.takesMissing()}
	cell := predict.Feature{Name: in.Name, Input: len(a.spec.Inputs), Op: "steps"}
	switch a.graph.Inputs[i].Type {
	case tensor.String:
		in.Kind, in.Levels, in.Unknown = frame.Category, a.texts.levels[i], predict.UnknownIgnore
		if a.texts.strict[i] {
			in.Unknown = predict.UnknownError
		}
		in.Levels = slices.DeleteFunc(slices.Clone(in.Levels), func(level string) bool { return strings.ContainsFunc(level, isControl) })
		a.op.inputs[len(a.op.inputs)-1].texts = append(slices.Clone(in.Levels), unknownText, "")
		cell.Op, cell.Scale, cell.Table = "table", 1, make([]float64, len(in.Levels)+2)
		for k := range cell.Table {
			cell.Table[k] = float64(k)
		}
	case tensor.Bool:
		in.Kind = frame.Bool
	case tensor.Int64, tensor.Int32, tensor.Uint8:
		in.Whole, in.Required = true, true
	default:
	}
	a.spec.Inputs, a.spec.Features = append(a.spec.Inputs, in), append(a.spec.Features, cell)
	a.names = append(a.names, in.Name)
	a.op.in++
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == '\uFFFD' }

// fresh makes a name of a column that no other has.
func (a *assembly) fresh(name string) string {
	if name = strings.Map(func(r rune) rune {
		if isControl(r) {
			return '_'
		}
		return r
	}, name); name == "" {
		name = "input"
	}
	for slices.Contains(a.names, name) {
		name += "_"
	}
	return name
}

// takesMissing tells whether the graph does something about missing numbers.
func (a *assembly) takesMissing() bool {
	for i := range a.graph.Nodes {
		n := &a.graph.Nodes[i]
		if n.Op == "Imputer" || n.Op == "IsNaN" || slices.Contains(n.Attributes["nodes_missing_value_tracks_true"].Ints, 1) {
			return true
		}
	}
	return false
}

// width finds the columns of a matrix that does not say: as many as there are
// names, or as the graph takes.
func (a *assembly) width(i int) (int, error) {
	if len(a.graph.Inputs) > 1 {
		return 1, nil
	}
	if len(a.hint.Columns) > 0 {
		return len(a.hint.Columns), nil
	}
	var problem error
	for width, begin := 1, time.Now(); width <= maxWidth && time.Since(begin) < patience; width++ {
		in := blank(a.graph.Inputs[i].Type, []int{1, width}, width)
		if problem = a.machine.Run([]tensor.Tensor{in}, make([]tensor.Tensor, len(a.graph.Outputs))); problem == nil {
			return width, nil
		}
	}
	return 0, fault.Errorf(fault.Invalid, "the input %q does not say how many columns it has, and the graph takes none of 1 to %d: %w", shortened(a.graph.Inputs[i].Name), maxWidth, problem)
}

// probes is how many made-up rows are asked to learn what the outputs are.
const probes = 12

// try runs the graph on made-up rows, of one shape: what it answers says how
// many cells an output has and whether scores are probabilities.
func (a *assembly) try() ([][]tensor.Tensor, error) {
	var answers [][]tensor.Tensor
	var problem error
	state := uint64(1)
	for probe, begin := 0, time.Now(); probe < probes && time.Since(begin) < patience; probe++ {
		b := a.op.newBatch()
		for i := range b.in {
			cells := make([]float64, a.op.inputs[i].width)
			for k := range cells {
				// Zeros first, then numbers of growing size, by a linear
				// congruential generator: any would do.
				state = state*6364136223846793005 + 1442695040888963407
				cells[k] = (float64(state>>11)/(1<<53) - 0.3) * float64(probe) * float64(probe) / 4
				if n := len(a.op.inputs[i].texts); n > 0 {
					cells[k] = float64(int(state>>33) % max(n-2, 1))
				}
			}
			a.op.inputs[i].fill(&b.in[i], cells)
		}
		out := make([]tensor.Tensor, len(a.graph.Outputs))
		if err := a.machine.Run(b.in, out); err != nil {
			problem = err
			continue
		}
		answers = append(answers, out)
	}
	if len(answers) == 0 {
		return nil, problem
	}
	return answers, nil
}

// answer finds out what the outputs mean.
func (a *assembly) answer(answers [][]tensor.Tensor) error {
	ports := a.machine.Outputs()
	if len(ports) == 0 {
		return fault.Errorf(fault.Invalid, "the graph has no outputs")
	}
	label, scores, classes := a.classifier(answers)
	cell := int32(len(a.spec.Features)) //nolint:gosec // columns are bounded by predict
	starts := make([]int32, len(ports))
	for i := range ports {
		r := result{width: answers[0][i].Count()}
		starts[i] = cell
		if i == label {
			r = result{width: 1, isLabel: true, byText: classes.byText, byInt: classes.byInt}
			if scores < 0 {
				r.oneHot = len(classes.names)
			}
		} else if ports[i].Type == tensor.String {
			return fault.Errorf(fault.Invalid, "the output %q is %d texts for one row, and the graph does not say which there are; export the model again, with its classes",
				shortened(ports[i].Name), answers[0][i].Count())
		}
		a.op.outputs = append(a.op.outputs, r)
		a.op.out += r.width + r.oneHot
		cell += int32(r.width + r.oneHot) //nolint:gosec // tensors are bounded
		if i != label {
			a.spec.Outputs = append(a.spec.Outputs, predict.Output{Name: outputName(&ports[i], i), Cells: cellsFrom(starts[i], r.width)})
		}
	}
	if label >= 0 {
		a.choice(starts, label, scores, classes, answers)
		return nil
	}
	width := a.op.outputs[0].width
	a.spec.Answer = &predict.Answer{Scores: cellsFrom(starts[0], width)}
	switch width {
	case 0:
		return fault.Errorf(fault.Invalid, "the output %q is empty", shortened(ports[0].Name))
	case 1:
		a.spec.Task = predict.TaskRegression
	default:
		a.spec.Task = predict.TaskVector
		for k := range width {
			a.spec.Targets = append(a.spec.Targets, outputName(&ports[0], 0)+"_"+strconv.Itoa(k))
		}
	}
	return nil
}

func outputName(p *tensor.Port, i int) string {
	if name := strings.ToValidUTF8(p.Name, "_"); name != "" && !strings.ContainsFunc(name, isControl) {
		return name
	}
	return fmt.Sprintf("output%d", i)
}

func cellsFrom(first int32, n int) []int32 {
	list := make([]int32, n)
	for i := range list {
		list[i] = first + int32(i) //nolint:gosec // tensors are bounded
	}
	return list
}

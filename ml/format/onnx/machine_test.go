package onnx

import (
	"maps"
	"slices"
	"testing"

	"dasier/ml/tensor"
)

// refused are conversions that are read by nobody, or should not be: ONNX
// Runtime answers them from memory that is not the model's.
var refused = map[string]string{
	"stackingc_bin": "a classifier with half of its coefficients",
}

// TestMachine runs every conversion as a graph of tensors and holds each output
// to ONNX Runtime's. What the runtime refuses, we refuse.
func TestMachine(t *testing.T) {
	models, references := conversions(t)
	if len(models) < 250 {
		t.Fatalf("only %d models", len(models))
	}
	exact, all := 0, 0
	for _, name := range slices.Sorted(maps.Keys(models)) {
		t.Run(name, func(t *testing.T) {
			want := references[name]
			outputs, ports, err := machineAnswers(models[name], want)
			switch reason := refused[name]; {
			case want.Error != "" || reason != "":
				if err == nil {
					t.Errorf("it runs; %s%s", want.Error, reason)
				}
				return
			case err != nil:
				t.Fatal(err)
			}
			for i, port := range ports {
				d, err := difference(&outputs[i], port.Keys, want.Outputs[i].Value)
				if err != nil || d > 2e-6 {
					t.Errorf("%s (%s): differs by %v, %v", port.Name, want.Outputs[i].Type, d, err)
				}
				all++
				if d == 0 {
					exact++
				}
			}
		})
	}
	t.Logf("%d of %d outputs are equal to the last bit", exact, all)
}

func machineAnswers(data []byte, want *reference) ([]tensor.Tensor, []tensor.Port, error) {
	m, err := decodeModel(data)
	if err != nil {
		return nil, nil, err
	}
	if err := inline(m); err != nil {
		return nil, nil, err
	}
	machine, err := tensor.Compile(&m.graph.graph)
	if err != nil {
		return nil, nil, err
	}
	if err := m.declared(machine); err != nil {
		return nil, nil, err
	}
	in, err := want.tensors(machine.Inputs())
	if err != nil {
		return nil, nil, err
	}
	out := make([]tensor.Tensor, len(machine.Outputs()))
	return out, machine.Outputs(), machine.Run(in, out)
}

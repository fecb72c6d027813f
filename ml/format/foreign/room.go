package foreign

import (
	"dasier/fault"
	"dasier/ml/format/onnx"
	"dasier/ml/pickle"
)

// MemoryError is in the chain of a refusal because of Hint.Memory.
type MemoryError = pickle.MemoryError

// How much memory reading may take of what the model may. A forest takes a fifth
// or a sixth of its pickle, and boosters as little of their texts: a file that is
// somewhat larger than the bound on its model may be read, and only the model
// tells. Beyond that the model is too large, or the file carries so much else that
// reading it would take what the bound is there to keep.
const (
	readTimes = 8
	readFree  = 16 << 20 // what anything may take
	// Constants of a network are kept as they are, and those of a linear model, which
	// may be float32, as float64: half is more than a model saves of them.
	constantTimes = 2
	mostMemory    = 1 << 50 // beyond which nothing is a bound
)

// Reading is how many bytes a file may have and grow to of which the model may
// take so many; 0 is any number.
func Reading(memory int64) int64 {
	if memory == 0 || memory > mostMemory {
		return 0
	}
	return readTimes*max(memory, 0) + readFree
}

// constants refuses ONNX files by their constants, which are larger in memory.
func constants(data []byte, hint Hint) error {
	if hint.Memory == 0 || hint.Memory > mostMemory {
		return nil
	}
	if most := constantTimes*max(hint.Memory, 0) + readFree; onnx.Constants(data) > most {
		return fault.Errorf(fault.Limited, "the graph's constants have more: %w", &MemoryError{Most: most})
	}
	return nil
}

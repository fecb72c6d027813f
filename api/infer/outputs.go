package infer

import (
	"slices"
	"strconv"

	"dasier/api/infer/oip"
	"dasier/ml/predict"
)

// The names of the output tensors.
const (
	outPrediction = "prediction"
	outLow        = "low"
	outHigh       = "high"
	// Of classifiers.
	outLabel         = "label"
	outProbabilities = "probabilities"
	// What MLServer's scikit-learn runtime calls them. They are answered to
	// whoever asks for them by name.
	outPredict = "predict"
	outProba   = "predict_proba"
)

// outputNames are the outputs that the model has, besides the aliases.
func (f *endpointFace) outputNames() []string {
	program := f.endpoint.Program()
	spec := program.Spec()
	names := []string{outPrediction}
	if program.Classifies() {
		names = []string{outLabel, outPrediction}
		if spec.Link != predict.Decision {
			names = []string{outLabel, outProbabilities, outPrediction}
		}
	} else if len(spec.Targets) == 0 {
		// Bounds are named even where there are none: asking for them says why.
		names = append(names, outLow, outHigh)
	}
	for _, other := range spec.Outputs {
		names = append(names, other.Name)
	}
	return names
}

// usualOutputs are answered to those who do not say what they want.
func (f *endpointFace) usualOutputs() []string {
	program := f.endpoint.Program()
	switch {
	case program.Classifies() && program.Spec().Link != predict.Decision:
		return []string{outLabel, outProbabilities}
	case program.Classifies():
		return []string{outLabel}
	}
	return []string{outPrediction}
}

func (f *endpointFace) hasOutput(name string) bool {
	if slices.Contains(f.outputNames(), name) {
		return true
	}
	program := f.endpoint.Program()
	switch name {
	case outPredict:
		return true
	case outProba:
		return program.Classifies() && program.Spec().Link != predict.Decision
	case outLow, outHigh:
		return program.Classifies() && program.Spec().Interval != nil
	}
	return false
}

// outputMetadata describes the outputs, for metadata.
func (f *endpointFace) outputMetadata() []tensorMetadata {
	program := f.endpoint.Program()
	spec := program.Spec()
	list := []tensorMetadata{}
	for _, name := range f.outputNames() {
		t := tensorMetadata{Name: name, Datatype: "FP64", Shape: []int{-1}}
		switch {
		case (name == outLow || name == outHigh) && spec.Interval == nil:
			continue
		case name == outLabel:
			t.Datatype = "BYTES"
		case name == outProbabilities:
			t.Shape = []int{-1, len(spec.Classes)}
		case name == outPrediction && len(spec.Targets) > 0:
			t.Shape = []int{-1, len(spec.Targets)}
		}
		for _, other := range spec.Outputs {
			if other.Name == name {
				t.Shape = []int{-1, len(other.Cells)}
			}
		}
		list = append(list, t)
	}
	return list
}

// tensors are the outputs that were asked for.
func (f *endpointFace) tensors(q *inferRequest, r *results) []oip.Output {
	outputs := make([]oip.Output, len(q.outputs))
	for i, wanted := range q.outputs {
		out := f.tensor(wanted.name, r)
		if q.content() != "" { // MLServer's clients decode by it
			if out.Content = "np"; out.Type == oip.Bytes {
				out.Content = "str"
			}
		}
		out.Name, out.Binary = wanted.name, wanted.binary
		outputs[i] = out
	}
	return outputs
}

func (f *endpointFace) tensor(name string, r *results) oip.Output {
	program := f.endpoint.Program()
	spec := program.Spec()
	switch name {
	case outLow:
		return numbers(r.low, r.rows)
	case outHigh:
		return numbers(r.high, r.rows)
	case outProbabilities, outProba:
		return matrix(r.probabilities, r.rows, len(spec.Classes))
	case outLabel:
		return f.labels(r)
	case outPredict:
		switch {
		case program.Classifies() && f.wholeClasses != nil:
			whole := make([]int64, r.rows)
			for n, class := range r.classes {
				if whole[n] = noWhole; class != noClass {
					whole[n] = f.wholeClasses[class]
				}
			}
			return oip.Output{Type: oip.Int64, Shape: []int{r.rows}, Ints: whole}
		case program.Classifies():
			return f.labels(r)
		}
	}
	for k := range spec.Outputs {
		if spec.Outputs[k].Name == name {
			return matrix(r.others[k], r.rows, len(spec.Outputs[k].Cells))
		}
	}
	if len(spec.Targets) > 0 {
		return matrix(r.values, r.rows, len(spec.Targets))
	}
	return numbers(r.predictions, r.rows)
}

func numbers(values []float64, rows int) oip.Output {
	return oip.Output{Type: oip.FP64, Shape: []int{rows}, Floats: values}
}

func matrix(values []float64, rows, width int) oip.Output {
	return oip.Output{Type: oip.FP64, Shape: []int{rows, width}, Floats: values}
}

func (f *endpointFace) labels(r *results) oip.Output {
	classes := f.endpoint.Program().Classes()
	texts := make([]string, r.rows)
	for n, class := range r.classes {
		if class != noClass { // or it stays empty
			texts[n] = classes[class]
		}
	}
	return oip.Output{Type: oip.Bytes, Shape: []int{r.rows}, Texts: texts}
}

// wholeNumbers are class names as the whole numbers that they stand for; nil
// when one does not.
func wholeNumbers(classes []string) []int64 {
	whole := make([]int64, len(classes))
	for k, class := range classes {
		v, err := strconv.ParseInt(class, 10, 64)
		if err != nil || strconv.FormatInt(v, 10) != class {
			return nil
		}
		whole[k] = v
	}
	return whole
}

package mlflow

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"dasier/fault"
	"dasier/ml/format/foreign"
	"dasier/ml/predict"
)

// Source is a model file of another system, kept as it is. It is the truth of
// its package: the model is read from it again whenever the package is opened.
type Source struct {
	Name string // "model.pkl"
	Data []byte
	// Columns are the inputs in the order of training, for files that know them
	// by place only.
	Columns []string
	Mean    []float64 // of every feature over the training rows; nil for trees
	Single  bool      // the model computes in float32
	Object  string    // where in the file the model is, for files that hold several things
}

// outline is dasier.json of a package with a source: what the file does not
// hold, and what of it a reader of the package wants to know.
type outline struct {
	Version  int             `json:"version"` // of this layout: 1
	Source   string          `json:"source"`
	Task     string          `json:"task"`
	Target   predict.Target  `json:"target"`
	Classes  []string        `json:"classes,omitempty"`
	Positive string          `json:"positive,omitempty"`
	Columns  []string        `json:"columns,omitempty"`
	Object   string          `json:"object,omitempty"`
	Inputs   []predict.Input `json:"inputs"`
	Mean     []float64       `json:"mean,omitempty"`
	// What the answers promise, from rows that the model was not trained on.
	Interval *predict.Interval `json:"interval,omitempty"`
	Set      *predict.ClassSet `json:"set,omitempty"`
}

// sourceName checks the name that the file gets in the package.
func sourceName(name string) error {
	taken := []string{modelFile, specFile, onnxFile, referenceFile, profileFile, reportFile, cardFile}
	if name == "" || name != path.Base(name) || strings.HasPrefix(name, ".") || slices.Contains(taken, name) || !fs.ValidPath(name) || strings.ContainsAny(name, "\\:\x00") {
		return fault.Errorf(fault.Invalid, "the model file cannot be named %q in a package", name)
	}
	return nil
}

func writeOutline(p *Package) ([]byte, error) {
	if err := sourceName(p.Source.Name); err != nil {
		return nil, err
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	s := &p.Spec
	err := encoder.Encode(outline{
		Version: 1, Source: p.Source.Name, Task: s.Task, Target: s.Target, Classes: s.Classes, Positive: s.Positive,
		Columns: p.Source.Columns, Object: p.Source.Object, Inputs: s.Inputs, Mean: p.Source.Mean, Interval: s.Interval, Set: s.Set,
	})
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "%s cannot be written: %w", specFile, err)
	}
	return text.Bytes(), nil
}

// source reads the model from the file in the package, and what the outline
// adds to it.
func (r *reading) source(name string, text []byte, p *Package) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var o outline
	if err := decoder.Decode(&o); err != nil {
		return fault.Errorf(fault.Invalid, "%s is not readable: %w", specFile, err).At(specFile)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return fault.Errorf(fault.Invalid, "%s has something after its end", specFile).At(specFile)
	}
	if o.Version != 1 || o.Source != name {
		return fault.Errorf(fault.Invalid, "%s is of version %d and the file %q, %s says %q", specFile, o.Version, o.Source, modelFile, name).At(specFile)
	}
	if err := sourceName(name); err != nil {
		return err
	}
	data, err := r.file(name, maxDataFile)
	if err != nil {
		return err
	}
	model, err := foreign.Read(data, foreign.Hint{Target: o.Target.Name, Columns: o.Columns, Positive: o.Positive, Object: o.Object, Memory: r.memory})
	if err != nil {
		return inFile(name, err)
	}
	if err := o.check(&model.Spec); err != nil {
		return err
	}
	p.Spec = model.Spec
	p.Spec.Inputs, p.Spec.Target.Unit = o.Inputs, o.Target.Unit
	p.Spec.Interval, p.Spec.Set = o.Interval, o.Set
	foreign.SetMean(&p.Spec, o.Mean)
	p.Source = &Source{Name: name, Data: data, Columns: o.Columns, Mean: o.Mean, Single: model.Single, Object: o.Object}
	return nil
}

// check holds the outline to the file: it may describe the inputs, and change
// nothing about them.
func (o *outline) check(spec *predict.Spec) error {
	wrong := func(field, format string, args ...any) error {
		return fault.Errorf(fault.Invalid, "%s: %s: %s", specFile, field, fmt.Sprintf(format, args...)).At(specFile + ": " + field)
	}
	switch {
	case o.Task != spec.Task:
		return wrong("task", "is %q, the model's is %q", o.Task, spec.Task)
	case !slices.Equal(o.Classes, spec.Classes):
		return wrong("classes", "are %q, the model's are %q", o.Classes, spec.Classes)
	case len(o.Inputs) != len(spec.Inputs):
		return wrong("inputs", "there are %d, the model has %d", len(o.Inputs), len(spec.Inputs))
	case o.Mean != nil && !foreign.Means(spec, len(o.Mean)):
		return wrong("mean", "there are %d, the estimator sees other features", len(o.Mean))
	}
	for i := range o.Inputs {
		said, is := &o.Inputs[i], &spec.Inputs[i]
		if said.Name != is.Name || said.Kind != is.Kind || said.Required != is.Required || said.Unknown != is.Unknown || said.Text != is.Text || !slices.Equal(said.Levels, is.Levels) {
			return wrong(fmt.Sprintf("inputs[%d]", i), "%q is not what the model says of it", said.Name)
		}
	}
	return nil
}

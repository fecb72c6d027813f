package mlflow

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"

	"go.yaml.in/yaml/v4"

	"dasier/fault"
	"dasier/ml/format/onnx"
	"dasier/ml/predict"
)

// The files of a package.
const (
	modelFile     = "MLmodel"
	specFile      = "dasier.json"
	onnxFile      = "model.onnx"
	referenceFile = "reference.json"
	profileFile   = "profile.json"
	reportFile    = "report.json"
	cardFile      = "README.md"
)

// Limits of Open per file.
const (
	maxModelFile = 16 << 20
	maxDataFile  = 256 << 20
	maxReference = 10_000 // rows
)

// references is the layout of reference.json.
type references struct {
	Version int         `json:"version"`
	Rows    []Reference `json:"rows"`
}

// Files makes the package's files, by name. It fails on what Open or Verify
// would refuse.
func Files(p *Package) (map[string][]byte, error) {
	if err := p.Verify(); err != nil {
		return nil, err
	}
	if err := checkMetrics(p.Metrics); err != nil {
		return nil, err
	}
	program, err := p.Program()
	if err != nil {
		return nil, err
	}
	files := make(map[string][]byte)
	if err := writeModel(p, program, files); err != nil {
		return nil, err
	}
	if files[referenceFile], err = json.Marshal(references{Version: 1, Rows: p.Reference}); err != nil {
		return nil, fault.Errorf(fault.Invalid, "%s cannot be written: %w", referenceFile, err)
	}
	for name, text := range map[string]json.RawMessage{profileFile: p.Profile, reportFile: p.Report} {
		if text == nil {
			continue
		}
		if !json.Valid(text) {
			return nil, fault.Errorf(fault.Invalid, "%s is not JSON", name).At(name)
		}
		files[name] = text
	}
	files[cardFile] = card(p, files[onnxFile] != nil)
	if files[modelFile], err = writeMLmodel(p, program, files); err != nil {
		return nil, err
	}
	return files, nil
}

// writeModel adds the model's own files: ours as data and, if ONNX can carry it,
// as ONNX, another system's as the file that it is.
func writeModel(p *Package, program *predict.Program, files map[string][]byte) error {
	var err error
	if p.Source != nil {
		files[specFile], err = writeOutline(p)
		files[p.Source.Name] = p.Source.Data
		return err
	}
	if files[specFile], err = predict.MarshalSpec(p.Spec); err != nil {
		return err
	}
	var model bytes.Buffer
	err = onnx.Write(&model, program)
	if fault.Is(err, fault.Invalid) { // what ONNX cannot carry: the card says it
		return nil
	}
	if err != nil {
		return err
	}
	files[onnxFile] = model.Bytes()
	return nil
}

// Write makes the directory, which must be empty or absent, and fills it.
func Write(dir string, p Package) error {
	files, err := Files(&p)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("making the package's folder: %w", err)
	}
	present, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("reading the package's folder: %w", err)
	}
	if len(present) > 0 {
		return fault.Errorf(fault.Conflict, "%s is not empty: a model package needs a folder of its own", dir)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := os.WriteFile(filepath.Join(dir, name), files[name], 0o600); err != nil {
			return fmt.Errorf("writing the package: %w", err)
		}
	}
	return nil
}

// Intact tells whether the files are the ones that Write wrote: model_uuid is
// derived from all of them, MLmodel included. Verify cannot see a change of what
// only others read, such as model.onnx.
func Intact(fsys fs.FS) error {
	r := reading{fsys: fsys}
	text, err := r.file(modelFile, maxModelFile)
	if err != nil {
		return err
	}
	model, err := readMLmodel(text)
	if err != nil {
		return err
	}
	files, err := Manifest(fsys)
	if err != nil {
		return err
	}
	files = slices.DeleteFunc(files, func(f File) bool { return f.Path == modelFile })
	want := model.ModelUUID
	model.ModelUUID = ""
	draft, err := yaml.Marshal(model)
	if err != nil {
		return fmt.Errorf("writing %s: %w", modelFile, err)
	}
	if uuidOf(draft, files) != want {
		return fault.Errorf(fault.Invalid, "a file was changed, added or removed since the package was written: its model_uuid does not fit its files").At(modelFile + ": model_uuid")
	}
	return nil
}

// checkMetrics refuses what no JSON can carry to a page.
func checkMetrics(metrics []Metric) error {
	for i, m := range metrics {
		field := fmt.Sprintf("%s: metadata.metrics[%d]", modelFile, i)
		if m.Name == "" {
			return fault.Errorf(fault.Invalid, "%s has no name", field).At(field)
		}
		for _, v := range [...]float64{m.Value, m.Low, m.High, m.Level} {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fault.Errorf(fault.Invalid, "%s: %s has the figure %v: figures must be finite", field, m.Name, v).At(field)
			}
		}
	}
	return nil
}

// inFile prefixes a fault with the file it was found in.
func inFile(name string, err error) error {
	var located *fault.Error
	if !errors.As(err, &located) {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	return fault.Errorf(located.Kind, "%s: %w", name, err).At(name + ": " + located.Field)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

package mlflow

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"dasier/fault"
	"dasier/ml/format/onnx"
	"dasier/ml/frame"
	"dasier/ml/predict"
)

// utcLayout is how MLflow writes utc_time_created: Python's str(datetime).
const utcLayout = "2006-01-02 15:04:05.000000"

// mlmodel is the MLmodel file (MLflow, "MLflow Models: storage format").
// Unknown keys are ignored: MLflow adds some with every version.
type mlmodel struct {
	Flavors   flavors   `yaml:"flavors"`
	Metadata  metadata  `yaml:"metadata"`
	ModelUUID string    `yaml:"model_uuid"`
	RunID     string    `yaml:"run_id,omitempty"`
	Signature signature `yaml:"signature"`
	Created   string    `yaml:"utc_time_created"`
}

type flavors struct {
	Dasier *dasierFlavor  `yaml:"dasier"`
	ONNX   *onnxFlavor    `yaml:"onnx"`
	Others map[string]any `yaml:",inline"`
}

type dasierFlavor struct {
	Data      string `yaml:"data"`
	Format    int    `yaml:"format"`
	Profile   string `yaml:"profile,omitempty"`
	Reference string `yaml:"reference"`
	Report    string `yaml:"report,omitempty"`
	Source    string `yaml:"source,omitempty"` // the model file of another system
}

type onnxFlavor struct {
	Code               *string  `yaml:"code"`
	Data               string   `yaml:"data"`
	ONNXVersion        string   `yaml:"onnx_version"`
	Providers          []string `yaml:"providers"`
	SaveAsExternalData bool     `yaml:"save_as_external_data"`
}

type metadata struct {
	Algorithm string            `yaml:"algorithm,omitempty"`
	Metrics   []Metric          `yaml:"metrics,omitempty"`
	Parity    *Parity           `yaml:"parity,omitempty"`
	Tags      map[string]string `yaml:"tags,omitempty"`
}

// signature holds JSON texts inside YAML, as MLflow does.
type signature struct {
	Inputs  string  `yaml:"inputs"`
	Outputs string  `yaml:"outputs"`
	Params  *string `yaml:"params"`
}

// columnSpec is one column of a signature (MLflow's ColSpec).
type columnSpec struct {
	Type     string `json:"type"`
	Name     string `json:"name"`
	Required bool   `json:"required"`
}

// columnTypes are MLflow's names of our kinds.
var columnTypes = map[frame.Kind]string{
	frame.Number: "double", frame.Category: "string", frame.Bool: "boolean", frame.Time: "datetime",
}

func inputColumns(spec *predict.Spec) []columnSpec {
	columns := make([]columnSpec, len(spec.Inputs))
	for i, in := range spec.Inputs {
		columns[i] = columnSpec{Type: columnTypes[in.Kind], Name: in.Name, Required: in.Required}
	}
	return columns
}

// outputColumns are a number, or a label and a probability per class.
func outputColumns(program *predict.Program) []columnSpec {
	if program.Spec().Task == predict.TaskVector {
		var columns []columnSpec
		for _, target := range program.Spec().Targets {
			columns = append(columns, columnSpec{Type: "double", Name: target, Required: true})
		}
		return columns
	}
	if !program.Classifies() {
		return []columnSpec{{Type: "double", Name: onnx.OutputName(program), Required: true}}
	}
	columns := []columnSpec{{Type: "string", Name: "label", Required: true}}
	if program.Spec().Link == predict.Decision {
		return append(columns, columnSpec{Type: "double", Name: "score", Required: true})
	}
	for _, class := range program.Classes() {
		columns = append(columns, columnSpec{Type: "double", Name: "probability of " + class, Required: true})
	}
	return columns
}

// pythonJSON is JSON with the spaces that Python's json.dumps puts.
func pythonJSON(columns []columnSpec) (string, error) {
	parts := make([]string, len(columns))
	for i, c := range columns {
		name, err := json.Marshal(c.Name)
		if err != nil {
			return "", fmt.Errorf("writing the signature: %w", err)
		}
		parts[i] = fmt.Sprintf(`{"type": %q, "name": %s, "required": %t}`, c.Type, name, c.Required)
	}
	return "[" + strings.Join(parts, ", ") + "]", nil
}

// writeMLmodel makes the MLmodel file of a package whose other files are made.
func writeMLmodel(p *Package, program *predict.Program, files map[string][]byte) ([]byte, error) {
	inputs, err := pythonJSON(inputColumns(&p.Spec))
	if err != nil {
		return nil, err
	}
	outputs, err := pythonJSON(outputColumns(program))
	if err != nil {
		return nil, err
	}
	model := mlmodel{
		Flavors: flavors{
			Dasier: &dasierFlavor{Data: specFile, Format: 1, Reference: referenceFile},
		},
		Metadata:  metadata{Algorithm: p.Algorithm, Metrics: p.Metrics, Parity: p.Parity, Tags: p.Tags},
		RunID:     p.RunID,
		Signature: signature{Inputs: inputs, Outputs: outputs},
		Created:   p.Created.UTC().Format(utcLayout),
	}
	if p.Source != nil {
		model.Flavors.Dasier.Source = p.Source.Name
	} else if files[onnxFile] != nil {
		// The first releases whose operator sets are 17, and 21 with ai.onnx.ml 5.
		version := "1.16.0"
		if program.Fused() {
			version = "1.12.0"
		}
		model.Flavors.ONNX = &onnxFlavor{Data: onnxFile, ONNXVersion: version, Providers: []string{"CPUExecutionProvider"}}
	}
	if p.Profile != nil {
		model.Flavors.Dasier.Profile = profileFile
	}
	if p.Report != nil {
		model.Flavors.Dasier.Report = reportFile
	}
	draft, err := yaml.Marshal(&model)
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", modelFile, err)
	}
	model.ModelUUID = uuidOf(draft, manifestOf(files))
	text, err := yaml.Marshal(&model)
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", modelFile, err)
	}
	return text, nil
}

// uuidOf derives 32 hexadecimal digits, as MLflow writes a UUID, from all that
// is in the package: the same model again has the same identity.
func uuidOf(draft []byte, files []File) string {
	sum := sha256.New()
	sum.Write(draft)
	for _, f := range files {
		fmt.Fprintf(sum, "%s %d %s\n", f.Digest, f.Size, f.Path)
	}
	id := sum.Sum(nil)[:16]
	id[6] = id[6]&0x0f | 0x80 // version 8: custom (RFC 9562, section 5.8)
	id[8] = id[8]&0x3f | 0x80
	return hex.EncodeToString(id)
}

// readMLmodel reads the file and holds it to what Open needs.
func readMLmodel(text []byte) (*mlmodel, error) {
	var model mlmodel
	if err := yaml.Unmarshal(text, &model); err != nil {
		return nil, fault.Errorf(fault.Invalid, "%s is not readable: %w", modelFile, err).At(modelFile)
	}
	if model.Flavors.Dasier == nil {
		return nil, fault.Errorf(fault.Invalid, "%s has no flavor \"dasier\", %s%s", modelFile, flavorList(&model.Flavors), model.Flavors.advice()).At(modelFile + ": flavors")
	}
	if format := model.Flavors.Dasier.Format; format != 1 {
		return nil, fault.Errorf(fault.Invalid, "%s: flavors.dasier.format must be 1, it is %d", modelFile, format).At(modelFile + ": flavors.dasier.format")
	}
	return &model, nil
}

func (m *mlmodel) created() (time.Time, error) {
	for _, layout := range []string{utcLayout, "2006-01-02 15:04:05"} { // Python leaves out microseconds that are 0
		if at, err := time.ParseInLocation(layout, m.Created, time.UTC); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fault.Errorf(fault.Invalid, "%s: utc_time_created must be like \"2006-01-02 15:04:05.000000\", it is %q", modelFile, m.Created).At(modelFile + ": utc_time_created")
}

// checkSignature holds the signature to the model: clients read the one, we
// serve the other.
func checkSignature(text string, spec *predict.Spec) error {
	field := modelFile + ": signature.inputs"
	var columns []columnSpec
	if err := json.Unmarshal([]byte(text), &columns); err != nil {
		return fault.Errorf(fault.Invalid, "%s: signature.inputs is not readable: %w", modelFile, err).At(field)
	}
	wanted := inputColumns(spec)
	if len(columns) != len(wanted) {
		return fault.Errorf(fault.Invalid, "%s: signature.inputs has %d columns, %s has %d inputs", modelFile, len(columns), specFile, len(wanted)).At(field)
	}
	for i, column := range columns {
		if column != wanted[i] {
			return fault.Errorf(fault.Invalid, "%s: signature.inputs[%d] is %+v, %s says %+v", modelFile, i, column, specFile, wanted[i]).At(field)
		}
	}
	return nil
}

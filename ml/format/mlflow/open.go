package mlflow

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"dasier/fault"
	"dasier/ml/format/foreign"
	"dasier/ml/predict"
)

// MemoryError is in the chain of a refusal because of the memory that a model may
// take.
type MemoryError = foreign.MemoryError

// Reading is how much memory a package may take to be read of which the model may
// take so much; 0 is any.
func Reading(memory int64) int64 { return foreign.Reading(memory) }

// reading is a package on its way in.
type reading struct {
	fsys   fs.FS
	memory int64 // that the model may take; 0: any
	most   int64 // bytes that its files may have together then; 0: any
	left   int64 // of them
}

// Open reads a package. It does not replay the reference rows: see Verify.
func Open(fsys fs.FS) (*Package, error) { return OpenWithin(fsys, 0) }

// OpenWithin is Open for a model that may take so many bytes of memory; 0 is any
// number. A package whose files are larger than any such model's, or grow to more
// when they are read (foreign.Reading), is refused with a MemoryError before memory is
// taken for it. What is read may still turn out to be larger than the bound: its
// caller measures it.
func OpenWithin(fsys fs.FS, memory int64) (*Package, error) {
	r := reading{fsys: fsys, memory: memory, most: foreign.Reading(memory), left: foreign.Reading(memory)}
	text, err := r.file(modelFile, maxModelFile)
	if err != nil {
		return nil, err
	}
	model, err := readMLmodel(text)
	if err != nil {
		return nil, err
	}
	p := &Package{
		Algorithm: model.Metadata.Algorithm, Metrics: model.Metadata.Metrics, Parity: model.Metadata.Parity, Tags: model.Metadata.Tags, RunID: model.RunID,
	}
	if p.Created, err = model.created(); err != nil {
		return nil, err
	}
	if err := checkMetrics(p.Metrics); err != nil {
		return nil, err
	}
	flavor := model.Flavors.Dasier
	if text, err = r.file(flavor.Data, maxDataFile); err != nil {
		return nil, err
	}
	if flavor.Source != "" {
		err = r.source(flavor.Source, text, p)
	} else if p.Spec, err = predict.ParseSpec(text); err != nil {
		err = inFile(flavor.Data, err)
	}
	if err != nil {
		return nil, err
	}
	if onnx := model.Flavors.ONNX; onnx != nil {
		if _, err := fs.Stat(fsys, onnx.Data); err != nil {
			return nil, fault.Errorf(fault.Invalid, "the package has no file %s", onnx.Data).At(onnx.Data)
		}
	}
	if err := checkSignature(model.Signature.Inputs, &p.Spec); err != nil {
		return nil, err
	}
	if p.Reference, err = r.reference(flavor.Reference); err != nil {
		return nil, err
	}
	if p.Profile, err = r.json(flavor.Profile); err != nil {
		return nil, err
	}
	if p.Report, err = r.json(flavor.Report); err != nil {
		return nil, err
	}
	return p, nil
}

func (r *reading) reference(name string) ([]Reference, error) {
	text, err := r.file(name, maxDataFile)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var file references
	if err := decoder.Decode(&file); err != nil {
		return nil, fault.Errorf(fault.Invalid, "%s is not readable: %w", name, err).At(name)
	}
	if file.Version != 1 {
		return nil, fault.Errorf(fault.Invalid, "%s: version must be 1, it is %d", name, file.Version).At(name + ": version")
	}
	if len(file.Rows) > maxReference {
		return nil, fault.Errorf(fault.Limited, "%s has %d rows, at most %d are allowed", name, len(file.Rows), maxReference).At(name)
	}
	return file.Rows, nil
}

// json reads an optional file; no name means none.
func (r *reading) json(name string) (json.RawMessage, error) {
	if name == "" {
		return nil, nil
	}
	text, err := r.file(name, maxDataFile)
	if err != nil {
		return nil, err
	}
	if !json.Valid(text) {
		return nil, fault.Errorf(fault.Invalid, "%s is not JSON", name).At(name)
	}
	return text, nil
}

// file reads a file of the package, whole, within a limit. The name may come from
// a stranger's MLmodel.
func (r *reading) file(name string, limit int64) ([]byte, error) {
	if !fs.ValidPath(name) || name == "." {
		return nil, fault.Errorf(fault.Invalid, "%s names the file %q, which is not inside the package", modelFile, name).At(modelFile)
	}
	file, err := r.fsys.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Errorf(fault.Invalid, "the package has no file %s", name).At(name)
	}
	if err != nil {
		return nil, fmt.Errorf("opening %s of the package: %w", name, err)
	}
	text, err := r.content(name, file, limit)
	if closing := file.Close(); err == nil && closing != nil {
		return nil, fmt.Errorf("reading %s of the package: %w", name, closing)
	}
	return text, err
}

func (r *reading) content(name string, file fs.File, limit int64) ([]byte, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("reading %s of the package: %w", name, err)
	}
	if r.left -= info.Size(); r.left < 0 && r.most > 0 {
		return nil, fault.Errorf(fault.Limited, "with %s the package's files have more: %w", name, &MemoryError{Most: r.most}).At(name)
	}
	var text bytes.Buffer
	text.Grow(int(min(max(info.Size(), 0), limit)) + bytes.MinRead) // or reading would copy it again and again
	if _, err := text.ReadFrom(io.LimitReader(file, limit+1)); err != nil {
		return nil, fmt.Errorf("reading %s of the package: %w", name, err)
	}
	if int64(text.Len()) > limit {
		return nil, fault.Errorf(fault.Limited, "%s is larger than %d bytes", name, limit).At(name)
	}
	return text.Bytes(), nil
}

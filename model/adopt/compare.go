package adopt

import (
	"encoding/json"

	"dasier/fault"
	"dasier/ml/format/foreign"
	"dasier/ml/format/mlflow"
	"dasier/ml/parity"
	"dasier/ml/predict"
)

// compared holds a model to its own system's answers and refuses one that does
// not give them; then it keeps rows for the package, of those that a client may
// send.
func compared(program *predict.Program, model *foreign.Model, text []byte) (*mlflow.Parity, []mlflow.Reference, error) {
	reference, err := parity.Parse(text)
	if err != nil {
		return nil, nil, err
	}
	options := parity.Options{Columns: model.Columns, Single: model.Single, Raw: model.Raw}
	result, err := parity.Compare(program, reference, options)
	if err != nil {
		return nil, nil, err
	}
	for _, o := range result.Outputs {
		if !o.Equal {
			return nil, nil, fault.Errorf(fault.Invalid, "reference %q: %s. The file is not read as its own system reads it, or the answers are not its own", o.Name, o.Worst).At("reference")
		}
	}
	if !result.Equal() {
		return nil, nil, fault.Errorf(fault.Invalid, "nothing of the reference can be compared: it has no answer that this model gives").At("reference")
	}
	rows, err := sendable(program, reference, model.Columns)
	if err != nil {
		return nil, nil, err
	}
	kept, err := mlflow.NewReference(program, rows)
	return &mlflow.Parity{System: model.Writer, Rows: result.Rows(), Difference: result.Largest()}, kept, err
}

// sendable are the reference's rows as JSON: those that a package may keep.
func sendable(program *predict.Program, reference *parity.Reference, columns []string) ([]json.RawMessage, error) {
	objects, err := reference.Objects(program, columns)
	if err != nil {
		return nil, err
	}
	k := newKeeper(program)
	for _, text := range objects {
		if k.full() {
			break
		}
		k.offer(text)
	}
	if len(k.rows) == 0 {
		return nil, fault.Errorf(fault.Invalid, "no row of the reference is one that a package can keep: %w", k.refused).At("reference")
	}
	return k.rows, nil
}

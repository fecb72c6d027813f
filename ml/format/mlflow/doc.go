// Package mlflow is a version's package: an MLflow model directory that
// carries a compiled model together with everything needed to serve, judge
// and explain it.
//
//	MLmodel         YAML: flavors, signature, model_uuid, metrics and tags
//	dasier.json     the model (predict.Spec): what we serve
//	model.onnx      the same model for any ONNX runtime
//	model.pkl, …    or else the model file of another system, by its own name:
//	                then dasier.json holds only what the file does not
//	reference.json  rows as JSON with the predictions they must give
//	profile.json    the profile of the training rows (optional)
//	report.json     the training report (optional)
//	README.md       the model card
//
// Flavors: "dasier" is ours; "onnx" is MLflow's own, so mlflow.onnx loads the
// package as it is. There is no python_function flavor and there are no
// requirements: nothing in a package runs code.
//
// Invariants:
//   - The same Package gives the same bytes; model_uuid is derived from them.
//   - Write never leaves a package that Open and Verify would refuse.
//   - Verify replays every reference row: a package whose predictions differ
//     from those at training time by more than 1e-9 relative is refused, with
//     the row and both numbers.
//   - Open, Unpack and Digest take bytes of strangers: sizes and counts are
//     bounded, and names cannot leave the package.
//
// The package knows no registry, project or HTTP, and does not read other
// people's MLflow models: those without a dasier flavor are refused by naming
// the flavors they have.
package mlflow

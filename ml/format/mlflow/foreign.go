package mlflow

import (
	"fmt"
	"io/fs"
	"strings"

	"go.yaml.in/yaml/v4"

	"dasier/ml/format/foreign"
)

// SourceFile is the model file of a folder that another system wrote with MLflow
// (mlflow.sklearn.log_model and the like), if it is of one that is read; empty
// for packages, and for all else.
func SourceFile(fsys fs.FS) string {
	r := reading{fsys: fsys}
	text, err := r.file(modelFile, maxModelFile)
	if err != nil {
		return ""
	}
	var model struct { // the rest may be of any form, as metadata that people log
		Flavors flavors `yaml:"flavors"`
	}
	if yaml.Unmarshal(text, &model) != nil || model.Flavors.Dasier != nil {
		return ""
	}
	name := model.Flavors.source()
	if info, err := fs.Stat(fsys, name); err != nil || !info.Mode().IsRegular() { // ValidPath is checked by Stat
		return ""
	}
	return name
}

// sources are the flavors whose model files are read, and where each says its
// file's name.
var sources = []struct{ flavor, key string }{
	{"sklearn", "pickled_model"}, {"xgboost", "data"}, {"lightgbm", "data"},
}

// source is the model file that a foreign flavor names; empty if none is read.
func (f *flavors) source() string {
	for _, s := range sources {
		if flavor, ok := f.Others[s.flavor].(map[string]any); ok {
			if name, ok := flavor[s.key].(string); ok {
				return name
			}
		}
	}
	if f.ONNX != nil {
		return f.ONNX.Data
	}
	return ""
}

// advice is what to do with a folder that is no package of ours.
func (f *flavors) advice() string {
	if name := f.source(); name != "" {
		return fmt.Sprintf(": it is another system's model, whose file %q is read by itself", name)
	}
	for _, s := range sources {
		if f.Others[s.flavor] != nil {
			return ": its flavor " + s.flavor + " does not say where the model's file is"
		}
	}
	for _, flavor := range sortedKeys(f.Others) {
		if flavor != "python_function" {
			return ": a model of " + flavor + " is not read. " + foreign.Instead(flavor)
		}
	}
	if _, own := f.Others["python_function"]; own {
		return ": it is a model with code of its own, and code is not run. Log the model that it holds with mlflow.sklearn.log_model, or one of mlflow.xgboost, mlflow.lightgbm and mlflow.onnx"
	}
	return ""
}

func flavorList(f *flavors) string {
	var names []string
	if f.ONNX != nil {
		names = append(names, "onnx")
	}
	names = append(names, sortedKeys(f.Others)...)
	if len(names) == 0 {
		return "nor any other: it is no model's"
	}
	return "only " + strings.Join(names, ", ")
}

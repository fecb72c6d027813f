// Package servetest makes small real model packages for the tests of whatever
// serves models. It is imported by tests only.
package servetest

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"testing"
	"testing/fstest"

	"dasier/ml/format/mlflow"
	"dasier/ml/frame"
	"dasier/ml/predict"
)

// Million is what a version's number adds to each of its predictions, so that
// an answer shows by itself which version it is of.
const Million = 1_000_000

// Row is a row that the model of Houses takes, with every input.
const Row = `{"Gr_Liv_Area":1500,"Lot_Area":9000,"Neighborhood":"Old_Town","Kitchen":"Good","Central_Air":true,"Sold":"2010-05-31"}`

// Houses is a linear model of house prices with an input of each kind:
//
//	version*Million + 100*Gr_Liv_Area + 2*Lot_Area + 5000 [Old_Town] - 3000 [North_Ames]
//	+ 10000 [Good kitchen] + 8000*Central_Air
//
// Only Gr_Liv_Area and Kitchen are required, and only of Kitchen an unknown
// category is an error.
func Houses(version int) predict.Spec {
	residuals := make([]float64, 99)
	for i := range residuals {
		residuals[i] = float64(i+1) * 100
	}
	return predict.Spec{
		Version: 1, Task: "regression", Target: predict.Target{Name: "Sale_Price", Unit: "USD"},
		Inputs: []predict.Input{
			{Name: "Gr_Liv_Area", Kind: frame.Number, Required: true, Unit: "sq ft", Min: 334, Max: 5642, Low: 600, High: 3000, Median: 1442, Whole: true},
			{Name: "Lot_Area", Kind: frame.Number, Min: 1300, Max: 215245, Low: 1600, High: 32000, Median: 9436},
			{Name: "Neighborhood", Kind: frame.Category, Levels: []string{"North_Ames", "Old_Town"}, Unknown: predict.UnknownIgnore, Mode: "North_Ames"},
			{Name: "Kitchen", Kind: frame.Category, Levels: []string{"Fair", "Good"}, Required: true, Unknown: predict.UnknownError, Mode: "Good"},
			{Name: "Central_Air", Kind: frame.Bool},
			{Name: "Sold", Kind: frame.Time, Min: 1136073600, Max: 1293753600},
		},
		Features: []predict.Feature{
			{Name: "Gr_Liv_Area", Input: 0, Op: "value", Impute: 1442, Scale: 1},
			{Name: "Lot_Area", Input: 1, Op: "value", Impute: 9436, Scale: 1},
			{Name: "Neighborhood=Old_Town", Input: 2, Op: "equals", Level: "Old_Town", Scale: 1},
			{Name: "Neighborhood=North_Ames", Input: 2, Op: "equals", Level: "North_Ames", Impute: 1, Scale: 1},
			{Name: "Kitchen=Good", Input: 3, Op: "equals", Level: "Good", Scale: 1},
			{Name: "Central_Air", Input: 4, Op: "value", Impute: 1, Scale: 1},
		},
		Linear: &predict.Linear{
			Bias:    float64(version) * Million,
			Weights: []float64{100, 2, 5000, -3000, 10000, 8000},
			Base:    []float64{1500, 10000, 0.1, 0.4, 0.5, 0.9},
		},
		Interval: &predict.Interval{Level: 0.9, Residuals: residuals, Coverage: 0.91, CoveredOf: 200},
	}
}

// RowPrice is what version answers to Row.
func RowPrice(version int) float64 {
	return float64(version)*Million + 100*1500 + 2*9000 + 5000 + 10000 + 8000
}

// Package is the files of a model package of spec, with Row as its reference.
func Package(tb testing.TB, spec predict.Spec) fs.FS {
	tb.Helper()
	return PackageWith(tb, spec, Row)
}

// PackageWith is Package with reference rows of the caller's.
func PackageWith(tb testing.TB, spec predict.Spec, rows ...string) fs.FS {
	tb.Helper()
	program, err := predict.Compile(spec)
	if err != nil {
		tb.Fatalf("compiling: %v", err)
	}
	texts := make([]json.RawMessage, len(rows))
	for i, row := range rows {
		texts[i] = json.RawMessage(row)
	}
	references, err := mlflow.NewReference(program, texts)
	if err != nil {
		tb.Fatalf("making reference rows: %v", err)
	}
	files, err := mlflow.Files(&mlflow.Package{Spec: spec, Algorithm: "ridge", Reference: references})
	if err != nil {
		tb.Fatalf("making the package: %v", err)
	}
	pkg := fstest.MapFS{}
	for name, text := range files {
		pkg[name] = &fstest.MapFile{Data: text, Mode: 0o644}
	}
	return pkg
}

// Broken is a package of Houses whose model is not the one that its reference
// rows were recorded with.
func Broken(tb testing.TB, version int) fs.FS {
	tb.Helper()
	broken := fstest.MapFS{}
	maps.Copy(broken, Package(tb, Houses(version)).(fstest.MapFS))
	text := fmt.Sprintf(`{"version":1,"rows":[{"row":%s,"prediction":%v}]}`, Row, RowPrice(version)+1)
	broken["reference.json"] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
	return broken
}

// Digest is the package's.
func Digest(tb testing.TB, pkg fs.FS) string {
	tb.Helper()
	digest, err := mlflow.Digest(pkg)
	if err != nil {
		tb.Fatalf("digest: %v", err)
	}
	return digest
}

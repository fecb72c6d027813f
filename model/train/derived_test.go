package train_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"dasier/fault"
	"dasier/ml/learn"
	"dasier/ml/predict"
	"dasier/model/train"
)

func TestCalibratedCandidates(t *testing.T) {
	for _, method := range []string{"sigmoid", "isotonic"} {
		recipe := "name: m\ndata: {path: rows.csv, target: left}\nsearch: {folds: 2}\ncandidates: [{forest: {trees: 10}}]\ncalibrate: " + method + "\n"
		result, err := train.Run(t.Context(), parse(t, recipe), folder(churned([2]string{"no", "yes"})), train.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if result.Spec.Answer == nil || len(result.Spec.Stages) == 0 {
			t.Errorf("%s: nothing stands behind the forest", method)
		}
		model := learn.Model{Spec: result.Spec}
		program, err := model.Compile()
		if err != nil {
			t.Fatal(err)
		}
		if !program.Explained() || result.Report.Evidence.Effects == nil {
			t.Errorf("%s: the model gives no reasons", method)
		}
		text, err := predict.MarshalSpec(result.Spec)
		if err != nil {
			t.Fatal(err)
		}
		if read, err := predict.ParseSpec(text); err != nil || len(read.Stages) != len(result.Spec.Stages) {
			t.Errorf("%s: the package cannot be read: %v", method, err)
		}
	}
}

// TestLinearCandidatesFollowCurves: with splines and a product a linear model learns
// what it could not without.
func TestLinearCandidatesFollowCurves(t *testing.T) {
	var csv strings.Builder
	csv.WriteString("x,a,b,c,y\n")
	for i := range 300 {
		x, a, b := float64(i%61)/10, float64(i%7), float64(i%11)
		fmt.Fprintf(&csv, "%g,%g,%g,%c,%g\n", x, a, b, 'p'+rune(i%2), 10*math.Sin(x)+a*b)
	}
	const recipe = "name: m\ndata: {path: rows.csv, target: y}\nsearch: {folds: 2}\ncandidates: [ridge: {alpha: 0.001}, tree: {depth: 2}]\n"
	r2 := map[string]float64{}
	for name, more := range map[string]string{"plain": "", "derived": "features: {columns: {x: {splines: 8}}, products: [[a, b]]}\n"} {
		result, err := train.Run(t.Context(), parse(t, recipe+more), folder(csv.String()), train.Config{})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range result.Report.Metrics {
			if m.Name == "r2" {
				r2[name] = m.Value
			}
		}
		if name == "derived" && (result.Report.Algorithm != "ridge" || len(result.Spec.Inputs) != 4) {
			t.Errorf("%s with %d inputs is chosen", result.Report.Algorithm, len(result.Spec.Inputs))
		}
	}
	if r2["derived"] < 0.99 || r2["plain"] > 0.95 {
		t.Errorf("r2 is %v", r2)
	}
	for more, want := range map[string]string{
		"features: {columns: {c: {splines: 5}}}\n":                 `model.yaml:5:35: the column "c" is a category, and only numbers have splines`,
		"features: {columns: {x: {splines: 5, treatment: log}}}\n": `model.yaml:5:35: the column "x" has the treatment log and splines, which are two ways of one thing`,
		"features: {products: [[x, c]]}\n":                         `model.yaml:5:27: the column "c" is a category, and only numbers have products`,
		"features: {products: [[x, d]]}\n":                         `model.yaml:5:27: rows.csv has no column "d"`,
		"features: {drop: [a], products: [[x, a]]}\n":              `model.yaml:5:38: the column "a" is no feature, so it has no part in a product`,
	} {
		_, err := train.Run(t.Context(), parse(t, recipe+more), folder(csv.String()), train.Config{})
		if err == nil || !strings.Contains(fault.Message(err), want) {
			t.Errorf("the error is %v, want %s", err, want)
		}
	}
}

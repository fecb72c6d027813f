package adopt_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dasier/ml/format/foreign"
	"dasier/ml/format/mlflow"
	"dasier/ml/parity"
	"dasier/ml/predict"
	"dasier/model/adopt"
)

const made = "../../ml/format/foreign/testdata/meta/1.2.1/"

// file reads a model file of the readers' tests.
func file(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Clean(made + name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// table makes rows that a model may get, with a target that is its own answer and
// an error; of a classifier, the class that it gives the most to, or now and then
// another.
func table(t *testing.T, model []byte, rows int, seed uint64, off float64) []byte {
	t.Helper()
	m, err := foreign.Read(model, foreign.Hint{})
	if err != nil {
		t.Fatal(err)
	}
	program, err := predict.Compile(m.Spec)
	if err != nil {
		t.Fatal(err)
	}
	draw := rand.New(rand.NewPCG(seed, 1))
	var text strings.Builder
	for _, in := range program.Inputs() {
		text.WriteString(in.Name + ",")
	}
	text.WriteString("y\n")
	row := program.NewRow()
	for range rows {
		for i := range program.Inputs() {
			x := draw.NormFloat64()
			row.SetNumber(i, x)
			fmt.Fprintf(&text, "%v,", x)
		}
		o := program.Outcome(row)
		if len(m.Spec.Classes) == 0 {
			fmt.Fprintf(&text, "%v\n", o.Prediction+off*draw.NormFloat64())
			continue
		}
		u, k := draw.Float64(), 0
		for k < len(o.Probabilities)-1 && u > o.Probabilities[k] {
			u -= o.Probabilities[k]
			k++
		}
		fmt.Fprintf(&text, "%s\n", m.Spec.Classes[k])
	}
	return []byte(text.String())
}

// kept writes a package and reads it again.
func kept(t *testing.T, p *mlflow.Package) *mlflow.Package {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "package")
	if err := mlflow.Write(folder, *p); err != nil {
		t.Fatal(err)
	}
	again, err := mlflow.Open(os.DirFS(folder))
	if err != nil {
		t.Fatal(err)
	}
	return again
}

// TestIntervals: rows that a model was not trained on give its answers intervals
// that hold the truth as often as promised, and the package keeps them.
func TestIntervals(t *testing.T) {
	model := file(t, "bundle.joblib")
	r := adopt.Request{Name: "model.joblib", File: model, Target: "y", Bare: true, Unseen: table(t, model, 900, 1, 3), UnseenName: "unseen.csv"}
	p, summary, err := adopt.Adopt(r)
	if err != nil {
		t.Fatal(err)
	}
	again := kept(t, p).Spec.Interval
	if again == nil || again.Level != 0.9 || len(again.Residuals) != 600 || again.CoveredOf != 300 {
		t.Fatalf("the package has the interval %+v", again)
	}
	if again.Coverage < 0.8 || again.Coverage > 0.98 {
		t.Errorf("90 %% intervals held for %v of 300 rows", again.Coverage)
	}
	// The error is normal with a deviation of 3: nine of ten lie within 1.645 of it.
	if half := again.Residuals[540]; half < 4 || half > 6 {
		t.Errorf("half an interval is %v wide, near 4.9 is right", half)
	}
	if want := "its 90 % intervals held for"; !strings.Contains(summary.String(), want) {
		t.Errorf("the summary is %q, want %q in it", summary, want)
	}
	if p.Spec.Interval.Coverage != again.Coverage {
		t.Errorf("the package says %v, it was %v", again.Coverage, p.Spec.Interval.Coverage)
	}
}

// TestSets: of a classifier they are sets of classes.
func TestSets(t *testing.T) {
	model := file(t, "flags.joblib")
	r := adopt.Request{Name: "m.joblib", File: model, Object: "estimators_.1", Target: "y", Bare: true, Level: 0.8, UnseenName: "unseen.csv"}
	inner, err := foreign.Read(model, foreign.Hint{Object: r.Object})
	if err != nil {
		t.Fatal(err)
	}
	if len(inner.Spec.Classes) == 0 {
		t.Fatalf("%s is no classifier", inner.Algorithm)
	}
	r.Unseen = classTable(t, inner.Spec, 600)
	p, _, err := adopt.Adopt(r)
	if err != nil {
		t.Fatal(err)
	}
	again := kept(t, p)
	if again.Source.Object != r.Object || again.Spec.Set == nil || again.Spec.Set.Level != 0.8 || again.Spec.Set.CoveredOf != 200 {
		t.Fatalf("the package has the object %q and the sets %+v", again.Source.Object, again.Spec.Set)
	}
	if c := again.Spec.Set.Coverage; c < 0.7 {
		t.Errorf("80 %% sets held for %v of 200 rows", c)
	}
}

func classTable(t *testing.T, spec predict.Spec, rows int) []byte {
	t.Helper()
	program, err := predict.Compile(spec)
	if err != nil {
		t.Fatal(err)
	}
	draw, row := rand.New(rand.NewPCG(3, 1)), program.NewRow()
	var text strings.Builder
	for _, in := range spec.Inputs {
		text.WriteString(in.Name + ",")
	}
	text.WriteString("y\n")
	for range rows {
		for i := range spec.Inputs {
			x := 3 * draw.NormFloat64()
			row.SetNumber(i, x)
			fmt.Fprintf(&text, "%v,", x)
		}
		u, k := draw.Float64(), 0
		for o := program.Outcome(row); k < len(o.Probabilities)-1 && u > o.Probabilities[k]; k++ {
			u -= o.Probabilities[k]
		}
		fmt.Fprintf(&text, "%s.0\n", spec.Classes[k]) // the same number, written otherwise
	}
	return []byte(text.String())
}

// TestRefusedPromises: what no promise can rest on is refused with what to do.
func TestRefusedPromises(t *testing.T) {
	model := file(t, "bundle.joblib")
	rows := table(t, model, 100, 1, 3)
	lines := strings.SplitAfter(string(rows), "\n")
	for name, c := range map[string]struct {
		change func(*adopt.Request)
		want   string
	}{
		"training rows": {func(r *adopt.Request) { r.Data, r.DataName = rows, "train.csv" }, "stand in train.csv too"},
		"few rows":      {func(r *adopt.Request) { r.Unseen = []byte(strings.Join(lines[:9], "")) }, "needs at least"},
		"no target":     {func(r *adopt.Request) { r.Target = "price" }, `no column "price"`},
		"a level":       {func(r *adopt.Request) { r.Level = 90 }, "between 0 and 1"},
		"no input":      {func(r *adopt.Request) { r.Unseen = []byte("a,y\n1,2\n") }, "which the model takes"},
	} {
		r := adopt.Request{Name: "m.joblib", File: model, Target: "y", Bare: true, Unseen: rows, UnseenName: "unseen.csv"}
		c.change(&r)
		if _, _, err := adopt.Adopt(r); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// TestReference: a model that answers as its own system did becomes a package
// that says so; one that does not becomes none.
func TestReference(t *testing.T) {
	text := file(t, "bundle.ref.json")
	reference, err := parity.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	r := adopt.Request{Name: "m.joblib", File: file(t, "bundle.joblib"), Target: "y", Reference: text, Metrics: []byte(`{"r2": 0.5, "mae": 2}`)}
	p, summary, err := adopt.Adopt(r)
	if err != nil {
		t.Fatal(err)
	}
	if summary.Parity == nil || summary.Parity.Rows != len(reference.Rows) || len(p.Reference) == 0 {
		t.Errorf("the summary is %q, with %d rows kept", summary, len(p.Reference))
	}
	if len(p.Metrics) != 2 || p.Metrics[0].Name != "mae" {
		t.Errorf("the metrics are %+v", p.Metrics)
	}
	r.Reference = []byte(strings.Replace(string(text), `"predict": [`, `"predict": [1e6, `, 1))
	if _, _, err := adopt.Adopt(r); err == nil {
		t.Error("a model that answers otherwise became a package")
	}
	r.Reference, r.Metrics = text, []byte("[1]")
	if _, _, err := adopt.Adopt(r); err == nil || !strings.Contains(err.Error(), "metrics") {
		t.Errorf("metrics that are none: %v", err)
	}
}

// TestRowsOfTheData: without a reference the data's rows stand for it, and the
// summary says that nobody compared.
func TestRowsOfTheData(t *testing.T) {
	model := file(t, "bundle.joblib")
	r := adopt.Request{Name: "m.joblib", File: model, Target: "y", Data: table(t, model, 300, 2, 1), DataName: "train.csv"}
	p, summary, err := adopt.Adopt(r)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Reference) != 200 || summary.Parity != nil || !strings.Contains(summary.String(), "not compared") {
		t.Errorf("%d rows are kept, and the summary is %q", len(p.Reference), summary)
	}
	if in := p.Spec.Inputs[0]; in.Min >= in.Max {
		t.Errorf("the data says nothing of the range of %q: %v to %v", in.Name, in.Min, in.Max)
	}
	r.Data = nil
	if _, _, err := adopt.Adopt(r); err == nil || !strings.Contains(err.Error(), "--reference or --data") {
		t.Errorf("a package without any row: %v", err)
	}
}

// TestWordsStayReasons: with the training rows a linear model's reasons are measured
// from their means, and those of texts from the empty text all the same.
func TestWordsStayReasons(t *testing.T) {
	model, err := os.ReadFile("../../ml/format/sklearn/testdata/text/table.pkl")
	if err != nil {
		t.Fatal(err)
	}
	r := adopt.Request{Name: "m.joblib", File: model, Target: "y", DataName: "rows.csv", Data: []byte("text,length,source,y\nFree cash in the final,22,web,spam\nsee you there,13,sms,ham\n")}
	p, _, err := adopt.Adopt(r)
	if err != nil {
		t.Fatal(err)
	}
	program, err := predict.Compile(kept(t, p).Spec)
	if err != nil {
		t.Fatal(err)
	}
	if !program.Wording() {
		t.Error("its words are no reasons")
	}
	base := program.Linears()[0].Base
	if !slices.ContainsFunc(base, func(mean float64) bool { return mean != 0 }) {
		t.Errorf("nothing is measured from the rows' means: %v", base)
	}
}

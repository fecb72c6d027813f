package mlflow_test

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
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dasier/fault"
	"dasier/ml/format/mlflow"
	"dasier/ml/predict"
	"dasier/ml/predict/spectest"
)

func sample(t testing.TB) mlflow.Package {
	t.Helper()
	spec := spectest.House(true)
	program, err := predict.Compile(spec)
	if err != nil {
		t.Fatal(err)
	}
	reference, err := mlflow.NewReference(program, []json.RawMessage{
		json.RawMessage(`{"Gr_Liv_Area":1500,"Neighborhood":"Gilbert","Central_Air":true,"Lot_Area":8500,"Bsmt_Qual":"Good","Sold":"2008-05-01","MS_SubClass":"60"}`),
		json.RawMessage(`{"Gr_Liv_Area":900,"Neighborhood":"Old_Town"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	return mlflow.Package{
		Spec: spec, Algorithm: "ridge", RunID: "7",
		Metrics:   []mlflow.Metric{{Name: "rmse", Value: 27412.5, Low: 25100, High: 29900, Level: 0.95, N: 586, Unit: "USD"}},
		Created:   time.Date(2026, 3, 4, 5, 6, 7, 890123000, time.UTC),
		Tags:      map[string]string{"commit": "5f0c", "data": "sha256:00"},
		Reference: reference,
		Profile:   json.RawMessage(`{"rows":2344}`),
		Report:    json.RawMessage(`{"folds": 5}`),
	}
}

func written(t testing.TB, p mlflow.Package) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "package")
	if err := mlflow.Write(dir, p); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	want := sample(t)
	got, err := mlflow.Open(os.DirFS(written(t, want)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&want, got); diff != "" {
		t.Error(diff)
	}
	if err := got.Verify(); err != nil {
		t.Error(err)
	}
	bare := want
	bare.Metrics, bare.Tags, bare.Profile, bare.Report, bare.RunID, bare.Algorithm = nil, nil, nil, nil, "", ""
	got, err = mlflow.Open(os.DirFS(written(t, bare)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&bare, got); diff != "" {
		t.Error(diff)
	}
}

func TestSamePackageSameBytes(t *testing.T) {
	var digests [3]string
	for i := range digests {
		p := sample(t)
		if i == 2 {
			p.Spec.Linear.Bias += 1e-12
		}
		digest, err := mlflow.Digest(os.DirFS(written(t, p)))
		if err != nil {
			t.Fatal(err)
		}
		digests[i] = digest
	}
	if digests[0] != digests[1] || digests[1] == digests[2] || !strings.HasPrefix(digests[0], "sha256:") {
		t.Errorf("digests %q", digests)
	}
}

// The text is what MLflow's own Model.load reads.
func TestMLmodel(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(written(t, sample(t)), "MLmodel"))
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "MLmodel")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(golden, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(text)); diff != "" {
		t.Errorf("UPDATE_GOLDEN=1 writes it anew, if this is meant:\n%s", diff)
	}
}

func TestWriteRefuses(t *testing.T) {
	for want, spoil := range map[string]func(*mlflow.Package){
		"features[0].scale: is 0": func(p *mlflow.Package) { p.Spec.Features[0].Scale = 0 },
		"reference.json has no rows: nothing proves that the model answers as it did when it was trained": func(p *mlflow.Package) { p.Reference = nil },
		"reference.json: row 2 is not JSON":                     func(p *mlflow.Package) { p.Reference[1].Row = json.RawMessage("{") },
		"reference.json: row 2: Neighborhood: is required":      func(p *mlflow.Package) { p.Reference[1].Row = json.RawMessage(`{"Gr_Liv_Area":1}`) },
		"profile.json is not JSON":                              func(p *mlflow.Package) { p.Profile = json.RawMessage("{") },
		"MLmodel: metadata.metrics[0]: rmse has the figure NaN": func(p *mlflow.Package) { p.Metrics[0].Low = math.NaN() },
	} {
		p := sample(t)
		spoil(&p)
		dir := filepath.Join(t.TempDir(), "package")
		err := mlflow.Write(dir, p)
		if !fault.Is(err, fault.Invalid) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: the folder was made nevertheless", want)
		}
	}
	dir := written(t, sample(t))
	if err := mlflow.Write(dir, sample(t)); !fault.Is(err, fault.Conflict) {
		t.Errorf("writing over a package: %v", err)
	}
}

func TestVerifyNamesRowAndBothNumbers(t *testing.T) {
	p := sample(t)
	right := p.Reference[1].Prediction
	p.Reference[1].Prediction = right * (1 + 1e-10)
	if err := p.Verify(); err != nil {
		t.Errorf("rounding was refused: %v", err)
	}
	p.Reference[1].Prediction = 100
	err := p.Verify()
	if !fault.Is(err, fault.Invalid) || !strings.HasPrefix(err.Error(), "reference.json: row 2: the model answers ") || !strings.Contains(err.Error(), "at training it answered 100:") {
		t.Errorf("got %v", err)
	}
}

// files gives a package's files in memory, to be spoilt.
func files(t testing.TB) fstest.MapFS {
	t.Helper()
	p := sample(t)
	made, err := mlflow.Files(&p)
	if err != nil {
		t.Fatal(err)
	}
	fsys := make(fstest.MapFS)
	for name, text := range made {
		fsys[name] = &fstest.MapFile{Data: text}
	}
	return fsys
}

func TestOpenRefuses(t *testing.T) {
	swap := func(file, old, with string) func(fstest.MapFS) {
		return func(fsys fstest.MapFS) {
			text := string(fsys[file].Data)
			if !strings.Contains(text, old) {
				t.Fatalf("%s has no %q", file, old)
			}
			fsys[file] = &fstest.MapFile{Data: []byte(strings.Replace(text, old, with, 1))}
		}
	}
	for want, spoil := range map[string]func(fstest.MapFS){
		"the package has no file MLmodel":                  func(f fstest.MapFS) { delete(f, "MLmodel") },
		"the package has no file dasier.json":              func(f fstest.MapFS) { delete(f, "dasier.json") },
		"the package has no file reference.json":           func(f fstest.MapFS) { delete(f, "reference.json") },
		"the package has no file report.json":              func(f fstest.MapFS) { delete(f, "report.json") },
		"MLmodel is not readable":                          swap("MLmodel", "flavors:", "flavors: ]"),
		`MLmodel has no flavor "dasier", only onnx, zebra`: swap("MLmodel", "    dasier:", "    zebra:"),
		"MLmodel: flavors.dasier.format must be 1":         swap("MLmodel", "format: 1", "format: 2"),
		`MLmodel names the file "../dasier.json"`:          swap("MLmodel", "data: dasier.json", "data: ../dasier.json"),
		"MLmodel: utc_time_created must be":                swap("MLmodel", "2026-03-04", "yesterday"),
		"MLmodel: signature.inputs[0] is":                  swap("MLmodel", "Gr_Liv_Area", "Area"),
		"MLmodel: signature.inputs is not readable":        swap("MLmodel", "inputs: '[", "inputs: '"),
		"dasier.json: features[0].scale: is 0":             swap("dasier.json", `"scale":505`, `"scale":0`),
		"dasier.json: the model is not readable":           swap("dasier.json", `"version"`, `"vision"`),
		"reference.json is not readable":                   swap("reference.json", `"rows"`, `"lines"`),
		"reference.json: version must be 1":                swap("reference.json", `"version":1`, `"version":9`),
		"profile.json is not JSON":                         swap("profile.json", "{", ""),
	} {
		fsys := files(t)
		spoil(fsys)
		_, err := mlflow.Open(fsys)
		if !fault.Is(err, fault.Invalid) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	foreign := files(t)
	foreign["MLmodel"] = &fstest.MapFile{Data: []byte("flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n  sklearn:\n    pickled_model: model.pkl\n")}
	if _, err := mlflow.Open(foreign); err == nil || err.Error() != `MLmodel has no flavor "dasier", only python_function, sklearn: it is another system's model, whose file "model.pkl" is read by itself` {
		t.Errorf("got %v", err)
	}
}

// A YAML bomb must be refused, not unfolded.
func TestYAMLBomb(t *testing.T) {
	var text strings.Builder
	text.WriteString("a0: &a0 [x,x,x,x,x,x,x,x,x]\n")
	for i := range 11 {
		fmt.Fprintf(&text, "a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i), 9), ","))
	}
	text.WriteString("flavors:\n  dasier: {format: 1}\n")
	fsys := files(t)
	fsys["MLmodel"] = &fstest.MapFile{Data: []byte(text.String())}
	if _, err := mlflow.Open(fsys); !fault.Is(err, fault.Invalid) {
		t.Errorf("got %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	good := files(f)
	f.Add(good["MLmodel"].Data, good["dasier.json"].Data, good["reference.json"].Data)
	f.Fuzz(func(t *testing.T, model, spec, reference []byte) {
		fsys := maps.Clone(good)
		fsys["MLmodel"] = &fstest.MapFile{Data: model}
		fsys["dasier.json"] = &fstest.MapFile{Data: spec}
		fsys["reference.json"] = &fstest.MapFile{Data: reference}
		p, err := mlflow.Open(fsys)
		if err != nil {
			return
		}
		if err := p.Verify(); err != nil {
			return
		}
		again, err := mlflow.Files(p)
		if err != nil {
			t.Fatalf("opened and verified, but not writable: %v", err)
		}
		if !bytes.Contains(again["MLmodel"], []byte("dasier:")) {
			t.Error("the flavor got lost")
		}
	})
}

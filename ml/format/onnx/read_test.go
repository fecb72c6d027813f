package onnx

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"dasier/ml/explain"
	"dasier/ml/parity"
	"dasier/ml/predict"
)

// notRows are conversions whose outputs do not follow the rows: a batch gives
// other answers than its rows one by one, or fewer.
var notRows = map[string]string{
	"clf_qda":          "labels along the wrong axis",
	"mlpr_multi":       "several targets in one long list",
	"baggingc_noproba": "labels along the wrong axis",
}

// TestRead reads every conversion as a model of columns and holds its answers,
// row by row, to ONNX Runtime's for the batch.
func TestRead(t *testing.T) {
	models, references := conversions(t)
	fused := 0
	for _, name := range slices.Sorted(maps.Keys(models)) {
		t.Run(name, func(t *testing.T) {
			want := references[name]
			m, err := Read(models[name], Hint{})
			if err != nil {
				if want.Error == "" && refused[name] == "" && notRows[name] == "" {
					t.Error(err)
				}
				return
			}
			if m.Fused {
				fused++
			}
			p, err := predict.Compile(m.Spec)
			if err != nil {
				t.Fatal(err)
			}
			if want.Error != "" {
				if !strings.Contains(want.Error, "Unknown Category") {
					t.Fatalf("it reads, ONNX Runtime says %s", want.Error)
				}
				row := p.NewRow()
				if row.SetCategory(0, "none of the categories"); !math.IsNaN(p.Outcome(row).Prediction) {
					t.Errorf("an unknown category gives %v", p.Outcome(row).Prediction)
				}
				return
			}
			r, err := parity.Parse(want.text)
			if err != nil {
				t.Fatal(err)
			}
			result, err := parity.Compare(p, r, parity.Options{Single: m.Single, Columns: m.Columns})
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range result.Outputs {
				// Scores that are no probabilities are compared by TestMachine.
				if !o.Equal || o.Skipped != "" && m.Spec.Link != predict.Decision && notRows[name] == "" {
					t.Errorf("%s: %s, largest difference %g, %d labels; %s", o.Name, o.Skipped, o.Largest, o.Labels, o.Worst)
				}
			}
		})
	}
	if fused < 60 {
		t.Errorf("only %d models can be explained", fused)
	}
	t.Logf("%d of %d are trees or linear functions of the columns", fused, len(models))
}

// TestRefusals says what is wrong and what to do instead.
func TestRefusals(t *testing.T) {
	models, _ := conversions(t)
	good := models["lin_linreg"]
	graphOf := func(nodes ...message) []byte {
		var g, m message
		for _, n := range nodes {
			g.raw(1, n)
		}
		m.number(1, 8)
		m.raw(7, g)
		m.raw(8, operatorSet("", 17))
		return m
	}
	var outside message
	outside.raw(5, append(tensorMessage("w", 1, []int64{1}, nil), 0x70, 1)) // data_location EXTERNAL
	var external message
	external.raw(7, outside)
	for _, c := range []struct {
		name string
		data []byte
		says string
	}{
		{"empty", nil, "no graph"},
		{"text", []byte("this is no model at all"), "no ONNX file"},
		{"cut", good[:len(good)/2], "cut off"},
		{"external", external, "save_as_external_data=False"},
		{"operator", graphOf(nodeMessage("Conv", "", "x", "y")), "not known"},
		{"domain", graphOf(nodeMessage("Thing", "org.example", "x", "y")), `"org.example"`},
		{"loop", graphOf(nodeMessage("Loop", "", "x", "y")), "not known"},
	} {
		_, err := Read(c.data, Hint{})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.name, err, c.says)
		}
	}
	if !Is(good) || Is([]byte("\x80\x04\x95")) || Is([]byte(`{"learner":{}}`)) || Is(nil) {
		t.Error("files are not told apart")
	}
}

func nodeMessage(op, domain, input, output string) message {
	var m message
	m.text(1, input)
	m.text(2, output)
	m.text(4, op)
	m.text(7, domain)
	return m
}

// TestColumns names columns as the hint says, or as the file does, and finds the
// levels of texts.
func TestColumns(t *testing.T) {
	models, _ := conversions(t)
	m, err := Read(models["forest_rfr"], Hint{Columns: []string{"a", "b", "c", "d", "e", "f", "g"}, Target: "price"})
	if err != nil {
		t.Fatal(err)
	}
	if m.Spec.Inputs[6].Name != "g" || m.Spec.Target.Name != "price" || !m.Fused || m.Algorithm != "TreeEnsembleRegressor" || !strings.HasPrefix(m.Writer, "skl2onnx 1.") {
		t.Errorf("%+v", m.Spec.Inputs)
	}
	if m, err = Read(models["zpipe_house_rf"], Hint{}); err != nil {
		t.Fatal(err)
	}
	levels := map[string]int{}
	for _, in := range m.Spec.Inputs {
		levels[in.Name] = len(in.Levels)
	}
	if levels["area"] != 0 || levels["district"] < 4 || levels["condition"] < 3 || levels["district"] == levels["district"]+levels["condition"] {
		t.Errorf("levels: %v", levels)
	}
}

// TestExplained: the effects of the columns of a fused model add up to its score.
func TestExplained(t *testing.T) {
	models, _ := conversions(t)
	for _, name := range []string{"forest_rfr", "lin_ridge", "forest_rfc", "clf_logreg_multi", "xgbsk_clf_bin"} {
		m, err := Read(models[name], Hint{})
		if err != nil {
			t.Fatal(err)
		}
		p, err := predict.Compile(m.Spec)
		if err != nil || !m.Fused {
			t.Fatalf("%s is not fused: %v", name, err)
		}
		row := p.NewRow()
		for i := range p.Inputs() {
			row.SetNumber(i, float64(i*i))
		}
		effects := explain.Contributions(p, row, nil)
		got := p.Outcome(row)
		sum, size := p.BaseOf(max(got.Class, 0)), 1.0
		for _, effect := range effects {
			sum, size = sum+effect.Effect, size+math.Abs(effect.Effect)
		}
		if len(effects) == 0 || !(math.Abs(sum-got.Score) <= 1e-6*size) {
			t.Errorf("%s: the effects add up to %v, the score is %v", name, sum, got.Score)
		}
	}
}

// FuzzRead: whatever the bytes, an answer comes in time and nothing panics.
func FuzzRead(f *testing.F) {
	models, _ := conversions(f)
	for _, name := range slices.Sorted(maps.Keys(models)) {
		if len(models[name]) < 4000 {
			f.Add(models[name])
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		Is(data)
		m, err := Read(data, Hint{})
		if err != nil {
			return
		}
		p, err := predict.Compile(m.Spec)
		if err != nil {
			t.Fatalf("what was read does not compile: %v", err)
		}
		row := p.NewRow()
		p.Outcome(row)
		for i := range p.Inputs() {
			row.SetNumber(i, 1.5)
		}
		p.Outcome(row)
	})
}

func BenchmarkRow(b *testing.B) {
	models, _ := conversions(b)
	for _, name := range []string{"lin_linreg", "forest_rfr", "gbr_huber", "zpipe_house_rf", "mlpr_relu", "clf_gnb", "nn_knnr"} {
		data, ok := models[name]
		if !ok {
			continue
		}
		m, err := Read(data, Hint{})
		if err != nil {
			b.Fatal(err)
		}
		specs := map[string]predict.Spec{"fast": m.Spec}
		if m.Fused {
			slow, err := unfused(data)
			if err != nil {
				b.Fatal(err)
			}
			specs["machine"] = slow
		}
		for road, spec := range specs {
			p, err := predict.Compile(spec)
			if err != nil {
				b.Fatal(err)
			}
			row := p.NewRow()
			for i := range p.Inputs() {
				row.SetNumber(i, float64(i))
			}
			b.Run(name+"/"+road, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					p.Outcome(row)
				}
			})
		}
	}
}

// unfused reads a model by the machine alone.
func unfused(data []byte) (predict.Spec, error) {
	m, err := decodeModel(data)
	if err != nil {
		return predict.Spec{}, err
	}
	machine, err := m.compile()
	if err != nil {
		return predict.Spec{}, err
	}
	a := &assembly{model: m, graph: &m.graph.graph, machine: machine, hint: Hint{Target: "prediction"}}
	err = a.assemble()
	return a.spec, err
}

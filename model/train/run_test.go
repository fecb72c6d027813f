package train_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dasier/fault"
	"dasier/ml/format/mlflow"
	"dasier/ml/predict"
	"dasier/model/train"
)

// folder is a recipe's folder with one data file.
func folder(csv string) fstest.MapFS {
	return fstest.MapFS{"rows.csv": &fstest.MapFile{Data: []byte(csv)}}
}

func parse(t testing.TB, text string) *train.Recipe {
	t.Helper()
	r, err := train.ParseRecipe("model.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// rents makes rows whose rent depends on area, zone and luck; some areas are
// missing, and every street has several rows.
func rents(n int) string {
	random := rand.New(rand.NewPCG(8, 8))
	var csv strings.Builder
	csv.WriteString("id,day,street,zone,area,lift,rent\n")
	for i := range n {
		area, zone := 20+math.Round(100*random.Float64()), random.IntN(3)
		rent := (200 + 11*area + 150*float64(zone)) * math.Exp(0.1*random.NormFloat64())
		cell := fmt.Sprint(area)
		if random.IntN(20) == 0 {
			cell = ""
		}
		fmt.Fprintf(&csv, "F%d,%s,street %d,%c,%s,%s,%.2f\n", i,
			time.Date(2020, 1, 1+i/2, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), random.IntN(n/4), 'A'+rune(zone), cell, []string{"yes", "no"}[random.IntN(2)], rent)
	}
	return csv.String()
}

const rentRecipe = `
name: rent
data: {path: rows.csv, target: rent, id: id}
target: {unit: EUR, log: true}
features: {drop: [day, street], columns: {area: {treatment: log, unit: m²}}}
candidates: [linear, {ridge: {alpha: [0.1, 1]}}]
gates: [{metric: r2, min: 0.5}, {metric: mae, max: 1}, {metric: r2, min: 0.9, by: value}]
`

func TestLongRunOnTheExample(t *testing.T) {
	r := exampleRecipe(t)
	var stages []string
	result, err := train.Run(t.Context(), r, os.DirFS(example), train.Config{Watch: func(e train.Event) {
		if !slices.Contains(stages, e.Stage) {
			stages = append(stages, e.Stage)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"read", "search", "fit", "evaluate", "explain", "profile"}, stages); diff != "" {
		t.Errorf("stages: %s", diff)
	}
	report := result.Report
	if !report.Passed || len(report.Gates) != 3 {
		t.Errorf("gates: %+v", report.Gates)
	}
	if d := report.Data; d.Rows != 2925 || d.Train+d.Calibration+d.Holdout != d.Rows || d.Digest == "" {
		t.Errorf("data: %+v", d)
	}
	total := 0.0
	for _, s := range report.Importance {
		total += s.Share
	}
	if math.Abs(total-1) > 1e-9 || report.Importance[0].Input != "Gr_Liv_Area" {
		t.Errorf("importance adds up to %g and is led by %s", total, report.Importance[0].Input)
	}
	for i, m := range report.Metrics {
		if !(m.Low <= m.Value && m.Value <= m.High) || m.N != report.Data.Holdout || m.Name == "rmse" && m.Value > 0.5*report.Baseline[i].Value {
			t.Errorf("%+v beside %+v", m, report.Baseline[i])
		}
	}
	checkPackage(t, result)
	if text := report.Text(); !strings.Contains(text, "chosen") || !strings.Contains(text, "Above-ground living area") {
		t.Error(text)
	}
}

// checkPackage writes a result as a package, opens it and replays its rows.
func checkPackage(t *testing.T, result *train.Result) {
	t.Helper()
	p, err := result.Package(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), "run", map[string]string{"commit": "abc"})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir() + "/model"
	if err := mlflow.Write(dir, *p); err != nil {
		t.Fatal(err)
	}
	opened, err := mlflow.Open(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	if err := opened.Verify(); err != nil {
		t.Error(err)
	}
	if len(opened.Reference) != 64 {
		t.Errorf("%d reference rows, want 64", len(opened.Reference))
	}
	if bytes.Contains(opened.Report, []byte("fit_seconds")) {
		t.Error("the package holds times, so it differs from run to run")
	}
}

// manyRecipe has a candidate of every kind.
const manyRecipe = `
name: rent
data: {path: rows.csv, target: rent, id: id}
target: {unit: EUR, log: true, correct_mean: true}
features: {drop: [day, street]}
candidates:
  - linear
  - ridge: {alpha: [0.1, 1]}
  - lasso
  - forest: {trees: 20}
  - boosting: {trees: {int: [10, 40]}, learning_rate: {log: [0.05, 0.2]}}
  - knn: {neighbours: 7}
  - blending: {of: [ridge, {boosting: {trees: 20}}], folds: 3}
search: {tries: 2, folds: 3}
interval: {method: cross}
`

func TestSameBytesOnAnyProcessors(t *testing.T) {
	var first []byte
	for _, processors := range []int{1, 2, 4} {
		before := runtime.GOMAXPROCS(processors)
		result, err := train.Run(t.Context(), parse(t, manyRecipe), folder(rents(300)), train.Config{})
		runtime.GOMAXPROCS(before)
		if err != nil {
			t.Fatal(err)
		}
		p, err := result.Package(time.Unix(0, 0), "", nil)
		if err != nil {
			t.Fatal(err)
		}
		spec, err := predict.MarshalSpec(p.Spec)
		if err != nil {
			t.Fatal(err)
		}
		reference, err := json.Marshal(p.Reference)
		if err != nil {
			t.Fatal(err)
		}
		all := slices.Concat(spec, p.Report, p.Profile, reference)
		if first == nil {
			first = all
		}
		if !bytes.Equal(first, all) {
			t.Errorf("%d processors give another model or report than one", processors)
		}
	}
}

func TestGates(t *testing.T) {
	result, err := train.Run(t.Context(), parse(t, rentRecipe), folder(rents(300)), train.Config{})
	if err != nil {
		t.Fatal(err)
	}
	var verdicts []train.Verdict
	for _, g := range result.Report.Gates {
		verdicts = append(verdicts, g.Verdict)
	}
	if diff := cmp.Diff([]train.Verdict{train.Pass, train.Fail, train.Fail}, verdicts); diff != "" {
		t.Errorf("%s\n%+v", diff, result.Report.Gates)
	}
	if result.Report.Passed {
		t.Error("passed with a failing gate")
	}
	// The threshold in the middle of the interval is no evidence either way.
	middle := result.Report.Gates[0].Value
	undecided, err := train.Run(t.Context(), parse(t, strings.Replace(rentRecipe, "min: 0.5", fmt.Sprintf("min: %g", middle), 1)), folder(rents(300)), train.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if got := undecided.Report.Gates[0].Verdict; got != train.Undecided {
		t.Errorf("a gate at the estimate says %q", got)
	}
}

func TestSplits(t *testing.T) {
	for name, change := range map[string][2]string{
		"random":  {"id: id}", "id: id}"},
		"grouped": {"id: id}\ntarget: {unit: EUR, log: true}\nfeatures: {drop: [day, street],", "id: id, group: street}\ntarget: {unit: EUR, log: true}\nfeatures: {drop: [day],"},
		"time":    {"id: id}\ntarget: {unit: EUR, log: true}\nfeatures: {drop: [day, street],", "id: id, time: day}\ntarget: {unit: EUR, log: true}\nfeatures: {drop: [street],"},
	} {
		text := strings.Replace(rentRecipe, change[0], change[1], 1)
		for _, calibration := range []string{"0.2", "0"} {
			r := parse(t, text+"split: {calibration: "+calibration+"}\n")
			result, err := train.Run(t.Context(), r, folder(rents(300)), train.Config{})
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			d, interval := result.Report.Data, result.Report.Interval
			if d.Split != name || d.Train+d.Calibration+d.Holdout != 300 || d.Holdout < 60 || d.Holdout > 70 {
				t.Errorf("%s: %+v", name, d)
			}
			if want := map[string]string{"0": "cross-conformal", "0.2": "split conformal"}[calibration]; interval.Method != want || interval.Share < 0.75 {
				t.Errorf("%s, calibration %s: %+v", name, calibration, interval)
			}
		}
	}
}

// Coverage over many splits is what the interval promises, within what chance
// allows.
func TestLongIntervalsKeepTheirPromise(t *testing.T) {
	covered, of := 0, 0
	data := folder(rents(300))
	for seed := range 40 {
		result, err := train.Run(t.Context(), parse(t, fmt.Sprintf("%ssplit: {seed: %d}\n", rentRecipe, seed)), data, train.Config{})
		if err != nil {
			t.Fatal(err)
		}
		covered += result.Report.Interval.Covered
		of += result.Report.Interval.Of
	}
	// Splits of the same 300 rows are dependent: the bound takes each row once.
	share, slack := float64(covered)/float64(of), 3.5*math.Sqrt(0.9*0.1/300)
	if share < 0.9-slack || share > 0.9+1.0/61+slack {
		t.Errorf("covered %.3f of %d", share, of)
	}
}

// Every method gives a model whose package promises what the report says.
func TestLongEveryIntervalMethod(t *testing.T) {
	for _, c := range []struct{ recipe, method, said string }{
		{rentRecipe, "split", "split conformal"},
		{rentRecipe, "cross", "cross-conformal"},
		{rentRecipe, "weighted", "locally weighted"},
		{rentRecipe, "quantile", "conformalized quantiles"},
		{zoneRecipe, "cross", "cross-conformal"},
		{zoneRecipe, "split", "split conformal"},
		{zoneRecipe, "adaptive", "adaptive, cross-conformal"},
	} {
		result, err := train.Run(t.Context(), parse(t, c.recipe+"interval: {level: 0.8, method: "+c.method+"}\n"), folder(rents(600)), train.Config{})
		if err != nil {
			t.Fatalf("%s: %v", c.said, err)
		}
		kept := result.Report.Interval
		if kept == nil || kept.Method != c.said || kept.Low > 0.8+0.02 || kept.High < 0.8-0.02 {
			t.Errorf("%s: %+v", c.said, kept)
			continue
		}
		program, err := predict.Compile(result.Spec)
		if err != nil {
			t.Fatal(err)
		}
		if !program.Promises(0.8) || (result.Spec.Set != nil) != (c.recipe == zoneRecipe) || (kept.Classes > 0) != (c.recipe == zoneRecipe) {
			t.Errorf("%s: the model promises something else", c.said)
		}
		checkPackage(t, result)
	}
	for recipe, method := range map[string]string{rentRecipe: "adaptive", zoneRecipe: "weighted"} {
		_, err := train.Run(t.Context(), parse(t, recipe+"interval: {method: "+method+"}\n"), folder(rents(200)), train.Config{})
		if err == nil || !strings.Contains(err.Error(), "model.yaml:") {
			t.Errorf("%s: %v", method, err)
		}
	}
}

const zoneRecipe = `
name: zone
data: {path: rows.csv, target: zone, id: id}
features: {drop: [day, street]}
candidates: [logistic]
`

func TestRunStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := train.Run(ctx, parse(t, rentRecipe), folder(rents(100)), train.Config{}); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v, want context canceled", err)
	}
}

func TestDataProblems(t *testing.T) {
	const recipe = "name: m\ndata: {path: rows.csv, target: y}\ncandidates: [linear]\n"
	var rows strings.Builder
	for i := range 100 {
		fmt.Fprintf(&rows, "%d,%c,%d\n", i%17, 'a'+rune(i%3), i)
	}
	good := "x,c,y\n" + rows.String()
	for name, test := range map[string]struct{ recipe, csv, want string }{
		"no file":                 {strings.Replace(recipe, "rows.csv", "row.csv", 1), good, `model.yaml:2:14: there is no file "row.csv" beside the recipe`},
		"no such target":          {strings.Replace(recipe, "target: y", "target: yy", 1), good, `model.yaml:2:32: rows.csv has no column "yy"; did you mean "y"?`},
		"no such drop":            {recipe + "features: {drop: [X1]}\n", good, `model.yaml:4:19: rows.csv has no column "X1"; did you mean "x"?`},
		"no such column":          {recipe + "features: {columns: {xx: {label: X}}}\n", good, `model.yaml:4:26: rows.csv has no column "xx"; did you mean "x"?`},
		"target is text":          {strings.Replace(recipe, "target: y", "target: c", 1), good, `linear cannot learn "c", which is the classes a, b, c: use one of logistic,`},
		"target is mixed":         {recipe, good + "1,a,about 5\n", `model.yaml:2:32: the column "y" is text because of values such as "about 5" in row 101, while most of its values are numbers: correct them, or list "about 5" under data.missing; or set target.task`},
		"target too large":        {recipe, good + "1,a,1e200\n", `model.yaml:2:32: the target "y" is 1e+200 in row 101, and numbers beyond 1e+100 cannot be learned`},
		"gate of a class":         {recipe + "gates: [{metric: auc, min: 0.5}]\n", good, `model.yaml:4:18: auc does not measure what is learned here, a number: judge one of rmse, `},
		"two logarithms":          {strings.Replace(recipe, "linear", "gamma", 1) + "target: {log: true}\nsplit: {seed: 1}\n", strings.ReplaceAll(good, ",0\n", ",1\n"), `model.yaml:3:14: gamma has a logarithm of its own`},
		"order":                   {recipe + "features: {columns: {c: {treatment: ordinal, order: [a, b]}}}\n", good, `model.yaml:4:53: the order leaves out the level "c"`},
		"monotone text":           {recipe + "features: {columns: {c: {monotone: increasing}}}\n", good, `model.yaml:4:36: the column "c" is text, whose levels have no order`},
		"target missing":          {recipe, good + "1,a,\n2,b,\n", `the target "y" has no value in 2 rows (first: row 101): fill them in or take the rows out of the file`},
		"target infinite":         {recipe, good + "1,a,1e999\n", "1e999"},
		"target constant":         {recipe, "x,y\n1,5\n2,5\n3,5\n", `the target "y" has the same value in every row: there is nothing to learn`},
		"no logarithm":            {recipe + "target: {log: true}\n", good, `the target "y" is 0 in row 1 and has no logarithm: set target.log to false`},
		"too few rows":            {recipe + "split: {holdout: 0.34, calibration: 0}\n", "x,y\n1,5\n2,6\n3,7\n4,8\n5,9\n6,3\n", "model.yaml:1:1: the 4 rows for training do not allow 5 folds: 4 rows cannot be cut into 5 parts: use fewer folds or more data"},
		"hardly any rows":         {recipe, "x,y\n1,5\n2,6\n", "2 rows are too few: the split leaves"},
		"no feature":              {recipe + "features: {drop: [x, c]}\n", good, "no column of rows.csv is left as a feature"},
		"all constant":            {recipe, "x,y\n" + strings.ReplaceAll(strings.Repeat("1,#\n", 50), "#", "5") + strings.Repeat("1,6\n", 50), "no feature is left: every column is dropped, empty or constant"},
		"a number, called likely": {recipe + "calibrate: sigmoid\n", good, `model.yaml:4:12: sigmoid calibration is of the probabilities of classes, and "y" is a number: take calibrate away`},
		"few to calibrate":        {recipe + "interval: {level: 0.99}\n", good, "model.yaml:4:19: an interval of level 0.99 needs at least 99 calibration rows, there are 20"},
		"rows of text":            {strings.Replace(recipe, "target: y", "target: y, rows: {c: {max: 1}}", 1), good, `the column "c" is text and has no bounds`},
		"no row":                  {strings.Replace(recipe, "target: y", "target: y, rows: {x: {min: 99}}", 1), good, "no row of rows.csv is within data.rows"},
		"target as input":         {recipe + "features: {columns: {y: {label: Y}}}\n", good, `the column "y" is the target, so it cannot be a feature`},
		"shown, dropped":          {recipe + "features: {drop: [x]}\nserve: {inputs: [x]}\n", good, `model.yaml:5:18: the column "x" is no input of the model`},
		"kind":                    {recipe + "features: {columns: {c: {kind: number}}}\n", good, "rows.csv:2:3: c: "},
		"treatment":               {recipe + "features: {columns: {c: {treatment: log}}}\n", good, `model.yaml:4:37: the column "c" is a category and cannot be treated as "log"`},
		"time is text":            {strings.Replace(recipe, "target: y", "target: y, time: c", 1), good, `the time "c" is text that cannot be read as dates`},
		"one group":               {strings.Replace(recipe, "target: y", "target: y, group: g", 1), "x,g,y\n1,a,1\n2,a,2\n3,a,3\n4,a,4\n", "are too few: the split leaves"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := train.Run(t.Context(), parse(t, test.recipe), folder(test.csv), train.Config{})
			if err == nil {
				t.Fatal("no error")
			}
			if kind := fault.KindOf(err); kind != fault.Invalid && kind != fault.Missing || !strings.Contains(fault.Message(err), test.want) {
				t.Errorf("%v: %s\nis not\n%s", kind, fault.Message(err), test.want)
			}
		})
	}
}

func TestEmptyAndConstantColumnsAreLeftOut(t *testing.T) {
	var csv strings.Builder
	csv.WriteString("x,empty,constant,y\n")
	for i := range 100 {
		fmt.Fprintf(&csv, "%d,,7,%d\n", i%13, 3*(i%13)+i%2)
	}
	result, err := train.Run(t.Context(), parse(t, "name: m\ndata: {path: rows.csv, target: y}\ncandidates: [linear]\n"), folder(csv.String()), train.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Spec.Inputs) != 1 || len(result.Report.Left) != 2 {
		t.Errorf("inputs %+v, left out %+v", result.Spec.Inputs, result.Report.Left)
	}
	for _, name := range []string{"empty", "constant"} {
		if !slices.ContainsFunc(result.Report.Warnings, func(w string) bool { return strings.Contains(w, `"`+name+`"`) }) {
			t.Errorf("no warning about %s: %q", name, result.Report.Warnings)
		}
	}
	checkSmall(t, result)
}

func checkSmall(t *testing.T, result *train.Result) {
	t.Helper()
	p, err := result.Package(time.Unix(0, 0), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Verify(); err != nil {
		t.Error(err)
	}
}

// What a held-out row holds must not reach the model: changing it changes no
// byte of the fit.
func TestHeldOutRowsDoNotLeak(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(rents(200), "\n"), "\n")
	recipe := strings.Replace(rentRecipe, "id: id}\n", "id: id, time: day}\n", 1)
	recipe = strings.Replace(recipe, "drop: [day, street]", "drop: [street]", 1)
	fit := func(lines []string) predict.Spec {
		result, err := train.Run(t.Context(), parse(t, recipe), folder(strings.Join(lines, "\n")+"\n"), train.Config{})
		if err != nil {
			t.Fatal(err)
		}
		spec := result.Spec
		spec.Interval = nil // measured on the held-out rows
		return spec
	}
	before := fit(lines)
	for i := 165; i <= 200; i++ { // the last fifth in time is held out
		cells := strings.Split(lines[i], ",")
		cells[3], cells[4], cells[6] = "NEW", "99999", "1"
		lines[i] = strings.Join(cells, ",")
	}
	if diff := cmp.Diff(before, fit(lines)); diff != "" {
		t.Errorf("held-out rows changed the model:\n%s", diff)
	}
}

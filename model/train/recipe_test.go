package train_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/prep"
	"dasier/model/train"
)

const example = "../../examples/house-prices/model"

func exampleRecipe(t testing.TB) *train.Recipe {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(example, "model.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := train.ParseRecipe("model.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// whole uses every key there is.
const whole = `
name: m
title: A model
description: What it is for.
data:
  path: rows.csv
  target: y
  id: id
  time: when
  group: street
  weight: share
  format: csv
  longitude: lon
  latitude: lat
  missing: [NA, none]
  delimiter: ";"
  rows: {area: {min: 1, max: 4000}}
target: {unit: USD, log: true, correct_mean: true, task: regression}
split: {holdout: 0.25, calibration: 0, seed: 7}
features:
  auto: false
  drop: [a, b]
  missing: indicator
  rare: 5
  columns:
    area: {kind: number, treatment: log, missing: impute, label: Area, unit: sq ft, description: Finished., required: true, monotone: increasing}
    town: {treatment: ordinal, order: [a, b], levels: 9, fill: mode}
    sold: {kind: time, treatment: date-parts, parts: [year, month-cycle]}
    notes: {treatment: text, buckets: 64}
    street: {treatment: target, smoothing: 5}
    depth: {treatment: yeo-johnson, clip: 0.01, splines: 5, monotone: decreasing}
    zone: {kind: category, treatment: one-hot, rare: 3, unknown: error}
  interactions: [[area, zone]]
  products: [[area, depth]]
candidates:
  - linear: {}
  - linear
  - ridge: {alpha: [0, 1e1]}
  - ridge: {alpha: 5}
  - ridge
  - ridge: {alpha: {log: [0.001, 1000]}}
search: {strategy: random, tries: 7, folds: 3, repeats: 2, seed: 9, metric: mae, budget: 10m, choose: simplest}
interval: {level: 0.8, method: cross}
calibrate: isotonic
gates:
  - {metric: r2, min: 0.8}
  - {metric: rmse, min: 1, max: 2.5, by: value}
serve: {inputs: [area, zone]}
`

func TestEveryKeyIsRead(t *testing.T) {
	got, err := train.ParseRecipe("model.yaml", []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	number, category, moment := frame.Number, frame.Category, frame.Time
	alpha := func(values ...any) map[string]train.Values { return map[string]train.Values{"alpha": {List: values}} }
	want := &train.Recipe{
		Name: "m", Title: "A model", Description: "What it is for.",
		Data: train.Data{
			Path: "rows.csv", Target: "y", ID: "id", Time: "when", Group: "street", Weight: "share", Format: "csv", Longitude: "lon", Latitude: "lat",
			Missing: []string{"NA", "none"}, Delimiter: ";", Rows: map[string]train.Range{"area": {Min: new(1.0), Max: new(4000.0)}},
		},
		Target: train.Target{Unit: "USD", Log: true, CorrectMean: true, Task: "regression"},
		Split:  train.Split{Holdout: 0.25, Seed: 7},
		Features: train.Features{
			Interactions: [][]string{{"area", "zone"}},
			Products:     [][]string{{"area", "depth"}},
			Drop:         []string{"a", "b"}, Missing: prep.MissingIndicator, Rare: 5,
			Columns: map[string]train.Column{
				"area":   {Kind: &number, Treatment: prep.Log, Missing: prep.MissingImpute, Label: "Area", Unit: "sq ft", Description: "Finished.", Required: true, Monotone: 1},
				"town":   {Treatment: prep.Ordinal, Order: []string{"a", "b"}, Levels: 9, Fill: prep.FillMode},
				"sold":   {Kind: &moment, Treatment: prep.Parts, Parts: []prep.Part{prep.Year, prep.MonthCycle}},
				"notes":  {Treatment: prep.Words, Buckets: 64},
				"street": {Treatment: prep.TargetMean, Smoothing: 5},
				"depth":  {Treatment: prep.Power, Clip: 0.01, Splines: 5, Monotone: -1},
				"zone":   {Kind: &category, Treatment: prep.OneHot, Rare: 3, Unknown: "error"},
			},
		},
		Candidates: []train.Candidate{
			{Algorithm: "linear"},
			{Algorithm: "linear"},
			{Algorithm: "ridge", Settings: alpha(0.0, 10.0)},
			{Algorithm: "ridge", Settings: alpha(5.0)},
			{Algorithm: "ridge", Settings: alpha(0.1, 1.0, 10.0, 100.0)},
			{Algorithm: "ridge", Settings: map[string]train.Values{"alpha": {Range: &train.Spread{Low: 0.001, High: 1000, Log: true}}}},
		},
		Calibrate: "isotonic",
		Search: train.Search{
			Strategy: "random", Tries: 7, Folds: 3, Repeats: 2, Seed: 9, Metric: "mae", Budget: 10 * time.Minute, Choose: "simplest",
		},
		Interval: train.Interval{Level: 0.8, Method: "cross"},
		Gates: []train.Gate{
			{Metric: "r2", Min: new(0.8), By: "interval"},
			{Metric: "rmse", Min: new(1.0), Max: new(2.5), By: "value"},
		},
		Serve: train.Serve{Inputs: []string{"area", "zone"}},
	}
	if diff := cmp.Diff(want, got, cmp.FilterPath(private, cmp.Ignore())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// private are the fields that carry positions.
func private(p cmp.Path) bool {
	field, ok := p.Last().(cmp.StructField)
	return ok && (field.Name() == "file" || field.Name() == "at")
}

func TestDefaults(t *testing.T) {
	r, err := train.ParseRecipe("model.yaml", []byte("name: m\ndata: {path: rows.csv, target: y}\nfeatures: auto\ncandidates: [linear]\nsplit: {seed: 3}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(train.Split{Holdout: 0.2, Calibration: 0.2, Seed: 3}, r.Split); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(train.Search{Tries: 20, Folds: 5, Repeats: 1, Seed: 3, Choose: "best"}, r.Search); diff != "" {
		t.Error(diff)
	}
	if r.Title != "m" || !r.Features.Auto || r.Interval.Level != 0.9 || r.Data.Missing != nil {
		t.Errorf("%+v", r)
	}
}

func TestRecipeProblems(t *testing.T) {
	const good = "name: m\ndata: {path: rows.csv, target: y}\ncandidates: [linear]\n"
	for name, test := range map[string]struct{ text, want string }{
		"unknown key":       {good + "serch: {folds: 3}\n", `m.yaml:4:1: unknown key "serch" in the recipe; did you mean "search"?`},
		"unknown inner key": {good + "search: {fold: 3}\n", `m.yaml:4:10: unknown key "fold" in search; did you mean "folds"?`},
		"no near key":       {good + "interval: {xyzzy: 3}\n", `m.yaml:4:12: unknown key "xyzzy" in interval: the keys are level, method`},
		"no settings":       {"name: m\ndata: {path: rows.csv, target: y}\ncandidates: [{linear: {alpha: 1}}]\n", `m.yaml:3:24: unknown key "alpha" in candidates[0].linear: it has no settings`},
		"key twice":         {good + "name: n\n", `m.yaml:4:1: the key "name" stands twice`},
		"no name":           {"data: {path: rows.csv, target: y}\ncandidates: [linear]\n", "m.yaml:1:1: the recipe has no name: add it, such as name: house-price"},
		"no target":         {"name: m\ndata: {path: rows.csv}\ncandidates: [linear]\n", "m.yaml:1:1: the recipe has no data.target: add it, such as data: {target: price}"},
		"bad name":          {strings.Replace(good, "name: m", "name: a/b", 1), `m.yaml:1:7: name "a/b" must have 1 to 100 letters`},
		"path out":          {strings.Replace(good, "rows.csv", "../rows.csv", 1), `m.yaml:2:14: data.path "../rows.csv" must be a file below the folder of the recipe`},
		"wrong type":        {good + "target: {log: maybe}\n", `m.yaml:4:15: target.log must be true or false, it is "maybe"`},
		"not a mapping":     {good + "split: 0.2\n", `m.yaml:4:8: split must be a mapping of keys to values, it is "0.2"`},
		"not a list":        {good + "gates: {metric: r2}\n", "m.yaml:4:8: gates must be a list, it is a mapping"},
		"out of bounds":     {good + "split: {holdout: 1.5}\n", "m.yaml:4:18: split.holdout must be above 0 and below 1, it is 1.5"},
		"nothing left":      {good + "split: {holdout: 0.6, calibration: 0.5}\n", "m.yaml:4:8: split.holdout and split.calibration leave no rows to train on"},
		"folds":             {good + "search: {folds: 1}\n", "m.yaml:4:17: search.folds must be a whole number from 2 to 100, it is 1"},
		"seed":              {good + "split: {seed: -1}\n", `m.yaml:4:15: split.seed must be a whole number of at least 0, it is "-1"`},
		"metric":            {good + "search: {metric: rsme}\n", `m.yaml:4:18: search.metric cannot be "rsme"; did you mean "rmse"?`},
		"no metric":         {good + "search: {metric: wonder}\n", `m.yaml:4:18: search.metric cannot be "wonder" (for numbers one of rmse, mae, `},
		"metric of classes": {good + "target: {task: classification}\nsearch: {metric: rsme}\n", `m.yaml:5:18: search.metric cannot be "rsme" (one of log_loss, auc, `},
		"metric of a gate":  {good + "gates:\n  - {metric: covrage, min: 0.8}\n", `m.yaml:5:14: gates[0].metric cannot be "covrage"; did you mean "coverage"?`},
		"gate upside down":  {good + "gates: [{metric: r2, min: 0.9, max: 0.1}]\n", `m.yaml:4:9: gates[0]: min is above max, so no model holds it`},
		"grid of a range":   {"search: {strategy: grid}\n" + strings.Replace(good, "[linear]", "[ridge: {alpha: {log: [1, 2]}}]", 1), `m.yaml:1:20: a grid tries every value of a list, and alpha of ridge is a range`},
		"gate":              {good + "gates: [{metric: r2}]\n", "m.yaml:4:9: a gate needs a metric and a min or a max, such as {metric: r2, min: 0.8}"},
		"algorithm":         {"name: m\ndata: {path: rows.csv, target: y}\ncandidates: [rigde]\n", `m.yaml:3:14: candidates[0] cannot be "rigde"; did you mean "ridge"?`},
		"treatment":         {good + "features: {columns: {a: {treatment: onehot}}}\n", `m.yaml:4:37: features.columns.a.treatment: no treatment "onehot": use one of auto, drop, scale`},
		"kind":              {good + "features: {columns: {a: {kind: text}}}\n", `m.yaml:4:32: features.columns.a.kind: no column kind "text"`},
		"dropped, listed":   {good + "features: {drop: [a], columns: {a: {label: A}}}\n", `m.yaml:4:19: the column "a" is dropped here and described under columns: decide for one`},
		"alpha":             {"name: m\ndata: {path: rows.csv, target: y}\ncandidates: [{ridge: {alpha: [1, -2]}}]\n", "m.yaml:3:34: candidates[0].ridge.alpha[1] must be at least 0, it is -2"},
		"alpha range":       {"name: m\ndata: {path: rows.csv, target: y}\ncandidates: [{ridge: {alpha: {log: [0, 2]}}}]\n", "m.yaml:3:36: candidates[0].ridge.alpha.log: orders of magnitude begin above 0"},
		"range of a grid":   {good[:len(good)-len("candidates: [linear]\n")] + "candidates: [{ridge: {alpha: {range: [0, 2]}}}]\nsearch: {strategy: grid}\n", "m.yaml:4:20: a grid tries every value of a list, and alpha of ridge is a range"},
		"unknown range":     {"name: m\ndata: {path: rows.csv, target: y}\ncandidates: [{ridge: {alpha: {lg: [1, 2]}}}]\n", `m.yaml:3:31: unknown key "lg" in candidates[0].ridge.alpha; did you mean "log"?`},
		"value twice":       {"name: m\ndata: {path: rows.csv, target: y}\ncandidates: [{ridge: {alpha: [1, 1.0]}}]\n", "m.yaml:3:34: candidates[0].ridge.alpha: the value 1 stands twice"},
		"two origins":       {strings.Replace(good, "path: rows.csv", "path: rows.csv, query: SELECT 1, database: x", 1), "m.yaml:2:31: the rows come from one place: keep data.path or data.query"},
		"no checksum":       {strings.Replace(good, "path: rows.csv", "url: https://example.org/rows.csv", 1), "m.yaml:2:13: data.url needs data.sha256"},
		"bad address":       {strings.Replace(good, "path: rows.csv", "url: rows.csv", 1), `data.url "rows.csv" must be an address`},
		"no database":       {strings.Replace(good, "path: rows.csv", "query: SELECT 1", 1), "m.yaml:2:15: data.query needs data.database"},
		"log and power":     {good + "target: {log: true, power: yeo-johnson}\n", "m.yaml:4:28: target.log and target.power are two ways of one thing"},
		"nothing corrected": {good + "target: {correct_mean: true}\n", "m.yaml:4:24: target.correct_mean corrects what target.log or target.power bends"},
		"log of classes":    {good + "target: {task: classification, log: true}\n", "m.yaml:4:16: classes have no logarithm"},
		"no calibration":    {good + "split: {calibration: 0}\ninterval: {method: split}\n", "m.yaml:5:20: interval.method split needs calibration rows"},
		"budget":            {good + "search: {budget: 10}\n", `m.yaml:4:18: search.budget must be a time above 0, such as 90s, 10m or 1h30m, it is "10"`},
		"interactions":      {good + "features: {interactions: [area]}\n", "features.interactions[0] must be a list of at least two columns"},
		"rows":              {"name: m\ndata: {path: rows.csv, target: y, rows: {a: {min: 2, max: 1}}}\ncandidates: [linear]\n", "m.yaml:2:45: data.rows.a: min is above max, so no row is left"},
		"empty":             {"# nothing\n", "m.yaml:1:1: the recipe is empty"},
		"syntax":            {"name: m\n\tdata: x\n", "m.yaml:2:1: not valid YAML:"},
		"two documents":     {good + "---\nname: n\n", "one recipe is one document"},
		"not UTF-8":         {"name: \xff\n", "m.yaml:1:1: the recipe is not UTF-8 text"},
		"merge key":         {good + "<<: {title: x}\n", "m.yaml:4:1: the recipe: a key must be plain text here"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := train.ParseRecipe("m.yaml", []byte(test.text))
			if err == nil {
				t.Fatal("no error")
			}
			if !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Message(err), test.want) {
				t.Errorf("%s\nis not\n%s", fault.Message(err), test.want)
			}
			var problems train.Problems
			if !errors.As(err, &problems) || len(problems) == 0 || problems[0].Position.Line < 1 {
				t.Errorf("no problems with positions in %#v", err)
			}
		})
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	_, err := train.ParseRecipe("m.yaml", []byte("nam: m\ndata: {path: rows.csv, target: y}\nsplit: {seed: x}\ninterval: {level: 2}\n"))
	var problems train.Problems
	if !errors.As(err, &problems) || len(problems) != 4 {
		t.Errorf("%v", err)
	}
	if !slices.IsSortedFunc(problems, func(a, b train.Problem) int { return a.Position.Line - b.Position.Line }) {
		t.Errorf("not in the order of the file:\n%v", err)
	}
}

// walk lists "path.key" for every key that the schema, which is part of a whole,
// allows.
func walk(whole, schema map[string]any, path string, into map[string]bool) {
	if ref, ok := schema["$ref"].(string); ok {
		schema = referred(whole, ref)
	}
	for _, name := range []string{"oneOf", "anyOf"} {
		alternatives, _ := schema[name].([]any)
		for _, a := range alternatives {
			walk(whole, a.(map[string]any), path, into)
		}
	}
	if items, ok := schema["items"].(map[string]any); ok {
		walk(whole, items, path+"[]", into)
	}
	if others, ok := schema["additionalProperties"].(map[string]any); ok {
		walk(whole, others, path+".*", into)
	}
	properties, _ := schema["properties"].(map[string]any)
	for key, of := range properties {
		at := strings.TrimPrefix(path+"."+key, ".")
		into[at] = true
		walk(whole, of.(map[string]any), at, into)
	}
}

func TestSchemaHasTheKeysOfTheParser(t *testing.T) {
	var schema map[string]any
	if err := json.Unmarshal(train.Schema, &schema); err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	walk(schema, schema, "", got)
	want := map[string]bool{}
	for section, keys := range train.Keys() {
		for _, key := range keys {
			want[strings.TrimPrefix(section+"."+key, ".")] = true
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("(-parser +schema):\n%s", diff)
	}
}

var update = flag.Bool("update", false, "write the generated part of schema.json")

func TestSchemaListsTheAlgorithms(t *testing.T) {
	want, err := train.WithCandidates(train.Schema)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("schema.json", want, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if len(want) > 100_000 {
		t.Errorf("the schema has %d bytes: an editor loads it for every recipe", len(want))
	}
	if !bytes.Equal(want, train.Schema) {
		t.Error("schema.json is behind the table of algorithms: go test ./model/train -run Schema -update")
	}
}

func TestDocumentationListsTheAlgorithms(t *testing.T) {
	text, err := os.ReadFile("../../docs/use/recipes.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), train.Algorithms()) {
		t.Errorf("docs/use/recipes.md should have the table\n%s", train.Algorithms())
	}
}

func TestSchemaAcceptsTheExampleAndRefusesMistakes(t *testing.T) {
	var schema map[string]any
	if err := json.Unmarshal(train.Schema, &schema); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(example, "model.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	accepts := func(text []byte) error {
		var value any
		if err := yaml.Unmarshal(text, &value); err != nil {
			t.Fatal(err)
		}
		return validate(schema, schema, value, "")
	}
	for _, good := range []string{string(text), whole} {
		if err := accepts([]byte(good)); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{
		strings.Replace(whole, "folds: 3", "fold: 3", 1),
		strings.Replace(whole, "folds: 3", "folds: 1", 1),
		strings.Replace(whole, "name: m", "name: a/b", 1),
		strings.Replace(whole, "treatment: log", "treatment: square", 1),
		strings.Replace(whole, "  - linear\n", "  - boost\n", 1),
		strings.Replace(whole, "  - linear\n", "  - ridge: {alpha: -1}\n", 1),
		strings.Replace(whole, "  - linear\n", "  - ridge: {alpha: [1, 1]}\n", 1),
		strings.Replace(whole, "  - linear\n", "  - ridge: {lambda: 1}\n", 1),
		strings.Replace(whole, "  - linear\n", "  - forest: {trees: 1.5}\n", 1),
		strings.Replace(whole, "  - linear\n", "  - stacking: {of: [linear]}\n", 1),
		strings.Replace(whole, "  - linear\n", "  - stacking: {of: [linear, blending]}\n", 1),
		strings.Replace(whole, "{metric: r2, min: 0.8}", "{metric: r2}", 1),
		"name: m\n",
	} {
		if accepts([]byte(bad)) == nil {
			t.Errorf("the schema accepts\n%s", bad)
		}
	}
}

func TestExampleRecipe(t *testing.T) {
	if err := train.Check(t.Context(), exampleRecipe(t), os.DirFS(example), nil); err != nil {
		t.Error(err)
	}
}

func FuzzParseRecipe(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte("name: m\ndata: {path: rows.csv, target: y}\ncandidates: [linear]\n"))
	f.Add([]byte("a: &a [*a]\n"))
	f.Add([]byte("gates: [[[{}]]]\nfeatures: {columns: [1]}\n"))
	f.Add([]byte("data: {<<: {path: x}, ? [a]: b}\nname: !!binary x\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := train.ParseRecipe("m.yaml", text)
		switch {
		case err == nil && (r.Name == "" || r.Split.Holdout <= 0 || r.Split.Holdout+r.Split.Calibration >= 1):
			t.Errorf("accepted %+v", r)
		case err != nil && !fault.Is(err, fault.Invalid):
			t.Errorf("not a fault of the recipe: %v", err)
		}
	})
}

// Command parity cross-validates our linear models on a table for
// bench/parity_ridge.py, which does the same with scikit-learn on the same folds
// and compares.
//
// Every column but the target is a feature: numbers are imputed with the median
// and standardised, everything else is one-hot encoded; all of it is learned
// inside each fold. It prints one JSON object: per model the RMSE and R² of each
// fold.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/linear"
	"dasier/ml/metric"
	"dasier/ml/prep"
	"dasier/ml/search"
)

func main() {
	data := flag.String("data", "", "CSV file")
	target := flag.String("target", "", "column to predict")
	foldFile := flag.String("folds", "", "CSV file with one column, the fold of each row")
	drop := flag.String("drop", "", "columns to leave out, separated by commas")
	text := flag.String("text", "", "columns of codes to read as text, separated by commas")
	missing := flag.String("missing", "", "spelling of a missing value besides the empty field")
	alpha := flag.Float64("alpha", 10, "penalty of ridge")
	flag.Parse()
	scores, err := run(*data, *target, *foldFile, strings.Split(*drop, ","), strings.Split(*text, ","), *missing, *alpha)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(scores)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "parity:", err)
		os.Exit(1)
	}
}

// scores are the figures of one model, fold by fold.
type scores struct {
	RMSE    []float64 `json:"rmse"`
	R2      []float64 `json:"r2"`
	Seconds float64   `json:"seconds"` // of preparing and fitting all folds
}

func run(data, target, foldFile string, drop, text []string, missing string, alpha float64) (map[string]*scores, error) {
	cfg := frame.CSVConfig{Missing: []string{missing}, Kinds: map[string]frame.Kind{}}
	for _, name := range text {
		cfg.Kinds[name] = frame.Category
	}
	inputs, y, err := read(data, target, drop, cfg)
	if err != nil {
		return nil, err
	}
	folds, err := readFolds(foldFile)
	if err != nil {
		return nil, err
	}
	results := map[string]*scores{"ridge": {}, "linear": {}}
	for _, fold := range folds {
		if err := score(inputs, y, fold, alpha, results); err != nil {
			return nil, err
		}
	}
	return results, nil
}

// read makes every column that is no number a category, as pandas and
// OneHotEncoder see it.
func read(data, target string, drop []string, cfg frame.CSVConfig) (*frame.Frame, []float64, error) {
	all, err := frame.ReadCSVFile(data, cfg)
	if err != nil {
		return nil, nil, err
	}
	for _, c := range all.Columns() {
		if c.Kind != frame.Number {
			cfg.Kinds[c.Name] = frame.Category
		}
	}
	if all, err = frame.ReadCSVFile(data, cfg); err != nil {
		return nil, nil, err
	}
	y, ok := all.Column(target)
	if !ok {
		return nil, nil, fmt.Errorf("no column %q", target)
	}
	var names []string
	for _, c := range all.Columns() {
		if c.Name != target && !slices.Contains(drop, c.Name) {
			names = append(names, c.Name)
		}
	}
	inputs, err := all.Select(names...)
	return inputs, y.Numbers().Floats(), err
}

func readFolds(name string) ([]search.Fold, error) {
	f, err := frame.ReadCSVFile(name, frame.CSVConfig{})
	if err != nil {
		return nil, err
	}
	values := f.Columns()[0].Numbers()
	assigned := make([]int, values.Len())
	for i, v := range values.All() {
		if v != math.Trunc(v) {
			return nil, fmt.Errorf("row %d has the fold %g", i+1, v)
		}
		assigned[i] = int(v)
	}
	return search.Assigned(assigned)
}

func score(inputs *frame.Frame, y []float64, fold search.Fold, alpha float64, results map[string]*scores) error {
	start := time.Now()
	train := inputs.Take(fold.Train)
	p, err := prep.Fit(train, learn.Target{}, prep.Config{})
	if err != nil {
		return err
	}
	design, err := p.Design(train)
	if err != nil {
		return err
	}
	d, err := linear.Decompose(design, pick(y, fold.Train))
	if err != nil {
		return err
	}
	ridge, err := d.Ridge(alpha)
	if err != nil {
		return err
	}
	models := map[string]*linear.Model{"ridge": ridge, "linear": d.LeastSquares()}
	seconds := time.Since(start).Seconds()
	test, err := p.Design(inputs.Take(fold.Test))
	if err != nil {
		return err
	}
	truth := pick(y, fold.Test)
	for _, m := range metric.All {
		for name, model := range models {
			value := m.Of(truth, model.Predict(test))
			switch m.Name {
			case "rmse":
				results[name].RMSE = append(results[name].RMSE, value)
				results[name].Seconds += seconds
			case "r2":
				results[name].R2 = append(results[name].R2, value)
			}
		}
	}
	return nil
}

func pick(values []float64, rows []int) []float64 {
	picked := make([]float64, len(rows))
	for i, row := range rows {
		picked[i] = values[row]
	}
	return picked
}

package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/predict"
	"dasier/ml/prep"
)

// table is features and target with the fold of each row, or with test rows.
type table struct {
	features, test *frame.Frame
	y, testY       []float64
	folds          []int
}

func readTable(data, folder string) (*table, error) {
	if data == "million" {
		t := &table{}
		var err error
		if t.features, t.y, err = readMillion(folder, "train"); err != nil {
			return nil, err
		}
		t.test, t.testY, err = readMillion(folder, "test")
		return t, err
	}
	cfg, target, drop := frame.CSVConfig{Missing: []string{}}, "MedHouseVal", []string{}
	if data == "ames" {
		cfg = frame.CSVConfig{Missing: []string{"NA"}, Kinds: map[string]frame.Kind{"MS SubClass": frame.Category}}
		target, drop = "SalePrice", []string{"Order", "PID"}
	}
	all, err := frame.ReadCSVFile(filepath.Join(folder, data+".csv"), cfg)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, c := range all.Columns() {
		if c.Name != target && !slices.Contains(drop, c.Name) {
			names = append(names, c.Name)
		}
	}
	t := &table{}
	if t.features, err = all.Select(names...); err != nil {
		return nil, err
	}
	y, ok := all.Column(target)
	if !ok {
		return nil, fmt.Errorf("%s has no column %s", data, target)
	}
	t.y = y.Numbers().Floats()
	t.folds, err = readFolds(filepath.Join(folder, "folds_"+data+".csv"))
	return t, err
}

func readFolds(file string) ([]int, error) {
	in, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }() // only read from
	records, err := csv.NewReader(in).ReadAll()
	if err != nil {
		return nil, err
	}
	folds := make([]int, len(records)-1)
	for i := range folds {
		if folds[i], err = strconv.Atoi(records[i+1][0]); err != nil {
			return nil, err
		}
	}
	return folds, nil
}

// classes makes a choice of the target: above its median or not.
func (t *table) classes() {
	sorted := slices.Clone(t.y)
	slices.Sort(sorted)
	n := len(sorted)
	median := (sorted[(n-1)/2] + sorted[n/2]) / 2
	above := func(y []float64) []float64 {
		codes := make([]float64, len(y))
		for i, v := range y {
			if v > median {
				codes[i] = 1
			}
		}
		return codes
	}
	t.y, t.testY = above(t.y), above(t.testY)
}

// indicators makes of every category what peers that know none are given: a
// number per level, missing ones being a level, and medians for missing numbers.
func indicators(f *frame.Frame) (func(*frame.Frame) (*frame.Frame, error), error) {
	cfg := prep.Config{Columns: map[string]prep.Column{}}
	for _, c := range f.Columns() {
		if c.Kind != frame.Category {
			cfg.Columns[c.Name] = prep.Column{Treatment: prep.Plain}
		}
	}
	p, err := prep.Fit(f, learn.Target{Task: predict.TaskRegression}, cfg)
	if err != nil {
		return nil, err
	}
	return func(f *frame.Frame) (*frame.Frame, error) {
		design, err := p.Design(f)
		if err != nil {
			return nil, err
		}
		columns := make([]*frame.Column, design.Cols)
		for j, feature := range p.Features() {
			values := make([]float64, design.Rows)
			for i := range values {
				values[i] = design.Data[i*design.Cols+j]
			}
			columns[j] = &frame.Column{Name: feature.Name, Kind: frame.Number, Values: values}
		}
		return frame.New(columns...)
	}, nil
}

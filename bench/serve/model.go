package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"dasier/ml/format/mlflow"
	"dasier/ml/frame"
	"dasier/ml/predict"
	"dasier/model/train"
)

// example is the trained model with what it was trained on.
type example struct {
	folder  string // the package
	data    string // the CSV file
	program *predict.Program
}

// learn trains the example's recipe and writes the package.
func learn(ctx context.Context, folder, into string) (*example, error) {
	name := filepath.Join(folder, "model.yaml")
	text, err := os.ReadFile(name) // #nosec G304 -- the caller's recipe
	if err != nil {
		return nil, fmt.Errorf("reading the recipe: %w", err)
	}
	recipe, err := train.ParseRecipe(name, text)
	if err != nil {
		return nil, err
	}
	result, err := train.Run(ctx, recipe, os.DirFS(folder), train.Config{})
	if err != nil {
		return nil, err
	}
	pkg, err := result.Package(time.Unix(0, 0).UTC(), "", nil)
	if err != nil {
		return nil, err
	}
	if err := mlflow.Write(into, *pkg); err != nil {
		return nil, err
	}
	program, err := pkg.Program()
	if err != nil {
		return nil, err
	}
	return &example{folder: into, data: filepath.Join(folder, recipe.Data.Path), program: program}, nil
}

const bodyCount = 256

// writeBodies writes rows of the data, spread evenly, as request bodies: every
// input in the file's order, numbers as numbers, the rest as text.
func writeBodies(m *example, into string) ([]string, error) {
	file, err := os.Open(m.data)
	if err != nil {
		return nil, fmt.Errorf("reading the data: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	records, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("reading the data: %w", err)
	}
	header, records := records[0], records[1:]
	var bodies []string
	for n := range bodyCount {
		body, err := bodyOf(m.program, header, records[n*len(records)/bodyCount])
		if err != nil {
			return nil, err
		}
		bodies = append(bodies, body)
	}
	if err := os.WriteFile(into, []byte(strings.Join(bodies, "\n")+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("writing the requests: %w", err)
	}
	return bodies, nil
}

func bodyOf(program *predict.Program, header, record []string) (string, error) {
	var fields []string
	for k, name := range header {
		i, ok := program.InputIndex(name)
		if !ok {
			continue
		}
		var value any = record[k]
		if program.Inputs()[i].Kind == frame.Number {
			x, err := strconv.ParseFloat(record[k], 64)
			if err != nil {
				return "", fmt.Errorf("column %s: %w", name, err)
			}
			value = x
		}
		text, err := json.Marshal(value)
		if err != nil {
			return "", fmt.Errorf("writing a request: %w", err)
		}
		fields = append(fields, strconv.Quote(name)+":"+string(text))
	}
	return "{" + strings.Join(fields, ",") + "}", nil
}

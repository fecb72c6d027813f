package serve

import (
	"encoding/json"
	"fmt"
	"io/fs"

	"github.com/valyala/fastjson"

	"dasier/ml/explain"
	"dasier/ml/format/mlflow"
	"dasier/ml/predict"
	"dasier/ml/rowjson"
)

// sampledRows is how many reference rows the importance of inputs is measured
// on: it is for sorting a form, not for science.
const sampledRows = 200

// readModel reads a package and refuses one that does not answer as it did in
// training; the refusal names the row and both numbers.
func readModel(pkg fs.FS) (*model, error) {
	p, err := mlflow.Open(pkg)
	if err != nil {
		return nil, err
	}
	if err := p.Verify(); err != nil {
		return nil, err
	}
	program, err := p.Program()
	if err != nil {
		return nil, err
	}
	m := &model{program: program, example: p.Reference[0].Row, page: readPage(p.Report)}
	if m.importance, err = importance(program, p.Reference); err != nil {
		return nil, err
	}
	return m, nil
}

// readPage finds the page's words in a report of ours. A package of another
// writer may have a report of another form, or none: then there are no words.
func readPage(report json.RawMessage) Page {
	var said struct {
		Title string   `json:"title"`
		Form  []string `json:"form"`
	}
	if json.Unmarshal(report, &said) != nil {
		return Page{}
	}
	return Page{Title: said.Title, Form: said.Form}
}

// sampled is how many rows importance is measured on. Explaining many trees
// takes a while per row, and a deployment waits for it.
func sampled(program *predict.Program) int {
	const nodes = 2_000_000 // explained at once, at most
	if f := program.Forest(); f != nil {
		_, n := f.Size()
		return min(max(nodes/(n+1), 5), sampledRows)
	}
	return sampledRows
}

func importance(program *predict.Program, references []mlflow.Reference) ([]float64, error) {
	var parser fastjson.Parser
	rows := make([]*predict.Row, 0, sampledRows)
	for _, reference := range references[:min(len(references), sampled(program))] {
		value, err := parser.ParseBytes(reference.Row)
		if err != nil {
			return nil, fmt.Errorf("reading a reference row: %w", err)
		}
		row := program.NewRow()
		if err := rowjson.Decode(value, program, row, nil); err != nil {
			return nil, fmt.Errorf("reading a reference row: %w", err)
		}
		rows = append(rows, row)
	}
	return explain.Importance(program, rows), nil
}

package serve

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"time"

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
	rows, err := sample(program, p.Reference)
	if err != nil {
		return nil, err
	}
	m.importance, m.pace = explain.Importance(program, rows), paceOf(program, rows)
	m.memory, m.scratch = bytesOf(program)+bytesOf(m.example), scratchOf(program)
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
	const multiplications = 20_000_000 // at once, at most
	return min(explain.Affordable(program, multiplications, 5), sampledRows)
}

func sample(program *predict.Program, references []mlflow.Reference) ([]*predict.Row, error) {
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
	return rows, nil
}

// paceOf is how long a row takes. Other work on the machine makes it longer,
// which matters little: it is for telling milliseconds from microseconds.
func paceOf(program *predict.Program, rows []*predict.Row) time.Duration {
	const enough = 20 * time.Millisecond
	begun, n := time.Now(), 0
	for _, row := range rows {
		program.Predict(row)
		if n++; time.Since(begun) > enough {
			break
		}
	}
	return time.Since(begun) / time.Duration(max(n, 1))
}

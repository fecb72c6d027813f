package serve

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
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
// training; the refusal names the row and both numbers. Of a model for which
// there is room, that is: what is seen to take more bytes than room, 0 being any
// number, is refused with an *overweight before that is done.
func readModel(pkg fs.FS, room int64) (*model, error) {
	p, err := mlflow.OpenWithin(pkg, room)
	if heavy, ok := errors.AsType[*mlflow.MemoryError](err); ok {
		return nil, &overweight{reading: heavy.Most}
	}
	if err != nil {
		return nil, err
	}
	program, err := p.Program()
	if err != nil {
		return nil, err
	}
	taken := bytesOf(program)
	if room > 0 && taken > room {
		return nil, &overweight{bytes: taken}
	}
	if err := p.Replay(program); err != nil {
		return nil, err
	}
	m := &model{program: program, example: p.Reference[0].Row, page: readPage(p.Report)}
	rows, err := sample(program, p.Reference)
	if err != nil {
		return nil, err
	}
	m.importance, m.pace = explain.Importance(program, rows), paceOf(program, rows)
	m.memory, m.scratch = taken+bytesOf(m.example), scratchOf(program)
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

// paceOf is how long a row takes, the one in the middle of those that were measured:
// the machine may do something else while one is, and a model must not be held for a
// slow one by that as long as it serves; nor for a quick one by a row that is empty.
func paceOf(program *predict.Program, rows []*predict.Row) time.Duration {
	return middle(len(rows), func(i int) { program.Predict(rows[i]) }, time.Now)
}

// middle measures each of n acts, or as many as there is time for, and a few at
// least.
func middle(n int, act func(int), now func() time.Time) time.Duration {
	const enough, fewest = 20 * time.Millisecond, 3
	if n == 0 {
		return 0
	}
	var took []time.Duration
	begun := now()
	for from := begun; len(took) < max(n, fewest); {
		act(len(took) % n)
		to := now()
		took = append(took, to.Sub(from))
		if len(took) >= fewest && to.Sub(begun) > enough {
			break
		}
		from = to
	}
	slices.Sort(took)
	return took[len(took)/2]
}

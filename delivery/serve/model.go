package serve

import (
	"encoding/json"
	"errors"
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

// paceOf is how long a row takes, by the quickest of them: whatever else the
// machine does makes one longer, and a model that was measured in such a moment
// would be held for a slow one as long as it serves.
func paceOf(program *predict.Program, rows []*predict.Row) time.Duration {
	return quickest(len(rows), func(i int) { program.Predict(rows[i]) }, time.Now)
}

// quickest measures each of n acts, or as many as there is time for, and a few at
// least.
func quickest(n int, act func(int), now func() time.Time) time.Duration {
	const enough, fewest = 20 * time.Millisecond, 3
	least := time.Duration(0)
	begun := now()
	for i, from := 0, begun; i < max(n, fewest) && n > 0; i++ {
		act(i % n)
		to := now()
		if took := to.Sub(from); i == 0 || took < least {
			least = took
		}
		if i+1 >= fewest && to.Sub(begun) > enough {
			break
		}
		from = to
	}
	return least
}

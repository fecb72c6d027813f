package adopt

import (
	"encoding/json"
	"math"
	"slices"

	"github.com/valyala/fastjson"

	"dasier/fault"
	"dasier/ml/predict"
	"dasier/ml/rowjson"
)

// keptRows is how many reference rows a package keeps, at most.
const keptRows = 200

// keeper gathers a package's reference rows. A row that lacks an input which the
// model requires is not kept, because a server refuses it; nor one that the model
// has no number for (a neighbour search that finds nobody), because nothing can be
// compared with that.
type keeper struct {
	program *predict.Program
	row     *predict.Row
	parser  fastjson.Parser
	rows    []json.RawMessage
	refused error // why the last one was not kept
}

func newKeeper(program *predict.Program) *keeper {
	return &keeper{program: program, row: program.NewRow()}
}

func (k *keeper) full() bool { return len(k.rows) >= keptRows }

func (k *keeper) offer(text json.RawMessage) {
	value, err := k.parser.ParseBytes(text)
	if err == nil {
		err = rowjson.Decode(value, k.program, k.row, nil)
	}
	if err == nil && !answered(k.program.Outcome(k.row)) {
		err = fault.Errorf(fault.Invalid, "the model answers no number to %s", text)
	}
	if err != nil {
		k.refused = err
		return
	}
	k.rows = append(k.rows, text)
}

// answered tells whether every number of an answer is one that JSON can hold.
func answered(o predict.Outcome) bool {
	none := func(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) }
	return !none(o.Prediction) && !slices.ContainsFunc(o.Values, none) && !slices.ContainsFunc(o.Probabilities, none)
}

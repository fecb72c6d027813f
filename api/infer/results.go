package infer

import (
	"context"
	"math"

	"dasier/delivery/serve"
	"dasier/ml/predict"
)

// results are the answers to all rows of a request, by kind: the protocols that
// answer in columns need them so, and what they need is known only to them.
type results struct {
	rows          int
	predictions   []float64
	classes       []int       // of a classifier; noClass where it has no answer
	probabilities []float64   // of a classifier that has them: row by row
	values        []float64   // of a vector: row by row
	others        [][]float64 // per output of the spec: row by row
	hasInterval   bool
	low, high     []float64
	level         float64
	reasons       []byte // JSON, one object after the other
	reasonEnds    []int
}

func (r *results) reset() {
	*r = results{
		predictions: r.predictions[:0], classes: r.classes[:0], probabilities: r.probabilities[:0], values: r.values[:0],
		low: r.low[:0], high: r.high[:0], reasons: r.reasons[:0], reasonEnds: r.reasonEnds[:0],
	}
}

// add adds the answer to the row of a scratch.
func (r *results) add(program *predict.Program, s *serve.Scratch, a *serve.Answer) {
	r.rows++
	r.predictions = append(r.predictions, a.Prediction)
	if a.Class >= 0 {
		r.classes = append(r.classes, classOf(a))
	}
	r.probabilities = append(r.probabilities, a.Probabilities...)
	r.values = append(r.values, a.Values...)
	if names := len(program.Spec().Outputs); names > 0 {
		r.addOthers(program, s.Row, names)
	}
	switch {
	case a.HasInterval:
		r.low, r.high = append(r.low, a.Low), append(r.high, a.High)
		r.hasInterval, r.level = true, a.Level
	case a.Level > 0: // a row without an answer among others, which have an interval
		r.low, r.high = append(r.low, math.NaN()), append(r.high, math.NaN())
		r.hasInterval, r.level = true, a.Level
	}
}

func (r *results) addOthers(program *predict.Program, row *predict.Row, n int) {
	if r.others == nil {
		r.others = make([][]float64, n)
	}
	for k := range r.others {
		at := len(r.others[k])
		r.others[k] = append(r.others[k], program.Output(row, k, r.others[k][at:])...)
	}
}

// reason is the reasons of one row.
func (r *results) reason(n int) []byte {
	from := 0
	if n > 0 {
		from = r.reasonEnds[n-1]
	}
	return r.reasons[from:r.reasonEnds[n]]
}

// chunk is how many rows are read before they are answered.
const chunk = 64

// answerAll answers all rows of a request into the call's results. The error
// is *wrongRows when rows are wrong.
func (f *endpointFace) answerAll(ctx context.Context, q rows, c *call, want serve.Want) (*results, error) {
	c.results.reset()
	c.explained = want.Explain
	size := min(chunk, q.count())
	if want.Explain {
		size = min(1, size) // the rows as JSON share their memory
	}
	scratches := make([]*serve.Scratch, size)
	for i := range scratches {
		scratches[i] = f.endpoint.Borrow()
	}
	defer func() {
		for _, s := range scratches {
			f.endpoint.Return(s)
		}
	}()
	wrong := &wrongRows{}
	for from := 0; from < q.count(); from += size {
		if err := c.overdue(ctx); err != nil {
			return nil, err
		}
		if !f.answerChunk(q, c, want, from, scratches[:min(size, q.count()-from)], wrong) {
			break
		}
	}
	if len(wrong.problems) > 0 {
		return nil, wrong
	}
	return &c.results, nil
}

// answerChunk tells whether to go on: not when nobody would hear more problems.
func (f *endpointFace) answerChunk(q rows, c *call, want serve.Want, from int, scratches []*serve.Scratch, wrong *wrongRows) bool {
	for k, s := range scratches {
		sent, err := q.read(from+k, s, want.Explain)
		if err != nil {
			if !wrong.add(from+k, err) {
				return false
			}
			continue
		}
		if want.Explain && len(wrong.problems) == 0 {
			c.lap(reading)
			a := f.endpoint.Answer(s, want)
			c.results.add(f.endpoint.Program(), s, &a)
			c.results.reasons = f.appendReason(c.results.reasons, &a, sent)
			c.results.reasonEnds = append(c.results.reasonEnds, len(c.results.reasons))
			c.lap(computing)
		}
	}
	c.lap(reading)
	if want.Explain || len(wrong.problems) > 0 {
		return true
	}
	for _, s := range scratches {
		a := f.endpoint.Answer(s, want)
		c.results.add(f.endpoint.Program(), s, &a)
	}
	c.lap(computing)
	return true
}

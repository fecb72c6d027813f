package predict

import (
	"fmt"

	"dasier/ml/stage"
)

// Limits of stages.
const (
	maxStages = 100_000
	maxCells  = 2_000_000
)

// checkStages follows the cells from stage to stage and gives how many there
// are in all.
func checkStages(s *Spec) (cells int, err error) {
	cells = len(s.Features)
	if len(s.Stages) > maxStages {
		return 0, wrong("stages", "there are %d, at most %d are allowed", len(s.Stages), maxStages)
	}
	for k := range s.Stages {
		field := fmt.Sprintf("stages[%d]", k)
		if s.Stages[k].Do == nil {
			return 0, wrong(field, "does nothing")
		}
		if err := checkCells(field+".from", s.Stages[k].From, cells); err != nil {
			return 0, err
		}
		out, err := s.Stages[k].Do.Check(len(s.Stages[k].From))
		if err != nil {
			return 0, wrong(field, "%v", err)
		}
		if cells += out; out < 0 || cells > maxCells {
			return 0, wrong(field, "more than %d cells in all", maxCells)
		}
	}
	if err := checkCells("takes", s.Takes, cells); err != nil {
		return 0, err
	}
	for k, output := range s.Outputs {
		if err := checkCells(fmt.Sprintf("outputs[%d].cells", k), output.Cells, cells); err != nil {
			return 0, err
		}
	}
	return cells, nil
}

func checkCells(field string, list []int32, cells int) error {
	if len(list) > maxCells {
		return wrong(field, "there are %d, at most %d are allowed", len(list), maxCells)
	}
	for j, c := range list {
		if c < 0 || int(c) >= cells {
			return wrong(fmt.Sprintf("%s[%d]", field, j), "there is no cell %d: there are %d", c, cells)
		}
	}
	return nil
}

func checkAnswer(s *Spec, cells int) error {
	if len(s.Answer.Scores) != s.outputs() {
		return wrong("answer.scores", "there are %d, a %s model of %d classes has %d", len(s.Answer.Scores), s.Task, len(s.Classes), s.outputs())
	}
	if err := checkCells("answer.scores", s.Answer.Scores, cells); err != nil {
		return err
	}
	return checkCells("answer.chosen", []int32{s.Answer.Chosen}, max(cells, 1))
}

// pipeline is the stages of a program, compiled.
type pipeline struct {
	direct bool // there are none, and the estimator sees the features as they are
	steps  []pipe
	cells  int
	gather int // the most cells that one stage reads
	work   int // the most memory that one needs
}

// pipe is one stage: in cells, unless they follow each other, are gathered.
type pipe struct {
	from     []int32
	straight bool // from is first, first+1, …
	at, out  int
	work     int
	do       stage.Operation
}

func newPipeline(s *Spec) *pipeline {
	p := &pipeline{cells: len(s.Features), direct: len(s.Stages) == 0 && s.Takes == nil && s.Answer == nil && len(s.Outputs) == 0 && !s.wideByRow()}
	for k := range s.Stages {
		st := &s.Stages[k]
		out, err := st.Do.Check(len(st.From))
		if err != nil {
			continue // checkSpec has seen that there is none
		}
		one := pipe{from: st.From, straight: follows(st.From), at: p.cells, out: out, work: st.Do.Work(len(st.From)), do: st.Do}
		p.steps = append(p.steps, one)
		p.cells += out
		p.gather, p.work = max(p.gather, len(st.From)), max(p.work, one.work)
	}
	return p
}

// follows tells whether cells stand side by side.
func follows(cells []int32) bool {
	for j, c := range cells {
		if c != cells[0]+int32(j) { //nolint:gosec // checkSpec bounds cells
			return false
		}
	}
	return true
}

// run computes every stage of a row whose features are there.
func (p *pipeline) run(row *Row) {
	for k := range p.steps {
		s := &p.steps[k]
		in := row.gathered[:len(s.from)]
		if s.straight && len(s.from) > 0 {
			in = row.cells[s.from[0]:][:len(s.from)]
		} else {
			for j, c := range s.from {
				in[j] = row.cells[c]
			}
		}
		s.do.Apply(in, row.cells[s.at:s.at+s.out:s.at+s.out], row.work[:s.work])
	}
}

// Output is what a spec's output holds for the row whose outcome was computed
// last: its cells, appended to into[:0].
func (p *Program) Output(row *Row, output int, into []float64) []float64 {
	into = into[:0]
	for _, c := range p.spec.Outputs[output].Cells {
		into = append(into, row.cells[c])
	}
	return into
}

// Scores is the estimator's scores of a row, before any link: of a binary model
// the second class's. They live in the row until its next outcome.
func (p *Program) Scores(row *Row) []float64 {
	if p.matrix == nil {
		row.score[0] = p.Score(row)
		if p.flip {
			row.score[0] = p.flipped(row.score[0])
		}
		return row.score[:]
	}
	p.scores(row)
	return row.scores
}

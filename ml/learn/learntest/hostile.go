package learntest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"dasier/fault"
	"dasier/ml/explain"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/predict"
)

// The bounds of a fit to a hostile table, which has some hundred rows at most but
// for one: so far out that only a fit that has lost its way meets them.
const (
	patience  = 60 * time.Second
	allocated = 4 << 30
)

// Hostile gives a learner tables that nobody would choose, and many have: each
// is learned from, or refused by a sentence. A learner that fits one must answer
// its rows, and rows with nothing in them, with numbers, must come through being
// written and read, and explain itself so that effects add up to the score.
func Hostile(t *testing.T, learner learn.Learner, cfg Config) {
	t.Helper()
	if cfg.Tasks == nil {
		cfg.Tasks = []string{predict.TaskRegression}
	}
	for k, task := range cfg.Tasks {
		for _, table := range hostile(task, cfg.Positive) {
			if table.features.Rows() > 10_000 && (k > 0 || task == predict.TaskMulticlass) {
				continue // what takes long is the same for every task
			}
			t.Run(task+"/"+table.name, func(t *testing.T) { table.try(t, learner) })
		}
	}
}

// table is a hostile one.
type table struct {
	name     string
	features *frame.Frame
	target   learn.Target
	// refused is true where every learner must refuse; says is then what the
	// sentence must name. usual is true where every learner must fit.
	refused, usual bool
	says           []string
}

func (h table) try(t *testing.T, learner learn.Learner) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	m, err := learner.Fit(ctx, h.features, h.target)
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > allocated {
		t.Errorf("the fit allocates %d MiB for %d rows", grown>>20, h.features.Rows())
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		t.Fatalf("no end after %v", patience)
	case err != nil:
		h.refusal(t, err)
		return
	case h.refused:
		t.Fatal("it is learned from and must be refused")
	}
	for _, warning := range m.Warnings {
		sentence(t, warning)
	}
	written := spec(t, m)
	again, err := predict.ParseSpec(written)
	if err != nil {
		t.Fatalf("the spec cannot be read back: %v", err)
	}
	if !bytes.Equal(written, spec(t, &learn.Model{Spec: again})) {
		t.Error("the spec written, read and written again differs")
	}
	fitted, read := program(t, m.Spec), program(t, again)
	few := h.features.Take(every(min(200, h.features.Rows())))
	for _, rows := range []*frame.Frame{few, emptyRows(few)} {
		answers(t, fitted, read, rows)
	}
}

// refusal holds an error to being a sentence for people.
func (h table) refusal(t *testing.T, err error) {
	if h.usual {
		t.Fatalf("refused: %v", err)
	}
	if !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Limited) {
		t.Errorf("refused by an error that is no fault of the data: %v", err)
	}
	sentence(t, err.Error())
	for _, word := range h.says {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the sentence does not name %q: %v", word, err)
		}
	}
}

// sentence wants words, and few enough to be read.
func sentence(t *testing.T, text string) {
	if len(strings.Fields(text)) < 4 || len(text) > 4000 {
		t.Errorf("no sentence: %.300q (%d bytes)", text, len(text))
	}
}

func program(t *testing.T, s predict.Spec) *predict.Program {
	t.Helper()
	p, err := predict.Compile(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// answers wants numbers, the same after writing and reading, and probabilities
// that are some; and explanations that add up.
func answers(t *testing.T, fitted, read *predict.Program, f *frame.Frame) {
	t.Helper()
	got, err := learn.Predictions(fitted, f)
	if err != nil {
		t.Fatal(err)
	}
	if at := learn.Finite(got); at >= 0 {
		t.Fatalf("prediction %d is %g", at, got[at])
	}
	kept, err := learn.Predictions(read, f)
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		if got[i] != kept[i] {
			t.Fatalf("prediction %d is %g, and %g when written and read", i, got[i], kept[i])
		}
	}
	likely(t, fitted, got)
	explained(t, fitted, f)
}

func likely(t *testing.T, p *predict.Program, got []float64) {
	t.Helper()
	width := 1
	switch p.Spec().Task {
	case predict.TaskRegression:
		return
	case predict.TaskMulticlass:
		width = len(p.Classes())
	}
	for first := 0; first < len(got); first += width {
		sum := 0.0
		for _, p := range got[first : first+width] {
			if !(p >= 0 && p <= 1) {
				t.Fatalf("row %d has the probability %g", first/width+1, p)
			}
			sum += p
		}
		if width > 1 && math.Abs(sum-1) > 1e-9 {
			t.Fatalf("the probabilities of row %d add up to %g", first/width+1, sum)
		}
	}
}

// explained adds the effects of all inputs to the base.
func explained(t *testing.T, p *predict.Program, f *frame.Frame) {
	t.Helper()
	if !p.Explained() {
		return
	}
	var effects []explain.Contribution
	largest := 0.0 // what leaves and terms are the size of, even where they cancel
	if err := p.EachRow(f, func(r *predict.Row) { largest = max(largest, math.Abs(p.Score(r))) }); err != nil {
		t.Fatal(err)
	}
	row := 0
	err := p.EachRow(f.Take(every(min(20, f.Rows()))), func(r *predict.Row) {
		row++
		effects = explain.Contributions(p, r, effects)
		outcome := p.Outcome(r)
		base := p.Base()
		if p.Spec().Task == predict.TaskMulticlass {
			base = p.BaseOf(outcome.Class)
		}
		sum, size := base, largest+math.Abs(base)
		for _, e := range effects {
			sum += e.Effect
			size += math.Abs(e.Effect)
		}
		if !(math.Abs(sum-outcome.Score) <= 1e-9*size) {
			t.Fatalf("row %d: base and effects add up to %g, the score is %g", row, sum, outcome.Score)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// emptyRows are two rows with nothing in them.
func emptyRows(f *frame.Frame) *frame.Frame {
	var columns []*frame.Column
	for _, c := range f.Columns() {
		empty := &frame.Column{Name: c.Name, Kind: c.Kind, Levels: c.Levels}
		if c.Kind == frame.Category {
			empty.Codes = []int32{-1, -1}
		} else {
			empty.Values = []float64{math.NaN(), math.NaN()}
		}
		columns = append(columns, empty)
	}
	return mustFrame(columns...)
}

func mustFrame(columns ...*frame.Column) *frame.Frame {
	f, err := frame.New(columns...)
	if err != nil {
		panic(fmt.Sprintf("a hostile table is no table: %v", err))
	}
	return f
}

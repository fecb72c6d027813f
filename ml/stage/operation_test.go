package stage_test

import (
	"math"
	"strings"
	"testing"

	"dasier/ml/stage"
)

// operation is one applied to a vector, and what scikit-learn 1.2.1 or numpy
// said of the same (the calls stand beside the numbers).
type operation struct {
	name string
	do   stage.Operation
	in   []float64
	want []float64
}

// hold checks an operation, applies it with memory full of junk, and compares;
// and that it allocates nothing.
func (o operation) hold(t *testing.T) {
	t.Helper()
	width, err := o.do.Check(len(o.in))
	if err != nil {
		t.Fatal(err)
	}
	if width != len(o.want) {
		t.Fatalf("%d cells come out, want %d", width, len(o.want))
	}
	in := append([]float64(nil), o.in...)
	out, work := make([]float64, width), make([]float64, o.do.Work(len(in)))
	for range 2 {
		for i := range work {
			work[i] = 1e300
		}
		for i := range out {
			out[i] = -1e300
		}
		o.do.Apply(in, out, work)
		for k, want := range o.want {
			if !near(out[k], want) {
				t.Errorf("cell %d is %v, want %v", k, out[k], want)
			}
		}
	}
	for j, v := range o.in {
		if in[j] != v && !math.IsNaN(v) {
			t.Errorf("cell %d of the input became %v", j, in[j])
		}
	}
	if n := testing.AllocsPerRun(10, func() { o.do.Apply(in, out, work) }); n > 0 {
		t.Errorf("it allocates %v times", n)
	}
}

func near(got, want float64) bool {
	if math.IsNaN(want) || math.IsInf(want, 0) {
		return math.IsNaN(got) == math.IsNaN(want) && (math.IsNaN(want) || got == want)
	}
	return math.Abs(got-want) <= 1e-13*max(math.Abs(want), 1e-3)
}

func holdAll(t *testing.T, list []operation) {
	t.Helper()
	for _, o := range list {
		t.Run(o.name, o.hold)
	}
}

// refusal is an operation that Check must refuse, and a word of why.
type refusal struct {
	name string
	do   stage.Operation
	in   int
	word string
}

func refuseAll(t *testing.T, list []refusal) {
	t.Helper()
	for _, r := range list {
		t.Run("refuse "+r.name, func(t *testing.T) {
			if _, err := r.do.Check(r.in); err == nil || !strings.Contains(err.Error(), r.word) {
				t.Errorf("%v, want a word of %q", err, r.word)
			}
		})
	}
}

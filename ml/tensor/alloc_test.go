//go:build !race

package tensor

import "testing"

// The race detector makes pools forget at random, so that counting allocations
// under it says nothing.

// TestSteadyState: a caller that keeps its outputs causes no allocation.
func TestSteadyState(t *testing.T) {
	m, err := Compile(graphOf(13, []Port{matrix("x")}, []string{"s"},
		Node{Op: "Exp", Inputs: []string{"x"}, Outputs: []string{"y"}}, Node{Op: "Add", Inputs: []string{"y", "x"}, Outputs: []string{"z"}},
		Node{Op: "Softmax", Inputs: []string{"z"}, Outputs: []string{"s"}}))
	if err != nil {
		t.Fatal(err)
	}
	in, out := []Tensor{floatsOf([]int{3, 2}, 1, 2, 3, 4, 5, 6)}, make([]Tensor, 1)
	if n := testing.AllocsPerRun(200, func() {
		if err := m.Run(in, out); err != nil {
			t.Fatal(err)
		}
	}); n > 1 { // the collector may empty the pool
		t.Errorf("%v allocations a run", n)
	}
}

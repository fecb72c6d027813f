package lang

import (
	"fmt"
	"strings"
	"testing"
)

// TestManyVariablesDoNotExplode: each stays within the limit of one, and all of
// them together must not fill the memory.
func TestManyVariablesDoNotExplode(t *testing.T) {
	list := []Variable{{Key: "A", Value: strings.Repeat("x", 60<<10)}}
	for i := range 2000 {
		list = append(list, Variable{Key: fmt.Sprintf("B%d", i), Value: strings.Repeat("$A", 16)})
	}
	total := 0
	for _, v := range ExpandAll(list, nil) {
		total += len(v.Value)
	}
	if total > maxAllExpanded+2*maxExpanded {
		t.Errorf("grew to %d bytes", total)
	}
	if got := ExpandAll(list, nil)[1].Value; len(got) != 16*60<<10 {
		t.Errorf("the first has %d bytes", len(got))
	}
}

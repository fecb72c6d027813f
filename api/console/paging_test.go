package console

import (
	"math"
	"testing"
)

func TestNoPageIsBeforeTheFirst(t *testing.T) {
	for page, want := range map[int]int{1: 0, 3: 100, math.MaxInt: (1_000_000_000 - 1) * 50} {
		if got := (Paging{Page: page, PerPage: 50}).offset(); got != want {
			t.Errorf("page %d begins at %d, want %d", page, got, want)
		}
	}
}

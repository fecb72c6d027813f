package frame_test

import (
	"math"
	"strconv"
	"testing"

	"dasier/ml/frame"

	"pgregory.net/rapid"
)

// TestParseNumberRoundsAsStrconv checks the fast path, bit for bit.
func TestParseNumberRoundsAsStrconv(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[+-]?([0-9]{1,21}(\.[0-9]{0,21})?|\.[0-9]{1,21})([eE][+-]?[0-9]{1,3})?`).Draw(t, "text")
		want, err := strconv.ParseFloat(text, 64)
		got, ok := frame.ParseNumber(text)
		if ok != (err == nil) || (ok && math.Float64bits(got) != math.Float64bits(want)) {
			t.Fatalf("%q: got %v, %v; want %v, %v", text, got, ok, want, err)
		}
	})
}

func TestParseNumberRefuses(t *testing.T) {
	for _, text := range []string{"", ".", "-", "+.", "e5", "1e", "1e+", "0x1p4", "1_0", "1,5", "inf", "NaN", "1 2", "١", "--1", "1.2.3", "1e9999"} {
		if v, ok := frame.ParseNumber(text); ok {
			t.Errorf("%q was read as %v", text, v)
		}
	}
}

package frame_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
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

// TestParseNumberHardCases are decimals next to and between two numbers, at the
// ends of the table of powers, and of every length (cases of the kind that
// Paxson, "A program for testing IEEE decimal-binary conversion", 1991, makes).
func TestParseNumberHardCases(t *testing.T) {
	check := func(text string) {
		t.Helper()
		want, err := strconv.ParseFloat(text, 64)
		got, ok := frame.ParseNumber(text)
		if ok != (err == nil) || (ok && math.Float64bits(got) != math.Float64bits(want)) {
			t.Errorf("%s: got %v, %v; want %v, %v", text, got, ok, want, err)
		}
	}
	for _, text := range []string{
		"9007199254740993e0", "9007199254740993", "9007199254740995", "4503599627370496.5", "4503599627370497.5", "0.5e-323", "2.2250738585072011e-308",
		"1.7976931348623157e308", "1.7976931348623159e308", "9223372036854775808", "18446744073709551615", "9999999999999999999", "9999999999999999999e3",
		"8.589973e9", "7450580596923828125e-27", "6929495644600919.5", "3929495644600919.6e-60", "9999999999999999999e-60", "9999999999999999999e-61", "1e60", "1e61",
		"5e-324", "0.000000000000000000000000000000000000001", "123456789012345678e-40", "0e99", "-0", "-0.0", "00012", "1e-400",
	} {
		check(text)
	}
	random := rand.New(rand.NewPCG(5, 6))
	for range 4_000 {
		v := math.Float64frombits(random.Uint64())
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		for _, digits := range []int{15, 16, 17, 18} {
			check(strconv.FormatFloat(v, 'e', digits, 64))
		}
		// The middle between two numbers, cut off after 19 digits: just below it.
		near := math.Ldexp(float64(1<<52+random.Uint64N(1<<52)), random.IntN(120)-110)
		middle := new(big.Float).SetPrec(200).Add(big.NewFloat(near), big.NewFloat((math.Nextafter(near, math.Inf(1))-near)/2))
		check(middle.Text('e', 18))
		check(middle.Text('f', 20))
	}
}

// TestCSVNumbersAreStrconvs puts numbers of all forms in fields, where the quick
// way reads most.
func TestCSVNumbersAreStrconvs(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	var texts []string
	for range 20_000 {
		v := (random.Float64() - .5) * math.Pow(10, float64(random.IntN(20)-6))
		texts = append(texts, strconv.FormatFloat(v, "ge"[random.IntN(2)], random.IntN(19)-1, 64))
	}
	f := read(t, "a,b\n"+strings.Join(texts, ",0\n")+",0\n", frame.CSVConfig{Kinds: map[string]frame.Kind{"a": frame.Number}})
	for i, text := range texts {
		want, err := strconv.ParseFloat(text, 64)
		if got := f.Columns()[0].Value(i); err != nil || math.Float64bits(got) != math.Float64bits(want) {
			t.Fatalf("row %d: %s is %v, want %v", i+2, text, got, want)
		}
	}
}

func BenchmarkParseNumber(b *testing.B) {
	for _, text := range []string{"-0.157449", "0.1234567890123456", "12345678901234567e-30"} {
		b.Run(text, func(b *testing.B) {
			for b.Loop() {
				if _, ok := frame.ParseNumber(text); !ok {
					b.Fatal(text)
				}
			}
		})
	}
}

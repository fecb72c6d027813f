package lexicon

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestTermsOfBuckets: terms that fall into one bucket share its number as they count
// into it; who cancels shares it evenly.
func TestTermsOfBuckets(t *testing.T) {
	l := Lexicon{Analyzer: Words, Pattern: `\S+`, From: 1, To: 1, Buckets: 1}
	r, err := l.Compile()
	if err != nil {
		t.Fatal(err)
	}
	var v Vector
	got := r.Terms([]byte("b a b c b"), &v, nil)
	if want := []Term{{"a", 0, 1}, {"b", 0, 3}, {"c", 0, 1}}; !slices.Equal(got, want) {
		t.Errorf("told %v, want %v", got, want)
	}
	l.Log = true
	if r, err = l.Compile(); err != nil {
		t.Fatal(err)
	}
	got = r.Terms([]byte("a b b b"), &v, got[:0])
	if whole := 1 + math.Log(4); len(got) != 2 || math.Abs(got[1].Value-0.75*whole) > 1e-15 {
		t.Errorf("told %v of %v", got, whole)
	}
	l.Log, l.Signed, l.Binary = false, true, true
	if r, err = l.Compile(); err != nil {
		t.Fatal(err)
	}
	// "a" adds and "b" takes away (as sklearn.utils.murmurhash3_32 has it): none is left, and 1 is there.
	if murmur([]byte("a")) < 0 || murmur([]byte("b")) >= 0 {
		t.Fatalf("the hashes are %d and %d", murmur([]byte("a")), murmur([]byte("b")))
	}
	if got = r.Terms([]byte("a b"), &v, got[:0]); !slices.Equal(got, []Term{{"a", 0, 0.5}, {"b", 0, 0.5}}) {
		t.Errorf("told %v of 1 that is left of a and b", got)
	}
}

// TestTermsAddUp: whatever a lexicon does to counts, the terms of a place add up to
// its number, and reading a text with them or without makes the same numbers.
func TestTermsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := Lexicon{
			Lower: rapid.Bool().Draw(t, "lower"), Analyzer: rapid.SampledFrom([]string{Words, Chars, Within}).Draw(t, "analyzer"), Pattern: DefaultPattern,
			From: 1, To: rapid.IntRange(1, 3).Draw(t, "to"), Binary: rapid.Bool().Draw(t, "binary"),
			Norm: rapid.SampledFrom([]string{"", "l1", "l2"}).Draw(t, "norm"),
		}
		if rapid.Bool().Draw(t, "hashed") {
			l.Buckets, l.Signed = rapid.IntRange(1, 40).Draw(t, "buckets"), rapid.Bool().Draw(t, "signed")
		} else {
			l.Terms = []string{"aa", "bb", "aa bb", "a", "b", " a", "A", "ab"}
		}
		r, err := l.Compile()
		if err != nil {
			t.Fatal(err)
		}
		text := []byte(rapid.StringOfN(rapid.RuneFrom([]rune("aabB é\n")), 0, 60, -1).Draw(t, "text"))
		var plain, told Vector
		r.Fill(text, &plain)
		terms := r.Terms(text, &told, nil)
		if !slices.Equal(plain.At, told.At) || !slices.Equal(plain.Values, told.Values) {
			t.Fatalf("%v at %v, and with terms %v at %v", plain.Values, plain.At, told.Values, told.At)
		}
		sums, seen := map[int32]float64{}, map[string]bool{}
		for _, term := range terms {
			sums[term.At] += term.Value
			if seen[term.Text] || term.Text == "" {
				t.Fatalf("%q stands twice or is nothing: %v", term.Text, terms)
			}
			seen[term.Text] = true
		}
		for k, at := range plain.At {
			if math.Abs(sums[at]-plain.Values[k]) > 1e-12 {
				t.Fatalf("the terms at %d add up to %v of %v", at, sums[at], plain.Values[k])
			}
			delete(sums, at)
		}
		if len(sums) > 0 {
			t.Fatalf("terms where there is no number: %v", sums)
		}
	})
}

// TestTermsOfALongText: of more terms than are told apart, the rest share the number
// of their bucket as one, so that the terms add up to it still.
func TestTermsOfALongText(t *testing.T) {
	var text []byte
	const more = 1000
	for k := range mostTold + more {
		text = fmt.Appendf(text, "%d ", k)
	}
	text = append(text, "0 0"...) // told, as it was met before
	for name, l := range map[string]Lexicon{
		"counted": {Buckets: 50}, "signed": {Buckets: 500_000, Signed: true, Norm: "l2"}, "binary": {Buckets: 7, Signed: true, Binary: true},
	} {
		l.Analyzer, l.Pattern, l.From, l.To = Words, `\S+`, 1, 1
		r, err := l.Compile()
		if err != nil {
			t.Fatal(err)
		}
		var v Vector
		terms := r.Terms(text, &v, nil)
		sums, named, others := map[int32]float64{}, 0, 0.0
		for _, term := range terms {
			sums[term.At] += term.Value
			if term.Text != "" {
				named++
			} else {
				others += term.Value
			}
			if name == "counted" && term.Text == "0" && term.Value != 3 {
				t.Errorf("what stands three times counts %v", term.Value)
			}
		}
		if named != mostTold || name == "counted" && others != more {
			t.Errorf("%s: %d terms are told, %v are not", name, named, others)
		}
		for k, at := range v.At {
			if math.Abs(sums[at]-v.Values[k]) > 1e-9 {
				t.Fatalf("%s: the terms at %d add up to %v of %v", name, at, sums[at], v.Values[k])
			}
			delete(sums, at)
		}
		if len(sums) > 0 {
			t.Errorf("%s: terms where there is no number: %v", name, sums)
		}
	}
}

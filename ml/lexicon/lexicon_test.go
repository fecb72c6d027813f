package lexicon

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// TestPatterns holds the places of words to those of Python's re.findall.
func TestPatterns(t *testing.T) {
	text := []rune("ab c, d-e'f  x1_2 é\u0301 9")
	for pattern, want := range map[string][]string{
		`(?u)\b\w\w+\b`:   {"ab", "x1_2"},
		`[^\s,]+`:         {"ab", "c", "d-e'f", "x1_2", "é\u0301", "9"},
		`\b[a-z]{1,2}\b`:  {"ab", "c", "d", "e", "f"},
		`\w+-\w+|x`:       {"d-e", "x"},
		`[\w']+`:          {"ab", "c", "d", "e'f", "x1_2", "é", "9"},
		`(?u)\b(\w\w+)\b`: {"ab", "x1_2"},
		`[A-Z]+`:          nil,
		`(?i)[A-Z]{2,}`:   {"ab"},
		`[\]a-]`:          {"a", "-"},
	} {
		p, err := compile(pattern)
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
			continue
		}
		m := &memory{failed: map[[2]int]bool{}}
		p.find(text, m)
		var got []string
		for _, s := range m.spans {
			got = append(got, string(text[s.from:s.to]))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s finds %q, want %q", pattern, got, want)
		}
	}
	for _, pattern := range []string{`(?<=a)b`, `a+?`, `(a|b)c`, `\w+(?=x)`, `a{2`, `[a`, `^a`, `\bb\1`, `a**`, ``, `\b`, `[z-a]`, `a|`, strings.Repeat("a", 2000)} {
		if _, err := compile(pattern); err == nil {
			t.Errorf("%q is read", pattern)
		}
	}
}

// TestSlowPattern: a pattern that fails late at every place ends all the same.
func TestSlowPattern(t *testing.T) {
	p, err := compile(`[a-z]+[a-z]+[a-z]+[a-z]+!`)
	if err != nil {
		t.Fatal(err)
	}
	m := &memory{failed: map[[2]int]bool{}}
	p.find([]rune(strings.Repeat("a", 200_000)), m)
	if len(m.spans) > 0 || m.steps < maxSteps {
		t.Errorf("%d words were found in %d steps", len(m.spans), m.steps)
	}
}

// TestHash holds hashes to sklearn.utils.murmurhash3_32(word, 0).
func TestHash(t *testing.T) {
	for word, want := range map[string]int32{"": 0, "a": 1009084850, "word": -968174432, "déjà vu": 1572247707, "hello world": 1586663183} {
		if got := murmur([]byte(word)); got != want {
			t.Errorf("%q has the hash %d, want %d", word, got, want)
		}
	}
}

// TestVectors: counts, weights and lengths, and a vector used again.
func TestVectors(t *testing.T) {
	words := Lexicon{Analyzer: Words, Pattern: DefaultPattern, From: 1, To: 2, Lower: true, Terms: []string{"win", "cash", "win cash", "now"}, Stop: []string{"the"}}
	for name, c := range map[string]struct {
		change func(*Lexicon)
		text   string
		at     []int32
		values []float64
	}{
		"counts":     {nil, "WIN the cash, win!", []int32{0, 1, 2}, []float64{2, 1, 1}},
		"nothing":    {nil, "other words", nil, nil},
		"presence":   {func(l *Lexicon) { l.Binary = true }, "win win", []int32{0}, []float64{1}},
		"logarithms": {func(l *Lexicon) { l.Log = true }, "win win", []int32{0}, []float64{1 + math.Log(2)}},
		"weights":    {func(l *Lexicon) { l.Weights = []float64{2, 3, 4, 5} }, "cash now", []int32{1, 3}, []float64{3, 5}},
		"length":     {func(l *Lexicon) { l.Weights, l.Norm = []float64{1, 3, 1, 4}, "l2" }, "cash now", []int32{1, 3}, []float64{0.6, 0.8}},
		"shares":     {func(l *Lexicon) { l.Norm = "l1" }, "cash now now now", []int32{1, 3}, []float64{0.25, 0.75}},
		"characters": {func(l *Lexicon) { l.Analyzer, l.To, l.Terms = Chars, 1, []string{" ", "A", "a"} }, "A  a", []int32{0, 2}, []float64{1, 2}},
		"within":     {func(l *Lexicon) { l.Analyzer, l.From, l.To, l.Terms = Within, 2, 3, []string{" a", " a ", "ab"} }, "a ab", []int32{0, 1, 2}, []float64{2, 1, 1}},
		"bare":       {func(l *Lexicon) { l.Accents, l.Terms = Unicode, []string{"ete"} }, "ÉTÉ été", []int32{0}, []float64{2}},
		"sigma":      {func(l *Lexicon) { l.Terms = []string{"οδος", "i\u0307"} }, "ΟΔΟΣ.", []int32{0}, []float64{1}},
	} {
		l := words
		if c.change != nil {
			c.change(&l)
		}
		r, err := l.Compile()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var v Vector
		r.Fill([]byte("win cash now a a"), &v) // leaves nothing behind
		r.Fill([]byte(c.text), &v)
		if !slices.Equal(v.At, c.at) || !slices.EqualFunc(v.Values, c.values, func(a, b float64) bool { return math.Abs(a-b) < 1e-15 }) {
			t.Errorf("%s: %v %v, want %v %v", name, v.At, v.Values, c.at, c.values)
		}
	}
}

func TestNoMemory(t *testing.T) {
	l := Lexicon{Analyzer: Words, Pattern: DefaultPattern, From: 1, To: 2, Lower: true, Buckets: 1000, Signed: true, Norm: "l2"}
	r, err := l.Compile()
	if err != nil {
		t.Fatal(err)
	}
	var v Vector
	text := []byte("Das ist ein Text für alle, été comme hiver")
	if n := testing.AllocsPerRun(20, func() { r.Fill(text, &v) }); n > 0 {
		t.Errorf("%v allocations a text", n)
	}
}

func TestRefused(t *testing.T) {
	fine := Lexicon{Analyzer: Words, Pattern: DefaultPattern, From: 1, To: 1, Terms: []string{"a"}}
	for name, change := range map[string]func(*Lexicon){
		"analyzer": func(l *Lexicon) { l.Analyzer = "words" }, "accents": func(l *Lexicon) { l.Accents = "all" }, "norm": func(l *Lexicon) { l.Norm = "max" },
		"row": func(l *Lexicon) { l.From, l.To = 2, 1 }, "long": func(l *Lexicon) { l.To = 100 }, "none": func(l *Lexicon) { l.Terms = nil },
		"both": func(l *Lexicon) { l.Buckets = 3 }, "weights": func(l *Lexicon) { l.Weights = []float64{1, 2} },
		"endless": func(l *Lexicon) { l.Weights = []float64{math.Inf(1)} }, "pattern": func(l *Lexicon) { l.Pattern = "(" }, "buckets": func(l *Lexicon) { l.Terms, l.Buckets = nil, 1<<30 },
	} {
		l := fine
		change(&l)
		if _, err := l.Compile(); err == nil {
			t.Errorf("%s: it is read", name)
		}
	}
}

// FuzzFill: any pattern and any text; places come out in order and in bounds.
func FuzzFill(f *testing.F) {
	f.Add(DefaultPattern, "Win the cash", 0, true)
	f.Add(`[^\s]+|\d{2,}`, "a\xff İΣ 12", 1, false)
	f.Add(`(\w+)`, "x", 2, true)
	f.Fuzz(func(t *testing.T, pattern, text string, analyzer int, signed bool) {
		l := Lexicon{Analyzer: []string{Words, Chars, Within}[uint(analyzer)%3], Pattern: pattern, From: 1, To: 3, Lower: true, Accents: Unicode, Buckets: 50, Signed: signed, Norm: "l2"}
		r, err := l.Compile()
		if err != nil {
			return
		}
		var v Vector
		r.Fill([]byte(text), &v)
		for k, at := range v.At {
			if at < 0 || at >= 50 || k > 0 && v.At[k-1] >= at || !(math.Abs(v.Values[k]) <= 1) {
				t.Fatalf("place %d has %v of %v", at, v.Values[k], v.At)
			}
		}
	})
}

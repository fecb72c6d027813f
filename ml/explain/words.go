package explain

import (
	"cmp"
	"math"
	"slices"
	"unicode/utf8"

	"dasier/ml/predict"
)

// Words is the effect of one input of free text, by what stands in it.
type Words struct {
	Input  int    // index into Program.Inputs
	Words  []Word // the heaviest, at most heaviest; equal ones by their text
	Others int    // how many more words moved the score
	Rest   float64
}

// Word is a term of a text, as the model's vocabulary has it (a word, some in a row,
// or some characters), and its effect on the score.
type Word struct {
	Text   string
	Effect float64
}

// Limits of what is told of one text.
const (
	heaviest    = 20
	longestWord = 100 // characters; of a longer one the beginning is told
)

// InWords tells which words of a row's texts moved its score, for every input of
// which that can be told (predict.Program.Worded), in the model's order.
//
// The score is a sum over the numbers that a text becomes, and a number belongs to
// one term: its effect is weight times number, as of any feature of a linear model
// measured from 0, which is the text without the word. A word that is not in the text
// adds nothing, and is not looked at: the base is the empty text. Where what follows
// is no sum, words are passed on as inputs are (chain.go).
//
// Invariant: the effects of an input's words, Rest included, add up to the effect
// that Contributions gives the input, up to rounding.
func InWords(p *predict.Program, row *predict.Row) []Words {
	if !p.Wording() {
		return nil
	}
	byInput := make([][]Word, len(p.Inputs()))
	p.EachWord(row, factorsOf(p, row), func(input int, term string, effect float64) {
		byInput[input] = append(byInput[input], Word{Text: term, Effect: effect})
	})
	var all []Words
	for i, words := range byInput {
		if p.Worded(i) {
			all = append(all, told(i, words))
		}
	}
	return all
}

// factorsOf is what the score moves by with each feature of a text.
func factorsOf(p *predict.Program, row *predict.Row) []float64 {
	factors := make([]float64, len(p.Spec().Features))
	class := scored(p, row)
	if !p.Chained() {
		weights, takes := p.Linears()[class].Weights, p.Spec().Takes
		for j, w := range weights {
			if takes != nil {
				j = int(takes[j])
			}
			factors[j] += p.Sign() * w
		}
		return factors
	}
	c := newChain(p, row)
	c.factors = make([]int, len(factors))
	for _, j := range p.TextFeatures() {
		c.factors[j] = c.players
		c.players++
	}
	effects := c.effects(class)
	for _, j := range p.TextFeatures() {
		factors[j] = p.Sign() * effects[c.factors[j]]
	}
	return factors
}

// told joins the effects of one word, and keeps the heaviest apart.
func told(input int, words []Word) Words {
	slices.SortFunc(words, func(a, b Word) int { return cmp.Compare(a.Text, b.Text) })
	n := 0
	for _, w := range words {
		if n > 0 && words[n-1].Text == w.Text {
			words[n-1].Effect += w.Effect
			continue
		}
		words[n] = w
		n++
	}
	words = slices.DeleteFunc(words[:n], func(w Word) bool { return w.Effect == 0 })
	out := Words{Input: input}
	if len(words) > 0 && words[0].Text == "" { // terms that were too many to be told apart (lexicon.Reader.Terms)
		out.Others, out.Rest = 1, words[0].Effect
		words = words[1:]
	}
	slices.SortStableFunc(words, func(a, b Word) int { return cmp.Compare(math.Abs(b.Effect), math.Abs(a.Effect)) })
	out.Words = slices.Clone(words[:min(len(words), heaviest)]) // or an answer would keep all of a long text's
	for _, w := range words[len(out.Words):] {
		out.Others++
		out.Rest += w.Effect
	}
	for k := range out.Words {
		out.Words[k].Text = shortened(out.Words[k].Text)
	}
	return out
}

// shortened is the beginning of a text that is too long to be told.
func shortened(text string) string {
	if utf8.RuneCountInString(text) <= longestWord {
		return text
	}
	return string([]rune(text)[:longestWord-1]) + "…"
}

package train

import (
	"fmt"
	"slices"
	"strings"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/predict"
)

// affirmative are pairs of words, in lower case, of which the second says that
// something is so, and the first that it is not.
var affirmative = [][2]string{
	{"no", "yes"},
	{"n", "y"},
	{"false", "true"},
	{"f", "t"},
	{"off", "on"},
	{"negative", "positive"},
	{"neg", "pos"},
	{"absent", "present"},
	{"healthy", "sick"},
	{"benign", "malignant"},
	{"ham", "spam"},
	{"genuine", "fraud"},
	{"legitimate", "fraud"},
	{"non", "oui"},
	{"faux", "vrai"},
	{"absent", "présent"},
	{"négatif", "positif"},
	{"nein", "ja"},
}

// negations begin a class that is the other one's absence: "not churned", "no
// claim", "non-smoker". Prefixes such as "un" do not: it is the unpaid bill that
// people look for.
var negations = []string{"not ", "not-", "not_", "no ", "no-", "no_", "non-", "non ", "non_", "without ", "pas de ", "pas ", "sans "}

// rareShare is up to which share of the rows a class is what people look for.
const rareShare = 0.25

// takePositive puts the class whose probability is told second, which is the one
// that learners, metrics and curves speak of, and says why it is this one.
func (t *table) takePositive(r *Recipe) error {
	classes := t.target.Classes
	at, why := 1, "it is the second of the two in order"
	switch wanted := r.Target.Positive; {
	case wanted != "" && len(classes) > 2:
		return r.wrong(fault.Invalid, "target.positive", "the target %q has %d classes: only a choice between two has a positive one", t.target.Name, len(classes))
	case wanted != "":
		if at = placeOf(classes, wanted); at < 0 {
			return r.wrong(fault.Invalid, "target.positive", "the target %q has no class %q%s (the classes are %s)", t.target.Name, wanted, didYouMean(wanted, classes), some(classes))
		}
		why = ""
	case len(classes) == 2:
		if k, because := positive(&t.target); because != "" {
			at, why = k, because
		}
	default:
		return nil
	}
	if at == 0 {
		t.target.Classes = []string{classes[1], classes[0]}
		for i, v := range t.target.Y {
			t.target.Y[i] = 1 - v
		}
	}
	if why != "" {
		t.positive = fmt.Sprintf("What is told is the probability of %q: %s. To have the other one's, set target.positive to %q.", t.target.Classes[1], why, t.target.Classes[0])
	}
	return nil
}

// placeOf is the place of a class. One in other letter case is found too, and the
// word for true where classes are yes and no, where that is not ambiguous.
func placeOf(classes []string, name string) int {
	if at := slices.Index(classes, name); at >= 0 {
		return at
	}
	for _, same := range [...]func(class string) bool{
		func(class string) bool { return strings.EqualFold(class, name) },
		func(class string) bool { return sameTruth(class, name) },
	} {
		at := slices.IndexFunc(classes, same)
		if at >= 0 && !slices.ContainsFunc(classes[at+1:], same) {
			return at
		}
	}
	return -1
}

// sameTruth tells whether two words both mean true, or both false.
func sameTruth(a, b string) bool {
	one, isOne := predict.ParseBool(a)
	other, isOther := predict.ParseBool(b)
	return isOne && isOther && one == other
}

// positive chooses between two classes: the word that affirms, or what the other
// one negates, or a rare one. Numbers are left in their order. It gives no reason
// where there is none.
func positive(target *learn.Target) (at int, because string) {
	first, second := strings.ToLower(target.Classes[0]), strings.ToLower(target.Classes[1])
	if _, number := frame.ParseNumber(first); number {
		return 1, "it is the greater number"
	}
	for k, pair := range [...][2]string{{second, first}, {first, second}} {
		if slices.Contains(affirmative, pair) {
			return k, "of these words it is the one that says yes"
		}
		for _, negation := range negations {
			if rest, cut := strings.CutPrefix(pair[0], negation); cut && rest != "" && rest == pair[1] {
				return k, "the other class is its absence"
			}
		}
	}
	share := 0.0
	for _, v := range target.Y {
		share += v / float64(len(target.Y))
	}
	switch {
	case share <= rareShare:
		return 1, fmt.Sprintf("it is the rare one, %.0f %% of the rows", 100*share)
	case 1-share <= rareShare:
		return 0, fmt.Sprintf("it is the rare one, %.0f %% of the rows", 100*(1-share))
	}
	return 1, ""
}

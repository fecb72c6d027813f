package onnx

import (
	"fmt"
	"slices"
	"strings"

	"dasier/ml/lexicon"
	"dasier/ml/predict"
)

// unread says why ONNX cannot read a text as a model does. Its operators, and those
// that plain ONNX Runtime adds, come near: TfIdfVectorizer counts the terms of words
// that stand apart already, StringSplit cuts at a separator, StringNormalizer makes
// lower case, Tokenizer (of com.microsoft, and so of one runtime) cuts by a regular
// expression. None of them is Python's: what \w is, which letters there are in lower
// case and what becomes of İ and of a Σ at the end of a word differs, and a locale
// that a machine does not have is an error where the model is opened. A graph
// cannot know such texts from others, so that it would answer them wrongly, in silence.
func unread(s *predict.Spec, input int) error {
	name, why := s.Inputs[input].Name, []string{}
	add := func(reason string) {
		if !slices.Contains(why, reason) {
			why = append(why, reason)
		}
	}
	if s.Inputs[input].Hashing != nil {
		add("it has no operator for the hash of a word")
	}
	for k := range s.Readings {
		l := &s.Readings[k].Lexicon
		if s.Readings[k].Input != input {
			continue
		}
		if l.Buckets > 0 {
			add("it has no operator for the hash of a word")
		}
		if l.Analyzer == lexicon.Words {
			add(fmt.Sprintf("it cuts texts at separators, not into words by the pattern %s", l.Pattern))
		} else {
			add("it cuts texts at separators, not into characters")
		}
		if l.Lower {
			add("its lower case depends on the locale of the machine that runs it")
		}
		if l.Accents != "" {
			add("it has no operator that takes accents off")
		}
	}
	if len(why) == 0 {
		return cannot("%q is free text, which ONNX has no operator to read", name)
	}
	return cannot("%q is free text, and ONNX cannot read it as this model does: %s", name, strings.Join(why, ", and "))
}

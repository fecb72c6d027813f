package sklearn

import (
	"fmt"
	"math"
	"strings"

	"dasier/ml/lexicon"
	"dasier/ml/pickle"
	"dasier/ml/predict"
)

// textFamily are the transformers that make numbers of free text.
func textFamily(class string) transformer {
	switch class {
	case "CountVectorizer", "TfidfVectorizer", "HashingVectorizer":
		return vectorizer
	case "TfidfTransformer":
		return reweighed
	case "DictVectorizer":
		return dictVectorizer
	}
	return nil
}

// wording is a number that a reading makes of a text: that of a term or, with
// weights, the sum of all numbers, each times its weight.
type wording struct {
	reading int // an index into the builder's readings
	term    int
	weights []float64
}

// isVectorizer tells what takes a column of texts.
func isVectorizer(class string) bool {
	return class == "CountVectorizer" || class == "TfidfVectorizer" || class == "HashingVectorizer"
}

// vectorizer reads one, from 0.17 on. Its columns are the terms.
func vectorizer(p part, d *design) (*design, error) {
	if len(d.columns) != 1 {
		return nil, p.wrong("it takes one column of texts, and gets %d", len(d.columns))
	}
	c := &d.columns[0]
	if c.input < 0 || !c.raw() {
		return nil, p.wrong("the column %q holds numbers here, and it takes texts", c.name)
	}
	for _, l := range c.links {
		if l.fill == nil || l.fill.mark != nil || l.fill.with != "" {
			return nil, p.wrong("what is done to the texts of the column %q before is not read: a gap filled with \"\" is. Do it before the model", c.name)
		}
	}
	l, err := lexiconOf(p)
	if err != nil {
		return nil, err
	}
	d.in(c).read = true
	return d.reads(p, predict.Reading{Input: c.input, Lexicon: l})
}

// lexiconOf reads a vectorizer's settings and what it has learned.
func lexiconOf(p part) (lexicon.Lexicon, error) {
	l := lexicon.Lexicon{
		Lower: p.truth("lowercase", true), Binary: p.truth("binary", false), Analyzer: lexicon.Words, From: 1, To: 1, Pattern: lexicon.DefaultPattern,
	}
	for _, name := range []string{"preprocessor", "tokenizer"} {
		if f := p.get(name); f != nil {
			return l, p.wrong("its %s is %v, and nothing of a file is run: %s", name, f, withoutCode)
		}
	}
	if input := p.text("input"); input != "content" && input != "" {
		return l, p.wrong("it takes the names of files and opens them (input=%q). Fit it with the texts themselves", input)
	}
	switch analyzer := p.get("analyzer").(type) {
	case nil:
	case string:
		l.Analyzer = analyzer
	default:
		return l, p.wrong("its analyzer is %v, and nothing of a file is run: %s", analyzer, withoutCode)
	}
	switch accents := p.get("strip_accents").(type) {
	case nil:
	case string:
		l.Accents = accents
	default:
		return l, p.wrong("its strip_accents is %v, and nothing of a file is run: %s", accents, withoutCode)
	}
	if pattern := p.text("token_pattern"); pattern != "" {
		l.Pattern = pattern
	}
	if l.Analyzer != lexicon.Words {
		l.Pattern = ""
	}
	if limits, ok := pickle.Items(p.get("ngram_range")); ok && len(limits) == 2 {
		from, fine := pickle.Number(limits[0])
		to, also := pickle.Number(limits[1])
		if !fine || !also || !(from >= 0 && from <= 1e6 && to >= 0 && to <= 1e6) {
			return l, p.wrong("its ngram_range is no pair of numbers")
		}
		l.From, l.To = int(from), int(to)
	}
	if err := stopWords(p, &l); err != nil {
		return l, err
	}
	if err := known(p, &l); err != nil {
		return l, err
	}
	if p.class() == "TfidfVectorizer" {
		inner, ok := p.child("_tfidf")
		if !ok {
			return l, p.wrong(neverFitted)
		}
		if err := weights(inner, &l); err != nil {
			return l, err
		}
	}
	l.Single = isSingle(p.get("dtype"))
	if err := l.Check(); err != nil {
		return l, p.wrong("%v", err)
	}
	return l, nil
}

const withoutCode = "use token_pattern, stop_words, strip_accents and lowercase in its place, or do that step before the model and send what comes out"

// stopWords are a list, or the name of the one that scikit-learn has.
func stopWords(p part, l *lexicon.Lexicon) error {
	switch stop := p.get("stop_words"); stop {
	case nil:
	case "english":
		l.Stop = englishStopWords()
	default:
		items, ok := pickle.Items(stop)
		if set, isSet := stop.(*pickle.Set); isSet {
			items, ok = set.Items, true
		}
		if l.Stop = texts(items); !ok || l.Stop == nil && len(items) > 0 {
			return p.wrong("its stop_words are no list of texts")
		}
	}
	if l.Analyzer != lexicon.Words {
		l.Stop = nil // scikit-learn ignores them then, too
	}
	return nil
}

// known reads the vocabulary: the place of every term. A hasher has none.
func known(p part, l *lexicon.Lexicon) error {
	if p.class() == "HashingVectorizer" {
		n, err := p.number("n_features")
		if err != nil || !(n >= 1 && n <= math.MaxInt32) {
			return p.wrong("its n_features is no number of columns")
		}
		if p.truth("non_negative", false) {
			return p.wrong("its counts are made positive (non_negative), which is not read. Fit it with alternate_sign=False")
		}
		l.Buckets, l.Signed, l.Norm = int(n), p.truth("alternate_sign", true), p.text("norm")
		return nil
	}
	v := p.get("vocabulary_")
	if v == nil {
		v = p.get("vocabulary") // given, and not learned
	}
	if o, ok := v.(*pickle.Object); ok && o.Items != nil { // a defaultdict
		v = o.Items
	}
	if items, ok := pickle.Items(v); ok {
		l.Terms = texts(items)
	}
	if d, ok := v.(*pickle.Dict); ok {
		l.Terms = make([]string, d.Len())
		seen := make([]bool, d.Len())
		for key, value := range d.All {
			term, isText := key.(string)
			at, isNumber := pickle.Number(value)
			if !isText || !isNumber || !(at >= 0 && at < float64(len(seen))) || seen[int(at)] {
				return p.wrong("its vocabulary does not number %d terms from 0 on", len(seen))
			}
			l.Terms[int(at)], seen[int(at)] = term, true
		}
	}
	if len(l.Terms) == 0 {
		return p.wrong(neverFitted)
	}
	return nil
}

// weights reads what a TfidfTransformer does to counts.
func weights(p part, l *lexicon.Lexicon) error {
	l.Norm, l.Log = p.text("norm"), p.truth("sublinear_tf", false)
	if l.Log && l.Signed {
		return p.wrong("it takes logarithms of counts that a hasher has made negative: fit that with alternate_sign=False")
	}
	if !p.truth("use_idf", true) {
		return nil
	}
	if p.get("idf_") != nil { // since 1.5
		values, err := p.exactly("idf_", l.Size())
		l.Weights = values
		return err
	}
	diagonal, ok := p.child("_idf_diag")
	if !ok {
		return p.wrong(neverFitted)
	}
	values, err := diagonal.floats("data")
	if err == nil && len(values) != l.Size() {
		err = p.wrong("it weighs %d terms, and gets %d", len(values), l.Size())
	}
	l.Weights = values
	return err
}

// isSingle tells numpy's float32, however it is named.
func isSingle(v any) bool {
	switch v := v.(type) {
	case pickle.Global:
		return v.Name == "float32"
	case *pickle.DType:
		return v.Kind == 'f' && v.Size == 4
	case string:
		return v == "float32"
	}
	return false
}

// reads gives the columns of a reading: one per term.
func (d *design) reads(p part, reading predict.Reading) (*design, error) {
	b, n := d.builder, reading.Size()
	if err := b.widen(p, n, 0); err != nil {
		return nil, err
	}
	at := len(b.readings)
	b.readings = append(b.readings, reading)
	out := d.with(make([]column, n))
	out.sparse = true
	each := make([]wording, n)
	for k := range out.columns {
		each[k] = wording{reading: at, term: k}
		name := fmt.Sprintf("%s%d", strings.ToLower(p.class()), k)
		if reading.Buckets == 0 {
			name = reading.Terms[k]
			if predict.TextFlaw(name) != "" {
				name = fmt.Sprintf("%+q", word(name))
			}
		}
		out.columns[k] = column{input: reading.Input, name: name, links: []link{{words: &each[k]}}}
	}
	return out, nil
}

// whole is the reading whose terms a design's columns are: all, in order, and
// nothing done to them.
func (d *design) whole() (int, bool) {
	for k := range d.columns {
		c := &d.columns[k]
		if len(c.links) != 1 || c.links[0].words == nil || c.links[0].words.term != k || c.links[0].words.weights != nil {
			return 0, false
		}
		if c.links[0].words.reading != d.columns[0].links[0].words.reading {
			return 0, false
		}
	}
	if len(d.columns) == 0 {
		return 0, false
	}
	at := d.columns[0].links[0].words.reading
	return at, d.builder.readings[at].Size() == len(d.columns)
}

// reweighed reads a TfidfTransformer behind a vectorizer: the same reading, with
// weights.
func reweighed(p part, d *design) (*design, error) {
	at, ok := d.whole()
	if !ok {
		return nil, p.wrong("it stands where no vectorizer's columns are, all of them, and only there it is read")
	}
	reading := d.builder.readings[at]
	if reading.Norm != "" || reading.Weights != nil || reading.Log {
		return nil, p.wrong("it weighs what is weighed already: of a vectorizer with a norm, which HashingVectorizer has unless norm=None")
	}
	if err := weights(p, &reading.Lexicon); err != nil {
		return nil, err
	}
	if err := reading.Check(); err != nil {
		return nil, p.wrong("%v", err)
	}
	return d.reads(p, reading)
}

// present gives whether each term of a text is there, where a design is the
// terms of one.
func (d *design) present(p part) (*design, bool, error) {
	at, ok := d.whole()
	if !ok || d.builder.readings[at].Signed {
		return nil, false, nil
	}
	reading := d.builder.readings[at]
	for _, w := range reading.Weights {
		if w <= 0 {
			return nil, false, nil
		}
	}
	reading.Binary, reading.Log, reading.Weights, reading.Norm = true, false, nil, ""
	out, err := d.reads(p, reading)
	return out, err == nil, err
}

package frame

// UsualMissing are the spellings of a missing value that ReadCSV takes unless
// told otherwise. The empty field is always missing.
var UsualMissing = []string{"NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "?", "-", "#N/A", "<NA>"}

// spellings is a set of texts that answers most cells by their first byte and
// length, before any hashing.
type spellings struct {
	texts   map[string]bool
	lengths [256]uint64 // by first byte: which lengths, modulo 64, occur
	numeric bool        // one of them could be read as a number: "-9"
}

func newSpellings(texts []string) *spellings {
	s := &spellings{texts: make(map[string]bool, len(texts))}
	for _, text := range texts {
		if text = trim(text); text != "" {
			s.texts[text] = true
			_, class := parseNumber(text)
			s.numeric = s.numeric || class == plain
			s.lengths[text[0]] |= 1 << (len(text) % 64)
		}
	}
	return s
}

func (s *spellings) has(text string) bool {
	return text == "" || s.lengths[text[0]]&(1<<(len(text)%64)) != 0 && s.texts[text]
}

package lexicon

// find appends the places of all words in a text: of each where it begins and
// ends. It takes them as Python's findall does: the first choice that fits at the
// first place where one does, and goes on behind it.
func (p *pattern) find(text []rune, m *memory) {
	m.spans = m.spans[:0]
	if p.words {
		p.findRuns(text, m)
		return
	}
	m.steps = 0
	for at := 0; at <= len(text) && m.steps < maxSteps; {
		end := -1
		for c := range p.choices {
			if end = m.match(p.choices[c], text, at); end >= 0 {
				break
			}
		}
		switch {
		case end < 0:
			at++
		case end == at: // an empty word, which Python takes as well
			m.spans = append(m.spans, span{at, at})
			at++
		default:
			m.spans = append(m.spans, span{at, end})
			at = end
		}
	}
}

// findRuns finds whole runs of word characters.
func (p *pattern) findRuns(text []rune, m *memory) {
	for at := 0; at < len(text); {
		if !isWord(text[at]) {
			at++
			continue
		}
		end := at + 1
		for end < len(text) && isWord(text[end]) {
			end++
		}
		if end-at >= p.least {
			m.spans = append(m.spans, span{at, end})
		}
		at = end
	}
}

// match is where a sequence that begins at a place ends; -1 when it does not fit.
// Each class takes as much as it can and gives back one by one. A place and an
// atom that have failed once fail again, which bounds the work.
func (m *memory) match(atoms []atom, text []rune, at int) int {
	clear(m.failed)
	return m.rest(atoms, 0, text, at)
}

// maxSteps bounds the characters that are looked at for the words of one text: a
// pattern that fails late fails late at every place. What is left of the text
// then has no words.
const maxSteps = 8_000_000

func (m *memory) rest(atoms []atom, k int, text []rune, at int) int {
	if k == len(atoms) {
		return at
	}
	key := [2]int{k, at}
	if m.steps >= maxSteps || m.failed[key] {
		return -1
	}
	a := &atoms[k]
	if a.edge {
		if isEdge(text, at) {
			return m.rest(atoms, k+1, text, at)
		}
		return -1
	}
	taken := 0
	for taken < a.most && at+taken < len(text) && a.holds(text[at+taken]) {
		taken++
	}
	m.steps += taken + 1
	for ; taken >= a.least; taken-- {
		if end := m.rest(atoms, k+1, text, at+taken); end >= 0 {
			return end
		}
	}
	m.failed[key] = true
	return -1
}

func isEdge(text []rune, at int) bool {
	before, after := at > 0 && isWord(text[at-1]), at < len(text) && isWord(text[at])
	return before != after
}

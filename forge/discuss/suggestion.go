package discuss

import (
	"fmt"
	"strconv"
	"strings"
)

// mostSuggested is how many lines a suggestion may replace, and put in their
// place.
const mostSuggested = 100

// Suggestion is a fenced block in a note that says how lines should read:
//
//	```suggestion:-1+2
//	the new text
//	```
//
// replaces one line above the note's line, that line, and two below.
type Suggestion struct {
	Above, Below int
	Lines        []string // the new text; none deletes the lines
	Flaw         string   // why it cannot be applied, wherever it stands
}

// Text is the new text, with a line end behind each line but the last.
func (s Suggestion) Text() string { return strings.Join(s.Lines, "\n") }

// fence is the opening of a fenced block: up to three blanks, and then at least
// three of ` or ~.
type fence struct {
	char   byte
	length int
	info   string
}

func openFence(line string) (fence, bool) {
	rest := strings.TrimLeft(line, " ")
	if len(line)-len(rest) > 3 || rest == "" || rest[0] != '`' && rest[0] != '~' {
		return fence{}, false
	}
	f := fence{char: rest[0]}
	for f.length < len(rest) && rest[f.length] == f.char {
		f.length++
	}
	f.info = strings.TrimSpace(rest[f.length:])
	if f.length < 3 || f.char == '`' && strings.ContainsRune(f.info, '`') {
		return fence{}, false
	}
	return f, true
}

// closes tells whether a line ends the block.
func (f fence) closes(line string) bool {
	end, ok := openFence(line)
	return ok && end.char == f.char && end.length >= f.length && end.info == ""
}

// ParseSuggestions finds the suggestions of a note, in order. One without an
// end is none: half of a text must not be applied.
func ParseSuggestions(body string) []Suggestion {
	if !strings.Contains(body, "suggestion") {
		return nil
	}
	var found []Suggestion
	lines := splitLines(body)
	for i := 0; i < len(lines); i++ {
		f, opens := openFence(lines[i])
		if !opens {
			continue
		}
		end := i + 1
		for end < len(lines) && !f.closes(lines[end]) {
			end++
		}
		if end == len(lines) {
			break
		}
		if s, ok := parseSuggestion(f.info); ok {
			s.Lines = append([]string{}, lines[i+1:end]...)
			if len(s.Lines) > mostSuggested && s.Flaw == "" {
				s.Flaw = fmt.Sprintf("the suggestion has %d lines: at most %d can be applied with a click", len(s.Lines), mostSuggested)
			}
			found = append(found, s)
		}
		i = end
	}
	return found
}

// parseSuggestion reads "suggestion" or "suggestion:-1+2".
func parseSuggestion(info string) (Suggestion, bool) {
	word, counts, counted := strings.Cut(info, ":")
	if word != "suggestion" {
		return Suggestion{}, false
	}
	if !counted {
		return Suggestion{}, true
	}
	flawed := Suggestion{Flaw: fmt.Sprintf("%q says no lines: expected suggestion:-above+below, such as suggestion:-0+2", info)}
	above, below, ok := strings.Cut(counts, "+")
	above, minus := strings.CutPrefix(above, "-")
	if !ok || !minus {
		return flawed, true
	}
	a, okA := digits(above)
	b, okB := digits(below)
	if !okA || !okB {
		return flawed, true
	}
	s := Suggestion{Above: a, Below: b}
	if a+b+1 > mostSuggested {
		s.Flaw = fmt.Sprintf("the suggestion replaces %d lines: at most %d can be replaced with a click", a+b+1, mostSuggested)
	}
	return s, true
}

// digits reads a plain number of at most six digits.
func digits(text string) (int, bool) {
	if text == "" || len(text) > 6 || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil
}

// splitLines cuts a text at its line ends, of Unix or Windows.
func splitLines(text string) []string {
	return strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
}

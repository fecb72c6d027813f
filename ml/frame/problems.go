package frame

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"dasier/fault"
)

// problems gathers the first few complaints, so that a person mends a file in
// fewer rounds, and counts the rest.
type problems struct {
	name  string
	first []string
	count int
}

const shownProblems = 5

func (p *problems) add(message string) {
	if p.count++; p.count <= shownProblems {
		p.first = append(p.first, message)
	}
}

// listens tells whether the next complaint would be shown.
func (p *problems) listens() bool { return p.count < shownProblems }

func (p *problems) reset() { p.first, p.count = p.first[:0], 0 }

// join adds what a later part of the file has.
func (p *problems) join(next *problems) {
	for _, message := range next.first {
		p.add(message)
	}
	p.count += next.count - len(next.first)
}

func (p *problems) err() error {
	if p.count == 0 {
		return nil
	}
	text := strings.Join(p.first, "\n")
	if more := p.count - len(p.first); more > 0 {
		text += fmt.Sprintf("\nand %d more like these", more)
	}
	return fault.Errorf(fault.Invalid, "%s", text)
}

// shorten keeps messages readable when a cell is a page of text.
func shorten(s string) string {
	const most = 40
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}

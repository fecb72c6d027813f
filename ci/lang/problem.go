package lang

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"dasier/fault"
)

// Problem is one thing wrong with a configuration file.
type Problem struct {
	File string
	// Line and Column count from 1; 0 means that the problem has no place.
	Line, Column int
	Message      string
	// Path names the keyword, like jobs.train.script[2].
	Path string
}

// Error is the problem in one line, in the form that editors jump to.
func (p Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
	}
	b.WriteString(": ")
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	b.WriteString(p.Message)
	return b.String()
}

// Excerpt is the problem with the line it is in, the line before, and a caret
// under its column.
func (p Problem) Excerpt(text []byte) string {
	var b strings.Builder
	b.WriteString(p.Error() + "\n")
	lines := strings.Split(string(text), "\n")
	if p.Line < 1 || p.Line > len(lines) {
		return b.String()
	}
	for n := max(1, p.Line-1); n <= p.Line; n++ {
		fmt.Fprintf(&b, "%5d | %s\n", n, clip(strings.TrimRight(lines[n-1], "\r")))
	}
	fmt.Fprintf(&b, "      | %s^\n", caretIndent(lines[p.Line-1], p.Column))
	return b.String()
}

// clip keeps an excerpt readable when a line is very long.
func clip(line string) string {
	const most = 200
	if runes := []rune(line); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return line
}

// caretIndent keeps tabs, so that the caret stands under its column however
// wide the reader's tabs are.
func caretIndent(line string, column int) string {
	var b strings.Builder
	for i, r := range []rune(line) {
		if i >= column-1 || i >= 200 {
			break
		}
		if r == '\t' {
			b.WriteRune('\t')
		} else {
			b.WriteRune(' ')
		}
	}
	return b.String()
}

// Problems is everything wrong with a file, in the order of the file.
type Problems []Problem

// Error is one problem a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Excerpt is every problem with its line and a caret.
func (ps Problems) Excerpt(text []byte) string {
	parts := make([]string, len(ps))
	for i, p := range ps {
		parts[i] = p.Excerpt(text)
	}
	return strings.Join(parts, "\n")
}

// Err is nil without problems, and else a fault.Invalid whose message is all of
// them; errors.As finds the Problems in it.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	return fault.Errorf(fault.Invalid, "%w", ps)
}

// findings collects problems and notices while a file is read.
type findings struct {
	file     string
	problems Problems
	notices  []string
	seen     map[string]bool
	more     bool // problems were left out

	// parsed keeps the conditions that were right, by their text: one may be
	// shared by thousands of rules.
	parsed map[string]*expression
}

func newFindings(file string) *findings {
	return &findings{file: file, seen: map[string]bool{}, parsed: map[string]*expression{}}
}

// fail records a problem. The same sentence about the same place is recorded
// once: several jobs may inherit one mistake.
func (f *findings) fail(at position, path, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	key := fmt.Sprintf("%d:%d:%s", at.line, at.column, message)
	if f.seen[key] {
		return
	}
	if f.full() {
		f.more = true
		return
	}
	f.seen[key] = true
	f.problems = append(f.problems, Problem{File: f.file, Line: at.line, Column: at.column, Message: message, Path: path})
}

// full tells that no more problems are kept, so that none need be worded.
func (f *findings) full() bool { return len(f.problems) >= maxProblems }

// notice records a sentence once.
func (f *findings) notice(format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	if !f.seen[message] {
		f.seen[message] = true
		f.notices = append(f.notices, message)
	}
}

// sorted gives the problems in the order of the file, nil when there are none.
func (f *findings) sorted() Problems {
	slices.SortStableFunc(f.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	if f.more {
		return append(f.problems, Problem{File: f.file, Message: "there are more problems than these"})
	}
	return f.problems
}

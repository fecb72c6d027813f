package owners

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/bmatcuk/doublestar/v4"
)

// Places is where a CODEOWNERS file may stand; the first that exists counts.
var Places = []string{"CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"}

// SizeLimit is the most bytes of a file that are read; the rest is a Problem.
const SizeLimit = 256 << 10

// Bounds that keep matching cheap, whatever somebody committed.
const (
	mostRules     = 5000
	mostGlobs     = 64 // that one pattern's braces stand for
	longestLine   = 4096
	mostApprovals = 100
)

// File is a CODEOWNERS file that was read. The zero value owns nothing.
type File struct {
	sections []section // the first has no name: lines before any heading
}

// Problem is a line that could not be used as it stands.
type Problem struct {
	Line    int
	Message string
}

// String names the line.
func (p Problem) String() string { return fmt.Sprintf("line %d: %s", p.Line, p.Message) }

type section struct {
	name      string
	optional  bool
	approvals int
	owners    []string // for lines that name nobody
	rules     []rule   // in the order of the file
	excluded  []rule   // "!pattern": the section asks nobody about these
}

type rule struct {
	pattern string   // as written, for people
	globs   []string // for doublestar, from the root without a slash; without braces
	deep    bool     // matches what lies below a folder of that name, too
	owners  []string
}

// heading is "[Name]", "^[Name]" and "[Name][2]", with default owners behind.
var heading = regexp.MustCompile(`^(\^)?\[([^\]]*)\](?:\[([^\]]*)\])?(.*)$`)

// Parse reads a CODEOWNERS file.
func Parse(text string) (File, []Problem) {
	r := reader{sections: []section{{approvals: 1}}, byName: map[string]int{}}
	if len(text) > SizeLimit {
		text = text[:SizeLimit]
		r.line = strings.Count(text, "\n") + 1
		r.problem("the file is larger than %d KiB: what follows is not read", SizeLimit>>10)
		r.line = 0
		text = text[:strings.LastIndexByte(text, '\n')+1]
	}
	for line := range strings.SplitSeq(strings.TrimPrefix(text, "\uFEFF"), "\n") {
		r.line++
		r.read(strings.TrimSpace(line))
	}
	return File{sections: r.sections}, r.problems
}

type reader struct {
	line     int
	sections []section
	byName   map[string]int // lower case: sections of one name are one
	current  int
	rules    int
	problems []Problem
}

func (r *reader) problem(format string, args ...any) {
	r.problems = append(r.problems, Problem{Line: r.line, Message: fmt.Sprintf(format, args...)})
}

func (r *reader) read(line string) {
	switch {
	case line == "" || line[0] == '#':
		return
	case len(line) > longestLine:
		r.problem("the line is longer than %d bytes", longestLine)
		return
	case !utf8.ValidString(line) || strings.ContainsRune(line, 0):
		r.problem("the line is not UTF-8 text")
		return
	}
	if parts := heading.FindStringSubmatch(line); parts != nil && !looksLikeClass(line) {
		r.heading(parts)
		return
	}
	if r.rules++; r.rules > mostRules {
		if r.rules == mostRules+1 {
			r.problem("more than %d patterns: this and what follows is not read", mostRules)
		}
		return
	}
	r.pattern(line)
}

// looksLikeClass tells a pattern such as "[ab].go @ada" from a heading: a
// heading's bracket is followed by a space, another bracket or nothing.
func looksLikeClass(line string) bool {
	_, rest, _ := strings.Cut(line, "]")
	return rest != "" && rest[0] != ' ' && rest[0] != '\t' && rest[0] != '['
}

func (r *reader) heading(parts []string) {
	name := strings.TrimSpace(parts[2])
	if name == "" {
		r.problem("a section without a name: write [Name]")
		name = fmt.Sprintf("line %d", r.line)
	}
	approvals := 1
	if count := strings.TrimSpace(parts[3]); count != "" {
		n, err := strconv.Atoi(count)
		if err != nil || n < 1 || n > mostApprovals {
			r.problem("section %q asks for %q approvals: expected a number from 1 to %d, 1 is taken", name, count, mostApprovals)
			n = 1
		}
		approvals = n
	}
	owners, _ := r.owners(fields(parts[4]))
	key := strings.ToLower(name)
	if i, again := r.byName[key]; again {
		// The stricter of the two headings counts, so that a heading further
		// down cannot take away what one above asks for.
		s := &r.sections[i]
		s.optional = s.optional && parts[1] != ""
		s.approvals = max(s.approvals, approvals)
		s.owners = union(s.owners, owners)
		r.current = i
		return
	}
	r.current = len(r.sections)
	r.byName[key] = r.current
	r.sections = append(r.sections, section{name: name, optional: parts[1] != "", approvals: approvals, owners: owners})
}

func (r *reader) pattern(line string) {
	words := fields(line)
	written, exclude := strings.CutPrefix(words[0], "!")
	made, flaw := compile(written)
	if flaw != "" {
		r.problem("pattern %q: %s", words[0], flaw)
		return
	}
	made.pattern = words[0]
	s := &r.sections[r.current]
	if exclude {
		s.excluded = append(s.excluded, made)
		return
	}
	var named bool
	made.owners, named = r.owners(words[1:])
	if named && len(made.owners) == 0 {
		r.problem("pattern %q names no owner that can be read", words[0])
	}
	s.rules = append(s.rules, made)
}

// owners reads owners' words; named tells whether there were any.
func (r *reader) owners(words []string) (owners []string, named bool) {
	for _, word := range words {
		if word[0] == '#' {
			break // the rest is a comment
		}
		named = true
		if kind, _ := Split(word); kind == Unknown {
			r.problem("%q is no owner: write @username, @group, @@role or an e-mail address", word)
			continue
		}
		owners = union(owners, []string{word})
	}
	return owners, named
}

// fields splits at blanks that no backslash precedes. The backslash before a
// blank or a # goes; others stay for the pattern.
func fields(line string) []string {
	var words []string
	var word strings.Builder
	flush := func() {
		if word.Len() > 0 {
			words = append(words, word.String())
			word.Reset()
		}
	}
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case c == '\\' && i+1 < len(line) && (line[i+1] == ' ' || line[i+1] == '\t' || line[i+1] == '#'):
			i++
			word.WriteByte(line[i])
		case c == '\\' && i+1 < len(line):
			word.WriteByte(c)
			i++
			word.WriteByte(line[i])
		case c == ' ' || c == '\t' || c == '\r':
			flush()
		default:
			word.WriteByte(c)
		}
	}
	flush()
	return words
}

// compile makes a glob of a pattern. Without a slash at its beginning a pattern
// matches at every depth; with one at its end it means all below a folder. A
// pattern whose last part is a plain name means a file or all below a folder of
// that name, which is what GitHub says and what people mean.
func compile(pattern string) (rule, string) {
	anchored := strings.HasPrefix(pattern, "/")
	glob := strings.TrimPrefix(pattern, "/")
	switch {
	case glob == "" && anchored:
		return rule{globs: []string{"**"}}, ""
	case glob == "":
		return rule{}, "is empty"
	}
	var made rule
	if folder, ok := strings.CutSuffix(glob, "/"); ok {
		glob = folder + "/**/*"
	} else {
		made.deep = !strings.ContainsAny(glob[strings.LastIndexByte(glob, '/')+1:], `*?[{\`)
	}
	if !anchored && !strings.HasPrefix(glob, "**/") {
		glob = "**/" + glob
	}
	globs, flaw := expand(glob)
	if flaw != "" {
		return rule{}, flaw
	}
	for _, glob := range globs {
		if !doublestar.ValidatePattern(glob) {
			return rule{}, "a bracket or brace is not closed"
		}
	}
	made.globs = globs
	return made, ""
}

// expand writes out the alternatives in braces. Matching them in place would
// try every combination at every position: written out they cost what they
// look like, and can be counted.
func expand(glob string) ([]string, string) {
	globs := []string{""}
	for glob != "" {
		open := indexUnescaped(glob, '{')
		if open < 0 {
			return appendEach(globs, []string{glob}), ""
		}
		length := indexUnescaped(glob[open:], '}')
		if length < 0 {
			return nil, "a brace is not closed"
		}
		inner := glob[open+1 : open+length]
		if indexUnescaped(inner, '{') >= 0 {
			return nil, "has braces inside braces"
		}
		var choices []string
		for rest, more := inner, true; more; {
			comma := indexUnescaped(rest, ',')
			if more = comma >= 0; !more {
				comma = len(rest)
			}
			choices = append(choices, glob[:open]+rest[:comma])
			rest = rest[min(comma+1, len(rest)):]
		}
		if len(globs)*len(choices) > mostGlobs {
			return nil, fmt.Sprintf("stands for more than %d patterns", mostGlobs)
		}
		globs = appendEach(globs, choices)
		glob = glob[open+length+1:]
	}
	return globs, ""
}

func appendEach(heads, tails []string) []string {
	all := make([]string, 0, len(heads)*len(tails))
	for _, head := range heads {
		for _, tail := range tails {
			all = append(all, head+tail)
		}
	}
	return all
}

// indexUnescaped finds a byte that no backslash precedes and that no brackets
// enclose, or -1.
func indexUnescaped(s string, c byte) int {
	class := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case s[i] == c && !class:
			return i
		case s[i] == '[':
			class = true
		case s[i] == ']':
			class = false
		}
	}
	return -1
}

func union(a, b []string) []string {
	for _, word := range b {
		if !containsFold(a, word) {
			a = append(a, word)
		}
	}
	return a
}

func containsFold(words []string, word string) bool {
	for _, w := range words {
		if strings.EqualFold(w, word) {
			return true
		}
	}
	return false
}

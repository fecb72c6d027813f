package discuss

import (
	"regexp"
	"strings"
)

// mostMentions is how many people one note can call.
const mostMentions = 50

// mention is "@name" that no letter, slash or the like precedes: an e-mail
// address is none.
var mention = regexp.MustCompile(`(?:^|[^A-Za-z0-9_@/.+-])@([A-Za-z0-9_][A-Za-z0-9_.-]*)`)

// Mentions finds the names that a note calls, in order, each once. What stands
// in code calls nobody.
func Mentions(body string) []string {
	if !strings.Contains(body, "@") {
		return nil
	}
	var names []string
	seen := map[string]bool{}
	for _, match := range mention.FindAllStringSubmatch(prose(body), -1) {
		name := strings.TrimRight(match[1], ".-_") // the end of a sentence
		if key := strings.ToLower(name); name != "" && !seen[key] && len(names) < mostMentions {
			seen[key] = true
			names = append(names, name)
		}
	}
	return names
}

// prose is a note without its fenced blocks and code spans.
func prose(body string) string {
	var out strings.Builder
	var open fence
	fenced := false
	for _, line := range splitLines(body) {
		if fenced {
			fenced = !open.closes(line)
			continue
		}
		if open, fenced = openFence(line); fenced {
			continue
		}
		out.WriteString(withoutSpans(line))
		out.WriteByte('\n')
	}
	return out.String()
}

// withoutSpans takes out what stands between equally long runs of backticks.
func withoutSpans(line string) string {
	var out strings.Builder
	for {
		start := strings.IndexByte(line, '`')
		if start < 0 {
			out.WriteString(line)
			return out.String()
		}
		run := start
		for run < len(line) && line[run] == '`' {
			run++
		}
		ticks := line[start:run]
		end := strings.Index(line[run:], ticks)
		out.WriteString(line[:start])
		out.WriteByte(' ')
		if end < 0 {
			line = line[run:]
			continue
		}
		line = line[run+end+len(ticks):]
	}
}

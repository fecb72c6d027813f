package rowjson

import "strings"

// maxCandidates bounds the search for a suggestion.
const maxCandidates = 2_000

// nearestOf finds the candidate that a person most likely meant: equal but
// for case and separators, or within one edit per three letters.
func nearestOf(text string, n int, candidate func(int) string) (string, bool) {
	text = plain(text)
	if text == "" {
		return "", false
	}
	best, most := "", max(len(text)/3, 1)+1
	for k := range min(n, maxCandidates) {
		c := candidate(k)
		if d := distance(text, plain(c), most); d < most {
			best, most = c, d
		}
	}
	return best, best != ""
}

// plain drops what people get wrong without noticing.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '_', '-', '.':
			return -1
		}
		return r
	}, strings.ToLower(text))
}

// distance is the number of edits from a to b (insert, delete, replace, swap
// of neighbours: optimal string alignment), or limit when it is no less.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	before, last, now := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		now[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			now[j] = min(last[j]+1, now[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				now[j] = min(now[j], before[j-2]+1)
			}
		}
		before, last, now = last, now, before
	}
	return min(last[len(b)], limit)
}

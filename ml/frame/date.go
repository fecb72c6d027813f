package frame

import (
	"math/bits"
	"time"
)

// order says which of day and month comes first in an all-digit date.
type order uint8

const (
	named order = iota // the month is a word: nothing to confuse
	dayFirst
	monthFirst
)

// DateOrder is how dates such as 03/04/2021 are read.
type DateOrder string

// The orders. Unknown lets the column decide: one 13/04/2021 settles it; a
// column that stays ambiguous is read as text.
const (
	Unknown    DateOrder = ""
	DayFirst   DateOrder = "dmy"
	MonthFirst DateOrder = "mdy"
)

// layouts are the dates that are read besides ISO 8601, each alone or followed
// by a time of day. A column is of time when one layout reads all its cells.
var layouts = buildLayouts()

type layout struct {
	text  string
	order order
}

func buildLayouts() []layout {
	dates := []layout{
		{"2.1.2006", dayFirst},
		{"2/1/2006", dayFirst},
		{"1/2/2006", monthFirst},
		{"2-1-2006", dayFirst},
		{"1-2-2006", monthFirst},
		{"2 Jan 2006", named},
		{"2-Jan-2006", named},
		{"Jan 2, 2006", named},
		{"2 January 2006", named},
		{"January 2, 2006", named},
	}
	var all []layout
	for _, clock := range []string{"", " 15:04", " 15:04:05", " 3:04 PM", " 3:04:05 PM"} {
		for _, d := range dates {
			all = append(all, layout{d.text + clock, d.order})
		}
	}
	return all
}

// layoutSet is a set of layouts by index.
type layoutSet uint64

// everyLayout is the set to begin with under an order.
func everyLayout(o DateOrder) layoutSet {
	var set layoutSet
	for i, l := range layouts {
		if (l.order == dayFirst && o == MonthFirst) || (l.order == monthFirst && o == DayFirst) {
			continue
		}
		set |= 1 << i
	}
	return set
}

// matching keeps the layouts that read s.
func (set layoutSet) matching(s string) layoutSet {
	if len(s) < 8 || len(s) > 40 {
		return 0
	}
	kept := layoutSet(0)
	for rest := set; rest != 0; rest &= rest - 1 {
		i := bits.TrailingZeros64(uint64(rest))
		if _, err := time.Parse(layouts[i].text, s); err == nil {
			kept |= 1 << i
		}
	}
	return kept
}

// ambiguous tells whether day and month could be either.
func (set layoutSet) ambiguous() bool {
	var day, month bool
	for rest := set; rest != 0; rest &= rest - 1 {
		switch layouts[bits.TrailingZeros64(uint64(rest))].order {
		case dayFirst:
			day = true
		case monthFirst:
			month = true
		}
	}
	return day && month
}

// parse reads s by the set's first layout.
func (set layoutSet) parse(s string) (float64, bool) {
	if set == 0 {
		return parseISO(s)
	}
	t, err := time.Parse(layouts[bits.TrailingZeros64(uint64(set))].text, s)
	if err != nil {
		return 0, false
	}
	return float64(t.Unix()), true
}

// ParseTime reads an ISO 8601 date, or date and time, as seconds since 1970.
// Without an offset it is UTC.
func ParseTime(text string) (float64, bool) { return parseISO(trim(text)) }

// parseISO reads YYYY-MM-DD or YYYY/MM/DD, then optionally T or a blank, HH:MM,
// :SS, a fraction, and Z or an offset. time.Parse would need a dozen layouts
// and thirty times as long.
func parseISO(s string) (float64, bool) {
	if len(s) < 10 || (s[4] != '-' && s[4] != '/') || s[7] != s[4] {
		return 0, false
	}
	year, ok1 := digits(s[0:4])
	month, ok2 := digits(s[5:7])
	day, ok3 := digits(s[8:10])
	if !ok1 || !ok2 || !ok3 {
		return 0, false
	}
	date := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if date.Day() != day || int(date.Month()) != month {
		return 0, false // no 30th of February
	}
	seconds := float64(date.Unix())
	if s = s[10:]; s == "" {
		return seconds, true
	}
	if s[0] != 'T' && s[0] != ' ' && s[0] != 't' {
		return 0, false
	}
	clock, rest, ok := parseClock(s[1:])
	if !ok {
		return 0, false
	}
	offset, ok := parseOffset(rest)
	return seconds + clock - offset, ok
}

func parseClock(s string) (seconds float64, rest string, ok bool) {
	if len(s) < 5 || s[2] != ':' {
		return 0, "", false
	}
	hour, ok1 := digits(s[0:2])
	minute, ok2 := digits(s[3:5])
	if !ok1 || !ok2 || hour > 23 || minute > 59 {
		return 0, "", false
	}
	seconds = float64(hour*3600 + minute*60)
	s = s[5:]
	if len(s) < 3 || s[0] != ':' {
		return seconds, s, true
	}
	second, ok := digits(s[1:3])
	if !ok || second > 60 { // 60: a leap second
		return 0, "", false
	}
	seconds += float64(second)
	s = s[3:]
	if s == "" || (s[0] != '.' && s[0] != ',') {
		return seconds, s, true
	}
	end := 1
	for end < len(s) && s[end]-'0' <= 9 {
		end++
	}
	if end == 1 || end > 10 {
		return 0, "", false
	}
	fraction, _ := digits(s[1:end])
	return seconds + float64(fraction)/tens[end-1], s[end:], true
}

func parseOffset(s string) (float64, bool) {
	if s == "" || s == "Z" || s == "z" {
		return 0, true
	}
	sign := 1.0
	switch s[0] {
	case '+':
	case '-':
		sign = -1
	default:
		return 0, false
	}
	s = s[1:]
	if len(s) == 5 && s[2] == ':' {
		s = s[:2] + s[3:]
	}
	if len(s) == 2 {
		s += "00"
	}
	if len(s) != 4 {
		return 0, false
	}
	hours, ok1 := digits(s[:2])
	minutes, ok2 := digits(s[2:])
	return sign * float64(hours*3600+minutes*60), ok1 && ok2 && hours < 24 && minutes < 60
}

func digits(s string) (int, bool) {
	n := 0
	for i := range len(s) {
		d := s[i] - '0'
		if d > 9 {
			return 0, false
		}
		n = n*10 + int(d)
	}
	return n, s != ""
}

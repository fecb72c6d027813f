package profile

import (
	"math"
	"strconv"
	"strings"
	"time"

	"dasier/ml/frame"
)

// number writes v for reading: four to six significant digits, and groups of
// three from five digits on, so that years stay years.
func number(v float64) string {
	if v != 0 && (math.Abs(v) >= 1e9 || math.Abs(v) < 1e-4) {
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	digits := 0
	switch size := math.Abs(v); {
	case v == math.Trunc(v), size >= 10_000:
	case size >= 100:
		digits = 1
	case size >= 10:
		digits = 2
	case size >= 1:
		digits = 3
	default:
		digits = 4
	}
	text := strconv.FormatFloat(v, 'f', digits, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return grouped(text)
}

// whole writes a count.
func whole(n int) string { return grouped(strconv.Itoa(n)) }

// rows writes a count of rows.
func rows(n int) string {
	if n == 1 {
		return "1 row"
	}
	return whole(n) + " rows"
}

// grouped sets narrow no-break spaces (U+202F), as ISO 80000-1, 7.3.1 has it.
func grouped(text string) string {
	sign := ""
	if strings.HasPrefix(text, "-") {
		sign, text = "−", text[1:]
	}
	fraction := ""
	if point := strings.IndexByte(text, '.'); point >= 0 {
		text, fraction = text[:point], text[point:]
	}
	if len(text) < 5 {
		return sign + text + fraction
	}
	var out strings.Builder
	for i, r := range text {
		if i > 0 && (len(text)-i)%3 == 0 {
			out.WriteRune('\u202f')
		}
		out.WriteRune(r)
	}
	return sign + out.String() + fraction
}

// moment writes seconds since 1970 as a date, with the time of day if any.
func moment(seconds float64) string {
	if math.Abs(seconds) > 1e11 {
		return number(seconds)
	}
	t := time.Unix(int64(math.Floor(seconds)), 0).UTC()
	if t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 {
		return t.Format(time.DateOnly)
	}
	return t.Format("2006-01-02 15:04")
}

// value writes v as its column's kind is read.
func value(kind frame.Kind, v float64) string {
	if kind == frame.Time {
		return moment(v)
	}
	return number(v)
}

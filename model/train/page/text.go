package page

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"dasier/ml/metric"
	"dasier/model/train"
)

// number keeps the digits that people read: four, or all before the point, in
// groups of three.
func number(v any) string {
	var x float64
	switch n := v.(type) {
	case float64:
		x = n
	case *float64:
		if n == nil {
			return "–"
		}
		x = *n
	}
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return "–"
	}
	if math.Abs(x) >= 1e15 {
		return strconv.FormatFloat(x, 'g', 4, 64)
	}
	if math.Abs(x) >= 1000 {
		return whole(int(math.Round(x)))
	}
	return strconv.FormatFloat(mustParse(strconv.FormatFloat(x, 'g', 4, 64)), 'f', -1, 64)
}

// mustParse reads what FormatFloat wrote.
func mustParse(text string) float64 {
	v, _ := strconv.ParseFloat(text, 64)
	return v
}

// whole groups digits by three.
func whole(n int) string {
	digits := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, digits = "−", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

func percent(v float64) string {
	text := strconv.FormatFloat(100*v, 'f', 1, 64)
	return strings.TrimSuffix(text, ".0") + " %"
}

func title(name string) string {
	if m, err := metric.Lookup(name); err == nil {
		return m.Title
	}
	return strings.ReplaceAll(name, "_", " ")
}

func about(name string) string {
	if m, err := metric.Lookup(name); err == nil {
		return m.About
	}
	return ""
}

// named is the label of an input, or its name.
func named(label, input string) string {
	if label != "" {
		return label
	}
	return input
}

func settings(params map[string]string) string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(params)) {
		parts = append(parts, key+" "+params[key])
	}
	return strings.Join(parts, ", ")
}

func bytesText(n int64) string {
	switch {
	case n == 0:
		return "–"
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1000_000:
		return fmt.Sprintf("%.3g kB", float64(n)/1e3)
	case n < 1000_000_000:
		return fmt.Sprintf("%.3g MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.3g GB", float64(n)/1e9)
}

func secondsText(v float64) string {
	switch {
	case v == 0:
		return "–"
	case v < 0.1:
		return fmt.Sprintf("%.2g ms", 1000*v)
	case v < 10:
		return fmt.Sprintf("%.2g s", v)
	}
	return fmt.Sprintf("%.0f s", v)
}

func microsText(v float64) string {
	switch {
	case v == 0:
		return "–"
	case v < 10:
		return fmt.Sprintf("%.2g µs", v)
	case v < 10_000:
		return fmt.Sprintf("%.0f µs", v)
	}
	return fmt.Sprintf("%.0f ms", v/1000)
}

// verdict is the class of the page's style for what a gate or comparison says.
func verdict(v any) string {
	switch fmt.Sprint(v) {
	case string(train.Pass), string(metric.Better):
		return "good"
	case string(train.Fail), string(metric.Worse):
		return "bad"
	}
	return "open"
}

// sentences begin with a capital letter and end with a full stop.
func sentences(parts []string) string {
	var text strings.Builder
	for _, part := range parts {
		if part == "" {
			continue
		}
		if text.Len() > 0 {
			text.WriteByte(' ')
		}
		text.WriteString(sentence(part))
	}
	return text.String()
}

func sentence(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	text = string(unicode.ToUpper(first)) + text[size:]
	if last := text[len(text)-1]; last != '.' && last != '!' && last != '?' {
		text += "."
	}
	return text
}

package xgboost

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"dasier/fault"
)

// text is a JSON document on its way in. XGBoost writes NaN and Infinity where
// a number is none, which JSON does not have; and arrays of numbers are most of
// a model, so they are read as such.
type text struct {
	data string
	pos  int
}

func (t *text) wrong(format string, args ...any) error {
	return fault.Errorf(fault.Invalid, "the XGBoost model is no JSON that can be read: at byte %d: %s", t.pos, fmt.Sprintf(format, args...))
}

// readJSON reads a whole document.
func readJSON(data []byte) (any, error) {
	t := &text{data: string(data)}
	v, err := t.value(0)
	if err != nil {
		return nil, err
	}
	if t.space(); t.pos < len(t.data) {
		return nil, t.wrong("something follows its end")
	}
	return v, nil
}

func (t *text) space() {
	for t.pos < len(t.data) && (t.data[t.pos] == ' ' || t.data[t.pos] == '\n' || t.data[t.pos] == '\r' || t.data[t.pos] == '\t') {
		t.pos++
	}
}

// peek is the next byte that is no space; 0 at the end.
func (t *text) peek() byte {
	t.space()
	if t.pos == len(t.data) {
		return 0
	}
	return t.data[t.pos]
}

func (t *text) value(depth int) (any, error) {
	if depth > maxNesting {
		return nil, t.wrong("it nests deeper than %d", maxNesting)
	}
	switch t.peek() {
	case 0:
		return nil, t.wrong("it ends in the middle")
	case '{':
		t.pos++
		return t.object(depth)
	case '[':
		t.pos++
		return t.array(depth)
	case '"':
		return t.quoted()
	}
	if len(t.data)-t.pos >= 4 && t.data[t.pos:t.pos+4] == "null" {
		t.pos += 4
		return nil, nil
	}
	return t.scalar()
}

// scalar reads a number, true or false.
func (t *text) scalar() (any, error) {
	word := t.word()
	switch word {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return t.number(word)
}

// word reads up to what ends a scalar.
func (t *text) word() string {
	t.space()
	from := t.pos
	for t.pos < len(t.data) && t.pos-from < 64 {
		switch t.data[t.pos] {
		case ',', ']', '}', ' ', '\n', '\r', '\t', ':', '"':
			return t.data[from:t.pos]
		}
		t.pos++
	}
	return t.data[from:t.pos]
}

func (t *text) number(word string) (float64, error) {
	if x, ok := small(word); ok {
		return x, nil
	}
	switch word {
	case "NaN", "-NaN", "nan", "-nan":
		return math.NaN(), nil
	case "Infinity", "inf":
		return math.Inf(1), nil
	case "-Infinity", "-inf":
		return math.Inf(-1), nil
	}
	x, err := strconv.ParseFloat(word, 64)
	if err != nil {
		return 0, t.wrong("%.40q is no value", word)
	}
	return x, nil
}

// small reads a whole number of few digits, which most numbers of a model are.
func small(word string) (float64, bool) {
	if word == "" || len(word) > 9 {
		return 0, false
	}
	n := 0
	for k := range len(word) {
		digit := word[k] - '0'
		if digit > 9 {
			return 0, false
		}
		n = 10*n + int(digit)
	}
	return float64(n), true
}

func (t *text) quoted() (string, error) {
	from := t.pos
	for t.pos++; t.pos < len(t.data); t.pos++ {
		switch t.data[t.pos] {
		case '\\':
			t.pos++
		case '"':
			t.pos++
			var s string
			if err := json.Unmarshal([]byte(t.data[from:t.pos]), &s); err != nil {
				return "", t.wrong("a text: %v", err)
			}
			return s, nil
		}
	}
	return "", t.wrong("a text has no end")
}

func (t *text) object(depth int) (any, error) {
	object := map[string]any{}
	if t.peek() == '}' {
		t.pos++
		return object, nil
	}
	for {
		if t.peek() != '"' {
			return nil, t.wrong("a name is expected")
		}
		name, err := t.quoted()
		if err != nil {
			return nil, err
		}
		if t.peek() != ':' {
			return nil, t.wrong("a colon is expected")
		}
		t.pos++
		if object[name], err = t.value(depth + 1); err != nil {
			return nil, err
		}
		end, err := t.next('}')
		if err != nil || end {
			return object, err
		}
	}
}

// next reads a comma, or the end of what is listed.
func (t *text) next(end byte) (bool, error) {
	at := t.peek()
	if at != ',' && at != end {
		return false, t.wrong("a comma or %q is expected", end)
	}
	t.pos++
	return at == end, nil
}

// array reads numbers and truths as []float64, all else as []any.
func (t *text) array(depth int) (any, error) {
	switch t.peek() {
	case ']':
		t.pos++
		return []any{}, nil
	case '{', '[', '"':
		return t.mixed(depth)
	}
	numbers := []float64{}
	for {
		v, err := t.scalar()
		if err != nil {
			return nil, err
		}
		x, ok := v.(float64)
		if truth, is := v.(bool); is && truth {
			x = 1
		} else if !ok && !is {
			return nil, t.wrong("a number is expected")
		}
		numbers = append(numbers, x)
		end, err := t.next(']')
		if err != nil || end {
			return numbers, err
		}
	}
}

func (t *text) mixed(depth int) (any, error) {
	list := []any{}
	for {
		v, err := t.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		end, err := t.next(']')
		if err != nil || end {
			return list, err
		}
	}
}

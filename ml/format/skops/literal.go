package skops

import (
	"strconv"
	"strings"

	"dasier/fault"
	"dasier/ml/pickle"
)

// parseLiteral reads what numpy writes into an array's header: a Python literal
// of dicts, lists, tuples, texts without escapes, whole numbers, truths and None.
func parseLiteral(text string) (any, error) {
	p := &literal{rest: text}
	v, err := p.value(0)
	if err == nil && p.next() != 0 {
		err = p.wrong()
	}
	return v, err
}

// maxNesting is deeper than any header goes.
const maxNesting = 8

type literal struct{ rest string }

func (p *literal) wrong() error {
	return fault.Errorf(fault.Invalid, "an array's header is no literal of Python, at %.20q", p.rest)
}

// next is the next letter after spaces; 0 at the end.
func (p *literal) next() byte {
	p.rest = strings.TrimLeft(p.rest, " \t\r\n")
	if p.rest == "" {
		return 0
	}
	return p.rest[0]
}

// skip goes past a letter if it is the next one.
func (p *literal) skip(letter byte) bool {
	if p.next() != letter {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

func (p *literal) value(depth int) (any, error) {
	if depth > maxNesting {
		return nil, fault.Errorf(fault.Limited, "an array's header nests deeper than %d", maxNesting)
	}
	switch first := p.next(); {
	case first == '{':
		return p.dict(depth)
	case first == '[':
		items, _, err := p.items(']', depth)
		return &pickle.List{Items: items}, err
	case first == '(':
		items, commas, err := p.items(')', depth)
		if err == nil && commas == 0 && len(items) == 1 { // mere brackets
			return items[0], nil
		}
		return &pickle.Tuple{Items: items}, err
	case first == '\'' || first == '"':
		end := strings.IndexByte(p.rest[1:], first)
		if end < 0 || strings.IndexByte(p.rest[1:1+end], '\\') >= 0 {
			return nil, p.wrong()
		}
		text := p.rest[1 : 1+end]
		p.rest = p.rest[2+end:]
		return text, nil
	case first == '-' || first >= '0' && first <= '9':
		return p.number()
	}
	for word, v := range map[string]any{"True": true, "False": false, "None": nil} {
		if rest, ok := strings.CutPrefix(p.rest, word); ok {
			p.rest = rest
			return v, nil
		}
	}
	return nil, p.wrong()
}

func (p *literal) number() (any, error) {
	end := 1
	for end < len(p.rest) && p.rest[end] >= '0' && p.rest[end] <= '9' {
		end++
	}
	n, err := strconv.ParseInt(p.rest[:end], 10, 64)
	if err != nil {
		return nil, p.wrong()
	}
	p.rest = strings.TrimPrefix(p.rest[end:], "L") // of Python 2
	return n, nil
}

func (p *literal) items(closing byte, depth int) (items []any, commas int, err error) {
	p.rest = p.rest[1:]
	for !p.skip(closing) {
		if len(items) > commas {
			return nil, 0, p.wrong()
		}
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, 0, err
		}
		items = append(items, v)
		if p.skip(',') {
			commas++
		}
	}
	return items, commas, nil
}

func (p *literal) dict(depth int) (any, error) {
	p.rest = p.rest[1:]
	dict := &pickle.Dict{}
	for !p.skip('}') {
		key, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		if !p.skip(':') {
			return nil, p.wrong()
		}
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		if !dict.Set(key, v) {
			return nil, p.wrong()
		}
		if !p.skip(',') && p.next() != '}' {
			return nil, p.wrong()
		}
	}
	return dict, nil
}

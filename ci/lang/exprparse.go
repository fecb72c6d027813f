package lang

import (
	"strings"
)

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenVariable
	tokenString
	tokenNull
	tokenPattern
	tokenOperator // == != =~ !~
	tokenAnd
	tokenOr
	tokenOpen
	tokenClose
)

type token struct {
	kind   tokenKind
	text   string // the name, the text within quotes, the operator
	source string
	offset int
}

// parseExpression reads a rules:if. Its error is an *exprError.
func parseExpression(s string) (*expression, error) {
	if len(s) > maxIfBytes {
		return nil, &exprError{0, "the expression has more than " + itoa(maxIfBytes) + " bytes"}
	}
	tokens, err := scanExpression(s)
	if err != nil {
		return nil, err
	}
	p := exprParser{tokens: tokens}
	root, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != tokenEnd {
		return nil, p.unexpected(t, "&&, || or the end")
	}
	return &expression{text: s, root: root}, nil
}

// scanExpression cuts an expression into tokens, the end included.
func scanExpression(s string) ([]token, error) {
	var tokens []token
	for i := 0; i < len(s); {
		if strings.IndexByte(" \t\r\n", s[i]) >= 0 {
			i++
			continue
		}
		t, length, err := scanToken(s, i)
		if err != nil {
			return nil, err
		}
		t.offset, t.source = i, s[i:i+length]
		tokens = append(tokens, t)
		i += length
	}
	return append(tokens, token{kind: tokenEnd, offset: len(s)}), nil
}

var fixedTokens = []struct {
	text string
	kind tokenKind
}{
	{"&&", tokenAnd},
	{"||", tokenOr},
	{"==", tokenOperator},
	{"!=", tokenOperator},
	{"=~", tokenOperator},
	{"!~", tokenOperator},
	{"(", tokenOpen},
	{")", tokenClose},
}

func scanToken(s string, i int) (token, int, error) {
	rest := s[i:]
	for _, fixed := range fixedTokens {
		if strings.HasPrefix(rest, fixed.text) {
			return token{kind: fixed.kind, text: fixed.text}, len(fixed.text), nil
		}
	}
	switch c := rest[0]; {
	case c == '$':
		return scanVariable(rest, i)
	case c == '"' || c == '\'':
		end := strings.IndexByte(rest[1:], c)
		if end < 0 {
			return token{}, 0, &exprError{i, "the text after " + string(c) + " has no end"}
		}
		return token{kind: tokenString, text: rest[1 : end+1]}, end + 2, nil
	case c == '/':
		return scanPattern(rest, i)
	case isNameByte(c):
		word := rest[:nameLength(rest)]
		if word == "null" {
			return token{kind: tokenNull}, len(word), nil
		}
		return token{}, 0, &exprError{i, bareWord(word)}
	case c == '=':
		return token{}, 0, &exprError{i, "a single = means nothing here; write == to compare"}
	case c == '&' || c == '|':
		return token{}, 0, &exprError{i, "a single " + string(c) + " means nothing here; write " + string(c) + string(c)}
	case c == '!':
		return token{}, 0, &exprError{i, `there is no "not" in these expressions; write $NAME == null or $NAME == ""`}
	}
	return token{}, 0, &exprError{i, "unexpected " + quoted(firstRune(rest))}
}

func firstRune(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}

func bareWord(word string) string {
	switch strings.ToLower(word) {
	case "and":
		return `unexpected "` + word + `"; write &&`
	case "or":
		return `unexpected "` + word + `"; write ||`
	case "true", "false":
		return "unexpected " + word + `; variables are texts: write "` + word + `"`
	}
	return "unexpected word " + word + "; write $" + word + " for a variable and " + quoted(word) + " for a text"
}

func scanVariable(rest string, i int) (token, int, error) {
	if strings.HasPrefix(rest, "${") {
		n := nameLength(rest[2:])
		if n == 0 || len(rest) <= 2+n || rest[2+n] != '}' {
			return token{}, 0, &exprError{i, "a variable is written $NAME or ${NAME}"}
		}
		return token{kind: tokenVariable, text: rest[2 : 2+n]}, n + 3, nil
	}
	n := nameLength(rest[1:])
	if n == 0 {
		return token{}, 0, &exprError{i, "a variable is written $NAME or ${NAME}"}
	}
	return token{kind: tokenVariable, text: rest[1 : 1+n]}, n + 1, nil
}

// scanPattern finds the end of /pattern/flags: the next slash that is not
// escaped.
func scanPattern(rest string, i int) (token, int, error) {
	for j := 1; j < len(rest); j++ {
		switch rest[j] {
		case '\\':
			j++
		case '/':
			end := j + 1
			for end < len(rest) && isNameByte(rest[end]) {
				end++
			}
			return token{kind: tokenPattern, text: rest[:end]}, end, nil
		}
	}
	return token{}, 0, &exprError{i, "the pattern has no closing /"}
}

func isNameByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func nameLength(s string) int {
	n := 0
	for n < len(s) && isNameByte(s[n]) {
		n++
	}
	return n
}

// exprParser is recursive descent, one method a line of the grammar.
type exprParser struct {
	tokens []token
	next   int
}

func (p *exprParser) peek() token { return p.tokens[p.next] }

// take steps forward; the end stays the end.
func (p *exprParser) take() token {
	t := p.tokens[p.next]
	if t.kind != tokenEnd {
		p.next++
	}
	return t
}

func (p *exprParser) unexpected(t token, wanted string) error {
	if t.kind == tokenEnd {
		return &exprError{t.offset, "the expression ends where " + wanted + " was expected"}
	}
	return &exprError{t.offset, "unexpected " + t.source + " where " + wanted + " was expected"}
}

func (p *exprParser) or(depth int) (node, error) {
	left, err := p.and(depth)
	for err == nil && p.peek().kind == tokenOr {
		p.take()
		var right node
		right, err = p.and(depth)
		left = either{left, right}
	}
	return left, err
}

func (p *exprParser) and(depth int) (node, error) {
	left, err := p.comparison(depth)
	for err == nil && p.peek().kind == tokenAnd {
		p.take()
		var right node
		right, err = p.comparison(depth)
		left = both{left, right}
	}
	return left, err
}

func (p *exprParser) comparison(depth int) (node, error) {
	if open := p.peek(); open.kind == tokenOpen {
		if depth >= maxNesting {
			return nil, &exprError{open.offset, "parentheses are nested deeper than " + itoa(maxNesting) + " levels"}
		}
		p.take()
		inner, err := p.or(depth + 1)
		if err != nil {
			return nil, err
		}
		if end := p.take(); end.kind != tokenClose {
			return nil, p.unexpected(end, ")")
		}
		if t := p.peek(); t.kind == tokenOperator {
			return nil, &exprError{t.offset, t.text + " compares values, not what stands in parentheses"}
		}
		return inner, nil
	}
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	if p.peek().kind != tokenOperator {
		return left, nil
	}
	operator := p.take()
	rightToken := p.peek()
	right, err := p.operand()
	if err != nil {
		return nil, err
	}
	return compare(left, operator, right, rightToken)
}

func compare(left operand, operator token, right operand, rightToken token) (node, error) {
	matching := operator.text == "=~" || operator.text == "!~"
	switch {
	case left.pattern != nil:
		return nil, &exprError{operator.offset, "a pattern stands on the right, after =~ or !~"}
	case matching && right.pattern == nil && right.variable == "":
		return nil, &exprError{rightToken.offset, "after " + operator.text + " comes a /pattern/ or a variable that holds one"}
	case !matching && right.pattern != nil:
		return nil, &exprError{operator.offset, operator.text + " compares texts; write =~ or !~ before a pattern"}
	case matching:
		return matches{left, right, operator.text == "!~"}, nil
	}
	return equals{left, right, operator.text == "!="}, nil
}

func (p *exprParser) operand() (operand, error) {
	t := p.take()
	o := operand{source: t.source}
	switch t.kind {
	case tokenVariable:
		o.variable = t.text
	case tokenString:
		o.literal = &t.text
	case tokenNull:
	case tokenPattern:
		re, err := compilePattern(t.text)
		if err != nil {
			return o, &exprError{t.offset, err.Error()}
		}
		o.pattern = re
	default:
		return o, p.unexpected(t, "a variable, a text, a pattern or null")
	}
	return o, nil
}

package lang

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// The expressions of rules:if ("CI/CD job rules: CI/CD variable expressions"):
//
//	or         = and { "||" and }
//	and        = comparison { "&&" comparison }
//	comparison = operand [ ("==" | "!=" | "=~" | "!~") operand ]
//	operand    = "$NAME" | "${NAME}" | "text" | 'text' | null | /pattern/flags | "(" or ")"
//
// An operand alone is true when it is defined and not empty.

// expression is a parsed rules:if.
type expression struct {
	text string
	root node
}

// eval judges the expression; an error is a variable that holds no pattern.
func (e *expression) eval(vars func(string) (string, bool)) (bool, error) {
	return e.root.truth(vars)
}

// exprError tells where in the expression the mistake is.
type exprError struct {
	offset  int // in bytes
	message string
}

func (e *exprError) Error() string { return e.message }

type variables = func(string) (string, bool)

// node is a part of an expression that is true or false.
type node interface {
	truth(vars variables) (bool, error)
}

type both struct{ left, right node }

func (n both) truth(vars variables) (bool, error) {
	left, err := n.left.truth(vars)
	if err != nil || !left {
		return false, err
	}
	return n.right.truth(vars)
}

type either struct{ left, right node }

func (n either) truth(vars variables) (bool, error) {
	left, err := n.left.truth(vars)
	if err != nil || left {
		return left, err
	}
	return n.right.truth(vars)
}

// operand is a literal or a variable; a nil answer is null.
type operand struct {
	variable string
	literal  *string
	pattern  *regexp.Regexp
	source   string // as written, for messages
}

func (o operand) value(vars variables) *string {
	if o.variable == "" {
		return o.literal
	}
	if s, ok := vars(o.variable); ok {
		return &s
	}
	return nil
}

func (o operand) truth(vars variables) (bool, error) {
	s := o.value(vars)
	return o.pattern != nil || (s != nil && *s != ""), nil
}

type equals struct {
	left, right operand
	not         bool
}

func (n equals) truth(vars variables) (bool, error) {
	a, b := n.left.value(vars), n.right.value(vars)
	same := a == nil && b == nil || a != nil && b != nil && *a == *b
	return same != n.not, nil
}

type matches struct {
	left, right operand
	not         bool
}

func (n matches) truth(vars variables) (bool, error) {
	pattern := n.right.pattern
	if pattern == nil {
		// "=~ with a variable on the right: its value must be a /pattern/";
		// an undefined one matches nothing.
		held := n.right.value(vars)
		if held == nil || *held == "" {
			return n.not, nil
		}
		var err error
		if pattern, err = compilePattern(*held); err != nil {
			return false, fmt.Errorf("%s holds %q: %w", n.right.source, *held, err)
		}
	}
	subject := ""
	if s := n.left.value(vars); s != nil {
		subject = *s
	}
	return pattern.MatchString(subject) != n.not, nil
}

// compilePattern reads /pattern/flags. RE2, as in GitLab, so no pattern can
// hang a pipeline.
func compilePattern(s string) (*regexp.Regexp, error) {
	end := strings.LastIndexByte(s, '/')
	if len(s) < 3 || s[0] != '/' || end < 2 {
		return nil, fmt.Errorf("a pattern stands between slashes, like /^release/")
	}
	body, flags := strings.ReplaceAll(s[1:end], `\/`, "/"), s[end+1:]
	if len(body) > maxRegexBytes {
		return nil, fmt.Errorf("a pattern has at most %d bytes", maxRegexBytes)
	}
	for _, f := range flags {
		if !strings.ContainsRune("imsU", f) {
			return nil, fmt.Errorf("unknown flag %q after the pattern; i, m, s and U exist", f)
		}
	}
	if flags != "" {
		body = "(?" + flags + ")" + body
	}
	tree, err := syntax.Parse(body, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("the pattern is wrong: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	if patternSize(tree) > maxRegexSize {
		return nil, fmt.Errorf("the pattern is too large once its repetitions are written out")
	}
	return regexp.Compile(body)
}

// patternSize is about how many steps a pattern compiles to: a{1000} is seven
// letters and a thousand steps.
func patternSize(re *syntax.Regexp) int {
	const runesPerStep = 16
	size := 1
	switch re.Op {
	case syntax.OpLiteral:
		size = len(re.Rune)
	case syntax.OpCharClass:
		size += len(re.Rune) / runesPerStep
	}
	for _, sub := range re.Sub {
		size += patternSize(sub)
	}
	if re.Op == syntax.OpRepeat {
		size *= max(1, re.Min, re.Max)
	}
	return size
}

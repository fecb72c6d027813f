package lang

import (
	"errors"
	"strings"
	"testing"
)

func TestExpressions(t *testing.T) {
	values := map[string]string{
		"A": "a", "EMPTY": "", "BLANK": " ", "BRANCH": "feature/x", "TRUE": "true",
		"RE": "/^feature/", "REI": "/^FEATURE\\//i", "MULTI": "one\ntwo",
	}
	vars := func(name string) (string, bool) { v, ok := values[name]; return v, ok }
	cases := []struct {
		text string
		want bool
	}{
		{`$A`, true},
		{`${A}`, true},
		{`$EMPTY`, false},
		{`$UNSET`, false},
		{`"text"`, true},
		{`""`, false},
		{`null`, false},
		{`/x/`, true},
		{`$A == "a"`, true},
		{`"a" == $A`, true},
		{`$A == 'a'`, true},
		{`$A=="a"`, true},
		{`$A != "a"`, false},
		{`$A == $A`, true},
		{`$UNSET == null`, true},
		{`$EMPTY == null`, false},
		{`$EMPTY == ""`, true},
		{`$UNSET == ""`, false},
		{`$UNSET != ""`, true},
		{`$UNSET == $OTHER`, true},
		{`null == null`, true},
		{`$A == '"'`, false},
		{`$BRANCH =~ /^feature/`, true},
		{`$BRANCH !~ /^feature/`, false},
		{`$BRANCH =~ /FEATURE/`, false},
		{`$BRANCH =~ /FEATURE/i`, true},
		{`$BRANCH =~ /feature\/x/`, true},
		{`$UNSET =~ /x/`, false},
		{`$UNSET !~ /x/`, true},
		{`$UNSET =~ /^$/`, true},
		{`$BRANCH =~ $RE`, true},
		{`$BRANCH =~ $REI`, true},
		{`$BRANCH =~ $UNSET`, false},
		{`$BRANCH !~ $UNSET`, true},
		{`$BRANCH =~ $EMPTY`, false},
		{`$MULTI =~ /one.two/`, false},
		{`$MULTI =~ /one.two/s`, true},
		{`$MULTI =~ /^two/m`, true},
		// && binds tighter than ||.
		{`$A || $UNSET && $UNSET`, true},
		{`$UNSET && $UNSET || $A`, true},
		{`($A || $UNSET) && $UNSET`, false},
		{`$A && $A && $UNSET`, false},
		{`$A && ($UNSET || ($EMPTY || $A))`, true},
		{`$A == "a" && $TRUE == "true"`, true},
		{"$A\n  && $A", true},
		{`$EMPTY && $A`, false},
	}
	for _, c := range cases {
		e, err := parseExpression(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if got, err := e.eval(vars); got != c.want || err != nil {
			t.Errorf("%s: %v, %v; want %v", c.text, got, err, c.want)
		}
	}
}

func TestWrongExpressions(t *testing.T) {
	cases := []struct {
		text    string
		offset  int
		message string
	}{
		{``, 0, "ends where"},
		{`$`, 0, "$NAME"},
		{`${A`, 0, "$NAME"},
		{`${}`, 0, "$NAME"},
		{`$A == `, 6, "ends where"},
		{`$A = "a"`, 3, "write =="},
		{`$A & $B`, 3, "write &&"},
		{`$A | $B`, 3, "write ||"},
		{`$A or $B`, 3, "write ||"},
		{`!$A`, 0, `no "not"`},
		{`$A == true`, 6, `write "true"`},
		{`$A == "a`, 6, "has no end"},
		{`$A =~ /a`, 6, "no closing /"},
		{`$A =~ /a/x`, 6, "unknown flag"},
		{`$A =~ /(?<n/`, 6, "pattern is wrong"},
		{`$A =~ //`, 6, "stands between slashes"},
		{`$A =~ null`, 6, "comes a /pattern/"},
		{`$A == /a/`, 3, "before a pattern"},
		{`/a/ == $A`, 4, "on the right"},
		{`/a/ =~ $A`, 4, "on the right"},
		{`$A == $B == $C`, 9, "unexpected =="},
		{`($A) == $B`, 5, "not what stands in parentheses"},
		{`($A`, 3, "where ) was expected"},
		{`$A)`, 2, "unexpected )"},
		{`()`, 1, "unexpected )"},
		{`$A $B`, 3, "unexpected $B"},
		{`&& $A`, 0, "unexpected &&"},
		{`$A == é`, 6, `unexpected "é"`},
		{strings.Repeat("(", 101) + "$A" + strings.Repeat(")", 101), 100, "nested deeper"},
		{`$A =~ /` + strings.Repeat("a", 5000) + `/`, 6, "at most"},
		{`$A =~ /(abcdefghij){600}/`, 6, "too large"},
		{`$A =~ /` + strings.Repeat(`\pL`, 100) + `/`, 6, "too large"},
		{strings.Repeat(" ", 17000), 0, "more than"},
	}
	for _, c := range cases {
		_, err := parseExpression(c.text)
		var wrong *exprError
		if !errors.As(err, &wrong) {
			t.Errorf("%.40s: %v", c.text, err)
			continue
		}
		if wrong.offset != c.offset || !strings.Contains(wrong.message, c.message) {
			t.Errorf("%.40s: %d %q; want %d and %q", c.text, wrong.offset, wrong.message, c.offset, c.message)
		}
	}
}

func FuzzExpression(f *testing.F) {
	for _, seed := range []string{`$A == "a" && ($B || $C =~ /x/i)`, `null != ${A} || 'x' !~ $A`, `((`, `$A =~ /\//`, `"`} {
		f.Add(seed, "/a/")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		e, err := parseExpression(text)
		var wrong *exprError
		if errors.As(err, &wrong) && (wrong.offset < 0 || wrong.offset > len(text)) {
			t.Fatalf("%q: offset %d", text, wrong.offset)
		}
		if err != nil {
			return
		}
		vars := func(name string) (string, bool) { return value, len(name)%2 == 0 }
		one, errOne := e.eval(vars)
		two, errTwo := e.eval(vars)
		if one != two || (errOne == nil) != (errTwo == nil) {
			t.Fatalf("%q: %v then %v", text, one, two)
		}
		// Parentheses around the whole change nothing.
		again, err := parseExpression("(" + text + ")")
		if err != nil {
			if len(text)+2 > maxIfBytes || strings.Contains(err.Error(), "nested") {
				return
			}
			t.Fatalf("(%q): %v", text, err)
		}
		if three, errThree := again.eval(vars); three != one || (errThree == nil) != (errOne == nil) {
			t.Fatalf("(%q): %v, %v without: %v, %v", text, three, errThree, one, errOne)
		}
	})
}

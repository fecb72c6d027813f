package runner

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
)

func masked(t testing.TB, secrets, prefixes []string, writes ...string) string {
	t.Helper()
	var out bytes.Buffer
	m := newMasker(&out, secrets, prefixes)
	for _, w := range writes {
		if n, err := m.Write([]byte(w)); n != len(w) || err != nil {
			t.Fatalf("Write answers %d, %v", n, err)
		}
	}
	if err := m.Flush(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestMasker(t *testing.T) {
	for name, c := range map[string]struct {
		secrets, prefixes []string
		writes            []string
		want              string
	}{
		"nothing to hide":         {nil, nil, []string{"a", "b\n"}, "ab\n"},
		"empty secrets":           {[]string{"", "\n"}, []string{""}, []string{"a\n"}, "a\n"},
		"once":                    {[]string{"secret"}, nil, []string{"a secret b"}, "a [MASKED] b"},
		"twice in a row":          {[]string{"secret"}, nil, []string{"secretsecret"}, "[MASKED][MASKED]"},
		"the longest":             {[]string{"secret", "secret-more"}, nil, []string{"secret-more secret-mo"}, "[MASKED] [MASKED]-mo"},
		"overlapping":             {[]string{"abcdef", "defghi"}, nil, []string{"xabcdefghix"}, "x[MASKED]x"},
		"one in the other":        {[]string{"abcdef", "cd"}, nil, []string{"abcdef cd"}, "[MASKED] [MASKED]"},
		"split":                   {[]string{"secret"}, nil, []string{"a se", "cr", "et b"}, "a [MASKED] b"},
		"only a beginning":        {[]string{"secret"}, nil, []string{"a se", "cr"}, "a secr"},
		"false start":             {[]string{"aab"}, nil, []string{"a", "a", "a", "b"}, "a[MASKED]"},
		"prefix":                  {nil, []string{"dsr_pat_"}, []string{"x dsr_p", "at_0", "1a- y dsr_pat"}, "x dsr_pat_[MASKED] y dsr_pat"},
		"a secret after a prefix": {[]string{"dsr_job_01"}, []string{"dsr_job_"}, []string{"dsr_job_01 dsr_job_02\n"}, "[MASKED] dsr_job_[MASKED]\n"},
		"lines of a secret":       {[]string{"line-one\nline-two\n"}, nil, []string{"line-two\r\nline-one\r\n"}, "[MASKED]\r\n[MASKED]\r\n"},
		"JSON":                    {[]string{`quo"te\8`}, nil, []string{`{"a":"quo\"te\\8"}`}, `{"a":"[MASKED]"}`},
		"percent-encoded":         {[]string{"p@ss w/rd"}, nil, []string{"p%40ss+w%2Frd p%40ss%20w/rd %70@ss w%2frd"}, "[MASKED] [MASKED] [MASKED]"},
		"JSON's escapes":          {[]string{"pass\"é\n😀word"}, nil, []string{`pass\"\u00e9\n\ud83d\uDE00word pass\u0022é\u000a😀word`}, "[MASKED] [MASKED]"},
		"shell's escapes":         {[]string{"it's a $ecret"}, nil, []string{`'it'\''s a $ecret' it\'s\ a\ \$ecret`}, "'[MASKED]' [MASKED]"},
		"HTML's escapes":          {[]string{"<secret&more>"}, nil, []string{"&lt;secret&amp;more&gt;"}, "[MASKED]"},
		"C's escapes":             {[]string{"secret-1"}, nil, []string{`\x73ecret\x2D1`}, "[MASKED]"},
		"a secret of escapes":     {[]string{`\\\\%25%41`}, nil, []string{`\\\\%25%41 \\\\\\\\%25%41`}, "[MASKED] [MASKED]"},
		"an escape cut in two":    {[]string{"p@ssw/rd"}, nil, []string{"p%", "4", "0ssw%2", "frd"}, "[MASKED]"},
		"an escape that is none":  {[]string{"p@ssw/rd"}, nil, []string{"p%41ssw/rd 100%"}, "p%41ssw/rd 100%"},
		"hexadecimal digits":      {[]string{"secret-1"}, nil, []string{"7365637265742d31 7365637265742D31"}, "[MASKED] [MASKED]"},
		"base64 on two lines":     {[]string{"correct horse"}, nil, []string{"Y29ycmVj\n", "dCBob3JzZQ==\nx Y29ycmVjdCBo\r\nb3JzZQ==."}, "[MASKED]\nx [MASKED]."},
		"base64 on three lines":   {[]string{"correct horse"}, nil, []string{"Y29\nycmVj\n\n\ndCBob3JzZQ=="}, "Y29\nycmVj\n\n\ndCBob3JzZQ=="},
		"a line's base64":         {[]string{"line-one\nline-two\n"}, nil, []string{"bGluZS10d28K bGluZS1vbmU="}, "[MASKED]8K [MASKED]"},
		"not UTF-8":               {[]string{"secret"}, nil, []string{"\xff\xfesecret\x80"}, "\xff\xfe[MASKED]\x80"},
		"carriage returns":        {[]string{"secret"}, nil, []string{"1%\r2%\rsecret\r"}, "1%\r2%\r[MASKED]\r"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := masked(t, c.secrets, c.prefixes, c.writes...); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestMaskerHidesBase64 looks for whatever of the secret is left in the base64
// of texts that have it at every offset.
func TestMaskerHidesBase64(t *testing.T) {
	const secret = "correct horse battery"
	for before := range 6 {
		for after := range 4 {
			plain := strings.Repeat("x", before) + secret + strings.Repeat("y", after)
			for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding} {
				got := masked(t, []string{secret}, nil, encoding.EncodeToString([]byte(plain)))
				left := strings.Replace(got, mask, "", 1)
				if !strings.Contains(got, mask) || len(left) > (before*8+5)/6+(after*8+5)/6+4 {
					t.Errorf("%d bytes before, %d after: %q", before, after, got)
				}
			}
		}
	}
}

// FuzzMasker: however a text is cut, the result is the same, no secret is left,
// and a text without any is unchanged.
func FuzzMasker(f *testing.F) {
	f.Add("secret", "ret-x", "a secret-x b", 3)
	f.Add("aab", "abaab", "aaabaababaab", 5)
	f.Add("line-one\nline-two", "x", "line-two", 1)
	f.Fuzz(func(t *testing.T, one, two, text string, cut int) {
		if strings.ContainsAny("[MASKED]dsr_", one) || strings.ContainsAny("[MASKED]dsr_", two) || len(one) < 2 || len(two) < 2 {
			return // the mask itself would be one
		}
		secrets, prefixes := []string{one, two}, []string{"dsr_"}
		whole := masked(t, secrets, prefixes, text)
		cut = max(0, min(cut, len(text)))
		if pieces := masked(t, secrets, prefixes, text[:cut], text[cut:]); pieces != whole {
			t.Errorf("%q cut at %d gives %q, whole %q", text, cut, pieces, whole)
		}
		if single := masked(t, secrets, prefixes, strings.Split(text, "")...); single != whole && !strings.Contains(text, "\xff") {
			t.Errorf("%q in single characters gives %q, whole %q", text, single, whole)
		}
		if !strings.Contains(text, "dsr_") && !strings.Contains(whole, mask) && whole != text {
			t.Errorf("%q became %q", text, whole)
		}
		for kept := range strings.SplitSeq(whole, mask) {
			if strings.Contains(kept, one) || strings.Contains(kept, two) {
				t.Errorf("%q still has a secret: %q", text, whole)
			}
		}
	})
}

func BenchmarkMasker(b *testing.B) {
	text := []byte(strings.Repeat("a line of output as jobs print them, with numbers 123 and words\n", 1000))
	var out bytes.Buffer
	m := newMasker(&out, []string{"hunter2hunter2", "another-secret", "dsr_job_0123456789"}, []string{"dsr_pat_"})
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		out.Reset()
		if _, err := m.Write(text); err != nil {
			b.Fatal(err)
		}
	}
}

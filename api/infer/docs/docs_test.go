package docs_test

import (
	"encoding/json"
	"strings"
	"testing"

	"dasier/api/infer/docs"
)

// odd is a model without an example, whose words are not harmless.
const odd = `{"endpoint":"a.b.c","title":"<b>It's</b>","public":false,"model":"m","version":2,"target":{"name":"y","unit":"€"},"task":"binary","classes":["no","yes"],
	"inputs":[{"name":"it's","kind":"number","min":-1,"max":2.5,"median":0.5},{"name":"</script>","kind":"category","levels":["true","b"],"mode":"true","required":true},
	{"name":"flag","kind":"bool"},{"name":"when","kind":"time","min":0,"max":86400}],"example":null}`

func TestPageWithoutExample(t *testing.T) {
	m, err := docs.Read([]byte(odd))
	if err != nil {
		t.Fatal(err)
	}
	page, err := m.Page("https://host")
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	for _, no := range []string{"<b>It", "</script></code>", `"it's": 0.5, "</script>"`} {
		if strings.Contains(text, no) {
			t.Errorf("the page has %q", no)
		}
	}
	for _, want := range []string{
		"one of no, yes, with probabilities", "-1 to 2.5", "1970-01-01 to 1970-01-02", "Bearer $DASIER_TOKEN",
		`it&#39;\&#39;&#39;s`, // the command quotes the quote
		`&#34;flag&#34;: True`, `&#34;&lt;/script&gt;&#34;: &#34;true&#34;`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	document, err := m.OpenAPI("https://host")
	if err != nil || !json.Valid(document) {
		t.Errorf("not JSON: %v", err)
	}
	if _, err := docs.Read([]byte(`{`)); err == nil {
		t.Error("half an object is read")
	}
}

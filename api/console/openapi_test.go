package console_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the document anew")

const golden = "../../docs/reference/openapi.json"

// TestOpenAPIIsAsWritten: clients are generated from the document, so that it
// changes on purpose only.
func TestOpenAPIIsAsWritten(t *testing.T) {
	s := newServer(t)
	text, err := s.api.OpenAPI().MarshalJSON()
	must(t, err)
	var pretty bytes.Buffer
	must(t, json.Indent(&pretty, text, "", "  "))
	pretty.WriteByte('\n')
	if *update {
		must(t, os.WriteFile(golden, pretty.Bytes(), 0o644))
	}
	want, err := os.ReadFile(golden)
	must(t, err)
	if !bytes.Equal(want, pretty.Bytes()) {
		t.Errorf("the document is not as written (go test ./api/console -update writes it; -want +got):\n%s",
			cmp.Diff(strings.Split(string(want), "\n"), strings.Split(pretty.String(), "\n")))
	}
	served := s.send("GET", "/openapi.json", nil).want(200)
	if !cmp.Equal(decode[any](t, text), decode[any](t, served.body)) {
		t.Error("the server serves another document")
	}
	s.send("GET", "/docs", nil).want(404) // pages of the document would load scripts from elsewhere
}

// TestOpenAPIIsSound checks what the specification of 3.1 asks for beyond
// what the types of the document can say.
func TestOpenAPIIsSound(t *testing.T) {
	s := newServer(t)
	text, err := s.api.OpenAPI().MarshalJSON()
	must(t, err)
	document := decode[js](t, text)
	if document["openapi"] != "3.1.0" || document["info"].(js)["version"] != "1.2.3" {
		t.Errorf("the document begins %v, %v", document["openapi"], document["info"])
	}
	schemas := document["components"].(js)["schemas"].(js)
	ids, used := map[string]bool{}, map[string]bool{}
	walk(document, func(at string, v js) {
		if ref, ok := v["$ref"].(string); ok {
			name, found := strings.CutPrefix(ref, "#/components/schemas/")
			used[name] = true
			if _, is := schemas[name]; !found || !is {
				t.Errorf("%s refers to %q, which is not there", at, ref)
			}
		}
		for _, key := range required(v) {
			if _, is := v["properties"].(js)[key]; !is {
				t.Errorf("%s requires %q, which it does not have", at, key)
			}
		}
		if v["type"] == "array" && v["items"] == nil {
			t.Errorf("%s is an array of anything", at)
		}
	})
	for name := range schemas {
		if !used[name] || !regexp.MustCompile(`^[A-Za-z0-9._-]+$`).MatchString(name) {
			t.Errorf("schema %q is used by nothing, or has no proper name", name)
		}
	}
	for path, item := range document["paths"].(js) {
		inPath := regexp.MustCompile(`{(\w+)}`).FindAllStringSubmatch(path, -1)
		for method, v := range item.(js) {
			o := v.(js)
			at := method + " " + path
			id, _ := o["operationId"].(string)
			if id == "" || ids[id] || o["summary"] == "" || len(o["tags"].([]any)) != 1 || len(o["responses"].(js)) < 2 {
				t.Errorf("%s: an operation has an id of its own, a summary, one tag, and answers: %v", at, o)
			}
			ids[id] = true
			named := map[string]bool{}
			parameters, _ := o["parameters"].([]any)
			for _, p := range parameters {
				p := p.(js)
				key := p["in"].(string) + " " + p["name"].(string)
				if named[key] || p["schema"] == nil || p["in"] == "path" && p["required"] != true {
					t.Errorf("%s: parameter %v", at, p)
				}
				named[key] = true
			}
			count := 0
			for key := range named {
				if strings.HasPrefix(key, "path ") {
					count++
				}
			}
			for _, part := range inPath {
				if !named["path "+part[1]] {
					t.Errorf("%s does not describe {%s}", at, part[1])
				}
			}
			if count != len(inPath) {
				t.Errorf("%s describes %d parts of the path, which has %d", at, count, len(inPath))
			}
			if strings.Contains(path, "{project}") && len(o["security"].([]any)) != 2 {
				t.Errorf("%s does not ask who is there", at)
			}
			if _, ok := o["responses"].(js)["default"].(js)["content"].(js)["application/problem+json"]; !ok {
				t.Errorf("%s does not say how it refuses", at)
			}
		}
	}
}

// walk visits every object of a document.
func walk(v any, visit func(at string, v js)) {
	var step func(at string, v any)
	step = func(at string, v any) {
		switch v := v.(type) {
		case js:
			visit(at, v)
			for key, inner := range v {
				step(at+"/"+key, inner)
			}
		case []any:
			for _, inner := range v {
				step(at+"/[]", inner)
			}
		}
	}
	step("", v)
}

func required(v js) []string {
	list, _ := v["required"].([]any)
	var names []string
	for _, name := range list {
		if name, ok := name.(string); ok && v["type"] == "object" {
			names = append(names, name)
		}
	}
	return names
}

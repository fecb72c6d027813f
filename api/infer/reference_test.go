package infer_test

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"dasier/api/infer"
	"dasier/delivery/serve"
	"dasier/delivery/serve/servetest"
)

// words splits a command as a shell does, as far as the reference needs it.
var words = regexp.MustCompile(`\$'((?:[^'\\]|\\.)*)'|'([^']*)'|"([^"]*)"|(\S+)`)

// TestReferenceCommands runs every curl of docs/reference/inference.md.
func TestReferenceCommands(t *testing.T) {
	text, err := os.ReadFile("../../docs/reference/inference.md")
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, infer.Config{})
	s.load("house-prices.model.production", servetest.Houses(3), serve.Meta{Model: "prices", Version: 3, Public: true})
	s.loadForeign("flat.model.production", "../../ml/format/xgboost/testdata/1.9.0/xgb_multi_softprob.json")
	ran := 0
	for k, block := range strings.Split(string(text), "```\n") {
		if k%2 == 0 || !strings.HasPrefix(block, "curl") && !strings.HasPrefix(block, "printf") {
			continue
		}
		for command := range strings.SplitSeq(strings.ReplaceAll(block, "\\\n", " "), "\ncurl ") {
			method, path, body := "GET", "", ""
			var headers []string
			found := words.FindAllStringSubmatch(strings.TrimSpace(command), -1)
			escaped := func(text string) string {
				plain, err := strconv.Unquote(`"` + strings.ReplaceAll(text, `"`, `\"`) + `"`)
				if err != nil {
					t.Fatalf("%s: %v", text, err)
				}
				return plain
			}
			value := func(i int) string { return escaped(found[i][1]) + found[i][2] + found[i][3] + found[i][4] }
			for i := 0; i < len(found); i++ {
				switch word := value(i); {
				case word == "-X":
					i++
					method = value(i)
				case word == "-H":
					i++
					headers = append(headers, value(i))
				case word == "printf":
					i++
					body = escaped(value(i))
				case word == "-d", word == "--data-binary":
					i++
					if method = "POST"; value(i) != "@-" {
						body = value(i)
					}
				case strings.HasPrefix(word, "$DASIER"):
					path = strings.TrimPrefix(word, "$DASIER")
				}
			}
			ran++
			if w := s.ask(method, path, body, headers...); w.Code != 200 {
				t.Errorf("%s: got %d %s", command, w.Code, w.Body)
			}
		}
	}
	if ran < 30 {
		t.Errorf("%d commands were run", ran)
	}
}

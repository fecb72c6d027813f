package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// ask sends a request as whoever the script is, and answers the status line and
// the body. A path without a slash in front is one of the console API.
func ask(ts *testscript.TestScript, method, path string, body []byte) (int, string, []byte) {
	if !strings.HasPrefix(path, "/") {
		path = "/api/v1/" + path
	}
	request, err := http.NewRequest(method, ts.Getenv("URL")+path, bytes.NewReader(body))
	ts.Check(err)
	if len(body) > 0 {
		request.Header.Set("Content-Type", "application/json")
	}
	if token := ts.Getenv("TOKEN"); token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := (&http.Client{Timeout: patience}).Do(request)
	ts.Check(err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	ts.Check(err)
	return response.StatusCode, response.Status, text
}

// apiScript sends a request and prints the status and the body.
func apiScript(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: [!] api METHOD PATH [JSON|@FILE]")
	}
	var body []byte
	if len(args) == 3 {
		body = []byte(args[2])
		if file, ok := strings.CutPrefix(args[2], "@"); ok {
			body = []byte(ts.ReadFile(file))
		}
	}
	status, line, text := ask(ts, args[0], args[1], body)
	stageOf(ts).answer = string(text)
	fmt.Fprintf(ts.Stdout(), "%s\n%s\n", line, text)
	if failed := status >= http.StatusBadRequest; failed != neg {
		ts.Fatalf("%s %s: %s\n%s", args[0], args[1], line, text)
	}
}

// askJSON reads an answer that has to be a success.
func askJSON(ts *testscript.TestScript, path string, out any) {
	status, line, text := ask(ts, http.MethodGet, path, nil)
	if status != http.StatusOK {
		ts.Fatalf("GET %s: %s\n%s", path, line, text)
	}
	ts.Check(json.Unmarshal(text, out))
}

// projectScript creates a project as whoever the script is.
func projectScript(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, len(args) != 2, "project NAMESPACE/NAME DEFAULT-BRANCH")
	namespace, name, _ := strings.Cut(args[0], "/")
	post := func(method, path string, body map[string]any) {
		encoded, err := json.Marshal(body)
		ts.Check(err)
		if status, line, text := ask(ts, method, path, encoded); status >= http.StatusBadRequest {
			ts.Fatalf("%s %s: %s\n%s", method, path, line, text)
		}
	}
	post(http.MethodPost, "projects", map[string]any{"namespace": namespace, "name": name, "default_branch": args[1]})
	// Jobs have an environment of their own: see raceSettings.
	post(http.MethodPut, "projects/"+url.PathEscape(args[0])+"/variables/GORACE", map[string]any{"value": raceSettings})
}

// getScript puts a part of the API's last answer into a variable: keys and
// positions, with points between them.
func getScript(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, len(args) != 2, "get VARIABLE PATH")
	ts.Setenv(args[0], fmt.Sprint(part(ts, args[1])))
}

func part(ts *testscript.TestScript, path string) any {
	decoder := json.NewDecoder(strings.NewReader(stageOf(ts).answer))
	decoder.UseNumber() // ids and prices exactly as they were sent
	var value any
	ts.Check(decoder.Decode(&value))
	for key := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(v) {
				ts.Fatalf("%s: no element %q in a list of %d: %s", path, key, len(v), stageOf(ts).answer)
			}
			value = v[i]
		default:
			value = nil
		}
		if value == nil {
			ts.Fatalf("%s: there is no %q in %s", path, key, stageOf(ts).answer)
		}
	}
	return value
}

// matchScript puts what a regular expression's first group finds in the output of
// the last program into a variable.
func matchScript(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, len(args) != 2, "match VARIABLE REGEXP")
	want, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	output := ts.ReadFile("stdout")
	found := want.FindStringSubmatch(output)
	if len(found) < 2 {
		ts.Fatalf("no group of %s in %q", want, output)
	}
	ts.Setenv(args[0], found[1])
}

func number(ts *testscript.TestScript, text string) float64 {
	x, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	ts.Check(err)
	return x
}

// nearScript compares two numbers, relative to the first.
func nearScript(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: [!] near NUMBER NUMBER RELATIVE-TOLERANCE")
	}
	a, b, tolerance := number(ts, args[0]), number(ts, args[1]), number(ts, args[2])
	if near(a, b, tolerance) == neg {
		ts.Fatalf("%v and %v differ by %.3g, relatively", a, b, math.Abs(a-b)/math.Abs(a))
	}
}

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance*math.Abs(a) }

// reasonsSumScript holds the last answer to what reasons promise: base and
// effects add up to the score, which on a log scale is the prediction's
// logarithm; there the amounts add up to the prediction, too.
func reasonsSumScript(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, len(args) != 0, "reasons-sum")
	var a struct {
		Prediction float64 `json:"prediction"`
		Reasons    *struct {
			Scale          string  `json:"scale"`
			Base           float64 `json:"base"`
			BasePrediction float64 `json:"base_prediction"`
			Contributions  []struct {
				Effect float64 `json:"effect"`
				Amount float64 `json:"amount"`
			} `json:"contributions"`
		} `json:"reasons"`
	}
	ts.Check(json.Unmarshal([]byte(stageOf(ts).answer), &a))
	if a.Reasons == nil || len(a.Reasons.Contributions) == 0 {
		ts.Fatalf("the answer gives no reasons: %s", stageOf(ts).answer)
	}
	score, amount := a.Reasons.Base, a.Reasons.BasePrediction
	for _, c := range a.Reasons.Contributions {
		score += c.Effect
		amount += c.Amount
	}
	switch a.Reasons.Scale {
	case "additive":
		amount = score
	case "log":
		score = math.Exp(score)
	default:
		ts.Fatalf("unknown scale %q", a.Reasons.Scale)
	}
	const tolerance = 1e-9
	if !near(a.Prediction, score, tolerance) || !near(a.Prediction, amount, tolerance) {
		ts.Fatalf("the reasons give %v by effects and %v by amounts, the prediction is %v", score, amount, a.Prediction)
	}
}

// eventually asks again until done says so, or patience is at its end.
func eventually(ts *testscript.TestScript, done func() bool, otherwise func() string) {
	for deadline := time.Now().Add(patience); !done(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			ts.Fatalf("%s", otherwise())
		}
	}
}

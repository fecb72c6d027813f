package parity_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"dasier/ml/format/foreign"
	"dasier/ml/parity"
	"dasier/ml/parity/paritytest"
	"dasier/ml/predict"
)

var only = flag.String("only", "", "look at files whose path matches this, and write no table")

var update = flag.Bool("update", false, "write docs/compat/models.md anew")

// generations are the folders of the set, and what wrote their files.
var generations = []string{"gen-1.2.1", "gen-1.4.2", "gen-1.9.0", "gen-onnx"}

// verdict is what became of one file.
type verdict struct {
	estimator string
	outcome   string // as the table shows it
	equal     bool
	refused   bool
	detail    string
}

// TestEveryFile reads every file of the set and compares every answer with its
// reference. What it finds is docs/compat/models.md: a file that is neither
// equal nor refused by name fails, and so does a table that is out of date.
func TestEveryFile(t *testing.T) {
	files := paritytest.Files(t, "generated")
	verdicts := map[string]map[string]verdict{} // by name and generation
	for name, text := range files {
		if !strings.HasSuffix(name, ".ref.json") || *only != "" && !regexp.MustCompile(*only).MatchString(name) {
			continue
		}
		generation := path.Dir(name)
		short := strings.TrimSuffix(path.Base(name), ".ref.json")
		v := judge(t, files, name, text)
		if verdicts[short] == nil {
			verdicts[short] = map[string]verdict{}
		}
		verdicts[short][generation] = v
		if !v.equal && !v.refused {
			t.Errorf("%s (%s): %s", name, v.estimator, v.detail)
		}
		if *only != "" {
			t.Logf("%s (%s): %s", name, v.estimator, v.outcome)
		}
	}
	if *only != "" {
		return
	}
	document := tableOf(verdicts)
	const file = "../../docs/compat/models.md"
	if *update {
		if err := os.MkdirAll(path.Dir(file), 0o755); err != nil { //nolint:gosec // documents are for everyone
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(document), 0o644); err != nil { //nolint:gosec // as above
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(kept) != document {
		t.Errorf("%s is out of date: go test ./ml/parity -run TestEveryFile -update", file)
	}
}

func judge(t *testing.T, files map[string][]byte, name string, text []byte) verdict {
	t.Helper()
	if runtimeError(text) != "" {
		return verdict{outcome: "fails in ONNX Runtime as well", refused: true}
	}
	r, err := parity.Parse(text)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return verdict{}
	}
	v := verdict{estimator: r.Estimator}
	data, ok := files[path.Join(path.Dir(name), r.File)]
	if !ok {
		t.Errorf("%s: there is no file %s", name, r.File)
		return v
	}
	m, err := foreign.Read(data, foreign.Hint{Columns: r.Columns})
	if err != nil {
		v.refused, v.outcome = true, "refused: "+reason(err)
		return v
	}
	p, err := predict.Compile(m.Spec)
	if err != nil {
		v.detail = err.Error()
		return v
	}
	result, err := parity.Compare(p, r, parity.Options{Columns: m.Columns, Single: m.Single, Raw: m.Raw})
	if err != nil {
		v.detail = err.Error()
		return v
	}
	v.equal = result.Equal()
	var skipped []string
	for _, o := range result.Outputs {
		if !o.Equal {
			v.detail += fmt.Sprintf("%s differs by %.1e, %d labels (%s); ", o.Name, o.Largest, o.Labels, o.Worst)
		}
		if o.Skipped != "" && o.Name != "feature_names_out" && o.Name != "classes_" {
			skipped = append(skipped, o.Name)
		}
	}
	if !v.equal && v.detail == "" {
		v.detail = fmt.Sprintf("nothing was compared: %+v", result.Outputs)
	}
	v.outcome = "equal to " + within(result.Largest())
	if len(skipped) > 0 {
		v.outcome += "; not offered: " + strings.Join(skipped, ", ")
	}
	return v
}

func runtimeError(text []byte) string {
	var said struct {
		Error string `json:"onnxruntime_error"`
	}
	if json.Unmarshal(text, &said) != nil {
		return ""
	}
	return said.Error
}

// within rounds a difference up to one of a few bounds, so that the table is the
// same on every machine.
func within(d float64) string {
	for _, bound := range []float64{1e-12, 1e-9, 1e-6, 1e-5, 1e-4} {
		if d <= bound {
			return fmt.Sprintf("%.0e", bound)
		}
	}
	return fmt.Sprintf("1e%d", int(math.Ceil(math.Log10(d))))
}

var place = regexp.MustCompile(`0x[0-9a-f]+|at byte \d+`)

func reason(err error) string {
	return strings.ReplaceAll(strings.ReplaceAll(place.ReplaceAllString(err.Error(), "…"), "|", "\\|"), "\n", " ")
}

// tableOf is the document.
func tableOf(verdicts map[string]map[string]verdict) string {
	names := make([]string, 0, len(verdicts))
	counts := map[string][2]int{}
	for name, by := range verdicts {
		names = append(names, name)
		for generation, v := range by {
			c := counts[generation]
			if v.equal {
				c[0]++
			} else {
				c[1]++
			}
			counts[generation] = c
		}
	}
	slices.Sort(names)
	var text strings.Builder
	text.WriteString(preface)
	text.WriteString("\n| files written by | equal | refused |\n|---|---|---|\n")
	for _, g := range generations {
		fmt.Fprintf(&text, "| %s | %d | %d |\n", writer(g), counts[g][0], counts[g][1])
	}
	text.WriteString("\n| estimator | file | " + strings.Join(writers(), " | ") + " |\n|---|---|" + strings.Repeat("---|", len(generations)) + "\n")
	for _, name := range names {
		estimator := ""
		cells := make([]string, len(generations))
		for k, g := range generations {
			v, ok := verdicts[name][g]
			if !ok {
				cells[k] = "–"
				continue
			}
			estimator, cells[k] = v.estimator, v.outcome
		}
		fmt.Fprintf(&text, "| %s | %s | %s |\n", estimator, name, strings.Join(cells, " | "))
	}
	return text.String()
}

func writers() []string {
	list := make([]string, len(generations))
	for k, g := range generations {
		list[k] = writer(g)
	}
	return list
}

func writer(generation string) string {
	if generation == "gen-onnx" {
		return "skl2onnx (against ONNX Runtime)"
	}
	return "scikit-learn " + strings.TrimPrefix(generation, "gen-")
}

const preface = `# Model files that are read

Written by a test (` + "`go test ./ml/parity -run TestEveryFile -update`" + `), which reads every file of the set, answers its reference rows and
compares every answer with the one that the file's own system gave. *Equal to 1e-12* means that no number of any output differs by more
than that, relative to its size (or to a thousandth of the largest of its column, where it is smaller), and that no label differs.
*Not offered* are methods of the source that a served model has no use for. What is refused is refused with the sentence given.
`

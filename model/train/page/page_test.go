package page_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"dasier/model/train"
	"dasier/model/train/page"
)

// rows makes a table whose names and levels would be mark-up if nobody escaped them.
func rows(n int, target func(i int) string) fstest.MapFS {
	var csv strings.Builder
	csv.WriteString("x,<b>town</b>,y\n")
	for i := range n {
		fmt.Fprintf(&csv, "%d,<i>%c</i>,%s\n", i*37%101, 'a'+rune(i%5), target(i))
	}
	return fstest.MapFS{"rows.csv": &fstest.MapFile{Data: []byte(csv.String())}}
}

func report(t *testing.T, recipe string, data fstest.MapFS) train.Report {
	t.Helper()
	r, err := train.ParseRecipe("model.yaml", []byte(recipe))
	if err != nil {
		t.Fatal(err)
	}
	result, err := train.Run(t.Context(), r, data, train.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return result.Report
}

func TestPageNeedsNothingElse(t *testing.T) {
	const head = "name: m\ntitle: A <script>alert(1)</script> model\ndata: {path: rows.csv, target: y}\n"
	for name, test := range map[string]struct {
		recipe string
		target func(i int) string
		want   []string
	}{
		"number": {
			head + "target: {unit: EUR}\ncandidates: [linear, {boosting: {trees: 20}}]\ngates: [{metric: r2, min: 0.99}]\n",
			func(i int) string { return fmt.Sprint(i*37%101*(1+i%5) + i%7) },
			[]string{"Predicted and true", "Errors over predictions", "Learning curve", "What the inputs do", "Beside linear", "chosen"},
		},
		"classes": {
			head + "candidates: [logistic, {forest: {trees: 20}}]\n",
			func(i int) string {
				return []string{"<u>low</u>", "mid", "high"}[min(i*37%101*(1+i%5)/120, 2)]
			},
			[]string{"ROC", "Calibration", "True class (rows) by class told (columns)", "chosen"},
		},
		"yes or no": {
			head + "candidates: [{blending: {of: [logistic, {forest: {trees: 10}}]}}]\nsearch: {folds: 2}\n",
			func(i int) string { return []string{"no", "yes"}[min(i*37%101*(1+i%5)/160, 1)] },
			[]string{
				"Precision and recall", "Where to draw the line", "found of yes", "What is told is the probability of",
				"of these words it is the one that says yes", "What the inputs do",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var text bytes.Buffer
			if err := page.Write(&text, report(t, test.recipe, rows(600, test.target))); err != nil {
				t.Fatal(err)
			}
			html := text.String()
			for _, want := range test.want {
				if !strings.Contains(html, want) {
					t.Errorf("the page does not say %q", want)
				}
			}
			if found := regexp.MustCompile(`(?i)<script|<link|<img|src=|url\(|https?://|<b>town|<i>a|<u>low`).FindString(html); found != "" {
				t.Errorf("the page has %q", found)
			}
			if len(html) > 300_000 {
				t.Errorf("the page has %d bytes", len(html))
			}
			wellFormed(t, html)
		})
	}
}

// wellFormed holds every drawing to XML: a browser forgives what is not, and shows
// half of it.
func wellFormed(t *testing.T, html string) {
	t.Helper()
	for _, svg := range regexp.MustCompile(`(?s)<svg.*?</svg>`).FindAllString(html, -1) {
		decoder := xml.NewDecoder(strings.NewReader(svg))
		for {
			_, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%v in %.200s", err, svg)
			}
		}
		if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
			t.Errorf("a drawing goes nowhere: %.200s", svg)
		}
	}
}

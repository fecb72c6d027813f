package train_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"dasier/fault"
	"dasier/ml/learn"
	"dasier/model/train"
)

func TestPositiveClass(t *testing.T) {
	even := []float64{0, 1, 0, 1}
	for name, test := range map[string]struct {
		classes       []string
		y             []float64
		want, because string
	}{
		"yes":               {[]string{"No", "Yes"}, even, "Yes", "of these words it is the one that says yes"},
		"yes of most":       {[]string{"no", "yes"}, []float64{0, 1, 1, 1, 1, 1}, "yes", "of these words it is the one that says yes"},
		"sorted after":      {[]string{"ja", "nein"}, even, "ja", "of these words it is the one that says yes"},
		"absence":           {[]string{"Churned", "Not churned"}, even, "Churned", "the other class is its absence"},
		"absence, no space": {[]string{"non-smoker", "smoker"}, even, "smoker", "the other class is its absence"},
		"numbers":           {[]string{"0", "1"}, []float64{0, 1, 1, 1, 1, 1}, "1", "it is the greater number"},
		"rare":              {[]string{"alarm", "quiet"}, []float64{0, 1, 1, 1, 1}, "alarm", "it is the rare one, 20 % of the rows"},
		"rare, second":      {[]string{"paid", "unpaid"}, []float64{1, 0, 0, 0, 0}, "unpaid", "it is the rare one, 20 % of the rows"},
		"no reason":         {[]string{"bus", "car"}, even, "car", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if class, because := train.Positive(test.classes, test.y); class != test.want || because != test.because {
				t.Errorf("%q because %q, want %q because %q", class, because, test.want, test.because)
			}
		})
	}
}

// churned is a table whose target is the two words, of which the second goes with
// a long wait.
func churned(words [2]string) string {
	var csv strings.Builder
	csv.WriteString("wait,left\n")
	for i := range 120 {
		wait := i * 7 % 40
		word := words[0]
		if wait+i%9 > 25 {
			word = words[1]
		}
		fmt.Fprintf(&csv, "%d,%s\n", wait, word)
	}
	return csv.String()
}

func TestWordsOfTheTargetAreKept(t *testing.T) {
	const recipe = "name: m\ndata: {path: rows.csv, target: left}\nsearch: {folds: 2}\ncandidates: [logistic]\n"
	for name, test := range map[string]struct {
		words   [2]string
		more    string // of the recipe
		classes []string
		because string
	}{
		"as written":          {[2]string{"No", "Yes"}, "", []string{"No", "Yes"}, `What is told is the probability of "Yes": of these words it is the one that says yes. To have the other one's, set target.positive to "No".`},
		"true and false":      {[2]string{"FALSE", "TRUE"}, "", []string{"false", "true"}, `What is told is the probability of "true": of these words it is the one that says yes. To have the other one's, set target.positive to "false".`},
		"the other":           {[2]string{"no", "yes"}, "target: {positive: no}\n", []string{"yes", "no"}, ""},
		"in other letters":    {[2]string{"NO", "YES"}, "target: {positive: yes}\n", []string{"NO", "YES"}, ""},
		"called by its truth": {[2]string{"no", "yes"}, "target: {positive: 'true'}\n", []string{"no", "yes"}, ""},
		"no words of truth":   {[2]string{"stays", "goes"}, "", []string{"goes", "stays"}, `What is told is the probability of "stays": it is the second of the two in order. To have the other one's, set target.positive to "goes".`},
	} {
		t.Run(name, func(t *testing.T) {
			result, err := train.Run(t.Context(), parse(t, recipe+test.more), folder(churned(test.words)), train.Config{})
			if err != nil {
				t.Fatal(err)
			}
			r := result.Report
			if !slices.Equal(r.Classes, test.classes) || r.Positive != test.classes[1] || r.PositiveBecause != test.because {
				t.Errorf("classes %q, positive %q because %q", r.Classes, r.Positive, r.PositiveBecause)
			}
			if test.because != "" && !strings.Contains(r.Text(), test.because) {
				t.Error("the terminal's report does not say why")
			}
			model := learn.Model{Spec: result.Spec}
			program, err := model.Compile()
			if err != nil {
				t.Fatal(err)
			}
			row := program.NewRow()
			row.SetNumber(0, 40)
			o := program.Outcome(row)
			late := test.words[1]
			if test.words[1] == "TRUE" {
				late = "true"
			}
			told := program.Classes()[program.Positive()]
			if program.Classes()[o.Class] != late || (o.Prediction > 0.5) != (told == late) {
				t.Errorf("a long wait is %q with probability %v of %q", program.Classes()[o.Class], o.Prediction, told)
			}
		})
	}
	_, err := train.Run(t.Context(), parse(t, recipe+"target: {positive: maybe}\n"), folder(churned([2]string{"no", "yes"})), train.Config{})
	if want := `model.yaml:5:20: the target "left" has no class "maybe" (the classes are no, yes)`; err == nil || fault.Message(err) != want {
		t.Errorf("the error is %v, want %s", err, want)
	}
}

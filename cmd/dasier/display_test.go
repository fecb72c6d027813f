package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"dasier/model/train"
)

// search plays the events of a search of two candidates over two folds.
func search(watch func(train.Event)) {
	watch(train.Event{Stage: train.StageRead})
	watch(train.Event{Stage: train.StageSearch, Plan: &train.Plan{Title: "Rents", Rows: 100, Metric: "RMSE", Unit: "EUR", Folds: 2, Budget: time.Minute}})
	done := 0
	for _, c := range []struct {
		name  string
		score float64
	}{{"linear", 120}, {"boosting (learning_rate 0.05, trees 1000)", 90}} {
		for fold := 1; fold <= 2; fold++ {
			watch(train.Event{Stage: train.StageSearch, Done: done, Total: 4, Fit: &train.Fit{Candidate: c.name, Fold: fold, Folds: 2}})
			done++
			fit := &train.Fit{Candidate: c.name, Fold: fold, Folds: 2, Scored: true, Score: c.score, Mean: c.score}
			if fold == 2 {
				fit.Best, fit.BestScore = c.name, c.score
			}
			watch(train.Event{Stage: train.StageSearch, Done: done, Total: 4, Fit: fit})
		}
	}
}

func TestPlainDisplayHasALineACandidate(t *testing.T) {
	var out bytes.Buffer
	d := newDisplay(&out)
	if err := d.run(func(watch func(train.Event)) error { search(watch); return nil }); err != nil {
		t.Fatal(err)
	}
	want := `reading the data
comparing the candidates
  linear: RMSE 120 EUR over 2 folds (2 of 4 fits done), the best so far
  boosting (learning_rate 0.05, trees 1000): RMSE 90 EUR over 2 folds (4 of 4 fits done), the best so far
`
	if out.String() != want {
		t.Errorf("got\n%s", out.String())
	}
	if known := d.known(); !strings.HasPrefix(known, "  boosting") || !strings.Contains(known, "  linear: RMSE 120 EUR") {
		t.Errorf("what is known of a stopped training: %q", known)
	}
}

func TestDisplayAsksWhereItIs(t *testing.T) {
	for _, c := range []struct {
		terminal        bool
		term, noColour  string
		inPlace, colour bool
	}{
		{true, "xterm-256color", "", true, true},
		{true, "", "", true, true},
		{true, "xterm", "1", true, false},
		{true, "dumb", "", false, false},
		{false, "xterm", "", false, false},
	} {
		inPlace, colour := abilities(c.terminal, func(name string) string { return map[string]string{"TERM": c.term, "NO_COLOR": c.noColour}[name] })
		if inPlace != c.inPlace || colour != c.colour {
			t.Errorf("%+v: in place %t, colour %t", c, inPlace, colour)
		}
	}
}

func TestLiveDisplayFitsItsTerminal(t *testing.T) {
	d := newDisplay(&bytes.Buffer{})
	search(d.watch)
	now := d.state.searching.Add(7 * time.Second)
	for _, width := range []int{20, 40, 80, 200} {
		for _, height := range []int{3, 4, 24} {
			lines := d.state.lines(now, width, height, false)
			if len(lines) > height {
				t.Errorf("%d lines on a terminal of %d", len(lines), height)
			}
			for _, line := range lines {
				if n := utf8.RuneCountInString(line); n > width || strings.Contains(line, "\x1b") {
					t.Errorf("width %d: %q has %d characters", width, line, n)
				}
			}
		}
	}
	text := strings.Join(d.state.lines(now, 80, 24, true), "\n")
	for _, want := range []string{"Rents: 100 rows, by RMSE", "4/4 fits  0:07  budget 0:53", "90 EUR  ◂ best so far", green} {
		if !strings.Contains(text, want) {
			t.Errorf("the display does not say %q:\n%s", want, text)
		}
	}
}

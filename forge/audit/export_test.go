package audit

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"dasier/event"
)

func line(t *testing.T, act event.Act) *Line {
	t.Helper()
	e, err := entryOf(1, 1, "lab/model", act)
	if err != nil {
		t.Fatal(err)
	}
	l, err := chainKey("k").chained(Beginning, e)
	if err != nil {
		t.Fatal(err)
	}
	return &l
}

func written(t *testing.T, form string, lines ...*Line) string {
	t.Helper()
	var out bytes.Buffer
	err := WriteAll(form, func() io.Writer { return &out }, func(each func(*Line) error) error {
		for _, l := range lines {
			if err := each(l); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestASheetHoldsNoFormula: what an attacker may write is text to a spreadsheet,
// and comes back as it was but for the apostrophe.
func TestASheetHoldsNoFormula(t *testing.T) {
	for text, want := range map[string]string{
		"=cmd|' /C calc'!A0": "'=cmd|' /C calc'!A0", "+1": "'+1", "-1": "'-1", "@SUM(1)": "'@SUM(1)", "\t=1": "'\t=1", "＝1": "'＝1",
		"bob": "bob", "a=b": "a=b", "": "", "two\nlines, \"quoted\"": "two\nlines, \"quoted\"", "'=1": "'=1",
	} {
		rows, err := csv.NewReader(strings.NewReader(written(t, "csv", line(t, event.Act{Username: text, Target: text, Reason: text, After: text})))).ReadAll()
		if err != nil || len(rows) != 2 {
			t.Fatalf("%q: %v, %v", text, rows, err)
		}
		for _, column := range []int{2, 8, 9} {
			if rows[1][column] != want {
				t.Errorf("%s of %q is %q", rows[0][column], text, rows[1][column])
			}
		}
		for i, cell := range rows[1] {
			if strings.IndexAny(cell, "=+-@") == 0 {
				t.Errorf("%s of %q is %q", rows[0][i], text, cell)
			}
		}
	}
}

func TestLinesAreWhatWasChained(t *testing.T) {
	act := event.Act{
		At: time.Date(2026, 1, 2, 3, 4, 5, 678901234, time.UTC), User: 7, Username: "ada", Via: "session", Address: "192.0.2.1", Project: 3, Action: "member.added",
		Target: "bob <b>\n", Reason: "}", Alarm: true, Before: nil, After: map[string]any{"role": "guest"},
	}
	l := line(t, act)
	text := written(t, "jsonl", l, l)
	if strings.Count(text, "\n") != 2 {
		t.Fatalf("it is %q", text)
	}
	first, _, _ := strings.Cut(text, "\n")
	var got struct {
		Entry
		Hash string `json:"hash"`
	}
	if err := json.Unmarshal([]byte(first), &got); err != nil {
		t.Fatal(err)
	}
	if got.Hash != l.Hash || got.Username != "ada" || got.Reason != "}" || string(got.After) != `{"role":"guest"}` || got.At.Nanosecond() != 678901000 || !strings.HasPrefix(first, strings.TrimSuffix(l.Body, "}")) {
		t.Errorf("it is %s", first)
	}
}

func TestAnEmptyLogIsAHeading(t *testing.T) {
	if text := written(t, "csv"); !strings.HasPrefix(text, "seq,at,username") || strings.Count(text, "\n") != 1 {
		t.Errorf("it is %q", text)
	}
	if text := written(t, "jsonl"); text != "" {
		t.Errorf("it is %q", text)
	}
	err := WriteAll("csv", func() io.Writer { t.Error("begun"); return io.Discard }, func(func(*Line) error) error { return errors.New("refused") })
	if err == nil {
		t.Error("a refusal is lost")
	}
}

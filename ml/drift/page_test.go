package drift_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"dasier/ml/drift"
	"dasier/ml/frame"
)

// TestPage draws strange names and every kind of change, and wants neither
// markup of the data nor anything from elsewhere.
func TestPage(t *testing.T) {
	const evil = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>`
	build := func(shift int, more string) *frame.Frame {
		var csv strings.Builder
		fmt.Fprintf(&csv, "id,x,c,\"%s\",%s\n", strings.ReplaceAll(evil, `"`, `""`), more)
		for i := range 4000 {
			fmt.Fprintf(&csv, "r%d,%d,l%d,\"%s %d\",1\n", i, i%100+shift, i%(3+shift/40), strings.ReplaceAll(evil, `"`, `""`), (i+shift)%4)
		}
		f, err := frame.ReadCSV(strings.NewReader(csv.String()), frame.Config{})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	r, err := drift.Compare(build(0, "went"), build(40, "came"), drift.Config{ID: "id"})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := drift.WriteHTML(&out, r, drift.Title{Before: evil, After: "b.csv"}); err != nil {
		t.Fatal(err)
	}
	page := out.String()
	for _, bad := range []string{"<script", "<img", "ZgotmplZ", "http://", "https://", "@import", "url(", "NaN", "+Inf"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
	for _, wanted := range []string{`<span class="badge high">changed much</span>`, "New: <b>came</b>", "Gone: <b>went</b>", "the median is higher", "Edited cells", "stable column"} {
		if !strings.Contains(page, wanted) {
			t.Errorf("the page lacks %q", wanted)
		}
	}
	// What changed comes before what did not.
	if strings.Index(page, "changed much</span>") > strings.Index(page, "stable</span>") {
		t.Error("stable columns come first")
	}
}

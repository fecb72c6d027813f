package dataset_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/model/dataset"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func parse(t testing.TB, text string) *dataset.Contract {
	t.Helper()
	c, err := dataset.ParseContract("contract.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func read(t testing.TB, text string, cfg frame.CSVConfig) *frame.Frame {
	t.Helper()
	f, err := frame.ReadCSV(strings.NewReader(text), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

const houses = `
rows: {min: 2, max: 5}
extra_columns: false
columns:
  price: {kind: number, min: 0, max: 1000, missing: 0}
  street: {kind: category, levels: [Grvl, Pave]}
  zip: {kind: category, levels: ["01", "02"], missing: 0.5}
  sold: {kind: time, min: 2020-01-01, max: 2021-12-31}
  air: {kind: bool}
  id: {unique: true}
  note: {required: false, kind: category}
`

func TestCheck(t *testing.T) {
	const header = "price,street,zip,sold,air,id\n"
	for _, test := range []struct{ name, data, want string }{
		{"kept", header + "1,Grvl,01,2020-01-01,yes,1\n999.5,Pave,02,2021-12-31,no,2\n", ""},
		{"range", header + "-1,Grvl,01,2019-01-01,yes,1\n1001,Pave,02,2022-01-01,no,2\n-7,Pave,01,2020-06-01,no,3\n", `
FAIL  price min  2 values are less than 0: as far as -7 (rows 1: -1, 3: -7)
FAIL  price max  1 value is more than 1000: as far as 1001 (row 2: 1001)
FAIL  sold min   1 value is less than 2020-01-01: as far as 2019-01-01 (row 1: 2019-01-01)
FAIL  sold max   1 value is more than 2021-12-31: as far as 2022-01-01 (row 2: 2022-01-01)`},
		{"cells of another kind", header + "1,Grvl,01,2020-01-01,yes,1\nmuch,Pave,02,soon,perhaps,2\n-3,Pave,02,2020-01-01,no,3\n", `
FAIL  price kind  1 value is not numbers: "much" (row 2)
FAIL  price min   1 value is less than 0: as far as -3 (row 3: -3)
FAIL  sold kind   1 value is not dates: "soon" (row 2)
FAIL  air kind    1 value is not true or false: "perhaps" (row 2)`},
		{"columns of another kind", header + "2020-01-01,Grvl,01,5,7,1\n2020-01-01,Pave,02,6,0,2\n", `
FAIL  price kind  the column is time, not number (rows 1, 2)
FAIL  sold kind   the column is number, not time (rows 1, 2)
FAIL  air kind    1 value is not 0 or 1 (row 1)`},
		{"levels, missing, unique", header + "1,Dirt,01,2020-01-01,yes,7\n,Grvl,,2020-01-01,no,7\n3,Dirt,,2020-01-01,no,8\n4,Mud,,2020-01-01,no,7\n", `
FAIL  price missing  25 % of the values are missing: at most 0 % may be (row 2)
FAIL  street levels  3 values are not among the 2 levels: "Dirt" × 2, "Mud" × 1 (rows 1, 3, 4)
FAIL  zip missing    75 % of the values are missing: at most 50 % may be (rows 2, 3, 4)
FAIL  id unique      2 values stood above already: first "7" (rows 2: 7, 4: 7)`},
		{"columns and rows", "price,street,zip,sold,id,more,\"a \"\n1,Grvl,01,2020-01-01,1,1,1\n", `
FAIL  rows           1 row: at least 2 are asked for
FAIL  extra_columns  not in the contract: "more", "a "
FAIL  air required   the column is not there`},
		{"too many rows", header + strings.Repeat("1,Grvl,01,2020-01-01,yes,\n", 12), `
FAIL  rows  12 rows: at most 5 are allowed`},
		{"ten rows are listed", header + strings.Repeat("-1,Grvl,01,2020-01-01,yes,\n", 12), `
FAIL  rows       12 rows: at most 5 are allowed
FAIL  price min  12 values are less than 0: as far as -1 (rows 1: -1, 2: -1, 3: -1, 4: -1, 5: -1, 6: -1, 7: -1, 8: -1, 9: -1, 10: -1, …)`},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := parse(t, houses)
			r := dataset.Check(c, read(t, test.data, c.Reading(frame.CSVConfig{})))
			lines := strings.Split(strings.TrimSuffix(r.String(), "\n"), "\n")
			if diff := cmp.Diff(strings.TrimPrefix(test.want, "\n"), strings.Join(lines[:len(lines)-1], "\n")); diff != "" {
				t.Error(diff)
			}
			if r.OK() != (test.want == "") {
				t.Error("OK is", r.OK())
			}
		})
	}
}

func TestReportEndsWithAVerdict(t *testing.T) {
	c := parse(t, "columns: {a: {kind: number}, b: }")
	for text, want := range map[string]string{
		"a,b\n1,2\n": "1 row, 2 columns, 3 demands checked: the data keeps to the contract\n",
		"a,c\n1,2\n": "FAIL  b required  the column is not there\n1 row, 2 columns, 3 demands checked: 1 of the demands is not met\n",
	} {
		if diff := cmp.Diff(want, dataset.Check(c, read(t, text, frame.CSVConfig{})).String()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestParseContractRefuses(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"", "c.yaml: the contract is empty"},
		{"- a\n", "c.yaml:1:1: the contract must be a mapping"},
		{"columns: [a\nrows: 3", "c.yaml:2:5: this is not YAML: did not find expected ',' or ']'"},
		{"colums:\n  a: {}\n", `c.yaml:1:1: the contract has no key "colums": the keys are columns, extra_columns, rows`},
		{"columns:\n  a:\n    minimum: 3\n", `c.yaml:3:5: column "a" has no key "minimum": the keys are kind, levels, max, min, missing, required, unique`},
		{"columns:\n  a: {}\n  a: {}\n", `c.yaml:3:3: columns: "a" stands twice`},
		{"columns:\n  a: {kind: float}\n", `c.yaml:2:13: no column kind "float": the kinds are number, category, bool, time`},
		{"columns:\n  a: {min: low}\n", `c.yaml:2:12: min must be a number, got "low"`},
		{"columns:\n  a: {min: .inf}\n", `c.yaml:2:12: min must be a number, got ".inf"`},
		{"columns:\n  a: {max: 5, kind: time}\n", `c.yaml:2:12: max of a time must be a date such as 2006-01-02, got "5"`},
		{"columns:\n  a: {kind: category, min: 5}\n", `c.yaml:2:28: min is of numbers and times: column "a" is a category`},
		{"columns:\n  a: {min: 5, max: 4}\n", `c.yaml:2:12: column "a": min is more than max`},
		{"columns:\n  a: {kind: number, levels: [x]}\n", `c.yaml:2:29: levels are of categories: column "a" is a number`},
		{"columns:\n  a: {levels: x}\n", `c.yaml:2:15: levels must be a list of texts`},
		{"columns:\n  a: {levels: [x, x]}\n", `c.yaml:2:19: level "x" stands twice`},
		{"columns:\n  a: {levels: [~]}\n", `c.yaml:2:16: a level must be a text; what may be missing is said by missing`},
		{"columns:\n  a: {missing: 5}\n", `c.yaml:2:16: missing must be a share from 0 to 1, got "5"`},
		{"columns:\n  a: {unique: yes}\n", `c.yaml:2:15: expected true or false, got "yes"`},
		{"rows: {min: many}\n", `c.yaml:1:13: expected a whole number from 0, got "many"`},
		{"rows: {min: 5, max: 3}\n", `c.yaml:1:1: rows: min 5 is more than max 3`},
		{"rows: 5\n", `c.yaml:1:7: rows must be a mapping`},
	} {
		_, err := dataset.ParseContract("c.yaml", []byte(test.in))
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: got %v, want a fault.Invalid", test.in, err)
			continue
		}
		if diff := cmp.Diff(test.want, err.Error()); diff != "" {
			t.Errorf("%q:\n%s", test.in, diff)
		}
	}
}

func TestLevelsAreVerbatim(t *testing.T) {
	c := parse(t, "columns:\n  a: {levels: [01, yes, 1.50, \"WD \", null text]}\n  b: &b {unique: true}\n  c: *b\n")
	if diff := cmp.Diff([]string{"01", "yes", "1.50", "WD ", "null text"}, c.Columns[0].Levels); diff != "" {
		t.Error(diff)
	}
	if !c.Columns[2].Unique {
		t.Error("an alias was not followed")
	}
}

// TestInferredContract holds Infer, YAML and ParseContract to each other on
// any table: what is inferred reads back the same, and its data keeps to it.
func TestInferredContract(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.StringMatching(`[A-Za-z0-9:#'"\-{}\[\]&*!|>%@~ .,é\n]{0,8}[a-z1]`), 1, 4, rapid.ID[string]).Draw(t, "names")
		rows := rapid.IntRange(1, 60).Draw(t, "rows")
		styles := make([]*rapid.Generator[string], len(names))
		for i := range names {
			styles[i] = rapid.SampledFrom([]*rapid.Generator[string]{
				rapid.Map(rapid.Float64Range(-1e6, 1e6), func(v float64) string { return fmt.Sprintf("%.3f", v) }),
				rapid.Map(rapid.IntRange(0, 3000), func(v int) string { return fmt.Sprint(v) }),
				rapid.Map(rapid.Float64Range(0, 1e-5), func(v float64) string { return fmt.Sprint(v) }),
				rapid.SampledFrom([]string{"x", "yes", "01", "~", "null", " WD ", "a: b", "- c", "é\n", "'", "#", "true", "2020-01-01", "1", ""}),
				rapid.SampledFrom([]string{"yes", "no", ""}),
				rapid.SampledFrom([]string{"2020-01-01", "2021-05-05 10:00", ""}),
				rapid.Just(""),
			}).Draw(t, "style")
		}
		var b strings.Builder
		line := func(cells []string) {
			for i, cell := range cells {
				if i > 0 {
					b.WriteByte(',')
				}
				b.WriteString(`"` + strings.ReplaceAll(cell, `"`, `""`) + `"`)
			}
			b.WriteByte('\n')
		}
		line(append(slices.Clone(names), "last"))
		for range rows {
			cells := make([]string, len(names))
			for i := range cells {
				cells[i] = styles[i].Draw(t, "cell")
			}
			line(append(cells, "0"))
		}
		f, err := frame.ReadCSV(strings.NewReader(b.String()), frame.CSVConfig{})
		if err != nil {
			return // names such as "last"
		}
		inferred := dataset.Infer(f)
		text, err := inferred.YAML()
		if err != nil {
			t.Fatal(err)
		}
		back, err := dataset.ParseContract("c.yaml", text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if diff := cmp.Diff(inferred, back); diff != "" {
			t.Fatalf("%s\n%s", diff, text)
		}
		again, err := frame.ReadCSV(strings.NewReader(b.String()), back.Reading(frame.CSVConfig{}))
		if err != nil {
			t.Fatal(err)
		}
		if r := dataset.Check(back, again); !r.OK() {
			t.Fatalf("%s\n%s", r, text)
		}
	})
}

func TestInfer(t *testing.T) {
	var b strings.Builder
	b.WriteString("id,price,street,year,lon,note\n")
	for i := range 100 {
		note := "ok"
		if i%10 == 0 {
			note = "NA"
		}
		fmt.Fprintf(&b, "%d,%d,%s,%d,%.2f,%s\n", i, 10_000+i*7000, []string{"Grvl", "Pave"}[i%2], 1900+i%40, -93.7+float64(i)/900, note)
	}
	text, err := dataset.Infer(read(t, b.String(), frame.CSVConfig{})).YAML()
	if err != nil {
		t.Fatal(err)
	}
	const want = `rows: {min: 50}
extra_columns: true
columns:
  id:
    kind: number
    min: 0
    max: 149
    missing: 0
    unique: true
  price:
    kind: number
    min: 0
    max: 1050000
    missing: 0
  street:
    kind: category
    missing: 0
    levels: [Grvl, Pave]
  year:
    kind: number
    min: 1880
    max: 1959
    missing: 0
  lon:
    kind: number
    min: -93.76
    max: -93.53
    missing: 0
  note:
    kind: category
    missing: 0.2
    levels: [ok]
`
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Error(diff)
	}
}

func TestContractThatIsNotThere(t *testing.T) {
	if _, err := dataset.ReadContract(filepath.Join(t.TempDir(), "contract.yaml")); !fault.Is(err, fault.Missing) {
		t.Errorf("got %v, want a fault.Missing", err)
	}
}

func FuzzParseContract(f *testing.F) {
	f.Add([]byte(houses))
	f.Add([]byte("columns: {a: &a {levels: [x]}, b: *a, <<: *a}"))
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := dataset.ParseContract("c.yaml", text)
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatalf("refused without saying why: %v", err)
			}
			return
		}
		out, err := c.YAML()
		if err != nil {
			t.Fatal(err)
		}
		back, err := dataset.ParseContract("c.yaml", out)
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if diff := cmp.Diff(c, back); diff != "" {
			t.Fatalf("%s\n%s", diff, out)
		}
	})
}

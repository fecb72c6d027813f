package rowjson_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/valyala/fastjson"

	"dasier/ml/predict"
	"dasier/ml/rowjson"
)

// asDecode reads a row both ways: what Quick takes has to be what Decode makes of
// it, and what Decode refuses Quick does not take.
func asDecode(t *testing.T, p *predict.Program, text string) (taken bool) {
	t.Helper()
	got, want := p.NewRow(), p.NewRow()
	gotNotices, wantNotices := make([]rowjson.Notice, 1), make([]rowjson.Notice, 0)
	taken = rowjson.Quick([]byte(text), p, got, &gotNotices)
	if !taken {
		return false
	}
	value, err := fastjson.Parse(text)
	if err == nil {
		err = rowjson.Decode(value, p, want, &wantNotices)
	}
	if err != nil {
		t.Fatalf("%s: taken, and Decode says %v", text, err)
	}
	if diff := cmp.Diff(wantNotices, gotNotices); diff != "" {
		t.Errorf("%s: %s", text, diff)
	}
	for i, in := range p.Inputs() {
		gotLevel, gotKnown := got.Level(i)
		wantLevel, wantKnown := want.Level(i)
		if math.Float64bits(got.Number(i)) != math.Float64bits(want.Number(i)) || gotLevel != wantLevel || gotKnown != wantKnown || got.Missing(i) != want.Missing(i) {
			t.Errorf("%s: %s is %v %q %t, want %v %q %t", text, in.Name, got.Number(i), gotLevel, got.Missing(i), want.Number(i), wantLevel, want.Missing(i))
		}
	}
	return true
}

func TestQuickTakesWhatProgramsSend(t *testing.T) {
	p := house(t)
	for _, text := range []string{
		happy,
		" {\n\t\"Gr_Liv_Area\" : 1500.25 ,\r\n \"Neighborhood\":\"Gilbert\" } \n",
		`{"Neighborhood":"Nowhere","Gr_Liv_Area":9000,"Lot_Area":null,"Bsmt_Qual":"","Central_Air":false}`,
		`{"Gr_Liv_Area":1,"Neighborhood":"x","Central_Air":-0}`, `{"Gr_Liv_Area":1,"Neighborhood":"x","Central_Air":-0.0,"Lot_Area":-0.00000000000000000}`,
		`{"Gr_Liv_Area":-0,"Neighborhood":"日本","MS_SubClass":60,"Central_Air":1,"Sold":"2008-05-01T02:00:00.5+02:00"}`,
	} {
		if !asDecode(t, p, text) {
			t.Errorf("%s: not taken", text)
		}
	}
	for _, number := range []string{
		"0.1", "1.005", "123456789.012345", "1234567.123456789", "8.325200080871582", "37.880001068115234", "-122.2300033569336", "0.30000000000000004",
		"999999999999999", "9007199254740993", "123456789012345678901234567890", "0.000000000000000000000000012345", "00012.50", "179769313486231570000000000000000000000.5",
	} {
		if text := `{"Gr_Liv_Area":` + number + `,"Neighborhood":"x"}`; !asDecode(t, p, text) {
			t.Errorf("%s: not taken", text)
		}
	}
}

func TestQuickLeavesTheRestToDecode(t *testing.T) {
	p := house(t)
	const good = `"Gr_Liv_Area":1500,"Neighborhood":"Gilbert"`
	for _, text := range []string{
		``, `{`, `[]`, `[{` + good + `}]`, `{}`, `{` + good, `{` + good + `,}`, `{` + good + `}}`, `{` + good + `} x`, `{` + good + "}\x00", `{"Gr_Liv_Area":1500}`,
		`{` + good + `,"Gr_Liv_Area":1}`, `{` + good + `,"Pool":1}`, `{` + good + `,"Lot_Area":1e3}`, `{` + good + `,"Lot_Area":+1}`, `{` + good + `,"Lot_Area":1.}`,
		`{` + good + `,"Lot_Area":.5}`, `{` + good + `,"Lot_Area":1-2}`, `{` + good + `,"Lot_Area":nan}`, `{` + good + `,"Lot_Area":"1"}`, `{` + good + `,"Lot_Area":tru}`,
		`{` + good + `,"Lot_Area":` + strings.Repeat("9", 400) + `}`, `{` + good + `,"Lot_Area":true}`, `{` + good + `,"Lot_Area":[1]}`, `{` + good + `,"Lot_Area"}`, `{` + good + `,"Lot_Area":}`,
		`{` + good + `,"Central_Air":2}`, `{` + good + `,"Central_Air":"yes"}`, `{` + good + `,"Bsmt_Qual":"Purple"}`, `{` + good + `,"Bsmt_Qual":"G\u006fod"}`, `{` + good + `,"Bsmt_Qual":"Good}`,
		`{` + good + `,"Sold":"May"}`, `{` + good + `,"Sold":7}`, `{` + good + `,"Lot\u005fArea":7}`, `{"Gr_Liv_Area":null,"Neighborhood":"x"}`, "{\"Gr_Liv_Area\":1,\"Neighborhood\":\"\xff\"}",
	} {
		if asDecode(t, p, text) {
			t.Errorf("%s: taken", text)
		}
	}
}

func TestQuickDoesNotAllocate(t *testing.T) {
	p := house(t)
	row, notices := p.NewRow(), make([]rowjson.Notice, 0, len(p.Inputs()))
	text := []byte(strings.Replace(happy, "8500", "8500.123456789012345", 1))
	allocations := testing.AllocsPerRun(100, func() {
		if !rowjson.Quick(text, p, row, &notices) || len(notices) != 1 {
			t.Errorf("%v", notices)
		}
	})
	if allocations != 0 {
		t.Errorf("%v allocations", allocations)
	}
}

func FuzzQuick(f *testing.F) {
	f.Add(happy)
	f.Add(`{"Gr_Liv_Area":12.5,"Neighborhood":"\ud800","Sold":"2008-05-01","x":[{}]}`)
	f.Add(`{"Neighborhood":"x","Gr_Liv_Area":0.30000000000000004,"Central_Air":true,"Lot_Area":null,"MS_SubClass":60}`)
	for _, number := range []string{"1e5", "-12.0", "9007199254740993.5"} {
		f.Add(fmt.Sprintf(`{"Gr_Liv_Area":%s,"Neighborhood":"x"}`, number))
	}
	p := house(f)
	f.Fuzz(func(t *testing.T, text string) { asDecode(t, p, text) })
}

func BenchmarkQuick(b *testing.B) {
	p := house(b)
	row, notices := p.NewRow(), make([]rowjson.Notice, 0, len(p.Inputs()))
	text := []byte(happy)
	b.ReportAllocs()
	b.SetBytes(int64(len(happy)))
	for b.Loop() {
		if !rowjson.Quick(text, p, row, &notices) {
			b.Fatal("not taken")
		}
	}
}

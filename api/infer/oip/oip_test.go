package oip_test

import (
	"math"
	"testing"

	"github.com/valyala/fastjson"

	"dasier/api/infer/oip"
)

func TestRawValues(t *testing.T) {
	for name, c := range map[string]struct {
		raw  []byte
		want float64
		text string // as a category
	}{
		"UINT8":  {[]byte{200}, 200, "200"},
		"INT8":   {[]byte{200}, -56, "-56"},
		"UINT16": {[]byte{1, 2}, 513, "513"},
		"INT16":  {[]byte{0xff, 0xff}, -1, "-1"},
		"UINT32": {[]byte{0, 0, 0, 0x80}, 1 << 31, "2147483648"},
		"INT32":  {[]byte{0, 0, 0, 0x80}, -1 << 31, "-2147483648"},
		"UINT64": {[]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, math.MaxUint64, "18446744073709551615"},
		"INT64":  {[]byte{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, -2, "-2"},
		"FP16":   {[]byte{0x00, 0x3e}, 1.5, "1.5"},
		"FP32":   {[]byte{0, 0, 0x40, 0x40}, 3, "3"},
		"FP64":   {[]byte{0, 0, 0, 0, 0, 0, 0xf8, 0x3f}, 1.5, "1.5"},
	} {
		datatype, ok := oip.Parse(name)
		if !ok || datatype.String() != name {
			t.Fatalf("%s is not known", name)
		}
		v, err := oip.FromRaw("x", datatype, []int{1, 1}, c.raw)
		if err != nil {
			t.Fatal(err)
		}
		cell := v.Cell(0)
		if got, ok := cell.Number(); !ok || got != c.want || string(cell.AppendNumber(nil)) != c.text {
			t.Errorf("%s is %v, %q, want %v", name, got, cell.AppendNumber(nil), c.want)
		}
		if _, err := oip.FromRaw("x", datatype, []int{2}, c.raw); err == nil {
			t.Errorf("%s: two values in the bytes of one", name)
		}
	}
}

// TestHalf holds the 16-bit floats to what the standard says of the ends of
// their range.
func TestHalf(t *testing.T) {
	for bits, want := range map[uint16]float64{
		0x0000: 0, 0x0001: math.Ldexp(1, -24), 0x03ff: math.Ldexp(1023, -24), 0x0400: math.Ldexp(1, -14), 0x3555: 0.333251953125,
		0x3c00: 1, 0x7bff: 65504, 0xc000: -2, 0x7c00: math.Inf(1), 0xfc00: math.Inf(-1),
	} {
		v, err := oip.FromRaw("x", oip.FP16, []int{1}, []byte{byte(bits), byte(bits >> 8)})
		if err != nil {
			t.Fatal(err)
		}
		cell := v.Cell(0)
		if got, _ := cell.Number(); got != want {
			t.Errorf("%#04x is %v, want %v", bits, got, want)
		}
	}
	v, err := oip.FromRaw("x", oip.FP16, []int{1}, []byte{1, 0x7c})
	if err != nil || v.Cell(0).Kind != oip.Missing {
		t.Errorf("NaN is %+v, %v: want a missing value", v.Cell(0), err)
	}
}

func TestTexts(t *testing.T) {
	raw := []byte{2, 0, 0, 0, 'a', 'b', 0, 0, 0, 0}
	v, err := oip.FromRaw("x", oip.Bytes, []int{2}, raw)
	if err != nil || string(v.Cell(0).Text) != "ab" || len(v.Cell(1).Text) != 0 || v.Longest() != 2 {
		t.Fatalf("got %v, %v", v, err)
	}
	for _, wrong := range [][]byte{raw[:9], raw[:5], append([]byte{0xff, 0xff, 0xff, 0xff}, raw...), append(raw, 0, 0, 0, 0)} {
		if _, err := oip.FromRaw("x", oip.Bytes, []int{2}, wrong); err == nil {
			t.Errorf("%v is taken", wrong)
		}
	}
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"name":"x","datatype":"FP32","shape":[2,1],"data":[[1],[2]]}`), []byte{})
	f.Add([]byte(`{"name":"x","datatype":"BYTES","shape":[1],"parameters":{"binary_data_size":6}}`), []byte{2, 0, 0, 0, 1, 2})
	f.Add([]byte(`{"name":"x","datatype":"UINT8","shape":[1,1,1,1],"data":[[[[255]]]]}`), []byte{})
	f.Add([]byte(`{"name":"x","datatype":"BOOL","shape":[65536,65536,65536]}`), []byte{1})
	f.Fuzz(func(t *testing.T, text, rest []byte) {
		v, err := fastjson.ParseBytes(text)
		if err != nil {
			t.Skip()
		}
		tail := oip.NewTail(rest)
		got, err := oip.FromJSON(v, tail)
		if err != nil {
			return
		}
		n, ok := oip.Len(got.Shape)
		if !ok || n > len(text)+len(rest) {
			t.Fatalf("shape %v of %d bytes", got.Shape, len(text)+len(rest))
		}
		for k := range n {
			got.Cell(k)
		}
	})
}

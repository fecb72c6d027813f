package pickle_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"math"
	"strings"
	"testing"

	"dasier/fault"
	"dasier/ml/pickle"
)

// TestPlainValues reads what Python's pickle.dumps wrote of
// [None, True, 7, -70000, 2**40, -1.5, "é", b"\x00\xff", (1, 2), {"a": [1]}, {3}]
// in every protocol.
func TestPlainValues(t *testing.T) {
	for protocol, text := range map[string]string{
		"0": "(lp0\nNaI01\naI7\naI-70000\naL1099511627776L\naF-1.5\naV\\u00e9\np1\nac_codecs\nencode\np2\n(V\\u0000\xff\np3\nVlatin1\np4\ntp5\nRp6\na(I1\nI2\ntp7\na(dp8\nVa\np9\n(lp10\nI1\nasac__builtin__\nset\np11\n((lp12\nI3\natp13\nRp14\na.",
		"4": "\x80\x04\x95\x47\x00\x00\x00\x00\x00\x00\x00]\x94(N\x88K\x07J\x90\xee\xfe\xff\x8a\x06\x00\x00\x00\x00\x00\x01G\xbf\xf8\x00\x00\x00\x00\x00\x00\x8c\x02\xc3\xa9\x94C\x02\x00\xff\x94K\x01K\x02\x86\x94}\x94\x8c\x01a\x94]\x94K\x01as\x8f\x94(K\x03\x90e.",
	} {
		v, err := pickle.Read([]byte(text), pickle.Limits{})
		if err != nil {
			t.Errorf("protocol %s: %v", protocol, err)
			continue
		}
		items, ok := pickle.Items(v)
		if !ok || len(items) != 11 {
			t.Errorf("protocol %s: %d items", protocol, len(items))
			continue
		}
		if items[0] != nil || items[1] != true || items[2] != int64(7) || items[3] != int64(-70000) || items[4] != int64(1)<<40 || items[5] != -1.5 || items[6] != "é" {
			t.Errorf("protocol %s: %v", protocol, items[:7])
		}
		if raw, _ := items[7].(pickle.Bytes); string(raw) != "\x00\xff" {
			t.Errorf("protocol %s: bytes %q", protocol, raw)
		}
		pair, _ := pickle.Items(items[8])
		dict, _ := items[9].(*pickle.Dict)
		set, _ := pickle.Items(items[10])
		if len(pair) != 2 || dict == nil || dict.Len() != 1 || len(set) != 1 || set[0] != int64(3) {
			t.Errorf("protocol %s: tuple %v, dict %v, set %v", protocol, pair, dict, set)
		}
	}
}

func TestRefusalsSayWhatAndWhere(t *testing.T) {
	for text, want := range map[string]string{
		"cos\nsystem\n(S'true'\ntR.":                                  "at byte 0: the file names os.system",
		"\x80\x04\x8c\x0dsklearn.utils\x8c\x11_joblib.os.system\x93.": "names with dots are refused",
		"\x80\x02cnumpy\nlog1p\n)R.":                                  "calls numpy.log1p, which models only name",
		"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7fx.":              "bytes are announced",
		"(((((.":                             "a value is wanted",
		"version https://git-lfs.github.com": "Git LFS pointer",
		" <!DOCTYPE html><html>":             "HTML page",
		"":                                   "the file is empty",
		"\x80\x02]\x82\x01.":                 "EXT1",
		"\x80\x09.":                          "protocol 9",
	} {
		_, err := pickle.Read([]byte(text), pickle.Limits{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: got %v, want %q", text, err, want)
		}
	}
}

func TestBombs(t *testing.T) {
	zeros := bytes.Repeat([]byte{'N'}, 12<<20)
	for name, pack := range map[string]func(*bytes.Buffer) interface {
		Write([]byte) (int, error)
		Close() error
	}{
		"gzip": func(b *bytes.Buffer) interface {
			Write([]byte) (int, error)
			Close() error
		} {
			return gzip.NewWriter(b)
		},
		"zlib": func(b *bytes.Buffer) interface {
			Write([]byte) (int, error)
			Close() error
		} {
			return zlib.NewWriter(b)
		},
	} {
		var packed bytes.Buffer
		w := pack(&packed)
		if _, err := w.Write(zeros); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := pickle.Read(packed.Bytes(), pickle.Limits{}); !fault.Is(err, fault.Limited) {
			t.Errorf("%s: got %v, want it to be limited", name, err)
		}
	}
	for name, text := range map[string][]byte{
		"marks":  bytes.Repeat([]byte{'('}, 1_000_000),
		"values": bytes.Repeat([]byte{'N'}, 2_000_000),
	} {
		if _, err := pickle.Read(text, pickle.Limits{}); !fault.Is(err, fault.Limited) {
			t.Errorf("%s: got %v, want it to be limited", name, err)
		}
	}
	if _, err := pickle.Read(append(bytes.Repeat([]byte("]"), 100), '.'), pickle.Limits{Objects: 50}); !fault.Is(err, fault.Limited) {
		t.Errorf("objects: got %v", err)
	}
}

// TestArrays reads arrays in both generations' spelling, column-major ones
// included.
func TestArrays(t *testing.T) {
	for _, core := range []string{"numpy.core.multiarray", "numpy._core.multiarray"} {
		text := "\x80\x02c" + core + "\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01K\x02K\x02\x86cnumpy\ndtype\nU\x02f4\x89\x88\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x88U\x10" +
			"\x00\x00\x80\x3f\x00\x00\x40\x40\x00\x00\x00\x40\x00\x00\x80\x40tb."
		v, err := pickle.Read([]byte(text), pickle.Limits{})
		if err != nil {
			t.Fatalf("%s: %v", core, err)
		}
		array, ok := v.(*pickle.Array)
		if !ok {
			t.Fatalf("%s: %T", core, v)
		}
		values, err := array.Floats()
		if err != nil || len(values) != 4 || values[0] != 1 || values[1] != 2 || values[2] != 3 || values[3] != 4 {
			t.Errorf("%s: %v, %v, want 1 2 3 4 in rows", core, values, err)
		}
	}
}

func TestNumber(t *testing.T) {
	for _, c := range []struct {
		v    any
		want float64
		ok   bool
	}{{int64(3), 3, true}, {true, 1, true}, {math.Inf(1), math.Inf(1), true}, {"3", 0, false}, {nil, 0, false}} {
		if got, ok := pickle.Number(c.v); got != c.want || ok != c.ok {
			t.Errorf("%v: %v, %v", c.v, got, ok)
		}
	}
}

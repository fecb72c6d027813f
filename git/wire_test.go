package git

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	shaA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	shaB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

func TestReadPush(t *testing.T) {
	var in []byte
	in = AppendPkt(in, "shallow "+shaB)
	in = AppendPkt(in, shaA+" "+shaB+" refs/heads/a b\x00 report-status side-band-64k push-options agent=git/2.39")
	in = AppendPkt(in, Zero+" "+shaB+" refs/tags/v1\n")
	in = AppendFlush(in)
	in = AppendPkt(in, "ci.skip")
	in = AppendFlush(in)
	in = append(in, "PACK..."...)
	r := bytes.NewReader(in)
	push, err := ReadPush(r)
	if err != nil {
		t.Fatal(err)
	}
	want := []RefUpdate{{"refs/heads/a b", shaA, shaB}, {"refs/tags/v1", Zero, shaB}}
	if diff := cmp.Diff(want, push.Updates); diff != "" {
		t.Errorf("updates (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"ci.skip"}, push.Options); diff != "" {
		t.Errorf("options (-want +got):\n%s", diff)
	}
	if rest, err := io.ReadAll(r); err != nil || string(rest) != "PACK..." {
		t.Errorf("left %q, %v", rest, err)
	}
	if !push.Has("agent") || push.Has("atomic") {
		t.Errorf("capabilities %v", push.Capabilities)
	}
	again, err := ReadPush(bytes.NewReader(push.encode()))
	if err != nil || cmp.Diff(push.Updates, again.Updates) != "" || !slices.Equal(push.shallow, again.shallow) {
		t.Errorf("encoded and read again: %+v, %v", again, err)
	}
}

func TestReadPushRefusesNonsense(t *testing.T) {
	for name, in := range map[string]string{
		"cut header":  "00",
		"cut payload": "0032" + shaA,
		"no hex":      "zzzz",
		"too short":   "0003",
		"no flush":    string(AppendPkt(nil, shaA+" "+shaB+" refs/heads/a")),
		"no update":   string(AppendPkt(nil, "push-cert\x00 nonce")) + "0000",
		"bad sha":     string(AppendPkt(nil, "x "+shaB+" refs/heads/a")) + "0000",
		"bad shallow": string(AppendPkt(nil, "shallow x")) + "0000",
		"cut options": string(AppendFlush(AppendPkt(nil, shaA+" "+shaB+" refs/heads/a\x00push-options"))),
	} {
		if push, err := ReadPush(strings.NewReader(in)); !errors.Is(err, ErrProtocol) {
			t.Errorf("%s: %+v, %v, want ErrProtocol", name, push, err)
		}
	}
	for _, probe := range []string{"", "0000"} {
		if push, err := ReadPush(strings.NewReader(probe)); err != nil || len(push.Updates) != 0 {
			t.Errorf("probe %q: %+v, %v", probe, push, err)
		}
	}
}

func FuzzReadPush(f *testing.F) {
	f.Add([]byte("0000"))
	f.Add(AppendFlush(AppendPkt(nil, shaA+" "+shaB+" refs/heads/a\x00push-options")))
	f.Add(AppendFlush(AppendPkt(AppendPkt(nil, "shallow "+shaA), Zero+" "+shaB+" refs/heads/a\x00report-status atomic")))
	f.Fuzz(func(t *testing.T, in []byte) {
		push, err := ReadPush(bytes.NewReader(in))
		if err != nil || len(push.Updates) == 0 {
			return
		}
		again, err := ReadPush(bytes.NewReader(push.encode()))
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if diff := cmp.Diff(push.Updates, again.Updates); diff != "" {
			t.Errorf("updates changed:\n%s", diff)
		}
	})
}

func TestReportComesInPieces(t *testing.T) {
	report := Report{Unpack: "ok", Refs: []RefResult{{"refs/heads/a", ""}, {"refs/heads/b", "non-fast-forward"}}}
	var stream bytes.Buffer
	progress := BandWriter{Band: BandProgress, Out: &stream}
	data := BandWriter{Band: BandData, Out: &stream}
	for _, step := range []struct {
		to   io.Writer
		text string
	}{{progress, "hello\n"}, {data, string(report.Encode()[:7])}, {progress, "there\n"}, {data, string(report.Encode()[7:])}} {
		if _, err := io.WriteString(step.to, step.text); err != nil {
			t.Fatal(err)
		}
	}
	stream.Write(AppendFlush(nil))
	for size := 1; size < 20; size++ {
		var said bytes.Buffer
		reader := &reportReader{progress: &said}
		for chunk := range slices.Chunk(stream.Bytes(), size) {
			if _, err := reader.Write(chunk); err != nil {
				t.Fatal(err)
			}
		}
		got, err := readReport(reader.data.Bytes())
		if err != nil || !reader.ended {
			t.Fatalf("pieces of %d: %v, complete %v", size, err, reader.ended)
		}
		if diff := cmp.Diff(report, got); diff != "" || said.String() != "hello\nthere\n" {
			t.Errorf("pieces of %d: said %q, report (-want +got):\n%s", size, said.String(), diff)
		}
	}
}

func TestCheckRef(t *testing.T) {
	for name, ok := range map[string]bool{
		"refs/heads/main": true, "refs/heads/a/b-c_d.e": true, "refs/heads/ünï": true, "refs/heads/@": true, "refs/heads/-x": true,
		"refs/heads/": false, "refs/heads": false, "main": false, "refs/heads/a b": false, "refs/heads/a..b": false,
		"refs/heads/.a": false, "refs/heads/a/.b": false, "refs/heads/a.lock": false, "refs/heads/a.lock/b": false, "refs/heads/a//b": false,
		"refs/heads/a.": false, "refs/heads/a~": false, "refs/heads/a^": false, "refs/heads/a:b": false, "refs/heads/a?": false,
		"refs/heads/a*": false, "refs/heads/a[": false, "refs/heads/a\\b": false, "refs/heads/a\x7f": false, "refs/heads/a\n": false,
		"refs/heads/a@{b": false, "refs/heads/" + strings.Repeat("x", 300): false, "refs/heads/\xff": false,
	} {
		if err := CheckRef(name); (err == nil) != ok {
			t.Errorf("CheckRef(%q) = %v", name, err)
		}
	}
	for _, name := range []string{"", "-x", "HEAD", shaA, "refs/heads/x"} {
		if err := CheckBranch(name); !errors.Is(err, ErrName) {
			t.Errorf("CheckBranch(%q) = %v, want ErrName", name, err)
		}
	}
}

// What CheckRef lets through, git takes too.
func FuzzCheckRef(f *testing.F) {
	r, ctx := &Repo{}, f.Context()
	program, err := Find(ctx)
	if err != nil {
		f.Fatal(err)
	}
	if r, err = program.Init(ctx, f.TempDir()+"/r.git", "main"); err != nil {
		f.Fatal(err)
	}
	for _, name := range []string{"refs/heads/main", "refs/heads/a/b", "refs/heads/@", "refs/heads/a@b", "refs/x/y.z"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if CheckRef(name) != nil {
			return
		}
		if _, err := r.output(t.Context(), smallOutput, "check-ref-format", name); err != nil {
			t.Errorf("git refuses %q: %v", name, err)
		}
	})
}

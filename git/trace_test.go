package git

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTrace(t *testing.T) {
	r, ctx := newRepo(t), t.Context()
	w := newWork(t, r)
	text := func(lines ...string) string { return strings.Join(lines, "\n") + "\n" }
	long := strings.Repeat("x", 100_000)
	w.write("a file \"q\".txt", text("one", "two", "three", "four", "five"))
	w.write("moves.txt", text("1", "2", "3", "4", "5", "6", "7", "8", "9"))
	w.write("goes.txt", "gone\n")
	w.write("same.txt", "same\n")
	w.write("pic.bin", "\x00\x01")
	w.write("long.txt", long+"\nend")
	first := w.commit("first")
	w.write("a file \"q\".txt", text("zero", "one", "two", "3", "four"))
	w.write("new.txt", text("diff --git a/x b/x", "@@ -1 +1 @@", first))
	w.write("pic.bin", "\x00\x02")
	second := w.commit("second")
	w.write("moves.txt", "")
	w.write("goes.txt", "")
	w.write("kept/moved.txt", text("1", "2", "3", "new", "4", "5", "6", "7", "8", "9"))
	w.write("new.txt", text("diff --git a/y b/y", "@@ -9 +9 @@", second))
	w.write("long.txt", long+long+"\nend")
	third := w.commit("third")
	w.push()

	paths := []string{"a file \"q\".txt", "moves.txt", "goes.txt", "same.txt", "pic.bin", "long.txt", "new.txt", "never there"}
	got, err := r.Trace(ctx, []Pair{{first, second}, {second, second}, {second, third}, {first, third}}, paths)
	if err != nil {
		t.Fatal(err)
	}
	edited := Traced{Path: "a file \"q\".txt", Hunks: []Hunk{{0, 0, 1, 1}, {3, 1, 4, 1}, {5, 1, 5, 0}}}
	moved := Traced{Path: "kept/moved.txt", Hunks: []Hunk{{3, 0, 4, 1}}}
	picture := Traced{Path: "pic.bin", Opaque: true}
	longer := Traced{Path: "long.txt", Hunks: []Hunk{{1, 1, 1, 1}}}
	want := []map[string]Traced{
		{"a file \"q\".txt": edited, "pic.bin": picture},
		{},
		{"moves.txt": moved, "goes.txt": {Hunks: []Hunk{{1, 1, 0, 0}}}, "long.txt": longer, "new.txt": {Path: "new.txt", Hunks: []Hunk{{1, 3, 1, 3}}}},
		{"a file \"q\".txt": edited, "pic.bin": picture, "moves.txt": moved, "goes.txt": {Hunks: []Hunk{{1, 1, 0, 0}}}, "long.txt": longer},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	missing := strings.Repeat("1", 40)
	for _, pair := range []Pair{{first, missing}, {missing, first}} {
		if _, err := r.Trace(ctx, []Pair{{first, second}, pair}, paths); !errors.Is(err, ErrNotFound) {
			t.Errorf("%v: %v", pair, err)
		}
	}
	if _, err := r.Trace(ctx, []Pair{{"HEAD", first}}, paths); !errors.Is(err, ErrName) {
		t.Errorf("a name that is no commit's: %v", err)
	}
	if got, err := r.Trace(ctx, nil, paths); err != nil || len(got) != 0 {
		t.Errorf("nothing to compare: %v, %v", got, err)
	}
}

func TestDiffFile(t *testing.T) {
	r, ctx := newRepo(t), t.Context()
	w := newWork(t, r)
	w.write("run.sh", "echo 1\necho 2\necho 3\necho 4\n")
	w.write("other.txt", "text\n")
	w.write("goes", "bye\n")
	first := w.commit("first")
	w.write("run.sh", "")
	w.write("goes", "")
	w.write("bin/run.sh", "echo 1\necho 2\necho 3\necho 5\n")
	w.git("add", "-A")
	w.git("update-index", "--chmod=+x", "bin/run.sh")
	w.git("commit", "-q", "-m", "second")
	second := w.git("rev-parse", "HEAD")
	w.push()

	file, err := r.DiffFile(ctx, first, second, "bin/run.sh", 1<<20)
	if err != nil || file.Status != Renamed || file.OldPath != "run.sh" || file.OldMode != "100644" || file.NewMode != "100755" || !strings.Contains(file.Patch, "-echo 4\n+echo 5\n") {
		t.Errorf("a renamed file: %+v, %v", file, err)
	}
	if file, err = r.DiffFile(ctx, first, second, "goes", 1<<20); err != nil || file.Status != Deleted || file.NewMode != "" || file.Deletions != 1 {
		t.Errorf("a deleted file: %+v, %v", file, err)
	}
	if file, err = r.DiffFile(ctx, "", second, "other.txt", 10); err != nil || file.Status != Added || !file.TooLarge || file.Patch != "" {
		t.Errorf("a file above the limit: %+v, %v", file, err)
	}
	for _, path := range []string{"other.txt", "nothing"} {
		if _, err := r.DiffFile(ctx, first, second, path, 1<<20); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", path, err)
		}
	}
	whole, err := r.Diff(ctx, first, second, DiffLimits{Files: 1, Omit: func(f FileDiff) bool { return f.Status == Renamed }})
	if err != nil || !whole.Truncated || whole.Count != 2 || whole.Deletions != 2 || whole.Additions != 1 || whole.Files[0].Patch != "" || whole.Files[0].TooLarge {
		t.Errorf("a diff with a file left out: %+v, %v", whole, err)
	}
}

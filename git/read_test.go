package git

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestInitIsRepeatable(t *testing.T) {
	r := newRepo(t)
	again, err := r.program.Init(t.Context(), r.Dir(), "other")
	if err != nil {
		t.Fatal(err)
	}
	head, err := again.Head(t.Context())
	if err != nil || head != "refs/heads/main" {
		t.Errorf("HEAD is %q, %v: a second Init must change nothing", head, err)
	}
	if empty, err := r.Empty(t.Context()); err != nil || !empty {
		t.Errorf("Empty = %v, %v", empty, err)
	}
	if err := r.Remove(); err != nil {
		t.Fatal(err)
	}
	if err := r.Remove(); err != nil {
		t.Errorf("removing twice: %v", err)
	}
	if r.Exists() {
		t.Error("the repository is still there")
	}
	if _, err := r.Head(t.Context()); !errors.Is(err, ErrNotFound) {
		t.Errorf("reading a removed repository: %v, want ErrNotFound", err)
	}
}

func TestRelativePath(t *testing.T) {
	t.Chdir(t.TempDir())
	program, err := Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r, err := program.Init(t.Context(), "data/repos/1.git", "main")
	if err != nil {
		t.Fatal(err)
	}
	if empty, err := r.Empty(t.Context()); err != nil || !empty {
		t.Errorf("Empty = %v, %v", empty, err)
	}
}

// odd are file names that a careless caller would take for something else.
var odd = []string{
	"-rf", "--output=x", "a b", "päth/ü", "quote\"d", "star*", "[x]", ":(top)x", "semi;colon", "dollar$HOME", "back\\slash",
	"tab\there", "new\nline", "@{u}", "a:b", "HEAD", "~tilde", "trailing.", "...", "\x01ctl", "deep/-d/--", "invalid\xffutf8",
}

func TestOddFileNames(t *testing.T) {
	ctx, r := t.Context(), newRepo(t)
	w := newWork(t, r)
	for _, name := range odd {
		w.write(name, "content of "+name+"\n")
	}
	sha := w.commit("odd names")
	for _, name := range odd {
		w.write(name, "changed\n")
	}
	second := w.commit("change them")
	w.push()

	files, err := r.Files(ctx, sha)
	if err != nil || len(files) != len(odd) {
		t.Fatalf("%d files, %v: want %d", len(files), err, len(odd))
	}
	for _, name := range odd {
		data, err := r.ReadBlob(ctx, sha, name, 1000)
		if err != nil || string(data) != "content of "+name+"\n" {
			t.Errorf("file %q: %q, %v", name, data, err)
		}
		log, err := r.Log(ctx, History{From: second, Path: name, Follow: true})
		if err != nil || len(log) != 2 {
			t.Errorf("history of %q: %d commits, %v", name, len(log), err)
		}
		blame, err := r.Blame(ctx, second, name, 1000)
		if err != nil || len(blame) != 1 || blame[0].Commit.SHA != second || len(blame[0].Lines) != 1 {
			t.Errorf("blame of %q: %v, %v", name, blame, err)
		}
	}
	diff, err := r.Diff(ctx, sha, second, DiffLimits{})
	if err != nil || len(diff.Files) != len(odd) {
		t.Fatalf("diff has %d files, %v", len(diff.Files), err)
	}
	for _, file := range diff.Files {
		if !strings.Contains(file.Patch, "+changed") || strings.Count(file.Patch, "diff --git") != 1 {
			t.Errorf("patch of %q:\n%s", file.NewPath, file.Patch)
		}
	}
	paths, err := r.ChangedPaths(ctx, sha, second)
	if err != nil || len(paths) != len(odd) {
		t.Errorf("%d changed paths, %v", len(paths), err)
	}
}

func TestReadingWhatIsNotThere(t *testing.T) {
	ctx, r := t.Context(), newRepo(t)
	w := newWork(t, r)
	w.write("dir/file", "x\n")
	sha := w.commit("one")
	w.push()
	missing := strings.Repeat("ab", 20)
	for name, test := range map[string]struct {
		call func() error
		want error
	}{
		"file":             {func() error { _, err := r.ReadBlob(ctx, sha, "nope", 10); return err }, ErrNotFound},
		"file in no dir":   {func() error { _, err := r.ReadBlob(ctx, sha, "nope/nope", 10); return err }, ErrNotFound},
		"directory":        {func() error { _, err := r.ReadBlob(ctx, sha, "dir", 10); return err }, ErrNotFound},
		"too large":        {func() error { _, err := r.ReadBlob(ctx, sha, "dir/file", 1); return err }, ErrTooLarge},
		"up":               {func() error { _, err := r.ReadBlob(ctx, sha, "../HEAD", 10); return err }, ErrName},
		"empty path":       {func() error { _, err := r.ReadBlob(ctx, sha, "/", 10); return err }, ErrName},
		"NUL":              {func() error { _, err := r.ReadBlob(ctx, sha, "a\x00b", 10); return err }, ErrName},
		"commit":           {func() error { _, err := r.ReadBlob(ctx, missing, "dir/file", 10); return err }, ErrNotFound},
		"tree":             {func() error { _, err := r.Tree(ctx, sha, "nope"); return err }, ErrNotFound},
		"tree of a file":   {func() error { _, err := r.Tree(ctx, sha, "dir/file"); return err }, ErrNotFound},
		"tree of nothing":  {func() error { _, err := r.Tree(ctx, missing, ""); return err }, ErrNotFound},
		"files":            {func() error { _, err := r.Files(ctx, missing); return err }, ErrNotFound},
		"log":              {func() error { _, err := r.Log(ctx, History{From: missing}); return err }, ErrNotFound},
		"log of an option": {func() error { _, err := r.Log(ctx, History{From: "--all"}); return err }, ErrName},
		"diff":             {func() error { _, err := r.Diff(ctx, sha, missing, DiffLimits{}); return err }, ErrNotFound},
		"changed":          {func() error { _, err := r.ChangedPaths(ctx, missing, sha); return err }, ErrNotFound},
		"ancestor":         {func() error { _, err := r.IsAncestor(ctx, missing, sha); return err }, ErrNotFound},
		"merge base":       {func() error { _, err := r.MergeBase(ctx, missing, sha); return err }, ErrNotFound},
		"blame":            {func() error { _, err := r.Blame(ctx, sha, "nope", 10); return err }, ErrNotFound},
	} {
		if err := test.call(); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}

func TestResolve(t *testing.T) {
	ctx, r := t.Context(), newRepo(t)
	w := newWork(t, r)
	first := w.commit("one")
	w.git("tag", "-a", "v1", "-m", "annotated")
	w.git("branch", "deadbeef")
	w.git("branch", "feature/x")
	second := w.commit("two")
	w.push()
	for name, want := range map[string]Resolved{
		"":                {"refs/heads/main", second},
		"HEAD":            {"refs/heads/main", second},
		"main":            {"refs/heads/main", second},
		"refs/heads/main": {"refs/heads/main", second},
		"feature/x":       {"refs/heads/feature/x", first},
		"v1":              {"refs/tags/v1", first},
		"refs/tags/v1":    {"refs/tags/v1", first},
		"deadbeef":        {"refs/heads/deadbeef", first},
		second:            {"", second},
		second[:9]:        {"", second},
	} {
		got, err := r.Resolve(ctx, name)
		if err != nil || got != want {
			t.Errorf("Resolve(%q) = %v, %v, want %v", name, got, err, want)
		}
	}
	for _, name := range []string{"nope", "refs/heads/nope", strings.Repeat("0", 40), "abcdef1"} {
		if got, err := r.Resolve(ctx, name); !errors.Is(err, ErrNotFound) {
			t.Errorf("Resolve(%q) = %v, %v, want ErrNotFound", name, got, err)
		}
	}
	for _, name := range []string{"main~1", "main^", "main@{1}", ":/one", "a..b", "main:file", "a b", "x\ny", "x\x00y"} {
		if got, err := r.Resolve(ctx, name); !errors.Is(err, ErrName) {
			t.Errorf("Resolve(%q) = %v, %v, want ErrName", name, got, err)
		}
	}
}

func TestTreeAndBranches(t *testing.T) {
	ctx, r := t.Context(), newRepo(t)
	w := newWork(t, r)
	w.write("b.txt", "12345")
	w.write("a/c.txt", "x")
	w.git("add", "-A")
	w.git("update-index", "--add", "--cacheinfo", "160000,"+strings.Repeat("1", 40)+",sub")
	w.git("update-index", "--add", "--cacheinfo", "120000,"+w.git("hash-object", "-w", "b.txt")+",link")
	w.git("commit", "-q", "-m", "title line\nwraps\n\nbody\n")
	sha := w.git("rev-parse", "HEAD")
	w.push()
	entries, err := r.Tree(ctx, sha, "")
	if err != nil {
		t.Fatal(err)
	}
	type line struct {
		Name string
		Kind Kind
		Mode string
		Size int64
	}
	var got []line
	for _, e := range entries {
		got = append(got, line{e.Name, e.Kind, e.Mode, e.Size})
	}
	want := []line{{"a", Dir, "040000", 0}, {"b.txt", File, "100644", 5}, {"link", Link, "120000", 5}, {"sub", Submodule, "160000", 0}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tree (-want +got):\n%s", diff)
	}
	inner, err := r.Tree(ctx, sha, "/a/")
	if err != nil || len(inner) != 1 || inner[0].Path != "a/c.txt" {
		t.Errorf("tree of a: %v, %v", inner, err)
	}
	branches, err := r.Branches(ctx, 10)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2024, 5, 4, 1, 2, 1, 0, time.UTC)
	commit := Commit{
		SHA: sha, AuthorName: "Ada", AuthorEmail: "ada@example.org", AuthoredAt: at,
		CommitterName: "Ada", CommitterEmail: "ada@example.org", CommittedAt: at, Message: "title line\nwraps\n\nbody",
	}
	if diff := cmp.Diff([]Branch{{Name: "main", Commit: commit}}, branches, cmp.Transformer("parents", func(p []string) string { return strings.Join(p, " ") })); diff != "" {
		t.Errorf("branches (-want +got):\n%s", diff)
	}
	if got := commit.Title(); got != "title line wraps" {
		t.Errorf("title %q", got)
	}
}

func TestDiff(t *testing.T) {
	ctx, r := t.Context(), newRepo(t)
	w := newWork(t, r)
	body := strings.Repeat("a line that stays\n", 50)
	w.write("moved.txt", body)
	w.write("gone.txt", "bye\n")
	w.write("edit.txt", "1\n2\n3\n")
	w.write("bin", "a\x00b")
	w.write("type", "will be a link\n")
	w.write("big.txt", "small\n")
	w.write("zlast.txt", "1\n")
	first := w.commit("one")
	w.git("mv", "moved.txt", "new.txt")
	w.write("gone.txt", "")
	w.write("edit.txt", "1\ndiff --git a/x b/x\n3\n4\n")
	w.write("bin", "a\x00c")
	w.write("big.txt", strings.Repeat("0123456789\n", 1000))
	w.write("zlast.txt", "2\n")
	w.write("type", "")
	w.git("update-index", "--add", "--cacheinfo", "120000,"+w.git("rev-parse", "HEAD:edit.txt")+",type")
	w.git("add", "-A", "--", ":!type")
	w.git("commit", "-q", "-m", "two")
	second := w.git("rev-parse", "HEAD")
	w.push()

	diff, err := r.Diff(ctx, first, second, DiffLimits{File: 4000})
	if err != nil {
		t.Fatal(err)
	}
	type line struct {
		Old, New       string
		Status         Status
		Binary, Large  bool
		Added, Removed int
	}
	var got []line
	for _, f := range diff.Files {
		got = append(got, line{f.OldPath, f.NewPath, f.Status, f.Binary, f.TooLarge, f.Additions, f.Deletions})
	}
	want := []line{
		{"big.txt", "big.txt", Modified, false, true, 1000, 1},
		{"bin", "bin", Modified, true, false, 0, 0},
		{"edit.txt", "edit.txt", Modified, false, false, 2, 1},
		{"gone.txt", "", Deleted, false, false, 0, 1},
		{"moved.txt", "new.txt", Renamed, false, false, 0, 0},
		{"type", "type", Modified, false, false, 3, 1},
		{"zlast.txt", "zlast.txt", Modified, false, false, 1, 1},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("diff (-want +got):\n%s", d)
	}
	for _, f := range diff.Files {
		name := f.NewPath
		if name == "" {
			name = f.OldPath
		}
		if !f.TooLarge && !strings.HasPrefix(f.Patch, "diff --git a/") || f.TooLarge && f.Patch != "" {
			t.Errorf("patch of %s:\n%s", name, f.Patch)
		}
		if !f.TooLarge && !strings.Contains(strings.SplitN(f.Patch, "\n", 2)[0], "b/"+name) {
			t.Errorf("patch of %s belongs to another file:\n%s", name, f.Patch)
		}
	}
	root, err := r.Diff(ctx, "", first, DiffLimits{Files: 2})
	if err != nil || len(root.Files) != 2 || !root.Truncated || root.Files[0].Status != Added {
		t.Errorf("diff of a first commit: %+v, %v", root, err)
	}
	log, err := r.Log(ctx, History{From: second, Path: "new.txt", Follow: true})
	if err != nil || len(log) != 2 {
		t.Errorf("history of a renamed file has %d commits, %v", len(log), err)
	}
	if n, err := r.Count(ctx, History{From: second, Not: first}); err != nil || n != 1 {
		t.Errorf("count %d, %v", n, err)
	}
}

func TestLogPages(t *testing.T) {
	ctx, r := t.Context(), newRepo(t)
	w := newWork(t, r)
	var all []string
	for range 7 {
		all = append([]string{w.commit("next")}, all...)
	}
	w.push()
	var got []string
	for skip := 0; skip < 9; skip += 3 {
		page, err := r.Log(ctx, History{From: all[0], Skip: skip, Limit: 3})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page {
			got = append(got, c.SHA)
		}
	}
	if diff := cmp.Diff(all, got); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
}

func TestBlobStreamsInParts(t *testing.T) {
	ctx, r := t.Context(), newRepo(t)
	w := newWork(t, r)
	w.write("big", strings.Repeat("0123456789abcdef", 1<<16))
	sha := w.commit("big")
	w.push()
	blob, err := r.OpenBlob(ctx, sha, "big")
	if err != nil {
		t.Fatal(err)
	}
	head := make([]byte, 16)
	if _, err := io.ReadFull(blob, head); err != nil || string(head) != "0123456789abcdef" {
		t.Errorf("head %q, %v", head, err)
	}
	if err := blob.Close(); err != nil {
		t.Errorf("closing early: %v", err)
	}
	if blob.Size != 16<<16 {
		t.Errorf("size %d", blob.Size)
	}
}

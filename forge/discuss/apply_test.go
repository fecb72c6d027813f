package discuss_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dasier/fault"
	"dasier/forge/discuss"
)

func suggest(info string, text ...string) string {
	return "Better:\n```suggestion" + info + "\n" + strings.Join(text, "\n") + "\n```\n"
}

func (h *house) apply(as string, views ...discuss.View) (string, error) {
	h.t.Helper()
	var picks []discuss.Pick
	for _, v := range views {
		picks = append(picks, discuss.Pick{Note: v.Notes[0].ID})
	}
	return h.talk.Apply(h.t.Context(), h.who[as], h.id, 1, picks, "")
}

func TestApply(t *testing.T) {
	h, ctx := newHouse(t), t.Context()
	h.push("main", map[string]string{"a.txt": "1\n", "crlf.txt": "1\r\n", "end.txt": "1"})
	h.push("feature", map[string]string{"a.txt": lines("1", "2", "3", "4", "5", "6"), "crlf.txt": "1\r\n2\r\n", "end.txt": "1\n2"})
	one := h.start("reporter", suggest("", "two"), h.at("a.txt", 0, 2))
	batch := h.start("reporter", suggest(":-1+1", "four", "to", "six"), h.at("a.txt", 0, 5))
	crlf := h.start("developer", suggest("", "two", "three"), h.at("crlf.txt", 0, 2))
	end := h.start("developer", suggest(":-1+0", "all"), h.at("end.txt", 0, 2))
	stale := h.start("developer", suggest("", "never"), h.at("a.txt", 0, 2))

	if s := one.Notes[0].Suggestions[0]; s.Refusal != "" || s.Path != "a.txt" || s.From != 2 || s.To != 2 || s.Text() != "two" {
		t.Errorf("a suggestion: %+v", s)
	}
	if _, err := h.apply("reporter", one); !fault.Is(err, fault.Denied) {
		t.Errorf("a reporter commits: %v", err)
	}
	sha, err := h.apply("author", one)
	must(t, err)
	h.version()
	if h.request.HeadSHA != sha || h.git("show", sha+":a.txt") != "1\ntwo\n3\n4\n5\n6" {
		t.Errorf("%s is\n%s", sha, h.git("show", sha+":a.txt"))
	}
	if message := h.git("log", "-1", "--format=%an|%B", sha); !strings.HasPrefix(message, "author|Apply a suggestion to a.txt\n\nSuggested-by: reporter") {
		t.Errorf("the commit says %q", message)
	}
	_, err = h.apply("author", one)
	if !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "applied already") {
		t.Errorf("applied twice: %v", err)
	}
	if _, err = h.apply("author", stale); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "lines 2 to 2 of a.txt have changed") {
		t.Errorf("lines that changed: %v", err)
	}
	all, err := h.talk.Threads(ctx, h.who["reporter"], h.id, 1)
	must(t, err)
	if !all[0].Resolved() || all[0].ResolvedBy != "author" || !all[0].Notes[0].Suggestions[0].Applied || all[1].Resolved() || all[4].Notes[0].Suggestions[0].Refusal == "" {
		t.Errorf("after applying: %+v", all)
	}

	// All in one commit, or none.
	if _, err = h.apply("author", batch, crlf, stale); !fault.Is(err, fault.Conflict) {
		t.Errorf("a batch with one that is stale: %v", err)
	}
	sha, err = h.apply("developer", batch, crlf, end)
	must(t, err)
	h.version()
	if got := h.git("log", "--format=%s", h.request.Versions[1].HeadSHA+".."+sha); got != "Apply 3 suggestions to 3 files" {
		t.Errorf("the batch is %q", got)
	}
	for path, want := range map[string]string{"a.txt": "1\ntwo\n3\nfour\nto\nsix\n", "crlf.txt": "1\r\ntwo\r\nthree\r\n", "end.txt": "all"} {
		file, err := h.repos.ReadFile(ctx, h.id, sha, path, 1000)
		must(t, err)
		if string(file) != want {
			t.Errorf("%s is %q, want %q", path, file, want)
		}
	}
}

func TestApplyRefusals(t *testing.T) {
	h, ctx := newHouse(t), t.Context()
	h.push("main", map[string]string{"a.txt": "1\n"})
	h.push("feature", map[string]string{"a.txt": lines("1", "2", "3", "4")})
	for name, tt := range map[string]struct {
		view discuss.View
		says string
	}{
		"no line":            {h.start("developer", suggest("", "x"), nil), "needs a line"},
		"a removed line":     {h.start("developer", suggest("", "x"), h.at("a.txt", 0, 0)), "needs a line"},
		"above the file":     {h.start("developer", suggest(":-2+0", "x"), h.at("a.txt", 0, 2)), "no such lines"},
		"below the file":     {h.start("developer", suggest(":-0+3", "x"), h.at("a.txt", 0, 2)), "ends at line 5"},
		"not to be read":     {h.start("developer", suggest(":x", "x"), h.at("a.txt", 0, 2)), "says no lines"},
		"changes nothing":    {h.start("developer", suggest("", "2"), h.at("a.txt", 0, 2)), "changes nothing"},
		"far too many lines": {h.start("developer", suggest("", strings.Split(strings.Repeat("x,", 200), ",")...), h.at("a.txt", 0, 2)), "at most 100"},
	} {
		if _, err := h.apply("developer", tt.view); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	first, second := h.start("developer", suggest(":-1+0", "x"), h.at("a.txt", 0, 2)), h.start("developer", suggest(":-0+1", "y"), h.at("a.txt", 0, 2))
	if _, err := h.apply("developer", first, second); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "two of the suggestions") {
		t.Errorf("two for one line: %v", err)
	}
	note := first.Notes[0].ID
	for name, tt := range map[string]struct {
		picks []discuss.Pick
		kind  fault.Kind
	}{
		"none":          {nil, fault.Invalid},
		"twice":         {[]discuss.Pick{{Note: note}, {Note: note}}, fault.Invalid},
		"no such place": {[]discuss.Pick{{Note: note, Index: 1}}, fault.Missing},
		"negative":      {[]discuss.Pick{{Note: note, Index: -1}}, fault.Missing},
		"no such note":  {[]discuss.Pick{{Note: 4711}}, fault.Missing},
		"far too many":  {make([]discuss.Pick, 101), fault.Limited},
	} {
		if _, err := h.talk.Apply(ctx, h.who["developer"], h.id, 1, tt.picks, ""); !fault.Is(err, tt.kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Somebody pushed, and the server has not looked at it yet.
	seen := h.request
	h.push("feature", map[string]string{"b.txt": "b\n"})
	moved := h.request
	h.request = seen
	if _, err := h.apply("developer", first); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "moved") {
		t.Errorf("a branch that moved: %v", err)
	}
	h.request = moved
	h.request.Open = false
	if _, err := h.apply("developer", first); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "not open") {
		t.Errorf("a closed request: %v", err)
	}
}

func TestDiff(t *testing.T) {
	h, ctx := newHouse(t), t.Context()
	h.push("main", map[string]string{"a.txt": lines("1", "2"), "old.txt": lines("a", "b", "c", "d"), "logo.png": "\x00", "run.sh": "x\n"})
	h.push("feature", map[string]string{
		"a.txt": lines("1", "3"), "old.txt": "-", "new.txt": lines("a", "b", "c", "d"), "logo.png": "\x00\x01", "go.sum": "x\n",
		"long.txt": strings.Repeat("line\n", 500),
	})
	must(t, os.Chmod(filepath.Join(h.work, "run.sh"), 0o700))
	h.push("feature", nil)
	h.push("feature", map[string]string{"a.txt": lines("1", "4")})
	who := h.who["reporter"]
	diff, err := h.talk.Diff(ctx, who, h.id, 1, discuss.Range{})
	must(t, err)
	files := map[string]discuss.FileChange{}
	for _, f := range diff.Files {
		files[f.NewPath] = f
	}
	switch {
	case diff.BaseSHA != h.request.BaseSHA || diff.HeadSHA != h.request.HeadSHA || diff.Count != 6 || diff.Additions != 502 || diff.Deletions != 1:
		t.Errorf("the diff is %+v", diff)
	case !strings.Contains(files["a.txt"].Patch, "-2\n+4\n") || files["a.txt"].Folded:
		t.Errorf("a.txt: %+v", files["a.txt"])
	case files["new.txt"].Status != "renamed" || files["new.txt"].OldPath != "old.txt":
		t.Errorf("new.txt: %+v", files["new.txt"])
	case !files["logo.png"].Image || !files["logo.png"].Binary || files["logo.png"].Folded:
		t.Errorf("logo.png: %+v", files["logo.png"])
	case !files["go.sum"].Folded || !files["go.sum"].Generated || files["go.sum"].Patch != "":
		t.Errorf("go.sum: %+v", files["go.sum"])
	case files["run.sh"].OldMode != "100644" || files["run.sh"].NewMode != "100755":
		t.Errorf("run.sh: %+v", files["run.sh"])
	case !files["long.txt"].Folded || files["long.txt"].Generated || files["long.txt"].Patch != "" || files["long.txt"].TooLarge:
		t.Errorf("long.txt: %+v", files["long.txt"])
	}
	long, err := h.talk.DiffFile(ctx, who, h.id, 1, discuss.Range{}, "long.txt")
	if err != nil || long.Folded || strings.Count(long.Patch, "\n+line") != 500 {
		t.Errorf("long.txt: %v, %d bytes", err, len(long.Patch))
	}
	between, err := h.talk.Diff(ctx, who, h.id, 1, discuss.Range{From: 2, Version: 3})
	if err != nil || between.Count != 1 || !strings.Contains(between.Files[0].Patch, "-3\n+4\n") || between.BaseSHA != h.request.Versions[1].HeadSHA {
		t.Errorf("between versions: %v, %+v", err, between)
	}
	for _, r := range []discuss.Range{{Version: 9}, {From: 9}} {
		if _, err := h.talk.Diff(ctx, who, h.id, 1, r); !fault.Is(err, fault.Missing) {
			t.Errorf("%+v: %v", r, err)
		}
	}
	for path, kind := range map[string]fault.Kind{"nothing": fault.Missing, "../a": fault.Invalid, "": fault.Invalid} {
		if _, err := h.talk.DiffFile(ctx, who, h.id, 1, discuss.Range{}, path); !fault.Is(err, kind) {
			t.Errorf("%q: %v", path, err)
		}
	}
}

package discuss_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/discuss"
	"dasier/forge/project"
	"dasier/forge/repo"
	"dasier/git"
	"dasier/store"
	"dasier/store/storetest"
)

// house is a service on a real store and a real repository, with one request:
// the branch "feature" into "main".
type house struct {
	t        testing.TB
	data     *store.Store
	projects *project.Service
	repos    *repo.Service
	talk     *discuss.Service
	id       project.ID
	who      map[string]auth.Actor
	request  discuss.Subject
	work     string // a clone
}

func newHouse(t testing.TB) *house {
	t.Helper()
	ctx := t.Context()
	data, err := store.Open(ctx, storetest.At(t, filepath.Join(t.TempDir(), "dasier.db")))
	must(t, err)
	t.Cleanup(func() { must(t, data.Close()) })
	program, err := git.Find(ctx)
	must(t, err)
	h := &house{t: t, data: data, projects: project.New(data.Project()), who: map[string]auth.Actor{}, work: t.TempDir()}
	h.repos = repo.New(data.Repo(), h.projects, program, filepath.Join(t.TempDir(), "repos"), repo.Config{})
	h.talk = discuss.New(data.Discuss(), h.projects, h, h.repos, discuss.Config{NoteLimit: 10_000, RequestLimit: 400})
	for _, name := range []string{"owner", "maintainer", "developer", "author", "reporter", "guest", "outsider"} {
		user, err := data.Auth().CreateUser(ctx, auth.User{Username: name, Name: "The " + name, Email: name + "@example.org", CreatedAt: time.Now().UTC()}, "")
		must(t, err)
		h.who[name] = user.Actor(auth.ViaSession)
	}
	p, err := h.projects.Create(ctx, h.who["owner"], project.Project{Namespace: "lab", Name: "model", DefaultBranch: "main"})
	must(t, err)
	h.id = p.ID
	for name, role := range map[string]auth.Role{"maintainer": auth.Maintainer, "developer": auth.Developer, "author": auth.Developer, "reporter": auth.Reporter, "guest": auth.Guest} {
		must(t, h.projects.SetMember(ctx, h.who["owner"], h.id, h.who[name].User, role))
	}
	must(t, h.repos.Ensure(ctx, h.id))
	h.git("init", "-q", "-b", "main")
	h.git("remote", "add", "origin", h.repos.Path(h.id))
	h.request = discuss.Subject{ID: 11, Project: h.id, Number: 1, Source: "feature", Target: "main", Author: h.who["author"].User, Open: true}
	return h
}

// Request implements discuss.Requests.
func (h *house) Request(ctx context.Context, actor auth.Actor, id project.ID, number int) (discuss.Subject, error) {
	if err := h.projects.May(ctx, actor, id, auth.ReadMerge); err != nil {
		return discuss.Subject{}, err
	}
	if number != h.request.Number {
		return discuss.Subject{}, fault.Errorf(fault.Missing, "no merge request %d", number)
	}
	return h.request, nil
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) git(args ...string) string {
	h.t.Helper()
	cmd := exec.CommandContext(context.Background(), "git", args...)
	cmd.Dir = h.work
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "HOME="+h.work, "LC_ALL=C",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=a@example.org")
	out, err := cmd.CombinedOutput()
	if err != nil {
		h.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// push commits files to a branch, "-" removing one, and pushes it. A push of
// the source branch adds a version to the request.
func (h *house) push(branch string, files map[string]string) {
	h.t.Helper()
	h.git("checkout", "-q", "-B", branch)
	for name, text := range files {
		path := filepath.Join(h.work, name)
		if text == "-" {
			must(h.t, os.Remove(path))
			continue
		}
		must(h.t, os.MkdirAll(filepath.Dir(path), 0o700))
		must(h.t, os.WriteFile(path, []byte(text), 0o600))
	}
	h.git("add", "-A")
	h.git("commit", "-q", "--allow-empty", "-m", "change")
	h.git("push", "-q", "-f", "origin", branch)
	if branch == h.request.Source {
		h.version()
	}
}

// version does what follows from a push of the source branch.
func (h *house) version() {
	h.git("fetch", "-q", "origin")
	r := &h.request
	r.HeadSHA = h.git("rev-parse", "refs/remotes/origin/"+r.Source)
	r.BaseSHA = h.git("merge-base", "refs/remotes/origin/"+r.Target, r.HeadSHA)
	r.Versions = append(r.Versions, discuss.Version{Number: len(r.Versions) + 1, HeadSHA: r.HeadSHA, BaseSHA: r.BaseSHA})
}

func lines(list ...string) string { return strings.Join(list, "\n") + "\n" }

// at is a position in the latest version.
func (h *house) at(path string, oldLine, newLine int) *discuss.Position {
	return &discuss.Position{BaseSHA: h.request.BaseSHA, HeadSHA: h.request.HeadSHA, OldPath: path, NewPath: path, OldLine: oldLine, NewLine: newLine}
}

func (h *house) start(as, body string, p *discuss.Position) discuss.View {
	h.t.Helper()
	v, err := h.talk.Start(h.t.Context(), h.who[as], h.id, 1, discuss.Draft{Body: body, Position: p})
	must(h.t, err)
	return v
}

// place says where a thread stands now: "path old new", or "outdated".
func (h *house) place(id discuss.ThreadID) string {
	h.t.Helper()
	all, err := h.talk.Threads(h.t.Context(), h.who["reporter"], h.id, 1)
	must(h.t, err)
	v := all[slices.IndexFunc(all, func(v discuss.View) bool { return v.ID == id })]
	switch {
	case v.Outdated && v.Current == nil:
		return "outdated"
	case v.Current == nil:
		return "nowhere"
	}
	text, err := json.Marshal([]any{v.Current.Path, v.Current.OldLine, v.Current.NewLine})
	must(h.t, err)
	return string(text)
}

func (h *house) events(kind string) []store.Recorded {
	h.t.Helper()
	all, err := h.data.Undelivered(h.t.Context(), 10_000)
	must(h.t, err)
	return slices.DeleteFunc(all, func(r store.Recorded) bool { return r.Kind != kind })
}

func TestThreadsFollowTheCode(t *testing.T) {
	h := newHouse(t)
	h.push("main", map[string]string{"a.txt": lines("1", "2", "3", "4", "5", "6"), "b.txt": lines("x", "y", "z"), "gone.txt": lines("g"), "pic.png": "\x00\x01"})
	h.push("feature", map[string]string{"a.txt": lines("1", "2", "new", "4", "5", "6"), "b.txt": lines("x", "z", "end"), "gone.txt": "-", "pic.png": "\x00\x02"})
	added := h.start("reporter", "why?", h.at("a.txt", 0, 3))
	same := h.start("reporter", "and this?", h.at("a.txt", 5, 5))
	removed := h.start("reporter", "why not?", h.at("b.txt", 2, 0))
	file := h.start("reporter", "nice picture", h.at("pic.png", 0, 0))
	deleted := h.start("reporter", "needed", &discuss.Position{BaseSHA: h.request.BaseSHA, HeadSHA: h.request.HeadSHA, OldPath: "gone.txt", OldLine: 1})
	deletedFile := h.start("reporter", "the file", &discuss.Position{BaseSHA: h.request.BaseSHA, HeadSHA: h.request.HeadSHA, OldPath: "gone.txt"})
	plain := h.start("reporter", "hello", nil)
	if diff := cmp.Diff([]string{"1", "2", "new"}, added.Lines); diff != "" || added.FileLines != 6 || !added.Resolvable || plain.Resolvable {
		t.Errorf("what a thread keeps: %s %+v", diff, added)
	}
	check := func(when string, want map[discuss.ThreadID]string) {
		t.Helper()
		for id, place := range want {
			if got := h.place(id); got != place {
				t.Errorf("%s: thread %d is at %s, want %s", when, id, got, place)
			}
		}
	}
	check("at first", map[discuss.ThreadID]string{
		added.ID: `["a.txt",0,3]`, same.ID: `["a.txt",5,5]`, removed.ID: `["b.txt",2,0]`, file.ID: `["pic.png",0,0]`,
		deleted.ID: `["gone.txt",1,0]`, deletedFile.ID: `["gone.txt",0,0]`, plain.ID: "nowhere",
	})
	h.push("feature", map[string]string{"a.txt": lines("0", "1", "2", "new", "4", "5", "6"), "pic.png": "\x00\x03"})
	check("lines came above", map[discuss.ThreadID]string{added.ID: `["a.txt",0,4]`, same.ID: `["a.txt",5,6]`, removed.ID: `["b.txt",2,0]`, file.ID: `["pic.png",0,0]`})
	h.push("feature", map[string]string{"a.txt": "-", "in/a \"b\".txt": lines("0", "1", "2", "new", "4", "5!", "6")})
	check("a file is renamed, and one line changed", map[discuss.ThreadID]string{added.ID: `["in/a \"b\".txt",0,4]`, same.ID: "outdated"})

	// The target moves, and the branch is put on top of it: its base is another.
	h.git("checkout", "-q", "main")
	h.push("main", map[string]string{"b.txt": lines("w", "x", "y", "z")})
	h.git("checkout", "-q", "feature")
	h.git("rebase", "-q", "main")
	h.push("feature", nil)
	check("rebased", map[discuss.ThreadID]string{added.ID: `["in/a \"b\".txt",0,4]`, removed.ID: `["b.txt",3,0]`, deleted.ID: `["gone.txt",1,0]`})
	back := h.start("reporter", "between versions", &discuss.Position{BaseSHA: h.request.Versions[0].HeadSHA, HeadSHA: h.request.Versions[1].HeadSHA, OldPath: "a.txt", NewPath: "a.txt", NewLine: 1})
	check("in a comparison of versions", map[discuss.ThreadID]string{back.ID: `["in/a \"b\".txt",0,1]`})
	h.push("feature", map[string]string{"in/a \"b\".txt": "-", "pic.png": "-"})
	check("the files are gone", map[discuss.ThreadID]string{added.ID: "outdated", file.ID: "outdated", removed.ID: `["b.txt",3,0]`})

	// A commit that is no longer there takes no other thread with it.
	h.request.BaseSHA = strings.Repeat("1", 40)
	check("a commit is gone", map[discuss.ThreadID]string{removed.ID: "outdated", plain.ID: "nowhere"})
}

func TestPositionsAreChecked(t *testing.T) {
	h, ctx := newHouse(t), t.Context()
	h.push("main", map[string]string{"a.txt": lines("1", "2"), "same.txt": "s\n", "pic.png": "\x00"})
	h.push("feature", map[string]string{"a.txt": lines("1", "2", "3\xff"), "pic.png": "\x00\x01", "bad\xff.txt": "x\n", "crlf.txt": "a\r\nb\r\n", "empty.txt": ""})
	for name, change := range map[string]func(*discuss.Position){
		"a commit that is not the request's": func(p *discuss.Position) { p.HeadSHA = strings.Repeat("a", 40) },
		"no commit":                          func(p *discuss.Position) { p.BaseSHA = "main" },
		"no file":                            func(p *discuss.Position) { p.NewPath, p.OldPath = "", "" },
		"another file":                       func(p *discuss.Position) { p.NewPath, p.OldPath = "nothing.txt", "" },
		"a file that does not change":        func(p *discuss.Position) { p.NewPath, p.OldPath, p.NewLine = "same.txt", "same.txt", 1 },
		"a way out":                          func(p *discuss.Position) { p.NewPath = "../../etc/passwd" },
		"a line beyond the end":              func(p *discuss.Position) { p.NewLine = 4 },
		"a negative line":                    func(p *discuss.Position) { p.NewLine = -1 },
		"a huge line":                        func(p *discuss.Position) { p.OldLine = 1 << 40 },
		"two different lines":                func(p *discuss.Position) { p.OldLine = 1 },
		"a line of a binary file":            func(p *discuss.Position) { p.NewPath, p.OldPath, p.NewLine = "pic.png", "pic.png", 1 },
		"a line of an empty file":            func(p *discuss.Position) { p.NewPath, p.OldPath, p.NewLine = "empty.txt", "", 1 },
		"a name that is no text":             func(p *discuss.Position) { p.NewPath, p.OldPath, p.NewLine = "bad\xff.txt", "", 1 },
	} {
		p := h.at("a.txt", 0, 3)
		change(p)
		if _, err := h.talk.Start(ctx, h.who["reporter"], h.id, 1, discuss.Draft{Body: "x", Position: p}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if v := h.start("reporter", "x", h.at("a.txt", 0, 3)); v.Lines[2] != "3\uFFFD" {
		t.Errorf("bytes that are no text: %q", v.Lines)
	}
	if v := h.start("reporter", "x", h.at("crlf.txt", 0, 2)); cmp.Diff([]string{"a", "b"}, v.Lines) != "" {
		t.Errorf("line ends of Windows: %q", v.Lines)
	}
}

func TestWhoMay(t *testing.T) {
	h, ctx := newHouse(t), t.Context()
	h.push("main", map[string]string{"a.txt": "1\n"})
	h.push("feature", map[string]string{"a.txt": "2\n"})
	job := h.who["developer"]
	job.Via, job.Job, job.Project = auth.ViaJob, 1, int64(h.id)
	h.who["job"] = job
	h.who["token"] = auth.Actor{Username: "token:bot", Via: auth.ViaDeploy, Project: int64(h.id), Role: auth.Maintainer}

	for name, kind := range map[string]fault.Kind{"outsider": fault.Missing, "guest": fault.Denied, "job": fault.Denied} {
		if _, err := h.talk.Start(ctx, h.who[name], h.id, 1, discuss.Draft{Body: "x"}); !fault.Is(err, kind) {
			t.Errorf("%s begins a thread: %v", name, err)
		}
	}
	for name, kind := range map[string]fault.Kind{"outsider": fault.Missing, "guest": fault.Denied} {
		_, err1 := h.talk.Threads(ctx, h.who[name], h.id, 1)
		_, err2 := h.talk.Diff(ctx, h.who[name], h.id, 1, discuss.Range{})
		_, err3 := h.talk.DiffFile(ctx, h.who[name], h.id, 1, discuss.Range{}, "a.txt")
		if !fault.Is(err1, kind) || !fault.Is(err2, kind) || !fault.Is(err3, kind) {
			t.Errorf("%s reads: %v, %v, %v", name, err1, err2, err3)
		}
	}
	for _, starter := range []string{"reporter", "developer"} {
		thread := h.start(starter, "a thread", h.at("a.txt", 0, 1))
		note := thread.Notes[0].ID
		resolve := func(as string) error {
			_, err := h.talk.Resolve(ctx, h.who[as], h.id, 1, thread.ID, true)
			if err == nil {
				_, err = h.talk.Resolve(ctx, h.who[as], h.id, 1, thread.ID, false)
			}
			return err
		}
		for _, name := range []string{starter, "author", "developer", "maintainer"} {
			if err := resolve(name); err != nil {
				t.Errorf("%s resolves: %v", name, err)
			}
		}
		for _, name := range []string{"guest", "job", "outsider", "token"} {
			if resolve(name) == nil {
				t.Errorf("%s resolves", name)
			}
		}
		edit := func(as string) error {
			_, err := h.talk.Edit(ctx, h.who[as], h.id, 1, note, "edited by "+as)
			return err
		}
		for _, name := range []string{"author", "guest", "job", "outsider", "token"} {
			if edit(name) == nil || h.talk.Delete(ctx, h.who[name], h.id, 1, note) == nil {
				t.Errorf("%s changes a note of %s", name, starter)
			}
		}
		for _, name := range []string{starter, "maintainer"} {
			if err := edit(name); err != nil {
				t.Errorf("%s edits: %v", name, err)
			}
		}
	}
	plain := h.start("reporter", "no thread", nil)
	if _, err := h.talk.Resolve(ctx, h.who["reporter"], h.id, 1, plain.ID, true); !fault.Is(err, fault.Conflict) {
		t.Errorf("a comment is resolved: %v", err)
	}
	// On a request that is closed people still talk, and settle what is open.
	h.request.Open = false
	must(t, func() error { _, err := h.talk.Reply(ctx, h.who["reporter"], h.id, 1, plain.ID, "late"); return err }())
	for range 2 { // an event may be reported twice
		must(t, h.talk.Tell(ctx, discuss.History{Event: 99, Project: h.id, Request: h.request.ID, Number: 1, User: h.who["author"].User, Username: "author", Text: "closed it"}))
	}
	all, err := h.talk.Threads(ctx, h.who["owner"], h.id, 1)
	must(t, err)
	if told := len(h.events("discuss.noted")); len(all) != 4 || told == 0 {
		t.Errorf("%d threads", len(all))
	}
	history := all[len(all)-1]
	if !history.System || history.Resolvable || history.Notes[0].MayEdit {
		t.Errorf("a line of history: %+v", history)
	}
	_, err1 := h.talk.Reply(ctx, h.who["owner"], h.id, 1, history.ID, "x")
	_, err2 := h.talk.Edit(ctx, h.who["owner"], h.id, 1, history.Notes[0].ID, "x")
	_, err3 := h.talk.Resolve(ctx, h.who["owner"], h.id, 1, history.ID, true)
	for _, err := range []error{err1, err2, err3, h.talk.Delete(ctx, h.who["author"], h.id, 1, history.Notes[0].ID)} {
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("history is changed: %v", err)
		}
	}
}

func TestNotesAndEvents(t *testing.T) {
	h, ctx := newHouse(t), t.Context()
	h.push("main", map[string]string{"a.txt": "1\n"})
	h.push("feature", map[string]string{"a.txt": "2\n"})
	for body, kind := range map[string]fault.Kind{"": fault.Invalid, strings.Repeat(" \n", 2): fault.Invalid, "\xff": fault.Invalid, "a\x00": fault.Invalid, strings.Repeat("x", 10_001): fault.Limited} {
		if _, err := h.talk.Start(ctx, h.who["reporter"], h.id, 1, discuss.Draft{Body: body}); !fault.Is(err, kind) {
			t.Errorf("%.10q: %v", body, err)
		}
	}
	thread, err := h.talk.Start(ctx, h.who["reporter"], h.id, 1, discuss.Draft{Body: "@developer @reporter @outsider @Maintainer `@owner` look", Resolvable: true})
	must(t, err)
	if n, err := h.talk.Unresolved(ctx, h.request.ID); err != nil || n != 1 {
		t.Errorf("%d threads are open: %v", n, err)
	}
	noted := h.events("discuss.noted")
	var e discuss.Noted
	must(t, json.Unmarshal(noted[0].Payload, &e))
	want := discuss.Noted{Project: h.id, Request: 11, Number: 1, Thread: thread.ID, Note: thread.Notes[0].ID, User: h.who["reporter"].User, Username: "reporter", Mentions: []auth.UserID{h.who["maintainer"].User, h.who["developer"].User}}
	slices.Sort(e.Mentions)
	slices.Sort(want.Mentions)
	if diff := cmp.Diff(want, e); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
	// Whoever is called knows it until they answer, and while they may read.
	waits := func(name string) int {
		t.Helper()
		waiting, err := h.talk.Waiting(ctx, h.who[name], 10)
		must(t, err)
		return len(waiting)
	}
	if waits("developer") != 1 || waits("maintainer") != 1 || waits("reporter") != 0 || waits("outsider") != 0 {
		t.Error("the wrong people are called")
	}
	_, err = h.talk.Edit(ctx, h.who["reporter"], h.id, 1, thread.Notes[0].ID, "@developer @author look")
	must(t, err)
	if waits("author") != 1 {
		t.Error("an edited note calls nobody")
	}
	reply, err := h.talk.Reply(ctx, h.who["developer"], h.id, 1, thread.ID, "yes @nobody")
	must(t, err)
	if waits("developer") != 0 || reply.Author.Name != "The developer" || !reply.MayEdit {
		t.Errorf("after the answer: %+v", reply)
	}
	must(t, h.projects.RemoveMember(ctx, h.who["owner"], h.id, h.who["author"].User))
	if waits("author") != 0 {
		t.Error("one who left is still called")
	}
	if _, found, err := h.talk.Find(ctx, h.id, reply.ID); err != nil || found.Body != "yes @nobody" {
		t.Errorf("found %+v, %v", found, err)
	}
	if _, err := h.talk.Resolve(ctx, h.who["reporter"], h.id, 1, thread.ID, true); err != nil {
		t.Error(err)
	}
	if n, err := h.talk.Unresolved(ctx, h.request.ID); err != nil || n != 0 {
		t.Errorf("%d threads are open: %v", n, err)
	}

	// What a maintainer does to the words of others is in the audit log, without
	// the words; what people do to their own is not.
	must(t, h.talk.Delete(ctx, h.who["developer"], h.id, 1, reply.ID))
	before := len(h.events("audit.act"))
	must(t, h.talk.Delete(ctx, h.who["maintainer"], h.id, 1, thread.Notes[0].ID))
	acts := h.events("audit.act")
	if len(acts) != before+1 {
		t.Fatalf("%d acts", len(acts)-before)
	}
	var act event.Act
	must(t, json.Unmarshal(acts[before].Payload, &act))
	if act.Action != "note.deleted" || act.Username != "maintainer" || act.Target != "!1" || act.Project != int64(h.id) || strings.Contains(string(acts[before].Payload), "look") || !strings.Contains(string(acts[before].Payload), "reporter") {
		t.Errorf("the act is %s", acts[before].Payload)
	}
	if all, err := h.talk.Threads(ctx, h.who["reporter"], h.id, 1); err != nil || len(all) != 0 {
		t.Errorf("a thread without notes: %+v, %v", all, err)
	}
}

package registry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dasier/blob/disk"
	"dasier/delivery/serve/servetest"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/forge/repo"
	"dasier/git"
	"dasier/ml/format/mlflow"
	"dasier/ml/predict"
	"dasier/model/registry"
	"dasier/store"
	"dasier/store/storetest"
)

// shelf is the service with all its real parts: SQLite, blobs in a folder, and
// a repository made by the real git.
type shelf struct {
	*registry.Service
	t     *testing.T
	data  *store.Store
	repos *repo.Service
	id    project.ID
	actor map[string]auth.Actor
	blobs string
	work  string
}

func newShelf(t *testing.T, cfg registry.Config) *shelf {
	t.Helper()
	ctx, dir := t.Context(), t.TempDir()
	data, err := store.Open(ctx, storetest.At(t, filepath.Join(dir, "dasier.db")))
	must(t, err)
	t.Cleanup(func() { must(t, data.Close()) })
	program, err := git.Find(ctx)
	must(t, err)
	s := &shelf{t: t, data: data, actor: map[string]auth.Actor{}, blobs: filepath.Join(dir, "models"), work: filepath.Join(dir, "work")}
	blobs, err := disk.Open(s.blobs)
	must(t, err)
	projects := project.New(data.Project())
	s.repos = repo.New(data.Repo(), projects, program, filepath.Join(dir, "repos"), repo.Config{})
	s.Service = registry.New(data.Registry(), blobs, projects, s.repos, cfg)
	for _, name := range []string{"owner", "developer", "reporter", "outsider"} {
		u, err := data.Auth().CreateUser(ctx, auth.User{Username: name, Name: name, Email: name + "@example.org", CreatedAt: time.Now()}, "")
		must(t, err)
		s.actor[name] = u.Actor(auth.ViaSession)
	}
	p, err := projects.Create(ctx, s.actor["owner"], project.Project{Namespace: "lab", Name: "model"})
	must(t, err)
	s.id = p.ID
	must(t, projects.SetMember(ctx, s.actor["owner"], s.id, s.actor["developer"].User, auth.Developer))
	must(t, projects.SetMember(ctx, s.actor["owner"], s.id, s.actor["reporter"].User, auth.Reporter))
	must(t, s.repos.Ensure(ctx, s.id))
	must(t, os.Mkdir(s.work, 0o700))
	s.git("init", "-q", "-b", "main")
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s *shelf) git(args ...string) string {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), "git", args...)
	cmd.Dir = s.work
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "HOME="+s.work,
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.org", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.org")
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit makes a commit on a branch and pushes it.
func (s *shelf) commit(branch string) string {
	s.t.Helper()
	s.git("checkout", "-q", "-B", branch)
	s.git("commit", "-q", "--allow-empty", "-m", "on "+branch)
	s.git("push", "-q", s.repos.Path(s.id), "HEAD:refs/heads/"+branch)
	return s.git("rev-parse", "HEAD")
}

func zipped(t *testing.T, pkg fs.FS) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, mlflow.Pack(&b, pkg))
	return b.Bytes()
}

func (s *shelf) register(actor auth.Actor, model string, pkg fs.FS, from registry.Lineage) (registry.Version, bool, error) {
	s.t.Helper()
	archive := zipped(s.t, pkg)
	return s.Register(s.t.Context(), actor, s.id, model, bytes.NewReader(archive), int64(len(archive)), from)
}

// version registers the n-th houses model from a commit, as a job does, or by
// hand from none.
func (s *shelf) version(n int, commit string) registry.Version {
	s.t.Helper()
	who := s.actor["developer"]
	if commit != "" {
		who.Via, who.Project, who.Job = auth.ViaJob, int64(s.id), int64(n)
	}
	v, created, err := s.register(who, "price", servetest.Package(s.t, servetest.Houses(n)), registry.Lineage{Commit: commit})
	must(s.t, err)
	if !created || v.Number != n {
		s.t.Fatalf("registered number %d, new %v; want %d", v.Number, created, n)
	}
	return v
}

func expect(t *testing.T, err error, kind fault.Kind, texts ...string) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("got %v, want %s", err, kind)
		return
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%v does not say %q", err, text)
		}
	}
}

// kept counts the blobs on disk.
func (s *shelf) kept() (n int) {
	s.t.Helper()
	must(s.t, filepath.WalkDir(s.blobs, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			n++
		}
		return err
	}))
	return n
}

// richPackage has a file in each place, and what only some packages have.
func richPackage(t *testing.T, n int) fs.FS {
	t.Helper()
	spec := servetest.Houses(n)
	program, err := predict.Compile(spec)
	must(t, err)
	reference, err := mlflow.NewReference(program, []json.RawMessage{json.RawMessage(servetest.Row)})
	must(t, err)
	files, err := mlflow.Files(&mlflow.Package{
		Spec: spec, Algorithm: "ridge", Reference: reference, RunID: "77", Profile: json.RawMessage(`{"rows":2930}`),
		Report:  json.RawMessage(`{"data":{"digest":"sha256:da7a"}}`),
		Metrics: []mlflow.Metric{{Name: "rmse", Value: 3, Low: 2, High: 4, Level: 0.95, N: 586, Unit: "USD"}},
	})
	must(t, err)
	pkg := fstest.MapFS{}
	for name, text := range files {
		pkg[name] = &fstest.MapFile{Data: text, Mode: 0o644}
	}
	return pkg
}

func TestRegister(t *testing.T) {
	s := newShelf(t, registry.Config{})
	ctx, dev := t.Context(), s.actor["developer"]
	sha := s.commit("main")
	pkg := richPackage(t, 1)
	from := registry.Lineage{Commit: sha, Ref: "main", Pipeline: 4}
	began := time.Now().Truncate(time.Second)
	v, created, err := s.register(dev, "price", pkg, from)
	must(t, err)
	spec := servetest.Houses(1)
	want := registry.Version{
		ID: v.ID, Project: s.id, Model: "price", Number: 1, Run: 77, Digest: servetest.Digest(t, pkg), Lineage: from,
		User: dev.User, Username: "developer", DataDigest: "sha256:da7a", Algorithm: "ridge",
		Metrics: []mlflow.Metric{{Name: "rmse", Value: 3, Low: 2, High: 4, Level: 0.95, N: 586, Unit: "USD"}},
		Target:  spec.Target, Task: spec.Task, Inputs: spec.Inputs, Interval: &registry.Interval{Level: 0.9, Coverage: 0.91, CoveredOf: 200},
	}
	got, err := s.Version(ctx, s.actor["reporter"], s.id, "price", 1)
	must(t, err)
	if len(got.Files) < 6 || got.Size == 0 || got.CreatedAt.Before(began) || got.CreatedAt.After(time.Now()) || !created {
		t.Errorf("kept %d files of %d bytes at %s, new %v", len(got.Files), got.Size, got.CreatedAt, created)
	}
	got.Files, got.Size, got.CreatedAt = nil, 0, time.Time{}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	again, created, err := s.register(s.actor["owner"], "price", pkg, from)
	if err != nil || created || again.ID != v.ID || again.Username != "developer" {
		t.Errorf("the same again: %+v, new %v, %v", again, created, err)
	}
	// A job's token speaks for its job, whatever the request says.
	job := dev
	job.Via, job.Project, job.Job = auth.ViaJob, int64(s.id), 12
	if v, _, err := s.register(job, "price", pkg, registry.Lineage{Job: 99}); err != nil || v.Number != 2 || v.Lineage.Job != 12 {
		t.Errorf("by a job: %+v, %v", v.Lineage, err)
	}
	recorded, err := s.data.Undelivered(ctx, 100)
	must(t, err)
	var e registry.Registered
	must(t, json.Unmarshal(recorded[len(recorded)-2].Payload, &e))
	if e != (registry.Registered{Project: s.id, Model: "price", Version: 1, Run: 77}) {
		t.Errorf("the event is %+v", e)
	}
}

func TestRegisterRefuses(t *testing.T) {
	s := newShelf(t, registry.Config{PackageLimit: 1 << 20})
	s.commit("main")
	good, dev := servetest.Package(t, servetest.Houses(1)), s.actor["developer"]
	edited := maps.Clone(good.(fstest.MapFS))
	spec := string(edited["dasier.json"].Data)
	edited["dasier.json"] = &fstest.MapFile{Data: []byte(strings.Replace(spec, "5000", "50000", 1))}
	huge := maps.Clone(good.(fstest.MapFS))
	huge["extra.bin"] = &fstest.MapFile{Data: make([]byte, 2<<20)}
	for name, c := range map[string]struct {
		actor auth.Actor
		model string
		pkg   fs.FS
		from  registry.Lineage
		kind  fault.Kind
		text  string
	}{
		"other predictions":  {dev, "price", servetest.Broken(t, 1), registry.Lineage{}, fault.Invalid, "must not serve"},
		"another model file": {dev, "price", edited, registry.Lineage{}, fault.Invalid, ""},
		"no package":         {dev, "price", fstest.MapFS{"a.txt": {Data: []byte("x")}}, registry.Lineage{}, fault.Invalid, "MLmodel"},
		"too large":          {dev, "price", huge, registry.Lineage{}, fault.Limited, "1048576"},
		"bad name":           {dev, "a/b", good, registry.Lineage{}, fault.Invalid, "model name"},
		"short commit":       {dev, "price", good, registry.Lineage{Commit: "abc123"}, fault.Invalid, "full commit name"},
		"branch as commit":   {dev, "price", good, registry.Lineage{Commit: "main"}, fault.Invalid, "full commit name"},
		"an option":          {dev, "price", good, registry.Lineage{Commit: "--all"}, fault.Invalid, "full commit name"},
		"unknown commit":     {dev, "price", good, registry.Lineage{Commit: strings.Repeat("ab", 20)}, fault.Invalid, "no such commit"},
		"long ref":           {dev, "price", good, registry.Lineage{Ref: strings.Repeat("r", 256)}, fault.Invalid, "ref"},
		"reporter":           {s.actor["reporter"], "price", good, registry.Lineage{}, fault.Denied, "register_model"},
		"outsider":           {s.actor["outsider"], "price", good, registry.Lineage{}, fault.Missing, ""},
		"nobody":             {auth.Anonymous, "price", good, registry.Lineage{}, fault.Unauthenticated, ""},
	} {
		_, _, err := s.register(c.actor, c.model, c.pkg, c.from)
		if !fault.Is(err, c.kind) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: got %v, want %s with %q", name, err, c.kind, c.text)
		}
	}
	_, _, err := s.Register(t.Context(), dev, s.id, "price", strings.NewReader("PK not"), 6, registry.Lineage{})
	expect(t, err, fault.Invalid, "zip")
	if n := s.kept(); n != 0 {
		t.Errorf("refused packages left %d blobs", n)
	}
	if models, err := s.Models(t.Context(), dev, s.id); err != nil || len(models) != 0 {
		t.Errorf("refused packages left %+v, %v", models, err)
	}
}

func TestFilesAreAFileSystem(t *testing.T) {
	s := newShelf(t, registry.Config{})
	ctx, dev := t.Context(), s.actor["developer"]
	pkg := richPackage(t, 1).(fstest.MapFS)
	pkg["figures/by/month.svg"] = &fstest.MapFile{Data: []byte("<svg/>")}
	pkg["figures/empty"] = &fstest.MapFile{}
	v, _, err := s.register(dev, "price", pkg, registry.Lineage{})
	must(t, err)
	files, _, err := s.Files(ctx, s.actor["reporter"], s.id, "price", 1)
	must(t, err)
	must(t, fstest.TestFS(files, "MLmodel", "model.onnx", "figures/by/month.svg", "figures/empty"))
	opened, err := s.Open(ctx, s.id, "price", 1)
	must(t, err)
	for name, file := range pkg {
		text, err := fs.ReadFile(opened, name)
		if err != nil || !bytes.Equal(text, file.Data) {
			t.Errorf("%s comes back as %d bytes, %v", name, len(text), err)
		}
		if f, err := v.File(name); err != nil || f.Size != int64(len(file.Data)) {
			t.Errorf("%s is listed as %+v, %v", name, f, err)
		}
	}
	if digest := servetest.Digest(t, opened); digest != v.Digest {
		t.Errorf("the kept package is %s, was %s", digest, v.Digest)
	}
	_, err = v.File("figures")
	expect(t, err, fault.Missing, `"figures"`)
	if _, err := opened.Open("no"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what is not there: %v", err)
	}
	var archive bytes.Buffer
	must(t, s.Archive(ctx, s.actor["reporter"], s.id, "price", 1, &archive))
	back, err := mlflow.Unpack(bytes.NewReader(archive.Bytes()), int64(archive.Len()), mlflow.Limits{Bytes: 1 << 30})
	must(t, err)
	if digest := servetest.Digest(t, back); digest != v.Digest {
		t.Errorf("the archive unpacks to %s, was %s", digest, v.Digest)
	}
	_, _, err = s.Files(ctx, s.actor["outsider"], s.id, "price", 1)
	expect(t, err, fault.Missing)
	_, err = s.Open(ctx, s.id, "price", 2)
	expect(t, err, fault.Missing, "no version 2")
}

// TestResolveFollowsHistory: what a merge brought to a branch is what the
// branch deploys.
func TestResolveFollowsHistory(t *testing.T) {
	s := newShelf(t, registry.Config{})
	ctx, dev, owner := t.Context(), s.actor["developer"], s.actor["owner"]
	base := s.commit("main")
	s.version(1, base)
	dev1 := s.commit("development")
	s.version(2, dev1)
	s.git("checkout", "-q", "main")
	s.git("merge", "-q", "--no-ff", "-m", "merge", "development")
	s.git("push", "-q", s.repos.Path(s.id), "HEAD:refs/heads/main")
	merged := s.git("rev-parse", "HEAD")
	dev2 := s.commit("experiment")
	s.version(3, dev2)
	s.version(4, "") // by hand: from no commit
	// By hand, and said to be of main: a claim, which deploys nothing by commit.
	_, _, err := s.register(dev, "price", servetest.Package(t, servetest.Houses(5)), registry.Lineage{Commit: merged})
	must(t, err)
	must(t, s.SetAlias(ctx, owner, s.id, "price", "champion", 1))
	for name, c := range map[string]struct {
		ref  registry.VersionRef
		want int
		kind fault.Kind
	}{
		"latest":           {registry.VersionRef{}, 5, 0},
		"number":           {registry.VersionRef{Number: 2}, 2, 0},
		"number wins":      {registry.VersionRef{Number: 2, Alias: "champion", Commit: dev2}, 2, 0},
		"alias":            {registry.VersionRef{Alias: "champion"}, 1, 0},
		"own commit":       {registry.VersionRef{Commit: dev1}, 2, 0},
		"merge of it":      {registry.VersionRef{Commit: merged}, 2, 0},
		"child":            {registry.VersionRef{Commit: dev2}, 3, 0},
		"base":             {registry.VersionRef{Commit: base}, 1, 0},
		"no such number":   {registry.VersionRef{Number: 9}, 0, fault.Missing},
		"negative":         {registry.VersionRef{Number: -1}, 0, fault.Missing},
		"no such alias":    {registry.VersionRef{Alias: "challenger"}, 0, fault.Missing},
		"unknown commit":   {registry.VersionRef{Commit: strings.Repeat("ab", 20)}, 0, fault.Missing},
		"no model":         {registry.VersionRef{Model: "cost"}, 0, fault.Missing},
		"unrelated commit": {registry.VersionRef{Commit: s.orphan()}, 0, fault.Missing},
	} {
		if c.ref.Model == "" {
			c.ref.Model = "price"
		}
		v, err := s.Resolve(ctx, dev, s.id, c.ref)
		if c.kind == 0 && (err != nil || v.Number != c.want) || c.kind != 0 && !fault.Is(err, c.kind) {
			t.Errorf("%s: version %d, %v; want %d, %s", name, v.Number, err, c.want, c.kind)
		}
	}
	_, err = s.Resolve(ctx, s.actor["outsider"], s.id, registry.VersionRef{Model: "price"})
	expect(t, err, fault.Missing)
}

// orphan is a commit that shares no history with the others.
func (s *shelf) orphan() string {
	s.t.Helper()
	s.git("checkout", "-q", "--orphan", "alone")
	return s.commit("alone")
}

func TestAliases(t *testing.T) {
	s := newShelf(t, registry.Config{})
	ctx, owner := context.Background(), s.actor["owner"]
	s.version(1, "")
	s.version(2, "")
	for _, alias := range []string{"", "latest", "Champion", "1st", "a b", strings.Repeat("a", 64)} {
		expect(t, s.SetAlias(ctx, owner, s.id, "price", alias, 1), fault.Invalid)
	}
	expect(t, s.SetAlias(ctx, owner, s.id, "price", "champion", 3), fault.Missing, "no version 3")
	expect(t, s.SetAlias(ctx, owner, s.id, "cost", "champion", 1), fault.Missing)
	expect(t, s.SetAlias(ctx, s.actor["developer"], s.id, "price", "champion", 1), fault.Denied, "manage_model")
	must(t, s.SetAlias(ctx, owner, s.id, "price", "champion", 1))
	must(t, s.SetAlias(ctx, owner, s.id, "price", "champion", 2))
	m, err := s.Model(ctx, s.actor["reporter"], s.id, "price")
	if err != nil || !cmp.Equal(m.Aliases, map[string]int{"champion": 2}) || m.Latest != 2 || m.Versions != 2 {
		t.Errorf("the model is %+v, %v", m, err)
	}
	list, total, err := s.Versions(ctx, owner, s.id, "price", 0, 1)
	if err != nil || total != 2 || len(list) != 1 || list[0].Number != 2 || !cmp.Equal(list[0].Aliases, []string{"champion"}) {
		t.Errorf("the versions are %+v of %d, %v", list, total, err)
	}
	_, _, err = s.Versions(ctx, owner, s.id, "cost", 0, 1)
	expect(t, err, fault.Missing)
	expect(t, s.RemoveAlias(ctx, s.actor["developer"], s.id, "price", "champion"), fault.Denied)
	must(t, s.RemoveAlias(ctx, owner, s.id, "price", "champion"))
	expect(t, s.RemoveAlias(ctx, owner, s.id, "price", "champion"), fault.Missing)
	recorded, err := s.data.Undelivered(ctx, 100)
	must(t, err)
	var moved []registry.AliasMoved
	for _, r := range recorded {
		if r.Kind == (registry.AliasMoved{}).EventKind() {
			var e registry.AliasMoved
			must(t, json.Unmarshal(r.Payload, &e))
			moved = append(moved, e)
		}
	}
	want := []registry.AliasMoved{{s.id, "price", "champion", 1}, {s.id, "price", "champion", 2}, {s.id, "price", "champion", 0}}
	if diff := cmp.Diff(want, moved); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

package console_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dasier/ci"
	"dasier/forge/auth"
	"dasier/forge/discuss"
	"dasier/forge/merge"
	"dasier/forge/project"
	"dasier/forge/repo"
)

// openMerges joins merge requests to the server's other parts, as package app
// does.
func (s *server) openMerges(repos *repo.Service) {
	around := aroundMerges{s}
	s.discuss = discuss.New(s.data.Discuss(), s.projects, around, repos, discuss.Config{})
	s.merges = merge.New(s.data.Merge(), merge.Parts{Gate: s.projects, Repos: repos, People: around, Pipelines: around, Threads: around}, merge.Config{})
}

type aroundMerges struct{ s *server }

func (a aroundMerges) User(ctx context.Context, id auth.UserID) (auth.User, error) {
	return a.s.auth.User(ctx, id)
}

func (a aroundMerges) ByName(ctx context.Context, name string) (auth.User, error) {
	return a.s.auth.UserByName(ctx, auth.System("test"), name)
}

func (a aroundMerges) Role(ctx context.Context, id project.ID, u auth.User) (auth.Role, error) {
	return a.s.projects.Role(ctx, u.Actor(auth.ViaSession), id)
}

func (a aroundMerges) Members(ctx context.Context, id project.ID) ([]merge.Member, error) {
	members, err := a.s.projects.Members(ctx, auth.System("test"), id)
	list := make([]merge.Member, len(members))
	for i, m := range members {
		list[i] = merge.Member{User: merge.Person{ID: m.User, Username: m.Username}, Role: m.Role}
	}
	return list, err
}

func (a aroundMerges) Owns(_ context.Context, _ project.ID, word string, u auth.User) (bool, error) {
	return word == "@"+u.Username, nil
}

func (a aroundMerges) Newest(ctx context.Context, id project.ID, branch, commit string) (*merge.Pipeline, error) {
	found, _, err := a.s.ci.List(ctx, auth.System("test"), id, ci.Filter{Ref: branch, SHA: commit, Limit: 1})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &merge.Pipeline{ID: int64(found[0].ID), Status: string(found[0].Status), Passed: found[0].Status == ci.Success, Done: found[0].Status.Finished()}, nil
}

func (a aroundMerges) Count(ctx context.Context, request int64) (int, int, error) {
	counts, err := a.s.discuss.Counts(ctx, []int64{request})
	return counts[request].Unresolved, counts[request].Total, err
}

func (a aroundMerges) Request(ctx context.Context, actor auth.Actor, id project.ID, number int) (discuss.Subject, error) {
	r, err := a.s.merges.Get(ctx, actor, id, number)
	if err != nil {
		return discuss.Subject{}, err
	}
	versions, err := a.s.merges.Versions(ctx, actor, id, number)
	subject := discuss.Subject{
		ID: int64(r.ID), Project: id, Number: number, Source: r.Source, Target: r.Target, HeadSHA: r.Head, BaseSHA: r.Base, Author: r.Author.ID, Open: r.State == merge.Opened,
	}
	for _, v := range versions {
		subject.Versions = append(subject.Versions, discuss.Version{Number: v.Number, HeadSHA: v.Head, BaseSHA: v.Base})
	}
	return subject, err
}

type mergeAnswer struct {
	Number   int    `json:"number"`
	State    string `json:"state"`
	Title    string `json:"title"`
	HeadSHA  string `json:"head_sha"`
	MergeSHA string `json:"merge_sha"`
	CanMerge bool   `json:"can_merge"`
	Commits  int    `json:"commits"`
	Blockers []struct {
		Kind    string `json:"kind"`
		Message string `json:"message"`
		Unblock string `json:"unblock"`
	} `json:"blockers"`
	May struct {
		Approve        bool   `json:"approve"`
		ApproveRefusal string `json:"approve_refusal"`
	} `json:"may"`
	Given []struct {
		Holds   bool     `json:"holds"`
		Changed []string `json:"changed"`
	} `json:"approvals_list"`
	Rule *struct {
		Approvals int `json:"approvals"`
	} `json:"rule"`
}

// read is a reply's body as T.
func read[T any](t *testing.T, r *reply) T {
	t.Helper()
	return decode[T](t, r.body)
}

// TestWaiting: deployments wait for who may approve them, and a failed pipeline
// of a protected branch for who pushed.
func TestWaiting(t *testing.T) {
	s := newHouse(t)
	waits := func(who string) string {
		t.Helper()
		return string(s.call(who, "GET", "/me/waiting", nil).want(200).body)
	}
	s.call("developer", "POST", base+"/models/price/versions", packageOf(t, 1, nil)).want(201)
	s.call("maintainer", "PATCH", base+"/environments/production", js{"protected": true, "approvals": 1}).want(200)
	made := s.call("maintainer", "POST", base+"/deployments", js{"environment": "production", "model": "price", "version": 1}).want(201)
	if got := waits("owner"); !strings.Contains(got, `"kind":"deployment","project":"house-prices/model"`) || !strings.Contains(got, `"link":"/house-prices/model/environments/production"`) || !strings.Contains(got, `"who":"maintainer"`) {
		t.Errorf("for the owner: %s", got)
	}
	for _, who := range []string{"maintainer", "developer", "outsider"} {
		if got := waits(who); !strings.Contains(got, `"total":0`) {
			t.Errorf("for the %s: %s", who, got)
		}
	}
	s.call("owner", "POST", base+"/deployments/"+fmt.Sprint(made.at("id"))+"/approve", js{}).want(200)
	if got := waits("owner"); !strings.Contains(got, `"total":0`) {
		t.Errorf("when it is approved: %s", got)
	}

	s.push("owner", "main", map[string]string{".gitlab-ci.yml": "wrong: [\n"})
	s.react()
	if got := waits("owner"); !strings.Contains(got, `"kind":"failed"`) || !strings.Contains(got, `"title":"main: Change main"`) || !strings.Contains(got, `"link":"/house-prices/model/pipelines/`) {
		t.Errorf("for who pushed: %s", got)
	}
	if got := waits("maintainer"); !strings.Contains(got, `"total":0`) {
		t.Errorf("for others: %s", got)
	}
	s.push("owner", "main", map[string]string{".gitlab-ci.yml": "unit: {script: [\"true\"]}\n"})
	s.react()
	if got := waits("owner"); !strings.Contains(got, `"total":0`) {
		t.Errorf("when it is mended: %s", got)
	}
}

func TestMergeRequest(t *testing.T) {
	s := newHouse(t)
	s.push("owner", "main", map[string]string{"README.md": "# Prices\n"})
	s.react()
	rule := js{"push_role": "none", "merge_role": "maintainer", "approvals": 1, "approval_role": "maintainer"}
	s.call("owner", "PUT", base+"/protected-branches/main", js{"push_role": "maintainer", "merge_role": "maintainer", "approvals": 1}).want(422)
	s.call("owner", "PUT", base+"/protected-branches/main", rule).want(204)
	if text := string(s.call("reporter", "GET", base+"/protected-branches", nil).want(200).body); !strings.Contains(text, `"approvals":1,"approval_role":"maintainer","require_pipeline":false`) {
		t.Errorf("rules: %s", text)
	}
	s.push("developer", "topic", map[string]string{"a.txt": "1\n"})
	s.react()

	proposal := s.call("developer", "GET", base+"/merge-requests/new?source=topic", nil).want(200)
	if !strings.Contains(string(proposal.body), `"target":"main"`) || !strings.Contains(string(proposal.body), `"commits":1`) {
		t.Errorf("proposal: %s", proposal.body)
	}
	r := read[mergeAnswer](t, s.call("developer", "POST", base+"/merge-requests", js{"source": "topic", "target": "main", "title": "Add a", "reviewers": []string{"maintainer"}}).want(201))
	if r.Number != 1 || r.CanMerge || r.Rule == nil || r.Rule.Approvals != 1 || r.May.Approve || r.May.ApproveRefusal == "" {
		t.Errorf("opened %+v", r)
	}
	s.call("developer", "POST", base+"/merge-requests", js{"source": "topic", "target": "main", "title": "Again"}).want(409)
	if waits := string(s.call("maintainer", "GET", "/me/waiting", nil).want(200).body); !strings.Contains(waits, `"kind":"review"`) || !strings.Contains(waits, `/house-prices/model/merge-requests/1`) {
		t.Errorf("waiting: %s", waits)
	}
	one := base + "/merge-requests/1"
	s.call("developer", "POST", one+"/approve", js{"sha": r.HeadSHA}).want(403)
	s.call("maintainer", "POST", one+"/approve", js{"sha": strings.Repeat("1", 40)}).want(409)
	blocked := s.call("maintainer", "POST", one+"/merge", js{"sha": r.HeadSHA}).want(409)
	if !strings.Contains(string(blocked.body), `"location":"approvals"`) {
		t.Errorf("blocked: %s", blocked.body)
	}
	approved := read[mergeAnswer](t, s.call("maintainer", "POST", one+"/approve", js{"sha": r.HeadSHA}).want(200))
	if !approved.CanMerge || len(approved.Given) != 1 || !approved.Given[0].Holds {
		t.Errorf("approved %+v", approved)
	}
	s.push("developer", "topic", map[string]string{"b.txt": "1\n"})
	// Even before the server has reacted, the page tells the truth.
	void := read[mergeAnswer](t, s.call("maintainer", "GET", one, nil).want(200))
	if void.CanMerge || void.Given[0].Holds || cmp.Diff([]string{"code changed in 1 file"}, void.Given[0].Changed) != "" || void.HeadSHA == r.HeadSHA || void.Commits != 2 {
		t.Errorf("after a push %+v", void)
	}
	s.react()
	s.call("maintainer", "POST", one+"/approve", js{"sha": void.HeadSHA}).want(200)
	for path, want := range map[string]int{"/commits": 2, "/versions": 2, "/pipelines": 0} {
		if got := read[struct {
			Items []js `json:"items"`
		}](t, s.call("reporter", "GET", one+path, nil).want(200)); len(got.Items) != want {
			t.Errorf("%s: %d, want %d", path, len(got.Items), want)
		}
	}
	s.call("owner", "PATCH", base, js{"merge_method": "squash", "remove_source_branch": true}).want(200)
	merged := read[mergeAnswer](t, s.call("maintainer", "POST", one+"/merge", js{"sha": void.HeadSHA, "remove_source_branch": true}).want(200))
	if merged.State != "merged" || merged.MergeSHA == "" {
		t.Errorf("merged %+v", merged)
	}
	s.react()
	p := string(s.call("reporter", "GET", base, nil).want(200).body)
	if !strings.Contains(p, `"merge_method":"squash"`) || !strings.Contains(p, `"open_merge_requests":0`) {
		t.Errorf("project: %s", p)
	}
	list := string(s.call("reporter", "GET", base+"/merge-requests?state=merged", nil).want(200).body)
	if !strings.Contains(list, `"total":1`) {
		t.Errorf("list: %s", list)
	}
	s.call("guest", "GET", one, nil).want(403)
	s.call("outsider", "GET", one, nil).want(404)
}

package console_test

import (
	"fmt"
	"strings"
	"testing"

	"dasier/forge/auth"
	"dasier/forge/discuss"
	"dasier/forge/merge"
)

const request = base + "/merge-requests/1"

// newRequest is a house with the merge request 1, of the developer.
func newRequest(t *testing.T) *server {
	t.Helper()
	s := newHouse(t)
	s.push("owner", "main", map[string]string{"a.txt": "1\n2\n3\n", "go.sum": "x\n"})
	s.push("developer", "feature", map[string]string{"a.txt": "1\ntwo\n3\n", "go.sum": "y\n", "long.txt": strings.Repeat("line\n", 500), "logo.svg": "<svg onload=alert(1)/>"})
	s.call("developer", "POST", base+"/merge-requests", js{"source": "feature", "target": "main", "title": "Better"}).want(201)
	s.react()
	return s
}

// tell writes what happened to a request into its discussion.
func (s *server) tell(event int64, e merge.Changed) {
	s.t.Helper()
	if e.Text == "" {
		return
	}
	must(s.t, s.discuss.Tell(s.t.Context(), discuss.History{
		Event: event, Project: e.Project, Request: int64(e.Request), Number: e.Number, User: e.User, Username: e.Username, Text: e.Text,
	}))
}

// discussed opens the merge request 1, of the developer, with the thread 1 and
// its note 1, of the administrator.
func (s *server) discussed() {
	s.t.Helper()
	s.push("developer", "talk", map[string]string{"talk": "new"})
	id := s.projectID("owner", base)
	_, err := s.merges.Open(s.t.Context(), s.users["developer"].Actor(auth.ViaSession), id, merge.Opening{Source: "talk", Target: "main", Title: "Talk"})
	must(s.t, err)
	_, err = s.discuss.Start(s.t.Context(), s.users["admin"].Actor(auth.ViaSession), id, 1, discuss.Draft{Body: "a thread", Resolvable: true})
	must(s.t, err)
}

func TestDiff(t *testing.T) {
	s := newRequest(t)
	diff := s.call("reporter", "GET", request+"/diff", nil).want(200)
	if diff.at("count") != 4.0 || diff.at("additions") != 503.0 || diff.at("truncated") != false || diff.at("files.0.new_path") != "a.txt" || !strings.Contains(diff.at("files.0.patch").(string), "-2\n+two\n") {
		t.Errorf("the diff is %s", diff.body)
	}
	if diff.at("files.1.generated") != true || diff.at("files.1.folded") != true || diff.at("files.3.folded") != true || diff.at("files.3.patch") != "" || diff.at("files.2.image") != true || diff.at("files.2.new_mode") != "100644" {
		t.Errorf("the diff is %s", diff.body)
	}
	long := s.call("reporter", "GET", request+"/diff/file?path=long.txt", nil).want(200)
	if long.at("folded") != false || strings.Count(long.at("patch").(string), "\n+line") != 500 {
		t.Errorf("the file is %.200s", long.body)
	}
	s.push("developer", "feature", map[string]string{"a.txt": "1\nTWO\n3\n"})
	between := s.call("reporter", "GET", request+"/diff?from_version=1&version=2", nil).want(200)
	if between.at("count") != 1.0 || !strings.Contains(between.at("files.0.patch").(string), "-two\n+TWO\n") {
		t.Errorf("between versions: %s", between.body)
	}
	s.call("reporter", "GET", request+"/diff?version=9", nil).wrongAt(404, "version")
	s.call("reporter", "GET", request+"/diff/file?path=nothing", nil).refused(404, "nothing")
	s.call("reporter", "GET", request+"/diff/file?path=..%2Fx", nil).refused(422)
	s.call("reporter", "GET", request+"/diff/file", nil).wrongAt(422, "query.path")
	s.call("reporter", "GET", base+"/merge-requests/9/diff", nil).refused(404)
	s.call("outsider", "GET", request+"/diff", nil).refused(404)
	s.call("guest", "GET", request+"/diff", nil).refused(403, "read_merge_request")
	s.quiet()
}

func TestDiscuss(t *testing.T) {
	s := newRequest(t)
	diff := s.call("reporter", "GET", request+"/diff", nil).want(200)
	position := func(line int) js {
		return js{"base_sha": diff.at("base_sha"), "head_sha": diff.at("head_sha"), "old_path": "a.txt", "new_path": "a.txt", "old_line": 0, "new_line": line}
	}
	words := "<script>alert(1)</script>\n```suggestion\nzwei\n```"
	thread := s.call("reporter", "POST", request+"/threads", js{"body": words, "position": position(2)}).want(201)
	if thread.at("resolvable") != true || thread.at("resolved") != false || thread.at("outdated") != false || thread.at("current.new_line") != 2.0 || thread.at("lines.1") != "two" || thread.at("notes.0.body") != words ||
		thread.at("notes.0.author.username") != "reporter" || thread.at("notes.0.may_edit") != true || thread.at("notes.0.suggestions.0.applicable") != true || thread.at("notes.0.suggestions.0.text") != "zwei" {
		t.Errorf("the thread is %s", thread.body)
	}
	path := fmt.Sprintf("%s/threads/%v", request, thread.at("id"))
	note := fmt.Sprintf("%s/notes/%v", request, thread.at("notes.0.id"))
	s.call("reporter", "POST", request+"/threads", js{"body": "x", "position": position(9)}).wrongAt(422, "position.new_line")
	s.call("reporter", "POST", request+"/threads", js{"body": " "}).wrongAt(422, "body")
	s.call("reporter", "POST", request+"/threads", js{"body": strings.Repeat("x", 70_000)}).wrongAt(429, "body")
	s.call("reporter", "POST", request+"/threads", js{"body": "x", "resolved": true}).refused(422)
	plain := s.call("reporter", "POST", request+"/threads", js{"body": "hello"}).want(201)
	s.call("reporter", "PATCH", fmt.Sprintf("%s/threads/%v", request, plain.at("id")), js{"resolved": true}).refused(409, "nothing to resolve")

	reply := s.call("developer", "POST", path+"/notes", js{"body": "@reporter done?"}).want(201)
	if reply.at("author.name") != "developer" || reply.at("system") != false {
		t.Errorf("the reply is %s", reply.body)
	}
	s.call("developer", "PATCH", note, js{"body": "mine now"}).refused(403, "manage_members")
	if edited := s.call("maintainer", "PATCH", note, js{"body": words + "\nedited"}).want(200); edited.at("edited_at") == nil {
		t.Errorf("the edited note is %s", edited.body)
	}
	if open := s.call("developer", "GET", request, nil).want(200); open.at("threads.unresolved") != 1.0 {
		t.Errorf("the request is %s", open.body)
	}
	s.call("guest", "PATCH", path, js{"resolved": true}).refused(403, "comment_merge_request")
	if resolved := s.call("reporter", "PATCH", path, js{"resolved": true}).want(200); resolved.at("resolved_by") != "reporter" || resolved.at("resolved_at") == nil {
		t.Errorf("resolved: %s", resolved.body)
	}
	s.call("reporter", "PATCH", path, js{"resolved": false}).want(200)
	s.call("reporter", "POST", note+"/suggestions/0/apply", js{}).refused(403, "push_code")
	s.call("developer", "POST", note+"/suggestions/1/apply", js{}).refused(404)
	done := s.call("developer", "POST", request+"/suggestions/apply", js{"suggestions": []js{{"note": thread.at("notes.0.id"), "index": 0}}, "message": "Say it in German"}).want(200)
	s.react()
	if file := s.call("reporter", "GET", base+"/file?ref=feature&path=a.txt", nil).want(200); file.at("text") != "1\nzwei\n3\n" || file.at("sha") != done.at("sha") || file.at("last_commit.title") != "Say it in German" {
		t.Errorf("the file is %s", file.body)
	}
	s.call("developer", "POST", note+"/suggestions/0/apply", js{}).refused(409, "applied already")
	all := s.call("reporter", "GET", request+"/threads", nil).want(200)
	found := false
	for _, item := range all.json()["items"].([]any) {
		if v := item.(js); v["id"] == thread.at("id") {
			found = v["resolved"] == true && v["outdated"] == true && v["current"] == nil
		}
	}
	if !found {
		t.Errorf("after the suggestion: %s", all.body)
	}
	s.call("reporter", "DELETE", fmt.Sprintf("%s/notes/%v", request, reply.at("id")), nil).refused(403)
	s.call("developer", "DELETE", fmt.Sprintf("%s/notes/%v", request, reply.at("id")), nil).want(204)
	s.call("maintainer", "DELETE", note, nil).want(204)
	s.call("maintainer", "DELETE", note, nil).refused(404)
	s.quiet()
}

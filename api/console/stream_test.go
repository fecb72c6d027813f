package console_test

import (
	"bufio"
	"testing"

	"dasier/forge/auth"
)

// TestStreamsEndWithTheRightToRead: who has signed out, lost their token, was
// blocked or removed hears nothing more, on streams that were open before.
func TestStreamsEndWithTheRightToRead(t *testing.T) {
	s := newHouse(t)
	s.push("owner", "main", map[string]string{".gitlab-ci.yml": pipelineFile})
	a := s.take(s.runner())
	s.trace(a, 0, "begun\n")
	log := base + "/jobs/1/log/stream"
	begun := func(lines *bufio.Scanner) {
		t.Helper()
		if !lines.Scan() {
			t.Fatalf("a stream does not begin: %v", lines.Err())
		}
	}
	over := func(what string, lines *bufio.Scanner) {
		t.Helper()
		for lines.Scan() { // to its end, which must come
		}
		if err := lines.Err(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	admin := s.users["admin"].Actor(auth.ViaSession)

	cookie := s.session("guest")
	signedIn, closed := s.listen("", "/events", "Cookie", cookie)
	defer closed()
	begun(signedIn)
	s.send("DELETE", "/session", nil, "Cookie", cookie).want(204)
	over("signed out", signedIn)

	removed, closed := s.listen("reporter", log)
	defer closed()
	begun(removed)
	s.call("owner", "DELETE", base+"/members/reporter", nil).want(204)
	over("removed", removed)

	blocked := []*bufio.Scanner{}
	for _, path := range []string{"/events", log} {
		lines, closed := s.listen("developer", path)
		defer closed()
		begun(lines)
		blocked = append(blocked, lines)
	}
	yes := true
	_, err := s.auth.UpdateUser(t.Context(), admin, "developer", auth.Change{Blocked: &yes})
	must(t, err)
	for _, lines := range blocked {
		over("blocked", lines)
	}
	s.call("developer", "GET", "/events", nil).refused(401)

	// An administrator's rights end, too, when they are no administrator any more.
	demoted, closed := s.listen("admin", log)
	defer closed()
	begun(demoted)
	no := false
	s.person("second")
	_, err = s.auth.UpdateUser(t.Context(), auth.System("test"), "second", auth.Change{Admin: &yes})
	must(t, err)
	_, err = s.auth.UpdateUser(t.Context(), auth.System("test"), "admin", auth.Change{Admin: &no})
	must(t, err)
	over("demoted", demoted)
}

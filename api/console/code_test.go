package console_test

import (
	"strings"
	"testing"
)

// TestCode looks at what a real git pushed through the same server.
func TestCode(t *testing.T) {
	s := newHouse(t)
	s.call("developer", "GET", base+"/tree", nil).refused(404, "push a first commit")
	if empty := s.call("developer", "GET", base+"/branches", nil).want(200); string(empty.body) != `{"items":[],"total":0}`+"\n" {
		t.Errorf("an empty repository has %s", empty.body)
	}
	page := "<script>alert(document.cookie)</script>"
	first := s.push("owner", "main", map[string]string{"README.md": "# Prices\n", "data/a file & more.csv": "x,y\n1,2\n", "page.html": page, "logo.bin": "\x00\x01"})
	second := s.push("developer", "feature/new-rooms", map[string]string{"README.md": "# Prices\n\nof houses\n"})
	if p := s.call("guest", "GET", base, nil).want(200); p.at("empty") != false && p.at("role") != "guest" {
		t.Errorf("a guest sees %s", p.body)
	}

	t.Run("tree", func(t *testing.T) {
		s := s.in(t)
		tree := s.call("reporter", "GET", base+"/tree?ref=main", nil).want(200)
		if tree.at("sha") != first || tree.at("entries.0.name") != "README.md" || tree.at("entries.0.type") != "file" || tree.at("entries.1.type") != "dir" {
			t.Errorf("the tree is %s", tree.body)
		}
		inner := s.call("reporter", "GET", base+"/tree?ref=main&path=data", nil).want(200)
		if inner.at("entries.0.path") != "data/a file & more.csv" || inner.at("entries.0.size") != 8.0 || inner.at("entries.0.mode") != "100644" {
			t.Errorf("the folder is %s", inner.body)
		}
		s.call("reporter", "GET", base+"/tree?ref=nothing", nil).wrongAt(404, "ref")
		s.call("reporter", "GET", base+"/tree?path=nothing", nil).refused(404, "nothing")
		s.call("reporter", "GET", base+"/tree?path=../..", nil).refused(422)
		s.call("reporter", "GET", base+"/tree?ref=--help", nil).refused(404)
		s.call("reporter", "GET", base+"/tree?branch=main", nil).wrongAt(422, "query.branch")
	})
	t.Run("file", func(t *testing.T) {
		s := s.in(t)
		file := s.call("reporter", "GET", base+"/file?ref=feature/new-rooms&path=README.md", nil).want(200)
		if file.at("text") != "# Prices\n\nof houses\n" || file.at("binary") != false || file.at("language") != "markdown" || file.at("last_commit.sha") != second || file.at("sha") != second {
			t.Errorf("the file is %s", file.body)
		}
		if binary := s.call("reporter", "GET", base+"/file?path=logo.bin", nil).want(200); binary.at("binary") != true || binary.at("text") != "" {
			t.Errorf("the binary file is %s", binary.body)
		}
		s.call("reporter", "GET", base+"/file?path=data", nil).refused(404)
		blame := s.call("reporter", "GET", base+"/blame?ref=feature%2Fnew-rooms&path=README.md", nil).want(200)
		if blame.at("ranges.0.commit.sha") != first || blame.at("ranges.1.commit.sha") != second || blame.at("ranges.1.start") != 2.0 || blame.at("ranges.1.lines.1") != "of houses" {
			t.Errorf("the blame is %s", blame.body)
		}
	})
	t.Run("raw", func(t *testing.T) {
		s := s.in(t)
		for path, want := range map[string]string{"page.html": page, "logo.bin": "\x00\x01", "data/a%20file%20%26%20more.csv": "x,y\n1,2\n"} {
			raw := s.call("reporter", "GET", base+"/raw?path="+path, nil).want(200)
			if string(raw.body) != want || raw.header.Get("Content-Type") != "text/plain; charset=utf-8" {
				t.Errorf("%s is %q as %s", path, raw.body, raw.header.Get("Content-Type"))
			}
			harmless(t, raw)
		}
		s.call("reporter", "GET", base+"/raw", nil).wrongAt(422, "query.path")
		s.call("reporter", "GET", base+"/raw?path=a&colour=red", nil).wrongAt(422, "query.colour")
		s.call("reporter", "GET", base+"/raw?path=nothing", nil).refused(404)
		s.call("outsider", "GET", base+"/raw?path=page.html", nil).refused(404)
		s.call("", "GET", base+"/raw?path=page.html", nil).refused(401)
	})
	t.Run("history", func(t *testing.T) {
		s := s.in(t)
		commits := s.call("reporter", "GET", base+"/commits?ref=feature/new-rooms&per_page=1", nil).want(200)
		if commits.at("total") != 2.0 || commits.at("items.0.sha") != second || commits.at("items.0.title") != "Change feature/new-rooms" || commits.at("items.0.parents.0") != first || commits.at("items.0.author_email") != "ada@example.org" {
			t.Errorf("the history is %s", commits.body)
		}
		if message, _ := commits.at("items.0.message").(string); !strings.HasSuffix(strings.TrimSpace(message), "with a body") {
			t.Errorf("the message is %q", message)
		}
		if of := s.call("reporter", "GET", base+"/commits?ref=feature/new-rooms&path=page.html", nil).want(200); of.at("total") != 1.0 || of.at("items.0.sha") != first {
			t.Errorf("the page's history is %s", of.body)
		}
		for _, named := range []string{second, second[:10], "feature%2Fnew-rooms"} {
			commit := s.call("reporter", "GET", base+"/commits/"+named, nil).want(200)
			patch, _ := commit.at("files.0.patch").(string)
			if commit.at("sha") != second || commit.at("files.0.status") != "modified" || commit.at("files.0.additions") != 2.0 || !strings.Contains(patch, "+of houses") {
				t.Errorf("%s is %s", named, commit.body)
			}
		}
		s.call("reporter", "GET", base+"/commits/"+strings.Repeat("0", 40), nil).refused(404)
		diff := s.call("reporter", "GET", base+"/compare?from=main&to=feature/new-rooms", nil).want(200)
		if diff.at("commits.0.sha") != second || diff.at("files.0.new_path") != "README.md" {
			t.Errorf("the difference is %s", diff.body)
		}
		s.call("reporter", "GET", base+"/compare?from=main", nil).wrongAt(422, "query.to")
	})
	t.Run("merge", func(t *testing.T) {
		s := s.in(t)
		merge := js{"source": "feature/new-rooms", "target": "main"}
		s.call("developer", "POST", base+"/merges", merge).refused(403, "push_protected_branch")
		s.call("maintainer", "PUT", base+"/protected-branches/release%2F*", js{"push_role": "none", "merge_role": "maintainer"}).want(204)
		s.call("maintainer", "PUT", base+"/protected-branches/main", js{"push_role": "none", "merge_role": "developer"}).want(204)
		s.call("maintainer", "PUT", base+"/protected-branches/main", js{"push_role": "guest", "merge_role": "developer"}).wrongAt(422, "body.push_role")
		rules := s.call("reporter", "GET", base+"/protected-branches", nil).want(200)
		if rules.at("total") != 2.0 || rules.at("items.0.merge_role") != "developer" || rules.at("items.1.pattern") != "release/*" {
			t.Errorf("the rules are %s", rules.body)
		}
		if done := s.call("developer", "POST", base+"/merges", merge).want(200); done.at("sha") != second || done.at("already") != false {
			t.Errorf("merged to %s", done.body)
		}
		if done := s.call("developer", "POST", base+"/merges", merge).want(200); done.at("already") != true {
			t.Errorf("merged again to %s", done.body)
		}
		s.call("developer", "POST", base+"/merges", js{"source": "nothing", "target": "main"}).refused(404)
		s.call("maintainer", "DELETE", base+"/protected-branches/release%2F*", nil).want(204)
		s.call("maintainer", "DELETE", base+"/protected-branches/release%2F*", nil).refused(404)
	})
	s.quiet()
}

// harmless checks the headers that keep what users made from acting as us.
func harmless(t *testing.T, r *reply) {
	t.Helper()
	policy := r.header.Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "sandbox;") || !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "allow-") || r.header.Get("X-Content-Type-Options") != "nosniff" || r.header.Get("Content-Disposition") == "" {
		t.Errorf("%s is served with %v", r.what, r.header)
	}
}

package console_test

import (
	"encoding/csv"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestVariables(t *testing.T) {
	s := newHouse(t)
	at := base + "/variables"
	s.call("maintainer", "PUT", at+"/KEY", js{"value": "seen", "raw": true, "description": "for tests"}).want(204)
	s.call("maintainer", "PUT", at+"/SECRET?environment=production", js{"value": "never seen again", "hidden": true, "protected": true}).want(204)
	s.call("maintainer", "PUT", at+"/KUBECONFIG", js{"value": "apiVersion: v1", "file": true, "masked": true}).want(204)
	s.call("maintainer", "PUT", at+"/SHORT", js{"value": "short", "masked": true}).wrongAt(422, "value")
	s.call("maintainer", "PUT", at+"/a-b", js{"value": "x"}).wrongAt(422, "key")
	s.call("maintainer", "PUT", at+"/NEW", js{"masked": true}).wrongAt(422, "value")
	got := s.call("maintainer", "GET", at, nil).want(200)
	for path, want := range map[string]any{
		"total": 3.0, "items.0.key": "KEY", "items.0.value": "seen", "items.0.environment": "*", "items.0.description": "for tests", "items.0.inherited": "",
		"items.1.value": "apiVersion: v1", "items.1.file": true, "items.2.key": "SECRET", "items.2.value": "", "items.2.hidden": true, "items.2.masked": true,
		"items.2.protected": true, "items.2.environment": "production",
	} {
		if got.at(path) != want {
			t.Errorf("%s is %v, want %v", path, got.at(path), want)
		}
	}
	s.call("maintainer", "PUT", at+"/SECRET?environment=production", js{"hidden": false}).wrongAt(422, "hidden")
	s.call("maintainer", "PUT", at+"/KEY", js{"protected": true}).want(204)
	if got := s.call("maintainer", "GET", at, nil).want(200); got.at("items.0.value") != "seen" || got.at("items.0.protected") != true {
		t.Errorf("with flags changed: %s", got.body)
	}
	s.call("maintainer", "DELETE", at+"/SECRET", nil).refused(404)
	s.call("maintainer", "DELETE", at+"/SECRET?environment=production", nil).want(204)
	s.call("developer", "GET", at, nil).refused(403, "manage_variables")
	// What the group has, its projects inherit, and their pages say so.
	group := "/groups/House-Prices/variables"
	s.call("owner", "PUT", group+"/SHARED?environment=review%2F*", js{"value": "the group's secret"}).want(204)
	if got := s.call("owner", "GET", group, nil).want(200); got.at("total") != 1.0 || got.at("items.0.value") != "the group's secret" {
		t.Errorf("the group's are %s", got.body)
	}
	got = s.call("maintainer", "GET", at, nil).want(200)
	if got.at("items.2.key") != "SHARED" || got.at("items.2.inherited") != "house-prices" || strings.Contains(string(got.body), "secret\"") {
		t.Errorf("the project's are %s", got.body)
	}
	s.call("maintainer", "GET", group, nil).refused(404)
	s.call("owner", "DELETE", group+"/SHARED?environment=review%2F*", nil).want(204)
	s.call("owner", "GET", "/groups/nowhere/variables", nil).refused(404)
	s.quiet()
}

func TestTheAuditLog(t *testing.T) {
	s := newHouse(t)
	s.call("maintainer", "PUT", base+"/variables/SECRET", js{"value": "never-in-the-log", "hidden": true}).want(204)
	s.call("owner", "DELETE", base+"/variables/SECRET", nil).want(204)
	s.react()
	got := s.call("maintainer", "GET", base+"/audit?action=variable", nil).want(200)
	for path, want := range map[string]any{
		"total": 2.0, "items.0.action": "variable.removed", "items.0.username": "owner", "items.1.action": "variable.added", "items.1.username": "maintainer",
		"items.1.via": "token", "items.1.project": "house-prices/model", "items.1.target": "SECRET", "items.1.before": nil, "items.1.job_id": nil, "items.1.after.hidden": true,
	} {
		if got.at(path) != want {
			t.Errorf("%s is %v, want %v in %s", path, got.at(path), want, got.body)
		}
	}
	if got := s.call("maintainer", "GET", base+"/audit?action=variable&actor=OWNER", nil).want(200); got.at("total") != 1.0 {
		t.Errorf("of one actor: %s", got.body)
	}
	if got := s.call("maintainer", "GET", base+"/audit?from=2100-01-01T00:00:00Z", nil).want(200); got.at("total") != 0.0 {
		t.Errorf("from later on: %s", got.body)
	}
	sheet := s.call("maintainer", "GET", base+"/audit.csv?action=variable", nil).want(200)
	rows, err := csv.NewReader(strings.NewReader(string(sheet.body))).ReadAll()
	if err != nil || len(rows) != 3 || rows[1][7] != "variable.added" || !strings.HasPrefix(sheet.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("the sheet is %v, %v", rows, err)
	}
	lines := s.call("admin", "GET", "/audit.jsonl", nil).want(200)
	if strings.Count(string(lines.body), "\n") < 2 || strings.Contains(string(lines.body), "never-in-the-log") {
		t.Errorf("the lines are %s", lines.body)
	}
	s.call("admin", "GET", "/audit.csv?from=yesterday", nil).wrongAt(422, "query.from")
	verified := s.call("admin", "GET", "/audit/verify", nil).want(200)
	if verified.at("ok") != true || verified.at("entries").(float64) < 2 || len(verified.at("head").(string)) != 64 {
		t.Errorf("verified: %s", verified.body)
	}
	if got := s.call("admin", "GET", "/audit/verify?expect_head=00", nil).want(200); got.at("ok") != false || got.at("problem") == nil {
		t.Errorf("with a head that is none: %s", got.body)
	}
	s.call("owner", "GET", "/audit", nil).refused(403, "administrators")
	s.call("developer", "GET", base+"/audit", nil).refused(403, "read_audit_log")
	s.call("outsider", "GET", base+"/audit.csv", nil).refused(404)
	s.quiet()
}

func TestHooks(t *testing.T) {
	s := newHouse(t)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("thanks")) }))
	t.Cleanup(receiver.Close)
	at := base + "/hooks"
	s.call("maintainer", "POST", at, js{"url": receiver.URL, "events": []string{"push"}}).wrongAt(422, "url")
	made := s.call("maintainer", "POST", at, js{"url": "https://hooks.example.org/in", "name": "chat", "secret": "s3cret", "events": []string{"job", "push"}}).want(201)
	if made.at("has_secret") != true || made.at("active") != true || made.at("events.0") != "push" || strings.Contains(string(made.body), "s3cret") {
		t.Errorf("made %s", made.body)
	}
	s.call("maintainer", "PATCH", at+"/1", js{"url": "http://127.0.0.1:9/in"}).wrongAt(422, "secret")
	changed := s.call("maintainer", "PATCH", at+"/1", js{"url": "http://127.0.0.1:9/in", "secret": "other", "active": false}).want(200)
	if changed.at("active") != false || changed.at("url") != "http://127.0.0.1:9/in" {
		t.Errorf("changed to %s", changed.body)
	}
	sent := s.call("maintainer", "POST", at+"/1/test", js{"event": "pipeline"}).want(200)
	if sent.at("status") != 0.0 || sent.at("error") == nil || sent.at("request.headers.X-Gitlab-Event") != "Pipeline Hook" || strings.Contains(string(sent.body), "other") {
		t.Errorf("nobody listens, and the delivery is %s", sent.body)
	}
	list := s.call("maintainer", "GET", at+"/1/deliveries", nil).want(200)
	if list.at("total") != 1.0 || list.at("items.0.request") != nil || list.at("items.0.event") != "pipeline" {
		t.Errorf("the log is %s", list.body)
	}
	again := s.call("maintainer", "POST", at+"/1/deliveries/1/redeliver", nil).want(200)
	if again.at("attempt") != 2.0 {
		t.Errorf("sent again: %s", again.body)
	}
	s.call("maintainer", "GET", at+"/1/deliveries/99", nil).refused(404)
	if hooks := s.call("maintainer", "GET", at, nil).want(200); hooks.at("items.0.last_delivery.attempt") != 2.0 {
		t.Errorf("the list is %s", hooks.body)
	}
	s.call("developer", "GET", at, nil).refused(403, "manage_webhooks")
	s.call("maintainer", "DELETE", at+"/1", nil).want(204)
	s.call("maintainer", "DELETE", at+"/1", nil).refused(404)
	s.quiet()
}

package console_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"dasier/delivery/serve/servetest"
	"dasier/ml/format/mlflow"
)

// packageOf is the archive of the n-th houses model; extra files go with it.
func packageOf(t *testing.T, n int, extra map[string]string) []byte {
	t.Helper()
	pkg := servetest.Package(t, servetest.Houses(n)).(fstest.MapFS)
	for name, text := range extra {
		pkg[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return packed(t, pkg)
}

func packed(t *testing.T, pkg fs.FS) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, mlflow.Pack(&b, pkg))
	return b.Bytes()
}

func TestModels(t *testing.T) {
	s := newHouse(t)
	sha := s.push("owner", "main", map[string]string{"a": "a"})
	models := base + "/models/price"
	archive := packageOf(t, 1, map[string]string{"profile.json": `{"rows":2930}`, "report.json": `{"data":{"digest":"sha256:da7a"}}`, "figures/page.html": "<script>1</script>"})
	made := s.call("developer", "POST", models+"/versions?commit="+sha+"&ref=main&pipeline_id=", archive).want(201)
	if made.at("version") != 1.0 || made.at("commit") != sha || made.at("job_id") != nil || made.at("user") != "developer" || made.at("signature.output.unit") != "USD" || made.at("signature.inputs.0.kind") != "number" || made.at("interval.covered_of") != 200.0 {
		t.Errorf("registered %s", made.body)
	}
	if again := s.call("developer", "POST", models+"/versions?commit="+sha, archive).want(200); again.at("version") != 1.0 {
		t.Errorf("registered again as %s", again.body)
	}
	s.call("developer", "POST", models+"/versions", packageOf(t, 2, nil)).want(201)

	s.call("developer", "POST", models+"/versions?comit="+sha, archive).wrongAt(422, "query.comit")
	s.call("developer", "POST", models+"/versions?commit=main", archive).wrongAt(422, "commit")
	s.call("developer", "POST", models+"/versions?pipeline_id=x", archive).wrongAt(422, "query.pipeline_id")
	s.call("developer", "POST", models+"/versions", []byte("no zip")).refused(422, "zip")
	s.call("developer", "POST", models+"/versions", packed(t, servetest.Broken(t, 1))).refused(422, "must not serve")
	s.call("developer", "POST", models+"/versions", make([]byte, modelLimit+1)).refused(429, "larger than the limit of 1048576 bytes")
	s.call("reporter", "POST", models+"/versions", make([]byte, modelLimit+1)).refused(403, "register_model") // before the upload is read

	s.call("maintainer", "PUT", models+"/aliases/champion", js{"version": 1}).want(204)
	s.call("maintainer", "PUT", models+"/aliases/champion", js{"version": 9}).refused(404)
	s.call("maintainer", "PUT", models+"/aliases/latest", js{"version": 1}).wrongAt(422, "alias")
	s.call("maintainer", "PUT", models+"/aliases/champion", js{"version": 0}).wrongAt(422, "body.version")
	list := s.call("reporter", "GET", models+"/versions?per_page=1&page=2", nil).want(200)
	if list.at("total") != 2.0 || list.at("items.0.version") != 1.0 || list.at("items.0.aliases.0") != "champion" {
		t.Errorf("the second page of versions is %s", list.body)
	}
	one := s.call("reporter", "GET", models, nil).want(200)
	if one.at("latest") != 2.0 || one.at("versions") != 2.0 || one.at("aliases.champion") != 1.0 || len(one.at("deployed").([]any)) != 0 {
		t.Errorf("the model is %s", one.body)
	}
	s.call("reporter", "GET", base+"/models/cost", nil).refused(404)
	s.call("reporter", "GET", models+"/versions/3", nil).refused(404)

	version := models + "/versions/1"
	if files := s.call("reporter", "GET", version+"/files", nil).want(200); len(files.at("files").([]any)) < 7 || !strings.HasPrefix(files.at("files.0.digest").(string), "sha256:") {
		t.Errorf("the files are %s", files.body)
	}
	for path, media := range map[string]string{
		"/profile": "application/json", "/report": "application/json", "/file?path=MLmodel": "application/octet-stream", "/file?path=/MLmodel": "application/octet-stream",
		"/file?path=README.md": "text/plain; charset=utf-8", "/file?path=figures/page.html": "text/html; charset=utf-8", "/archive": "application/zip",
	} {
		file := s.call("reporter", "GET", version+path, nil).want(200)
		if file.header.Get("Content-Type") != media || len(file.body) == 0 {
			t.Errorf("%s is %d bytes as %s", path, len(file.body), file.header.Get("Content-Type"))
		}
		harmless(t, file)
	}
	for _, path := range []string{"/file?path=figures", "/file?path=..%2Fsecret", "/file?path=nothing"} {
		s.call("reporter", "GET", version+path, nil).refused(404)
	}
	s.call("reporter", "GET", version+"/file", nil).wrongAt(422, "query.path")
	s.call("reporter", "GET", models+"/versions/x/profile", nil).wrongAt(422, "version")
	s.call("reporter", "GET", models+"/versions/2/profile", nil).refused(404, "profile.json")
	s.call("maintainer", "DELETE", models+"/aliases/champion", nil).want(204)
	s.quiet()
}

func TestRuns(t *testing.T) {
	s := newHouse(t)
	run := js{
		"name": "ames", "status": "finished", "started_at": "2026-05-01T10:00:00+02:00",
		"metrics":    []js{{"name": "rmse", "value": 3, "low": 2, "high": 4, "level": 0.95, "n": 586}},
		"candidates": []js{{"name": "ridge", "params": js{"alpha": "1"}, "score": 3, "score_low": 2, "score_high": 4, "fit_seconds": 0.1, "chosen": true, "tied": false}},
	}
	made := s.call("developer", "POST", base+"/runs", run).want(201)
	if made.at("created_at") != "2026-05-01T08:00:00Z" || made.at("user") != "developer" || made.at("job_id") != nil || len(made.at("params").(js)) != 0 || made.at("candidates.0.params.alpha") != "1" || made.at("metrics.0.n") != 586.0 {
		t.Errorf("recorded %s", made.body)
	}
	path := base + "/runs/" + fmt.Sprint(made.at("id"))
	if got := s.call("reporter", "GET", path, nil).want(200); string(got.body) == "" || got.at("name") != "ames" {
		t.Errorf("the run is %s", got.body)
	}
	if bare := s.call("developer", "POST", base+"/runs", js{"name": "bare", "status": "failed"}).want(201); string(mustJSON(t, bare.at("metrics"))) != "[]" || string(mustJSON(t, bare.at("candidates"))) != "[]" || string(mustJSON(t, bare.at("params"))) != "{}" {
		t.Errorf("a bare run is %s", bare.body)
	}
	if list := s.call("reporter", "GET", base+"/runs?per_page=1", nil).want(200); list.at("total") != 2.0 || list.at("items.0.name") != "bare" {
		t.Errorf("the newest run is %s", list.body)
	}
	s.call("developer", "POST", base+"/runs", js{"name": "x", "status": "running"}).wrongAt(422, "body.status")
	s.call("developer", "POST", base+"/runs", js{"name": "", "status": "failed"}).wrongAt(422, "name")
	s.call("reporter", "GET", base+"/runs/4711", nil).refused(404)
	s.call("reporter", "GET", base+"/runs/x", nil).wrongAt(422, "path.id")
	s.quiet()
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	must(t, err)
	return text
}

func TestDelivery(t *testing.T) {
	s := newHouse(t)
	for n := range 2 {
		s.call("developer", "POST", base+"/models/price/versions", packageOf(t, n+1, nil)).want(201)
	}
	deploy := js{"environment": "production", "model": "price", "version": 1, "reason": "first"}
	s.call("developer", "POST", base+"/deployments", deploy).refused(403, "deploy_protected_environment")
	s.call("maintainer", "PATCH", base+"/environments/production", js{"public": true, "description": "for clients"}).want(200)
	made := s.call("maintainer", "POST", base+"/deployments", deploy).want(201)
	if made.at("status") != "pending" || made.at("version") != 1.0 || made.at("reason") != "first" || made.at("user") != "maintainer" {
		t.Errorf("asked for %s", made.body)
	}
	s.react()
	if done := s.call("reporter", "GET", base+"/deployments/"+fmt.Sprint(made.at("id")), nil).want(200); done.at("status") != "success" || done.at("current") != true {
		t.Errorf("deployed: %s", done.body)
	}
	s.call("maintainer", "POST", base+"/environments/production/rollback", js{"reason": "x"}).refused(409)
	deploy["version"], deploy["reason"] = 0, ""
	s.call("maintainer", "POST", base+"/deployments", deploy).want(201)
	s.react()
	env := s.call("reporter", "GET", base+"/environments/production", nil).want(200)
	if env.at("endpoint") != "house-prices.model.production" || env.at("url") != s.address+"/estimate/house-prices.model.production" || env.at("current.version") != 2.0 || env.at("health") != "ready" || env.at("public") != true || env.at("tier") != "production" {
		t.Errorf("production is %s", env.body)
	}
	if p := s.call("reporter", "GET", base, nil).want(200); p.at("production.version") != 2.0 || p.at("production.endpoint") != "house-prices.model.production" {
		t.Errorf("the project shows %s", p.body)
	}
	if p := s.call("guest", "GET", base, nil).want(200); p.json()["production"] != nil {
		t.Errorf("a guest sees %s", p.body)
	}
	if m := s.call("reporter", "GET", base+"/models", nil).want(200); m.at("items.0.deployed.0.environment") != "production" || m.at("items.0.deployed.0.version") != 2.0 {
		t.Errorf("the models show %s", m.body)
	}
	back := s.call("maintainer", "POST", base+"/environments/production/rollback", js{"reason": "worse"}).want(201)
	if back.at("version") != 1.0 || back.at("reason") != "worse" {
		t.Errorf("rolled back to %s", back.body)
	}
	s.react()
	list := s.call("reporter", "GET", base+"/environments/production/deployments?per_page=2", nil).want(200)
	if list.at("total") != 3.0 || list.at("items.0.version") != 1.0 || list.at("items.0.current") != true || list.at("items.1.current") != false {
		t.Errorf("the history is %s", list.body)
	}
	if all := s.call("reporter", "GET", base+"/environments", nil).want(200); all.at("total") != 1.0 {
		t.Errorf("the environments are %s", all.body)
	}
	s.call("maintainer", "POST", base+"/deployments", js{"environment": "staging", "model": "cost"}).refused(404)
	s.call("maintainer", "POST", base+"/deployments", js{"environment": "staging"}).refused(422, "model")
	s.call("reporter", "GET", base+"/environments/nothing", nil).refused(404)
	s.quiet()
}

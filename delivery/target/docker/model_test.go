package docker_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/client"

	"dasier/container"
	"dasier/delivery/deploy"
	"dasier/delivery/serve"
	"dasier/delivery/serve/servetest"
	"dasier/delivery/target/docker"
	"dasier/fault"
	"dasier/ml/format/foreign"
	"dasier/ml/format/mlflow"
	"dasier/ml/predict"
)

// current is the container that answers.
func (s *site) current() container.Listed {
	s.t.Helper()
	list, err := s.engine.List(s.t.Context(), map[string]string{"dasier.server": s.cfg.Server, "dasier.endpoint": endpoint})
	must(s.t, err)
	i := slices.IndexFunc(list, func(c container.Listed) bool { return c.Running })
	if i < 0 {
		s.t.Fatal("no container runs")
	}
	return list[i]
}

func TestModelAnswersAsInTheServer(t *testing.T) {
	t.Parallel()
	s := open(t, houses(t, 3))
	s.apply(3)
	local := serve.New()
	p := s.placement(3)
	must(t, local.Load(t.Context(), endpoint, s.packages[3], serve.Meta{
		Project: 7, Environment: "staging", Model: "prices", Version: 3, Digest: p.Digest, DeployedAt: p.DeployedAt,
	}))
	here := apiOf(local)
	for _, c := range []struct{ method, path, body string }{
		{"GET", "/api/v1/endpoints/" + endpoint, ""},
		{"POST", "/api/v1/endpoints/" + endpoint + "/predict", servetest.Row},
		{"POST", "/api/v1/endpoints/" + endpoint + "/predict?explain=true&level=0.8", servetest.Row},
		{"POST", "/api/v1/endpoints/" + endpoint + "/predict", "[" + servetest.Row + "," + servetest.Row + "]"},
		{"POST", "/api/v1/endpoints/" + endpoint + "/predict", `{"Gr_Liv_Area":"wide"}`},
		{"POST", "/api/v1/endpoints/" + endpoint + "/predict", `{`},
		{"POST", "/api/v1/endpoints/" + endpoint + "/predict?level=2", servetest.Row},
		{"GET", "/v2/models/" + endpoint, ""},
		{"GET", "/v2/models/" + endpoint + "/versions/3/ready", ""},
		{"GET", "/v2/models/" + endpoint + "/versions/4", ""},
		{"POST", "/v2/models/" + endpoint + "/infer", `{"inputs":[{"name":"Gr_Liv_Area","shape":[1],"datatype":"FP64","data":[1500]},{"name":"Kitchen","shape":[1],"datatype":"BYTES","data":["Good"]}]}`},
		{"POST", "/v2/models/" + endpoint + "/infer", `{"inputs":[]}`},
	} {
		there := s.ask(c.method, c.path, c.body, "Authorization: Bearer member")
		want := askOf(t, here, c.method, c.path, c.body, "Authorization: Bearer member")
		if there.Code != want.Code {
			t.Errorf("%s %s answers %d, in the server %d", c.method, c.path, there.Code, want.Code)
		}
		if diff := cmp.Diff(want.Body.String(), there.Body.String()); diff != "" {
			t.Errorf("%s %s (-server +container):\n%s", c.method, c.path, diff)
		}
		if got := there.Header().Get("Dasier-Rows"); got != "" {
			t.Errorf("%s tells %s rows to a client", c.path, got)
		}
	}
	if w := s.ask("POST", "/api/v1/endpoints/"+endpoint+"/predict", servetest.Row); w.Code != http.StatusNotFound {
		t.Errorf("a stranger is answered %d: %s", w.Code, w.Body)
	}
}

// The rows of a classifier are compared by class and probabilities, too.
func TestClassifierInAContainer(t *testing.T) {
	t.Parallel()
	const name = "clf_logreg_bin.joblib"
	file, err := os.ReadFile("../../../ml/format/sklearn/testdata/1.2.1/" + name)
	must(t, err)
	model, err := foreign.Read(file, foreign.Hint{Target: "y"})
	must(t, err)
	program, err := predict.Compile(model.Spec)
	must(t, err)
	row := map[string]float64{}
	for i, input := range model.Spec.Inputs {
		row[input.Name] = float64(i%3) - 0.5
	}
	text, err := json.Marshal(row)
	must(t, err)
	references, err := mlflow.NewReference(program, []json.RawMessage{text})
	must(t, err)
	files, err := mlflow.Files(&mlflow.Package{Spec: model.Spec, Source: &mlflow.Source{Name: name, Data: file}, Algorithm: "logistic regression", Reference: references})
	must(t, err)
	kept := fstest.MapFS{}
	for name, text := range files {
		kept[name] = &fstest.MapFile{Data: text, Mode: 0o644}
	}
	// The prediction is as recorded: what is wrong is the class.
	lie := references[0]
	lie.Label, lie.Probabilities = model.Spec.Classes[0], []float64{0.75, 0.25}
	recorded, err := json.Marshal(map[string]any{"version": 1, "rows": []mlflow.Reference{lie}})
	must(t, err)
	lying := maps.Clone(kept)
	lying["reference.json"] = &fstest.MapFile{Data: recorded, Mode: 0o644}

	s := open(t, shelf{1: kept, 2: lying})
	s.apply(1)
	w := s.ask("POST", "/api/v1/endpoints/"+endpoint+"/predict", string(text), "Authorization: Bearer member")
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"label":"`) || !strings.Contains(w.Body.String(), `"probabilities":{`) {
		t.Errorf("a classifier answers %d: %s", w.Code, w.Body)
	}
	if err := s.target.Apply(t.Context(), s.placement(2)); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Message(err), "at training it") {
		t.Errorf("a classifier that answers otherwise: %v", err)
	}
	if m, ok := s.target.Model(endpoint); !ok || m.Placement.Version != 1 {
		t.Errorf("serving: %v", ok)
	} else {
		m.Release()
	}
}

// A neighbour on the machine who finds the port, and everyone else without the
// token, is not answered.
func TestModelAnswersTheServerAlone(t *testing.T) {
	t.Parallel()
	s := open(t, houses(t, 1))
	s.apply(1)
	m, ok := s.target.Model(endpoint)
	if !ok {
		t.Fatal("no model")
	}
	defer m.Release()
	if !strings.HasPrefix(m.Address, "127.0.0.1:") {
		t.Errorf("published at %s", m.Address)
	}
	for _, token := range []string{"", "Bearer x", "Bearer member"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+m.Address+"/api/v1/endpoints/"+endpoint+"/predict", strings.NewReader(servetest.Row))
		must(t, err)
		r.Header.Set("Authorization", token)
		w, err := http.DefaultClient.Do(r)
		must(t, err)
		must(t, w.Body.Close())
		if w.StatusCode == http.StatusOK {
			t.Errorf("token %q: answered", token)
		}
	}
}

func TestModelContainerIsBare(t *testing.T) {
	t.Parallel()
	s := open(t, houses(t, 1))
	s.apply(1)
	api, err := client.New(client.WithHost(s.engine.Host()))
	must(t, err)
	defer func() { must(t, api.Close()) }()
	found, err := api.ContainerInspect(t.Context(), s.current().ID, client.ContainerInspectOptions{})
	must(t, err)
	c := found.Container
	if c.Config.User != "65532:65532" || !c.HostConfig.ReadonlyRootfs || !slices.Equal(c.HostConfig.CapDrop, []string{"ALL"}) || len(c.HostConfig.CapAdd) > 0 ||
		!slices.Contains(c.HostConfig.SecurityOpt, "no-new-privileges") || c.HostConfig.Privileged || c.HostConfig.Memory != 512<<20 || c.HostConfig.NanoCPUs <= 0 || *c.HostConfig.PidsLimit != 256 {
		t.Errorf("the container has more than it needs: user %q, %+v", c.Config.User, c.HostConfig)
	}
	if h := c.Config.Healthcheck; h == nil || h.Test[0] != "CMD" {
		t.Errorf("health check %+v, want one without a shell", h)
	}
	size, ok, err := s.engine.Image(t.Context(), c.Config.Image)
	must(t, err)
	if !ok || size > 100<<20 {
		t.Errorf("the image has %d bytes", size)
	}
	// There is nothing but the program and the package: no shell to begin with.
	id, err := s.engine.Create(t.Context(), &container.Spec{Image: c.Config.Image, Program: []string{"/bin/sh", "-c", "true"}})
	must(t, err)
	if err := s.engine.Start(t.Context(), id); err == nil {
		t.Error("the image has a shell")
	}
	must(t, s.engine.Remove(t.Context(), id))
	// The engine's own health check works: the program is its own probe.
	id, err = s.engine.Create(t.Context(), &container.Spec{Image: c.Config.Image, Program: []string{"/dasier"}, Command: []string{"serve", "health", "--addr", "127.0.0.1:1"}, ReadOnly: true})
	must(t, err)
	must(t, s.engine.Start(t.Context(), id))
	if code, err := s.engine.Wait(t.Context(), id); err != nil || code != 1 {
		t.Errorf("the probe of nothing ended with %d, %v", code, err)
	}
	must(t, s.engine.Remove(t.Context(), id))
}

func TestBackIsStartingWhatWasKept(t *testing.T) {
	t.Parallel()
	s := open(t, houses(t, 1, 2))
	s.apply(1)
	first := s.current().ID
	s.apply(2)
	eventually(t, "the first version stops", func() bool { up, stopped := s.containers(); return up == 1 && stopped == 1 })
	s.apply(1)
	s.want(1)
	eventually(t, "the second version stops", func() bool { up, stopped := s.containers(); return up == 1 && stopped == 1 })
	if now := s.current().ID; now != first {
		t.Error("going back made a new container, want the one that was kept")
	}
}

func TestContainersOutliveTheServer(t *testing.T) {
	t.Parallel()
	s := open(t, houses(t, 1, 2, 3))
	s.apply(1)
	s.apply(2)
	before := s.current()
	// A crash left a container that was never switched to, and one of an
	// endpoint that is gone.
	other := s.placement(3)
	other.Endpoint = "gone.model.staging"
	must(t, s.target.Apply(t.Context(), other))

	s.restart()
	s.want(0)
	s.apply(2)
	s.want(2)
	if now := s.current(); now.ID != before.ID {
		t.Error("the restart made a new container, want the one that ran on")
	}
	must(t, s.target.Collect(t.Context()))
	eventually(t, "left-overs are collected", func() bool { up, stopped := s.containers(); return up == 1 && stopped <= 1 })
	if _, ok := s.version("gone.model.staging"); ok {
		t.Error("an endpoint that nobody applied answers")
	}
	s.want(2)
}

func TestContainerThatDiesComesBack(t *testing.T) {
	t.Parallel()
	s := open(t, houses(t, 1))
	s.apply(1)
	ctx, stop := context.WithCancel(t.Context())
	watched := make(chan error, 1)
	go func() { watched <- s.target.Run(ctx) }()
	defer func() {
		stop()
		must(t, <-watched)
	}()
	must(t, s.target.Health(endpoint))
	id := s.current().ID
	must(t, s.engine.Stop(t.Context(), id, 0))
	eventually(t, "a stopped container is noticed", func() bool { return fault.Is(s.target.Health(endpoint), fault.Unavailable) })
	if w := s.ask("POST", "/api/v1/endpoints/"+endpoint+"/predict", servetest.Row, "Authorization: Bearer member"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("a stopped container answers %d: %s", w.Code, w.Body)
	}
	s.apply(1)
	s.want(1)
	if now := s.current().ID; now != id {
		t.Error("deploying again made a new container, want the old one started")
	}
	must(t, s.target.Health(endpoint))
}

func TestLogs(t *testing.T) {
	t.Parallel()
	s := open(t, houses(t, 1))
	if _, err := s.target.Logs(t.Context(), endpoint, 10, false); !fault.Is(err, fault.Missing) {
		t.Errorf("the log of nothing: %v", err)
	}
	s.apply(1)
	reader, err := s.target.Logs(t.Context(), endpoint, 10, false)
	must(t, err)
	text, err := io.ReadAll(reader)
	must(t, err)
	must(t, reader.Close())
	if !bytes.Contains(text, []byte("endpoint="+endpoint)) {
		t.Errorf("the log is %q", text)
	}
	following, err := s.target.Logs(t.Context(), endpoint, 10, true)
	must(t, err)
	must(t, following.Close())
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	s := open(t, houses(t, 1, 2))
	wrong := s.placement(1)
	wrong.Digest = s.placement(2).Digest
	if err := s.target.Apply(t.Context(), wrong); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Message(err), "not the files that were registered") {
		t.Errorf("other files: %v", err)
	}
	if err := s.target.Apply(t.Context(), deploy.Placement{Kind: deploy.KindSite, Endpoint: endpoint}); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Message(err), "nothing to put into a container") {
		t.Errorf("a site: %v", err)
	}
	if _, err := s.target.Backend(endpoint); !fault.Is(err, fault.Missing) {
		t.Errorf("the backend of nothing: %v", err)
	}
	cfg := s.cfg
	cfg.Program = "/bin/sh"
	target := docker.New(s.engine, s.packages, s.bundles, cfg)
	defer target.Close()
	if err := target.Apply(t.Context(), s.placement(1)); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Message(err), "CGO_ENABLED=0") {
		t.Errorf("a program that is linked dynamically: %v", err)
	}
	if up, stopped := s.containers(); up+stopped > 0 {
		t.Errorf("refusals left %d containers", up+stopped)
	}
}

// What is held is not stopped, however long the next version answers already.
func TestHeldIsNotStopped(t *testing.T) {
	t.Parallel()
	s := open(t, houses(t, 1, 2))
	s.apply(1)
	m, ok := s.target.Model(endpoint)
	if !ok {
		t.Fatal("no model")
	}
	s.apply(2)
	time.Sleep(time.Second) // for a stop that should not come
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+m.Address+"/api/v1/endpoints/"+endpoint+"/predict", strings.NewReader(servetest.Row))
	must(t, err)
	r.Header.Set("Authorization", "Bearer "+m.Token)
	w, err := http.DefaultClient.Do(r)
	must(t, err)
	var a answer
	must(t, json.NewDecoder(w.Body).Decode(&a))
	must(t, w.Body.Close())
	if a.Version != 1 {
		t.Errorf("version %d answers at what was held, want 1", a.Version)
	}
	m.Release()
	m.Release() // once too often changes nothing
	eventually(t, "what was held stops", func() bool { up, stopped := s.containers(); return up == 1 && stopped == 1 })
}

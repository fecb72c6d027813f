package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/valyala/fastjson"

	"dasier/api/infer"
	"dasier/delivery/deploy"
	"dasier/delivery/serve"
	"dasier/delivery/target"
	"dasier/fault"
	"dasier/forge/project"
	"dasier/ml/format/mlflow"
)

// memoryGoal is what 5,000 models may take.
const memoryGoal = 1e9

// packages finds the package of version n of the only project.
type packages struct{ folder string }

func (p packages) Open(_ context.Context, _ project.ID, _ string, version int) (fs.FS, error) {
	return os.DirFS(folderOf(p.folder, version)), nil
}

// fleet is models behind the prediction API.
type fleet struct {
	engine *serve.Engine
	router chi.Router
}

// load places models 0 to n-1 as a deployment does.
func load(ctx context.Context, folder string, n int) (*fleet, error) {
	f := &fleet{engine: serve.New(), router: chi.NewRouter()}
	place := target.NewInProcess(f.engine, packages{folder})
	for k := range n {
		digest, err := mlflow.Digest(os.DirFS(folderOf(folder, k)))
		if err != nil {
			return nil, err
		}
		err = place.Apply(ctx, deploy.Placement{
			Kind: deploy.KindModel, Project: 1, Environment: "production", Endpoint: nameOf(k), Model: "model", Version: k, Digest: digest,
			Deployment: deploy.ID(k + 1), DeployedAt: time.Unix(0, 0), Public: true,
		})
		if err != nil {
			return nil, err
		}
	}
	registry := prometheus.NewRegistry()
	nobody := func(*http.Request, *serve.Meta) (infer.Client, error) {
		return infer.Client{}, fault.Errorf(fault.Unauthenticated, "sign in first")
	}
	infer.New(f.engine, nobody, infer.Config{Registerer: registry}).Routes(f.router)
	f.router.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return f, nil
}

// ask sends a request to a model through the API.
func (f *fleet) ask(name, row string) error {
	w := httptest.NewRecorder()
	f.router.ServeHTTP(w, httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/api/v1/endpoints/"+name+"/predict", strings.NewReader(row)))
	if w.Code != http.StatusOK {
		return fmt.Errorf("%s answers %d: %s", name, w.Code, w.Body)
	}
	return nil
}

// counter is a client that only counts what it is told.
type counter struct {
	header http.Header
	bytes  int
}

func (c *counter) Header() http.Header         { return c.header }
func (c *counter) WriteHeader(int)             {}
func (c *counter) Write(p []byte) (int, error) { c.bytes += len(p); return len(p), nil }

// serveMany is the process that is measured.
func serveMany(ctx context.Context, folder string, models int, profile string) error {
	empty := resident("VmRSS")
	begin := time.Now()
	many, err := load(ctx, folder, models)
	if err != nil {
		return err
	}
	loading, loaded := time.Since(begin), resident("VmRSS")
	begin = time.Now()
	for _, endpoint := range many.engine.Endpoints() {
		if err := many.ask(endpoint.Name, string(endpoint.Example())); err != nil {
			return err
		}
	}
	asking, asked := time.Since(begin), resident("VmRSS")
	metrics := &counter{header: http.Header{}}
	many.router.ServeHTTP(metrics, httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/metrics", http.NoBody))
	after := resident("VmRSS")
	if profile != "" {
		if err := writeHeap(profile); err != nil {
			return err
		}
	}
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	fmt.Printf("load average %s\n\n", loadAverage())
	fmt.Println("| what | measured |")
	fmt.Println("|---|---|")
	fmt.Printf("| loading %d models | %.1f s, %.2f ms each |\n", models, loading.Seconds(), 1000*loading.Seconds()/float64(models))
	fmt.Printf("| first request of each | %.1f s, %.2f ms each |\n", asking.Seconds(), 1000*asking.Seconds()/float64(models))
	fmt.Printf("| resident, MB: empty / loaded / each asked once / after /metrics (%.0f MB of text) / most | %.0f / %.0f / %.0f / %.0f / %.0f |\n",
		float64(metrics.bytes)/1e6, empty/1e6, loaded/1e6, asked/1e6, after/1e6, resident("VmHWM")/1e6)
	fmt.Printf("| in use after a collection, MB | %.0f, %.0f kB a model |\n", float64(stats.HeapAlloc)/1e6, float64(stats.HeapAlloc)/1e3/float64(models))

	ratio, err := compare(ctx, folder, many, models)
	if err != nil {
		return err
	}
	fmt.Println()
	fmt.Printf("RATIO memory-%d vs goal-of-1-GB %.2f goal 1\n", models, memoryGoal/after)
	fmt.Printf("RATIO lookup-%d vs one-model %.2f goal 1\n", models, ratio)
	return nil
}

// compare measures finding a model and answering a row, in an engine of one
// model and in the one of many, in turn.
func compare(ctx context.Context, folder string, many *fleet, models int) (ratio float64, err error) {
	one, err := load(ctx, folder, 1)
	if err != nil {
		return 0, err
	}
	all := many.engine.Endpoints()
	var single, among, each, ratios []float64
	for range 15 {
		a, err := answering(one.engine, all[:1])
		if err != nil {
			return 0, err
		}
		b, err := answering(many.engine, all[:1])
		if err != nil {
			return 0, err
		}
		c, err := answering(many.engine, all)
		if err != nil {
			return 0, err
		}
		single, among, each, ratios = append(single, a), append(among, b), append(each, c), append(ratios, a/b)
	}
	fmt.Printf("| find the model and answer a row: the only model / the same among %d / all %d in turn | %.0f ns / %.0f ns / %.0f ns |\n", models, models, middle(single), middle(among), middle(each))
	return middle(ratios), nil
}

// answering is nanoseconds to find a model by name and answer a row that was
// parsed before, over the models in turn.
func answering(engine *serve.Engine, turn []*serve.Endpoint) (float64, error) {
	const times = 50_000
	rows, names := make([]*fastjson.Value, len(turn)), make([]string, len(turn))
	for k, e := range turn {
		var err error
		if rows[k], err = fastjson.ParseBytes(e.Example()); err != nil {
			return 0, err
		}
		names[k] = strings.Clone(e.Name)
	}
	begin, k := time.Now(), 0
	for range times {
		e, ok := engine.Endpoint(names[k])
		if !ok {
			return 0, errors.New("a model is gone")
		}
		scratch := e.Borrow()
		if err := e.Decode(rows[k], scratch); err != nil {
			return 0, err
		}
		e.Answer(scratch, serve.Want{})
		e.Return(scratch)
		if k++; k == len(turn) {
			k = 0
		}
	}
	return float64(time.Since(begin).Nanoseconds()) / times, nil
}

func writeHeap(path string) error {
	runtime.GC()
	file, err := os.Create(filepath.Clean(path))
	if err != nil {
		return err
	}
	return errors.Join(pprof.Lookup("heap").WriteTo(file, 0), file.Close())
}

// resident is a line of /proc/self/status in bytes.
func resident(line string) float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(text), line+":")
	var kilobytes float64
	if _, err := fmt.Sscan(after, &kilobytes); err != nil {
		return 0
	}
	return kilobytes * 1024
}

func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}

func middle(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

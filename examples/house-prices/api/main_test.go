package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The tests ask this service as the app does. In the model's place stands a
// server that answers what a test says: the model has tests of its own, and the
// pipeline asks the real one after each deployment.

const modelAnswer = `{"prediction":172345.6,"interval":{"low":139120,"high":213480,"level":0.9},"model":"house-price","version":3,
	"notices":[{"input":"Gr_Liv_Area","code":"unseen"},{"input":"Lot_Shape","code":"unknown"},{"input":"Lot_Area","code":"imputed"}],
	"reasons":{"scale":"log","contributions":[{"input":"Gr_Liv_Area","value":1500,"effect":0.1},{"input":"Neighborhood","value":"North_Ames","effect":-0.25},{"input":"Lot_Shape","value":"Regular","effect":0.5},
	{"input":"Fireplaces","value":0,"effect":0.0001},{"input":"Lot_Area","value":null,"effect":0.2}]}}`

type asked struct {
	path, token string
	body        map[string]any
}

// start runs the service on a model that answers each request with the next of
// the given statuses, the last again and again.
func start(t *testing.T, answer string, statuses ...int) (url string, requests *[]asked) {
	t.Helper()
	requests = &[]asked{}
	stand := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		one := asked{path: r.URL.String(), token: r.Header.Get("Authorization")}
		if text, _ := io.ReadAll(r.Body); len(text) > 0 {
			if err := json.Unmarshal(text, &one.body); err != nil {
				t.Errorf("the model was asked with %q: %v", text, err)
			}
		}
		*requests = append(*requests, one)
		w.WriteHeader(statuses[min(len(*requests), len(statuses))-1])
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(stand.Close)
	sales, err := readSales(salesCSV)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler(newModel(stand.URL, "secret"), sales))
	t.Cleanup(server.Close)
	return server.URL, requests
}

func ask(t *testing.T, url, body string) (status int, text string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/price", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(answer)
}

const goodHouse = `{"neighborhood":"North_Ames","living_area":1500,"year_built":1970,"bedrooms":3,"central_air":true}`

func TestPrice(t *testing.T) {
	url, requests := start(t, modelAnswer, http.StatusOK)
	status, text := ask(t, url, goodHouse)
	if status != http.StatusOK {
		t.Fatalf("status %d: %s", status, text)
	}
	var got price
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if got.Price != 172_500 || got.Low != 139_000 || got.High != 213_500 || got.Level != 0.9 || got.Model != "house-price" || got.Version != 3 {
		t.Errorf("answer %+v", got)
	}
	if want := []reason{{"neighborhood", -22.1}, {"living_area", 10.5}}; !slices.Equal(got.Reasons, want) {
		t.Errorf("reasons %v, want %v: the strongest first, and only of what the form asks", got.Reasons, want)
	}
	if want := []advice{{Rule: "unusual", Field: "living_area"}}; !slices.Equal(got.Advice, want) {
		t.Errorf("advice %v, want %v", got.Advice, want)
	}
	if len(got.Comparables) != shownSales || got.Comparables[0].Neighborhood != "North_Ames" {
		t.Errorf("comparable sales %v", got.Comparables)
	}
	one := (*requests)[0]
	if one.path != "/predict?explain=true" || one.token != "Bearer secret" {
		t.Errorf("the model was asked at %s with %q", one.path, one.token)
	}
	want := map[string]any{"Neighborhood": "North_Ames", "Gr_Liv_Area": 1500.0, "Year_Built": 1970.0, "Year_Remod_Add": 1970.0, "Bedroom_AbvGr": 3.0, "Central_Air": "Y"}
	if !maps.Equal(one.body, want) {
		t.Errorf("the model was asked for %v, want %v", one.body, want)
	}
}

func TestWideRangeNeedsValuer(t *testing.T) {
	url, _ := start(t, `{"prediction":100000,"interval":{"low":60000,"high":140000,"level":0.9}}`, http.StatusOK)
	if _, text := ask(t, url, goodHouse); !strings.Contains(text, `"rule":"valuer"`) {
		t.Errorf("a range of ±40 %% came without the advice to ask a valuer: %s", text)
	}
}

func TestWrongFields(t *testing.T) {
	url, requests := start(t, modelAnswer, http.StatusOK)
	for name, c := range map[string]struct {
		body   string
		status int
		says   []string
	}{
		"nothing":          {`{}`, 422, []string{`"field":"neighborhood"`, `"field":"living_area"`, `"field":"year_built"`}},
		"no JSON":          {`hello`, 400, []string{"no JSON object"}},
		"a list":           {`[1]`, 400, []string{"no JSON object"}},
		"text as a number": {`{"living_area":"big"}`, 400, []string{"living_area"}},
		"unknown place":    {`{"neighborhood":"Paris","living_area":1500,"year_built":1970}`, 422, []string{`no neighborhood \"Paris\"`}},
		"too large":        {`{"neighborhood":"North_Ames","living_area":9000,"year_built":1970}`, 422, []string{"from 300 to 4000, got 9000"}},
		"remodelled early": {`{"neighborhood":"North_Ames","living_area":900,"year_built":1970,"remodelled":1960}`, 422, []string{"before it is built"}},
		"odd condition":    {`{"neighborhood":"North_Ames","living_area":900,"year_built":1970,"condition":"So-so"}`, 422, []string{"Very_Poor"}},
		"a long body":      {`{"neighborhood":"` + strings.Repeat("x", maxBody) + `"}`, 413, []string{"16 KiB"}},
	} {
		t.Run(name, func(t *testing.T) {
			status, text := ask(t, url, c.body)
			if status != c.status {
				t.Errorf("status %d, want %d: %s", status, c.status, text)
			}
			for _, says := range c.says {
				if !strings.Contains(text, says) {
					t.Errorf("the answer does not say %q: %s", says, text)
				}
			}
		})
	}
	if len(*requests) > 0 {
		t.Errorf("the model was asked for houses that are wrong: %v", *requests)
	}
}

func TestModelInTrouble(t *testing.T) {
	t.Run("once", func(t *testing.T) {
		url, requests := start(t, modelAnswer, http.StatusServiceUnavailable, http.StatusOK)
		if status, text := ask(t, url, goodHouse); status != http.StatusOK || len(*requests) != 2 {
			t.Errorf("status %d after %d requests: %s", status, len(*requests), text)
		}
	})
	t.Run("for good", func(t *testing.T) {
		url, _ := start(t, "secret trace", http.StatusInternalServerError)
		status, text := ask(t, url, goodHouse)
		if status != http.StatusBadGateway || strings.Contains(text, "secret") {
			t.Errorf("status %d: %s", status, text)
		}
	})
	t.Run("it refuses the token", func(t *testing.T) {
		url, requests := start(t, "{}", http.StatusForbidden)
		if status, _ := ask(t, url, goodHouse); status != http.StatusBadGateway || len(*requests) != 1 {
			t.Errorf("status %d after %d requests", status, len(*requests))
		}
	})
	t.Run("it refuses an input", func(t *testing.T) {
		url, _ := start(t, `{"detail":"no","errors":[{"location":"Gr_Liv_Area","message":"expected less"}]}`, http.StatusUnprocessableEntity)
		if status, text := ask(t, url, goodHouse); status != 422 || !strings.Contains(text, `{"field":"living_area","message":"expected less"}`) {
			t.Errorf("status %d: %s", status, text)
		}
	})
}

func TestOpenAPINamesEveryField(t *testing.T) {
	var doc struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]any `json:"properties"`
			} `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(openAPI, &doc); err != nil {
		t.Fatal(err)
	}
	for schema, value := range map[string]any{"House": house{}, "Price": price{}, "Sale": sale{}, "Place": place{}} {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]any
		if err := json.Unmarshal(text, &fields); err != nil {
			t.Fatal(err)
		}
		got, want := slices.Sorted(maps.Keys(doc.Components.Schemas[schema].Properties)), slices.Sorted(maps.Keys(fields))
		if !slices.Equal(got, want) {
			t.Errorf("openapi.json, %s: fields %v, the code has %v", schema, got, want)
		}
	}
}

func TestRunSaysWhatIsMissing(t *testing.T) {
	err := run(t.Context(), func(string) string { return "" })
	if err == nil || !strings.Contains(err.Error(), "MODEL_URL") {
		t.Errorf("without MODEL_URL: %v", err)
	}
}

// listening runs the service on a free port, until the test ends or stop is called
// and answers how it ended.
func listening(t *testing.T) (url string, stop func() error) {
	t.Helper()
	for {
		free, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		_, port, _ := net.SplitHostPort(free.Addr().String())
		if err := free.Close(); err != nil {
			t.Fatal(err)
		}
		env := map[string]string{"MODEL_URL": "http://127.0.0.1:1", "PORT": port, "HOST": "127.0.0.1"}
		stopped := make(chan error, 1)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { stopped <- run(ctx, func(name string) string { return env[name] }) }()
		for {
			response, err := http.Get("http://127.0.0.1:" + port + "/healthz") //nolint:noctx // a test of ours
			if err == nil {
				_ = response.Body.Close()
			}
			if err == nil && response.StatusCode == http.StatusNoContent {
				return "http://127.0.0.1:" + port, func() error { cancel(); return <-stopped }
			}
			select {
			case err = <-stopped:
			case <-time.After(10 * time.Millisecond):
				continue
			}
			if cancel(); !errors.Is(err, syscall.EADDRINUSE) {
				t.Fatalf("it stopped: %v", err)
			}
			break // another program was quicker: the next port
		}
	}
}

func TestRunListensOnPort(t *testing.T) {
	url, stop := listening(t)
	response, err := http.Get(url + "/readyz") //nolint:noctx // a test of ours
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("GET /readyz without a model: status %d", response.StatusCode)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

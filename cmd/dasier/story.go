package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"dasier/app"
)

// story plays what a team does, through the doors that a team uses, and tells
// each step with its duration.
type story struct {
	out      io.Writer
	began    time.Time
	stepped  time.Time
	current  string
	password string

	folder   string // of the working copies
	people   []*person
	projects []*undertaking
	told     map[int64]bool // jobs whose end was told
	house    map[string]any // that is asked for at the end
	price    housePrice
}

// step ends the step before with its duration and begins the next.
func (s *story) step(format string, args ...any) {
	s.done()
	s.current, s.stepped = fmt.Sprintf(format, args...), time.Now()
	fmt.Fprintf(s.out, "%-72s", s.current)
}

func (s *story) done() {
	if s.current != "" && !s.stepped.IsZero() {
		fmt.Fprintf(s.out, "%6.2f s\n", time.Since(s.stepped).Seconds())
		s.stepped = time.Time{}
	}
}

func (s *story) play(ctx context.Context, server *app.Server) (err error) {
	if s.folder, err = os.MkdirTemp("", "dasier-demo-clones-"); err != nil {
		return err
	}
	s.projects, s.told = undertakings(), map[int64]bool{}
	for _, part := range []func(context.Context, *app.Server) error{
		s.setUp, s.gather, s.found, s.work, s.watchDevelopment,
		s.tryProduction, s.propose, s.tryAlone, s.authorise, s.watchProduction, s.askForPrice,
	} {
		if err := part(ctx, server); err != nil {
			fmt.Fprintln(s.out)
			return err
		}
	}
	s.done()
	s.tell(server)
	return os.RemoveAll(s.folder)
}

func (s *story) watchDevelopment(ctx context.Context, _ *app.Server) error {
	s.step("pipelines on development: test, build, train, deploy to development")
	for _, u := range s.projects {
		if err := s.watch(ctx, u, "development"); err != nil {
			return err
		}
	}
	return nil
}

// tryProduction is what must not work: a push past everybody.
func (s *story) tryProduction(ctx context.Context, _ *app.Server) error {
	s.step("sam tries to push to production: refused")
	u := s.projects[0]
	sam := s.as("sam")
	said, err := s.git(ctx, sam, "-C", u.clone, "push", s.remote(sam, u), "development:production")
	if !errors.Is(err, errGit) || !strings.Contains(said, "protected branch") {
		return fmt.Errorf("the push to production was not refused as it should be: %s", said)
	}
	s.quote(said, "remote:")
	return nil
}

// propose opens the three merge requests.
func (s *story) propose(ctx context.Context, _ *app.Server) error {
	s.step("each opens a merge request from development to production")
	for _, u := range s.projects {
		var request struct {
			Number  int    `json:"number"`
			HeadSHA string `json:"head_sha"`
		}
		in := map[string]any{"source": "development", "target": "production", "title": u.title, "reviewers": []string{demoUser}}
		if err := s.as(u.owner).api.call(ctx, http.MethodPost, u.below("/merge-requests"), in, &request); err != nil {
			return err
		}
		u.number, u.head = request.Number, request.HeadSHA
	}
	return nil
}

// tryAlone is what must not work either: an author who authorises.
func (s *story) tryAlone(ctx context.Context, _ *app.Server) error {
	s.step("sam tries to approve and to merge their own change: refused")
	u := s.projects[0]
	for _, verb := range []string{"approve", "merge"} {
		err := s.as("sam").api.call(ctx, http.MethodPost, u.below("/merge-requests/%d/%s", u.number, verb), map[string]any{"sha": u.head}, nil)
		refused, ok := errors.AsType[*apiError](err)
		if !ok {
			return fmt.Errorf("the author's own %s was not refused: %w", verb, errOr(err))
		}
		s.quote(refused.Error(), "")
	}
	return nil
}

// errOr gives an error where there has to be one.
func errOr(err error) error {
	if err == nil {
		return errors.New("it succeeded")
	}
	return err
}

// authorise is ada's part: approve what she has seen, and merge it.
func (s *story) authorise(ctx context.Context, _ *app.Server) error {
	s.step("ada approves the three and merges them")
	ada := s.as(demoUser).api
	for _, u := range s.projects {
		for _, verb := range []string{"approve", "merge"} {
			if err := ada.call(ctx, http.MethodPost, u.below("/merge-requests/%d/%s", u.number, verb), map[string]any{"sha": u.head}, nil); err != nil {
				return fmt.Errorf("%s of %s!%d: %w", verb, u.path(), u.number, err)
			}
		}
		// The API's staging asks the model in production, which has to be there.
		if u.name == "model" {
			if err := s.watch(ctx, u, "production"); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *story) watchProduction(ctx context.Context, _ *app.Server) error {
	s.step("pipelines on production: staging first, then production")
	for _, u := range s.projects[1:] {
		if err := s.watch(ctx, u, "production"); err != nil {
			return err
		}
	}
	return nil
}

// watch waits for the newest pipeline of a project's branch and tells each job.
func (s *story) watch(ctx context.Context, u *undertaking, branch string) error {
	api := s.as(demoUser).api
	type job struct {
		ID       int64    `json:"id"`
		Name     string   `json:"name"`
		Status   string   `json:"status"`
		Duration *float64 `json:"duration"`
	}
	var found struct {
		Items []struct {
			ID  int64  `json:"id"`
			SHA string `json:"sha"`
		} `json:"items"`
	}
	var pipeline struct {
		ID     int64  `json:"id"`
		Status string `json:"status"`
		Error  string `json:"error"`
		Jobs   []job  `json:"jobs"`
	}
	var tip struct {
		Items []struct {
			SHA string `json:"sha"`
		} `json:"items"`
	}
	if err := api.call(ctx, http.MethodGet, u.below("/commits?ref=%s&per_page=1", branch), nil, &tip); err != nil {
		return err
	}
	for {
		if err := api.call(ctx, http.MethodGet, u.below("/pipelines?ref=%s&per_page=1", branch), nil, &found); err != nil {
			return err
		}
		if len(found.Items) > 0 && len(tip.Items) > 0 && found.Items[0].SHA == tip.Items[0].SHA {
			if err := api.call(ctx, http.MethodGet, u.below("/pipelines/%d", found.Items[0].ID), nil, &pipeline); err != nil {
				return err
			}
		}
		for _, j := range pipeline.Jobs {
			over := j.Status == "success" || j.Status == "failed" || j.Status == "canceled"
			if over && !s.told[j.ID] && j.Duration != nil {
				s.told[j.ID] = true
				fmt.Fprintf(s.out, "\n    %-66s%8.2f s", u.name+": "+j.Name+": "+j.Status, *j.Duration)
			}
		}
		switch pipeline.Status {
		case "success":
			fmt.Fprintf(s.out, "\n%-72s", "  "+u.name+": the pipeline on "+branch+" succeeded")
			return nil
		case "failed", "canceled", "skipped":
			for _, j := range pipeline.Jobs {
				if j.Status == "failed" {
					s.showLog(ctx, u, j.ID, j.Name)
				}
			}
			return fmt.Errorf("the pipeline of %s on %s is %s. %s", u.path(), branch, pipeline.Status, pipeline.Error)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// showLog prints the end of a failed job's log: the reason should not have to
// be looked for.
func (s *story) showLog(ctx context.Context, u *undertaking, job int64, name string) {
	var log struct {
		Text string `json:"text"`
	}
	if err := s.as(demoUser).api.call(ctx, http.MethodGet, u.below("/jobs/%d/log", job), nil, &log); err != nil {
		fmt.Fprintf(s.out, "\nthe log of %s cannot be read: %v\n", name, err)
		return
	}
	lines := strings.Split(strings.TrimSpace(log.Text), "\n")
	fmt.Fprintf(s.out, "\n--- the end of the log of %s in %s\n%s\n---\n", name, u.path(), strings.Join(lines[max(0, len(lines)-40):], "\n"))
}

// quote shows what the server said; with a mark, only the lines that begin so.
func (s *story) quote(said, mark string) {
	for line := range strings.Lines(said) {
		line, ok := strings.CutPrefix(strings.TrimSpace(line), mark)
		if line = strings.TrimSpace(line); ok && line != "" {
			fmt.Fprintf(s.out, "\n    > %s", line)
		}
	}
	fmt.Fprintf(s.out, "\n%-72s", "")
}

// housePrice is what the back-end answers.
type housePrice struct {
	Price   int     `json:"price"`
	Low     int     `json:"low"`
	High    int     `json:"high"`
	Level   float64 `json:"level"`
	Reasons []struct {
		Field   string  `json:"field"`
		Percent float64 `json:"percent"`
	} `json:"reasons"`
	Comparables []struct {
		Price float64 `json:"price"`
	} `json:"comparables"`
	Model   string `json:"model"`
	Version int    `json:"version"`
}

// askForPrice asks the app as a client's browser would, and holds what came
// through app and API to what the model itself says.
func (s *story) askForPrice(ctx context.Context, server *app.Server) error {
	s.step("a client opens the app and asks for a price: app, API, model")
	front := s.projects[2]
	var environment struct {
		Address string `json:"address"`
	}
	if err := s.as(demoUser).api.call(ctx, http.MethodGet, front.below("/environments/production"), nil, &environment); err != nil {
		return err
	}
	front.address = environment.Address
	client := clientOf(server.URL())
	page, err := get(ctx, client, front.address+"/", "")
	if err != nil {
		return err
	}
	if !strings.Contains(string(page), `<div id="app">`) {
		return errors.New("the app's page is not there")
	}
	s.house = map[string]any{"neighborhood": "North_Ames", "living_area": 1500, "year_built": 1970}
	text, err := json.Marshal(s.house)
	if err != nil {
		return err
	}
	answer, err := get(ctx, client, front.address+"/api/price", string(text))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(answer, &s.price); err != nil {
		return fmt.Errorf("reading the price: %w", err)
	}
	var own prediction
	inputs := map[string]any{"Neighborhood": "North_Ames", "Gr_Liv_Area": 1500, "Year_Built": 1970, "Year_Remod_Add": 1970}
	if err := s.as(demoUser).api.call(ctx, http.MethodPost, "/api/v1/endpoints/house-prices.model.production/predict?explain=true", inputs, &own); err != nil {
		return err
	}
	switch {
	case s.price.Price != int(math.Round(own.Prediction/500))*500:
		return fmt.Errorf("the app says %d, and the model %.0f", s.price.Price, own.Prediction)
	case s.price.Low >= s.price.Price || s.price.Price >= s.price.High || len(s.price.Reasons) == 0 || len(s.price.Comparables) == 0:
		return fmt.Errorf("the app's answer is not whole: %s", answer)
	}
	return nil
}

// clientOf is a client for which the hosts of apps are this server, as they are
// for a browser: names below localhost are this machine.
func clientOf(server string) *http.Client {
	address, _ := url.Parse(server)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DialContext = func(ctx context.Context, network, to string) (net.Conn, error) {
		if host, _, _ := net.SplitHostPort(to); strings.HasSuffix(host, ".localhost") {
			to = address.Host
		}
		return (&net.Dialer{}).DialContext(ctx, network, to)
	}
	return &http.Client{Transport: transport, Timeout: 20 * time.Second}
}

// get asks for a page, or posts JSON.
func get(ctx context.Context, client *http.Client, address, body string) ([]byte, error) {
	method := http.MethodGet
	if body != "" {
		method = http.MethodPost
	}
	request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s: %.300s", address, response.Status, text)
	}
	return text, nil
}

// tell prints the answer and where to go on.
func (s *story) tell(server *app.Server) {
	p, u := s.price, server.URL()
	fmt.Fprintf(s.out, "\nThe whole way took %.1f s.\n\n", time.Since(s.began).Seconds())
	fmt.Fprintf(s.out, "A house in North Ames, built 1970, 1500 square feet:\n")
	fmt.Fprintf(s.out, "    %d USD, between %d and %d nine times out of ten (%s version %d)\n", p.Price, p.Low, p.High, p.Model, p.Version)
	for _, r := range p.Reasons[:min(4, len(p.Reasons))] {
		fmt.Fprintf(s.out, "    %s: %+.1f %%\n", strings.ReplaceAll(r.Field, "_", " "), r.Percent)
	}
	fmt.Fprintf(s.out, "\nThe app             %s\n", s.projects[2].address)
	fmt.Fprintf(s.out, "The model's page    %s/estimate/house-prices.model.production\n", u)
	fmt.Fprintf(s.out, "The console         %s   (everybody's password is %s)\n", u, s.password)
	for _, p := range s.people {
		fmt.Fprintf(s.out, "    %-8s%s\n", p.username, p.does)
	}
	fmt.Fprintf(s.out, `The API             %[1]s/api/v1/openapi.json

    curl -s '%[1]s/api/v1/endpoints/house-prices.model.production/predict?explain=true' \
      -H 'Content-Type: application/json' -d '{"Gr_Liv_Area": 1500, "Neighborhood": "North_Ames", "Year_Built": 1970}'
`, u)
}

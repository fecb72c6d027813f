package deploy

import (
	"strings"
	"testing"

	"dasier/fault"
	"dasier/ml/metric"
)

func TestDecide(t *testing.T) {
	fig := func(version int, value, spread, level float64) Figure {
		return Figure{version, value, value - spread, value + spread, level}
	}
	for name, test := range map[string]struct {
		goal           string
		candidate, now Figure
		want           ComparisonEnd
	}{
		"clearly smaller": {"min", fig(2, 10, 1, 0.95), fig(1, 20, 1, 0.95), ClearlyBetter},
		"smaller":         {"min", fig(2, 19, 3, 0.95), fig(1, 20, 3, 0.95), Better},
		"equal":           {"min", fig(2, 20, 3, 0.95), fig(1, 20, 3, 0.95), NotBetter},
		"larger":          {"min", fig(2, 30, 1, 0.95), fig(1, 20, 1, 0.95), NotBetter},
		"clearly greater": {"max", fig(2, 0.9, 0.01, 0.95), fig(1, 0.8, 0.01, 0.95), ClearlyBetter},
		"less is worse":   {"max", fig(2, 0.7, 0.01, 0.95), fig(1, 0.8, 0.01, 0.95), NotBetter},
		"nearer to 0":     {"zero", fig(2, -0.2, 0.1, 0.95), fig(1, 0.9, 0.1, 0.95), ClearlyBetter},
		"less, but off 0": {"zero", fig(2, -0.9, 0.1, 0.95), fig(1, 0.2, 0.1, 0.95), NotBetter},
		"around 0":        {"zero", fig(2, -0.2, 0.5, 0.95), fig(1, 0.6, 0.1, 0.95), Better},
		"no intervals":    {"max", fig(2, 0.9, 0, 0), fig(1, 0.8, 0, 0), Better},
	} {
		c := &Comparison{Metric: "m", Goal: test.goal, Candidate: test.candidate, Deployed: &test.now}
		decide(c)
		if c.Verdict != test.want || !strings.Contains(c.Words, test.candidate.String()) || !strings.Contains(c.Words, test.now.String()) {
			t.Errorf("%s: got %s, %q, want %s with both figures", name, c.Verdict, c.Words, test.want)
		}
	}
}

func TestFigures(t *testing.T) {
	v := Version{Model: "m", Number: 1, Metrics: []Metric{{Name: "rmse"}, {Name: "charm"}}}
	for name, want := range map[string]string{"r2": "it has rmse, charm", "charm": "which way is"} {
		if _, err := figureOf(v, name); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", name, err, want)
		}
	}
}

// Every metric that a training run may report has a better way.
func TestGoals(t *testing.T) {
	for name, want := range map[string]string{
		"smape": "min", "max_error": "min", "poisson_deviance": "min", "pinball_0.9": "min", "tweedie_1.5": "min", "log_loss": "min", "brier": "min", "mse": "min",
		"d2_gamma": "max", "explained_variance": "max", "kappa": "max", "specificity": "max", "f1_weighted": "max", "precision_macro": "max", "recall_macro": "max", "top_3": "max", "roc_auc": "max",
		"bias": "zero", "charm": "", "top_0": "",
	} {
		if got := goalOf(Metric{Name: name}); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if got := goalOf(Metric{Name: "rmse", Goal: "max"}); got != "max" {
		t.Errorf("a goal of the metric's own: got %q", got)
	}
	for _, m := range metric.All {
		if goalOf(Metric{Name: m.Name}) == "" {
			t.Errorf("%s has no better way", m.Name)
		}
	}
}

func TestLabels(t *testing.T) {
	seen := map[string]string{}
	for endpoint, want := range map[string]string{
		"house-prices.api.production":        "production--api--house-prices",
		"House-Prices.app.review-new-form":   "review-new-form--app--house-prices",
		"a_b.api.dev":                        "",
		"a-b.api.dev":                        "dev--api--a-b",
		"a.b--c.dev":                         "",
		"a--b.c.dev":                         "",
		strings.Repeat("n", 90) + ".api.dev": "",
		strings.Repeat("n", 91) + ".api.dev": "",
		"a.b." + strings.Repeat("e", 100):    "",
		"-.b.c":                              "",
		"house-prices.api.production-eu":     "production-eu--api--house-prices",
		"house-prices.api_production.eu":     "",
		"house-prices.api-production.eu":     "eu--api-production--house-prices",
		"house.prices-api.production":        "production--prices-api--house",
		"house-prices.api.review_a":          "",
		"house-prices.api.review-a":          "review-a--api--house-prices",
	} {
		got := Label(endpoint)
		if want != "" && got != want {
			t.Errorf("%s: got %s, want %s", endpoint, got, want)
		}
		if len(got) > 63 || strings.Trim(got, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || strings.HasPrefix(got, "-") || strings.HasSuffix(got, "-") {
			t.Errorf("%s: %q is no label of a host", endpoint, got)
		}
		if other, ok := seen[got]; ok {
			t.Errorf("%s and %s share the label %s", endpoint, other, got)
		}
		seen[got] = endpoint
	}
}

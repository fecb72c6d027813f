package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// model asks the model's endpoint with the project's token.
type model struct {
	url    string
	token  string
	client *http.Client
}

func newModel(url, token string) *model {
	return &model{url: strings.TrimSuffix(url, "/"), token: token, client: &http.Client{Timeout: 3 * time.Second}}
}

// prediction is what the endpoint answers.
type prediction struct {
	Prediction float64 `json:"prediction"`
	Interval   struct {
		Low   float64 `json:"low"`
		High  float64 `json:"high"`
		Level float64 `json:"level"`
	} `json:"interval"`
	Model   string `json:"model"`
	Version int    `json:"version"`
	Notices []struct {
		Input string `json:"input"`
		Code  string `json:"code"` // "imputed": not given; all others: unlike the training data
	} `json:"notices"`
	Reasons struct {
		Scale         string `json:"scale"`
		Contributions []struct {
			Input  string  `json:"input"`
			Value  any     `json:"value"` // nil: not given
			Effect float64 `json:"effect"`
		} `json:"contributions"`
	} `json:"reasons"`
}

// refusal is the model's word that the inputs, not the service, are wrong.
type refusal struct {
	Detail string `json:"detail"`
	Errors []struct {
		Location string `json:"location"`
		Message  string `json:"message"`
	} `json:"errors"`
}

// Error implements error.
func (r *refusal) Error() string { return "the model refuses: " + r.Detail }

func (r *refusal) fields() []fieldError {
	list := []fieldError{}
	for _, e := range r.Errors {
		list = append(list, fieldError{fieldOf(e.Location), e.Message})
	}
	return list
}

// attempts: asking for a price changes nothing, so it may be asked again.
const attempts = 2

func (m *model) predict(ctx context.Context, inputs map[string]any) (said prediction, err error) {
	body, err := json.Marshal(inputs)
	if err != nil {
		return said, fmt.Errorf("encoding the inputs: %w", err)
	}
	for range attempts {
		var status int
		var text []byte
		if status, text, err = m.ask(ctx, http.MethodPost, m.url+"/predict?explain=true", body); err != nil {
			continue
		}
		switch status {
		case http.StatusOK:
			if err := json.Unmarshal(text, &said); err != nil {
				return said, fmt.Errorf("reading the model's answer: %w", err)
			}
			return said, nil
		case http.StatusUnprocessableEntity:
			refused := &refusal{}
			if err := json.Unmarshal(text, refused); err != nil {
				return said, fmt.Errorf("reading the model's refusal: %w", err)
			}
			return said, refused
		}
		err = fmt.Errorf("the model answers with status %d: %.200s", status, text)
		if status < http.StatusInternalServerError && status != http.StatusTooManyRequests {
			break // asking again would not help
		}
	}
	return said, err
}

// ready asks whether the endpoint is there.
func (m *model) ready(ctx context.Context) error {
	status, text, err := m.ask(ctx, http.MethodGet, m.url, nil)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("the model answers with status %d: %.200s", status, text)
	}
	return err
}

func (m *model) ask(ctx context.Context, method, url string, body []byte) (int, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, fmt.Errorf("MODEL_URL: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	if m.token != "" {
		request.Header.Set("Authorization", "Bearer "+m.token)
	}
	response, err := m.client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return response.StatusCode, text, err
}

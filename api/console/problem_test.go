package console_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestRefusalSaysWhatIsWrongAndKeepsSecrets(t *testing.T) {
	s := newHouse(t)
	for _, c := range []struct {
		name   string
		sent   js
		detail string
	}{
		{"unknown", js{"username": "eve", "name": "Eve", "email": "e@example.org", "password": "battery staple", "admin": false, "boss": true}, `"detail":"body.boss: unexpected property"`},
		{"missing", js{"password": "battery staple"}, `"detail":"body: expected required property `},
		{"how many", js{"password": "battery staple"}, " (and "},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := s.in(t).call("admin", "POST", "/users", c.sent)
			if r.status != 422 || !strings.Contains(string(r.body), c.detail) {
				t.Errorf("%d %s, want 422 with %s", r.status, r.body, c.detail)
			}
			if strings.Contains(string(r.body), "battery") {
				t.Errorf("the answer holds the password: %s", r.body)
			}
		})
	}
}

func TestRefusedFormSaysWhatToSend(t *testing.T) {
	s := newHouse(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.address+"/api/v1/projects", strings.NewReader("name=x"))
	must(t, err)
	request.Header.Set("Authorization", "Bearer "+s.secrets["developer"])
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := http.DefaultClient.Do(request)
	must(t, err)
	text, err := io.ReadAll(answer.Body)
	must(t, errors.Join(err, answer.Body.Close()))
	if answer.StatusCode != http.StatusUnsupportedMediaType || !strings.Contains(string(text), "send JSON with the header Content-Type: application/json") {
		t.Errorf("%d %s", answer.StatusCode, text)
	}
}

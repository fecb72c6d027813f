package console_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"dasier/event"
)

// unaudited are the operations that change something and need no line, and why.
var unaudited = map[string]string{
	"POST /setup":     "it is done when there are users; the first one's line is the service's test",
	"DELETE /session": "it takes nothing from anybody else, and gives nothing",

	"POST /hooks/{id}/test":                            "a message to an address that has a line; the hook's own log has it",
	"POST /hooks/{id}/deliveries/{delivery}/redeliver": "as above",

	"POST /merge-requests":                                               "a request changes no branch; its discussion tells who opened it, and what follows has lines",
	"PATCH /merge-requests/{number}":                                     "words; another target has a line (merge_request.retargeted)",
	"POST /merge-requests/{number}/rebase":                               "an unprotected branch moves, as by a push: the request's versions tell",
	"POST /merge-requests/{number}/update":                               "as above",
	"POST /merge-requests/{number}/close":                                "the discussion tells",
	"POST /merge-requests/{number}/reopen":                               "the discussion tells",
	"POST /merge-requests/{number}/threads":                              "the discussion is its own log; what is changed in it later has lines",
	"POST /merge-requests/{number}/threads/{id}/notes":                   "as above",
	"PATCH /merge-requests/{number}/threads/{id}":                        "the thread says who resolved it",
	"POST /merge-requests/{number}/suggestions/apply":                    "an unprotected branch moves, as by a push",
	"POST /merge-requests/{number}/notes/{id}/suggestions/{index}/apply": "as above",

	"POST /models/{name}/versions":   "a version says who made it, from what; it serves nobody before a deployment or an alias, which have lines",
	"POST /runs":                     "figures about a training",
	"POST /bundles":                  "bytes that serve nobody before a deployment, which has a line",
	"POST /environments/{name}/open": "reading, for whoever may",
}

// otherwise are requests that succeed where those of the table do not, and where
// the owner is the wrong one to ask.
var otherwise = map[string]operation{
	"POST /session":                    {body: "as guest"},
	"DELETE /me/tokens/{id}":           {send: "id=$token"},
	"POST /invitations/{token}/accept": {body: "as outsider"},
	"DELETE /tokens/{id}":              {send: "id=1"},
	"PUT /job-access/{source}":         {send: "source=$other"},
	"DELETE /job-access/{source}":      {send: "source=$other"},
	"DELETE /invitations/{id}":         {send: "id=3"},
	"POST /merges":                     {body: `{"source":"feature","target":"main"}`},
}

// elsewhere have lines that other tests look for, because getting there is a story.
var elsewhere = map[string]string{
	"POST /merge-requests/{number}/approve":   "forge/merge: TestApprovalHoldsForItsContent",
	"POST /merge-requests/{number}/unapprove": "forge/merge",
	"POST /merge-requests/{number}/merge":     "forge/merge: TestApprovalHoldsForItsContent",
	"POST /deployments/{id}/approve":          "delivery/deploy: gate_test.go",
	"POST /deployments/{id}/reject":           "delivery/deploy: gate_test.go",
	"POST /deployments/{id}/break-glass":      "delivery/deploy: gate_test.go",
	"POST /environments/{name}/rollback":      "delivery/deploy: service_test.go",
}

// TestEveryChangeIsAudited does everything that changes something, as someone who
// may, and looks for its line among what is saved with the change.
func TestEveryChangeIsAudited(t *testing.T) {
	s := newHouse(t)
	s.furnish()
	s.call("owner", "POST", "/projects", js{"namespace": "owner", "name": "other"}).want(201)
	token := s.call("owner", "POST", "/me/tokens", js{"name": "x", "scopes": []string{"api"}}).want(200)
	fill := strings.NewReplacer("$token", fmt.Sprint(token.at("id")), "$other", fmt.Sprint(s.projectID("owner", "/projects/owner%2Fother")))
	s.react()
	for _, o := range operations {
		name := o.method + " " + o.path
		if o.method == "GET" || elsewhere[name] != "" {
			continue
		}
		as := "owner"
		if o.needs == admin {
			as = "admin"
		}
		if other, ok := otherwise[name]; ok {
			if other.send != "" {
				o.send = fill.Replace(other.send)
			}
			if who, ok := strings.CutPrefix(other.body, "as "); ok {
				as = who
			}
		}
		status, answer := s.try(o, caller{name: as, header: "Private-Token", token: s.secrets[as]})
		acts := s.acts()
		switch why := unaudited[name]; {
		case why != "" && len(acts) > 0:
			t.Errorf("%s needs no line (%s), and has %v", name, why, acts)
		case why != "":
		case status >= 300:
			t.Errorf("%s could not be done: %d %s", name, status, answer)
		case len(acts) == 0:
			t.Errorf("%s left no line in the audit log", name)
		case slices.ContainsFunc(acts, func(a event.Act) bool { return a.Username != as && a.Username != "eve" || a.At.IsZero() }):
			t.Errorf("%s by %s: %+v", name, as, acts)
		}
		s.react()
	}
	for _, table := range []map[string]string{unaudited, elsewhere} {
		for name := range table {
			if !slices.ContainsFunc(operations, func(o operation) bool { return o.method+" "+o.path == name }) {
				t.Errorf("%s is no operation any more", name)
			}
		}
	}
}

// acts are the lines that were saved and not taken into the log yet.
func (s *server) acts() []event.Act {
	s.t.Helper()
	recorded, err := s.data.Undelivered(s.t.Context(), 1000)
	must(s.t, err)
	var acts []event.Act
	for _, r := range recorded {
		if r.Kind == (event.Act{}).EventKind() {
			acts = append(acts, decode[event.Act](s.t, r.Payload))
		}
	}
	return acts
}

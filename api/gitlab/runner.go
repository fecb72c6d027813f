package gitlab

import (
	"net/http"

	"dasier/ci"
	"dasier/fault"
)

type runnerAnswer struct {
	ID      ci.RunnerID `json:"id"`
	Token   string      `json:"token"`
	Expires *string     `json:"token_expires_at"` // null: never
}

// verify is how runners register today: the runner was made here, and proves
// that it has the token.
func (f *Face) verify(w http.ResponseWriter, r *http.Request) error {
	var body credentials
	token, err := read(r, "Runner-Token", &body)
	if err != nil {
		return err
	}
	runner, err := f.ci.VerifyRunner(r.Context(), token, body.Info)
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, runnerAnswer{ID: runner.ID, Token: token})
	return nil
}

// legacyRegister refuses the way that GitLab has given up, and says the other.
func (f *Face) legacyRegister(http.ResponseWriter, *http.Request) error {
	return fault.Errorf(fault.Denied, "registration tokens are not supported: create the runner on the server and register with its token")
}

func (f *Face) unregister(w http.ResponseWriter, r *http.Request) error {
	var body credentials
	token, err := read(r, "Runner-Token", &body)
	if err != nil {
		return err
	}
	if err := f.ci.RemoveRunner(r.Context(), token); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// unregisterManager takes one machine of a runner off; the runner stays, and
// machines are not kept apart here.
func (f *Face) unregisterManager(w http.ResponseWriter, r *http.Request) error {
	var body credentials
	token, err := read(r, "Runner-Token", &body)
	if err != nil {
		return err
	}
	if _, err := f.ci.VerifyRunner(r.Context(), token, body.Info); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (f *Face) rotate(w http.ResponseWriter, r *http.Request) error {
	var body credentials
	token, err := read(r, "Runner-Token", &body)
	if err != nil {
		return err
	}
	fresh, err := f.ci.RotateRunnerToken(r.Context(), token)
	if err != nil {
		return err
	}
	answer(w, http.StatusCreated, struct {
		Token   string  `json:"token"`
		Expires *string `json:"token_expires_at"`
	}{Token: fresh})
	return nil
}

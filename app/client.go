package app

import (
	"context"
	"net/http"

	"dasier/api/infer"
	"dasier/delivery/meter"
	"dasier/delivery/serve"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// mayPredict decides who may ask an endpoint that is not public. A token that
// is for one environment may not ask another's.
func (s *Server) mayPredict(r *http.Request, meta *serve.Meta) (infer.Client, error) {
	actor, err := s.identity.Authenticate(r)
	if err != nil {
		return infer.Client{}, err
	}
	var id project.ID // none has the id 0
	if meta != nil {
		id = meta.Project
	}
	if err := s.projects.May(r.Context(), actor, id, auth.Predict); err != nil {
		return infer.Client{}, err
	}
	limits := actor.Limits
	if meta != nil && limits.Environment != "" && limits.Environment != meta.Environment {
		return infer.Client{}, fault.Errorf(fault.Denied, "permission predict refused: this token is for the environment %s, and the endpoint is of %s", limits.Environment, meta.Environment)
	}
	return infer.Client{Token: actor.Token, PerSecond: limits.PerSecond, PerDay: limits.PerDay}, nil
}

// metered counts what clients of endpoints use.
type metered struct{ *meter.Meter }

// Take implements infer.Meter: only predictions are refused for the day's
// limit.
func (m metered) Take(ctx context.Context, c infer.Client, predicts bool) error {
	limits := auth.Limits{PerSecond: c.PerSecond, PerDay: c.PerDay}
	if !predicts {
		limits.PerDay = 0
	}
	return m.Meter.Take(ctx, c.Token, limits)
}

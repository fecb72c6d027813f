package deploy

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"dasier/fault"
	"dasier/forge/auth"
)

// environ decides a service's environment: the manifest's own variables, then
// the CI variables that it names, then what every service is told. Later ones
// win. A variable that is named and not there is an error: a service that
// starts without its password fails in a worse place.
func (s *Service) environ(ctx context.Context, env Environment, d Deployment) ([]Variable, error) {
	owner, err := s.gate.Get(ctx, auth.System("deploy"), env.Project)
	if err != nil {
		return nil, err
	}
	values := map[string]Variable{}
	for key, value := range d.Service.Environment {
		values[key] = Variable{Key: key, Value: value}
	}
	if err := s.ciVariables(ctx, env, d, values); err != nil {
		return nil, err
	}
	for key, value := range map[string]string{
		"DASIER_SERVER": s.cfg.URL, "DASIER_PROJECT": owner.Path(), "DASIER_ENVIRONMENT": env.Name,
		"DASIER_DEPLOYMENT": strconv.FormatInt(int64(d.ID), 10), "DASIER_COMMIT": d.Commit, "DASIER_ADDRESS": s.Address(env.Endpoint),
	} {
		values[key] = Variable{Key: key, Value: value}
	}
	list := make([]Variable, 0, len(values))
	for _, key := range slices.Sorted(maps.Keys(values)) {
		list = append(list, values[key])
	}
	return list, nil
}

func (s *Service) ciVariables(ctx context.Context, env Environment, d Deployment, values map[string]Variable) error {
	if len(d.Service.Variables) == 0 {
		return nil
	}
	var known []Variable
	if s.cfg.Variables != nil {
		var err error
		// Of a protected environment only maintainers, or people who approved,
		// decide what runs there. Where developers do, it is the ref that counts.
		guarded := env.Protected && (env.DeployRole != auth.Developer || env.Approvals > 0)
		if known, err = s.cfg.Variables.ForEnvironment(ctx, env.Project, env.Name, guarded || d.Origin.Protected); err != nil {
			return err
		}
	}
	var absent []string
	for _, name := range d.Service.Variables {
		i := slices.IndexFunc(known, func(v Variable) bool { return v.Key == name })
		if i < 0 {
			absent = append(absent, name)
			continue
		}
		values[name] = known[i]
	}
	if len(absent) > 0 {
		return fault.Errorf(fault.Invalid, "the service asks for the CI variable %s, which the project does not have for the environment %s (a protected variable is for protected branches and environments)", strings.Join(absent, ", "), env.Name)
	}
	return nil
}

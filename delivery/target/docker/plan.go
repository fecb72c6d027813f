package docker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"dasier/container"
	"dasier/delivery/deploy"
	"dasier/fault"
)

// The labels of containers and images: all that is known of them after a
// restart.
const (
	labelServer      = "dasier.server"
	labelKind        = "dasier.kind"
	labelEndpoint    = "dasier.endpoint"
	labelProject     = "dasier.project"
	labelEnvironment = "dasier.environment"
	labelDeployment  = "dasier.deployment"
	labelDigest      = "dasier.digest"
	labelIdentity    = "dasier.identity"
	labelModel       = "dasier.model"
	labelVersion     = "dasier.version"
)

// nobody is the user that our own images run as; it has no name in them.
const nobody = 65532

// innerPort is where programs listen in their containers.
const innerPort = 8080

// plan is what is to run for a placement, down to the container.
type plan struct {
	placement deploy.Placement
	// identity is the same exactly when a container may serve both plans, as far
	// as this can be told without values of variables.
	identity    string
	image       func(ctx context.Context) error // makes sure that it is there
	spec        container.Spec
	files       []byte // a tar archive of what is copied into the container
	token       string
	health      string
	startWithin time.Duration
	verify      func(ctx context.Context, i *instance) error
}

func (t *Target) plan(ctx context.Context, p deploy.Placement) (*plan, error) {
	facts, err := t.known(ctx)
	if err != nil {
		return nil, err
	}
	var made *plan
	switch p.Kind {
	case deploy.KindModel, "":
		p.Kind = deploy.KindModel
		made, err = t.planModel(ctx, p, facts)
	case deploy.KindService:
		made, err = t.planService(p, facts)
	case deploy.KindSite:
		return nil, fault.Errorf(fault.Invalid, "a site is no program, so there is nothing to put into a container: the server serves its files itself")
	default:
		return nil, fault.Errorf(fault.Invalid, "the Docker target does not run a %s", p.Kind)
	}
	if err != nil {
		return nil, err
	}
	made.placement = p
	labels := t.labels(p.Endpoint)
	maps.Copy(labels, map[string]string{
		labelKind: string(p.Kind), labelProject: strconv.FormatInt(int64(p.Project), 10), labelEnvironment: p.Environment,
		labelDeployment: strconv.FormatInt(int64(p.Deployment), 10), labelDigest: p.Digest, labelIdentity: made.identity,
	})
	if p.Kind == deploy.KindModel {
		labels[labelModel], labels[labelVersion] = p.Model, strconv.Itoa(p.Version)
	}
	made.spec.Labels, made.spec.Network, made.spec.Port, made.spec.Restart = labels, t.network(), innerPort, true
	if made.spec.Memory == 0 {
		made.spec.Memory = t.cfg.Memory
	}
	if made.spec.CPU == 0 {
		made.spec.CPU = t.cfg.CPU
	}
	// More cores than there are the engine refuses.
	if facts.CPUs > 0 {
		made.spec.CPU = min(made.spec.CPU, float64(facts.CPUs))
	}
	return made, nil
}

// labels find an endpoint's containers.
func (t *Target) labels(endpoint string) map[string]string {
	return map[string]string{labelServer: t.cfg.Server, labelEndpoint: endpoint}
}

// network is where this server's containers are, each for itself.
func (t *Target) network() string { return "dasier-" + t.cfg.Server }

// tag names an image of this server.
func (t *Target) tag(kind, version string) string {
	return fmt.Sprintf("dasier-%s/%s:%s", t.cfg.Server, kind, version)
}

// identityOf digests what decides about a container.
func identityOf(parts ...any) (string, error) {
	text, err := json.Marshal(parts)
	if err != nil {
		return "", fmt.Errorf("naming a container: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16]), nil
}

func (p *plan) instance(id, address, token string) *instance {
	return &instance{id: id, identity: p.identity, address: address, token: token, environ: p.placement.Environ, placement: p.placement}
}

// sameEnvironment tells whether an instance got the variables of the plan.
func (p *plan) sameEnvironment(i *instance) bool {
	if i.adopted && slices.ContainsFunc(p.placement.Environ, func(v deploy.Variable) bool { return v.File }) {
		return false
	}
	return slices.Equal(i.environ, p.placement.Environ)
}

// matches tells whether a container of an earlier time has the variables of the
// plan. The contents of files cannot be read back: such a container is made
// anew.
func (p *plan) matches(state *container.State) bool {
	for _, v := range p.placement.Environ {
		if v.File || !slices.Contains(state.Environ, v.Key+"="+v.Value) {
			return false
		}
	}
	return state.Publish != 0
}

// tokenVariable is how a model learns the token that it asks for.
const tokenVariable = "DASIER_SERVE_TOKEN" // #nosec G101 -- the name

func tokenOf(state *container.State) string {
	for _, entry := range state.Environ {
		if token, ok := strings.CutPrefix(entry, tokenVariable+"="); ok {
			return token
		}
	}
	return ""
}

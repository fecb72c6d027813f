package deploy

import (
	"regexp"
	"strings"
	"time"

	"dasier/fault"
	"dasier/forge/project"
)

// EnvironmentID names an environment.
type EnvironmentID int64

// Environment is a place of a project where one model version serves.
type Environment struct {
	ID          EnvironmentID
	Project     project.ID
	Name        string
	Tier        Tier
	Description string
	// Public endpoints answer everyone; others ask for the permission predict.
	Public bool
	// Protected environments ask for deploy_protected_environment.
	Protected bool
	// Endpoint is the name that clients ask: "<namespace>.<project>.<env>".
	Endpoint  string
	Current   ID // the deployment that serves; 0 when nothing does
	CreatedAt time.Time
	Version   int // counts changes of the settings

	// Health and Problem tell how the target took the current deployment, as
	// far as this server knows. They are derived, never stored.
	Health  Health
	Problem string
}

// Health is whether an environment answers.
type Health string

// The states of health.
const (
	Empty  Health = "empty"  // nothing was deployed
	Ready  Health = "ready"  // the current deployment serves
	Broken Health = "failed" // there is a current deployment, and the target could not apply it
)

// Tier says how much depends on an environment.
type Tier string

// GitLab's tiers.
const (
	Production  Tier = "production"
	Staging     Tier = "staging"
	Testing     Tier = "testing"
	Development Tier = "development"
	Other       Tier = "other"
)

// tierPatterns is how GitLab guesses a tier from a name; the first match
// counts, so that "pre-prod" is staging and "production-test" is testing.
var tierPatterns = []struct {
	pattern *regexp.Regexp
	tier    Tier
}{
	{regexp.MustCompile(`(?i)dev|review|trunk`), Development},
	{regexp.MustCompile(`(?i)test|tst|int|ac(ce)?pt|qa|qc|control|quality`), Testing},
	{regexp.MustCompile(`(?i)sta?g|mode?l|pre|demo|non`), Staging},
	{regexp.MustCompile(`(?i)pro?d|live`), Production},
}

// TierOf derives an environment's tier from its name, as GitLab does.
func TierOf(name string) Tier {
	for _, p := range tierPatterns {
		if p.pattern.MatchString(name) {
			return p.tier
		}
	}
	return Other
}

const maxEnvironmentName = 100

// A slash groups environments ("review/new-bathroom"). There is no dot: dots
// separate the parts of an endpoint's name.
var environmentName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*(/[A-Za-z0-9][A-Za-z0-9_-]*)*$`)

// newEnvironment applies the rules for an environment that does not exist yet.
func newEnvironment(owner project.Project, name string, now time.Time) (Environment, error) {
	if len(name) > maxEnvironmentName || !environmentName.MatchString(name) {
		return Environment{}, fault.Errorf(fault.Invalid,
			"environment %q: expected letters, digits, - and _, in parts joined by /, at most %d characters", shorten(name), maxEnvironmentName).At("environment")
	}
	tier := TierOf(name)
	return Environment{
		Project: owner.ID, Name: name, Tier: tier, Protected: tier == Production,
		Endpoint: EndpointName(owner.Path(), name), CreatedAt: now, Version: 1,
	}, nil
}

// EndpointName is what clients call the environment of a project: it is one
// path segment, unique on the server.
func EndpointName(projectPath, environment string) string {
	return strings.ReplaceAll(projectPath, "/", ".") + "." + strings.ReplaceAll(environment, "/", "-")
}

// shorten keeps a refusal readable when the refused text is not.
func shorten(s string) string {
	const limit = 80
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}

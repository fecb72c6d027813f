package deploy

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
	"time"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// EnvironmentID names an environment.
type EnvironmentID int64

// Environment is a place of a project where one model version, service or site
// serves.
type Environment struct {
	ID          EnvironmentID
	Project     project.ID
	Name        string
	Tier        Tier
	Description string
	// Public endpoints answer everyone; others ask for the permission predict.
	Public bool
	// Protected environments ask whoever deploys to them for the DeployRole, jobs
	// for a protected branch, and each deployment for so many Approvals of people
	// with the ApprovalRole who did not ask for it.
	Protected    bool
	DeployRole   auth.Role // Developer or Maintainer
	Approvals    int
	ApprovalRole auth.Role // Developer or Maintainer
	// Target says where it runs: Embedded or Docker.
	Target string
	Kind   Kind // of what was deployed last; empty before
	// Stopped environments serve nothing until the next deployment.
	Stopped bool
	// Branch is the branch whose job deployed last. When it is deleted, a preview
	// ends. OnStopJob is the CI job that takes it down, AutoStopAt when that
	// happens by itself; zero: none, never.
	Branch     string
	OnStopJob  int64
	AutoStopAt time.Time
	// Endpoint is the name that clients ask: "<namespace>.<project>.<env>".
	Endpoint  string
	Current   ID // the deployment that serves; 0 when nothing does
	CreatedAt time.Time
	Version   int // counts changes of the settings

	// Address is where people reach the service or site; derived, and empty for
	// models.
	Address string

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
		DeployRole: auth.Maintainer, ApprovalRole: auth.Maintainer, Target: Embedded,
		Endpoint: EndpointName(owner.Path(), name), CreatedAt: now, Version: 1,
	}, nil
}

// Preview tells an environment that lives and dies with a branch.
func (e Environment) Preview() bool {
	return e.Branch != "" && !e.Protected && (e.OnStopJob != 0 || !e.AutoStopAt.IsZero() || strings.Contains(e.Name, "/"))
}

// EndpointName is what clients call the environment of a project: it is one
// path segment, unique on the server.
func EndpointName(projectPath, environment string) string {
	return strings.ReplaceAll(projectPath, "/", ".") + "." + strings.ReplaceAll(environment, "/", "-")
}

// Label is the first part of the host name under which the endpoint's service
// or site is reached: "production--app--house-prices". Where making a host name
// of it loses something (length, letters that host names lack), a piece of a
// hash keeps labels apart.
func Label(endpoint string) string {
	const longest = 63 // RFC 1035, section 2.3.4
	lower := strings.ToLower(endpoint)
	parts := strings.SplitN(lower, ".", 3)
	for i, j := 0, len(parts)-1; i < j; i, j = i+1, j-1 {
		parts[i], parts[j] = parts[j], parts[i]
	}
	label, exact := strings.Join(parts, "--"), true
	for _, part := range parts {
		exact = exact && !strings.Contains(part, "--") && strings.Trim(part, "-") == part
	}
	slug := strings.Trim(notInHosts.ReplaceAllString(label, "-"), "-")
	if exact && slug == label && len(label) <= longest {
		return label
	}
	sum := sha256.Sum256([]byte(lower))
	tail := "-" + hex.EncodeToString(sum[:5])
	return strings.TrimRight(slug[:min(len(slug), longest-len(tail))], "-") + tail
}

var notInHosts = regexp.MustCompile(`[^a-z0-9-]`)

func itoa(n int) string { return strconv.Itoa(n) }

// shorten keeps a refusal readable when the refused text is not.
func shorten(s string) string {
	const limit = 80
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}

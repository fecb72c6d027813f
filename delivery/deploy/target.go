package deploy

import (
	"context"
	"io"
	"time"

	"dasier/delivery/bundle"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// Kind is what is deployed.
type Kind string

// The kinds.
const (
	KindModel   Kind = "model"   // a registered version, asked through the prediction API
	KindService Kind = "service" // a program that answers HTTP
	KindSite    Kind = "site"    // static files
)

// The names of targets, as Environment.Target has them.
const (
	Embedded = "embedded" // this server's own process and machine
	Docker   = "docker"   // containers of a Docker engine
)

// Placement says what answers at an endpoint: all that a target has to know,
// so that it asks nobody and can be told again after a restart.
type Placement struct {
	Kind        Kind
	Endpoint    string // the key: a target has at most one placement of an endpoint
	Project     project.ID
	Environment string
	Target      string // Embedded or Docker; empty means Embedded
	Public      bool   // whoever routes requests decides by it; a target does not
	Deployment  ID
	DeployedAt  time.Time

	// Digest is what the deployed bytes must have: of the version's package for
	// a model, of the archive for a service or site (blob.Digest). A target that
	// finds other bytes refuses.
	Digest string

	Model   string // of KindModel
	Version int    // of KindModel

	Service *bundle.Service // of KindService, checked: defaults are filled in
	Site    *bundle.Site    // of KindSite, checked

	// Environ is the whole environment of a service besides the port's variable
	// and what a target must set itself (PATH, HOME): the manifest's plain
	// variables, the CI variables it names and what every service is told
	// (DASIER_*). It is decided anew at each Apply. Values may be secrets: a
	// target shows them to the program alone, never in an error, a log, a label
	// or another program's view.
	Environ []Variable
}

// Variable is one variable of a service's environment.
type Variable struct {
	Key   string
	Value string
	File  bool // the program gets the path of a file that holds the value
}

// Backend is where the requests to an endpoint go at this moment.
type Backend struct {
	// Address is the host:port of a server that speaks HTTP/1.1 and takes
	// WebSockets. It is reachable from this process only as far as the target
	// can arrange that.
	Address string
	// Deployment is the one that answers there.
	Deployment ID
	// Release ends the hold; it is called exactly once.
	Release func()
}

// Target is where deployments run. Package targettest holds every
// implementation to this contract. Methods are safe for concurrent use; calls
// of Apply and Remove for one endpoint come one after the other from package
// deploy, but a target must stay whole if they do not.
type Target interface {
	// Apply makes the endpoint answer with the placement and returns when it
	// does. It may be called again with the same placement, and then changes
	// nothing but what differs: a service that runs already with the same
	// deployment, digest, manifest and environment keeps running. While it works
	// and when it fails or ctx ends, the endpoint answers as before.
	//
	// A service is switched to only when its health path has answered. Requests
	// that hold the Backend before it are let finish (for the target's drain
	// time at most) after Apply has returned; only then is the old one stopped.
	//
	// A fault's message says why in words that a user may read; for a service
	// that did not become healthy it ends with the last lines of its log. A kind
	// that the target does not run is fault.Invalid.
	Apply(ctx context.Context, p Placement) error
	// Remove makes the endpoint answer no more and ends what ran there. Removing
	// what is not there is no error.
	Remove(ctx context.Context, endpoint string) error
	// Health is nil when the endpoint answers as far as the target knows, and
	// says what is wrong otherwise; what is not there is fault.Missing. It is
	// asked for pages, so it answers from memory.
	Health(endpoint string) error
	// Backend finds where the endpoint's requests go now, and holds it: what it
	// names is not stopped before Release (or the drain time after a switch). It
	// is asked once per request, so it answers from memory. What has no address
	// (nothing there, a model in this process, a site) is fault.Missing; what is
	// down for now is fault.Unavailable.
	Backend(endpoint string) (Backend, error)
	// Logs reads the last lines of what the endpoint's program wrote, and with
	// follow goes on with what it writes, until ctx ends or the reader is closed.
	// What writes no log (a model in this process, a site) is fault.Missing.
	Logs(ctx context.Context, endpoint string, lines int, follow bool) (io.ReadCloser, error)
}

// Bundles opens the archives of services and sites: bundle.Service, for targets.
type Bundles interface {
	// Open reads an archive that was uploaded to the project; fault.Missing when
	// there is none. The bytes were checked when they came in: bundle.Unpack
	// writes them into a folder.
	Open(ctx context.Context, id project.ID, digest string) (r io.ReadCloser, size int64, err error)
}

// VersionRef says which version of a model is meant: by number, by alias or by
// the commit that made it; by none of them, the latest.
type VersionRef struct {
	Model  string
	Number int
	Alias  string
	Commit string
}

// Version is a registered model version.
type Version struct {
	Model   string
	Number  int
	Digest  string
	Commit  string
	Size    int64
	Metrics []Metric // held-out
}

// Metric is a figure of a version with its confidence interval.
type Metric struct {
	Name  string
	Value float64
	Low   float64
	High  float64
	Level float64 // of the interval; 0 when there is none
	Goal  string  // which way is better, "min", "max" or "zero"
}

// Registry knows model versions.
type Registry interface {
	// Resolve finds the version that ref means. A model or version that does
	// not exist, or that the actor may not see, is fault.Missing.
	Resolve(ctx context.Context, actor auth.Actor, id project.ID, ref VersionRef) (Version, error)
}

// Gate decides who may do what in a project: project.Service.
type Gate interface {
	// May is nil when the actor has the permission there. A project that the
	// actor may not see is fault.Missing.
	May(ctx context.Context, actor auth.Actor, id project.ID, permission auth.Permission) error
	// Get loads a project that the actor may see.
	Get(ctx context.Context, actor auth.Actor, id project.ID) (project.Project, error)
	// ByPath finds a project that the actor may see.
	ByPath(ctx context.Context, actor auth.Actor, namespace, name string) (project.Project, error)
}

package lang

import "time"

// Graph is what a configuration means in one context: the jobs that run, in
// the order of the file within the order of the stages.
type Graph struct {
	// Name is workflow:name with its variables in place; empty when there is
	// none.
	Name string
	// Stages in running order, without those that no job is in. .pre comes
	// first and .post last.
	Stages []string
	Jobs   []Job
	// Variables are the global ones, with those of the workflow rule that
	// matched on top. Every job's Variables hold them already.
	Variables map[string]Variable
	// AutoCancel is workflow:auto_cancel, recorded.
	AutoCancel AutoCancel
	// Notices say which accepted keywords have no effect here, a sentence each.
	Notices []string
}

// Job is one node of the graph. It is kept as JSON under these field names:
// fields may be added, none renamed.
type Job struct {
	Name  string
	Stage string
	// Line is where the job's name stands in its file.
	Line int

	Image    *Image
	Services []Service

	BeforeScript []string
	Script       []string
	AfterScript  []string

	// Variables are global, workflow rule, job and rule variables merged in
	// this rising order of precedence, unexpanded, in order of first
	// appearance.
	Variables []Variable

	// Needs is meaningful when NeedsSet: `needs: []` starts the job at once,
	// an absent `needs` after all jobs of earlier stages.
	Needs    []Need
	NeedsSet bool
	// Dependencies is meaningful when DependenciesSet: `dependencies: []`
	// takes no artifacts, an absent one those of all jobs waited for.
	Dependencies    []string
	DependenciesSet bool

	Artifacts *Artifacts
	Cache     []Cache

	// When is on_success, on_failure, always or manual. A job whose rules say
	// never is not in the graph.
	When                  string
	AllowFailure          bool
	AllowFailureExitCodes []int
	Retry                 Retry
	// Timeout 0 means the runner's or project's default.
	Timeout       time.Duration
	Environment   *Environment
	Interruptible bool
	Tags          []string
	ResourceGroup string
	// Coverage is the regular expression between the slashes; empty for none.
	Coverage string
	// NodeIndex and NodeTotal are this job's place in `parallel`, from 1; both
	// 0 without it. The variables CI_NODE_INDEX and CI_NODE_TOTAL are in
	// Variables already.
	NodeIndex, NodeTotal int
}

// Variable is one CI/CD variable. Its value is unexpanded; Raw values
// (`expand: false`) stay so.
type Variable struct {
	Key   string
	Value string
	Raw   bool
	// Description and Options are what a form for a manual pipeline shows;
	// only global variables have them.
	Description string
	Options     []string
}

// Need is an edge: this job starts when Job is done.
type Need struct {
	Job       string
	Artifacts bool
	Optional  bool
}

// Artifacts is what a job leaves behind.
type Artifacts struct {
	Name     string
	Paths    []string
	Exclude  []string
	ExposeAs string
	// ExpireIn 0 means the server's default, unless Never.
	ExpireIn time.Duration
	Never    bool
	// When is on_success, on_failure or always.
	When      string
	Untracked bool
	// Reports has the paths of each kind of report: junit, dotenv, metrics.
	Reports map[string][]string
}

// Cache names files that a runner keeps from one job to the next, where it can:
// they make a job faster, and no job may need them.
type Cache struct {
	// Key says which jobs share it, unexpanded; with KeyFiles it is what stands
	// before the digest of those files.
	Key          string
	KeyFiles     []string
	FallbackKeys []string // tried in their order when there is none of Key
	Paths        []string
	Untracked    bool
	Policy       string // pull, push or pull-push, unexpanded; "" is pull-push
	When         string // on_success, on_failure or always; "" is on_success
	// Unprotect lets jobs of protected and of other branches share it.
	Unprotect bool
}

// Retry says how often, after which failures, a job is tried again.
type Retry struct {
	Max       int
	When      []string
	ExitCodes []int
}

// Environment is what the job deploys to, unexpanded.
type Environment struct {
	Name string
	URL  string
	// Action is start, prepare, stop, verify or access.
	Action string
	OnStop string
	// Tier is deployment_tier: production, staging, testing, development or
	// other; empty to be guessed from the name.
	Tier       string
	AutoStopIn time.Duration
}

// Image is a container image, recorded for executors that use one.
type Image struct {
	Name       string
	Entrypoint []string
	User       string
	PullPolicy []string
}

// Service is a container beside the job's.
type Service struct {
	Name       string
	Alias      string
	Entrypoint []string
	Command    []string
	PullPolicy []string
	Variables  []Variable
}

// AutoCancel is workflow:auto_cancel: conservative, interruptible or none on a
// new commit; all or none on a job's failure. Empty means the default.
type AutoCancel struct {
	OnNewCommit  string
	OnJobFailure string
}

package runner

// The protocol's types, as far as this runner uses them. They are the runner's
// own: it must work with servers that it was not built with.

// job is a job as the server hands it out.
type job struct {
	ID           int64        `json:"id"`
	Token        string       `json:"token"`
	Info         jobInfo      `json:"job_info"`
	Git          gitInfo      `json:"git_info"`
	Runner       runnerInfo   `json:"runner_info"`
	Variables    []variable   `json:"variables"`
	Steps        []step       `json:"steps"`
	Image        *image       `json:"image"`
	Services     []image      `json:"services"`
	Artifacts    []artifact   `json:"artifacts"`
	Cache        []cache      `json:"cache"`
	Dependencies []dependency `json:"dependencies"`
	Features     features     `json:"features"`
}

type jobInfo struct {
	ProjectID int64  `json:"project_id"`
	Name      string `json:"name"`
	Stage     string `json:"stage"`
	Project   string `json:"project_full_path"`
}

type gitInfo struct {
	URL          string   `json:"repo_url"`
	Ref          string   `json:"ref"`
	SHA          string   `json:"sha"`
	Refspecs     []string `json:"refspecs"`
	Depth        int      `json:"depth"`
	ObjectFormat string   `json:"repo_object_format"`
}

type runnerInfo struct {
	Timeout int `json:"timeout"` // seconds
}

type variable struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	File   bool   `json:"file"`
	Masked bool   `json:"masked"`
	Raw    bool   `json:"raw"`
}

type step struct {
	Name   string   `json:"name"`
	Script []string `json:"script"`
}

type image struct {
	Name       string   `json:"name"`
	Alias      string   `json:"alias"`
	Entrypoint []string `json:"entrypoint"`
	Command    []string `json:"command"`
}

type artifact struct {
	Name      string   `json:"name"`
	Untracked bool     `json:"untracked"`
	Paths     []string `json:"paths"`
	Exclude   []string `json:"exclude"`
	When      string   `json:"when"`
	ExpireIn  string   `json:"expire_in"`
	Type      string   `json:"artifact_type"`
	Format    string   `json:"artifact_format"`
}

type cache struct {
	Key          string   `json:"key"`
	Untracked    bool     `json:"untracked"`
	Paths        []string `json:"paths"`
	Policy       string   `json:"policy"`
	When         string   `json:"when"`
	FallbackKeys []string `json:"fallback_keys"`
}

type dependency struct {
	ID    int64          `json:"id"`
	Name  string         `json:"name"`
	Token string         `json:"token"`
	File  dependencyFile `json:"artifacts_file"`
}

type dependencyFile struct {
	Filename string `json:"filename"`
	Size     int64  `json:"size"`
}

type features struct {
	TraceSections  bool     `json:"trace_sections"`
	TokenPrefixes  []string `json:"token_mask_prefixes"`
	FailureReasons []string `json:"failure_reasons"`
}

// introduction is what a runner says of itself in every call with a JSON body.
type introduction struct {
	Name         string          `json:"name"`
	Version      string          `json:"version"`
	Revision     string          `json:"revision"`
	Platform     string          `json:"platform"`
	Architecture string          `json:"architecture"`
	Executor     string          `json:"executor"`
	Shell        string          `json:"shell"`
	Features     map[string]bool `json:"features"`
}

// abilities are the protocol's names of what this runner can do. What is not
// here it cannot.
var abilities = map[string]bool{
	"variables": true, "raw_variables": true, "masking": true, "refspecs": true, "multi_build_steps": true,
	"artifacts": true, "artifacts_exclude": true, "upload_multiple_artifacts": true,
	"trace_reset": true, "trace_checksum": true, "trace_size": true,
	"cancelable": true, "cancel_gracefully": true, "return_exit_code": true, "two_phase_job_commit": true,
	"image": false, "services": false, "cache": false, "session": false, "terminal": false, "upload_raw_artifacts": false,
}

type requestBody struct {
	Info       introduction `json:"info"`
	Token      string       `json:"token"`
	SystemID   string       `json:"system_id"`
	LastUpdate string       `json:"last_update,omitempty"`
}

// The states that a runner reports.
const (
	stateRunning = "running"
	stateSuccess = "success"
	stateFailed  = "failed"
)

type updateBody struct {
	Info     introduction `json:"info"`
	Token    string       `json:"token"`
	State    string       `json:"state"`
	Reason   string       `json:"failure_reason,omitempty"`
	Checksum string       `json:"checksum,omitempty"`
	Output   output       `json:"output"`
	ExitCode int          `json:"exit_code,omitempty"`
}

type output struct {
	Checksum string `json:"checksum,omitempty"`
	Size     int64  `json:"bytesize,omitempty"`
}

// Reasons for a failure.
const (
	reasonScript      = "script_failure"
	reasonSystem      = "runner_system_failure"
	reasonTimeout     = "job_execution_timeout"
	reasonInterrupted = "runner_interrupted"
	reasonCanceled    = "job_canceled"
	reasonUnknown     = "unknown_failure"
)

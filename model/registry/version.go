package registry

import (
	"regexp"
	"strings"
	"time"

	"dasier/blob"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/ml/format/mlflow"
	"dasier/ml/predict"
)

// Model is a name under which versions follow one another.
type Model struct {
	ID          int64
	Project     project.ID
	Name        string
	Description string
	CreatedAt   time.Time
	Latest      int            // the highest version's number; 0: none
	Versions    int            // how many there are
	Aliases     map[string]int // alias to version number
}

// Lineage says where a version came from.
type Lineage struct {
	Commit   string
	Ref      string
	Job      int64 // 0: registered by hand
	Pipeline int64
}

// Version is one registered package.
type Version struct {
	ID         int64
	Project    project.ID
	Model      string
	Number     int
	Run        int64  // the tracked run that made it; 0: none
	Digest     string // of the package
	Size       int64  // bytes of all files
	Lineage    Lineage
	User       auth.UserID
	Username   string
	CreatedAt  time.Time
	DataDigest string // of the training data
	Algorithm  string
	Metrics    []mlflow.Metric
	Target     predict.Target
	Task       string   // predict.TaskRegression, …; empty in old rows: regression
	Classes    []string // of a classifier
	Targets    []string // of a model of several numbers: their names
	Inputs     []predict.Input
	Interval   *Interval      // nil: the model promises none
	Set        *Interval      // what a classifier promises of its sets of classes; nil: none
	Parity     *mlflow.Parity // nil: compared with no other system's answers
	Files      []File
	Aliases    []string
}

// Interval is what a version promises of its intervals, or its sets.
type Interval struct {
	Level     float64 `json:"level"`
	Coverage  float64 `json:"coverage"`
	CoveredOf int     `json:"covered_of"`
}

// File is a file of a version's package.
type File struct {
	Path   string      `json:"path"`
	Size   int64       `json:"size"`
	Digest blob.Digest `json:"digest"`
}

// VersionRef says which version is meant: by number, by alias, or by the
// commit whose history made it; by none of them, the latest.
type VersionRef struct {
	Model  string
	Number int
	Alias  string
	Commit string
}

// Registered happens when a version is new.
type Registered struct {
	Project project.ID `json:"project"`
	Model   string     `json:"model"`
	Version int        `json:"version"`
	Run     int64      `json:"run,omitempty"` // that made it
}

// EventKind implements event.Event.
func (Registered) EventKind() string { return "registry.registered" }

// AliasMoved happens when an alias names another version, or none (0).
type AliasMoved struct {
	Project project.ID `json:"project"`
	Model   string     `json:"model"`
	Alias   string     `json:"alias"`
	Version int        `json:"version"`
}

// EventKind implements event.Event.
func (AliasMoved) EventKind() string { return "registry.alias_moved" }

var (
	namePattern   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`)
	commitPattern = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})?$`)
	aliasPattern  = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`)
)

func checkName(name string) error {
	if !namePattern.MatchString(name) {
		return fault.Errorf(fault.Invalid, "model name %q: expected letters, digits, _ and -, beginning with a letter or digit, at most 100", name).At("name")
	}
	return nil
}

func (l Lineage) check() error {
	if !commitPattern.MatchString(l.Commit) {
		return fault.Errorf(fault.Invalid, "commit %q: expected a full commit name in lower-case hexadecimal digits", l.Commit).At("commit")
	}
	if len(l.Ref) > 255 || strings.ContainsRune(l.Ref, 0) {
		return fault.Errorf(fault.Invalid, "ref: expected a branch or tag of at most 255 bytes").At("ref")
	}
	return nil
}

func checkAlias(alias string) error {
	if !aliasPattern.MatchString(alias) || alias == "latest" {
		return fault.Errorf(fault.Invalid, "alias %q: expected lower-case letters, digits, _ and -, beginning with a letter, and not the word latest", alias).At("alias")
	}
	return nil
}

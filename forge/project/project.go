// Package project keeps projects, their members and their variables.
//
// A project is a repository, its pipelines, models and environments under one
// path, "namespace/name". Members have one role each; what a role may do is
// the table in forge/auth. Invariants: a path is taken once, whatever its
// case; a project always has an owner; nobody gives a role above their own.
// The package does not know git, SQL or HTTP: what follows from a new project
// (its repository) is a reaction to the event Created.
package project

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"dasier/fault"
	"dasier/forge/auth"
)

// ID names a project.
type ID int64

// Project is one project.
type Project struct {
	ID            ID
	Namespace     string
	Name          string
	Description   string
	DefaultBranch string
	CreatedAt     time.Time
}

// Path is "namespace/name".
func (p Project) Path() string { return p.Namespace + "/" + p.Name }

// Member is a user's standing in a project.
type Member struct {
	User     auth.UserID
	Username string
	Name     string
	Role     auth.Role
	Since    time.Time
}

// Variable is a value that CI jobs get in their environment.
type Variable struct {
	Key       string
	Value     string
	Masked    bool // hidden in job logs and never shown again by the API
	Protected bool // only for jobs on protected branches
}

// Created happens when a project comes to be.
type Created struct {
	Project ID `json:"project"`
}

// EventKind implements event.Event.
func (Created) EventKind() string { return "project.created" }

// Deleted happens when a project is gone; its repository is to follow.
type Deleted struct {
	Project ID `json:"project"`
}

// EventKind implements event.Event.
func (Deleted) EventKind() string { return "project.deleted" }

var (
	pathPattern   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`)
	branchPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,200}$`)
	keyPattern    = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,254}$`)
)

// reserved first path elements belong to the server's own addresses.
var reserved = map[string]bool{
	"api": true, "v1": true, "v2": true, "assets": true, "healthz": true, "readyz": true, "metrics": true, "estimate": true,
	"setup": true, "sign-in": true, "login": true, "tokens": true, "users": true, "people": true, "projects": true, "settings": true, "admin": true, "new": true, "help": true,
}

func checkPath(namespace, name string) error {
	if !pathPattern.MatchString(namespace) {
		return fault.Errorf(fault.Invalid, "namespace %q: expected letters, digits, _ and -, beginning with a letter or digit, at most 100", namespace).At("namespace")
	}
	if reserved[strings.ToLower(namespace)] {
		return fault.Errorf(fault.Invalid, "namespace %q is reserved for the server's own addresses: choose another", namespace).At("namespace")
	}
	if !pathPattern.MatchString(name) {
		return fault.Errorf(fault.Invalid, "name %q: expected letters, digits, _ and -, beginning with a letter or digit, at most 100", name).At("name")
	}
	return nil
}

// checkBranch holds a name to git's rules for refs (git-check-ref-format), so
// that no project is made whose repository cannot be.
func checkBranch(name string) error {
	bad := func(element string) bool {
		return element == "" || strings.HasPrefix(element, ".") || strings.HasSuffix(element, ".lock")
	}
	if !branchPattern.MatchString(name) || strings.Contains(name, "..") || strings.HasSuffix(name, ".") || slices.ContainsFunc(strings.Split(name, "/"), bad) {
		return fault.Errorf(fault.Invalid, "default branch %q is no branch name", name).At("default_branch")
	}
	return nil
}

// minMasked is the shortest value that can be hidden in a log without hiding
// half of it; GitLab's rule.
const minMasked = 8

func checkVariable(v Variable) error {
	if !keyPattern.MatchString(v.Key) {
		return fault.Errorf(fault.Invalid, "variable name %q: expected letters, digits and _, not beginning with a digit", v.Key).At("key")
	}
	if len(v.Value) > 64<<10 {
		return fault.Errorf(fault.Limited, "the value of %s has %d bytes: at most 65,536 are kept", v.Key, len(v.Value)).At("value")
	}
	if strings.ContainsRune(v.Value, 0) {
		return fault.Errorf(fault.Invalid, "the value of %s holds a NUL byte: no environment can carry it", v.Key).At("value")
	}
	if v.Masked && len(v.Value) < minMasked {
		return fault.Errorf(fault.Invalid, "the value of %s is too short to be masked: at least %d characters", v.Key, minMasked).At("value")
	}
	return nil
}

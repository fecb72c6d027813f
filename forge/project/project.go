package project

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"dasier/fault"
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
)

// reserved first path elements belong to the server's own addresses: those of
// its faces, of the console's pages, and some that are likely to come.
var reserved = map[string]bool{
	"api": true, "v1": true, "v2": true, "v4": true, "assets": true, "healthz": true, "readyz": true, "metrics": true, "estimate": true,
	"setup": true, "sign-in": true, "login": true, "logout": true, "session": true, "register": true, "invitations": true,
	"new": true, "tokens": true, "users": true, "people": true, "roles": true, "groups": true, "projects": true, "settings": true,
	"admin": true, "audit": true, "waiting": true, "merge": true, "merge-requests": true, "pipelines": true, "runners": true,
	"search": true, "explore": true, "profile": true, "me": true, "help": true, "docs": true, "apps": true, "oauth": true,
}

// CheckNamespace holds the first element of a path to the rules.
func CheckNamespace(namespace string) error {
	if !pathPattern.MatchString(namespace) {
		return fault.Errorf(fault.Invalid, "namespace %q: expected letters, digits, _ and -, beginning with a letter or digit, at most 100", namespace).At("namespace")
	}
	if reserved[strings.ToLower(namespace)] {
		return fault.Errorf(fault.Invalid, "namespace %q is reserved for the server's own addresses: choose another", namespace).At("namespace")
	}
	return nil
}

func checkPath(namespace, name string) error {
	if err := CheckNamespace(namespace); err != nil {
		return err
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

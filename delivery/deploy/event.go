package deploy

import "dasier/forge/project"

// Requested happens when a deployment was saved; it waits to be run (Service.Run).
type Requested struct {
	Project    project.ID `json:"project"`
	Deployment ID         `json:"deployment"`
}

// EventKind names the event.
func (Requested) EventKind() string { return "deploy.requested" }

// Asked happens when a deployment was saved that waits for approvals first.
type Asked struct {
	Project    project.ID `json:"project"`
	Deployment ID         `json:"deployment"`
}

// EventKind names the event.
func (Asked) EventKind() string { return "deploy.asked" }

// Started happens just before the target is told.
type Started struct {
	Project    project.ID `json:"project"`
	Deployment ID         `json:"deployment"`
}

// EventKind names the event.
func (Started) EventKind() string { return "deploy.started" }

// Finished happens when a deployment is over, however it ended.
type Finished struct {
	Project    project.ID `json:"project"`
	Deployment ID         `json:"deployment"`
}

// EventKind names the event.
func (Finished) EventKind() string { return "deploy.finished" }

// EnvironmentChanged happens when an environment's settings changed, or when it
// was stopped; the target has to learn it (Service.Refresh).
type EnvironmentChanged struct {
	Project     project.ID    `json:"project"`
	Environment EnvironmentID `json:"environment"`
}

// EventKind names the event.
func (EnvironmentChanged) EventKind() string { return "deploy.environment_changed" }

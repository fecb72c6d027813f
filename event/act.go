package event

import "time"

// Act is a permission-relevant act of someone: a line of the audit log in the
// making. A verb saves it with the change that it reports, so that no act is
// without its line; forge/audit chains the lines. It holds plain values and no
// ids' types, because every package may report one.
type Act struct {
	At       time.Time `json:"at"`
	User     int64     `json:"user"` // 0: nobody, or the server itself
	Username string    `json:"username"`
	Via      string    `json:"via"` // how the actor proved who they are
	Address  string    `json:"address,omitempty"`
	Job      int64     `json:"job,omitempty"`
	Project  int64     `json:"project,omitempty"` // 0: of the whole server
	Action   string    `json:"action"`            // "<noun>.<past tense>": "member.added"
	Target   string    `json:"target,omitempty"`  // what it was done to, in words: "production", "bob"
	Reason   string    `json:"reason,omitempty"`
	Alarm    bool      `json:"alarm,omitempty"`  // a rule was overridden (break-glass)
	Before   any       `json:"before,omitempty"` // never a secret
	After    any       `json:"after,omitempty"`
}

// EventKind implements Event.
func (Act) EventKind() string { return "audit.act" }

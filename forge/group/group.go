package group

import (
	"strings"
	"time"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// ID names a group.
type ID int64

// Group is one group.
type Group struct {
	ID          ID
	Path        string
	Name        string
	Description string
	CreatedAt   time.Time

	// Counted for those who look at it.
	Projects int
	Members  int
	Role     auth.Role // the asking user's
}

// Deleted happens when a group is gone: its path may become another's, who is to
// find nothing of it.
type Deleted struct {
	Path string `json:"path"`
}

// EventKind implements event.Event.
func (Deleted) EventKind() string { return "group.gone" }

// Expired is a membership that has ended and still has its row.
type Expired struct {
	Group  ID
	Path   string
	Member project.Member
}

func (g *Group) check() error {
	if err := project.CheckNamespace(g.Path); err != nil {
		return fault.Errorf(fault.Invalid, "%s", fault.Message(err)).At("path")
	}
	if g.Name = strings.TrimSpace(g.Name); g.Name == "" {
		g.Name = g.Path
	}
	if len(g.Name) > 255 {
		return fault.Errorf(fault.Invalid, "the name is longer than 255 bytes").At("name")
	}
	if len(g.Description) > 2000 {
		return fault.Errorf(fault.Invalid, "the description is longer than 2000 bytes").At("description")
	}
	return nil
}

// settings is what the audit log says of a group.
func (g *Group) settings() map[string]string {
	return map[string]string{"name": g.Name, "description": g.Description}
}

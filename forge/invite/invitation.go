package invite

import (
	"net/mail"
	"strings"
	"time"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/group"
	"dasier/forge/project"
)

// Invitation is one, without its secret. It is to a project or to a group.
type Invitation struct {
	ID        int64
	Project   project.ID // 0: to a group
	Group     group.ID   // 0: to a project
	Path      string     // of the project or group
	Role      auth.Role
	Email     string // for whom; "": for whoever has the link
	By        auth.UserID
	ByName    string
	CreatedAt time.Time
	ExpiresAt time.Time
	UsesLeft  int
}

// Limits of an invitation.
const (
	defaultLife = 7 * 24 * time.Hour
	longestLife = 90 * 24 * time.Hour
	mostUses    = 100
)

// Wish is what someone wants of an invitation. Zero is the default.
type Wish struct {
	Role      auth.Role
	Email     string
	Uses      int        // 1
	ExpiresAt *time.Time // in a week
}

func (w *Wish) check(now time.Time) error {
	if w.Uses == 0 {
		w.Uses = 1
	}
	if w.Uses < 0 || w.Uses > mostUses {
		return fault.Errorf(fault.Invalid, "an invitation is good for 1 to %d uses", mostUses).At("uses")
	}
	if w.ExpiresAt == nil {
		end := now.Add(defaultLife)
		w.ExpiresAt = &end
	}
	if !w.ExpiresAt.After(now) || w.ExpiresAt.After(now.Add(longestLife)) {
		return fault.Errorf(fault.Invalid, "an invitation ends within %d days from now", int(longestLife.Hours()/24)).At("expires_at")
	}
	if w.Email = strings.TrimSpace(w.Email); w.Email != "" {
		if address, err := mail.ParseAddress(w.Email); err != nil || address.Address != w.Email {
			return fault.Errorf(fault.Invalid, "%q is no e-mail address", w.Email).At("email")
		}
	}
	return nil
}

// facts is what the audit log says of an invitation.
type facts struct {
	Role      string    `json:"role"`
	Email     string    `json:"email,omitempty"`
	Uses      int       `json:"uses"`
	ExpiresAt time.Time `json:"expires_at"`
}

func (i Invitation) facts() facts { return facts{i.Role.String(), i.Email, i.UsesLeft, i.ExpiresAt} }

func (i Invitation) open(now time.Time) bool { return i.UsesLeft > 0 && i.ExpiresAt.After(now) }

package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/mail"
	"regexp"
	"strings"
	"time"

	"dasier/fault"
)

// User is a person.
type User struct {
	ID        UserID
	Username  string
	Name      string
	Email     string
	Admin     bool
	Blocked   bool
	CreatedAt time.Time
}

// Actor is the user acting in person.
func (u User) Actor(via Via) Actor {
	return Actor{User: u.ID, Username: u.Username, Admin: u.Admin, Via: via}
}

// Token is a personal access token, without its secret.
type Token struct {
	ID         int64
	User       UserID
	Name       string
	Scopes     []Scope
	CreatedAt  time.Time
	ExpiresAt  *time.Time // nil: never
	LastUsedAt *time.Time
}

// Prefixes of secrets tell people and secret scanners what they look at.
const (
	PersonalPrefix   = "dsr_pat_"
	DeployPrefix     = "dsr_dep_"
	JobPrefix        = "dsr_job_"
	RunnerPrefix     = "dsr_run_"
	SetupPrefix      = "dsr_set_"
	InvitationPrefix = "dsr_inv_"
)

// NewSecret makes a token of 256 random bits.
func NewSecret(prefix string) string {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails: crypto/rand ends the process instead
	return prefix + hex.EncodeToString(random)
}

// HashSecret is what is kept of a token.
func HashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// Registration is what a new user needs.
type Registration struct {
	Username string
	Name     string // the user name when empty
	Email    string
	Password string
	Admin    bool
}

var usernamePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`)

// minPassword and maxPassword bound passwords in bytes; the upper bound keeps
// argon2id from being fed megabytes.
const (
	minPassword = 8
	maxPassword = 1024
)

func (r *Registration) check() error {
	r.Username, r.Email = strings.TrimSpace(r.Username), strings.TrimSpace(r.Email)
	if !usernamePattern.MatchString(r.Username) {
		return fault.Errorf(fault.Invalid, "user name %q: expected letters, digits, _ and -, beginning with a letter or digit, at most 100", r.Username).At("username")
	}
	if r.Name = strings.TrimSpace(r.Name); r.Name == "" {
		r.Name = r.Username
	}
	if err := checkName(r.Name); err != nil {
		return err
	}
	if err := checkEmail(r.Email); err != nil {
		return err
	}
	return checkPassword(r.Password)
}

func checkName(name string) error {
	if len(name) > 255 {
		return fault.Errorf(fault.Invalid, "the name is longer than 255 bytes").At("name")
	}
	return nil
}

func checkEmail(email string) error {
	if address, err := mail.ParseAddress(email); err != nil || address.Address != email {
		return fault.Errorf(fault.Invalid, "%q is no e-mail address", email).At("email")
	}
	return nil
}

func checkPassword(password string) error {
	if len(password) < minPassword {
		return fault.Errorf(fault.Invalid, "the password is too short: at least %d characters", minPassword).At("password")
	}
	if len(password) > maxPassword {
		return fault.Errorf(fault.Invalid, "the password is too long: at most %d bytes", maxPassword).At("password")
	}
	return nil
}

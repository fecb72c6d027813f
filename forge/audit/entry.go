package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"dasier/event"
)

// Entry is one line of the log. Its JSON is what is chained and exported: the
// order of the fields is the order in it, and never changes.
type Entry struct {
	Seq       int64           `json:"seq"` // from 1
	At        time.Time       `json:"at"`
	User      int64           `json:"user"`
	Username  string          `json:"username"`
	Via       string          `json:"via"`
	Address   string          `json:"address"`
	Job       int64           `json:"job,omitempty"`
	ProjectID int64           `json:"project_id,omitempty"` // 0: of the whole server
	Project   string          `json:"project"`              // its path at the time
	Action    string          `json:"action"`
	Target    string          `json:"target"`
	Reason    string          `json:"reason"`
	Alarm     bool            `json:"alarm"`
	Before    json.RawMessage `json:"before,omitempty"`
	After     json.RawMessage `json:"after,omitempty"`

	Event int64  `json:"-"` // the outbox event that it was made of
	Hash  string `json:"-"`
}

// Line is an entry as it is kept.
type Line struct {
	Entry
	Body string // the JSON that was chained
}

// entryOf makes an entry of an act.
func entryOf(seq, id int64, project string, act event.Act) (Entry, error) {
	e := Entry{
		Seq: seq, Event: id, At: act.At.UTC().Truncate(time.Microsecond), User: act.User, Username: act.Username, Via: act.Via, Address: act.Address, Job: act.Job,
		ProjectID: act.Project, Project: project, Action: act.Action, Target: act.Target, Reason: act.Reason, Alarm: act.Alarm,
	}
	for _, side := range []struct {
		value any
		to    *json.RawMessage
	}{{act.Before, &e.Before}, {act.After, &e.After}} {
		if side.value == nil {
			continue
		}
		text, err := json.Marshal(side.value)
		if err != nil {
			return Entry{}, fmt.Errorf("encoding what %s changed: %w", act.Action, err)
		}
		*side.to = text
	}
	return e, nil
}

// chained gives the line of an entry that follows the line with the given hash.
func (k chainKey) chained(previous string, e Entry) (Line, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return Line{}, fmt.Errorf("encoding an audit entry: %w", err)
	}
	e.Hash = k.hash(previous, string(body))
	return Line{Entry: e, Body: string(body)}, nil
}

// chainKey is the key of the chain.
type chainKey []byte

// hash is of one line. The hash before it has a fixed length, so that the two
// parts cannot be mistaken for two others.
func (k chainKey) hash(previous, body string) string {
	mac := hmac.New(sha256.New, k)
	_, _ = mac.Write([]byte(previous + "\n" + body)) // never fails (hash.Hash)
	return hex.EncodeToString(mac.Sum(nil))
}

// Beginning is the hash before the first line.
const Beginning = "0000000000000000000000000000000000000000000000000000000000000000"

// problem says what is wrong with a line that follows the line seq with the hash
// previous; "" when nothing is.
func (k chainKey) problem(seq int64, previous string, l *Line) string {
	switch {
	case l.Seq <= seq:
		return fmt.Sprintf("line %d was put in: the log has none of that number", l.Seq)
	case l.Seq == seq+2:
		return fmt.Sprintf("line %d is missing", seq+1)
	case l.Seq != seq+1:
		return fmt.Sprintf("lines %d to %d are missing", seq+1, l.Seq-1)
	case !hmac.Equal([]byte(k.hash(previous, l.Body)), []byte(l.Hash)):
		return fmt.Sprintf("line %d was changed, or does not follow the line before it", l.Seq)
	}
	var said Entry
	if err := json.Unmarshal([]byte(l.Body), &said); err != nil {
		return fmt.Sprintf("line %d is no JSON", l.Seq)
	}
	if said.Seq != l.Seq || said.Username != l.Username || said.Action != l.Action || said.ProjectID != l.ProjectID || said.Project != l.Project ||
		!said.At.Equal(l.At) {
		return fmt.Sprintf("line %d is found under other words than its own: its index was changed", l.Seq)
	}
	return ""
}

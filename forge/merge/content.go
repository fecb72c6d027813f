package merge

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"dasier/forge/auth"
)

// Content is what an approval is given for.
type Content struct {
	Tree   string  `json:"tree"`           // of the head commit
	Target string  `json:"target"`         // where it goes
	Models []Model `json:"models"`         // made from the head commit, by name
	Data   string  `json:"data,omitempty"` // digests of what they were made from
}

// Model is a model version that was made from a commit.
type Model struct {
	Name   string `json:"name"`
	Number int    `json:"version"`
	Digest string `json:"digest"`
}

// equal tells whether an approval of c is one of other. Of a model the digest
// counts: the same bytes may be registered twice.
func (c Content) equal(other Content) bool {
	return c.Tree == other.Tree && c.Target == other.Target && c.Data == other.Data &&
		slices.EqualFunc(c.Models, other.Models, func(a, b Model) bool { return a.Name == b.Name && a.Digest == b.Digest })
}

// Changes says what differs between what was approved and what is there now, in
// words. files is how many files differ.
func (c Content) changes(now Content, files int) []string {
	var words []string
	if c.Target != now.Target {
		words = append(words, fmt.Sprintf("target: %s → %s", c.Target, now.Target))
	}
	if c.Tree != now.Tree {
		words = append(words, "code changed in "+count(files, "file"))
	}
	before := map[string]Model{}
	for _, m := range c.Models {
		before[m.Name] = m
	}
	for _, m := range now.Models {
		old, known := before[m.Name]
		delete(before, m.Name)
		switch {
		case !known:
			words = append(words, fmt.Sprintf("model %s: version %d (%s) is new", m.Name, m.Number, short(m.Digest)))
		case old.Digest != m.Digest:
			words = append(words, fmt.Sprintf("model %s: version %d (%s) → version %d (%s)", m.Name, old.Number, short(old.Digest), m.Number, short(m.Digest)))
		}
	}
	for _, m := range c.Models {
		if _, gone := before[m.Name]; gone {
			words = append(words, fmt.Sprintf("model %s: version %d (%s) was not made from this commit", m.Name, m.Number, short(m.Digest)))
		}
	}
	if c.Data != now.Data {
		words = append(words, "data changed")
	}
	return words
}

// short is the beginning of a digest or commit, as people compare them.
func short(digest string) string {
	const algorithm = len("sha256:")
	if len(digest) > algorithm+8 && digest[:algorithm] == "sha256:" {
		return digest[:algorithm+8] + "…"
	}
	if strings.HasPrefix(digest, "sha256:") {
		return digest
	}
	return digest[:min(len(digest), 8)]
}

// count is a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Approval is someone's word for a content.
type Approval struct {
	Request ID
	User    Person
	Head    string // the commit that was looked at
	Content Content
	At      time.Time
}

// Standing is an approval as it counts now.
type Standing struct {
	Approval

	Role    auth.Role // of the person, now
	Holds   bool
	Changed []string // why it is void, in words
	Counts  bool     // for what the branch's rule asks
}

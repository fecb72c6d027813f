package git

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Zero is the name of no object: before a ref's creation, after its deletion.
const Zero = "0000000000000000000000000000000000000000"

// emptyTree is the name of the tree without entries, which every repository
// knows without holding it.
const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

// The folders of refs that people push.
const (
	Heads = "refs/heads/"
	Tags  = "refs/tags/"
)

const (
	longestName = 240 // a file name of 255 bytes, less git's ".lock"
	longestPath = 4096
)

// IsSHA tells whether s is a full object name in lower-case hex.
func IsSHA(s string) bool {
	return len(s) == len(Zero) && isHex(s)
}

func isHex(s string) bool {
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return s != ""
}

// CheckRef checks a full ref name, such as "refs/heads/main", by the rules of
// git-check-ref-format(1).
func CheckRef(name string) error {
	if !strings.HasPrefix(name, "refs/") || strings.Count(name, "/") < 2 {
		return fmt.Errorf("%w: ref %q: expected refs/…/…", ErrName, name)
	}
	if why := refFlaw(name); why != "" {
		return fmt.Errorf("%w: ref %q %s", ErrName, name, why)
	}
	return nil
}

// CheckBranch checks a branch's short name. Beyond git's rules it refuses
// names that other places of git would read as something else: an option, HEAD,
// an object's name or a full ref.
func CheckBranch(name string) error {
	why := refFlaw(Heads + name)
	switch {
	case name == "":
		why = "is empty"
	case strings.HasPrefix(name, "-"):
		why = "begins with a dash"
	case name == "HEAD":
		why = "is git's own name for the current branch"
	case IsSHA(name):
		why = "looks like a commit's name"
	case strings.HasPrefix(name, "refs/"):
		why = "looks like a full ref name"
	}
	if why != "" {
		return fmt.Errorf("%w: branch %q %s", ErrName, name, why)
	}
	return nil
}

// refFlaw says what is wrong with a ref name, or nothing.
func refFlaw(name string) string {
	switch {
	case len(name) > longestName:
		return fmt.Sprintf("is longer than %d bytes", longestName)
	case !utf8.ValidString(name):
		return "is not UTF-8"
	case strings.Contains(name, ".."):
		return `contains ".."`
	case strings.Contains(name, "@{"):
		return `contains "@{"`
	case strings.HasSuffix(name, "."):
		return "ends with a dot"
	}
	for _, c := range []byte(name) {
		if c < 0x20 || c == 0x7f || strings.IndexByte(" ~^:?*[\\", c) >= 0 {
			return fmt.Sprintf("contains the character %q", c)
		}
	}
	for part := range strings.SplitSeq(name, "/") {
		switch {
		case part == "":
			return "has an empty part"
		case strings.HasPrefix(part, "."):
			return "has a part that begins with a dot"
		case strings.HasSuffix(part, ".lock"):
			return `has a part that ends with ".lock"`
		}
	}
	return ""
}

// CleanPath checks a path inside a repository and gives it without slashes at
// its ends; the root is "". Any bytes but NUL may be in a name.
func CleanPath(path string) (string, error) {
	clean := strings.Trim(path, "/")
	if clean == "" {
		return "", nil
	}
	if len(clean) > longestPath {
		return "", fmt.Errorf("%w: a path longer than %d bytes", ErrName, longestPath)
	}
	for part := range strings.SplitSeq(clean, "/") {
		if part == "" || part == "." || part == ".." || strings.IndexByte(part, 0) >= 0 {
			return "", fmt.Errorf("%w: path %q", ErrName, path)
		}
	}
	return clean, nil
}

// filePath is CleanPath for calls that need a path.
func filePath(path string) (string, error) {
	clean, err := CleanPath(path)
	if err == nil && clean == "" {
		return "", fmt.Errorf("%w: an empty path", ErrName)
	}
	return clean, err
}

// checkSHAs guards calls that take only full object names, so that nothing
// else can become an argument of git.
func checkSHAs(names ...string) error {
	for _, name := range names {
		if !IsSHA(name) {
			return fmt.Errorf("%w: object name %q: expected 40 hex digits", ErrName, name)
		}
	}
	return nil
}

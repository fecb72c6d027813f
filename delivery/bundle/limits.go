package bundle

import (
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds are the limits of an archive. The zero value has the defaults.
type Bounds struct {
	Packed   int64 // bytes of the archive; default 512 MiB
	Unpacked int64 // bytes of all files; default 2 GiB
	Files    int   // default 50,000
}

func (b Bounds) withDefaults() Bounds {
	if b.Packed == 0 {
		b.Packed = 512 << 20
	}
	if b.Unpacked == 0 {
		b.Unpacked = 2 << 30
	}
	if b.Files == 0 {
		b.Files = 50_000
	}
	return b
}

const (
	maxName  = 1024 // bytes of an entry's name
	maxPart  = 255  // bytes of a folder's or file's name
	maxDepth = 64
)

// checkName says what is wrong with the name of an entry, or nothing. What it
// lets through names a place inside the folder on every system.
func checkName(name string) string {
	switch {
	case name == "":
		return "the name is empty"
	case len(name) > maxName:
		return fmt.Sprintf("the name has %d bytes: at most %d", len(name), maxName)
	case !utf8.ValidString(name):
		return "the name is not UTF-8"
	case strings.HasPrefix(name, "/"):
		return "the name is absolute: it must be relative to the folder"
	case strings.ContainsAny(name, "\\:"):
		return `the name has a "\" or ":", which mean other things on other systems`
	case strings.ContainsFunc(name, unicode.IsControl):
		return "the name has a control character"
	}
	parts := strings.Split(name, "/")
	if len(parts) > maxDepth {
		return fmt.Sprintf("the name has %d folders: at most %d", len(parts), maxDepth)
	}
	for _, part := range parts {
		switch {
		case part == "..":
			return `the name leaves the folder with ".."`
		case part == "" || part == ".":
			return "the name has an empty part"
		case len(part) > maxPart:
			return fmt.Sprintf("a part of the name has %d bytes: at most %d", len(part), maxPart)
		}
	}
	return ""
}

// checkLink says what is wrong with a symbolic link at name, or nothing. The way
// up comes first, if at all: "a/.." means what it says only as long as a is no
// link itself. As no entry lies below a link, what begins in a real folder,
// goes up inside the bundle and then only down stays inside, link by link.
func checkLink(name, to string) string {
	if to == "" || strings.HasPrefix(to, "/") || strings.ContainsAny(to, "\\:") || strings.ContainsFunc(to, unicode.IsControl) || len(to) > maxName {
		return fmt.Sprintf("it is a link to %q: links must be relative and stay inside the folder", clip(to))
	}
	down := false
	for part := range strings.SplitSeq(to, "/") {
		if part == ".." && down {
			return fmt.Sprintf("it is a link to %q: the way up must come first", clip(to))
		}
		down = down || part != ".." && part != "."
	}
	end := path.Join(path.Dir(name), to)
	if end == ".." || strings.HasPrefix(end, "../") {
		return fmt.Sprintf("it is a link to %q, which leaves the folder", clip(to))
	}
	return ""
}

// folded is how systems that do not tell case apart see a name.
func folded(name string) string { return strings.ToLower(name) }

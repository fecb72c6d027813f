package bundle

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

const (
	mostStart  = 5 * time.Minute
	mostStop   = time.Minute
	leastBytes = 16 << 20
	mostItems  = 200
	mostText   = 32 << 10 // bytes of a variable
)

var (
	variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,254}$`)
	projectPath  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*/[A-Za-z0-9][A-Za-z0-9_-]*(@[A-Za-z0-9][A-Za-z0-9_/-]*)?$`)
	imageName    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/:@-]{0,254}$`)
)

// ParseService reads a service.yaml. file names it in the problems, which are
// the error (Problems). The text may be JSON, too: that is how a manifest
// travels.
func ParseService(file string, manifest []byte) (Service, error) {
	s := Service{Health: "/", StartWithin: time.Minute, StopWithin: 10 * time.Second, PortVariable: "PORT"}
	r := &reader{file: file}
	r.read(manifest, map[string]field{
		"command":       texts(&s.Command, noText),
		"files":         texts(&s.Files, checkFile),
		"health":        checked(&s.Health, checkURLPath),
		"start_within":  span(&s.StartWithin, mostStart),
		"stop_within":   span(&s.StopWithin, mostStop),
		"port_variable": checked(&s.PortVariable, checkVariable),
		"environment":   table(&s.Environment, checkPair),
		"variables":     texts(&s.Variables, checkVariable),
		"image":         checked(&s.Image, checkImage),
		"dockerfile":    checked(&s.Dockerfile, checkFile),
		"limits": func(r *reader, n *yaml.Node, path string) {
			r.mapping(n, path, map[string]field{"memory": size(&s.Limits.Memory, leastBytes), "cpu": cores(&s.Limits.CPU)})
		},
	})
	if len(r.problems) == 0 {
		switch {
		case s.Image != "" && s.Dockerfile != "":
			r.fail(nil, "", "give an image or a dockerfile, not both")
		case len(s.Command) == 0 && s.Image == "" && s.Dockerfile == "":
			r.fail(nil, "", `which program? give it as command: [./program, argument] (or an image or a dockerfile, for containers)`)
		case len(s.Files) == 0 && s.Image == "":
			r.fail(nil, "", "which files? list what the program needs as files: [program, data]")
		case len(s.Command) > mostItems || len(s.Files) > mostItems || len(s.Environment) > mostItems || len(s.Variables) > mostItems:
			r.fail(nil, "", "a list has more than %d entries", mostItems)
		}
		if len(s.Command) > 0 && s.Command[0] == "" {
			r.fail(nil, "command", "the program's name is empty")
		}
	}
	if len(r.problems) > 0 {
		return Service{}, r.problems.sorted()
	}
	return s, nil
}

// ParseSite reads a site.yaml, as ParseService does.
func ParseSite(file string, manifest []byte) (Site, error) {
	var s Site
	r := &reader{file: file}
	r.read(manifest, map[string]field{
		"folder":   checked(&s.Folder, checkFile),
		"fallback": checked(&s.Fallback, checkFile),
		"proxy":    table(&s.Proxy, checkProxy),
	})
	if len(r.problems) == 0 {
		switch {
		case s.Folder == "":
			r.fail(nil, "", "which files? name the folder of the built site as folder: dist")
		case len(s.Proxy) > 20:
			r.fail(nil, "proxy", "more than 20 paths are passed on")
		}
	}
	if len(r.problems) > 0 {
		return Site{}, r.problems.sorted()
	}
	return s, nil
}

// Prefixes lists the proxied paths, longest first, so that the first match is
// the closest.
func (s *Site) Prefixes() []string {
	return slices.SortedFunc(maps.Keys(s.Proxy), func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
}

func noText(string) string { return "" }

func checkFile(name string) string {
	if name == "." {
		return ""
	}
	if wrong := checkName(strings.TrimSuffix(strings.TrimPrefix(name, "./"), "/")); wrong != "" {
		return fmt.Sprintf("%q: %s", clip(name), wrong)
	}
	return ""
}

func checkURLPath(p string) string {
	if !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || strings.ContainsAny(p, " #\\\r\n\t") || len(p) > 500 {
		return fmt.Sprintf("%q: expected a path such as /health", clip(p))
	}
	return ""
}

func checkVariable(name string) string {
	if !variableName.MatchString(name) {
		return fmt.Sprintf("%q: expected the name of a variable: letters, digits and _", clip(name))
	}
	return checkReserved(name)
}

// checkReserved keeps a manifest from changing how a program is loaded, which
// the target decides, and from passing for what the server says.
func checkReserved(name string) string {
	if strings.HasPrefix(name, "LD_") || strings.HasPrefix(name, "DASIER_") {
		return fmt.Sprintf("%q: names that begin with LD_ or DASIER_ are set by the server alone", name)
	}
	return ""
}

func checkPair(key, value string) string {
	if wrong := checkVariable(key); wrong != "" {
		return wrong
	}
	if len(value) > mostText {
		return fmt.Sprintf("the value has %d bytes: at most %d", len(value), mostText)
	}
	return ""
}

func checkImage(name string) string {
	if !imageName.MatchString(name) {
		return fmt.Sprintf("%q: expected the name of a container image", clip(name))
	}
	return ""
}

func checkProxy(prefix, service string) string {
	if wrong := checkURLPath(prefix); wrong != "" || !strings.HasSuffix(prefix, "/") || path.Clean(prefix) != strings.TrimSuffix(prefix, "/") || strings.ContainsAny(prefix, "?%") {
		return fmt.Sprintf("%q: expected a path such as /api/, with a slash at both ends", clip(prefix))
	}
	if !projectPath.MatchString(service) {
		return fmt.Sprintf("%q: expected the project of the service, such as house-prices/api or house-prices/api@staging", clip(service))
	}
	return ""
}

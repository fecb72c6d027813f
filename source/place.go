package source

import (
	"errors"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"dasier/fault"
	"dasier/ml/frame"
)

// place is a location, taken apart.
type place struct {
	scheme  string // file, http, https, s3, postgres or sqlite
	url     *url.URL
	path    string // of a file
	name    string // what the data are called
	shown   string // the location as it may be read by anyone
	format  frame.Format
	secrets []string
}

var variable = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)

// locate takes a location apart, and puts in what it wants of the environment.
func (f *Fetcher) locate(location string) (*place, error) {
	p := &place{}
	var missing string
	expanded := variable.ReplaceAllStringFunc(location, func(text string) string {
		name := variable.FindStringSubmatch(text)[1]
		value, ok := f.cfg.Lookup(name)
		if !ok && missing == "" {
			missing = name
		}
		p.secrets = append(p.secrets, value)
		return value
	})
	if missing != "" {
		return nil, fault.Errorf(fault.Invalid, "the location wants ${%s}, which the environment does not have: set the variable", missing)
	}
	scheme, rest, found := strings.Cut(expanded, ":")
	scheme = strings.ToLower(scheme)
	if !found || len(scheme) < 2 || strings.ContainsAny(scheme, `/\.`) { // C:\data is a file
		scheme, rest = "file", expanded
	}
	if scheme == "postgresql" {
		scheme = "postgres"
	}
	p.scheme = scheme
	switch scheme {
	case "file", "sqlite":
		p.path = strings.TrimPrefix(rest, "//")
		if p.path == "" {
			return nil, fault.Errorf(fault.Invalid, "the location %q names no file", location)
		}
		p.shown, p.name = location, filepath.Base(p.path)
		if !filepath.IsAbs(p.path) {
			p.path = filepath.Join(f.cfg.Folder, p.path)
		}
	case "http", "https", "s3", "postgres":
		u, err := url.Parse(expanded)
		if err != nil || u.Host == "" && scheme != "postgres" {
			return nil, fault.Errorf(fault.Invalid, "a location that begins with %s: cannot be read as an address: look at its characters, and write special ones as %%xx", scheme)
		}
		p.url = u
		p.show()
	default:
		return nil, fault.Errorf(fault.Invalid, "nothing is known of locations that begin with %q: use a path, https:, s3:, postgres: or sqlite:", scheme+":")
	}
	if p.scheme == "postgres" || p.scheme == "sqlite" {
		p.format = frame.JSONLines
	}
	return p, nil
}

// show keeps of an address what is no secret: no password, no query.
func (p *place) show() {
	u := *p.url
	if password, ok := u.User.Password(); ok {
		p.secrets = append(p.secrets, password, u.User.String())
		u.User = url.User(u.User.Username())
	}
	for name, values := range u.Query() {
		if !slices.Contains([]string{"sslmode", "region", "endpoint", "use_path_style", "disable_https", "anonymous"}, name) {
			p.secrets = append(p.secrets, values...)
		}
	}
	u.RawQuery, u.Fragment = "", ""
	p.shown = p.clean(u.String())
	p.name = path.Base(u.Path)
}

// clean puts *** for secrets. Short ones are left: they would hide half of
// every sentence, and protect nothing.
func (p *place) clean(text string) string {
	for _, secret := range p.secrets {
		for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret)} {
			if len(form) >= 4 {
				text = strings.ReplaceAll(text, form, "***")
			}
		}
	}
	return text
}

// hide takes the secrets out of an error. What others say about a failure is
// shown in their words, and without their chain of causes, which could hold
// the whole address.
func (p *place) hide(err error) error {
	if known, ok := errors.AsType[*fault.Error](err); ok {
		return fault.Errorf(known.Kind, "%s", p.clean(known.Message))
	}
	return errors.New(p.clean(err.Error()))
}

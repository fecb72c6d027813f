package app

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"
	"go.yaml.in/yaml/v4"

	"dasier/fault"
)

// Config is the server's settings. Every one has a default, so that a server
// starts with no file at all.
type Config struct {
	Data     string         // folder that holds everything
	Addr     string         // host:port to listen on
	URL      string         // as people and runners reach the server; default from Addr
	Database string         // postgres://...; default an SQLite file in Data
	LogLevel string         // debug, info, warn, error
	LogForm  string         // text or json
	Session  time.Duration  // how long a browser stays signed in
	Proxies  []netip.Prefix // whose word on a client's address counts
	Jobs     int            // how many jobs the embedded runner runs at a time; 0: no embedded runner

	Executor string // of the embedded runner: process or docker
	JobsUser string // who its jobs run as when the server is root: own, server or a name
	JobImage string // for jobs that name none, where they run in containers
	Builds   string // folder of the jobs' folders; default in Data, or a temporary one

	DockerHost                      string // the engine of environments with target docker, and of jobs
	DockerCA, DockerCert, DockerKey string // files of TLS, for a remote engine
	DockerMemory                    int64  // bytes of a container that does not say what it needs

	AppsURL      string // whose sub-domains are deployed services and sites; default apps.localhost where URL is this machine
	ServicesUser string // who services run as when the server is root

	SecretKeyFile string   // holds the key of what is sealed in the database; default secret.key in Data
	HooksAnywhere bool     // webhooks may go to this machine and its networks
	HooksAllowed  []string // host:port pairs that they may go to even so

	PushLimit     int64 // bytes of one push
	LogLimit      int64 // bytes of a job's log
	ArtifactLimit int64 // bytes of a job's artifacts
	ModelLimit    int64 // bytes of a model package

	MaxModelMemory int64 // bytes of all models that answer in this process; 0: any number
}

// setting is one line of the table that file, environment, flags, defaults and
// `dasier config` all read.
type setting struct {
	key   string // in the file; a dot is a level
	about string
	value string // the default
	set   func(*Config, string) error
	show  func(Config) string
}

// Env is the name of the setting in the environment.
func (s setting) env() string {
	return "DASIER_" + strings.ToUpper(strings.ReplaceAll(s.key, ".", "_"))
}

// Flag is the name of the setting on the command line.
func (s setting) flag() string {
	return strings.NewReplacer(".", "-", "_", "-").Replace(s.key)
}

var settings = []setting{
	{"data", "folder that holds everything", "dasier-data", setText(func(c *Config) *string { return &c.Data }), func(c Config) string { return c.Data }},
	{"addr", "host:port to listen on", "127.0.0.1:8080", setAddr, func(c Config) string { return c.Addr }},
	{"url", "address as people and runners reach the server (default: from addr)", "", setURL, func(c Config) string { return c.URL }},
	{"database", "postgres://user:password@host/name (default: SQLite in the data folder)", "", setDatabase, func(c Config) string { return redact(c.Database) }},
	{"log.level", "debug, info, warn or error", "info", setOneOf(func(c *Config) *string { return &c.LogLevel }, "debug", "info", "warn", "error"), func(c Config) string { return c.LogLevel }},
	{"log.form", "text or json", "text", setOneOf(func(c *Config) *string { return &c.LogForm }, "text", "json"), func(c Config) string { return c.LogForm }},
	{"session.lifetime", "how long a browser stays signed in", "168h", setDuration(func(c *Config) *time.Duration { return &c.Session }), func(c Config) string { return c.Session.String() }},
	{"proxies", "reverse proxies in front, whose X-Forwarded-For is believed, such as 127.0.0.1 or 10.0.0.0/8", "", setProxies, showProxies},
	{"runner.jobs", "jobs that the embedded runner runs at a time (0: no embedded runner)", "2", setCount(func(c *Config) *int { return &c.Jobs }), func(c Config) string { return strconv.Itoa(c.Jobs) }},
	{"runner.executor", "how its jobs run: process, or docker for containers of the image that a job names", "process", setOneOf(func(c *Config) *string { return &c.Executor }, "process", "docker"), func(c Config) string { return c.Executor }},
	{"runner.user", "who its jobs run as when the server is root: own (for each job a user that nothing else has), server, or a user's name", jobsOwn, setText(func(c *Config) *string { return &c.JobsUser }), func(c Config) string { return c.JobsUser }},
	{"runner.image", "image for jobs that name none, with runner.executor docker", "", setAny(func(c *Config) *string { return &c.JobImage }), func(c Config) string { return c.JobImage }},
	{"runner.builds", "folder of the jobs' folders (default: in the data folder, or a temporary one where jobs run as users of their own)", "", setAny(func(c *Config) *string { return &c.Builds }), func(c Config) string { return c.Builds }},
	{"docker.host", "Docker engine of environments with target docker, and of jobs: unix:///path or tcp://host:port", "unix:///var/run/docker.sock", setText(func(c *Config) *string { return &c.DockerHost }), func(c Config) string { return c.DockerHost }},
	{"docker.ca", "file of the certificate authority of a remote Docker engine", "", setAny(func(c *Config) *string { return &c.DockerCA }), func(c Config) string { return c.DockerCA }},
	{"docker.cert", "file of this server's certificate for a remote Docker engine", "", setAny(func(c *Config) *string { return &c.DockerCert }), func(c Config) string { return c.DockerCert }},
	{"docker.key", "file of that certificate's key", "", setAny(func(c *Config) *string { return &c.DockerKey }), func(c Config) string { return c.DockerKey }},
	{"docker.memory", "memory of a container that does not say what it needs", "512MiB", setSize(func(c *Config) *int64 { return &c.DockerMemory }), func(c Config) string { return showSize(c.DockerMemory) }},
	{"apps_url", "address whose sub-domains are deployed services and sites, such as https://apps.example.com (default: http://apps.localhost with the port, where url is this machine)", "", setAppsURL, func(c Config) string { return c.AppsURL }},
	{"services_user", "who deployed services run as when the server runs as root", "nobody", setText(func(c *Config) *string { return &c.ServicesUser }), func(c Config) string { return c.ServicesUser }},
	{"secret_key_file", "file with the key that secrets in the database are sealed with (default: secret.key in the data folder)", "", setKeyFile, func(c Config) string { return c.keyFile() }},
	{"webhooks_allow_private", "whether webhooks may go to addresses inside this network: false, true, or host:port,host:port for those alone", "false", setHooksAllowed, showHooksAllowed},
	{"limits.push", "size of one push", "2GiB", setSize(func(c *Config) *int64 { return &c.PushLimit }), func(c Config) string { return showSize(c.PushLimit) }},
	{"limits.log", "size of a job's log", "16MiB", setSize(func(c *Config) *int64 { return &c.LogLimit }), func(c Config) string { return showSize(c.LogLimit) }},
	{"limits.artifacts", "size of a job's artifacts", "1GiB", setSize(func(c *Config) *int64 { return &c.ArtifactLimit }), func(c Config) string { return showSize(c.ArtifactLimit) }},
	{"limits.model", "size of a model package", "512MiB", setSize(func(c *Config) *int64 { return &c.ModelLimit }), func(c Config) string { return showSize(c.ModelLimit) }},
	{"max_model_memory", "memory of all models together that answer in this process; a deployment beyond it is refused (0: no bound)", "0", setSizeOrNone(func(c *Config) *int64 { return &c.MaxModelMemory }), func(c Config) string { return showSize(c.MaxModelMemory) }},
}

// Setting describes one setting for flags and help.
type Setting struct{ Key, Flag, Env, About, Default string }

// Settings lists all settings in reading order.
func Settings() []Setting {
	described := make([]Setting, len(settings))
	for i, s := range settings {
		described[i] = Setting{s.key, s.flag(), s.env(), s.about, s.value}
	}
	return described
}

// Effective is a setting's value and where it came from.
type Effective struct{ Key, Value, Source string }

// Load reads the settings: defaults, then the YAML file, then the environment,
// then flags (by flag name), each overriding the one before. An empty file name
// means "dasier.yaml" if there is one.
func Load(file string, environ []string, flags map[string]string) (Config, []Effective, error) {
	merged := koanf.New(".")
	sources := map[string]string{}
	layer := func(values map[string]any, source func(key string) string) error {
		for key := range values {
			sources[key] = source(key)
		}
		return merged.Load(confmap.Provider(values, "."), nil)
	}
	fromFile, name, err := readFile(file)
	if err != nil {
		return Config{}, nil, err
	}
	defaults := map[string]any{}
	fromEnv, fromFlags := map[string]any{}, map[string]any{}
	for _, s := range settings {
		defaults[s.key] = s.value
		if value, ok := lookup(environ, s.env()); ok {
			fromEnv[s.key] = value
		}
		if value, ok := flags[s.flag()]; ok {
			fromFlags[s.key] = value
		}
	}
	for _, l := range []struct {
		values map[string]any
		source func(string) string
	}{
		{defaults, func(string) string { return "default" }},
		{fromFile, func(key string) string { return name }},
		{fromEnv, func(key string) string { return "environment " + find(key).env() }},
		{fromFlags, func(key string) string { return "flag --" + find(key).flag() }},
	} {
		if err := layer(l.values, l.source); err != nil {
			return Config{}, nil, fmt.Errorf("merging settings: %w", err)
		}
	}
	return assemble(merged, sources)
}

func assemble(merged *koanf.Koanf, sources map[string]string) (Config, []Effective, error) {
	var c Config
	for _, s := range settings {
		if err := s.set(&c, merged.String(s.key)); err != nil {
			return c, nil, fault.Errorf(fault.Invalid, "%s (%s): %w", s.key, sources[s.key], err)
		}
	}
	if c.URL == "" {
		c.URL, sources["url"] = "http://"+reachable(c.Addr), "from addr"
	}
	if c.AppsURL == "" {
		c.AppsURL = appsURL(c.URL)
		sources["apps_url"] = "from url"
	}
	if c.Database == "" {
		c.Database, sources["database"] = filepath.Join(c.Data, "dasier.db"), "from data"
	}
	effective := make([]Effective, len(settings))
	for i, s := range settings {
		effective[i] = Effective{s.key, s.show(c), sources[s.key]}
	}
	return c, effective, nil
}

func find(key string) setting {
	return settings[slices.IndexFunc(settings, func(s setting) bool { return s.key == key })]
}

// readFile reads the YAML file into flat keys. Unknown keys are refused with
// their line.
func readFile(file string) (map[string]any, string, error) {
	name := file
	if name == "" {
		name = "dasier.yaml"
	}
	text, err := os.ReadFile(name) // #nosec G304 -- the operator names the file
	if errors.Is(err, fs.ErrNotExist) && file == "" {
		return nil, name, nil
	}
	if err != nil {
		return nil, name, fault.Errorf(fault.Invalid, "the configuration file cannot be read: %w", err)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, name, fault.Errorf(fault.Invalid, "%s: %w", name, err)
	}
	values := map[string]any{}
	if len(root.Content) == 0 {
		return values, name, nil
	}
	return values, name, flatten(name, "", root.Content[0], values)
}

func flatten(name, prefix string, node *yaml.Node, values map[string]any) error {
	if node.Kind != yaml.MappingNode {
		return fault.Errorf(fault.Invalid, "%s:%d: expected keys and values", name, node.Line)
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := prefix+node.Content[i].Value, node.Content[i+1]
		isSetting := slices.ContainsFunc(settings, func(s setting) bool { return s.key == key })
		isGroup := slices.ContainsFunc(settings, func(s setting) bool { return strings.HasPrefix(s.key, key+".") })
		switch {
		case isSetting && value.Kind == yaml.ScalarNode:
			values[key] = value.Value
		case isGroup:
			if err := flatten(name, key+".", value, values); err != nil {
				return err
			}
		case isSetting:
			return fault.Errorf(fault.Invalid, "%s:%d: %s takes one value", name, value.Line, key)
		default:
			return fault.Errorf(fault.Invalid, "%s:%d: there is no setting %q: `dasier config` lists them all", name, node.Content[i].Line, key)
		}
	}
	return nil
}

func lookup(environ []string, name string) (string, bool) {
	for _, entry := range environ {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value, true
		}
	}
	return "", false
}

// reachable makes an address that a browser on this machine can open of one to
// listen on.
func reachable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if host == "" || host == "0.0.0.0" || host == "::" {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// redact hides the password of a database address.
func redact(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.User == nil {
		return address
	}
	return u.Redacted()
}

// usesSQLite tells that the database is a file in the data folder.
func (c Config) usesSQLite() bool { return !strings.HasPrefix(c.Database, "postgres") }

// secure tells that people come over HTTPS.
func (c Config) secure() bool { return strings.HasPrefix(c.URL, "https://") }

// keyFile is where the secret key is.
func (c Config) keyFile() string {
	if c.SecretKeyFile != "" {
		return c.SecretKeyFile
	}
	return filepath.Join(c.Data, "secret.key")
}

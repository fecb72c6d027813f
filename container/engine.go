package container

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/moby/moby/client"

	"dasier/fault"
)

// DefaultHost is where Docker listens on Linux.
const DefaultHost = "unix:///var/run/docker.sock"

// Config says which engine; the zero value is this machine's.
type Config struct {
	// Host is unix:///path or tcp://host:port. Default DefaultHost.
	Host string
	// CA, Cert and Key are the files of TLS; a remote engine needs all three,
	// because whoever may talk to an engine owns its machine.
	CA, Cert, Key string
}

// Engine is a Docker engine. It is safe for concurrent use.
type Engine struct {
	api   *client.Client
	host  string
	local bool
	// reach is the host at which published ports are reached.
	reach string
}

// Connect makes an engine of its address. It does not ask it yet.
func Connect(cfg Config) (*Engine, error) {
	if cfg.Host == "" {
		cfg.Host = DefaultHost
	}
	address, err := url.Parse(cfg.Host)
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "the Docker engine's address %q cannot be read: expected unix:///path or tcp://host:port", cfg.Host)
	}
	e := &Engine{host: cfg.Host}
	options := []client.Opt{client.WithHost(cfg.Host), client.WithUserAgent("dasier")}
	switch {
	case address.Scheme == "unix":
		e.local, e.reach = true, "127.0.0.1"
	case address.Scheme == "tcp" && address.Hostname() != "":
		e.reach = address.Hostname()
		if cfg.CA == "" || cfg.Cert == "" || cfg.Key == "" {
			return nil, fault.Errorf(fault.Invalid, "the Docker engine at %s needs TLS: give the files of its certificate authority, and a certificate and key for this server", cfg.Host)
		}
		options = append(options, client.WithTLSClientConfig(cfg.CA, cfg.Cert, cfg.Key))
	default:
		return nil, fault.Errorf(fault.Invalid, "the Docker engine's address %q cannot be used: expected unix:///path or tcp://host:port", cfg.Host)
	}
	if e.api, err = client.New(options...); err != nil {
		return nil, fault.Errorf(fault.Invalid, "the Docker engine at %s cannot be used: %w", cfg.Host, err)
	}
	return e, nil
}

// Close lets go of the connections.
func (e *Engine) Close() error {
	if err := e.api.Close(); err != nil {
		return fmt.Errorf("closing the connections to %s: %w", e.host, err)
	}
	return nil
}

// Host is the engine's address.
func (e *Engine) Host() string { return e.host }

// Local tells whether the engine runs on this machine and sees its files.
func (e *Engine) Local() bool { return e.local }

// Reach is the host at which published ports are reached.
func (e *Engine) Reach() string { return e.reach }

// publishAt is the address that ports are published on.
func (e *Engine) publishAt() netip.Addr {
	if e.local {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	if address, err := netip.ParseAddr(e.reach); err == nil {
		return address
	}
	return netip.IPv4Unspecified()
}

// Facts is what an engine says of itself.
type Facts struct {
	Version      string
	System       string // linux
	Architecture string // as Go names it: amd64, arm64
	CPUs         int
	Memory       int64 // bytes
}

// askFor is how long an engine may take to say who it is: it may be busy
// building.
const askFor = 30 * time.Second

// Facts asks the engine what it is. It fails with fault.Unavailable when the
// engine does not answer.
func (e *Engine) Facts(ctx context.Context) (Facts, error) {
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	info, err := e.api.Info(ctx, client.InfoOptions{})
	if err != nil {
		return Facts{}, e.explain(err, "asking the engine what it is")
	}
	return Facts{
		Version: info.Info.ServerVersion, System: info.Info.OSType, Architecture: goArchitecture(info.Info.Architecture),
		CPUs: info.Info.NCPU, Memory: info.Info.MemTotal,
	}, nil
}

// goArchitecture spells an architecture as Go does.
func goArchitecture(name string) string {
	switch strings.ToLower(name) {
	case "x86_64":
		return "amd64"
	case "aarch64":
		return "arm64"
	default:
		return name
	}
}

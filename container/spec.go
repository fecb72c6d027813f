package container

import (
	"maps"
	"strconv"
	"time"

	engine "github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
)

// Spec is what a container is to be. What is not said is refused: no
// capability, no more privileges, no published port, no restart.
type Spec struct {
	Name    string
	Image   string
	Program []string // in place of the image's entry point
	Command []string // in place of the image's command
	Environ []string // KEY=value
	User    string   // in place of the image's
	Folder  string   // working folder, in place of the image's
	Labels  map[string]string

	ReadOnly  bool              // the root file system
	Temporary map[string]string // folders in memory, with their mount options
	Mounts    []Mount
	// Capabilities are kept; all others are dropped.
	Capabilities []string
	// Unconfined leaves the engine's own set of capabilities, for jobs, which
	// may install packages. Privileges still cannot be gained.
	Unconfined bool

	Memory int64   // bytes, swap included; 0: unbounded
	CPU    float64 // cores; 0: unbounded
	PIDs   int64   // 0: DefaultPIDs

	Port    int // that the container listens on; 0: none
	Publish int // the same on the engine's machine
	Network string
	Aliases []string // names in Network

	Restart    bool // again whenever it ends, until it is stopped
	StopWithin time.Duration
	Health     *Health
	// Silent keeps no log of what the program writes: whoever attaches has it.
	Silent bool
	// Init reaps the processes that lost their parents.
	Init bool
}

// Mount is a file or folder of the engine's machine.
type Mount struct {
	Source, Target string
	ReadOnly       bool
}

// Health is how the engine asks a container how it is: by a program in it.
type Health struct {
	Command []string // as it is: there may be no shell
	Every   time.Duration
	Within  time.Duration
	After   time.Duration // failures before do not count
}

// DefaultPIDs bounds the processes and threads of a container.
const DefaultPIDs = 512

func (e *Engine) options(s *Spec) client.ContainerCreateOptions {
	pids, stop := s.PIDs, int(s.StopWithin/time.Second)
	if pids == 0 {
		pids = DefaultPIDs
	}
	config := &engine.Config{
		Image: s.Image, Entrypoint: s.Program, Cmd: s.Command, Env: s.Environ, User: s.User, WorkingDir: s.Folder, Labels: maps.Clone(s.Labels),
	}
	if stop > 0 {
		config.StopTimeout = &stop
	}
	if s.Health != nil {
		config.Healthcheck = &engine.HealthConfig{
			Test: append([]string{"CMD"}, s.Health.Command...), Interval: s.Health.Every, Timeout: s.Health.Within, StartPeriod: s.Health.After, Retries: 3,
		}
	}
	host := &engine.HostConfig{
		ReadonlyRootfs: s.ReadOnly, Tmpfs: s.Temporary, SecurityOpt: []string{"no-new-privileges"},
		Resources: engine.Resources{Memory: s.Memory, MemorySwap: s.Memory, NanoCPUs: int64(s.CPU * 1e9), PidsLimit: &pids},
		// A log that nobody reads must not fill the disk.
		LogConfig: engine.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "10m", "max-file": "3"}},
	}
	if !s.Unconfined {
		host.CapDrop, host.CapAdd = []string{"ALL"}, s.Capabilities
	}
	if s.Restart {
		host.RestartPolicy.Name = engine.RestartPolicyUnlessStopped
	}
	if s.Silent {
		host.LogConfig = engine.LogConfig{Type: "none"}
	}
	if s.Init {
		host.Init = &s.Init
	}
	for _, m := range s.Mounts {
		host.Mounts = append(host.Mounts, mount.Mount{Type: mount.TypeBind, Source: m.Source, Target: m.Target, ReadOnly: m.ReadOnly})
	}
	if s.Port != 0 {
		if port, ok := network.PortFrom(uint16(s.Port), network.TCP); ok { // #nosec G115 -- a port
			config.ExposedPorts = network.PortSet{port: {}}
			if s.Publish != 0 {
				host.PortBindings = network.PortMap{port: {{HostIP: e.publishAt(), HostPort: strconv.Itoa(s.Publish)}}}
			}
		}
	}
	options := client.ContainerCreateOptions{Config: config, HostConfig: host, Name: s.Name}
	if s.Network != "" {
		host.NetworkMode = engine.NetworkMode(s.Network)
		options.NetworkingConfig = &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{s.Network: {Aliases: s.Aliases}}}
	}
	return options
}

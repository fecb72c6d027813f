package container

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	engine "github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// Create makes a container, which does not run yet.
func (e *Engine) Create(ctx context.Context, s *Spec) (id string, err error) {
	created, err := e.api.ContainerCreate(ctx, e.options(s))
	if err != nil {
		return "", e.explain(err, "making a container of "+s.Image)
	}
	return created.ID, nil
}

// Start starts a container; ErrPortTaken when another program has its port.
func (e *Engine) Start(ctx context.Context, id string) error {
	if _, err := e.api.ContainerStart(ctx, id, client.ContainerStartOptions{}); err != nil {
		return e.explain(err, "starting container "+short(id))
	}
	return nil
}

// Stop asks a container to end, and forces it after the grace. One that is gone
// has ended.
func (e *Engine) Stop(ctx context.Context, id string, grace time.Duration) error {
	seconds := int((grace + time.Second - 1) / time.Second)
	_, err := e.api.ContainerStop(ctx, id, client.ContainerStopOptions{Timeout: &seconds})
	if err != nil && !missing(err) {
		return e.explain(err, "stopping container "+short(id))
	}
	return nil
}

// Remove ends a container at once and forgets it. One that is gone is gone.
func (e *Engine) Remove(ctx context.Context, id string) error {
	_, err := e.api.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	if err != nil && !missing(err) {
		return e.explain(err, "removing container "+short(id))
	}
	return nil
}

// State is how a container is.
type State struct {
	ID      string
	Labels  map[string]string
	Environ []string
	Running bool
	// Restarting: it ended by itself, and the engine is about to start it again.
	Restarting bool
	Restarts   int
	Code       int  // with which it ended
	Killed     bool // for want of memory
	Unhealthy  bool
	Publish    int    // the port on the engine's machine; 0: none
	Address    string // in its network
	Started    time.Time
}

// Inspect tells how a container is; fault.Missing when there is none.
func (e *Engine) Inspect(ctx context.Context, id string) (State, error) {
	found, err := e.api.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
	if err != nil {
		return State{}, e.explain(err, "looking at container "+short(id))
	}
	c := found.Container
	state := State{ID: c.ID, Restarts: c.RestartCount}
	if c.Config != nil {
		state.Labels, state.Environ = c.Config.Labels, c.Config.Env
	}
	if s := c.State; s != nil {
		state.Running, state.Restarting, state.Code, state.Killed = s.Running && !s.Restarting, s.Restarting, s.ExitCode, s.OOMKilled
		state.Unhealthy = s.Health != nil && s.Health.Status == engine.Unhealthy
		state.Started, _ = time.Parse(time.RFC3339Nano, s.StartedAt) // zero when it never started
	}
	if c.HostConfig != nil {
		for _, bindings := range c.HostConfig.PortBindings {
			for _, binding := range bindings {
				state.Publish, _ = strconv.Atoi(binding.HostPort) // we wrote a number
			}
		}
	}
	if c.NetworkSettings != nil {
		for _, n := range c.NetworkSettings.Networks {
			if n != nil && n.IPAddress.IsValid() {
				state.Address = n.IPAddress.String()
			}
		}
	}
	return state, nil
}

// Listed is a container in a list.
type Listed struct {
	ID      string
	Name    string
	Image   string
	Labels  map[string]string
	Running bool
	Created time.Time
}

// List finds the containers that have all the labels, running or not, the
// youngest first. A label without a value is one with any.
func (e *Engine) List(ctx context.Context, labels map[string]string) ([]Listed, error) {
	found, err := e.api.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: labelFilter(labels)})
	if err != nil {
		return nil, e.explain(err, "listing containers")
	}
	list := make([]Listed, len(found.Items))
	for i := range found.Items {
		c := &found.Items[i]
		list[i] = Listed{ID: c.ID, Image: c.Image, Labels: c.Labels, Running: c.State == engine.StateRunning || c.State == engine.StateRestarting, Created: time.Unix(c.Created, 0)}
		if len(c.Names) > 0 {
			list[i].Name = c.Names[0][1:] // without the slash
		}
	}
	return list, nil
}

// Wait waits until a container has ended, and tells its status.
func (e *Engine) Wait(ctx context.Context, id string) (int, error) {
	waiting := e.api.ContainerWait(ctx, id, client.ContainerWaitOptions{Condition: engine.WaitConditionNotRunning})
	select {
	case end := <-waiting.Result:
		if end.Error != nil {
			return 0, fmt.Errorf("waiting for container %s: %s", short(id), end.Error.Message)
		}
		return int(end.StatusCode), nil
	case err := <-waiting.Error:
		return 0, e.explain(err, "waiting for container "+short(id))
	}
}

// Copy writes a tar archive's files into a container's folder, also before it
// has started.
func (e *Engine) Copy(ctx context.Context, id, folder string, archive io.Reader) error {
	if _, err := e.api.CopyToContainer(ctx, id, client.CopyToContainerOptions{DestinationPath: folder, Content: archive}); err != nil {
		return e.explain(err, "copying files into container "+short(id))
	}
	return nil
}

// Network makes sure that there is a network of that name. In an isolated one
// containers do not reach each other.
func (e *Engine) Network(ctx context.Context, name string, isolated bool, labels map[string]string) error {
	_, err := e.api.NetworkInspect(ctx, name, client.NetworkInspectOptions{})
	if err == nil {
		return nil
	}
	if !missing(err) {
		return e.explain(err, "looking for the network "+name)
	}
	options := map[string]string{}
	if isolated {
		options["com.docker.network.bridge.enable_icc"] = "false"
	}
	if _, err := e.api.NetworkCreate(ctx, name, client.NetworkCreateOptions{Driver: "bridge", Options: options, Labels: labels}); err != nil {
		return e.explain(err, "making the network "+name)
	}
	return nil
}

// Gateway is this machine's address in a network of a local engine: what
// containers in it can reach.
func (e *Engine) Gateway(ctx context.Context, name string) (string, error) {
	found, err := e.api.NetworkInspect(ctx, name, client.NetworkInspectOptions{})
	if err != nil {
		return "", e.explain(err, "looking at the network "+name)
	}
	for _, c := range found.Network.IPAM.Config {
		if c.Gateway.IsValid() {
			return c.Gateway.String(), nil
		}
	}
	return "", fmt.Errorf("the network %s has no gateway", name)
}

// Networks lists the names of the networks that have all the labels.
func (e *Engine) Networks(ctx context.Context, labels map[string]string) ([]string, error) {
	list, err := e.api.NetworkList(ctx, client.NetworkListOptions{Filters: labelFilter(labels)})
	if err != nil {
		return nil, e.explain(err, "listing networks")
	}
	var names []string
	for i := range list.Items {
		names = append(names, list.Items[i].Name)
	}
	return names, nil
}

// RemoveNetwork removes a network that no container is in. One that is gone is
// gone.
func (e *Engine) RemoveNetwork(ctx context.Context, name string) error {
	if _, err := e.api.NetworkRemove(ctx, name, client.NetworkRemoveOptions{}); err != nil && !missing(err) {
		return e.explain(err, "removing the network "+name)
	}
	return nil
}

func short(id string) string { return id[:min(12, len(id))] }

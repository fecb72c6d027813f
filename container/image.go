package container

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/build"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"dasier/fault"
)

// Build says what an image is built of.
type Build struct {
	// Context is a tar archive, which may be compressed.
	Context io.Reader
	// Dockerfile is its name in the archive; default Dockerfile.
	Dockerfile string
	Tag        string
	Labels     map[string]string
	// Memory bounds each step; 0: unbounded.
	Memory int64
}

// logTail is how much of a failed build's log its error tells.
const logTail = 20

// Build builds an image. A Dockerfile that fails is fault.Invalid with the end
// of the log.
func (e *Engine) Build(ctx context.Context, b Build) error {
	// The classic builder: it needs nothing besides the engine, and builds from
	// scratch without asking a registry.
	result, err := e.api.ImageBuild(ctx, b.Context, client.ImageBuildOptions{
		Version: build.BuilderV1, Dockerfile: b.Dockerfile, Tags: []string{b.Tag}, Labels: b.Labels,
		Remove: true, ForceRemove: true, Memory: b.Memory,
	})
	if err != nil {
		return e.explain(err, "building "+b.Tag)
	}
	failure := followBuild(result.Body)
	if err := errors.Join(failure, result.Body.Close()); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("building %s: %w", b.Tag, ctx.Err())
		}
		return err
	}
	return nil
}

// followBuild reads a build's log to its end.
func followBuild(log io.Reader) error {
	var lines []string
	decoder := json.NewDecoder(log)
	for {
		var message struct {
			Stream string `json:"stream"`
			Error  string `json:"error"`
		}
		switch err := decoder.Decode(&message); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("reading the build's log: %w", err)
		}
		if message.Error != "" {
			return fault.Errorf(fault.Invalid, "the image could not be built: %s", strings.TrimSpace(strings.Join(append(lines, message.Error), "\n")))
		}
		for line := range strings.Lines(message.Stream) {
			if line = strings.TrimRight(line, "\r\n"); line != "" {
				lines = append(lines, line)
			}
		}
		lines = lines[max(0, len(lines)-logTail):]
	}
}

// Image tells whether the engine has an image, and its size.
func (e *Engine) Image(ctx context.Context, name string) (size int64, ok bool, err error) {
	image, err := e.api.ImageInspect(ctx, name)
	switch {
	case err == nil:
		return image.Size, true, nil
	case missing(err):
		return 0, false, nil
	}
	return 0, false, e.explain(err, "looking for the image "+name)
}

// ImageFacts is what an image says of how it is run.
type ImageFacts struct {
	Environ []string // KEY=value
	Ports   []int    // TCP ports that its program listens on
	User    string
}

// ImageFacts reads what an image says; it must be there.
func (e *Engine) ImageFacts(ctx context.Context, name string) (ImageFacts, error) {
	image, err := e.api.ImageInspect(ctx, name)
	if err != nil {
		return ImageFacts{}, e.explain(err, "looking at the image "+name)
	}
	var facts ImageFacts
	if c := image.Config; c != nil {
		facts.Environ, facts.User = c.Env, c.User
		for text := range c.ExposedPorts {
			if port, err := network.ParsePort(text); err == nil && port.Proto() == network.TCP {
				facts.Ports = append(facts.Ports, int(port.Num()))
			}
		}
	}
	slices.Sort(facts.Ports)
	return facts, nil
}

// Images lists the names of the images that have all the labels.
func (e *Engine) Images(ctx context.Context, labels map[string]string) ([]string, error) {
	list, err := e.api.ImageList(ctx, client.ImageListOptions{Filters: labelFilter(labels)})
	if err != nil {
		return nil, e.explain(err, "listing images")
	}
	var names []string
	for i := range list.Items {
		names = append(names, list.Items[i].RepoTags...)
	}
	return names, nil
}

// Obtain makes sure that the engine has an image, and takes it from its
// registry if need be.
func (e *Engine) Obtain(ctx context.Context, name string) error {
	if _, ok, err := e.Image(ctx, name); ok || err != nil {
		return err
	}
	pull, err := e.api.ImagePull(ctx, name, client.ImagePullOptions{})
	if err == nil {
		err = errors.Join(pull.Wait(ctx), pull.Close())
	}
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("pulling %s: %w", name, ctx.Err())
	}
	if explained := e.explain(err, ""); fault.Is(explained, fault.Unavailable) {
		return explained
	}
	return fault.Errorf(fault.Invalid, "the image %s is not there, and cannot be pulled: %s", name, strip(err.Error()))
}

// RemoveImage removes an image that no container uses; one that is used or
// gone stays as it is.
func (e *Engine) RemoveImage(ctx context.Context, name string) error {
	_, err := e.api.ImageRemove(ctx, name, client.ImageRemoveOptions{PruneChildren: true})
	if err == nil || missing(err) || strings.Contains(err.Error(), "is using") || strings.Contains(err.Error(), "is being used") || strings.Contains(err.Error(), "dependent child") {
		return nil
	}
	return e.explain(err, "removing the image "+name)
}

func labelFilter(labels map[string]string) client.Filters {
	filters := client.Filters{}
	for key, value := range labels {
		if value == "" {
			filters.Add("label", key)
			continue
		}
		filters.Add("label", key+"="+value)
	}
	return filters
}

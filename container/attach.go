package container

import (
	"context"
	"fmt"
	"io"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"
)

// Attach gives what a container writes from now on; it is for one that has not
// started yet, and ends with it.
func (e *Engine) Attach(ctx context.Context, id string) (*Output, error) {
	attached, err := e.api.ContainerAttach(ctx, id, client.ContainerAttachOptions{Stream: true, Stdout: true, Stderr: true})
	if err != nil {
		return nil, e.explain(err, "listening to container "+short(id))
	}
	return &Output{attached.HijackedResponse}, nil
}

// Output is what a container writes.
type Output struct{ connection client.HijackedResponse }

// CopyTo copies both streams in the order of writing, until the container has
// ended or Close.
func (o *Output) CopyTo(w io.Writer) error {
	if _, err := stdcopy.StdCopy(w, w, o.connection.Reader); err != nil {
		return fmt.Errorf("reading the container's output: %w", err)
	}
	return nil
}

// Close ends the listening.
func (o *Output) Close() { o.connection.Close() }

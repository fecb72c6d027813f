package container

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"

	"dasier/fault"
)

// ErrPortTaken is a start that failed because another program has the port.
var ErrPortTaken = errors.New("the port is taken")

// explain makes a sentence of what an engine or the way to it said. doing is
// what was tried, for the path of errors that are nobody's to read.
func (e *Engine) explain(err error, doing string) error {
	var network *net.OpError
	text := err.Error()
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded) && !client.IsErrConnectionFailed(err):
		return fmt.Errorf("%s: %w", doing, err)
	case errors.Is(err, fs.ErrPermission), strings.Contains(text, "permission denied while trying to connect"):
		return fault.Errorf(fault.Unavailable, "the Docker engine at %s does not let this user in: add the user that runs Dasier to the group docker, or name another engine with docker.host", e.host)
	case strings.Contains(text, "tls:"), strings.Contains(text, "x509:"), strings.Contains(text, "HTTP response to HTTPS"):
		return fault.Errorf(fault.Unavailable, "the Docker engine at %s and this server do not trust each other: %s", e.host, lastPart(text))
	case client.IsErrConnectionFailed(err), errors.As(err, &network) && network.Op == "dial", errors.Is(err, os.ErrNotExist):
		return fault.Errorf(fault.Unavailable, "the Docker engine at %s does not answer: is it running?", e.host)
	case strings.Contains(text, "port is already allocated"), strings.Contains(text, "address already in use"):
		return fmt.Errorf("%s: %w", doing, ErrPortTaken)
	case strings.Contains(text, "no space left on device"):
		return fault.Errorf(fault.Unavailable, "the Docker engine at %s has no space left on its disk: `docker system df` there shows what takes it", e.host)
	case errdefs.IsNotFound(err):
		return fault.Errorf(fault.Missing, "the Docker engine at %s has nothing of that name: %s", e.host, strip(text))
	case errdefs.IsInvalidArgument(err), errdefs.IsConflict(err):
		return fault.Errorf(fault.Invalid, "the Docker engine refused: %s", strip(text))
	case errdefs.IsPermissionDenied(err):
		return fault.Errorf(fault.Denied, "the Docker engine does not allow it: %s", strip(text))
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// strip takes the engine's own introduction away.
func strip(text string) string {
	for _, prefix := range []string{"Error response from daemon: ", "Error: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return text
}

// lastPart is the innermost cause of a chain of errors in one text.
func lastPart(text string) string {
	if i := strings.Index(text, "tls: "); i >= 0 {
		return text[i:]
	}
	if i := strings.Index(text, "x509: "); i >= 0 {
		return text[i:]
	}
	return text
}

// missing tells whether the engine does not know what was named.
func missing(err error) bool { return errdefs.IsNotFound(err) }

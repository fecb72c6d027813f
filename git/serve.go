package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
)

// Service is one of the two that git's clients ask for.
type Service string

// The services.
const (
	UploadPack  Service = "git-upload-pack"  // clone and fetch
	ReceivePack Service = "git-receive-pack" // push
)

// protocolHeader is what a client may say in Git-Protocol: "version=2".
var protocolHeader = regexp.MustCompile(`^[a-z0-9-]+(=[a-z0-9-]+)?(:[a-z0-9-]+(=[a-z0-9-]+)?)*$`)

func protocolVars(protocol string) []string {
	if len(protocol) > 200 || !protocolHeader.MatchString(protocol) {
		return nil
	}
	return []string{"GIT_PROTOCOL=" + protocol}
}

// Advertise writes what the server has and can, the answer to a client's first
// request over HTTP. protocol is what the client's Git-Protocol header says.
func (r *Repo) Advertise(ctx context.Context, service Service, protocol string, out io.Writer) error {
	vars := protocolVars(protocol)
	if service == ReceivePack {
		vars = nil // pushes have no second version of the protocol
	}
	if len(vars) == 0 || !strings.Contains(protocol, "version=2") {
		if _, err := out.Write(AppendFlush(AppendPkt(nil, "# service="+string(service)+"\n"))); err != nil {
			return fmt.Errorf("writing to the client: %w", err)
		}
	}
	c := call{args: []string{command(service), "--stateless-rpc", "--http-backend-info-refs", r.dir}, vars: vars}
	return r.stream(ctx, c, nil, out)
}

func command(service Service) string { return strings.TrimPrefix(string(service), "git-") }

// Upload answers one request of a clone or fetch: in is the request, out gets
// the answer as it comes.
func (r *Repo) Upload(ctx context.Context, protocol string, in io.Reader, out io.Writer) error {
	c := call{args: []string{"upload-pack", "--stateless-rpc", r.dir}, vars: protocolVars(protocol), stream: true}
	return r.stream(ctx, c, in, out)
}

// stream runs a call with its input and output connected. It returns when both
// have ended; nothing is held back.
func (r *Repo) stream(ctx context.Context, c call, in io.Reader, out io.Writer) error {
	p, err := r.start(ctx, c)
	if err != nil {
		return err
	}
	fed := make(chan error, 1)
	if in != nil {
		go func() { fed <- p.feed(in) }()
	} else {
		fed <- nil
	}
	_, copyErr := io.Copy(out, p.stdout)
	if copyErr != nil {
		p.stop() // the client is gone
	}
	feedErr := <-fed
	waitErr := p.wait()
	switch {
	case feedErr != nil:
		return feedErr
	case copyErr != nil:
		return fmt.Errorf("writing to the client: %w", copyErr)
	default:
		return waitErr
	}
}

// feed gives all of in to the process. When the process ends early the rest is
// read and dropped, so that a client that sends before it listens gets to hear
// the answer. When in fails the process sees the end of its input, and cleans up
// as it does after any client that breaks off: a cut pack is never taken for a
// whole one, since packs say how long they are and end in a checksum.
func (p *process) feed(in io.Reader) error {
	source := &failing{in: in}
	_, err := io.Copy(p.stdin, source)
	if source.err == nil && err != nil {
		_, _ = io.Copy(io.Discard, source)
	}
	// The process may be gone by now; then its own end tells why.
	_ = p.stdin.Close()
	if source.err != nil {
		return fmt.Errorf("%w: %w", ErrBroken, source.err)
	}
	return nil
}

// failing remembers the failure of a reader, to tell it from a writer's.
type failing struct {
	in  io.Reader
	err error
}

// Read passes on.
func (f *failing) Read(p []byte) (int, error) {
	n, err := f.in.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		f.err = err
	}
	return n, err
}

// ReceiveOptions qualify Receive.
type ReceiveOptions struct {
	Who Identity // for the log of refs
	// FastForwardOnly refuses every branch of the push that would lose commits.
	FastForwardOnly bool
}

// Receive stores a pack and moves the refs of a push. progress gets git's text
// for the person as it comes. Objects arrive in a quarantine of git's own, and
// leave it only when the pack is whole, sound and connected.
//
// With an error the state of the refs is unknown: see Moves.
func (r *Repo) Receive(ctx context.Context, push Push, pack io.Reader, progress io.Writer, opts ReceiveOptions) (Report, error) {
	c := call{args: []string{"receive-pack", "--stateless-rpc", r.dir}, vars: opts.Who.vars(time.Now()), stream: true}
	if opts.FastForwardOnly {
		c.extra = []setting{{"receive.denyNonFastForwards", "true"}}
	}
	report := &reportReader{progress: progress}
	err := r.stream(ctx, c, io.MultiReader(bytes.NewReader(push.encode()), pack), report)
	if report.ended {
		// Once git has stored the pack, what it says counts, whatever its end
		// or the client's was. That it could not store a pack which never came
		// whole is less than what err says.
		parsed, parseErr := readReport(report.data.Bytes())
		if parseErr == nil && (err == nil || parsed.Unpack == "ok") {
			return parsed, nil
		}
	}
	if err == nil {
		err = errors.New("git receive-pack ended without a report")
	}
	return Report{}, fmt.Errorf("receiving a push: %w", err)
}

// reportReader takes receive-pack's answer apart as it comes: progress is
// passed on, the report is kept.
type reportReader struct {
	progress io.Writer
	pending  []byte // the beginning of a packet
	data     bytes.Buffer
	ended    bool
}

// Write takes the next bytes.
func (w *reportReader) Write(p []byte) (int, error) {
	w.pending = append(w.pending, p...)
	for {
		in := bytes.NewReader(w.pending)
		packet, err := ReadPkt(in)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return len(p), nil // the rest is to come
		}
		if err != nil {
			return 0, err
		}
		w.pending = w.pending[len(w.pending)-in.Len():]
		w.take(packet)
	}
}

func (w *reportReader) take(packet []byte) {
	if packet == nil {
		w.ended = true
		return
	}
	if len(packet) == 0 {
		return
	}
	switch Band(packet[0]) {
	case BandData:
		w.data.Write(packet[1:])
	case BandProgress, BandError:
		// Who pushes may have stopped listening; what they push still counts.
		_, _ = w.progress.Write(packet[1:])
	}
}

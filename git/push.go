package git

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Push is what a client asks before it sends the pack: the first part of a
// receive-pack request (gitprotocol-pack(5), "Reference Update Request").
type Push struct {
	Updates      []RefUpdate
	Capabilities []string
	Options      []string // git push -o
	shallow      []string // where the client's history is cut
}

// mostPushLines bounds what ReadPush keeps in memory: refs, cuts and options.
const mostPushLines = 20_000

// ReadPush reads a push's commands and leaves r at the first byte of the pack.
// Without any command (the probe that git sends to find out who it must be)
// Updates is empty.
func ReadPush(r io.Reader) (Push, error) {
	var push Push
	for lines := 0; ; lines++ {
		line, err := ReadPkt(r)
		if errors.Is(err, io.EOF) && lines == 0 {
			return push, nil
		}
		if err != nil {
			return Push{}, cut(err)
		}
		if line == nil {
			break
		}
		if lines >= mostPushLines {
			return Push{}, fmt.Errorf("%w: more than %d refs in one push", ErrTooLarge, mostPushLines)
		}
		if err := push.readLine(line); err != nil {
			return Push{}, err
		}
	}
	if push.Has("push-options") && len(push.Updates) > 0 {
		return push, push.readOptions(r)
	}
	return push, nil
}

func (p *Push) readLine(line []byte) error {
	text := strings.TrimSuffix(string(line), "\n")
	if cut, ok := strings.CutPrefix(text, "shallow "); ok {
		if !IsSHA(cut) {
			return fmt.Errorf("%w: %q", ErrProtocol, text)
		}
		p.shallow = append(p.shallow, cut)
		return nil
	}
	command, capabilities, first := strings.Cut(text, "\x00")
	if first && len(p.Updates) == 0 {
		p.Capabilities = strings.Fields(capabilities)
	}
	parts := strings.SplitN(command, " ", 3)
	if len(parts) != 3 || !IsSHA(parts[0]) || !IsSHA(parts[1]) || parts[2] == "" {
		return fmt.Errorf("%w: %q is not a ref update", ErrProtocol, command)
	}
	p.Updates = append(p.Updates, RefUpdate{Ref: parts[2], Before: parts[0], After: parts[1]})
	return nil
}

func (p *Push) readOptions(r io.Reader) error {
	for {
		line, err := ReadPkt(r)
		if err != nil {
			return cut(err)
		}
		if line == nil {
			return nil
		}
		if len(p.Options) >= 100 || len(line) > 4096 {
			return fmt.Errorf("%w: more than 100 push options, or one longer than 4 KiB", ErrTooLarge)
		}
		p.Options = append(p.Options, strings.TrimSuffix(string(line), "\n"))
	}
}

// cut turns the end of the stream, where more must come, into a protocol error.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: the request ends before its commands do", ErrProtocol)
	}
	return err
}

// Has tells whether the client asked for a capability, by its name alone.
func (p Push) Has(capability string) bool {
	return slices.ContainsFunc(p.Capabilities, func(c string) bool {
		name, _, _ := strings.Cut(c, "=")
		return name == capability
	})
}

// encode writes the request as receive-pack reads it. The capabilities are
// ours, not the client's: the report always comes back on a side band, and is
// written anew for the client.
func (p Push) encode() []byte {
	capabilities := "report-status side-band-64k object-format=sha1 agent=dasier"
	if p.Has("atomic") {
		capabilities += " atomic"
	}
	if p.Has("quiet") {
		capabilities += " quiet"
	}
	var b []byte
	for _, cut := range p.shallow {
		b = AppendPkt(b, "shallow "+cut)
	}
	for i, u := range p.Updates {
		command := u.Before + " " + u.After + " " + u.Ref
		if i == 0 {
			command += "\x00" + capabilities
		}
		b = AppendPkt(b, command)
	}
	return AppendFlush(b)
}

// RefResult is what became of one ref of a push.
type RefResult struct {
	Ref    string
	Reason string // why it was refused; "" when it moved
}

// Report is what became of a push.
type Report struct {
	Unpack string // "ok", or why the pack was not stored
	Refs   []RefResult
}

// RefusePush is the report of a push of which nothing is done. reason gives a
// ref's few words.
func RefusePush(push Push, reason func(ref string) string) Report {
	report := Report{Unpack: "ok"}
	for _, u := range push.Updates {
		report.Refs = append(report.Refs, RefResult{Ref: u.Ref, Reason: reason(u.Ref)})
	}
	return report
}

// Moved tells whether the report says that the ref moved.
func (r Report) Moved(ref string) bool {
	return r.Unpack == "ok" && slices.Contains(r.Refs, RefResult{Ref: ref})
}

// Encode writes the report as clients read it ("report-status").
func (r Report) Encode() []byte {
	b := AppendPkt(nil, "unpack "+oneLine(r.Unpack)+"\n")
	for _, ref := range r.Refs {
		if ref.Reason == "" {
			b = AppendPkt(b, "ok "+ref.Ref+"\n")
		} else {
			b = AppendPkt(b, "ng "+ref.Ref+" "+oneLine(ref.Reason)+"\n")
		}
	}
	return AppendFlush(b)
}

func oneLine(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	return text[:min(len(text), 1000)]
}

// readReport reads what Encode writes.
func readReport(data []byte) (Report, error) {
	r := bytes.NewReader(data)
	var report Report
	for {
		line, err := ReadPkt(r)
		if err != nil {
			return Report{}, fmt.Errorf("reading git's report: %w", cut(err))
		}
		if line == nil {
			return report, nil
		}
		verb, rest, _ := strings.Cut(strings.TrimSuffix(string(line), "\n"), " ")
		switch verb {
		case "unpack":
			report.Unpack = rest
		case "ok":
			report.Refs = append(report.Refs, RefResult{Ref: rest})
		case "ng":
			ref, reason, _ := strings.Cut(rest, " ")
			if reason == "" {
				reason = "failed"
			}
			report.Refs = append(report.Refs, RefResult{Ref: ref, Reason: reason})
		default:
			return Report{}, fmt.Errorf("%w: %q in git's report", ErrProtocol, line)
		}
	}
}

package git

import (
	"errors"
	"fmt"
	"io"
	"strconv"
)

// A pkt-line is four hex digits of length, themselves included, and a payload;
// "0000" is a flush, which ends a section (gitprotocol-common(5)).
const (
	pktHeader  = 4
	pktLongest = 65520
)

// ReadPkt reads one pkt-line. A flush gives nil; the end of the stream before
// the first byte gives io.EOF.
func ReadPkt(r io.Reader) ([]byte, error) {
	var header [pktHeader]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, io.EOF
		}
		return nil, fmt.Errorf("%w: a cut pkt-line: %w", ErrProtocol, err)
	}
	n, err := strconv.ParseUint(string(header[:]), 16, 16)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: pkt-line length %q", ErrProtocol, header[:])
	case n == 0:
		return nil, nil
	case n < pktHeader || n > pktLongest:
		return nil, fmt.Errorf("%w: pkt-line of %d bytes", ErrProtocol, n)
	}
	payload := make([]byte, n-pktHeader)
	if _, err := io.ReadFull(r, payload); err != nil {
		return nil, fmt.Errorf("%w: a cut pkt-line: %w", ErrProtocol, err)
	}
	return payload, nil
}

// AppendPkt appends a pkt-line. The payload has at most 65,516 bytes.
func AppendPkt(b []byte, payload string) []byte {
	return append(fmt.Appendf(b, "%04x", len(payload)+pktHeader), payload...)
}

// AppendFlush appends a flush.
func AppendFlush(b []byte) []byte { return append(b, "0000"...) }

// Band is a channel of the side-band-64k capability.
type Band byte

// The channels.
const (
	BandData     Band = 1 // packs and reports
	BandProgress Band = 2 // text for the person: git shows it after "remote: "
	BandError    Band = 3 // the same, and the end
)

// BandWriter writes to one band, each Write one or more whole packets.
type BandWriter struct {
	Band Band
	Out  io.Writer
}

// Write sends p.
func (w BandWriter) Write(p []byte) (int, error) {
	const most = pktLongest - pktHeader - 1
	sent := 0
	for len(p) > 0 {
		n := min(most, len(p))
		packet := fmt.Appendf(nil, "%04x%c", n+pktHeader+1, w.Band)
		if _, err := w.Out.Write(append(packet, p[:n]...)); err != nil {
			return sent, fmt.Errorf("writing to the client: %w", err)
		}
		sent, p = sent+n, p[n:]
	}
	return sent, nil
}

package app

import (
	"io"
	"net/http"
	"sync"
)

// patientStream is a stream of HTTP/2 on its way. A client that takes none of an
// answer stops this stream alone: the connection goes on, so that its own patience
// sees nothing.
type patientStream struct {
	http.ResponseWriter

	control          *http.ResponseController
	patience         *patience
	reading, writing waiting

	mu    sync.Mutex
	ended bool // the response may be used no more
}

func (s *patientStream) giveUp(now int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	if s.reading.tooLong(now) {
		_ = s.control.SetReadDeadline(past()) // streams of HTTP/2 have deadlines
	}
	if s.writing.tooLong(now) {
		_ = s.control.SetWriteDeadline(past())
	}
}

// end comes before the handler's.
func (s *patientStream) end() {
	s.patience.remove(s)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
}

// Write implements http.ResponseWriter.
func (s *patientStream) Write(p []byte) (int, error) {
	s.writing.begin(s.patience)
	defer s.writing.end()
	return s.ResponseWriter.Write(p)
}

// Flush implements http.Flusher.
func (s *patientStream) Flush() { _ = s.FlushError() } // the next Write says what failed

// FlushError is Flush for http.ResponseController.
func (s *patientStream) FlushError() error {
	s.writing.begin(s.patience)
	defer s.writing.end()
	return s.control.Flush()
}

// Unwrap is for http.ResponseController.
func (s *patientStream) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// patientStreamBody is a request's body on a connection that others share.
type patientStreamBody struct {
	io.ReadCloser

	stream *patientStream
}

// Read waits for the next bytes.
func (b *patientStreamBody) Read(p []byte) (int, error) {
	b.stream.reading.begin(b.stream.patience)
	defer b.stream.reading.end()
	return b.ReadCloser.Read(p)
}

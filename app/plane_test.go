package app

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"dasier/delivery/serve"
	"dasier/delivery/serve/servetest"
)

// TestPlaneSpeaksEveryProtocol asks one port in HTTP/1.1 and, as clients of gRPC
// begin, in HTTP/2 without TLS.
func TestPlaneSpeaksEveryProtocol(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- Plane{
			Package: servetest.Package(t, servetest.Houses(3)), Endpoint: "houses", Log: slog.New(slog.DiscardHandler),
			Meta: serve.Meta{Model: "prices", Version: 3},
		}.Serve(ctx, listener)
	}()
	base := "http://" + listener.Addr().String()
	var plain http.Protocols
	plain.SetUnencryptedHTTP2(true)
	first, second := &http.Transport{}, &http.Transport{Protocols: &plain}
	ask := func(transport *http.Transport, path, contentType, body string) (*http.Response, string) {
		t.Helper()
		method := http.MethodGet
		if body != "" {
			method = http.MethodPost
		}
		request, err := http.NewRequestWithContext(t.Context(), method, base+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", contentType)
		answer, err := transport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		if err := answer.Body.Close(); err != nil {
			t.Fatal(err)
		}
		return answer, string(text)
	}
	for _, path := range []string{"/healthz", "/livez", "/readyz", "/ping", "/health", "/version", "/v2/health/ready", "/v1/models/houses", "/v2/models/houses/docs", "/metrics"} {
		if answer, text := ask(first, path, "", ""); answer.StatusCode != http.StatusOK {
			t.Errorf("%s: got %d %s", path, answer.StatusCode, text)
		}
	}
	row := `{"instances":[` + servetest.Row + `]}`
	for _, path := range []string{"/invocations", "/api/v1/endpoints/houses/invocations", "/v1/models/houses:predict"} {
		if answer, text := ask(first, path, "application/json", row); answer.StatusCode != http.StatusOK || text != `{"predictions":[3191000]}`+"\n" {
			t.Errorf("%s: got %d %s", path, answer.StatusCode, text)
		}
	}
	// An empty message of gRPC: not compressed, of length 0. Its answer says live.
	answer, text := ask(second, "/inference.GRPCInferenceService/ServerLive", "application/grpc", "\x00\x00\x00\x00\x00")
	if answer.ProtoMajor != 2 || text != "\x00\x00\x00\x00\x02\x08\x01" || answer.Trailer.Get("Grpc-Status") != "0" {
		t.Errorf("gRPC: got %q in HTTP/%d, %v", text, answer.ProtoMajor, answer.Trailer)
	}
	first.CloseIdleConnections()
	second.CloseIdleConnections()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// Command house-api is the back-end of the house-price service: it checks what
// a person filled in, asks the model, applies the firm's rules, and adds the
// sales that compare. It needs nothing but Go's standard library.
package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Getenv); err != nil {
		slog.Error("house-api stopped", "error", err)
		os.Exit(1) //nolint:gocritic // nothing is left to clean up
	}
}

// run serves until ctx ends.
func run(ctx context.Context, getenv func(string) string) error {
	address := getenv("MODEL_URL")
	if address == "" {
		return errors.New("MODEL_URL is not set: the address of the model's endpoint, such as https://host/api/v1/endpoints/house-prices.model.production")
	}
	sales, err := readSales(salesCSV)
	if err != nil {
		return err
	}
	port := getenv("PORT")
	if port == "" {
		port = "8090"
	}
	server := &http.Server{
		Handler:           handler(newModel(address, getenv("MODEL_TOKEN")), sales),
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       time.Minute,
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(getenv("HOST"), port))
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	slog.Info("house-api serves", "address", listener.Addr().String(), "model", address)
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		stopped <- server.Shutdown(drain)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving: %w", err)
	}
	return <-stopped
}

//go:embed openapi.json
var openAPI []byte

func handler(model *model, sales *sales) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /price", func(w http.ResponseWriter, r *http.Request) { quote(w, r, model, sales) })
	mux.HandleFunc("GET /places", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, sales.places) })
	mux.HandleFunc("GET /sales", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, sales.points) })
	mux.HandleFunc("GET /openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(openAPI)
	})
	// The process is well even when the model is not: restarting it would not
	// bring the model back.
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := model.ready(r.Context()); err != nil {
			fail(w, http.StatusServiceUnavailable, "the model does not answer", nil)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}

// answer writes JSON. Whether the client still listens changes nothing.
func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// fieldError says what is wrong with one field.
type fieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// fail answers a problem (RFC 9457).
func fail(w http.ResponseWriter, status int, detail string, errs []fieldError) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"status": status, "title": http.StatusText(status), "detail": detail, "errors": errs,
	})
}

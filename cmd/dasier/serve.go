package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"dasier/app"
	"dasier/delivery/serve"
	"dasier/ml/format/mlflow"
)

// defaultPlane is where a model listens unless it is told otherwise.
const defaultPlane = "127.0.0.1:8081"

func serveCommand() *cobra.Command {
	var addr, endpoint, model, environment, memory string
	var number int
	adopted := &adoption{bare: true, target: "prediction"}
	cmd := &cobra.Command{
		Use:   "serve FOLDER|FILE",
		Short: "Answer predictions with one model package or model file, and nothing else",
		Long: `Answer predictions with one model package, or with another system's model file,
and nothing else: no users, no database, no pages. The addresses are the server's
own:

  GET  /api/v1/endpoints/NAME           what the model predicts and needs
  POST /api/v1/endpoints/NAME/predict   one JSON object, or a list
  POST /v2/models/NAME/infer            the Open Inference protocol, also over gRPC
  POST /v1/models/NAME:predict          KServe's first protocol
  POST /invocations                     MLflow's scoring protocol
  GET  /v2/models/NAME/docs             a page with the inputs, a form and snippets
  GET  /healthz, /readyz, /metrics

A package must answer its reference rows as it did in training, and a file those
of --reference as its own system did, or nothing is served. Everyone who reaches the address may ask, unless DASIER_SERVE_TOKEN is
set: then requests need it as their bearer token. SIGTERM lets running requests
end.`,
		Example: `  dasier serve model --addr :8081 --endpoint house-price
  dasier serve churn.joblib --reference reference.json`,
		Args: arguments(1, 1, "FOLDER|FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if adopted.memory, err = app.ParseSize(memory); err != nil {
				return fmt.Errorf("--max-model-memory %w", err)
			}
			folder, done, err := adopted.packaged(cmd.ErrOrStderr(), args)
			if err != nil {
				return err
			}
			defer done()
			pkg := os.DirFS(folder)
			digest, err := mlflow.Digest(pkg)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			if model == "" {
				model = folderName(args[0])
			}
			if endpoint == "" {
				endpoint = model
			}
			listener, err := (&net.ListenConfig{}).Listen(cmd.Context(), "tcp", addr)
			if err != nil {
				return fmt.Errorf("%w (choose another address with --addr)", err)
			}
			log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
			log.InfoContext(cmd.Context(), "serving", "endpoint", endpoint, "addr", listener.Addr().String(), "model", model, "version", number, "digest", digest)
			err = app.Plane{
				Package: pkg, Endpoint: endpoint, Token: os.Getenv("DASIER_SERVE_TOKEN"), Version: version, Log: log, MaxMemory: adopted.memory,
				Meta: serve.Meta{Environment: environment, Model: model, Version: number, Digest: digest, DeployedAt: time.Now()},
			}.Serve(cmd.Context(), listener)
			if err == nil {
				log.InfoContext(cmd.Context(), "stopped")
			}
			return err
		},
	}
	cmd.Flags().StringVar(&addr, "addr", defaultPlane, "host:port to listen on")
	cmd.Flags().StringVar(&endpoint, "endpoint", "", "name of the endpoint (default: the model's)")
	cmd.Flags().StringVar(&model, "model", "", "name of the model (default: the folder's)")
	cmd.Flags().IntVar(&number, "model-version", 1, "version of the model")
	cmd.Flags().StringVar(&memory, "max-model-memory", "0", "memory that the model may take, such as 2GiB: a larger one is refused, and one that takes far more to be read (0: no bound)")
	cmd.Flags().StringVar(&environment, "env", "", "environment that the model is served in")
	adopted.flags(cmd)
	cmd.AddCommand(serveHealthCommand())
	return cmd
}

// serveHealthCommand is for containers without a shell, whose health check can
// only be a program that is there.
func serveHealthCommand() *cobra.Command {
	var addr string
	cmd := &cobra.Command{
		Use:   "health",
		Short: "Ask a running `dasier serve` whether it is ready; the status is 1 if not",
		Args:  arguments(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), 3*time.Second)
			defer cancel()
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/readyz", http.NoBody)
			if err != nil {
				return err
			}
			answer, err := http.DefaultClient.Do(request)
			if err != nil {
				return err
			}
			text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
			if err = errors.Join(err, answer.Body.Close()); err != nil {
				return err
			}
			if answer.StatusCode != http.StatusOK {
				return fmt.Errorf("status %d: %s", answer.StatusCode, text)
			}
			fmt.Fprint(cmd.OutOrStdout(), string(text))
			return nil
		},
	}
	cmd.Flags().StringVar(&addr, "addr", defaultPlane, "host:port that it listens on")
	return cmd
}

// folderName names a model by its folder, or its file without what follows the
// first dot.
func folderName(folder string) string {
	full, err := filepath.Abs(folder)
	if err != nil || filepath.Base(full) == string(filepath.Separator) {
		return "model"
	}
	name := filepath.Base(full)
	if isModelFile(folder) {
		name, _, _ = strings.Cut(name, ".")
	}
	return name
}
